// What stands behind the forward pass of a hybrid encoder: a linear layer on every token, and each text's greatest weight
// of each token that it has.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "aligned_floats.hpp"
#include "encoder_kernels.hpp"
#include "parallel.hpp"

namespace embedfn {

// row / max(|row|, 1e-12), as torch normalises.
inline void write_unit(const float* row, int64_t width, float* out) {
    constexpr int LANES = 8;
    double squares[LANES] = {};
    int64_t i = 0;
    for (; i + LANES <= width; i += LANES)
        for (int lane = 0; lane < LANES; ++lane) squares[lane] += double(row[i + lane]) * double(row[i + lane]);
    for (; i < width; ++i) squares[0] += double(row[i]) * double(row[i]);
    double sum = 0;
    for (const double part : squares) sum += part;
    const float length = std::max(float(std::sqrt(sum)), 1e-12f);
    for (i = 0; i < width; ++i) out[i] = row[i] / length;
}

// out = hidden * layer + bias, (tokens, outputs); each row of length 1 where `unit` asks for it. A row does not depend on
// the others.
inline void project_tokens(const Linear& layer, const EncoderKernels& kernels, const float* hidden, int64_t tokens,
                           bool unit, int n_threads, float* out) {
    constexpr int64_t BLOCK = 128;
    // Below so many multiplications a thread, another one costs more than it saves.
    constexpr int64_t MIN_PRODUCTS = 1 << 20;
    const int64_t stride = padded_to_panel(layer.outputs), blocks = (tokens + BLOCK - 1) / BLOCK;
    const int64_t worth = tokens * layer.inputs * layer.outputs / MIN_PRODUCTS;
    const int threads = int(std::max<int64_t>(1, std::min<int64_t>(n_threads, worth)));
    run_tasks(blocks, threads, [&](int64_t i) {
        AlignedFloats wide{size_t(BLOCK * stride)};
        const int64_t first = i * BLOCK, rows = std::min(BLOCK, tokens - first);
        kernels.linear(hidden + first * layer.inputs, rows, layer.inputs, layer, 0, layer.panels(), Activation::NONE,
                       wide.data(), stride);
        for (int64_t row = 0; row < rows; ++row) {
            const float* const from = wide.data() + row * stride;
            float* const to = out + (first + row) * layer.outputs;
            if (unit) write_unit(from, layer.outputs, to);
            else std::memcpy(to, from, size_t(layer.outputs) * sizeof(float));
        }
    });
}

// The rows of a sparse matrix, (texts, vocabulary): of each token id of a text the greatest weight, where that is positive
// and the id is not one of those to be left out.
class TokenMaxima {
public:
    void find(const int64_t* ids, const float* weights, const int64_t* indptr, int64_t n_texts, const uint8_t* skipped,
              int n_threads) {
        keys_.resize(size_t(indptr[n_texts]));
        counts_.assign(size_t(n_texts), 0);
        parallel_rows(indptr, n_texts, n_threads, [&](int64_t first, int64_t last) {
            for (int64_t text = first; text < last; ++text) {
                uint64_t* const begin = keys_.data() + indptr[text];
                uint64_t* end = begin;
                for (int64_t i = indptr[text]; i < indptr[text + 1]; ++i)
                    if (weights[i] > 0 && !skipped[ids[i]]) *end++ = key_of(ids[i], weights[i]);
                std::sort(begin, end);
                counts_[size_t(text)] =
                    std::unique(begin, end, [](uint64_t a, uint64_t b) { return a >> 32 == b >> 32; }) - begin;
            }
        });
    }

    int64_t write_indptr(int64_t* starts) const {
        starts[0] = 0;
        for (size_t text = 0; text < counts_.size(); ++text) starts[text + 1] = starts[text] + counts_[text];
        return starts[counts_.size()];
    }

    void write(const int64_t* indptr, int32_t* indices, float* data) const {
        for (size_t text = 0; text < counts_.size(); ++text)
            for (int64_t i = 0; i < counts_[text]; ++i) {
                const uint64_t key = keys_[size_t(indptr[text] + i)];
                const uint32_t bits = ~uint32_t(key);
                *indices++ = int32_t(key >> 32);
                std::memcpy(data++, &bits, sizeof bits);
            }
    }

private:
    // Rising by id, then falling by weight: the bits of positive floats are in the order of the floats.
    static uint64_t key_of(int64_t id, float weight) {
        uint32_t bits;
        std::memcpy(&bits, &weight, sizeof bits);
        return uint64_t(id) << 32 | uint32_t(~bits);
    }

    std::vector<uint64_t> keys_;
    std::vector<int64_t> counts_;
};

}  // namespace embedfn
