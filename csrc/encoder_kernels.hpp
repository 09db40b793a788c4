// The inner loops of an encoder, compiled once for each tier of instructions and chosen at run time. Nothing outside the
// tiers' namespaces is compiled with wider instructions, so nothing else can run where they are missing.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <limits>
#include <utility>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

#ifdef __has_builtin
#if __has_builtin(__builtin_shufflevector)
#define EMBEDFN_SHUFFLES
#endif
#endif

namespace embedfn {

// Weights are kept in panels of this many outputs, on every tier.
constexpr int64_t PANEL = 32;
// Attention's scratch has room for the queries that any tier takes at a time.
constexpr int64_t MOST_ROWS = 14;
// Shorter sums gain nothing by pairs; longer ones leave the caches.
constexpr int64_t LEAST_PAIR_CHUNK = 192, MOST_PAIR_CHUNK = 512;

inline int64_t padded_to_panel(int64_t n) { return (n + PANEL - 1) / PANEL * PANEL; }
// Rows of activations begin so far apart. A multiple of 4 KiB would put a tile's rows into the same few lines of a cache.
inline int64_t stride_of(int64_t n) { return padded_to_panel(n) + 16; }

// How many inputs at a time pairs of rows take (pair_tile.hpp), so that all of it stays in caches; 0 where a layer is too
// small or cannot be halved.
inline int64_t pair_chunk(int64_t inputs, int64_t outputs) {
    if (padded_to_panel(outputs) / PANEL % 2) return 0;
    for (int64_t chunk = std::min(inputs, MOST_PAIR_CHUNK) / 32 * 32; chunk >= LEAST_PAIR_CHUNK; chunk -= 32)
        if (inputs % chunk == 0) return chunk;
    return 0;
}
// What pairs take of chunks of so many inputs: rows' sums, and a tile's differences of weights and products.
inline int64_t pair_sums_stride(int64_t chunk) { return stride_of(2 * chunk); }
inline int64_t pair_scratch(int64_t chunk) { return (2 * chunk + 3 * MOST_ROWS) * PANEL; }

enum class Activation { NONE, GELU, GELU_TANH, RELU };

// A linear layer: panel p holds the weights of outputs p * PANEL and on, input by input; missing outputs are zeros. One
// with scales is in int8 (byte_weights.hpp): `weights` are then bytes.
struct Linear {
    const float* weights;
    const float* bias;
    int64_t inputs, outputs;
    const float *scales = nullptr, *sums = nullptr;

    int64_t panels() const { return (outputs + PANEL - 1) / PANEL; }
    int64_t pair_chunk() const { return scales ? 0 : embedfn::pair_chunk(inputs, outputs); }
};

// Pairs of rows that begin `stride` apart, and their sums (pair_tile.hpp).
struct PairedRows {
    const float* rows;
    int64_t pairs, stride;
    const float* sums;
};

struct Norm {
    const float *weight, *bias;
    int64_t width;
    float epsilon;
};

// A row of an embedding table, and its products by the first layer's weights.
struct Embedding {
    const float *components, *products;
};

// Rows of queries, keys and values end to end, and rows of what the heads make of them.
struct Heads {
    int64_t count, size, qkv_stride, mixed_stride;

    int64_t scratch(int64_t length) const {
        return padded_to_panel(length) * (size + MOST_ROWS) + padded_to_panel(size) * (length + MOST_ROWS);
    }
};

// Some queries of one text, as rows of all heads.
struct Queries {
    const float* rows;
    int64_t count, stride;
};

struct EncoderKernels {
    void (*linear)(const float*, int64_t, int64_t, const Linear&, int64_t, int64_t, Activation, float*, int64_t);
    void (*pair_sums)(const float*, int64_t, int64_t, int64_t, float*);
    void (*linear_of_pairs)(const PairedRows&, const Linear&, int64_t, int64_t, int64_t, Activation, float*, int64_t, float*);
    void (*add_and_normalise)(const float*, const float*, float*, int64_t, int64_t, const Norm&);
    void (*embed)(const Embedding&, const Embedding&, const Norm&, const float*, int64_t, float*, float*);
    void (*attend)(const Heads&, int64_t, const Queries&, const float*, int64_t, float*, float*);
    void (*rotate)(float*, int64_t, int64_t, const float*);
    void (*times)(float*, const float*, int64_t);
    void (*activate)(Activation, float*, int, int, int64_t);
    void (*column_peaks)(const float*, const int64_t*, int64_t, const Linear&, int64_t, float*);
};

#if defined(__GNUC__)
namespace baseline {
#include "vec_baseline.hpp"
#include "encoder_tier.hpp"
}  // namespace baseline
#endif

#if defined(__GNUC__) && defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
namespace avx2 {
#include "vec_avx2.hpp"
#include "encoder_tier.hpp"
}  // namespace avx2
#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx2,fma"))), apply_to = function)
#else
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx2,fma")
#endif
namespace avx512 {
#include "vec_avx512.hpp"
#include "encoder_tier.hpp"
}  // namespace avx512
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif

enum class Simd { BASELINE, AVX2, AVX512 };

// Null where this machine or this build does not have the tier.
inline const EncoderKernels* encoder_kernels(Simd simd) {
#if defined(__GNUC__)
    if (simd == Simd::BASELINE) return &baseline::KERNELS;
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (simd == Simd::AVX2 && has_avx2) return &avx2::KERNELS;
    if (simd == Simd::AVX512 && has_avx2 && __builtin_cpu_supports("avx512f")) return &avx512::KERNELS;
#endif
#endif
    return nullptr;
}

}  // namespace embedfn
