"""The kernels in plain Python and NumPy: the definition of correct that every twin must equal.

Terms travel as one UTF-8 buffer with offsets, term i being ``buffer[offsets[i]:offsets[i + 1]]``
(lone surrogates in Python's "surrogatepass" form), documents as `Terms` or `Run`. Arrays are
one-dimensional and contiguous. No result depends on ``n_threads``.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedfn.kernels._digest import digest as digest
from embedfn.kernels._frozen import check_slots, check_terms
from embedfn.kernels._frozen import term_hashes as term_hashes
from embedfn.kernels._py_hybrid import max_sim as max_sim
from embedfn.kernels._py_hybrid import token_maxima as token_maxima

Bytes = NDArray[np.uint8]
Int32s = NDArray[np.int32]
Int64s = NDArray[np.int64]
UInt32s = NDArray[np.uint32]
UInt64s = NDArray[np.uint64]
Float32s = NDArray[np.float32]
Float64s = NDArray[np.float64]
Table = NDArray[np.float32] | NDArray[np.float16] | NDArray[np.int8]
LookUp = Callable[[Bytes, Int64s, int, int], Int32s]
# Of fewer terms it is not worth asking whether they are numbered as they come.
_MANY = 1 << 12


class Vocabulary:
    """Terms with their ids, 0, 1, 2, … in first-seen order; ids never change.

    One thread at a time may add; others may look up meanwhile.
    """

    def __init__(self) -> None:
        self._ids: dict[bytes, int] = {}

    @staticmethod
    def frozen(
        buffer: Bytes, offsets: Int64s, slots: UInt64s, seed: int, n_threads: int
    ) -> "Vocabulary":
        """Return a vocabulary of saved terms, laid out as `embedfn.kernels._frozen` says.

        Native code reads them where they lie: nothing may change them while the vocabulary lives.

        Raises
        ------
        ValueError
            For offsets out of order, slots that are not the terms' own, and a term that stands
            twice, so that after this every look-up is right.
        """
        check_terms(buffer, offsets, slots)
        vocabulary = Vocabulary()
        vocabulary.add(buffer, offsets, n_threads)
        check_slots(slots, term_hashes(buffer, offsets, seed, n_threads), len(vocabulary))
        return vocabulary

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, buffer: Bytes, offsets: Int64s, n_threads: int, source: int = 0) -> Int32s:
        """Return the terms' ids; a term not seen before gets the next id.

        Lists given with the same ``source`` that is not 0 must begin with the same terms: native
        code looks them up once.
        """
        ids = self._ids
        text = buffer.tobytes()
        spans = pairwise(offsets.tolist())
        return np.array([ids.setdefault(text[i:j], len(ids)) for i, j in spans], dtype=np.int32)

    def find(self, buffer: Bytes, offsets: Int64s, n_threads: int, source: int = 0) -> Int32s:
        """Return the terms' ids, -1 for a term that is not here; ``source`` as for ``add``."""
        ids = self._ids
        text = buffer.tobytes()
        spans = pairwise(offsets.tolist())
        return np.array([ids.get(text[i:j], -1) for i, j in spans], dtype=np.int32)

    def terms(self) -> tuple[Bytes, Int64s]:
        """Return every term in id order, as (buffer, offsets)."""
        terms = list(self._ids)  # at once: another thread may be adding
        offsets = np.zeros(len(terms) + 1, dtype=np.int64)
        np.cumsum([len(term) for term in terms], out=offsets[1:])
        return np.frombuffer(b"".join(terms), dtype=np.uint8), offsets


class Run(NamedTuple):
    """Some documents' terms: document i has ``ids[codes[indptr[i]:indptr[i + 1]]]``.

    Without ids the codes are term ids themselves. The id -1 is a term the vocabulary does not have.
    """

    codes: Int32s
    indptr: Int64s
    ids: Int32s | None = None


class Terms(NamedTuple):
    """Some documents' terms before they have ids.

    Document i has the terms numbered ``codes[indptr[i]:indptr[i + 1]]``; without codes, which is
    with each occurrence spelled out, those from ``indptr[i]`` on. With codes the terms are distinct
    and in first-seen order; those of one source, if that is not 0, begin alike.
    """

    buffer: Bytes
    offsets: Int64s
    indptr: Int64s
    codes: Int32s | None = None
    source: int = 0

    def run(self, look_up: LookUp, n_threads: int) -> Run:
        """Return the documents with their terms' ids, by a vocabulary's ``add`` or ``find``."""
        if self.codes is None:
            return Run(look_up(self.buffer, self.offsets, n_threads, 0), self.indptr)
        # Distinct terms are soon looked up; putting together what threads add takes longer.
        ids = look_up(self.buffer, self.offsets, 1, self.source)
        n = len(ids)
        if n > _MANY and ids[-1] == n - 1 and np.array_equal(ids, np.arange(n, dtype=np.int32)):
            return Run(self.codes, self.indptr)  # of the first texts that a vocabulary got
        return Run(self.codes, self.indptr, ids)


