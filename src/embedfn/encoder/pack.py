"""Texts of several lengths laid end to end: what a forward pass gets instead of padding."""

from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from embedfn._made_once import made_once


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

    @made_once
    def indptr(self) -> NDArray[np.int64]:
        """Where each text begins, and where the last one ends: (n + 1,)."""
        return np.concatenate((np.zeros(1, np.int64), np.cumsum(self.lengths)))

    @made_once
    def offsets(self) -> NDArray[np.int64]:
        """Number of each token within its own text, from 0."""
        starts = np.cumsum(self.lengths) - self.lengths
        return np.arange(len(self.ids)) - np.repeat(starts, self.lengths)

    @made_once
    def runs(self) -> list[tuple[int, int]]:
        """Texts of equal length stand together: (how many, their length), in order."""
        lengths, counts = np.unique(-self.lengths, return_counts=True)
        return [(int(n), int(-length)) for length, n in zip(lengths, counts, strict=True)]


class PackQueue:
    """Texts as packs of at most ``budget`` tokens, longest texts first, for one or more takers.

    A text longer than the budget is a pack of its own; a text without tokens is in none.

    Parameters
    ----------
    tokens : Tokens
    budget : int

    Attributes
    ----------
    budget : int
        Falls when a pack is refused.
    """

    def __init__(self, tokens: Tokens, budget: int) -> None:
        self.budget = budget
        self._tokens = tokens
        self._lengths = np.diff(tokens.indptr)
        order = np.argsort(-self._lengths, kind="stable")
        self._order = order[: int(np.count_nonzero(self._lengths))]
        self._ends = np.cumsum(self._lengths[self._order])
        self._waiting = [(0, len(self._order))] if len(self._order) else []
        self._lock = Lock()

    def take(self) -> Pack | None:
        """The next pack; None when there is none."""
        with self._lock:
            if not self._waiting:
                return None
            start, end = self._waiting.pop()
            taken = self._ends[start - 1] if start else 0
            fitting = int(np.searchsorted(self._ends, taken + self.budget, side="right"))
            stop = min(end, max(start + 1, fitting))
            if stop < end:
                self._waiting.append((stop, end))
        rows = self._order[start:stop]
        return Pack(rows, self._lengths[rows], _gather(self._tokens, rows, self._lengths[rows]))

    def refuse(self, pack: Pack) -> None:
        """Put a pack back that was too large: it and all that follow get half its tokens."""
        start = int(np.flatnonzero(self._order == pack.rows[0])[0])
        with self._lock:
            self.budget = max(1, min(self.budget, len(pack.ids) // 2))
            self._waiting.append((start, start + len(pack.rows)))

    def stop(self) -> None:
        """Hand out no more."""
        with self._lock:
            self._waiting.clear()


def _gather(
    tokens: Tokens, rows: NDArray[np.int64], lengths: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The token ids of the rows, end to end."""
    shifts = tokens.indptr[rows] - (np.cumsum(lengths) - lengths)
    ids: NDArray[np.int32] = tokens.ids[np.arange(lengths.sum()) + np.repeat(shifts, lengths)]
    return ids.astype(np.int64)
