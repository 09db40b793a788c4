// Queries, keys and values of the first layer without most of its products. LayerNorm only shifts and scales the sum of a
// word's and a position's embedding, by two numbers, so that a linear layer W, b behind it is, with . for components,
//   W LayerNorm(w + p) + b = scale (W weight.(w - mean w) + W weight.(p - mean p)) + (W bias + b)
// Products are worked out once for each position of a model and once for each word of a call, though it stands there often.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "aligned_floats.hpp"
#include "encoder_weights.hpp"
#include "team.hpp"

namespace embedfn {

class FirstLayer {
public:
    FirstLayer() = default;

    // Where a model is in int8, or its last layer is the first one, of which few queries may be asked, there is nothing to gain.
    FirstLayer(const EncoderWeights& weights, const EncoderKernels& kernels, const float* positions, int64_t n_positions) {
        const EncoderShape& shape = weights.shape();
        if (shape.bytes || shape.layers < 2) return;
        const int64_t stride = shape.qkv_stride();
        norm_ = weights.first_norm();
        layer_ = weights.layer(0).qkv;
        shift_ = AlignedFloats(size_t(stride));
        kernels.linear(norm_.bias, 1, 0, layer_, 0, layer_.panels(), Activation::NONE, shift_.data(), stride);
        zeros_ = AlignedFloats(size_t(stride));
        layer_.bias = zeros_.data();
        n_positions_ = std::min(n_positions, MOST_POSITIONS);
        positions_ = AlignedFloats(size_t(n_positions_ * stride));
        AlignedFloats own{size_t(scratch())};
        products(kernels, n_positions_, [&](int64_t i) { return positions + i * norm_.width; }, own.data(), positions_.data());
    }

    // For Cython, whose assignments copy.
    void assign(const EncoderWeights& weights, const EncoderKernels& kernels, const float* positions, int64_t n_positions) {
        *this = FirstLayer(weights, kernels, positions, n_positions);
    }

    // Positions with products; 0 where there are none.
    int64_t n_positions() const { return n_positions_; }
    const float* position(int64_t i) const { return positions_.data() + i * stride(); }
    const float* shift() const { return shift_.data(); }
    int64_t width() const { return padded_to_panel(layer_.outputs); }
    int64_t stride() const { return stride_of(layer_.outputs); }
    int64_t scratch() const { return AT_A_TIME * stride_of(norm_.width); }

    // Writes the products of rows of embeddings, which are the same in any company; row(i) is where one begins.
    template <class F> void products(const EncoderKernels& kernels, int64_t rows, F&& row, float* scratch, float* out) const {
        const int64_t given_stride = stride_of(norm_.width);
        for (int64_t first = 0; first < rows; first += AT_A_TIME) {
            const int64_t count = std::min(rows - first, AT_A_TIME);
            for (int64_t i = 0; i < count; ++i) centre(row(first + i), scratch + i * given_stride);
            kernels.linear(scratch, count, given_stride, layer_, 0, layer_.panels(), Activation::NONE, out + first * stride(),
                           stride());
        }
    }

private:
    static constexpr int64_t MOST_POSITIONS = 1024, AT_A_TIME = 8 * MOST_ROWS;

    void centre(const float* from, float* to) const {
        double sum = 0;
        for (int64_t i = 0; i < norm_.width; ++i) sum += from[i];
        const float mean = float(sum / double(norm_.width));
        for (int64_t i = 0; i < norm_.width; ++i) to[i] = (from[i] - mean) * norm_.weight[i];
    }

    Norm norm_{};
    Linear layer_{};
    int64_t n_positions_ = 0;
    AlignedFloats shift_, zeros_, positions_;
};

// The products of a call's words.
class WordProducts {
public:
    // Of the words among `ids`, which need not be in order.
    WordProducts(const FirstLayer& first, std::vector<int64_t> ids, int members)
        : first_(first), ids_(std::move(ids)), scratch_(ids_.size() ? size_t(first.scratch() * members) : 0) {
        std::sort(ids_.begin(), ids_.end());
        ids_.erase(std::unique(ids_.begin(), ids_.end()), ids_.end());
        products_ = AlignedFloats(ids_.size() * size_t(first.stride()));
    }

    // To be called by each member of a team; returns when all products are there.
    void work_out(const EncoderKernels& kernels, const float* words, int64_t hidden, Team::Member& member) {
        member.step(int64_t(ids_.size()), [&](int64_t begin, int64_t end) {
            first_.products(kernels, end - begin, [&](int64_t i) { return words + ids_[size_t(begin + i)] * hidden; },
                            scratch_.data() + member.number() * first_.scratch(), products_.data() + begin * first_.stride());
        });
        member.wait();
    }

    const float* of(int64_t id) const {
        return products_.data() + (std::lower_bound(ids_.begin(), ids_.end(), id) - ids_.begin()) * first_.stride();
    }
    const FirstLayer& first() const { return first_; }

private:
    const FirstLayer& first_;
    std::vector<int64_t> ids_;
    AlignedFloats scratch_, products_;
};

}  // namespace embedfn
