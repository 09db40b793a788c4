"""The largest weights of each row, of a sparse matrix or of a dense one on any device."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from embedfn.encoder.rows import Rows


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
    if counts.max(initial=0) <= k:
        return rows
    kept = np.ones(len(data), bool)
    # A loop, since finding a row's k-th weight is linear, where sorting all rows at once is not:
    # a tenth of the time at 1,500 weights a row.
    for row in np.flatnonzero(counts > k).tolist():
        here = slice(indptr[row], indptr[row + 1])
        kept[here] = _largest(data[here], k)
    indptr = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.minimum(counts, k))))
    return indptr, indices[kept], data[kept]


def keep_top_k(weights: Tensor, k: int) -> Tensor:
    """As :func:`top_k`, of a dense matrix (texts, words) of no negative weights, where it is.

    What is left out is zero in the result.
    """
    if k >= weights.shape[1]:
        return weights
    least = weights.topk(k, dim=1).values[:, -1:]
    above = weights > least
    equal = weights == least
    room = k - above.sum(dim=1, keepdim=True)
    above |= equal & (equal.cumsum(dim=1, dtype=torch.int32) <= room)
    return weights.masked_fill(~above, 0.0)


def _largest(weights: NDArray[np.float32], k: int) -> NDArray[np.bool_]:
    """Which of more than ``k`` weights are kept."""
    least = np.partition(weights, len(weights) - k)[len(weights) - k]
    kept: NDArray[np.bool_] = weights > least
    equal = np.flatnonzero(weights == least)
    kept[equal[: k - np.count_nonzero(kept)]] = True
    return kept
