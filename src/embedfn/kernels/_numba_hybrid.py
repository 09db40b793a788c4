"""The Numba twins of the kernels of hybrid models; in one file, since Numba's cache sees one."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from embedfn.kernels._py_hybrid import (
    Bools,
    Float32s,
    Int32s,
    Int64s,
    check_tokens,
    check_vectors,
)

Array = NDArray[Any]


def token_maxima(
    ids: Int64s, weights: Float32s, indptr: Int64s, skipped: Bools, n_threads: int
) -> tuple[Int64s, Int32s, Float32s]:
    """As ``_py_hybrid.token_maxima``."""
    check_tokens(ids, weights, indptr, skipped)
    starts = np.zeros(len(indptr), np.int64)
    indices, data = np.empty(len(ids), np.int32), np.empty(len(ids), np.float32)
    found = _token_maxima(ids, weights, indptr, skipped, starts, indices, data)
    return starts, indices[:found].copy(), data[:found].copy()


@njit(cache=True, nogil=True)
def _token_maxima(
    ids: Array,
    weights: Array,
    indptr: Array,
    skipped: Array,
    starts: Array,
    indices: Array,
    data: Array,
) -> int:
    """Write the entries; return how many there are."""
    found = 0
    for text in range(len(indptr) - 1):
        first = indptr[text]
        last = -1
        for i in np.argsort(ids[first : indptr[text + 1]]):
            token, weight = ids[first + i], weights[first + i]
            if weight > 0 and not skipped[token]:
                if token == last:
                    data[found - 1] = max(data[found - 1], weight)
                else:
                    indices[found], data[found] = token, weight
                    found += 1
                    last = token
        starts[text + 1] = found
    return found


def max_sim(
    query: Float32s, documents: Sequence[Float32s], n_threads: int, simd: str | None = None
) -> Float32s:
    """As ``_py_hybrid.max_sim``."""
    check_vectors(query, documents)
    columns = np.ascontiguousarray(query.T)
    return np.array([_max_sim(columns, document) for document in documents], np.float32)


@njit(cache=True, nogil=True)
def _max_sim(columns: Array, document: Array) -> float:
    """One document's score."""
    width = columns.shape[1]
    sums, peaks = np.empty(width, np.float32), np.empty(width, np.float32)
    peaks[:] = -np.inf
    for token in range(len(document)):
        sums[:] = 0
        for k in range(len(columns)):
            factor = document[token, k]
            for i in range(width):
                sums[i] += factor * columns[k, i]
        for i in range(width):
            peaks[i] = max(peaks[i], sums[i])
    total = 0.0
    for i in range(width):
        total += peaks[i]
    return total / width
