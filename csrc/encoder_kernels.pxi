# Included where encoder_kernels.hpp is called: the tiers of this machine, and checks that C++ leaves out.

from libc.stdint cimport int64_t


cdef extern from "encoder_kernels.hpp" namespace "embedfn" nogil:
    cdef enum class Activation:
        NONE, GELU, GELU_TANH, RELU
    cdef enum class Simd:
        BASELINE, AVX2, AVX512
    cdef cppclass EncoderKernels:
        void activate(Activation, float*, int, int, int64_t)
    const EncoderKernels* encoder_kernels(Simd)
    cdef struct Linear:
        const float* weights
        const float* bias
        int64_t inputs
        int64_t outputs
        const float* scales
        const float* sums
    cdef struct Norm:
        const float* weight
        const float* bias
        int64_t width
        float epsilon


ACTIVATIONS = {"gelu": <int>Activation.GELU, "gelu_tanh": <int>Activation.GELU_TANH, "relu": <int>Activation.RELU}
SIMD = {"baseline": <int>Simd.BASELINE, "avx2": <int>Simd.AVX2, "avx512": <int>Simd.AVX512}


def simd_tiers() -> list[str]:
    return [name for name, simd in SIMD.items() if encoder_kernels(<Simd><int>simd) is not NULL]


cdef const EncoderKernels* kernels_of(str simd) except NULL:
    if simd not in simd_tiers():
        message = f"simd must be one of {', '.join(simd_tiers())} on this machine, not {simd!r}"
        raise ValueError(message)
    return encoder_kernels(<Simd><int>SIMD[simd])


cdef int check_offsets(const int64_t[::1] indptr, int64_t n_tokens) except -1:
    cdef int64_t i, n_texts = indptr.shape[0] - 1
    if n_texts < 0 or indptr[0] != 0 or indptr[n_texts] != n_tokens:
        message = f"offsets must run from 0 to the number of tokens, {n_tokens}"
        raise ValueError(message)
    for i in range(n_texts):
        if indptr[i] > indptr[i + 1]:
            message = f"offsets fall behind text {i}"
            raise ValueError(message)
    return 0
