"""The kernels of hybrid models in plain Python and NumPy; as ``_py``, the definition of correct."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Int32s = NDArray[np.int32]
Int64s = NDArray[np.int64]
Float32s = NDArray[np.float32]


def token_maxima(
    ids: Int64s, weights: Float32s, indptr: Int64s, skipped: Bools, n_threads: int
) -> tuple[Int64s, Int32s, Float32s]:
    """Return (indptr, indices, data) of a canonical CSR matrix, (texts, vocabulary).

    An entry is the greatest weight that a token has in a text, where that is positive; tokens of
    which ``skipped`` says so have none. Text ``i`` is ``ids[indptr[i]:indptr[i + 1]]``; weights are
    finite. Chen et al. 2024, arXiv 2402.03216.

    Raises
    ------
    ValueError
        For weights or an indptr that do not fit the tokens.
    IndexError
        For a token that ``skipped`` says nothing of.
    """
    check_tokens(ids, weights, indptr, skipped)
    starts = np.zeros(len(indptr), np.int64)
    rows: list[tuple[int, float]] = []
    for text, (start, end) in enumerate(pairwise(indptr.tolist())):
        best: dict[int, float] = {}
        for token, weight in zip(ids[start:end].tolist(), weights[start:end].tolist(), strict=True):
            if weight > best.get(token, 0) and not skipped[token]:
                best[token] = weight
        rows += sorted(best.items())
        starts[text + 1] = len(rows)
    indices = np.array([token for token, _ in rows], np.int32)
    return starts, indices, np.array([weight for _, weight in rows], np.float32)


def max_sim(
    query: Float32s, documents: Sequence[Float32s], n_threads: int, simd: str | None = None
) -> Float32s:
    """Return each document's mean, over the query's vectors, of the greatest product.

    The query and each document are of shape (vectors, dim), contiguous. The products are float32.
    Khattab and Zaharia 2020, arXiv 2004.12832, divided by the number of the query's vectors as
    FlagEmbedding does.

    Raises
    ------
    ValueError
        For a query or a document without vectors, and for vectors of other widths.
    """
    check_vectors(query, documents)
    peaks = [(document @ query.T).max(axis=0) for document in documents]
    return np.array([row.mean(dtype=np.float64) for row in peaks], np.float32)


def check_tokens(ids: Int64s, weights: Float32s, indptr: Int64s, skipped: Bools) -> None:
    """Raise for what `token_maxima` cannot work on."""
    if len(weights) != len(ids):
        message = f"{len(ids)} tokens need as many weights, not {len(weights)}"
        raise ValueError(message)
    _check_indptr(indptr, len(ids))
    if len(ids) and not 0 <= ids.min() <= ids.max() < len(skipped):
        message = f"a token is not in a vocabulary of {len(skipped)}"
        raise IndexError(message)


def check_vectors(query: Float32s, documents: Sequence[Float32s]) -> None:
    """Raise for what `max_sim` cannot work on."""
    if query.ndim != 2 or not query.size:
        message = f"a query of {query.shape} has no products"
        raise ValueError(message)
    for number, document in enumerate(documents):
        if document.ndim != 2 or not document.size or document.shape[1] != query.shape[1]:
            message = (
                f"document {number} of {document.shape} has no products with {query.shape[1]} "
                "components"
            )
            raise ValueError(message)


def _check_indptr(indptr: NDArray[Any], end: int) -> None:
    """Raise for offsets out of order."""
    if indptr[0] != 0 or indptr[-1] != end or (np.diff(indptr) < 0).any():
        message = f"offsets must run from 0 to {end}"
        raise ValueError(message)
