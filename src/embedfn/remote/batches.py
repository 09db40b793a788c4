"""Texts into requests: as many as a provider takes, by count and by tokens, in their order."""

from dataclasses import dataclass
from typing import Any

from embedfn.remote.limits import Limits
from embedfn.remote.tokens import byte_sizes, count, cut

# Tokens of a text without an exact count, as a part of its bytes: English has 0.2 to 0.3, code 0.4.
# Where that is too little the provider refuses the request, and it is split.
_PER_BYTE = 0.5


@dataclass
class Batch:
    """Texts of one request.

    Attributes
    ----------
    positions : list of int
        The texts' positions in the call.
    texts : list of str
    size : int
        Their bytes.
    """

    positions: list[int]
    texts: list[str]
    size: int

    def halves(self) -> "list[Batch]":
        """Split in the middle."""
        middle = len(self.texts) // 2
        return [self.part(range(middle)), self.part(range(middle, len(self.texts)))]

    def part(self, chosen: range | list[int]) -> "Batch":
        """Return the texts at some places of this batch."""
        texts = [self.texts[i] for i in chosen]
        return Batch([self.positions[i] for i in chosen], texts, sum(byte_sizes(texts)))


def pack(positions: list[int], texts: list[str], limits: Limits, encoding: Any) -> list[Batch]:
    """Put texts into batches.

    Parameters
    ----------
    positions : list of int
    texts : list of str
    limits : Limits
    encoding : object or None
        Counts tokens exactly, see :func:`embedfn.remote.tokens.exact_encoding`. It is asked only
        where bounds do not settle whether a text still fits.

    Returns
    -------
    list of Batch
        A text larger than a request may be is alone in one.
    """
    batches: list[Batch] = []
    sizes = byte_sizes(texts)
    most = limits.request_tokens
    tokens = list(sizes)
    if most is not None and encoding is None:
        tokens = [int(size * _PER_BYTE) + 2 for size in sizes]
    start, held, exact = 0, 0, 0  # of the open batch: first text, tokens, first not yet counted
    for i in range(len(texts)):
        if most is not None and held + tokens[i] > most and encoding is not None:
            for j in range(max(start, exact), i + 1):
                tokens[j] = count(encoding, texts[j])
            exact = i + 1
            held = sum(tokens[start:i])
        full = i - start == limits.inputs or (most is not None and held + tokens[i] > most)
        if full and i > start:
            batches.append(_batch(positions, texts, sizes, start, i))
            start, held = i, 0
        held += tokens[i]
    if texts:
        batches.append(_batch(positions, texts, sizes, start, len(texts)))
    return batches


def too_long(texts: list[str], limits: Limits, encoding: Any) -> dict[int, int]:
    """Return place and tokens of each text that is surely longer than the model takes."""
    most = limits.input_tokens
    if most is None or encoding is None:
        return {}
    counts = {
        place: count(encoding, texts[place])
        for place, size in enumerate(byte_sizes(texts))
        if size > most
    }
    return {place: tokens for place, tokens in counts.items() if tokens > most}


def shortened(text: str, limits: Limits, encoding: Any) -> str:
    """Return a text cut to what the model takes, or to seven eighths where that is not known."""
    if encoding is not None and limits.input_tokens is not None:
        shorter = cut(encoding, text, limits.input_tokens)
        if len(shorter) < len(text):
            return shorter
    return text[: len(text) * 7 // 8]


def _batch(
    positions: list[int], texts: list[str], sizes: list[int], start: int, stop: int
) -> Batch:
    """The texts of a stretch."""
    return Batch(positions[start:stop], texts[start:stop], sum(sizes[start:stop]))
