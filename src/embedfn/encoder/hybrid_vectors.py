"""The vectors of hybrid models, gathered from packs into the order of the texts."""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedfn.encoder.pack import Pack, Tokens
from embedfn.encoder.rows import Rows, in_order
from embedfn.encoder.token_heads import Floats


class HybridVectors(NamedTuple):
    """The vectors of some texts; None for a kind that is not asked for.

    Attributes
    ----------
    dense : float32 array of shape (n, dim), or None
    sparse : tuple of arrays (indptr, indices, data), or None
    colbert : list of arrays of shape (tokens, dim), or None
        A text's tokens but the first; views of one array.
    """

    dense: NDArray[np.float32] | None
    sparse: Rows | None
    colbert: list[Floats] | None


class PackVectors(NamedTuple):
    """One pack's vectors, in its order; token vectors of all its tokens."""

    dense: NDArray[np.float32] | None
    sparse: Rows | None
    colbert: Floats | None


class Gathered:
    """Packs' vectors put in the order of the texts.

    Parameters
    ----------
    tokens : Tokens
    dense : int or None
        Components of a dense vector.
    sparse : bool
    colbert : tuple or None
        Components of a token's vector, and NumPy's type of them.
    """

    def __init__(
        self, tokens: Tokens, dense: int | None, sparse: bool, colbert: tuple[int, Any] | None
    ) -> None:
        n = len(tokens.indptr) - 1
        self._tokens = tokens
        self._dense = None if dense is None else np.zeros((n, dense), np.float32)
        self._rows: list[tuple[Pack, Rows]] | None = [] if sparse else None
        self._flat: Floats | None = None
        # A text's first token has no vector; a text without tokens has none either.
        lengths = np.maximum(np.diff(tokens.indptr) - 1, 0)
        self._starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
        if colbert is not None:
            dim, dtype = colbert
            self._flat = np.empty((int(self._starts[-1]), dim), dtype)

    def put(self, pack: Pack, found: PackVectors) -> None:
        """Take a pack's vectors; from several threads at once."""
        if self._dense is not None:
            self._dense[pack.rows] = found.dense
        if self._rows is not None and found.sparse is not None:
            self._rows.append((pack, found.sparse))
        if self._flat is not None and found.colbert is not None:
            for number, row in enumerate(pack.rows.tolist()):
                first, last = pack.indptr[number] + 1, pack.indptr[number + 1]
                self._flat[self._starts[row] : self._starts[row + 1]] = found.colbert[first:last]

    def vectors(self) -> HybridVectors:
        """Everything, once all packs are in."""
        flat, starts = self._flat, self._starts.tolist()
        return HybridVectors(
            self._dense,
            None if self._rows is None else in_order(self._tokens, self._rows),
            None if flat is None else [flat[a:b] for a, b in pairwise(starts)],
        )


def joined(blocks: list[HybridVectors]) -> HybridVectors:
    """Blocks of texts as one."""
    if len(blocks) == 1:
        return blocks[0]
    dense = [block.dense for block in blocks if block.dense is not None]
    sparse = [block.sparse for block in blocks if block.sparse is not None]
    colbert = [block.colbert for block in blocks if block.colbert is not None]
    rows = None
    if sparse:
        counts = [np.diff(starts) for starts, _, _ in sparse]
        indptr = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.concatenate(counts))))
        indices = np.concatenate([indices for _, indices, _ in sparse])
        rows = (indptr, indices, np.concatenate([data for _, _, data in sparse]))
    return HybridVectors(
        np.concatenate(dense) if dense else None,
        rows,
        [vectors for block in colbert for vectors in block] if colbert else None,
    )
