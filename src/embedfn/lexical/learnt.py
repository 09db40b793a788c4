"""What a BM25 object holds once it has learnt: counts with their formula, or a file's weights."""

import threading
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from embedfn import kernels
from embedfn._made_once import made_once
from embedfn.lexical.bm25 import BM25Model
from embedfn.lexical.counts import Counts

IdfFormula = Literal["okapi", "lucene"]


@dataclass(frozen=True, eq=False)
class Fitted:
    """Counts, and how weights follow from them. Never changed afterwards.

    Attributes
    ----------
    counts : Counts
    formula : "okapi" or "lucene"
        Which idf.
    epsilon : float
        Of okapi's idf.
    """

    counts: Counts
    formula: IdfFormula
    epsilon: float

    @made_once
    def model(self) -> BM25Model:
        """The model, made when first asked for: counts may change often before they are used."""
        counts = self.counts
        in_use = counts.df > 0
        all_in_use = bool(in_use.all())
        df = counts.df if all_in_use else counts.df[in_use]
        values, average = self._idf(df)
        idf = values if all_in_use else np.zeros(len(in_use), dtype=np.float64)
        if not all_in_use:
            idf[in_use] = values
        avgdl = counts.sum_doc_len / counts.n_docs if counts.n_docs else 0.0
        known = None if all_in_use else in_use
        return BM25Model(counts.vocabulary, idf, average, counts.n_docs, avgdl, known)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the model out: it can be made again."""
        return {field.name: self.__dict__[field.name] for field in fields(self)}

    def _idf(self, df: NDArray[np.int64]) -> tuple[NDArray[np.float64], float | None]:
        """(idf, average idf) of terms that some document holds."""
        if self.formula == "lucene":
            return kernels.lucene_idf(df, self.counts.n_docs), None
        return kernels.okapi_idf(df, self.counts.n_docs, self.epsilon)


Learnt = Fitted | BM25Model | None


def model_of(learnt: Learnt) -> BM25Model:
    """Return what encoding needs.

    Raises
    ------
    RuntimeError
        When nothing was learnt.
    """
    if learnt is None:
        message = "this BM25EmbeddingFunction is not fitted; call fit(corpus) or load(path) first"
        raise RuntimeError(message)
    return learnt.model if isinstance(learnt, Fitted) else learnt


def counts_of(learnt: Learnt, method: str) -> Counts:
    """Return what was counted.

    Raises
    ------
    RuntimeError
        When nothing was learnt, and when a file gave the weights; ``method`` is who needs counts.
    """
    if isinstance(learnt, Fitted):
        return learnt.counts
    model_of(learnt)
    message = (
        f"{method} needs the counts behind the weights, and the file that load read keeps weights "
        'only; fit on the corpus again (a fitted object\'s counts: save(path, format="binary"))'
    )
    raise RuntimeError(message)


class Lock:
    """A lock that a shallow copy of its owner shares; a deep or pickled copy gets its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *error: object) -> None:
        self._lock.release()

    def __reduce__(self) -> tuple[type, tuple[()]]:
        return (type(self), ())
