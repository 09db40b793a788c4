"""Texts of several lengths laid end to end: what a forward pass gets instead of padding."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Tokens:
    """Token ids of many texts, end to end.

    Attributes
    ----------
    ids : int32 array of shape (n_tokens,)
    indptr : int64 array of shape (n_texts + 1,)
        Text ``i`` is ``ids[indptr[i]:indptr[i + 1]]``.
    """

    ids: NDArray[np.int32]
    indptr: NDArray[np.int64]


@dataclass(frozen=True)
class Pack:
    """Some of the texts, longest first, end to end.

    Attributes
    ----------
    rows : int64 array of shape (n,)
        Which texts these are.
    lengths : int64 array of shape (n,)
        Tokens of each, never rising, never zero.
    ids : int64 array of shape (lengths.sum(),)
    """

    rows: NDArray[np.int64]
    lengths: NDArray[np.int64]
    ids: NDArray[np.int64]

    @cached_property
    def indptr(self) -> NDArray[np.int64]:
        """Where each text begins, and where the last one ends: (n + 1,)."""
        return np.concatenate((np.zeros(1, np.int64), np.cumsum(self.lengths)))

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """Number of each token within its own text, from 0."""
        starts = np.cumsum(self.lengths) - self.lengths
        return np.arange(len(self.ids)) - np.repeat(starts, self.lengths)

    @cached_property
    def runs(self) -> list[tuple[int, int]]:
        """Texts of equal length stand together: (how many, their length), in order."""
        lengths, counts = np.unique(-self.lengths, return_counts=True)
        return [(int(n), int(-length)) for length, n in zip(lengths, counts, strict=True)]


def packs(tokens: Tokens, budget: int) -> Iterator[Pack]:
    """Cut texts into packs of at most ``budget`` tokens, longest texts first.

    A text longer than the budget is a pack of its own; a text without tokens is in none.
    """
    lengths = np.diff(tokens.indptr)
    order = np.argsort(-lengths, kind="stable")
    order = order[: int(np.count_nonzero(lengths))]
    ends = np.cumsum(lengths[order])
    start = 0
    while start < len(order):
        taken = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, taken + budget, side="right")))
        rows = order[start:stop]
        yield Pack(rows, lengths[rows], _gather(tokens, rows, lengths[rows]))
        start = stop


def _gather(
    tokens: Tokens, rows: NDArray[np.int64], lengths: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The token ids of the rows, end to end."""
    shifts = tokens.indptr[rows] - (np.cumsum(lengths) - lengths)
    ids: NDArray[np.int32] = tokens.ids[np.arange(lengths.sum()) + np.repeat(shifts, lengths)]
    return ids.astype(np.int64)