def joined(runs: Sequence[Run], n_terms: int) -> tuple[Int32s, Int64s]:
    """Return all documents' term ids and their indptr; IndexError for ids or codes beyond."""
    term_ids, lengths = [np.zeros(0, dtype=np.int32)], [np.zeros(1, dtype=np.int64)]
    for codes, indptr, ids in runs:
        if ids is not None and len(codes) and not 0 <= codes.min() <= codes.max() < len(ids):
            message = f"a code lies beyond the {len(ids)} ids"
            raise IndexError(message)
        term_ids.append(codes if ids is None else ids[codes])
        lengths.append(np.diff(indptr))
        known = codes if ids is None else ids
        if len(known) and not -1 <= known.min() <= known.max() < n_terms:
            message = f"an id lies beyond the {n_terms} terms"
            raise IndexError(message)
    return np.concatenate(term_ids), np.cumsum(np.concatenate(lengths))


def learn(vocabulary: Vocabulary, found: Sequence[Terms], n_threads: int) -> Int64s:
    """Add the terms of some documents to a vocabulary, a list after the other.

    Returns the number of these documents that hold each term, shape (len(vocabulary),). Nothing
    else may add to the vocabulary meanwhile.
    """
    runs = [terms.run(vocabulary.add, n_threads) for terms in found]
    term_ids, indptr = joined(runs, len(vocabulary))
    df = np.zeros(len(vocabulary), dtype=np.int64)
    for start, end in pairwise(indptr.tolist()):
        df[np.unique(term_ids[start:end])] += 1
    return df


def count_terms(runs: Sequence[Run], n_terms: int, n_threads: int) -> tuple[Int64s, Int32s, Int32s]:
    """Count each document's known terms: (indptr, indices, tf) of a canonical CSR matrix."""
    term_ids, indptr = joined(runs, n_terms)
    row_ends = [0]
    indices: list[int] = []
    tf: list[int] = []
    for start, end in pairwise(indptr.tolist()):
        counts = Counter(term_ids[start:end].tolist())
        counts.pop(-1, None)
        for term_id in sorted(counts):
            indices.append(term_id)
            tf.append(counts[term_id])
        row_ends.append(len(indices))
    return (
        np.array(row_ends, dtype=np.int64),
        np.array(indices, dtype=np.int32),
        np.array(tf, dtype=np.int32),
    )


def okapi_idf(df: Int64s, n_docs: int, epsilon: float) -> tuple[Float64s, float]:
    """Return (idf, average idf): idf = log(n_docs - df + 0.5) - log(df + 0.5).

    A negative idf is replaced by ``epsilon`` times the average, which is taken before that, in id
    order. Robertson and Spärck Jones' weight as the rank_bm25 project floors it, which upstream
    follows.
    """
    values = [math.log(n_docs - n + 0.5) - math.log(n + 0.5) for n in df.tolist()]
    total = 0.0
    for value in values:
        total += value
    average = total / len(values) if values else 0.0
    floor = epsilon * average
    return np.array([floor if v < 0 else v for v in values], dtype=np.float64), average


def lucene_idf(df: Int64s, n_docs: int) -> Float64s:
    """Return log(1 + (n_docs - df + 0.5) / (df + 0.5)), which is never negative.

    The weight of Lucene's BM25Similarity.
    """
    values = [math.log(1 + (n_docs - n + 0.5) / (n + 0.5)) for n in df.tolist()]
    return np.array(values, dtype=np.float64)


def bm25_document_weights(
    indptr: Int64s,
    tf: Int32s,
    doc_len: Int64s,
    avgdl: float,
    k1: float,
    b: float,
    n_threads: int,
) -> Float32s:
    """Return tf (k1 + 1) / (tf + k1 (1 - b + b doc_len / avgdl)) for each entry.

    ``doc_len`` counts all of a document's terms, known or not. Robertson et al., Okapi at TREC-3.
    """
    weights = np.empty(len(tf), dtype=np.float32)
    for row, (start, end) in enumerate(pairwise(indptr.tolist())):
        if start < end:  # an empty row is never weighed: avgdl may be 0 when all are empty
            norm = k1 * (1 - b + b * int(doc_len[row]) / avgdl)
            for i in range(start, end):
                weights[i] = int(tf[i]) * (k1 + 1) / (int(tf[i]) + norm)
    return weights


def bm25_document_rows(
    runs: Sequence[Run], n_terms: int, avgdl: float, k1: float, b: float, n_threads: int
) -> tuple[Int64s, Int32s, Float32s]:
    """Count each document's known terms and weigh them: (indptr, indices, data) of a CSR matrix."""
    starts, indices, tf = count_terms(runs, n_terms, n_threads)
    doc_len = np.concatenate([np.zeros(0, dtype=np.int64), *(np.diff(run.indptr) for run in runs)])
    weights = bm25_document_weights(starts, tf, doc_len, avgdl, k1, b, n_threads)
    return starts, indices, weights


