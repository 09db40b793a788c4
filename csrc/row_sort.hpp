// A document's term ids sorted and counted in AVX-512 registers: a network of comparisons without branches, some 2 ns a term
// (docs/performance.md). Only what is in the namespace avx512 is compiled with these instructions.
#pragma once

#include <cstdint>

#if defined(__GNUC__) && defined(__x86_64__)
#include <immintrin.h>
#define EMBEDFN_ROW_SORT 1
#else
#define EMBEDFN_ROW_SORT 0
#endif

namespace embedfn {

// The longest row that is sorted so.
constexpr int64_t MOST_SORTED = 256;

// Writes the distinct ids >= 0 of n in ascending order and how often each occurs; returns how many there are.
using RowSort = int64_t (*)(const int32_t* ids, int64_t n, int32_t* indices, int32_t* tf);

#if EMBEDFN_ROW_SORT
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,popcnt"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,popcnt")
#endif
namespace avx512 {

constexpr int LANES_SORTED = 16;
constexpr int MOST_REGISTERS = int(MOST_SORTED) / LANES_SORTED;

// Each lane's smaller number comes to the register that is named first. (Masks of all lanes: GCC's bug 105593.)
inline void order(__m512i& low, __m512i& high) {
    const __m512i smaller = _mm512_mask_min_epi32(low, 0xffff, low, high);
    high = _mm512_mask_max_epi32(high, 0xffff, low, high);
    low = smaller;
}

// The same between a register's own lanes and those where `from` takes each from; `upper` get the larger number.
inline __m512i order_lanes(__m512i v, __m512i from, __mmask16 upper) {
    const __m512i other = _mm512_mask_permutexvar_epi32(v, 0xffff, from, v);
    return _mm512_mask_max_epi32(_mm512_mask_min_epi32(v, 0xffff, v, other), upper, v, other);
}

inline __m512i reversed(__m512i v) {
    return _mm512_mask_permutexvar_epi32(v, 0xffff, _mm512_setr_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0), v);
}

// Lanes that fall and then rise, or rise and then fall, into order.
inline __m512i merge_lanes(__m512i v) {
    v = order_lanes(v, _mm512_setr_epi32(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7), 0xff00);
    v = order_lanes(v, _mm512_setr_epi32(4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11), 0xf0f0);
    v = order_lanes(v, _mm512_setr_epi32(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13), 0xcccc);
    return order_lanes(v, _mm512_setr_epi32(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14), 0xaaaa);
}

inline __m512i sort_lanes(__m512i v) {
    const __m512i by_one = _mm512_setr_epi32(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
    v = order_lanes(v, by_one, 0xaaaa);
    v = order_lanes(v, _mm512_setr_epi32(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12), 0xcccc);
    v = order_lanes(v, by_one, 0xaaaa);
    v = order_lanes(v, _mm512_setr_epi32(7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8), 0xf0f0);
    v = order_lanes(v, _mm512_setr_epi32(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13), 0xcccc);
    v = order_lanes(v, by_one, 0xaaaa);
    v = order_lanes(v, _mm512_setr_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0), 0xff00);
    v = order_lanes(v, _mm512_setr_epi32(4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11), 0xf0f0);
    v = order_lanes(v, _mm512_setr_epi32(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13), 0xcccc);
    return order_lanes(v, by_one, 0xaaaa);
}

