"""Numba twins of the kernels in _py.py: the fallback where no compiler was at hand.

One thread each (Numba's own thread layers do not bear concurrent callers), with the GIL released.
All helpers live in this file, because Numba's cache does not notice edits elsewhere.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

from embedfn.kernels._digest import digest as digest
from embedfn.kernels._frozen import check_slots, check_terms
from embedfn.kernels._numba_hybrid import max_sim as max_sim
from embedfn.kernels._numba_hybrid import token_maxima as token_maxima
from embedfn.kernels._numba_splade import SpladeHead as SpladeHead
from embedfn.kernels._py import (
    Bytes,
    Float32s,
    Float64s,
    Int32s,
    Int64s,
    Run,
    Table,
    Terms,
    UInt32s,
    UInt64s,
    check_rows,
    joined,
)

Array = NDArray[Any]
_Item = TypeVar("_Item", bound=np.generic)
_BLOCK = 1 << 16
_EMPTY = np.int32(-1)


class _Tables(NamedTuple):
    """An open-addressing table of ids over one arena of bytes.

    Replaced as a whole when any of them is full: a thread that looks up reads tables that belong
    together, and adding to them in place changes nothing that a term added before depends on.
    """

    arena: Bytes
    offsets: Int64s
    slots: Int32s


class Vocabulary:
    """As ``_py.Vocabulary``."""

    def __init__(self) -> None:
        self._size = 0
        self._tables = _Tables(
            np.empty(1 << 10, dtype=np.uint8),
            np.zeros(1 << 7, dtype=np.int64),
            np.full(1 << 8, _EMPTY, dtype=np.int32),
        )

    @staticmethod
    def frozen(
        buffer: Bytes, offsets: Int64s, slots: UInt64s, seed: int, n_threads: int
    ) -> "Vocabulary":
        """As ``_py.Vocabulary.frozen``."""
        check_terms(buffer, offsets, slots)
        vocabulary = Vocabulary()
        vocabulary.add(buffer, offsets, n_threads)
        check_slots(slots, term_hashes(buffer, offsets, seed, n_threads), len(vocabulary))
        return vocabulary

    def __len__(self) -> int:
        return self._size

    def add(self, buffer: Bytes, offsets: Int64s, n_threads: int, source: int = 0) -> Int32s:
        """As ``_py.Vocabulary.add``."""
        ids = np.empty(len(offsets) - 1, dtype=np.int32)
        for start in range(0, len(ids), _BLOCK):
            block = offsets[start : start + _BLOCK + 1]
            self._make_room(len(block) - 1, int(block[-1] - block[0]))
            self._size = _insert(
                buffer, block, *self._tables, self._size, ids[start : start + _BLOCK]
            )
        return ids

    def find(self, buffer: Bytes, offsets: Int64s, n_threads: int, source: int = 0) -> Int32s:
        """As ``_py.Vocabulary.find``."""
        size, tables = self._size, self._tables  # in this order: the tables hold that many or more
        ids = np.empty(len(offsets) - 1, dtype=np.int32)
        _find(buffer, offsets, *tables, ids)
        return np.where(ids < size, ids, _EMPTY)  # slots fill while another thread adds

    def terms(self) -> tuple[Bytes, Int64s]:
        """As ``_py.Vocabulary.terms``."""
        size, tables = self._size, self._tables  # in this order, as above
        offsets = tables.offsets[: size + 1].copy()
        return tables.arena[: offsets[-1]].copy(), offsets

    def _make_room(self, n_terms: int, n_bytes: int) -> None:
        """Let the tables take that many more terms and bytes."""
        arena, offsets, slots = self._tables
        terms, end = self._size + n_terms, int(offsets[self._size]) + n_bytes
        if end <= len(arena) and terms < len(offsets) and 2 * terms <= len(slots):
            return
        arena, offsets = _copied(arena, end), _copied(offsets, terms + 1)
        slots = np.full(max(len(slots), _power_of_two(2 * terms)), _EMPTY, dtype=np.int32)
        _rehash(arena, offsets, slots, self._size)
        self._tables = _Tables(arena, offsets, slots)


def _power_of_two(n: int) -> int:
    """Return the least power of two that is not below n."""
    return 1 << (n - 1).bit_length()


def _copied(array: NDArray[_Item], n: int) -> NDArray[_Item]:
    """Return a copy with room for n items."""
    copy = np.zeros(max(len(array), _power_of_two(n)), dtype=array.dtype)
    copy[: len(array)] = array
    return copy


@njit(cache=True, nogil=True)
def _hash(buffer: Array, start: int, end: int) -> Any:
    """FNV-1a over the bytes, its high half folded in: the table's mask takes low bits."""
    state = np.uint64(0xCBF29CE484222325)
    for i in range(start, end):
        state = (state ^ np.uint64(buffer[i])) * np.uint64(0x100000001B3)
    return np.int64((state ^ (state >> np.uint64(32))) & np.uint64(0x7FFFFFFFFFFFFFFF))


