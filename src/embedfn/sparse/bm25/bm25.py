"""BM25 sparse vectors, by upstream's class."""

import math
from collections.abc import Callable, Sequence
from numbers import Real
from os import PathLike
from typing import Any

from scipy.sparse import csr_array

from embedfn._texts import Texts, as_texts
from embedfn._threads import thread_count
from embedfn.base import BaseEmbeddingFunction
from embedfn.lexical import bm25, store
from embedfn.lexical.analyzer import build_default_analyzer

MSMARCO_URL = (
    "https://github.com/milvus-io/pymilvus-assets/releases/download/v0.1-bm25v1/"
    "bm25_msmarco_v1.json"
)


class BM25EmbeddingFunction(BaseEmbeddingFunction):
    """BM25 weights of documents and queries over a vocabulary learnt from a corpus.

    The inner product of a query's and a document's vector is the document's BM25 score. Results are
    those of ``pymilvus.model`` bit for bit. Safe to call from many threads once fitted or loaded.

    Parameters
    ----------
    analyzer : callable, optional
        Turns a text into its terms, ``str -> list[str]``; by default
        ``build_default_analyzer("en")``.
    corpus : iterable of str, optional
        Documents to fit on at once.
    k1 : float
        How slowly a term's weight saturates with its count in a document.
    b : float
        How far a document's length matters, from 0 to 1.
    epsilon : float
        Share of the average idf that a term in more than half of the documents gets.
    num_workers : int, optional
        Native threads: None for ``EMBEDFN_NUM_THREADS`` or every CPU this process may use, -1 for
        every CPU. Results do not depend on it.

    Attributes
    ----------
    corpus_size : int
        Documents fitted on; 0 before.
    avgdl : float
        Average number of terms of a document; 0 before a fit.
    average_idf : float or None
        Average idf before negative ones were replaced; None before a fit and after a load.
    """

    def __init__(
        self,
        analyzer: Callable[[str], Sequence[str]] | None = None,
        corpus: Texts | None = None,
        k1: float = 1.5,
        b: float = 0.75,
        epsilon: float = 0.25,
        num_workers: int | None = None,
    ) -> None:
        if analyzer is not None and not callable(analyzer):
            message = (
                f"analyzer must be callable, text -> list of terms; got {type(analyzer).__name__}; "
                "for a language use build_default_analyzer(language)"
            )
            raise TypeError(message)
        thread_count(num_workers)
        self.analyzer = build_default_analyzer("en") if analyzer is None else analyzer
        self.k1 = _finite("k1", k1)
        self.b = _finite("b", b)
        self.epsilon = _finite("epsilon", epsilon)
        self.num_workers = num_workers
        self._model: bm25.BM25Model | None = None
        if corpus is not None:
            self.fit(corpus)

    @property
    def dim(self) -> int:
        """Number of terms in the vocabulary, the vectors' width; 0 before a fit."""
        return 0 if self._model is None else len(self._model.idf)

    @property
    def corpus_size(self) -> int:
        """Number of documents fitted on; 0 before."""
        return 0 if self._model is None else self._model.n_docs

    @property
    def avgdl(self) -> float:
        """Average number of terms of a document; 0 before a fit."""
        return 0 if self._model is None else self._model.avgdl

    @property
    def average_idf(self) -> float | None:
        """Average idf before negative ones were replaced; None before a fit and after a load."""
        return None if self._model is None else self._model.average_idf

    @property
    def idf(self) -> dict[str, list[Any]]:
        """Each term with ``[idf, term_id]``, in id order: a copy, made anew on each access."""
        if self._model is None:
            return {}
        values = self._model.idf.tolist()
        return {term: [values[i], i] for i, term in enumerate(self._model.terms())}

    def fit(self, corpus: Texts) -> None:
        """Learn vocabulary and statistics from a corpus, forgetting any earlier fit.

        Raises
        ------
        TypeError
            For a bare str and for items that are not str; nothing is changed.
        ValueError
            For an empty corpus.
        """
        texts = as_texts(corpus, "corpus")
        if not texts:
            message = "corpus is empty: BM25 statistics need at least one document"
            raise ValueError(message)
        self._model = bm25.fit(texts, self.analyzer, self.epsilon, thread_count(self.num_workers))

    def encode_documents(self, documents: Texts) -> csr_array:
        """Weigh documents.

        Returns
        -------
        scipy.sparse.csr_array of shape (n, dim), float32
            tf (k1 + 1) / (tf + k1 (1 - b + b doc_len / avgdl)); terms that are not in the
            vocabulary count in doc_len only.

        Raises
        ------
        RuntimeError
            Before a fit or load.
        TypeError
            For a bare str and for items that are not str.
        """
        texts = as_texts(documents, "documents")
        threads = thread_count(self.num_workers)
        return bm25.document_matrix(self._fitted(), texts, self.analyzer, self.k1, self.b, threads)

    def encode_queries(self, queries: Texts) -> csr_array:
        """Weigh queries.

        Returns
        -------
        scipy.sparse.csr_array of shape (n, dim), float32
            Each term's idf, once per occurrence; unknown terms have no entry.

        Raises
        ------
        RuntimeError
            Before a fit or load.
        TypeError
            For a bare str and for items that are not str.
        """
        texts = as_texts(queries, "queries")
        return bm25.query_matrix(
            self._fitted(), texts, self.analyzer, thread_count(self.num_workers)
        )

    def __call__(self, texts: Texts) -> csr_array:
        """Raise ValueError: BM25 has no vector that serves queries and documents alike."""
        message = (
            "BM25 weighs queries and documents differently: call encode_queries or encode_documents"
        )
        raise ValueError(message)

    def save(self, path: str | PathLike[str]) -> None:
        """Write what was learnt and k1, b, epsilon as upstream's JSON (v1), atomically.

        The analyzer is not part of that file.

        Raises
        ------
        RuntimeError
            Before a fit or load.
        OSError
            When the file cannot be written; one that was there stays.
        """
        store.save(store.SavedBM25(self._fitted(), self.k1, self.b, self.epsilon), path)

    def load(self, path: str | PathLike[str] | None = None) -> None:
        """Read a file that ``save`` wrote, here or upstream; use the analyzer it was fitted with.

        Raises
        ------
        OSError
            When the file cannot be read.
        ValueError
            When it is no such file, naming what is wrong, and when no path is given.
        """
        if path is None:
            message = (
                f"load needs a path; for Milvus's MS MARCO statistics download {MSMARCO_URL} and "
                "give the file's path"
            )
            raise ValueError(message)
        saved = store.load(path)
        self.k1, self.b, self.epsilon = saved.k1, saved.b, saved.epsilon
        self._model = saved.model

    def _encode_query(self, query: str) -> csr_array:
        """Weigh one query: csr_array of shape (1, dim)."""
        return self.encode_queries([query])

    def _encode_document(self, doc: str) -> csr_array:
        """Weigh one document: csr_array of shape (1, dim)."""
        return self.encode_documents([doc])

    def _fitted(self) -> bm25.BM25Model:
        """The model, or the error that there is none."""
        if self._model is None:
            message = (
                "this BM25EmbeddingFunction is not fitted; call fit(corpus) or load(path) first"
            )
            raise RuntimeError(message)
        return self._model


def _finite(name: str, value: float) -> float:
    """A parameter, if it is a finite number."""
    if isinstance(value, bool) or not isinstance(value, Real):
        message = f"{name} must be a number, not {type(value).__name__}"
        raise TypeError(message)
    if not math.isfinite(value):
        message = f"{name} must be finite, not {value}"
        raise ValueError(message)
    return float(value)
