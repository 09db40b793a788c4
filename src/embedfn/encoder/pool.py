"""From the hidden states of a text's tokens to its vector."""

import torch
from torch import Tensor
from torch.nn.functional import normalize


def pool(hidden: Tensor, runs: list[tuple[int, int]], modes: tuple[str, ...]) -> Tensor:
    """Reduce each text's hidden states to one row.

    Parameters
    ----------
    hidden : Tensor of shape (tokens, hidden)
        Texts end to end, in any precision.
    runs : list of (int, int)
        How many texts of which length follow each other.
    modes : tuple of str
        Of ``"mean"``, ``"cls"`` (the first token) and ``"max"``, joined in this order.

    Returns
    -------
    float32 Tensor of shape (texts, hidden * len(modes))
        Sums are kept in float32.
    """
    rows = []
    start = 0
    for count, length in runs:
        stop = start + count * length
        texts = hidden[start:stop].view(count, length, -1)
        rows.append(torch.cat([_reduce(texts, mode) for mode in modes], dim=1))
        start = stop
    return torch.cat(rows)


def unit_rows(vectors: Tensor) -> Tensor:
    """Scale each row to length 1; a zero row stays."""
    return normalize(vectors, p=2.0, dim=1)


def _reduce(texts: Tensor, mode: str) -> Tensor:
    """One pooling of equally long texts, (texts, length, hidden) to (texts, hidden)."""
    if mode == "mean":
        return texts.mean(dim=1, dtype=torch.float32)
    if mode == "max":
        return texts.amax(dim=1).float()
    return texts[:, 0].float()