@njit(cache=True, nogil=True)
def _slot_of(
    buffer: Array, start: int, end: int, arena: Array, offsets: Array, slots: Array
) -> int:
    """Return the slot that holds the term, or the empty one where it belongs."""
    mask = len(slots) - 1
    slot = _hash(buffer, start, end) & mask
    while slots[slot] >= 0:
        at = offsets[slots[slot]]
        if offsets[slots[slot] + 1] - at == end - start:
            i = 0
            while i < end - start and arena[at + i] == buffer[start + i]:
                i += 1
            if i == end - start:
                return slot
        slot = (slot + 1) & mask
    return slot


@njit(cache=True, nogil=True)
def _insert(
    buffer: Array, block: Array, arena: Array, offsets: Array, slots: Array, size: int, ids: Array
) -> int:
    """Give each of the block's terms its id in ids; return the vocabulary's new size."""
    for i in range(len(block) - 1):
        start, end = block[i], block[i + 1]
        slot = _slot_of(buffer, start, end, arena, offsets, slots)
        if slots[slot] < 0:
            at = offsets[size]
            arena[at : at + end - start] = buffer[start:end]
            offsets[size + 1] = at + end - start
            slots[slot] = size
            size += 1
        ids[i] = slots[slot]
    return size


@njit(cache=True, nogil=True)
def _find(
    buffer: Array, spans: Array, arena: Array, offsets: Array, slots: Array, ids: Array
) -> None:
    """Write each term's id, or -1."""
    for i in range(len(spans) - 1):
        ids[i] = slots[_slot_of(buffer, spans[i], spans[i + 1], arena, offsets, slots)]


@njit(cache=True, nogil=True)
def _rehash(arena: Array, offsets: Array, slots: Array, size: int) -> None:
    """Fill an empty table with the terms 0 to size - 1."""
    for term_id in range(size):
        start, end = offsets[term_id], offsets[term_id + 1]
        slots[_slot_of(arena, start, end, arena, offsets, slots)] = term_id


def term_hashes(buffer: Bytes, offsets: Int64s, seed: int, n_threads: int) -> UInt32s:
    """As ``_py.term_hashes``."""
    hashes = np.empty(len(offsets) - 1, dtype=np.uint32)
    _term_hashes(buffer, offsets, np.uint64(seed), hashes)
    return hashes


@njit(cache=True, nogil=True)
def _word(buffer: Array, start: int, end: int) -> Any:
    """The bytes as a number."""
    word = np.uint64(0)
    for i in range(end - start):
        word |= np.uint64(buffer[start + i]) << np.uint64(8 * i)
    return word


@njit(cache=True, nogil=True)
def _folded(a: Any, b: Any) -> Any:
    """The halves of a product of 128 bits, one upon the other, by products of 64."""
    mask, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    low, cross = (a & mask) * (b & mask), (a >> half) * (b & mask)
    middle = (low >> half) + (cross & mask) + (a & mask) * (b >> half)
    high = (a >> half) * (b >> half) + (cross >> half) + (middle >> half)
    return ((middle << half) | (low & mask)) ^ high


