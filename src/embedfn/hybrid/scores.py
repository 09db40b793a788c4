"""Scores between the vectors of queries and of documents, as FlagEmbedding defines them."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse

from embedfn import kernels
from embedfn._csr import as_csr
from embedfn._threads import thread_count

Float32s = NDArray[np.float32]
# Documents' vectors that are converted at a time, in numbers: 256 MiB.
_BLOCK = 1 << 26


def lexical_scores(queries: Any, documents: Any) -> Float32s:
    """Return the sum of products of weights that a query and a document have in common.

    Parameters
    ----------
    queries, documents : scipy sparse array
        Of shape (n, tokens) and (m, tokens), as ``"sparse"`` of a result.

    Returns
    -------
    float32 array of shape (n, m)

    Raises
    ------
    TypeError, ValueError
        For what is not sparse, and for arrays of different widths.
    """
    for name, matrix in (("queries", queries), ("documents", documents)):
        if not issparse(matrix):
            message = f"{name} must be a scipy sparse array, not {type(matrix).__name__}"
            raise TypeError(message)
    left, right = as_csr(queries), as_csr(documents)
    if left.shape[1] != right.shape[1]:
        message = f"queries have {left.shape[1]} columns and documents {right.shape[1]}"
        raise ValueError(message)
    scores: Float32s = (left.tocsr() @ right.tocsr().T).toarray().astype(np.float32, copy=False)
    return scores


def colbert_scores(queries: Sequence[ArrayLike], documents: Sequence[ArrayLike]) -> Float32s:
    """Return the mean, over a query's vectors, of the greatest product with a document's.

    Late interaction (Khattab and Zaharia 2020, arXiv 2004.12832), divided by the number of the
    query's vectors.

    Parameters
    ----------
    queries, documents : sequence of arrays of shape (tokens, dim)
        As ``"colbert_vecs"`` of a result, float32 or float16; products are float32.

    Returns
    -------
    float32 array of shape (len(queries), len(documents))

    Raises
    ------
    ValueError
        For an array of another shape or without vectors; its position is named.
    """
    left = _checked("queries", queries)
    right = _checked("documents", documents)
    widths = {array.shape[1] for array in [*left, *right]}
    if len(widths) > 1:
        message = f"vectors must have one number of components, not {sorted(widths)}"
        raise ValueError(message)
    scores = np.empty((len(left), len(right)), np.float32)
    threads = thread_count()
    for start, stop in _blocks(right):
        # Nothing is copied but what is not float32.
        block = [np.ascontiguousarray(array, np.float32) for array in right[start:stop]]
        for number, query in enumerate(left):
            vectors = np.ascontiguousarray(query, np.float32)
            scores[number, start:stop] = kernels.max_sim(vectors, block, threads)
    return scores


def weighted_scores(
    dense: ArrayLike | None = None,
    sparse: ArrayLike | None = None,
    colbert: ArrayLike | None = None,
    weights: Sequence[float] = (1.0, 1.0, 1.0),
) -> NDArray[Any]:
    """Return the weighted mean of the scores given.

    Parameters
    ----------
    dense, sparse, colbert : array, optional
        Of one shape; at least one.
    weights : sequence of three floats
        Of dense, sparse and ColBERT scores, at least 0; those of scores that are not given do not
        count.

    Returns
    -------
    array of that shape

    Raises
    ------
    ValueError
        For no scores, scores of different shapes, and weights that are not three, below 0 or, of
        the scores given, of sum 0.
    """
    if len(weights) != 3 or any(not weight >= 0 for weight in weights):
        message = f"weights must be three numbers of at least 0, not {tuple(weights)!r}"
        raise ValueError(message)
    given = [
        (np.asarray(scores), weight)
        for scores, weight in zip((dense, sparse, colbert), weights, strict=True)
        if scores is not None
    ]
    total = sum(weight for _, weight in given)
    if not given or total == 0:
        message = "weighted_scores needs scores with a weight above 0"
        raise ValueError(message)
    shapes = {scores.shape for scores, _ in given}
    if len(shapes) > 1:
        message = f"scores must have one shape, not {', '.join(map(str, sorted(shapes)))}"
        raise ValueError(message)
    mean = np.zeros(shapes.pop(), np.result_type(*(scores for scores, _ in given)))
    for scores, weight in given:
        mean = mean + scores * (weight / total)
    return mean


def _checked(name: str, arrays: Sequence[ArrayLike]) -> list[NDArray[Any]]:
    """Arrays of vectors."""
    checked = [np.asarray(array) for array in arrays]
    for number, array in enumerate(checked):
        if array.ndim != 2 or not array.size:
            message = f"{name}[{number}] must be of shape (tokens, dim), not {array.shape}"
            raise ValueError(message)
    return checked


def _blocks(arrays: list[NDArray[Any]]) -> Iterator[tuple[int, int]]:
    """First and last of runs of arrays of bounded size."""
    start = 0
    while start < len(arrays):
        stop, size = start, 0
        while stop < len(arrays) and (stop == start or size + arrays[stop].size <= _BLOCK):
            size += arrays[stop].size
            stop += 1
        yield start, stop
        start = stop
