"""Okapi BM25: the weights that follow from counts, for documents and queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from embedfn import kernels
from embedfn._csr import build_csr
from embedfn.lexical.counts import first_terms, vocabulary_of
from embedfn.lexical.terms import AnalyzerFunction, analyze, encode_terms


@dataclass(frozen=True, eq=False)
class BM25Model:
    """Terms and their weights. Never changed afterwards, so threads may share it.

    Attributes
    ----------
    vocabulary : kernels.Vocabulary
        Terms and their ids, in first-seen order. It may grow later, for a newer model: ids from
        ``len(idf)`` on are none of this model's terms.
    idf : float64 array of shape (n_terms,)
        Each term's inverse document frequency, by id; 0 where ``in_use`` is False.
    average_idf : float or None
        The average before negative values were replaced; None where a file did not tell, and for
        a formula that needs none.
    n_docs : int
        Documents learnt from.
    avgdl : float
        Average number of terms of a document; 0 without documents.
    in_use : bool array of shape (n_terms,) or None
        False for a term whose documents were all removed, which counts as unknown; None when there
        is no such term.
    """

    vocabulary: kernels.Vocabulary
    idf: NDArray[np.float64]
    average_idf: float | None
    n_docs: int
    avgdl: float
    in_use: NDArray[np.bool_] | None = None

    def terms(self) -> list[str]:
        """Return the terms in id order, those not in use included."""
        buffer, offsets = first_terms(self.vocabulary, len(self.idf))
        text, spans = buffer.tobytes(), pairwise(offsets.tolist())
        return [text[start:end].decode("utf-8", "surrogatepass") for start, end in spans]

    def __getstate__(self) -> dict[str, Any]:
        """Replace the vocabulary, which belongs to one twin of the kernels, by its terms."""
        return {**self.__dict__, "vocabulary": first_terms(self.vocabulary, len(self.idf))}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, vocabulary=vocabulary_of(*state["vocabulary"]))


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
    runs, n_terms = _runs(model, texts, analyzer, n_threads), len(model.idf)
    rows = kernels.bm25_document_rows(runs, n_terms, model.avgdl, k1, b, n_threads)
    return build_csr(*rows, n_terms)


def query_matrix(
    model: BM25Model, texts: Sequence[str], analyzer: AnalyzerFunction, n_threads: int
) -> csr_array:
    """Weigh queries: float32 csr_array of shape (len(texts), n_terms)."""
    runs, n_terms = _runs(model, texts, analyzer, n_threads), len(model.idf)
    indptr, indices, tf = kernels.count_terms(runs, n_terms, n_threads)
    weights = kernels.bm25_query_weights(indices, tf, model.idf)
    return build_csr(indptr, indices, weights, n_terms)


def unknown_terms(
    model: BM25Model, texts: Sequence[str], analyzer: AnalyzerFunction, n_threads: int
) -> list[list[str]]:
    """Return the terms of each text that the model does not know, in order, repeats included."""
    unknown: list[list[str]] = []
    for terms in chain.from_iterable(analyze(texts, analyzer, n_threads)):
        codes, indptr, ids = _run(model, terms, n_threads)
        strange = (codes if ids is None else ids[codes]) < 0
        text, offsets = terms.buffer.tobytes(), terms.offsets.tolist()
        for start, end in pairwise(indptr.tolist()):
            places = start + np.flatnonzero(strange[start:end])
            numbers = (places if terms.codes is None else codes[places]).tolist()
            spelled = [text[offsets[i] : offsets[i + 1]] for i in numbers]
            unknown.append([term.decode("utf-8", "surrogatepass") for term in spelled])
    return unknown


def _run(model: BM25Model, terms: kernels.Terms, n_threads: int) -> kernels.Run:
    """Return the documents with their terms' ids, -1 for terms that the model does not know."""

    def known(
        buffer: NDArray[np.uint8], offsets: NDArray[np.int64], _: int, source: int
    ) -> NDArray[np.int32]:
        ids = model.vocabulary.find(buffer, offsets, n_threads, source)
        if len(model.vocabulary) > len(model.idf):  # it may grow for a newer model, even just now
            ids[ids >= len(model.idf)] = -1
        if model.in_use is not None:
            ids[~model.in_use[ids]] = -1  # -1 stays -1, whatever the last term is
        return ids

    return terms.run(known, n_threads)


def _runs(
    model: BM25Model, texts: Sequence[str], analyzer: AnalyzerFunction, n_threads: int
) -> list[kernels.Run]:
    """Return all texts' terms by their ids."""
    found = chain.from_iterable(analyze(texts, analyzer, n_threads))
    return [_run(model, terms, n_threads) for terms in found]
