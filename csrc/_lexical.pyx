"""Glue between NumPy arrays and the C++ of the lexical kernels; what each does is said in _py.py."""

from cpython.buffer cimport PyBuffer_FillInfo
from cpython.pycapsule cimport PyCapsule_New
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libcpp.vector cimport vector

import os

import numpy as np

# Which instructions to use; None takes the widest there are.
cdef object SIMD = os.environ.get("EMBEDFN_SIMD")
cdef object INT32 = np.dtype(np.int32), INT64 = np.dtype(np.int64), FLOAT32 = np.dtype(np.float32), FLOAT64 = np.dtype(np.float64)


cdef extern from "helpers.hpp" namespace "embedfn::Helpers" nogil:
    cdef cppclass Place:
        pass
    Place* place() except +


# For the other modules (helpers.pxi).
_helpers = PyCapsule_New(<void*>place(), "embedfn.helpers", NULL)


cdef extern from "digest.hpp" namespace "embedfn" nogil:
    uint64_t native_digest "embedfn::digest"(const char*, int64_t, int) except +


cdef extern from "frozen_terms.hpp" namespace "embedfn" nogil:
    cdef cppclass FrozenTerms:
        FrozenTerms()
        FrozenTerms(const char*, int64_t, const int64_t*, int32_t, const uint64_t*, int64_t, uint64_t)
        void check(int) except +
    void write_hashes(const char*, const int64_t*, int64_t, uint64_t, int, uint32_t*) except +


cdef extern from "arrays.hpp" namespace "embedfn" nogil:
    cdef cppclass Bytes "embedfn::RawArray<char>":
        Bytes() except +
        Bytes(size_t) except +
        char* begin()
    size_t LEAST_LARGE "embedfn::LargeBlocks::LEAST"
    cdef cppclass LargeVector[T]:
        LargeVector() except +
        size_t size()
        T* data()


cdef extern from "vocabulary.hpp" namespace "embedfn" nogil:
    cdef cppclass NativeVocabulary "embedfn::Vocabulary":
        NativeVocabulary() except +
        int32_t size()
        void stand_on(const FrozenTerms&)
        void find(const char*, const int64_t*, int64_t, int, uint64_t, int32_t*) except +
        void add(const char*, const int64_t*, int64_t, int, uint64_t, int32_t*) except +
        void copy_terms(LargeVector[char]&, LargeVector[int64_t]&) except +


cdef extern from "learn.hpp" namespace "embedfn" nogil:
    cdef cppclass Listed:
        Listed()
        const char* buffer
        const int64_t* offsets
        int64_t n
        uint64_t source
        const int64_t* indptr
        int64_t n_docs
        const int32_t* codes
        bint has_codes
    LargeVector[int64_t] native_learn "embedfn::learn"(NativeVocabulary&, const vector[Listed]&, int) except +


cdef extern from "<utility>" namespace "std" nogil:
    void swap(Bytes&, Bytes&)


cdef extern from "runs.hpp" namespace "embedfn" nogil:
    cdef cppclass Run:
        Run()
        const int32_t* codes
        const int64_t* indptr
        int64_t n_docs
        const int32_t* ids
        int64_t n_ids
        bint has_ids
    cdef cppclass NativeRuns "embedfn::Runs":
        NativeRuns() except +
        NativeRuns(vector[Run], int64_t) except +


cdef extern from "bm25.hpp" namespace "embedfn" nogil:
    bint can_sort_rows()
    int64_t count_rows(const NativeRuns&, int, bint, int64_t*, int32_t*, int32_t*) except +
    int64_t native_rows "embedfn::document_rows"(
        const NativeRuns&, int, bint, double, double, double, int64_t*, int32_t*, float*) except +
    double native_idf "embedfn::okapi_idf"(const int64_t*, int64_t, int64_t, double, double*)
    void native_lucene_idf "embedfn::lucene_idf"(const int64_t*, int64_t, int64_t, double*)
    void native_document_weights "embedfn::bm25_document_weights"(
        const int64_t*, int64_t, const int32_t*, const int64_t*, double, double, double, int,
        float*) except +
    void native_query_weights "embedfn::bm25_query_weights"(
        const int32_t*, const int32_t*, int64_t, const double*, float*)


# The address of an array's first item; an empty array has none.
cdef inline const int32_t* at32(const int32_t[::1] array) noexcept nogil:
    return &array[0] if array.shape[0] else NULL

cdef inline const int64_t* at64(const int64_t[::1] array) noexcept nogil:
    return &array[0] if array.shape[0] else NULL

cdef inline const char* at8(const unsigned char[::1] array) noexcept nogil:
    return <const char*>&array[0] if array.shape[0] else NULL


cdef class _Room:
    """Memory for an array of which only a part may be needed: what is not written takes none."""

    cdef Bytes bytes
    cdef Py_ssize_t size

    def __getbuffer__(self, Py_buffer* buffer, int flags):
        PyBuffer_FillInfo(buffer, self, self.bytes.begin(), self.size, 0, flags)