@njit(cache=True, nogil=True)
def _term_hashes(buffer: Array, offsets: Array, seed: Any, hashes: Array) -> None:
    """Write each term's hash."""
    odd_1, odd_2 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
    for term in range(len(hashes)):
        start, end = offsets[term], offsets[term + 1]
        first = _word(buffer, start, min(end, start + 8))
        state = _folded(seed ^ (np.uint64(end - start) * odd_2) ^ first, odd_1)
        if end - start > 8:
            for at in range(start + 8, end - 8, 8):
                state = _folded(state ^ _word(buffer, at, at + 8), odd_1)
            state = _folded(state ^ _word(buffer, end - 8, end), odd_1)
        hashes[term] = _folded(state, odd_2) >> np.uint64(32)


def learn(vocabulary: Vocabulary, found: Sequence[Terms], n_threads: int) -> Int64s:
    """As ``_py.learn``."""
    runs = [terms.run(vocabulary.add, n_threads) for terms in found]
    df = np.zeros(len(vocabulary), dtype=np.int64)
    _document_frequencies(*joined(runs, len(vocabulary)), df)
    return df


@njit(cache=True, nogil=True)
def _document_frequencies(term_ids: Array, indptr: Array, df: Array) -> None:
    """Count each term once a document, by the last document it was seen in."""
    last_seen = np.full(len(df), -1, dtype=np.int64)
    for doc in range(len(indptr) - 1):
        for term_id in term_ids[indptr[doc] : indptr[doc + 1]]:
            if last_seen[term_id] != doc:
                last_seen[term_id] = doc
                df[term_id] += 1


def count_terms(runs: Sequence[Run], n_terms: int, n_threads: int) -> tuple[Int64s, Int32s, Int32s]:
    """As ``_py.count_terms``."""
    term_ids, indptr = joined(runs, n_terms)
    row_starts = np.zeros(len(indptr), dtype=np.int64)
    ordered = np.empty_like(term_ids)
    nnz = _sort_and_count(term_ids, indptr, ordered, row_starts)
    indices, tf = np.empty(nnz, dtype=np.int32), np.zeros(nnz, dtype=np.int32)
    _write_counts(ordered, indptr, row_starts, indices, tf)
    return row_starts, indices, tf


@njit(cache=True, nogil=True)
def _sort_and_count(term_ids: Array, indptr: Array, ordered: Array, row_starts: Array) -> int:
    """Sort each row, unknown terms first, and sum up the distinct known ones."""
    for doc in range(len(indptr) - 1):
        row = np.sort(term_ids[indptr[doc] : indptr[doc + 1]])
        ordered[indptr[doc] : indptr[doc + 1]] = row
        distinct, previous = 0, np.int32(-1)
        for term_id in row:
            distinct += term_id != previous
            previous = term_id
        row_starts[doc + 1] = row_starts[doc] + distinct
    return row_starts[-1]


@njit(cache=True, nogil=True)
def _write_counts(ordered: Array, indptr: Array, starts: Array, indices: Array, tf: Array) -> None:
    """Write runs of equal ids to their final place."""
    for doc in range(len(indptr) - 1):
        entry, previous = starts[doc] - 1, np.int32(-1)
        for term_id in ordered[indptr[doc] : indptr[doc + 1]]:
            if term_id < 0:
                continue
            if term_id != previous:
                entry += 1
                indices[entry] = previous = term_id
            tf[entry] += 1


def okapi_idf(df: Int64s, n_docs: int, epsilon: float) -> tuple[Float64s, float]:
    """As ``_py.okapi_idf``."""
    idf = np.empty(len(df), dtype=np.float64)
    return idf, float(_okapi_idf(df, n_docs, epsilon, idf))


@njit(cache=True, nogil=True)
def _okapi_idf(df: Array, n_docs: int, epsilon: float, idf: Array) -> float:
    """Write idf, return its average; additions in id order."""
    total = 0.0
    for i in range(len(df)):
        idf[i] = math.log(n_docs - df[i] + 0.5) - math.log(df[i] + 0.5)
        total += idf[i]
    average = total / len(df) if len(df) else 0.0
    for i in range(len(df)):
        if idf[i] < 0:
            idf[i] = epsilon * average
    return average


