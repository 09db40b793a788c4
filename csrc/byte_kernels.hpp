// The inner loops of linear layers in int8, compiled once for each tier of instructions and chosen at run time.
#pragma once

#include "bounded.hpp"
#include "byte_weights.hpp"
#include "encoder_kernels.hpp"

namespace embedfn {

// What is done to the results, by the kernel of the encoder's own tier.
struct ByteActivation {
    void (*apply)(Activation, float*, int, int, int64_t);
    Activation kind;
};

struct ByteKernels {
    void (*encode_rows)(const float*, int64_t, int64_t, int64_t, uint8_t*, ByteRange*);
    void (*products)(const ByteRows&, const Linear&, int32_t*, int64_t);
    void (*linear)(const ByteRows&, const Linear&, int64_t, int64_t, const ByteActivation&, float*, int64_t);
};

#if defined(__GNUC__)
namespace byte_baseline {
#include "vec_baseline.hpp"
#include "vec_math.hpp"
#include "dot_pairs.hpp"
#include "byte_tile.hpp"
}  // namespace byte_baseline
#endif

#if defined(__GNUC__) && defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
namespace byte_avx2 {
#include "vec_avx2.hpp"
#include "vec_math.hpp"
#include "dot_pairs.hpp"
#include "byte_tile.hpp"
}  // namespace byte_avx2
#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512vnni,avx2,fma"))), apply_to = function)
#else
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512vnni,avx2,fma")
#endif
namespace byte_vnni {
#include "vec_avx512.hpp"
#include "vec_math.hpp"
#include "dot_vnni.hpp"
#include "byte_tile.hpp"
#include "byte_peaks.hpp"
}  // namespace byte_vnni
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif

// For a tier that this machine has; a processor with AVX-512 and without VNNI takes AVX2's.
inline const ByteKernels* byte_kernels(Simd simd) {
#if defined(__GNUC__)
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (simd == Simd::AVX512 && __builtin_cpu_supports("avx512vnni")) return &byte_vnni::BYTE_KERNELS;
    if (simd != Simd::BASELINE) return &byte_avx2::BYTE_KERNELS;
#endif
    return &byte_baseline::BYTE_KERNELS;
#else
    return nullptr;
#endif
}

using BoundedPeaks = void (*)(const BoundedRows&, const int64_t*, int64_t, const BoundedLayer&, int64_t, float*);

// Null where products of bytes are too slow to save anything.
inline BoundedPeaks bounded_peaks(Simd simd) {
#if defined(__GNUC__) && defined(__x86_64__)
    if (simd == Simd::AVX512 && __builtin_cpu_supports("avx512vnni")) return byte_vnni::bounded_peaks;
#endif
    (void)simd;
    return nullptr;
}

}  // namespace embedfn
