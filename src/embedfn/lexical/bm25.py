"""Okapi BM25: what a corpus teaches, and the weights that follow for documents and queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from embedfn import kernels
from embedfn._csr import build_csr
from embedfn.lexical.terms import AnalyzerFunction, analyze, encode_terms


@dataclass(frozen=True, eq=False)
class BM25Model:
    """What a fit learns. Never changed afterwards, so threads may share it.

    Attributes
    ----------
    vocabulary : kernels.Vocabulary
        Terms and their ids, in first-seen order.
    idf : float64 array of shape (n_terms,)
        Each term's inverse document frequency, by id.
    average_idf : float or None
        The average before negative values were replaced; None where a file did not tell.
    n_docs : int
        Documents fitted on.
    avgdl : float
        Average number of terms of a document.
    """

    vocabulary: kernels.Vocabulary
    idf: NDArray[np.float64]
    average_idf: float | None
    n_docs: int
    avgdl: float

    def terms(self) -> list[str]:
        """Return the terms in id order."""
        buffer, offsets = self.vocabulary.terms()
        text, spans = buffer.tobytes(), pairwise(offsets.tolist())
        return [text[start:end].decode("utf-8", "surrogatepass") for start, end in spans]

    def __getstate__(self) -> dict[str, Any]:
        """Replace the vocabulary, which belongs to one twin of the kernels, by its terms."""
        return {**self.__dict__, "vocabulary": self.vocabulary.terms()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vocabulary = kernels.Vocabulary()
        buffer, offsets = state["vocabulary"]
        vocabulary.add(buffer, offsets, 1)
        self.__dict__.update(state, vocabulary=vocabulary)


def fit(
    texts: Sequence[str], analyzer: AnalyzerFunction, epsilon: float, n_threads: int
) -> BM25Model:
    """Learn vocabulary, document frequencies and average length from a corpus that is not empty."""
    vocabulary = kernels.Vocabulary()
    df = np.zeros(0, dtype=np.int64)
    n_terms_in_all = 0
    for terms in analyze(texts, analyzer):
        term_ids = vocabulary.add(terms.buffer, terms.offsets, n_threads)
        block = kernels.document_frequencies(term_ids, terms.indptr, len(vocabulary), n_threads)
        block[: len(df)] += df
        df = block
        n_terms_in_all += len(term_ids)
    idf, average_idf = kernels.okapi_idf(df, len(texts), epsilon)
    return BM25Model(vocabulary, idf, average_idf, len(texts), n_terms_in_all / len(texts))


def model_of(terms: list[str], idf: NDArray[np.float64], n_docs: int, avgdl: float) -> BM25Model:
    """Build a model from saved values.

    Raises
    ------
    ValueError
        When a term stands twice; it is named.
    """
    vocabulary = kernels.Vocabulary()
    encoded = encode_terms([terms])
    ids = vocabulary.add(encoded.buffer, encoded.offsets, 1)
    if len(vocabulary) != len(terms):
        first = int(np.flatnonzero(ids != np.arange(len(ids)))[0])
        message = f"the term {terms[first]!r} stands twice"
        raise ValueError(message)
    return BM25Model(vocabulary, idf, None, n_docs, avgdl)


def document_matrix(
    model: BM25Model,
    texts: Sequence[str],
    analyzer: AnalyzerFunction,
    k1: float,
    b: float,
    n_threads: int,
) -> csr_array:
    """Weigh documents: float32 csr_array of shape (len(texts), n_terms)."""
    indptr, indices, tf, doc_len = _count(model, texts, analyzer, n_threads)
    weights = kernels.bm25_document_weights(indptr, tf, doc_len, model.avgdl, k1, b, n_threads)
    return build_csr(indptr, indices, weights, len(model.idf))


def query_matrix(
    model: BM25Model, texts: Sequence[str], analyzer: AnalyzerFunction, n_threads: int
) -> csr_array:
    """Weigh queries: float32 csr_array of shape (len(texts), n_terms)."""
    indptr, indices, tf, _ = _count(model, texts, analyzer, n_threads)
    weights = kernels.bm25_query_weights(indices, tf, model.idf)
    return build_csr(indptr, indices, weights, len(model.idf))


class _Counts(NamedTuple):
    """Known terms of each text as a canonical CSR matrix, and the number of all its terms."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    tf: NDArray[np.int32]
    doc_len: NDArray[np.int64]


def _count(
    model: BM25Model, texts: Sequence[str], analyzer: AnalyzerFunction, n_threads: int
) -> _Counts:
    """Count the model's terms in each text."""
    term_ids = [np.zeros(0, dtype=np.int32)]
    doc_len = [np.zeros(0, dtype=np.int64)]
    for terms in analyze(texts, analyzer):
        term_ids.append(model.vocabulary.find(terms.buffer, terms.offsets, n_threads))
        doc_len.append(np.diff(terms.indptr))
    lengths = np.concatenate(doc_len)
    ends = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])
    counted = kernels.count_terms(np.concatenate(term_ids), ends, n_threads)
    return _Counts(*counted, lengths)