// Batcher's bitonic network over R registers. Where R is no power of two, those that are missing behind would hold the greatest
// numbers, and no comparison with them moves anything.
template <int R> [[gnu::always_inline]] inline void sort_registers(__m512i (&v)[R]) {
#pragma GCC unroll 16
    for (int i = 0; i < R; ++i) v[i] = sort_lanes(v[i]);
#pragma GCC unroll 4
    for (int half = 1; half < R; half *= 2) {
        // Two runs of `half` registers each: the second backwards, so that both together fall and rise.
#pragma GCC unroll 16
        for (int i = 0; i < R; ++i) {
            const int other = i / (2 * half) * (4 * half) + 2 * half - 1 - i;
            if (i % (2 * half) < half && other < R) {
                __m512i backwards = reversed(v[other]);
                order(v[i], backwards);
                v[other] = reversed(backwards);
            }
        }
#pragma GCC unroll 4
        for (int step = half / 2; step > 0; step /= 2)
#pragma GCC unroll 16
            for (int i = 0; i < R; ++i)
                if (i % (2 * step) < step && i + step < R) order(v[i], v[i + step]);
#pragma GCC unroll 16
        for (int i = 0; i < R; ++i) v[i] = merge_lanes(v[i]);
    }
}

inline __mmask16 first_lanes(int64_t n) { return n >= LANES_SORTED ? __mmask16(0xffff) : n > 0 ? __mmask16((1u << n) - 1) : __mmask16(0); }

template <int R> int64_t sort_row(const int32_t* ids, int64_t n, int32_t* indices, int32_t* tf) {
    __m512i v[R];
#pragma GCC unroll 16
    for (int i = 0; i < R; ++i)
        v[i] = _mm512_mask_loadu_epi32(_mm512_set1_epi32(INT32_MAX), first_lanes(n - i * LANES_SORTED), ids + i * LANES_SORTED);
    sort_registers<R>(v);
    // Where each distinct id begins; one place behind the last, where the row ends.
    alignas(64) int32_t starts[MOST_SORTED + LANES_SORTED];
    int64_t entries = 0;
    __m512i places = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), before = _mm512_set1_epi32(-1);
#pragma GCC unroll 16
    for (int i = 0; i < R; ++i) {
        const __m512i shifted = _mm512_mask_alignr_epi32(before, 0xffff, v[i], before, 15);
        const __mmask16 known = _mm512_mask_cmpge_epi32_mask(first_lanes(n - i * LANES_SORTED), v[i], _mm512_setzero_si512());
        const __mmask16 is_new = _mm512_mask_cmpneq_epi32_mask(known, v[i], shifted);
        const int count = __builtin_popcount(is_new);
        _mm512_mask_storeu_epi32(indices + entries, first_lanes(count), _mm512_maskz_compress_epi32(is_new, v[i]));
        _mm512_storeu_si512(starts + entries, _mm512_maskz_compress_epi32(is_new, places));
        entries += count;
        places = _mm512_add_epi32(places, _mm512_set1_epi32(LANES_SORTED));
        before = v[i];
    }
    starts[entries] = int32_t(n);
    for (int64_t i = 0; i < entries; i += LANES_SORTED) {
        const __m512i counts = _mm512_sub_epi32(_mm512_loadu_si512(starts + i + 1), _mm512_load_si512(starts + i));
        _mm512_mask_storeu_epi32(tf + i, first_lanes(entries - i), counts);
    }
    return entries;
}

}  // namespace avx512
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

// How a row of n ids is sorted, n being 1 to MOST_SORTED.
inline RowSort row_sort(int64_t n) {
    static constexpr RowSort by_registers[] = {
        avx512::sort_row<1>, avx512::sort_row<2>,  avx512::sort_row<3>,  avx512::sort_row<4>,  avx512::sort_row<5>,  avx512::sort_row<6>,
        avx512::sort_row<7>, avx512::sort_row<8>,  avx512::sort_row<10>, avx512::sort_row<10>, avx512::sort_row<12>, avx512::sort_row<12>,
        avx512::sort_row<14>, avx512::sort_row<14>, avx512::sort_row<16>, avx512::sort_row<16>,
    };
    return by_registers[(n - 1) / avx512::LANES_SORTED];
}

inline bool can_sort_rows() {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f");
}
#else
inline RowSort row_sort(int64_t) { return nullptr; }
inline bool can_sort_rows() { return false; }
#endif

}  // namespace embedfn
