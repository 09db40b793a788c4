"""Glue between NumPy arrays and the C++ of encoder_forward.hpp; its twin is the torch path in embedfn.encoder.bert
and embedfn.encoder.gte."""

from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy

import numpy as np

include "encoder_kernels.pxi"


cdef extern from "encoder_forward.hpp" namespace "embedfn" nogil:
    cdef struct EncoderShape:
        int64_t hidden
        int64_t wide
        int64_t heads
        int64_t layers
        Activation activation
        float epsilon
        bint bytes
        bint gated
    cdef struct EncoderLayer:
        Linear qkv
        Linear mix
        Norm mix_norm
        Linear widen
        Linear gate
        Linear narrow
        Norm narrow_norm
    cdef cppclass EncoderWeights:
        EncoderWeights() except +
        EncoderWeights(const EncoderShape&) except +
        const EncoderShape& shape()
        const Norm& first_norm()
        const EncoderLayer& layer(int64_t)
        float* data()
        int64_t size()
        @staticmethod
        void set_linear "set"(const Linear&, const float*, const float*)
        @staticmethod
        void set_norm "set"(const Norm&, const float*, const float*)

    cdef cppclass FirstLayer:
        FirstLayer() except +
        void assign(const EncoderWeights&, const EncoderKernels&, const float*, int64_t) except +
    cdef struct EncoderInput:
        const float* words
        const float* positions
        const int64_t* ids
        const int64_t* position_ids
        const int64_t* indptr
        int64_t n_texts
        const int64_t* reads
        const float* turns
    const int64_t MOST_BYTE_INPUTS
    int64_t padded_to_panel(int64_t)
    int64_t padded_to_quad(int64_t)
    cdef struct ByteRange:
        float low
        float step
    cdef struct ByteRows:
        const unsigned char* codes
        const ByteRange* ranges
        int64_t rows
        int64_t stride
    cdef cppclass ByteKernels:
        void encode_rows(const float*, int64_t, int64_t, int64_t, unsigned char*, ByteRange*)
        void products(const ByteRows&, const Linear&, int32_t*, int64_t)
    const ByteKernels* byte_kernels(Simd)
    void encode(const EncoderWeights&, const FirstLayer&, const EncoderKernels&, const EncoderInput&, int, float*, const ByteKernels*) except +


