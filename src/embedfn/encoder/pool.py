"""From the hidden states of a text's tokens to its vector."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import normalize

from embedfn.encoder.pack import Pack


def tokens_read(pack: Pack, modes: tuple[str, ...], skip: int = 0) -> NDArray[np.int64] | None:
    """Which one token of each text decides its vector; None where several do.

    Parameters
    ----------
    pack : Pack
    modes, skip
        As :func:`pool` takes them.

    Returns
    -------
    int64 array of shape (texts,), or None
        Places in the pack. :func:`pool` makes of these tokens alone, with nothing left out, what it
        makes of all.
    """
    if modes == ("cls",):
        return pack.indptr[:-1] + np.where(skip < pack.lengths, skip, 0)
    if modes == ("lasttoken",) and bool((skip < pack.lengths).all()):
        return pack.indptr[1:] - 1
    return None


def pool(
    hidden: Tensor, runs: list[tuple[int, int]], modes: tuple[str, ...], skip: int = 0
) -> Tensor:
    """Reduce each text's hidden states to one row.

    Parameters
    ----------
    hidden : Tensor of shape (tokens, hidden)
        Texts end to end, in any precision.
    runs : list of (int, int)
        How many texts of which length follow each other.
    modes : tuple of str
        Of :data:`embedfn.encoder.chain.POOLINGS`, joined in this order.
    skip : int
        How many tokens at each text's beginning are left out: those of a prompt.

    Returns
    -------
    float32 Tensor of shape (texts, hidden * len(modes))
        Sums are kept in float32. A text of which nothing is left gives zeros, and its first
        token's state for ``"cls"``.
    """
    rows = []
    start = 0
    for count, length in runs:
        stop = start + count * length
        texts = hidden[start:stop].view(count, length, -1)
        rows.append(torch.cat([_reduce(texts, mode, skip) for mode in modes], dim=1))
        start = stop
    return torch.cat(rows)


def unit_rows(vectors: Tensor) -> Tensor:
    """Scale each row to length 1; a zero row stays."""
    return normalize(vectors, p=2.0, dim=1)


def _reduce(texts: Tensor, mode: str, skip: int) -> Tensor:
    """One pooling of equally long texts, (texts, length, hidden) to (texts, hidden)."""
    length = texts.shape[1]
    if skip >= length:
        return texts[:, 0].float() if mode == "cls" else texts.new_zeros(texts[:, 0].shape).float()
    rest = texts[:, skip:]
    match mode:
        case "cls":
            return rest[:, 0].float()
        case "lasttoken":
            return rest[:, -1].float()
        case "max":
            return rest.amax(dim=1).float()
        case "mean":
            return rest.mean(dim=1, dtype=torch.float32)
        case "mean_sqrt_len_tokens":
            return rest.mean(dim=1, dtype=torch.float32).mul_(float(length - skip) ** 0.5)
    # weightedmean: a token's weight is its number in the whole text, prompt included
    weights = torch.arange(skip + 1, length + 1, device=texts.device, dtype=torch.float32)
    return torch.einsum("tlh,l->th", rest.float(), weights / weights.sum())