cdef room_for(Py_ssize_t n, dtype):
    """An array of n items that may be anything; of many in memory that is kept for the next."""
    cdef _Room room = _Room.__new__(_Room)
    cdef Bytes bytes
    room.size = n * dtype.itemsize
    if <size_t>room.size < LEAST_LARGE:
        return np.empty(n, dtype=dtype)
    bytes = Bytes(room.size)
    swap(room.bytes, bytes)
    return np.frombuffer(room, dtype=dtype)


# Whether rows are sorted in registers, with these instructions allowed.
cdef bint takes_registers(str simd):
    return (SIMD if simd is None else simd) not in ("baseline", "avx2") and can_sort_rows()


cdef int64_t rows_of(const int64_t[::1] indptr, int64_t n_items) except -1:
    """Number of rows of an indptr that must span exactly n_items items."""
    cdef int64_t n = indptr.shape[0] - 1
    if n < 0 or indptr[0] != 0 or indptr[n] != n_items:
        message = f"offsets must run from 0 to {n_items}"
        raise ValueError(message)
    return n


cdef class Vocabulary:
    cdef NativeVocabulary native
    cdef object base  # what the native one stands on: (buffer, offsets, slots), or None

    @staticmethod
    def frozen(buffer, offsets, slots, uint64_t seed, int n_threads):
        cdef Vocabulary vocabulary = Vocabulary.__new__(Vocabulary)
        cdef const unsigned char[::1] text = buffer
        cdef const int64_t[::1] starts = offsets
        cdef const uint64_t[::1] table = slots
        cdef FrozenTerms terms
        if not 0 < starts.shape[0] <= 2147483648 or not table.shape[0]:
            message = f"no vocabulary has {starts.shape[0]} offsets and {table.shape[0]} slots"
            raise ValueError(message)
        terms = FrozenTerms(at8(text), text.shape[0], &starts[0], <int32_t>(starts.shape[0] - 1),
                            &table[0], table.shape[0], seed)
        with nogil:
            terms.check(n_threads)
        vocabulary.native.stand_on(terms)
        vocabulary.base = buffer, offsets, slots
        return vocabulary

    def __len__(self):
        return self.native.size()

    def add(self, const unsigned char[::1] buffer, const int64_t[::1] offsets, int n_threads, uint64_t source=0):
        cdef int64_t n = rows_of(offsets, buffer.shape[0])
        ids = room_for(n, INT32)
        cdef int32_t[::1] out = ids
        with nogil:
            self.native.add(at8(buffer), at64(offsets), n, n_threads, source, <int32_t*>at32(out))
        return ids

    def find(self, const unsigned char[::1] buffer, const int64_t[::1] offsets, int n_threads, uint64_t source=0):
        cdef int64_t n = rows_of(offsets, buffer.shape[0])
        ids = room_for(n, INT32)
        cdef int32_t[::1] out = ids
        with nogil:
            self.native.find(at8(buffer), at64(offsets), n, n_threads, source, <int32_t*>at32(out))
        return ids

    def terms(self):
        cdef LargeVector[char] arena
        cdef LargeVector[int64_t] offsets
        with nogil:
            self.native.copy_terms(arena, offsets)
        cdef bytes text = arena.data()[:arena.size()]
        cdef int64_t[::1] view = <int64_t[:offsets.size()]>offsets.data()
        on_top = np.frombuffer(text, dtype=np.uint8), np.array(view)
        if self.base is None:
            return on_top
        if offsets.size() == 1:
            return self.base[:2]
        return np.concatenate([self.base[0], on_top[0]]), np.concatenate([self.base[1], len(self.base[0]) + on_top[1][1:]])


def digest(const unsigned char[::1] data, int n_threads):
    cdef uint64_t value
    with nogil:
        value = native_digest(at8(data), data.shape[0], n_threads)
    return value


def term_hashes(
    const unsigned char[::1] buffer, const int64_t[::1] offsets, uint64_t seed, int n_threads
):
    cdef int64_t n = rows_of(offsets, buffer.shape[0])
    hashes = np.empty(n, dtype=np.uint32)
    cdef uint32_t[::1] out = hashes
    if n:
        with nogil:
            write_hashes(at8(buffer), at64(offsets), n, seed, n_threads, &out[0])
    return hashes


cdef class _Runs:
    """Runs of documents as the kernels have them, and what keeps their arrays alive."""

    cdef vector[Run] found
    cdef list held
    cdef int64_t n_docs, n_codes

    def __init__(self, runs):
        cdef const int32_t[::1] codes, ids
        cdef const int64_t[::1] indptr
        cdef Run run
        self.held = [tuple(one) for one in runs]
        for codes, indptr, given in self.held:
            run = Run()
            run.n_docs = rows_of(indptr, codes.shape[0])
            run.codes, run.indptr = at32(codes), at64(indptr)
            run.has_ids = given is not None
            if run.has_ids:
                ids = given
                run.ids, run.n_ids = at32(ids), ids.shape[0]
            self.found.push_back(run)
            self.n_docs += run.n_docs
            self.n_codes += codes.shape[0]


