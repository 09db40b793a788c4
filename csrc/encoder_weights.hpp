// The parameters of a BERT encoder in one piece of memory, linear layers in panels, of floats or of bytes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "aligned_floats.hpp"
#include "byte_weights.hpp"
#include "encoder_kernels.hpp"

namespace embedfn {

struct EncoderShape {
    int64_t hidden, wide, heads, layers;
    Activation activation;
    float epsilon;
    bool bytes = false;  // linear layers in int8
    bool gated = false;  // the wide layer is a product: what is activated, a gate, by what is not

    int64_t hidden_stride() const { return stride_of(hidden); }
    // Of rows that hold what comes behind attention, too.
    int64_t wide_stride() const { return stride_of(std::max(wide, hidden)); }
    // The largest chunk in which a layer takes pairs of rows; 0 where the model takes none: where most layers cannot, the
    // others' gain is less than what pairs cost.
    int64_t most_pair_chunk() const {
        if (bytes || !pair_chunk(hidden, hidden)) return 0;
        return std::max({pair_chunk(hidden, 3 * hidden), pair_chunk(hidden, hidden), pair_chunk(hidden, wide), pair_chunk(wide, hidden)});
    }
    int64_t qkv_stride() const { return stride_of(3 * hidden); }
    // Of a token: what lies between the wide layers.
    int64_t between() const { return (gated ? 2 : 1) * wide_stride(); }
};

struct EncoderLayer {
    Linear qkv, mix, widen, gate, narrow;  // without gates, no gate
    Norm mix_norm, narrow_norm;
};

class EncoderWeights {
public:
    EncoderWeights() = default;
    explicit EncoderWeights(const EncoderShape& shape) : shape_(shape) {
        place();
        memory_ = AlignedFloats(size_);
        place();
    }

    const EncoderShape& shape() const { return shape_; }
    const Norm& first_norm() const { return first_norm_; }
    const EncoderLayer& layer(int64_t i) const { return layers_[size_t(i)]; }

    // All parameters; their order is of no concern but to another object of the same shape.
    float* data() { return memory_.data(); }
    int64_t size() const { return int64_t(size_); }

    // Copies a linear layer's weights, (outputs, inputs) row by row, and bias in.
    static void set(const Linear& layer, const float* weights, const float* bias) {
        if (layer.scales) {
            set_bytes(layer, weights);
        } else {
            float* const panels = const_cast<float*>(layer.weights);
            for (int64_t out = 0; out < layer.outputs; ++out)
                for (int64_t in = 0; in < layer.inputs; ++in)
                    panels[(out / PANEL * layer.inputs + in) * PANEL + out % PANEL] = weights[out * layer.inputs + in];
        }
        std::memcpy(const_cast<float*>(layer.bias), bias, size_t(layer.outputs) * sizeof(float));
    }
    static void set(const Norm& norm, const float* weight, const float* bias) {
        std::memcpy(const_cast<float*>(norm.weight), weight, size_t(norm.width) * sizeof(float));
        std::memcpy(const_cast<float*>(norm.bias), bias, size_t(norm.width) * sizeof(float));
    }

private:
    // Where in memory each parameter is; without memory, only how much there is.
    void place() {
        size_ = 0;
        const int64_t hidden = shape_.hidden, wide = shape_.wide;
        first_norm_ = norm();
        layers_.clear();
        for (int64_t i = 0; i < shape_.layers; ++i) {
            EncoderLayer layer;
            layer.qkv = linear(hidden, 3 * hidden);
            layer.mix = linear(hidden, hidden);
            layer.mix_norm = norm();
            layer.widen = linear(hidden, wide);
            if (shape_.gated) layer.gate = linear(hidden, wide);
            layer.narrow = linear(wide, hidden);
            layer.narrow_norm = norm();
            layers_.push_back(layer);
        }
    }
    const float* take(int64_t count) {
        const size_t at = size_;
        size_ += size_t(padded_to_panel(count));
        return memory_.data() ? memory_.data() + at : nullptr;
    }
    Linear linear(int64_t inputs, int64_t outputs) {
        if (!shape_.bytes) {
            const float* const weights = take(inputs * padded_to_panel(outputs));
            return {weights, take(outputs), inputs, outputs};
        }
        Linear layer{take(padded_to_quad(inputs) / 4 * padded_to_panel(outputs)), take(outputs), inputs, outputs};
        layer.scales = take(outputs);
        layer.sums = take(outputs);
        return layer;
    }
    Norm norm() {
        const float* const weight = take(shape_.hidden);
        return {weight, take(shape_.hidden), shape_.hidden, shape_.epsilon};
    }

    EncoderShape shape_{};
    size_t size_ = 0;
    AlignedFloats memory_;
    Norm first_norm_{};
    std::vector<EncoderLayer> layers_;
};

}  // namespace embedfn