def activate(str activation, values, str simd):
    cdef float[:, ::1] padded = np.zeros(((len(values) + 63) // 64, 64), np.float32)
    np.asarray(padded).reshape(-1)[:len(values)] = values
    cdef const EncoderKernels* kernels = kernels_of(simd)
    if padded.shape[0]:
        kernels.activate(<Activation><int>ACTIVATIONS[activation], &padded[0, 0], <int>padded.shape[0], 64, 64)
    return np.asarray(padded).reshape(-1)[:len(values)]


def encode_rows(const float[:, ::1] values, str simd):
    """Codes of each row's numbers, and the rows' smallest numbers and steps: (low, step), (n, 2)."""
    kernels_of(simd)
    codes, ranges = np.zeros((values.shape[0], values.shape[1]), np.uint8), np.zeros((values.shape[0], 2), np.float32)
    cdef unsigned char[:, ::1] to = codes
    cdef float[:, ::1] bounds = ranges
    if codes.size:
        byte_kernels(<Simd><int>SIMD[simd]).encode_rows(&values[0, 0], values.shape[0], values.shape[1], values.shape[1],
                                                        &to[0, 0], <ByteRange*>&bounds[0, 0])
    return codes, ranges


def byte_products(const unsigned char[:, ::1] codes, const float[:, ::1] weights, str simd):
    """int32 products of rows of codes and of weights, (outputs, inputs), as they are rounded."""
    kernels_of(simd)
    cdef int64_t outputs = weights.shape[0], inputs = weights.shape[1]
    cdef int64_t stride = padded_to_quad(inputs), width = padded_to_panel(outputs)
    if codes.shape[0] < 1 or outputs < 1 or codes.shape[1] != inputs or not 1 <= inputs <= MOST_BYTE_INPUTS:
        message = f"no products of {codes.shape[0]} x {codes.shape[1]} codes and {outputs} x {inputs} weights"
        raise ValueError(message)
    # Whatever stands behind a row's last code must not matter.
    padded = np.full((codes.shape[0], stride), 255, np.uint8)
    padded[:, :inputs] = codes
    out = np.empty((codes.shape[0], width), np.int32)
    cdef float[::1] memory = np.zeros(stride * width // 4, np.float32)
    cdef float[:, ::1] rest = np.zeros((3, width), np.float32)
    cdef unsigned char[:, ::1] left = padded
    cdef int32_t[:, ::1] to = out
    cdef Linear layer
    layer.weights, layer.bias, layer.inputs, layer.outputs = &memory[0], &rest[0, 0], inputs, outputs
    layer.scales, layer.sums = &rest[1, 0], &rest[2, 0]
    EncoderWeights.set_linear(layer, &weights[0, 0], &rest[0, 0])
    cdef ByteRows rows
    rows.codes, rows.ranges, rows.rows, rows.stride = &left[0, 0], <const ByteRange*>NULL, codes.shape[0], stride
    byte_kernels(<Simd><int>SIMD[simd]).products(rows, layer, &to[0, 0], width)
    return out[:, :outputs]


# The address of a matrix' first number; shapes are checked here, so that C++ need not.
cdef const float* matrix(const float[:, ::1] numbers, int64_t rows, int64_t columns) except NULL:
    if numbers.shape[0] != rows or numbers.shape[1] != columns:
        message = f"a matrix is {numbers.shape[0]} x {numbers.shape[1]}, not {rows} x {columns}"
        raise ValueError(message)
    return &numbers[0, 0]

cdef const float* row(const float[::1] numbers, int64_t size) except NULL:
    if numbers.shape[0] != size:
        message = f"a row has {numbers.shape[0]} numbers, not {size}"
        raise ValueError(message)
    return &numbers[0]

cdef int set_linear(const Linear& layer, affine) except -1:
    weight, bias = affine
    EncoderWeights.set_linear(layer, matrix(weight, layer.outputs, layer.inputs), row(bias, layer.outputs))
    return 0

cdef int set_norm(const Norm& norm, affine) except -1:
    weight, bias = affine
    EncoderWeights.set_norm(norm, row(weight, norm.width), row(bias, norm.width))
    return 0

cdef int check_range(const int64_t[::1] numbers, int64_t end, str what) except -1:
    cdef int64_t i
    for i in range(numbers.shape[0]):
        if not 0 <= numbers[i] < end:
            message = f"{what} {numbers[i]} is not in a table of {end} rows"
            raise IndexError(message)
    return 0


# One token of each text.
cdef int check_reads(const int64_t[::1] reads, const int64_t[::1] indptr) except -1:
    cdef int64_t i, n_texts = indptr.shape[0] - 1
    if reads.shape[0] != n_texts:
        message = f"{n_texts} texts need a token each that is read, not {reads.shape[0]}"
        raise ValueError(message)
    for i in range(n_texts):
        if not indptr[i] <= reads[i] < indptr[i + 1]:
            message = f"token {reads[i]} is not of text {i}, which has {indptr[i]} to {indptr[i + 1]}"
            raise IndexError(message)
    return 0


cdef class BertEncoder:
    cdef EncoderWeights weights
    cdef FirstLayer first
    cdef bint has_first  # as the weights now are
    cdef const EncoderKernels* kernels
    cdef const ByteKernels* bytes
    cdef const float[:, ::1] words
    cdef const float[:, ::1] positions
    cdef readonly str simd
    cdef tuple arguments

    def __init__(self, shape, words, positions, simd=None, bint int8=False, bint gated=False):
        cdef EncoderShape native
        native.hidden, native.wide, native.heads, native.layers, activation, native.epsilon = shape
        if min(native.hidden, native.wide, native.heads) < 1 or native.layers < 0 or native.hidden % native.heads:
            message = f"no encoder has the shape {shape}"
            raise ValueError(message)
        native.bytes, native.gated = int8, gated
        if int8 and max(native.hidden, native.wide) > MOST_BYTE_INPUTS:
            message = f"layers of more than {MOST_BYTE_INPUTS} inputs cannot be int8; the shape is {shape}"
            raise ValueError(message)
        native.activation = <Activation><int>ACTIVATIONS[activation]
        self.arguments = (shape, words, positions, None, int8, gated)
        self.simd = simd_tiers().pop() if simd is None else simd
        self.kernels = kernels_of(self.simd)
        self.bytes = byte_kernels(<Simd><int>SIMD[self.simd])
        self.words, self.positions = words, positions
        matrix(self.words, self.words.shape[0], native.hidden)
        matrix(self.positions, self.positions.shape[0], native.hidden)
        self.weights = EncoderWeights(native)

    def set_norm(self, norm):
        self.has_first = False
        set_norm(self.weights.first_norm(), norm)

    def set_layer(self, int64_t number, qkv, mix, mix_norm, widen, narrow, narrow_norm, gate=None):
        if not 0 <= number < self.weights.shape().layers:
            message = f"there is no layer {number} of {self.weights.shape().layers}"
            raise IndexError(message)
        if (gate is not None) != self.weights.shape().gated:
            message = "a layer has a gate where the shape says that layers have one, and nowhere else"
            raise ValueError(message)
        self.has_first = False
        cdef EncoderLayer layer = self.weights.layer(number)
        set_linear(layer.qkv, qkv)
        set_linear(layer.mix, mix)
        set_norm(layer.mix_norm, mix_norm)
        set_linear(layer.widen, widen)
        if gate is not None:
            set_linear(layer.gate, gate)
        set_linear(layer.narrow, narrow)
        set_norm(layer.narrow_norm, narrow_norm)

    def __reduce__(self):
        # Panels are the same on every tier, so that another machine can take them and choose its own.
        return BertEncoder, self.arguments, np.array(<float[:self.weights.size()]>self.weights.data())

    def __setstate__(self, const float[::1] parameters):
        self.has_first = False
        memcpy(self.weights.data(), row(parameters, self.weights.size()), <size_t>self.weights.size() * sizeof(float))

    # The first of them; a row for each place, of half the cosines and half the sines.
    cdef const float* turn(self, const float[:, ::1] turns) except? NULL:
        cdef int64_t size = self.weights.shape().hidden // self.weights.shape().heads
        if size % 2:
            message = f"a head of {size} components cannot be rotated"
            raise ValueError(message)
        return matrix(turns, turns.shape[0], size) if turns.shape[0] else NULL

    def forward(self, const int64_t[::1] ids, const int64_t[::1] position_ids, const int64_t[::1] indptr, int n_threads,
                const int64_t[::1] reads=None, const float[:, ::1] turns=None):
        cdef int64_t n_tokens = ids.shape[0]
        if position_ids.shape[0] != n_tokens:
            message = f"{n_tokens} tokens need as many positions, not {position_ids.shape[0]}"
            raise ValueError(message)
        check_offsets(indptr, n_tokens)
        check_range(ids, self.words.shape[0], "token")
        check_range(position_ids, self.positions.shape[0] if turns is None else turns.shape[0], "position")
        cdef const float* first_turn = NULL
        if turns is not None:
            first_turn = self.turn(turns)
        if reads is not None:
            check_reads(reads, indptr)
        hidden = np.empty((n_tokens if reads is None else reads.shape[0], self.weights.shape().hidden), np.float32)
        if not n_tokens:
            return hidden
        cdef float[:, ::1] out = hidden
        cdef EncoderInput given
        given.words, given.positions = &self.words[0, 0], &self.positions[0, 0]
        given.ids, given.position_ids, given.indptr = &ids[0], &position_ids[0], &indptr[0]
        given.n_texts = indptr.shape[0] - 1
        given.reads = NULL
        if reads is not None:
            given.reads = &reads[0]
        given.turns = first_turn
        if not self.has_first:
            self.first.assign(self.weights, self.kernels[0], given.positions, self.positions.shape[0])
            self.has_first = True
        with nogil:
            encode(self.weights, self.first, self.kernels[0], given, n_threads, &out[0, 0], self.bytes)
        return hidden
