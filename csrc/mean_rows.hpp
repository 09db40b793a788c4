// The mean of some rows of a table, for many lists of rows. Sums are float32, row after row in the order of the list, so
// that they do not depend on threads and equal NumPy's mean over that axis. Numbers are float32, float16 or int8.
#pragma once

#include <cstdint>
#include <cstring>

#include "parallel.hpp"

namespace embedfn {

// A float16's bits; no infinity and no NaN.
struct Half {
    uint16_t bits;
};

inline float as_float(float value) { return value; }
inline float as_float(int8_t value) { return float(value); }
// The exponent's offset is 15 here and 127 in a float: 2^112, which also makes subnormal numbers right.
inline float as_float(Half value) {
    const uint32_t magnitude = uint32_t(value.bits & 0x7fff) << 13, sign = uint32_t(value.bits & 0x8000) << 16;
    float number;
    std::memcpy(&number, &magnitude, sizeof number);
    number *= 0x1p112f;
    uint32_t bits;
    std::memcpy(&bits, &number, sizeof bits);
    bits |= sign;
    std::memcpy(&number, &bits, sizeof number);
    return number;
}

inline bool rows_lie_within(const int32_t* rows, int64_t n, int64_t n_rows) {
    uint32_t largest = 0;
    for (int64_t i = 0; i < n; ++i) largest = largest < uint32_t(rows[i]) ? uint32_t(rows[i]) : largest;
    return n == 0 || largest < uint64_t(n_rows);
}

// means[i] is the mean of table[rows[k]], times scales[k] unless that is null, for k of indptr[i] to indptr[i + 1]; zeros
// for an empty list.
template <class Number>
void mean_rows(const Number* table, int64_t dim, const int32_t* rows, const float* scales, const int64_t* indptr,
               int64_t n, int n_threads, float* means) {
    constexpr int64_t ahead = 4;  // rows asked for before they are needed
    parallel_rows(indptr, n, n_threads, [=](int64_t first, int64_t last) {
        for (int64_t i = first; i < last; ++i) {
            float* const mean = means + i * dim;
            std::memset(mean, 0, size_t(dim) * sizeof(float));
            for (int64_t k = indptr[i]; k < indptr[i + 1]; ++k) {
#if defined(__GNUC__)
                if (k + ahead < indptr[last]) {
                    const auto* next = reinterpret_cast<const char*>(table + int64_t(rows[k + ahead]) * dim);
                    for (size_t at = 0; at < size_t(dim) * sizeof(Number) && at < 512; at += 64)
                        __builtin_prefetch(next + at);
                }
#endif
                const Number* const row = table + int64_t(rows[k]) * dim;
                if (scales) {
                    const float scale = scales[k];
                    for (int64_t j = 0; j < dim; ++j) mean[j] += as_float(row[j]) * scale;
                } else {
                    for (int64_t j = 0; j < dim; ++j) mean[j] += as_float(row[j]);
                }
            }
            if (const auto count = float(indptr[i + 1] - indptr[i]); count > 0)
                for (int64_t j = 0; j < dim; ++j) mean[j] /= count;
        }
    });
}

}  // namespace embedfn
