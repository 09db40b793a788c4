"""Glue between NumPy arrays and the C++ of token_heads.hpp and late_interaction.hpp; twins in _py_hybrid, _numba_hybrid."""

from libc.stdint cimport int32_t, int64_t, uint8_t
from libcpp.vector cimport vector

import numpy as np


include "encoder_kernels.pxi"
include "helpers.pxi"
include "own_linear.pxi"


cdef extern from "token_heads.hpp" namespace "embedfn" nogil:
    void project_tokens(const Linear&, const EncoderKernels&, const float*, int64_t, bint, int, float*) except +
    cdef cppclass TokenMaxima:
        TokenMaxima() except +
        void find(const int64_t*, const float*, const int64_t*, int64_t, const uint8_t*, int) except +
        int64_t write_indptr(int64_t*)
        void write(const int64_t*, int32_t*, float*)

cdef extern from "late_interaction.hpp" namespace "embedfn" nogil:
    void native_max_sim "embedfn::max_sim"(const Linear&, const EncoderKernels&, const float* const*, const int64_t*, int64_t,
                                           int, float*) except +


cdef class TokenLinear:
    cdef OwnLinear linear
    cdef const EncoderKernels* kernels
    cdef tuple arguments

    def __init__(self, const float[:, ::1] weight, const float[::1] bias, simd=None):
        self.arguments = (np.asarray(weight), np.asarray(bias))
        self.kernels = kernels_of(simd_tiers().pop() if simd is None else simd)
        set_own_linear(self.linear, weight, bias)

    def __reduce__(self):
        return TokenLinear, self.arguments

    def apply(self, const float[:, ::1] hidden, bint unit, int n_threads):
        check_width(hidden, self.linear.layer().inputs)
        result = np.empty((hidden.shape[0], self.linear.layer().outputs), np.float32)
        cdef float[:, ::1] out = result
        if hidden.shape[0]:
            with nogil:
                project_tokens(self.linear.layer(), self.kernels[0], &hidden[0, 0], hidden.shape[0], unit, n_threads,
                               &out[0, 0])
        return result


def token_maxima(const int64_t[::1] ids, const float[::1] weights, const int64_t[::1] indptr, skipped, int n_threads):
    cdef const uint8_t[::1] left_out = skipped.view(np.uint8)
    cdef int64_t i, n_tokens = ids.shape[0], n_texts = indptr.shape[0] - 1
    if weights.shape[0] != n_tokens:
        message = f"{n_tokens} tokens need as many weights, not {weights.shape[0]}"
        raise ValueError(message)
    check_offsets(indptr, n_tokens)
    for i in range(n_tokens):
        if not 0 <= ids[i] < left_out.shape[0]:
            message = f"token {ids[i]} is not in a vocabulary of {left_out.shape[0]}"
            raise IndexError(message)
    starts = np.zeros(n_texts + 1, np.int64)
    if not n_tokens:
        return starts, np.empty(0, np.int32), np.empty(0, np.float32)
    cdef int64_t[::1] row_starts = starts
    cdef TokenMaxima maxima
    cdef int64_t count
    with nogil:
        maxima.find(&ids[0], &weights[0], &indptr[0], n_texts, &left_out[0], n_threads)
        count = maxima.write_indptr(&row_starts[0])
    indices, data = np.empty(count, np.int32), np.empty(count, np.float32)
    cdef int32_t[::1] to_indices = indices
    cdef float[::1] to_data = data
    if count:
        with nogil:
            maxima.write(&indptr[0], &to_indices[0], &to_data[0])
    return starts, indices, data


def max_sim(const float[:, ::1] query, documents, int n_threads, simd=None):
    cdef int64_t i, n_documents = len(documents)
    cdef const float[:, ::1] document
    if not query.shape[0] or not query.shape[1]:
        message = f"a query of {query.shape[0]} x {query.shape[1]} has no products"
        raise ValueError(message)
    scores = np.empty(n_documents, np.float32)
    if not n_documents:
        return scores
    cdef vector[const float*] places
    cdef int64_t[::1] indptr = np.zeros(n_documents + 1, np.int64)
    for i in range(n_documents):
        document = documents[i]
        if not document.shape[0] or document.shape[1] != query.shape[1]:
            message = f"document {i} of {document.shape[0]} x {document.shape[1]} has no products with {query.shape[1]} components"
            raise ValueError(message)
        places.push_back(&document[0, 0])
        indptr[i + 1] = indptr[i] + document.shape[0]
    cdef const EncoderKernels* kernels = kernels_of(simd_tiers().pop() if simd is None else simd)
    cdef float[::1] out = scores
    cdef OwnLinear columns
    set_own_linear(columns, query, np.zeros(query.shape[0], np.float32))
    with nogil:
        native_max_sim(columns.layer(), kernels[0], places.data(), &indptr[0], n_documents, n_threads, &out[0])
    return scores
