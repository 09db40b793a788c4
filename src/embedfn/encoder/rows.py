"""Rows of a sparse matrix, one a text, as three arrays; and their order."""

import numpy as np

from embedfn.encoder.pack import Pack, Tokens
from embedfn.kernels._py import Float32s, Int32s, Int64s

# indptr (texts + 1), word ids that rise within a text, their weights.
Rows = tuple[Int64s, Int32s, Float32s]


def in_order(tokens: Tokens, parts: list[tuple[Pack, Rows]]) -> Rows:
    """Return the rows of all packs in the texts' order; a text in no pack has an empty one."""
    counts = np.zeros(len(tokens.indptr) - 1, np.int64)
    for pack, (starts, _, _) in parts:
        counts[pack.rows] = np.diff(starts)
    indptr = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))
    indices, data = np.empty(indptr[-1], np.int32), np.empty(indptr[-1], np.float32)
    for pack, (starts, words, weights) in parts:
        shifts = np.repeat(indptr[pack.rows] - starts[:-1], np.diff(starts))
        places = shifts + np.arange(len(words))
        indices[places] = words
        data[places] = weights
    return indptr, indices, data
