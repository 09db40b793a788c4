"""Scores of pairs of texts by every kind of vector."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedfn._distinct import distinct
from embedfn._texts import as_texts
from embedfn.hybrid.scores import colbert_scores, weighted_scores

Weights = tuple[float, float, float]


def checked_pairs(pairs: Any) -> tuple[list[tuple[str, str]], bool]:
    """Return the pairs, and whether one was given instead of a sequence of them.

    Raises
    ------
    TypeError, ValueError
    """
    if isinstance(pairs, (str, bytes)) or not isinstance(pairs, Sequence):
        message = f"sentence_pairs must be a list of (query, passage), not {type(pairs).__name__}"
        raise TypeError(message)
    alone = bool(pairs) and isinstance(pairs[0], str)
    checked = []
    for number, pair in enumerate([pairs] if alone else pairs):
        if isinstance(pair, str) or not isinstance(pair, Sequence) or len(pair) != 2:
            message = f"sentence_pairs[{number}] must be (query, passage), not {pair!r}"
            raise ValueError(message)
        query, passage = as_texts(list(pair), f"sentence_pairs[{number}]")
        checked.append((query, passage))
    return checked, alone


def checked_weights(weights: Any) -> Weights:
    """Return the weights of dense, sparse and ColBERT scores.

    Raises
    ------
    ValueError
    """
    values = (1.0, 1.0, 1.0) if weights is None else tuple(map(float, weights))
    if len(values) != 3 or min(values) < 0 or values[0] + values[1] <= 0:
        message = (
            "weights_for_different_modes must be three numbers of at least 0, those of dense and "
            f"sparse scores not both 0; got {weights!r}"
        )
        raise ValueError(message)
    return values


def distinct_column(texts: list[str]) -> tuple[list[str], NDArray[np.int64]]:
    """Return the distinct texts, and which of them each is."""
    unique, which = distinct(texts)
    return unique, np.arange(len(texts)) if which is None else which


def pair_scores(
    queries: Mapping[str, Any],
    passages: Mapping[str, Any],
    which_query: NDArray[np.int64],
    which_passage: NDArray[np.int64],
    weights: Weights,
) -> dict[str, list[float]]:
    """Return the scores of pairs of texts by FlagEmbedding's keys.

    Parameters
    ----------
    queries, passages : dict
        Results of an embedding function.
    which_query, which_passage : int64 arrays of shape (pairs,)
    weights : tuple of float
    """
    scores: dict[str, Any] = {}
    if "colbert_vecs" in queries:
        scores["colbert"] = _colbert(queries, passages, which_query, which_passage)
    if "sparse" in queries:
        left, right = queries["sparse"][which_query], passages["sparse"][which_passage]
        scores["sparse"] = np.asarray((left * right).sum(axis=1), np.float32)
    if "dense" in queries and len(which_query):
        left = np.stack(queries["dense"])[which_query]
        right = np.stack(passages["dense"])[which_passage]
        scores["dense"] = np.einsum("ij,ij->i", left, right)
    elif "dense" in queries:
        scores["dense"] = np.empty(0, np.float32)
    both, three = ("sparse", "dense"), ("colbert", "sparse", "dense")
    for modes in (both, three):
        if all(mode in scores for mode in modes):
            given = {mode: scores[mode] for mode in modes}
            scores["+".join(modes)] = weighted_scores(**given, weights=weights)
    return {mode: values.tolist() for mode, values in scores.items()}


def _colbert(
    queries: Mapping[str, Any],
    passages: Mapping[str, Any],
    which_query: NDArray[np.int64],
    which_passage: NDArray[np.int64],
) -> NDArray[np.float32]:
    """Each pair's late interaction; every query meets its own passages only."""
    scores = np.empty(len(which_query), np.float32)
    for number, vectors in enumerate(queries["colbert_vecs"]):
        pairs = np.flatnonzero(which_query == number)
        own = [passages["colbert_vecs"][place] for place in which_passage[pairs].tolist()]
        scores[pairs] = colbert_scores([vectors], own)[0]
    return scores