cdef class _Learnt:
    """Document frequencies, for an array to lie in."""

    cdef LargeVector[int64_t] df

    def __getbuffer__(self, Py_buffer* buffer, int flags):
        PyBuffer_FillInfo(buffer, self, self.df.data(), self.df.size() * sizeof(int64_t), 0, flags)


def learn(Vocabulary vocabulary not None, found, int n_threads):
    cdef const unsigned char[::1] buffer
    cdef const int64_t[::1] offsets, indptr
    cdef const int32_t[::1] codes
    cdef vector[Listed] listed
    cdef Listed one
    cdef _Learnt learnt = _Learnt.__new__(_Learnt)
    held = [tuple(terms) for terms in found]  # keeps the arrays alive
    for buffer, offsets, indptr, given, source in held:
        one = Listed()
        one.buffer, one.offsets, one.n, one.source = at8(buffer), at64(offsets), rows_of(offsets, buffer.shape[0]), source
        one.has_codes = given is not None
        if one.has_codes:
            codes = given
            one.codes = at32(codes)
        one.indptr, one.n_docs = at64(indptr), rows_of(indptr, codes.shape[0] if one.has_codes else one.n)
        listed.push_back(one)
    with nogil:
        learnt.df = native_learn(vocabulary.native, listed, n_threads)
    return np.frombuffer(learnt, dtype=INT64) if learnt.df.size() else np.empty(0, dtype=INT64)


def count_terms(runs, int64_t n_terms, int n_threads, str simd=None):
    cdef _Runs given = _Runs(runs)
    cdef int64_t nnz
    cdef bint in_registers = takes_registers(simd)
    row_starts, indices, tf = room_for(given.n_docs + 1, INT64), room_for(given.n_codes, INT32), room_for(given.n_codes, INT32)
    cdef int64_t[::1] starts = row_starts
    cdef int32_t[::1] out_indices = indices, out_tf = tf
    with nogil:
        nnz = count_rows(NativeRuns(given.found, n_terms), n_threads, in_registers, &starts[0],
                         <int32_t*>at32(out_indices), <int32_t*>at32(out_tf))
    return row_starts, indices[:nnz], tf[:nnz]


def okapi_idf(const int64_t[::1] df, int64_t n_docs, double epsilon):
    cdef double average
    idf = room_for(df.shape[0], FLOAT64)
    cdef double[::1] out = idf
    with nogil:
        average = native_idf(at64(df), df.shape[0], n_docs, epsilon, &out[0] if df.shape[0] else NULL)
    return idf, average


def lucene_idf(const int64_t[::1] df, int64_t n_docs):
    idf = room_for(df.shape[0], FLOAT64)
    cdef double[::1] out = idf
    if df.shape[0]:
        with nogil:
            native_lucene_idf(at64(df), df.shape[0], n_docs, &out[0])
    return idf


def bm25_document_weights(
    const int64_t[::1] indptr, const int32_t[::1] tf, const int64_t[::1] doc_len, double avgdl,
    double k1, double b, int n_threads
):
    cdef int64_t n = rows_of(indptr, tf.shape[0])
    weights = np.empty(tf.shape[0], dtype=np.float32)
    cdef float[::1] out = weights
    if doc_len.shape[0] != n:
        message = f"doc_len must have {n} items, not {doc_len.shape[0]}"
        raise ValueError(message)
    with nogil:
        native_document_weights(at64(indptr), n, at32(tf), at64(doc_len), avgdl, k1, b, n_threads,
                                &out[0] if tf.shape[0] else NULL)
    return weights


def bm25_document_rows(runs, int64_t n_terms, double avgdl, double k1, double b, int n_threads, str simd=None):
    cdef _Runs given = _Runs(runs)
    cdef int64_t nnz
    cdef bint in_registers = takes_registers(simd)
    row_starts, indices, weights = room_for(given.n_docs + 1, INT64), room_for(given.n_codes, INT32), room_for(given.n_codes, FLOAT32)
    cdef int64_t[::1] starts = row_starts
    cdef int32_t[::1] out_indices = indices
    cdef float[::1] out = weights
    with nogil:
        nnz = native_rows(NativeRuns(given.found, n_terms), n_threads, in_registers, avgdl, k1, b, &starts[0],
                          <int32_t*>at32(out_indices), &out[0] if out.shape[0] else NULL)
    return row_starts, indices[:nnz], weights[:nnz]


def bm25_query_weights(
    const int32_t[::1] indices, const int32_t[::1] tf, const double[::1] idf
):
    weights = np.empty(tf.shape[0], dtype=np.float32)
    cdef float[::1] out = weights
    if tf.shape[0]:
        with nogil:
            native_query_weights(at32(indices), at32(tf), tf.shape[0], &idf[0], &out[0])
    return weights
