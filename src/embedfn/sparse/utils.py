"""Helpers for sparse vectors, by upstream's names."""

from collections.abc import Sequence
from typing import Any

from scipy.sparse import csr_array, vstack


def stack_sparse_embeddings(sparse_embs: Sequence[Any]) -> csr_array:
    """Stack sparse vectors as the rows of one matrix.

    Parameters
    ----------
    sparse_embs : sequence of scipy sparse arrays
        Each of shape (dim,) or (1, dim), all of one dim.

    Returns
    -------
    scipy.sparse.csr_array of shape (len(sparse_embs), dim)

    Raises
    ------
    ValueError
        For an empty sequence, whose dim nothing tells, and for vectors of different dims.
    """
    if len(sparse_embs) == 0:
        message = "sparse_embs is empty: the width of the result is unknown"
        raise ValueError(message)
    return vstack([vector.reshape((1, -1)) for vector in sparse_embs], format="csr")
