"""The one maker of scipy sparse arrays."""

from copy import copy
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

INT32_MAX = np.iinfo(np.int32).max


def build_csr(
    indptr: NDArray[Any], indices: NDArray[Any], data: NDArray[np.float32], dim: int
) -> csr_array:
    """Build a canonical ``csr_array`` of shape (len(indptr) - 1, dim) without copying.

    Parameters
    ----------
    indptr : integer array of shape (rows + 1,)
    indices : integer array of shape (nnz,)
        Sorted and distinct within each row.
    data : float32 array of shape (nnz,)
        Zeros are dropped: upstream stores some, no reader of sparse vectors wants them.
    dim : int
        Number of columns.

    Returns
    -------
    scipy.sparse.csr_array
        Its index arrays are int32 while the entries and the columns fit, int64 beyond.
    """
    wide = max(len(data), dim) > INT32_MAX
    index_type = np.int64 if wide else np.int32
    indices, indptr = (array.astype(index_type, copy=False) for array in (indices, indptr))
    # Filling an empty one in takes less time than scipy's checks, which read all indices again.
    matrix = copy(_empty_row(dim)) if len(indptr) == 2 else _empty(len(indptr) - 1, dim)
    matrix.data, matrix.indices, matrix.indptr = data, indices, indptr
    matrix.has_canonical_format = True
    # Mostly all are positive, which is told in half the time.
    if not data.min(initial=1) > 0 and not data.all():
        matrix.eliminate_zeros()
    return matrix


def as_csr(matrix: Any) -> csr_array:
    """Return any sparse array of one or two dimensions as rows: csr_array of shape (n, dim)."""
    return csr_array(matrix.reshape(1, -1) if matrix.ndim == 1 else matrix)


def _empty(rows: int, dim: int) -> csr_array:
    """Rows without entries."""
    return csr_array((rows, dim), dtype=np.float32)


@lru_cache(maxsize=16)
def _empty_row(dim: int) -> csr_array:
    """One of them."""
    return _empty(1, dim)
