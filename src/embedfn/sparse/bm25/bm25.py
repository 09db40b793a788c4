"""BM25 sparse vectors, by upstream's class."""

from collections.abc import Callable, Sequence
from os import PathLike
from typing import Any, Literal, get_args

from scipy.sparse import csr_array

from embedfn._texts import Texts
from embedfn._threads import thread_count
from embedfn.base import BaseEmbeddingFunction
from embedfn.lexical import bm25, state, store
from embedfn.lexical.analyzer import build_default_analyzer
from embedfn.lexical.checks import finite_number
from embedfn.lexical.counts import Counts, count, minus, plus
from embedfn.lexical.inputs import as_texts, text_blocks
from embedfn.lexical.learnt import Fitted, IdfFormula, Learnt, Lock, counts_of, model_of

MSMARCO_URL = (
    "https://github.com/milvus-io/pymilvus-assets/releases/download/v0.1-bm25v1/"
    "bm25_msmarco_v1.json"
)
_EMPTY = "corpus is empty: BM25 statistics need at least one document"


class BM25EmbeddingFunction(BaseEmbeddingFunction):
    """BM25 weights of documents and queries over a vocabulary learnt from a corpus.

    The inner product of a query's and a document's vector is the document's BM25 score. Results are
    those of ``pymilvus.model`` bit for bit. Safe to call from many threads once fitted or loaded:
    a thread that encodes while another adds, removes or fits sees what was learnt before or after,
    never a mixture.

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
    idf : "okapi" or "lucene"
        The formula of the inverse document frequency. "okapi", upstream's, can be negative where
        most terms are in most documents; "lucene", log(1 + (n_docs - df + 0.5) / (df + 0.5)), never
        is (Milvus refuses negative values), and needs no epsilon.

    Attributes
    ----------
    corpus_size : int
        Documents fitted on; 0 before.
    avgdl : float
        Average number of terms of a document; 0 before a fit.
    average_idf : float or None
        Average idf before negative ones were replaced; None before a fit, after a load and with
        ``idf="lucene"``.
    idf_formula : str
        As given; the property ``idf`` is upstream's dict of terms.
    """

    def __init__(
        self,
        analyzer: Callable[[str], Sequence[str]] | None = None,
        corpus: Texts | None = None,
        k1: float = 1.5,
        b: float = 0.75,
        epsilon: float = 0.25,
        num_workers: int | None = None,
        *,
        idf: IdfFormula = "okapi",
    ) -> None:
        if analyzer is not None and not callable(analyzer):
            message = (
                f"analyzer must be callable, text -> list of terms; got {type(analyzer).__name__}; "
                "for a language use build_default_analyzer(language)"
            )
            raise TypeError(message)
        thread_count(num_workers)
        if idf not in get_args(IdfFormula):
            message = f"idf must be 'okapi' or 'lucene', not {idf!r}"
            raise ValueError(message)
        self.analyzer = build_default_analyzer("en") if analyzer is None else analyzer
        self.k1 = finite_number("k1", k1)
        self.b = finite_number("b", b)
        self.epsilon = finite_number("epsilon", epsilon)
        self.num_workers = num_workers
        self.idf_formula = idf
        self._learnt: Learnt = None  # replaced, never changed
        self._lock = Lock()  # held while it is replaced
        if corpus is not None:
            self.fit(corpus)

    @property
    def dim(self) -> int:
        """Number of terms in the vocabulary, the vectors' width; 0 before a fit."""
        model = self._model
        return 0 if model is None else len(model.idf)

    @property
    def corpus_size(self) -> int:
        """Number of documents fitted on; 0 before."""
        model = self._model
        return 0 if model is None else model.n_docs

    @property
    def avgdl(self) -> float:
        """Average number of terms of a document; 0 before a fit."""
        model = self._model
        return 0 if model is None else model.avgdl

    @property
    def average_idf(self) -> float | None:
        """Average idf before negative ones were replaced; None where there is none."""
        model = self._model
        return None if model is None else model.average_idf

    @property
    def idf(self) -> dict[str, list[Any]]:
        """Each term with ``[idf, term_id]``, in id order: a copy, made anew on each access.

        Terms whose documents were all removed are not in it; their ids are not given away.
        """
        model = self._model
        if model is None:
            return {}
        values, terms = model.idf.tolist(), enumerate(model.terms())
        if model.in_use is None:
            return {term: [values[i], i] for i, term in terms}
        return {term: [values[i], i] for i, term in terms if model.in_use[i]}

    def fit(self, corpus: Texts) -> None:
        """Learn vocabulary and statistics from a corpus, forgetting any earlier fit.

        Raises
        ------
        TypeError
            For a bare str and for items that are not str; nothing is changed.
        ValueError
            For an empty corpus.
        """
        counts = count([as_texts(corpus, "corpus")], self.analyzer, thread_count(self.num_workers))
        if not counts.n_docs:
            raise ValueError(_EMPTY)
        with self._lock:
            self._learnt = self._fitted_on(counts)

    def partial_fit(self, texts: Texts) -> None:
        """Learn from further documents; on an object that is not fitted, as ``fit``.

        The result is that of one fit on all documents in this order, bit for bit. Ids of known
        terms do not change; new terms follow in first-seen order. All of the texts are learnt
        from, or, after an error, none.

        Parameters
        ----------
        texts : iterable of str
            May be a generator of any length: it is read block by block and not kept.

        Raises
        ------
        TypeError
            For a bare str and for items that are not str; the position is named.
        ValueError
            For no texts at all on an object that is not fitted.
        RuntimeError
            After a load of a file that keeps weights only.
        """
        self._prior("partial_fit")
        threads = thread_count(self.num_workers)
        more = count(text_blocks(texts), self.analyzer, threads)
        with self._lock:
            prior = self._prior("partial_fit")
            counts = more if prior is None else plus(prior, more, threads)
            if not counts.n_docs and prior is None:
                raise ValueError(_EMPTY)
            self._learnt = self._fitted_on(counts)

    def remove(self, texts: Texts) -> None:
        """Take documents out again: the inverse of ``partial_fit``, bit for bit.

        The vocabulary keeps its terms and ``dim``. A term that no document is left with counts as
        unknown until it is learnt again, then with its old id.

        Parameters
        ----------
        texts : iterable of str
            The documents, as they were given then. May be a generator of any length.

        Raises
        ------
        TypeError
            For a bare str and for items that are not str; the position is named.
        ValueError
            When the counts show that these documents were not all learnt from; nothing is changed.
            Texts of the same terms as others cannot be told from them.
        RuntimeError
            Before a fit, and after a load of a file that keeps weights only.
        """
        counts_of(self._learnt, "remove")
        threads = thread_count(self.num_workers)
        fewer = count(text_blocks(texts), self.analyzer, threads)
        with self._lock:
            counts = minus(counts_of(self._learnt, "remove"), fewer, threads)
            self._learnt = self._fitted_on(counts)

    def merge(self, other: "BM25EmbeddingFunction") -> None:
        """Learn what another has learnt: as one fit on this one's documents, then the other's.

        Term ids stay; terms that only the other has follow in its order. The other is not changed,
        and may be this one itself, whose documents then count twice. Both must use the same
        analyzer, which is not checked. An object that is not fitted takes over what the other has.

        Raises
        ------
        TypeError
            When ``other`` is no BM25EmbeddingFunction.
        ValueError
            When k1, b, epsilon or the idf formula differ.
        RuntimeError
            When ``other`` is not fitted, and when either was loaded from a file that keeps weights
            only.
        """
        if not isinstance(other, BM25EmbeddingFunction):
            message = f"other must be a BM25EmbeddingFunction, not {type(other).__name__}"
            raise TypeError(message)
        for name in ("k1", "b", "epsilon", "idf_formula"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs:
                message = f"{name} is {mine!r} here and {theirs!r} in other; they must agree"
                raise ValueError(message)
        more = other._prior("merge")
        if more is None:
            message = "other is not fitted: there is nothing to merge"
            raise RuntimeError(message)
        threads = thread_count(self.num_workers)
        with self._lock:
            prior = self._prior("merge") or count([], self.analyzer, threads)
            self._learnt = self._fitted_on(plus(prior, more, threads))

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
        return bm25.document_matrix(
            model_of(self._learnt), texts, self.analyzer, self.k1, self.b, threads
        )

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
            model_of(self._learnt), texts, self.analyzer, thread_count(self.num_workers)
        )

    def unknown_terms(self, queries: Texts) -> list[list[str]]:
        """Return the terms of each query that have no weight: no document learnt from holds them.

        Returns
        -------
        list of list of str
            A list a query: its unknown terms as the analyzer yields them, in order, repeats
            included.

        Raises
        ------
        RuntimeError
            Before a fit or load.
        TypeError
            For a bare str and for items that are not str.
        """
        texts = as_texts(queries, "queries")
        threads = thread_count(self.num_workers)
        return bm25.unknown_terms(model_of(self._learnt), texts, self.analyzer, threads)

    def __call__(self, texts: Texts) -> csr_array:
        """Raise ValueError: BM25 has no vector that serves queries and documents alike."""
        message = (
            "BM25 weighs queries and documents differently: call encode_queries or encode_documents"
        )
        raise ValueError(message)

    def save(
        self, path: str | PathLike[str], *, format: Literal["json", "binary"] = "json"
    ) -> None:
        """Write what was learnt, atomically.

        Parameters
        ----------
        path : str or path
        format : "json" or "binary"
            "json" is upstream's (v1): the weights and k1, b, epsilon; the counts and the analyzer
            are not in it. "binary" is this library's own: everything, so that ``partial_fit`` and
            the like go on after a load, and the analyzer's specification. ``load`` maps that file
            into memory and checks it, but builds nothing.

        Raises
        ------
        RuntimeError
            Before a fit or load and, for "json", when every term was removed.
        ValueError
            For another format.
        OSError
            When the file cannot be written; one that was there stays.
        """
        with self._lock:
            parameters = self.k1, self.b, self.epsilon, self.idf_formula
            now = state.State(self._learnt, *parameters)
        state.save(now, self.analyzer, path, format, thread_count(self.num_workers))

    def load(self, path: str | PathLike[str] | None = None, *, any_analyzer: bool = False) -> None:
        """Read a file that ``save`` wrote, here or upstream, in either format.

        Parameters
        ----------
        path : str or path, optional
            By default ``bm25_msmarco_v1.json``, Milvus's statistics of MS MARCO for the analyzer
            "en". It is downloaded once, into the cache folder: ``EMBEDFN_CACHE``, else
            ``XDG_CACHE_HOME/embedfn``, else ``~/.cache/embedfn``.
        any_analyzer : bool
            Take a binary file whatever analyzer it was saved with. Without, it must be this
            object's, as far as can be told. A JSON file does not tell: use the one it was fitted
            with.

        Raises
        ------
        OSError
            When the file cannot be read or downloaded.
        ValueError
            When it is no such file or was saved with another analyzer, naming what is wrong;
            nothing is changed.
        ImportError
            When it must be downloaded and the extra ``download`` is missing.
        """
        if path is None:
            saved = state.of_json(store.load_default(MSMARCO_URL))
        else:
            threads = thread_count(self.num_workers)
            saved = state.load(path, self.analyzer, any_analyzer, threads)
        with self._lock:
            self.k1, self.b, self.epsilon = saved.k1, saved.b, saved.epsilon
            self.idf_formula = saved.formula or self.idf_formula
            self._learnt = saved.learnt

    def _encode_query(self, query: str) -> csr_array:
        """Weigh one query: csr_array of shape (1, dim)."""
        return self.encode_queries([query])

    def _encode_document(self, doc: str) -> csr_array:
        """Weigh one document: csr_array of shape (1, dim)."""
        return self.encode_documents([doc])

    @property
    def _model(self) -> bm25.BM25Model | None:
        """What encoding needs, of this moment."""
        learnt = self._learnt
        return None if learnt is None else model_of(learnt)

    def _prior(self, method: str) -> Counts | None:
        """What was counted so far, None before a fit; an error after a load."""
        learnt = self._learnt
        return None if learnt is None else counts_of(learnt, method)

    def _fitted_on(self, counts: Counts) -> Fitted:
        """Counts with this object's parameters."""
        return Fitted(counts, self.idf_formula, self.epsilon)
