// A linear layer in floats with its copy in bytes, and rows likewise, with what is needed to say how far the product of
// the copies may lie from that of the floats (Cauchy and Schwarz): with x = x' + dx and w = w' + dw,
// |x.w - x'.w'| <= |x'| |dw| + |dx| |w|.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "byte_weights.hpp"

namespace embedfn {

// A row's numbers are low + step * code.
struct ByteRange {
    float low, step;
};

// Rows of codes that begin `stride` bytes apart.
struct ByteRows {
    const uint8_t* codes;
    const ByteRange* ranges;
    int64_t rows, stride;
};

// Lengths of a row's copy and, at most, of the difference; the latter with room for what rounding adds to products.
struct RowBound {
    float norm, miss;
};

struct BoundedRows {
    const float* floats;
    ByteRows codes;
    const RowBound* bounds;
};

// `weights` has (outputs, inputs) row by row; `misses` and `norms`, of all outputs of whole panels, are lengths of the
// differences and of the rows, zero where an output is missing.
struct BoundedLayer {
    Linear bytes;
    const float *weights, *misses, *norms;
};

// Sums and products of floats here err by less than this part of their terms' lengths.
constexpr double ROUNDING = 1e-5;

inline RowBound bound_of(const float* floats, const uint8_t* codes, const ByteRange& range, int64_t width) {
    double norm = 0, miss = 0, length = 0;
    for (int64_t i = 0; i < width; ++i) {
        const double copy = double(range.low) + double(range.step) * codes[i], difference = floats[i] - copy;
        norm += copy * copy;
        miss += difference * difference;
        length += double(floats[i]) * floats[i];
    }
    // The two terms of an approximation may be greater than it.
    const double terms = std::sqrt(double(width)) * (std::fabs(range.low) + 255.0 * range.step);
    return {float(std::sqrt(norm) * (1 + ROUNDING)),
            float(std::sqrt(miss) * (1 + ROUNDING) + ROUNDING * (std::sqrt(length) + terms))};
}

// Lengths for each output of a layer whose bytes are set.
inline void bound_layer(const Linear& layer, const float* weights, float* misses, float* norms) {
    for (int64_t out = 0; out < layer.outputs; ++out, weights += layer.inputs) {
        const int8_t* const panel = byte_panel(layer, out / PANEL);
        double norm = 0, miss = 0;
        for (int64_t in = 0; in < layer.inputs; ++in) {
            const double copy = double(layer.scales[out]) * panel[(in / 4 * PANEL + out % PANEL) * 4 + in % 4];
            norm += double(weights[in]) * weights[in];
            miss += (weights[in] - copy) * (weights[in] - copy);
        }
        norms[out] = float(std::sqrt(norm) * (1 + ROUNDING));
        misses[out] = float(std::sqrt(miss) * (1 + ROUNDING));
    }
}

}  // namespace embedfn
