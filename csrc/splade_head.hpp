// The head of a masked language model as SPLADE (Formal et al. 2021, arXiv 2109.10086) uses it: of each text and word the
// greatest logit over the text's tokens, where it is positive. There are never more logits than a few registers hold.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "aligned_floats.hpp"
#include "byte_kernels.hpp"
#include "encoder_kernels.hpp"
#include "parallel.hpp"

namespace embedfn {

// A decoder whose products are bounded by those of bytes before they are made; see bounded.hpp. The weights, (outputs,
// inputs) row by row, are not copied and must stay where they are.
class BoundedDecoder {
public:
    BoundedDecoder() = default;
    BoundedDecoder(int64_t inputs, int64_t outputs, const float* weights, const float* bias, Simd simd)
        : outputs_(padded_to_panel(outputs)), bytes_(size_t(outputs_ * padded_to_quad(inputs) / 4)),
          lines_(size_t(5 * outputs_)), peaks_(bounded_peaks(simd)), encode_(byte_kernels(simd)->encode_rows) {
        float* const line = lines_.data();
        layer_.bytes = {bytes_.data(), line, inputs, outputs, line + outputs_, line + 2 * outputs_};
        layer_.weights = weights;
        layer_.misses = line + 3 * outputs_;
        layer_.norms = line + 4 * outputs_;
        set_bytes(layer_.bytes, weights);
        bound_layer(layer_.bytes, weights, line + 3 * outputs_, line + 4 * outputs_);
        std::copy(bias, bias + outputs, line);
    }

    const BoundedLayer& layer() const { return layer_; }
    BoundedPeaks peaks() const { return peaks_; }

    // Codes and bounds of some rows.
    void encode(const float* floats, int64_t rows, int64_t stride, uint8_t* codes, ByteRange* ranges,
                RowBound* bounds) const {
        const int64_t width = layer_.bytes.inputs;
        for (int64_t row = 0; row < rows; ++row) {
            encode_(floats + row * width, 1, width, stride, codes + row * stride, ranges + row);
            bounds[row] = bound_of(floats + row * width, codes + row * stride, ranges[row], width);
        }
    }

private:
    int64_t outputs_ = 0;
    AlignedFloats bytes_, lines_;
    BoundedLayer layer_{};
    BoundedPeaks peaks_ = nullptr;
    void (*encode_)(const float*, int64_t, int64_t, int64_t, uint8_t*, ByteRange*) = nullptr;
};

// Hidden states of texts laid end to end, (tokens, inputs).
struct HeadInput {
    const float* hidden;
    const int64_t* indptr;
    int64_t n_texts;
};

// The dense layer, activation and LayerNorm that stand before the decoder.
inline void transform_states(const Linear& dense, Activation activation, const Norm& norm, const EncoderKernels& kernels,
                             const float* hidden, int64_t tokens, int n_threads, float* out) {
    constexpr int64_t BLOCK = 128;
    const int64_t stride = padded_to_panel(dense.outputs), blocks = (tokens + BLOCK - 1) / BLOCK;
    const std::vector<float> zeros(size_t(norm.width), 0.0f);
    run_tasks(blocks, n_threads, [&](int64_t i) {
        AlignedFloats wide{size_t(BLOCK * stride)};
        const int64_t first = i * BLOCK, rows = std::min(BLOCK, tokens - first);
        kernels.linear(hidden + first * dense.inputs, rows, dense.inputs, dense, 0, dense.panels(), activation,
                       wide.data(), stride);
        for (int64_t row = 0; row < rows; ++row)
            kernels.add_and_normalise(wide.data() + row * stride, zeros.data(), out + (first + row) * norm.width, 1, 0,
                                      norm);
    });
}

// The rows of a sparse matrix, (texts, words), in pieces: first found, then written out once their number is known.
class SpladeRows {
public:
    // Finds the positive peaks of the logits.
    void find(const Linear& decoder, const EncoderKernels& kernels, const HeadInput& input, int n_threads) {
        find(decoder, input, n_threads, [&](int64_t first, int64_t texts, int64_t panel, float* peaks) {
            const int64_t* const indptr = input.indptr + first;
            kernels.column_peaks(input.hidden + *indptr * decoder.inputs, indptr, texts, decoder, panel, peaks);
        });
    }

