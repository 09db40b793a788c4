// A linear layer's weights in int8: each output's weights are whole numbers from -127 to 127 times a scale of that output.
// A panel holds, for four inputs at a time, the four bytes of each of its outputs: the order in which processors multiply
// bytes and add four products. Missing inputs and outputs are zeros.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "encoder_kernels.hpp"

namespace embedfn {

// So many products of two bytes, 255 times 127 at most, stay within int32.
constexpr int64_t MOST_BYTE_INPUTS = 1 << 16;

inline int64_t padded_to_quad(int64_t n) { return (n + 3) / 4 * 4; }

inline const int8_t* byte_panel(const Linear& layer, int64_t panel) {
    return reinterpret_cast<const int8_t*>(layer.weights) + panel * PANEL * padded_to_quad(layer.inputs);
}

// Rounds (outputs, inputs) row by row into the layer's memory, and notes each output's scale and sum.
inline void set_bytes(const Linear& layer, const float* weights) {
    float *const scales = const_cast<float*>(layer.scales), *const sums = const_cast<float*>(layer.sums);
    for (int64_t out = 0; out < layer.outputs; ++out, weights += layer.inputs) {
        float largest = 0;
        for (int64_t in = 0; in < layer.inputs; ++in) largest = std::max(largest, std::fabs(weights[in]));
        scales[out] = largest / 127;
        const float factor = largest > 0 ? 127 / largest : 0;
        int8_t* const panel = const_cast<int8_t*>(byte_panel(layer, out / PANEL));
        int32_t sum = 0;
        for (int64_t in = 0; in < layer.inputs; ++in) {
            const float code = std::nearbyint(weights[in] * factor);
            // Written so that what is no number becomes 0.
            const auto byte = int8_t(code >= -127 && code <= 127 ? code : code > 0 ? 127 : code < 0 ? -127 : 0);
            panel[(in / 4 * PANEL + out % PANEL) * 4 + in % 4] = byte;
            sum += byte;
        }
        sums[out] = float(sum);
    }
}

}  // namespace embedfn
