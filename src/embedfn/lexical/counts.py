"""What BM25 learns, in whole numbers: they add up, and come apart again, without rounding."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedfn import kernels
from embedfn.lexical.terms import AnalyzerFunction, analyze

Spelled = tuple[NDArray[np.uint8], NDArray[np.int64]]


@dataclass(frozen=True, eq=False)
class Counts:
    """Counts of some documents. Never changed afterwards, so threads may share them.

    Attributes
    ----------
    vocabulary : kernels.Vocabulary
        Terms and their ids. It may grow later, for newer counts: ids from ``len(df)`` on are none
        of these counts' terms.
    df : int64 array of shape (n_terms,)
        Documents that hold each term, by id; 0 for a term whose documents were all removed.
    n_docs : int
        Documents.
    sum_doc_len : int
        Terms of all documents together, repeats included.
    """

    vocabulary: kernels.Vocabulary
    df: NDArray[np.int64]
    n_docs: int
    sum_doc_len: int

    def __getstate__(self) -> dict[str, Any]:
        """Replace the vocabulary, which belongs to one twin of the kernels, by its terms."""
        return {**self.__dict__, "vocabulary": first_terms(self.vocabulary, len(self.df))}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, vocabulary=vocabulary_of(*state["vocabulary"]))


def first_terms(vocabulary: kernels.Vocabulary, n_terms: int) -> Spelled:
    """Return the vocabulary's first terms in id order, as (buffer, offsets)."""
    buffer, offsets = vocabulary.terms()
    return buffer[: offsets[n_terms]], offsets[: n_terms + 1]


def vocabulary_of(buffer: NDArray[np.uint8], offsets: NDArray[np.int64]) -> kernels.Vocabulary:
    """Build a vocabulary of terms in id order."""
    vocabulary = kernels.Vocabulary()
    vocabulary.add(buffer, offsets, 1)
    return vocabulary


def count(blocks: Iterable[Sequence[str]], analyzer: AnalyzerFunction, n_threads: int) -> Counts:
    """Count the texts of all blocks; the vocabulary is a new one, in first-seen order."""
    vocabulary = kernels.Vocabulary()
    df = np.zeros(0, dtype=np.int64)
    n_docs = sum_doc_len = 0
    for texts in blocks:
        try:
            for found in analyze(texts, analyzer, n_threads):
                more = kernels.learn(vocabulary, found, n_threads)
                more[: len(df)] += df
                df = more
                sum_doc_len += sum(int(terms.indptr[-1]) for terms in found)
        except Exception as error:
            if n_docs:  # the analyzer's error tells a position within this block
                error.add_note(f"texts[0] in this message is text {n_docs} of all, counted from 0")
            raise
        n_docs += len(texts)
    return Counts(vocabulary, df, n_docs, sum_doc_len)


def plus(counts: Counts, more: Counts, n_threads: int) -> Counts:
    """Add counts to counts.

    Terms of ``counts`` keep their ids; those that only ``more`` has follow in its order. Terms
    that ``more`` has in no document are passed over. The vocabulary of ``counts`` grows in place:
    the caller keeps other threads from adding to it.
    """
    n_terms, vocabulary = len(counts.df), counts.vocabulary
    in_use = np.flatnonzero(more.df)
    buffer, offsets = _picked(first_terms(more.vocabulary, len(more.df)), in_use)
    if len(vocabulary) != n_terms:  # it grew for other counts, or an addition to it failed
        vocabulary = vocabulary_of(*first_terms(vocabulary, n_terms))
    ids = vocabulary.add(buffer, offsets, n_threads)
    df = np.zeros(len(vocabulary), dtype=np.int64)
    df[:n_terms] = counts.df
    df[ids] += more.df[in_use]
    return Counts(
        vocabulary, df, counts.n_docs + more.n_docs, counts.sum_doc_len + more.sum_doc_len
    )


def minus(counts: Counts, fewer: Counts, n_threads: int) -> Counts:
    """Take counts away from counts; the vocabulary and its ids stay.

    Raises
    ------
    ValueError
        When they are not the counts of documents that were added, as far as counts can tell; the
        term is named.
    """
    spelled = first_terms(fewer.vocabulary, len(fewer.df))
    ids = counts.vocabulary.find(*spelled, n_threads)
    held = np.where((ids >= 0) & (ids < len(counts.df)), ids, -1)
    df = np.append(counts.df, 0)[held]  # the appended 0 is that of the id -1
    if (fewer.df > df).any():
        i = int(np.argmax(fewer.df > df))
        term = spelled[0][spelled[1][i] : spelled[1][i + 1]].tobytes()
        message = (
            f"nothing was removed: the term {term.decode('utf-8', 'surrogatepass')!r} is in "
            f"{fewer.df[i]} of the texts to remove, but in {df[i]} of the documents learnt from"
        )
        raise ValueError(message)
    left = Counts(
        counts.vocabulary,
        counts.df.copy(),
        counts.n_docs - fewer.n_docs,
        counts.sum_doc_len - fewer.sum_doc_len,
    )
    left.df[held] -= fewer.df
    if not possible(left):
        message = (
            f"nothing was removed: the {fewer.n_docs} texts to remove ({fewer.sum_doc_len} terms) "
            f"are not among the {counts.n_docs} documents learnt from ({counts.sum_doc_len} "
            "terms); give the same texts as then"
        )
        raise ValueError(message)
    return left


def possible(counts: Counts) -> bool:
    """Whether documents can have such counts."""
    df = counts.df.view(np.uint64)  # in which a negative count is too great
    most = int(df.max(initial=0))
    if most > counts.n_docs:
        return False
    # A sum that would not fit is taken number by number.
    total = int(df.sum()) if most * len(df) < 1 << 64 else sum(df.tolist())
    return total <= counts.sum_doc_len and (counts.sum_doc_len == 0 or most > 0)


def _picked(spelled: Spelled, ids: NDArray[np.intp]) -> Spelled:
    """Some of the terms, in the order of the ids, which ascend."""
    buffer, offsets = spelled
    lengths = np.diff(offsets)
    if len(ids) == len(lengths):
        return spelled
    keep = np.zeros(len(lengths), dtype=bool)
    keep[ids] = True
    starts = np.zeros(len(ids) + 1, dtype=np.int64)
    np.cumsum(lengths[ids], out=starts[1:])
    return buffer[np.repeat(keep, lengths)], starts
