"""Glue between NumPy arrays and the C++ of splade_head.hpp; the twins of its SpladeHead are in _py and _numba."""

from libc.stdint cimport int32_t, int64_t
from libcpp.memory cimport unique_ptr

import numpy as np


include "encoder_kernels.pxi"
include "helpers.pxi"
include "own_linear.pxi"


cdef extern from "byte_kernels.hpp" namespace "embedfn" nogil:
    const int64_t MOST_BYTE_INPUTS
    void* bounded_peaks(Simd)

cdef extern from "splade_head.hpp" namespace "embedfn" nogil:
    cdef cppclass BoundedDecoder:
        BoundedDecoder() except +
        BoundedDecoder(int64_t, int64_t, const float*, const float*, Simd) except +
    cdef struct HeadInput:
        const float* hidden
        const int64_t* indptr
        int64_t n_texts
    cdef cppclass SpladeRows:
        SpladeRows() except +
        void find(const Linear&, const EncoderKernels&, const HeadInput&, int) except +
        void find_bounded "find"(const BoundedDecoder&, const HeadInput&, int) except +
        void write_indptr(int64_t*)
        void write(const int64_t*, int, int32_t*, float*) except +
    void transform_states(const Linear&, Activation, const Norm&, const EncoderKernels&, const float*, int64_t, int,
                          float*) except +


cdef class HeadTransform:
    cdef OwnLinear dense
    cdef Activation activation
    cdef Norm norm
    cdef const float[::1] scale
    cdef const float[::1] shift
    cdef const EncoderKernels* kernels
    cdef tuple arguments

    def __init__(self, dense, norm, float epsilon, str activation, simd=None):
        self.arguments = (dense, norm, epsilon, activation)
        self.kernels = kernels_of(simd_tiers().pop() if simd is None else simd)
        set_own_linear(self.dense, dense[0], dense[1])
        self.activation = <Activation><int>ACTIVATIONS[activation]
        self.scale, self.shift = norm
        self.norm.width, self.norm.epsilon = self.dense.layer().outputs, epsilon
        if self.scale.shape[0] != self.norm.width or self.shift.shape[0] != self.norm.width:
            message = f"a LayerNorm has {self.scale.shape[0]} numbers, not {self.norm.width}"
            raise ValueError(message)
        self.norm.weight, self.norm.bias = &self.scale[0], &self.shift[0]

    def __reduce__(self):
        return HeadTransform, self.arguments

    def apply(self, const float[:, ::1] hidden, int n_threads):
        check_width(hidden, self.dense.layer().inputs)
        result = np.empty((hidden.shape[0], self.norm.width), np.float32)
        cdef float[:, ::1] out = result
        if hidden.shape[0]:
            with nogil:
                transform_states(self.dense.layer(), self.activation, self.norm, self.kernels[0], &hidden[0, 0],
                                 hidden.shape[0], n_threads, &out[0, 0])
        return result


cdef class SpladeHead:
    cdef OwnLinear decoder
    cdef unique_ptr[BoundedDecoder] bounded
    cdef const EncoderKernels* kernels
    cdef int64_t width
    cdef tuple arguments

    def __init__(self, const float[:, ::1] weight, const float[::1] bias, simd=None, bint bounds=True):
        # The bounded one reads the weights' own memory. Another machine is to choose its own instructions.
        self.arguments = (np.asarray(weight), np.asarray(bias), None, bounds)
        simd = simd_tiers().pop() if simd is None else simd
        self.kernels = kernels_of(simd)
        cdef Simd tier = <Simd><int>SIMD[simd]
        check_layer(weight, bias)
        self.width = weight.shape[1]
        if bounds and bounded_peaks(tier) is not NULL and self.width <= MOST_BYTE_INPUTS:
            self.bounded.reset(new BoundedDecoder(self.width, weight.shape[0], &weight[0, 0], &bias[0], tier))
            return
        set_own_linear(self.decoder, weight, bias)

    @property
    def bounds(self):
        return self.bounded.get() is not NULL

    def __reduce__(self):
        return SpladeHead, self.arguments

    def rows(self, const float[:, ::1] hidden, const int64_t[::1] indptr, int logs, int n_threads):
        cdef int64_t n_texts = indptr.shape[0] - 1
        check_width(hidden, self.width)
        check_offsets(indptr, hidden.shape[0])
        cdef SpladeRows found
        cdef HeadInput given
        starts = np.zeros(n_texts + 1, np.int64)
        if not hidden.shape[0]:
            return starts, np.empty(0, np.int32), np.empty(0, np.float32)
        given.hidden, given.indptr, given.n_texts = &hidden[0, 0], &indptr[0], n_texts
        cdef int64_t[::1] row_starts = starts
        with nogil:
            if self.bounded.get() is not NULL:
                found.find_bounded(self.bounded.get()[0], given, n_threads)
            else:
                found.find(self.decoder.layer(), self.kernels[0], given, n_threads)
            found.write_indptr(&row_starts[0])
        words, weights = np.empty(starts[n_texts], np.int32), np.empty(starts[n_texts], np.float32)
        cdef int32_t[::1] to_words = words
        cdef float[::1] to_weights = weights
        if len(words):
            with nogil:
                found.write(&row_starts[0], logs, &to_words[0], &to_weights[0])
        return starts, words, weights