def lucene_idf(df: Int64s, n_docs: int) -> Float64s:
    """As ``_py.lucene_idf``."""
    idf = np.empty(len(df), dtype=np.float64)
    _lucene_idf(df, n_docs, idf)
    return idf


@njit(cache=True, nogil=True)
def _lucene_idf(df: Array, n_docs: int, idf: Array) -> None:
    """Write idf."""
    for i in range(len(df)):
        idf[i] = math.log(1 + (n_docs - df[i] + 0.5) / (df[i] + 0.5))


def bm25_document_weights(
    indptr: Int64s,
    tf: Int32s,
    doc_len: Int64s,
    avgdl: float,
    k1: float,
    b: float,
    n_threads: int,
) -> Float32s:
    """As ``_py.bm25_document_weights``."""
    weights = np.empty(len(tf), dtype=np.float32)
    _document_weights(indptr, tf, doc_len, float(avgdl), float(k1), float(b), weights)
    return weights


@njit(cache=True, nogil=True, error_model="numpy")
def _document_weights(
    indptr: Array, tf: Array, doc_len: Array, avgdl: float, k1: float, b: float, weights: Array
) -> None:
    """Weigh each row by its own length."""
    for doc in range(len(indptr) - 1):
        norm = k1 * (1 - b + b * doc_len[doc] / avgdl)
        for i in range(indptr[doc], indptr[doc + 1]):
            weights[i] = tf[i] * (k1 + 1) / (tf[i] + norm)


def bm25_document_rows(
    runs: Sequence[Run], n_terms: int, avgdl: float, k1: float, b: float, n_threads: int
) -> tuple[Int64s, Int32s, Float32s]:
    """As ``_py.bm25_document_rows``."""
    starts, indices, tf = count_terms(runs, n_terms, n_threads)
    doc_len = np.concatenate([np.zeros(0, dtype=np.int64), *(np.diff(run.indptr) for run in runs)])
    weights = bm25_document_weights(starts, tf, doc_len, avgdl, k1, b, n_threads)
    return starts, indices, weights


def bm25_query_weights(indices: Int32s, tf: Int32s, idf: Float64s) -> Float32s:
    """As ``_py.bm25_query_weights``."""
    weights = np.empty(len(tf), dtype=np.float32)
    _query_weights(indices, tf, idf, weights)
    return weights


@njit(cache=True, nogil=True)
def _query_weights(indices: Array, tf: Array, idf: Array, weights: Array) -> None:
    """Add each idf to itself once per occurrence beyond the first."""
    for i in range(len(tf)):
        weight = 0.0
        for _ in range(tf[i]):
            weight += idf[indices[i]]
        weights[i] = weight


def mean_rows(
    table: Table, rows: Int32s, scales: Float32s | None, indptr: Int64s, n_threads: int
) -> Float32s:
    """As ``_py.mean_rows``."""
    check_rows(table, rows, scales, indptr)
    if table.dtype == np.float16:  # which Numba does not do arithmetic in
        used, places = np.unique(rows, return_inverse=True)
        table, rows = table[used].astype(np.float32), places.astype(np.int32)
    means = np.zeros((len(indptr) - 1, table.shape[1]), dtype=np.float32)
    factors = np.ones(len(rows), np.float32) if scales is None else scales
    _mean_rows(table, rows, factors, indptr, means)
    return means


@njit(cache=True, nogil=True)
def _mean_rows(table: Array, rows: Array, scales: Array, indptr: Array, means: Array) -> None:
    """Write the means over zeros."""
    for doc in range(len(indptr) - 1):
        count = np.float32(indptr[doc + 1] - indptr[doc])
        for k in range(indptr[doc], indptr[doc + 1]):
            for j in range(means.shape[1]):
                means[doc, j] += np.float32(table[rows[k], j]) * scales[k]
        if count > 0:
            for j in range(means.shape[1]):
                means[doc, j] /= count