    // The same, from products of bytes where they suffice.
    void find(const BoundedDecoder& decoder, const HeadInput& input, int n_threads) {
        const Linear& layer = decoder.layer().bytes;
        const int64_t tokens = input.indptr[input.n_texts], width = layer.inputs, stride = padded_to_quad(width);
        std::vector<uint8_t> codes(size_t(tokens * stride));
        std::vector<ByteRange> ranges(static_cast<size_t>(tokens));
        std::vector<RowBound> bounds(static_cast<size_t>(tokens));
        run_tasks((tokens + 127) / 128, n_threads, [&](int64_t i) {
            const int64_t first = i * 128;
            decoder.encode(input.hidden + first * width, std::min<int64_t>(128, tokens - first), stride,
                           codes.data() + first * stride, ranges.data() + first, bounds.data() + first);
        });
        find(layer, input, n_threads, [&](int64_t first, int64_t texts, int64_t panel, float* peaks) {
            const int64_t* const indptr = input.indptr + first;
            const int64_t token = *indptr;
            for (int64_t text = 0; text < texts; ++text)
                for (int64_t i = 0; i < PANEL; ++i) peaks[text * PANEL + i] = -layer.bias[panel * PANEL + i];
            const BoundedRows rows{input.hidden + token * width,
                                   {codes.data() + token * stride, ranges.data() + token, tokens - token, stride},
                                   bounds.data() + token};
            decoder.peaks()(rows, indptr, texts, decoder.layer(), panel, peaks);
        });
    }

private:
    // `peaks_of(first, texts, panel, peaks)` writes the greatest product of each text and word of a panel; a product that
    // is not above what makes a logit zero may be any such.
    template <class F> void find(const Linear& decoder, const HeadInput& input, int n_threads, F&& peaks_of) {
        const int64_t products = input.indptr[input.n_texts] * decoder.inputs * decoder.outputs;
        threads_ = int(std::max<int64_t>(1, std::min<int64_t>(n_threads, products / MIN_HEAD_PRODUCTS)));
        ranges_ = std::min<int64_t>(decoder.panels(), threads_ == 1 ? 1 : 4 * threads_);
        n_texts_ = input.n_texts;
        pieces_.clear();
        pieces_.resize(size_t(n_texts_ * ranges_));
        const std::vector<int64_t> bounds = blocks_of(decoder, input);
        const int64_t blocks = int64_t(bounds.size()) - 1;
        run_tasks(blocks * ranges_, threads_, [&](int64_t i) {
            const int64_t block = i / ranges_, range = i % ranges_;
            find_part(decoder, bounds[size_t(block)], bounds[size_t(block) + 1], range, peaks_of);
        });
    }

public:

    // Where rows begin, n_texts + 1 numbers.
    void write_indptr(int64_t* indptr) const {
        indptr[0] = 0;
        for (int64_t text = 0; text < n_texts_; ++text) {
            indptr[text + 1] = indptr[text];
            for (int64_t range = 0; range < ranges_; ++range) indptr[text + 1] += int64_t(piece(text, range).words.size());
        }
    }

    // Words in order, and log(1 + .) of the peaks, taken `logs` times.
    void write(const int64_t* indptr, int logs, int32_t* words, float* weights) const {
        parallel_rows(indptr, n_texts_, threads_, [&](int64_t first, int64_t last) {
            for (int64_t text = first; text < last; ++text) {
                int64_t at = indptr[text];
                for (int64_t range = 0; range < ranges_; ++range) {
                    const Piece& from = piece(text, range);
                    std::copy(from.words.begin(), from.words.end(), words + at);
                    for (const float peak : from.peaks) weights[at++] = weight_of(peak, logs);
                }
            }
        });
    }

private:
    // Hidden states of a block of texts may take so many bytes: they stay in a core's second-level cache while the
    // decoder goes by.
    static constexpr int64_t BLOCK_BYTES = 3 << 18;
    // Below so many multiplications a thread, another one costs more than it saves.
    static constexpr int64_t MIN_HEAD_PRODUCTS = 1 << 22;

    struct Piece {
        std::vector<int32_t> words;
        std::vector<float> peaks;
    };

    const Piece& piece(int64_t text, int64_t range) const { return pieces_[size_t(text * ranges_ + range)]; }

    static float weight_of(float value, int logs) {
        for (int i = 0; i < logs; ++i) value = std::log1p(value);
        return value;
    }

    // Boundaries of blocks of texts.
    static std::vector<int64_t> blocks_of(const Linear& decoder, const HeadInput& input) {
        const int64_t rows = std::max<int64_t>(1, BLOCK_BYTES / int64_t(sizeof(float)) / decoder.inputs);
        std::vector<int64_t> bounds{0};
        for (int64_t text = 1; text <= input.n_texts; ++text)
            if (text == input.n_texts || input.indptr[text + 1] - input.indptr[bounds.back()] > rows)
                bounds.push_back(text);
        return bounds;
    }

    template <class F>
    void find_part(const Linear& decoder, int64_t first, int64_t last, int64_t range, const F& peaks_of) {
        const int64_t texts = last - first, panels = decoder.panels();
        AlignedFloats peaks{size_t(texts * PANEL)};
        for (int64_t panel = panels * range / ranges_; panel < panels * (range + 1) / ranges_; ++panel) {
            peaks_of(first, texts, panel, peaks.data());
            for (int64_t text = 0; text < texts; ++text)
                keep(peaks.data() + text * PANEL, decoder.bias + panel * PANEL, int32_t(panel * PANEL),
                     pieces_[size_t((first + text) * ranges_ + range)]);
        }
    }

    // The words of one panel that a text has. Columns past the last word are zeros, and so is their bias.
    static void keep(const float* peaks, const float* bias, int32_t first_word, Piece& to) {
        int32_t words[PANEL];
        float kept[PANEL];
        size_t count = 0;
        for (int32_t i = 0; i < PANEL; ++i) {
            const float value = peaks[i] + bias[i];
            words[count] = first_word + i;
            kept[count] = value;
            count += value > 0;
        }
        if (!count) return;
        to.words.insert(to.words.end(), words, words + count);
        to.peaks.insert(to.peaks.end(), kept, kept + count);
    }

    int threads_ = 1;
    int64_t ranges_ = 1, n_texts_ = 0;
    std::vector<Piece> pieces_;
};

}  // namespace embedfn
