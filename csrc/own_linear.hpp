// A linear layer with memory of its own.
#pragma once

#include <cstdint>

#include "aligned_floats.hpp"
#include "encoder_weights.hpp"

namespace embedfn {

class OwnLinear {
public:
    OwnLinear() = default;
    // The weights, (outputs, inputs) row by row, and the bias are copied into panels.
    OwnLinear(int64_t inputs, int64_t outputs, const float* weights, const float* bias)
        : memory_(size_t((inputs + 1) * padded_to_panel(outputs))),
          layer_{memory_.data(), memory_.data() + inputs * padded_to_panel(outputs), inputs, outputs} {
        EncoderWeights::set(layer_, weights, bias);
    }

    // For Cython, whose assignments copy.
    void assign(int64_t inputs, int64_t outputs, const float* weights, const float* bias) {
        *this = OwnLinear(inputs, outputs, weights, bias);
    }

    const Linear& layer() const { return layer_; }

private:
    AlignedFloats memory_;
    Linear layer_{};
};

}  // namespace embedfn
