"""What all rerankers do with scores."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedfn._arguments import check_count, check_type
from embedfn._texts import Texts, as_texts, refuse_surrogates
from embedfn.base import RerankResult


def checked_call(query: object, documents: Texts, top_k: object) -> list[str]:
    """Return the documents as a list.

    Raises
    ------
    TypeError, ValueError
        For a query that is no str, for documents that are none, and for a ``top_k`` below 0.
    """
    check_type("query", query, str)
    if top_k not in (None, 0):
        check_count("top_k", top_k)
    texts = as_texts(documents, "documents")
    refuse_surrogates([str(query)], "query")
    refuse_surrogates(texts, "documents")
    return texts


def ranked(
    documents: list[str], scores: NDArray[Any], top_k: int | None, shown: bool = True
) -> list[RerankResult]:
    """Return the best documents, best first; of equal scores the earlier one.

    Parameters
    ----------
    documents : list of str
    scores : array of shape (n,)
        NaN for a document without a score, which is left out.
    top_k : int or None
        None and 0 are all.
    shown : bool
        Whether results carry the text.
    """
    order = np.argsort(-scores, kind="stable")
    order = order[: len(scores) - int(np.isnan(scores).sum())]
    chosen = order[: top_k or None].tolist()
    return [RerankResult(documents[i] if shown else "", float(scores[i]), i) for i in chosen]


def sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return 1 / (1 + exp(-x)), without overflow."""
    result: NDArray[np.float32] = (0.5 * (1.0 + np.tanh(0.5 * logits))).astype(np.float32)
    return result