def bm25_query_weights(indices: Int32s, tf: Int32s, idf: Float64s) -> Float32s:
    """Return each entry's idf, added to itself once per occurrence beyond the first."""
    weights = np.empty(len(tf), dtype=np.float32)
    for i, (term_id, count) in enumerate(zip(indices.tolist(), tf.tolist(), strict=True)):
        weight = 0.0
        for _ in range(count):
            weight += float(idf[term_id])
        weights[i] = weight
    return weights


def mean_rows(
    table: Table, rows: Int32s, scales: Float32s | None, indptr: Int64s, n_threads: int
) -> Float32s:
    """Return the mean of ``table[rows[k]] * scales[k]`` over the ``k`` of each document.

    The table, finite, is of shape (n_rows, dim), the result of shape (documents, dim); a document
    without rows gets zeros. Sums are float32, in the order of the rows.

    Raises
    ------
    ValueError
        For an indptr or scales that do not fit the rows.
    IndexError
        For a row that the table does not have.
    """
    check_rows(table, rows, scales, indptr)
    means = np.zeros((len(indptr) - 1, table.shape[1]), dtype=np.float32)
    for mean, (start, end) in zip(means, pairwise(indptr.tolist()), strict=True):
        for k in range(start, end):
            row = table[rows[k]].astype(np.float32)
            mean += row if scales is None else row * scales[k]
        if end > start:
            mean /= np.float32(end - start)
    return means


def check_rows(table: Table, rows: Int32s, scales: Float32s | None, indptr: Int64s) -> None:
    """Raise for what `mean_rows` cannot work on."""
    if indptr[0] != 0 or indptr[-1] != len(rows) or (np.diff(indptr) < 0).any():
        message = f"indptr must run from 0 to {len(rows)}"
        raise ValueError(message)
    if scales is not None and len(scales) != len(rows):
        message = f"there must be {len(rows)} scales, not {len(scales)}"
        raise ValueError(message)
    if len(rows) and not 0 <= rows.min() <= rows.max() < len(table):
        message = f"a row lies beyond the {len(table)} of the table"
        raise IndexError(message)


class SpladeHead:
    """The decoder of a masked language model, of whose logits only each text's peaks are kept.

    Parameters
    ----------
    weight : float32 array of shape (words, hidden)
    bias : float32 array of shape (words,)
    simd : str or None
        Which instructions the native twin uses; None takes the widest there are.
    """

    def __init__(self, weight: Float32s, bias: Float32s, simd: str | None = None) -> None:
        check_decoder(weight, bias)
        self._weight = weight
        self._bias = bias

    def rows(
        self, hidden: Float32s, indptr: Int64s, logs: int, n_threads: int
    ) -> tuple[Int64s, Int32s, Float32s]:
        """Return (indptr, indices, data) of a canonical CSR matrix, (texts, words).

        An entry is ``max_t(weight[word] . hidden[t]) + bias[word]`` over the tokens ``t`` of a
        text, where that is positive, and ``log(1 + .)`` of it ``logs`` times; hidden states are of
        shape (tokens, hidden), end to end. A text without tokens has no entries. Formal et al.
        2021, arXiv 2109.10086.

        Raises
        ------
        ValueError
            For hidden states of another width, and for an indptr that does not fit them.
        """
        check_states(self._weight, hidden, indptr)
        starts = np.zeros(len(indptr), np.int64)
        words, weights = [np.empty(0, np.int32)], [np.empty(0, np.float32)]
        for text, (start, end) in enumerate(pairwise(indptr.tolist())):
            if start < end:
                peaks = self._peaks(hidden[start:end])
                words.append(np.flatnonzero(peaks > 0).astype(np.int32))
                weights.append(peaks[words[-1]])
            starts[text + 1] = starts[text] + (len(words[-1]) if start < end else 0)
        data = np.concatenate(weights)
        for _ in range(logs):
            data = np.log1p(data)
        return starts, np.concatenate(words), data

    def _peaks(self, hidden: Float32s) -> Float32s:
        """One text's greatest logits, some thousand words at a time."""
        blocks = range(0, len(self._weight), 2048)
        parts = [(hidden @ self._weight[at : at + 2048].T).max(axis=0) for at in blocks]
        peaks: Float32s = np.concatenate(parts) + self._bias
        return peaks


def check_decoder(weight: Float32s, bias: Float32s) -> None:
    """Raise for what is no linear layer."""
    if weight.ndim != 2 or not weight.size or bias.shape != weight.shape[:1]:
        message = f"weights are {weight.shape} and the bias is {bias.shape}"
        raise ValueError(message)


def check_states(weight: Float32s, hidden: Float32s, indptr: Int64s) -> None:
    """Raise for hidden states that a decoder cannot work on."""
    if hidden.ndim != 2 or hidden.shape[1] != weight.shape[1]:
        message = f"hidden states are {hidden.shape}, but need {weight.shape[1]} components"
        raise ValueError(message)
    if indptr[0] != 0 or indptr[-1] != len(hidden) or (np.diff(indptr) < 0).any():
        message = f"indptr must run from 0 to {len(hidden)}"
        raise ValueError(message)
