"""The largest weights of each row of a sparse matrix."""

import numpy as np
from numpy.typing import NDArray

Rows = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]


def top_k(rows: Rows, k: int) -> Rows:
    """Keep the ``k`` largest weights of each row; of equal ones those of the lower ids.

    Parameters
    ----------
    rows : indptr, indices and data of a CSR matrix
        Indices rise within a row.
    k : int

    Returns
    -------
    indptr, indices, data
        The same arrays where nothing is left out.
    """
    indptr, indices, data = rows
    counts = np.diff(indptr)
    if not (counts > k).any():
        return rows
    kept = np.ones(len(data), bool)
    for row in np.flatnonzero(counts > k).tolist():
        here = slice(indptr[row], indptr[row + 1])
        kept[here] = _largest(data[here], k)
    indptr = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.minimum(counts, k))))
    return indptr, indices[kept], data[kept]


def _largest(weights: NDArray[np.float32], k: int) -> NDArray[np.bool_]:
    """Which of more than ``k`` weights are kept."""
    least = np.partition(weights, len(weights) - k)[len(weights) - k]
    kept: NDArray[np.bool_] = weights > least
    equal = np.flatnonzero(weights == least)
    kept[equal[: k - np.count_nonzero(kept)]] = True
    return kept
