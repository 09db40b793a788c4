// The way of some texts through all layers of a BERT encoder, as one member of a team goes it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "byte_kernels.hpp"
#include "encoder_kernels.hpp"
#include "encoder_weights.hpp"
#include "team.hpp"

namespace embedfn {

// Token ids of texts end to end, each token's row of the position table, and where texts begin: n_texts + 1 offsets. Where
// only one token of each text will be read, which one: the last layer is then worked out for these alone.
struct EncoderInput {
    const float* words;
    const float* positions;
    const int64_t* ids;
    const int64_t* position_ids;
    const int64_t* indptr;
    int64_t n_texts;
    const int64_t* reads = nullptr;
};

// Texts [first, last), whose rows go through the linear layers in blocks that fit a core's cache.
struct Bundle {
    int64_t first, last, row, rows, blocks;

    int64_t block_begin(int64_t i) const { return rows * i / blocks; }
    int64_t most_block_rows() const { return (rows + blocks - 1) / blocks; }
};

inline Heads heads_of(const EncoderShape& shape) {
    return {shape.heads, shape.hidden / shape.heads, shape.padded_qkv(), shape.padded_hidden()};
}

// Activations of one bundle at a time, and each member's scratch for attention, if there are members that attend.
class EncoderMemory {
public:
    EncoderMemory(const EncoderShape& shape, int64_t rows, int64_t block_rows, int64_t longest, int members)
        : hidden_at_(std::max(members ? shape.padded_qkv() * rows : 0, block_rows < rows ? 0 : shape.padded_wide() * rows)),
          mixed_at_(hidden_at_ + shape.padded_hidden() * rows),
          wide_at_(block_rows < rows ? mixed_at_ + shape.padded_hidden() * rows : 0),
          scratch_at_(std::max(mixed_at_ + shape.padded_hidden() * rows, wide_at_ + shape.padded_wide() * block_rows)),
          scratch_size_(padded_to_panel(heads_of(shape).scratch(longest))),
          ranges_at_(scratch_at_ + scratch_size_ * members),
          codes_at_(ranges_at_ + (shape.bytes ? padded_to_panel(2 * block_rows) : 0)),
          floats_(size_t(codes_at_ + (shape.bytes ? std::max(shape.padded_hidden(), shape.padded_wide()) / 4 * block_rows : 0))) {}

    float* qkv() { return floats_.data(); }
    float* hidden() { return floats_.data() + hidden_at_; }
    float* mixed() { return floats_.data() + mixed_at_; }
    float* wide() { return floats_.data() + wide_at_; }
    ByteRange* ranges() { return reinterpret_cast<ByteRange*>(floats_.data() + ranges_at_); }
    uint8_t* codes() { return reinterpret_cast<uint8_t*>(floats_.data() + codes_at_); }
    float* scratch(int member) { return floats_.data() + scratch_at_ + scratch_size_ * member; }

private:
    int64_t hidden_at_, mixed_at_, wide_at_, scratch_at_, scratch_size_, ranges_at_, codes_at_;
    AlignedFloats floats_;
};

class EncoderWalk {
public:
    EncoderWalk(const EncoderWeights& weights, const EncoderKernels& kernels, const EncoderInput& input,
                EncoderMemory& memory, Team::Member& member, const ByteKernels* bytes = nullptr)
        : weights_(weights),
          shape_(weights.shape()),
          kernels_(kernels),
          bytes_(bytes),
          input_(input),
          memory_(memory),
          member_(member) {}

    // Writes the bundle's rows of `out`, (tokens, hidden).
    void run(const Bundle& bundle, float* out) {
        through(bundle, shape_.layers);
        give(bundle, out);
    }

    // As far as tokens need each other: of those that will be read `read`, with a row for each text of the input, gets
    // hidden states and what the last layer's attention makes of them. Others' queries of that layer are nobody's.
    void run_to_reads(const Bundle& bundle, EncoderMemory& read) {
        through(bundle, shape_.layers - 1);
        const int64_t stride = shape_.padded_hidden(), texts = bundle.last - bundle.first;
        float* const hidden_read = read.hidden() + bundle.first * stride;
        float* const mixed_read = read.mixed() + bundle.first * stride;
        member_.step(texts, [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i)
                std::memcpy(hidden_read + i * stride, hidden(input_.reads[bundle.first + i] - bundle.row),
                            size_t(shape_.hidden) * sizeof(float));
        });
        if (!shape_.layers) return;
        const Linear& queries = weights_.layer(shape_.layers - 1).qkv;
        each_block({0, 0, 0, texts, bundle.blocks}, [&](int64_t i, int64_t count) {
            multiply(queries, {0, stride / PANEL}, hidden_read + i * stride, count, mixed_read + i * stride, stride);
        });
        attend(bundle, [&](int64_t i) { return Asked{{mixed_read + i * stride, 1, stride}, mixed_read + i * stride}; });
    }

    // The rest of the last layer, for the rows of `reads`, whose memory this walk then has; writes `out`, (texts, hidden).
    void run_from_reads(const Bundle& reads, float* out) {
        if (shape_.layers)
            each_block(reads, [&](int64_t row, int64_t rows) { feed_forward(weights_.layer(shape_.layers - 1), row, rows); });
        give(reads, out);
    }

private:
    template <class F> static void each_block(const Bundle& bundle, F&& f) {
        for (int64_t i = 0; i < bundle.blocks; ++i)
            if (const int64_t rows = bundle.block_begin(i + 1) - bundle.block_begin(i)) f(bundle.block_begin(i), rows);
    }

    // Through the first `layers`, and into the next one as far as its queries, keys and values.
    void through(const Bundle& bundle, int64_t layers) {
        embed(bundle);
        if (shape_.layers) each_block(bundle, [&](int64_t row, int64_t rows) { project(0, row, rows); });
        for (int64_t i = 0; i < layers; ++i) {
            attend(bundle);
            each_block(bundle, [&](int64_t row, int64_t rows) {
                feed_forward(weights_.layer(i), row, rows);
                if (i + 1 < shape_.layers) project(i + 1, row, rows);
            });
        }
    }

    void give(const Bundle& bundle, float* out) {
        member_.step(bundle.rows, [&](int64_t begin, int64_t end) {
            for (int64_t row = begin; row < end; ++row)
                std::memcpy(out + (bundle.row + row) * shape_.hidden, hidden(row), size_t(shape_.hidden) * sizeof(float));
        });
    }

    float* hidden(int64_t row) { return memory_.hidden() + row * shape_.padded_hidden(); }
    float* mixed(int64_t row) { return memory_.mixed() + row * shape_.padded_hidden(); }
    float* qkv(int64_t row) { return memory_.qkv() + row * shape_.padded_qkv(); }

    void embed(const Bundle& bundle) {
        member_.step(bundle.rows, [&](int64_t begin, int64_t end) {
            for (int64_t row = begin; row < end; ++row) {
                const float* const word = input_.words + input_.ids[bundle.row + row] * shape_.hidden;
                const float* const position = input_.positions + input_.position_ids[bundle.row + row] * shape_.hidden;
                kernels_.add_and_normalise(word, position, hidden(row), 1, 0, weights_.first_norm());
            }
        });
    }

    // Queries, keys and values; of a last layer that few tokens ask, only panels with keys and values.
    void project(int64_t number, int64_t row, int64_t rows) {
        const Linear& layer = weights_.layer(number).qkv;
        const int64_t first = input_.reads && number + 1 == shape_.layers ? shape_.hidden / PANEL : 0;
        multiply(layer, {first, layer.panels()}, hidden(row), rows, qkv(row), shape_.padded_qkv());
    }

    // Every token's query, within its text.
    void attend(const Bundle& bundle) {
        attend(bundle, [&](int64_t i) {
            const int64_t* const text = input_.indptr + bundle.first + i;
            const int64_t row = text[0] - bundle.row;
            return Asked{{qkv(row), text[1] - text[0], shape_.padded_qkv()}, mixed(row)};
        });
    }

    // Queries of one text, and where to what attention makes of them.
    struct Asked {
        Queries queries;
        float* mixed;
    };

    // asked(i) are those of the bundle's text i.
    template <class F> void attend(const Bundle& bundle, F&& asked) {
        const Heads heads = heads_of(shape_);
        member_.step((bundle.last - bundle.first) * heads.count, [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) {
                const int64_t* const text = input_.indptr + bundle.first + i / heads.count;
                const Asked of_text = asked(i / heads.count);
                kernels_.attend(heads, i % heads.count, of_text.queries, qkv(text[0] - bundle.row), text[1] - text[0],
                                of_text.mixed, memory_.scratch(member_.number()));
            }
        });
    }

    // What of a layer stands behind attention.
    void feed_forward(const EncoderLayer& layer, int64_t row, int64_t rows) {
        float* const wide = memory_.wide();
        multiply(layer.mix, mixed(row), rows, wide);
        normalise(wide, row, rows, layer.mix_norm);
        multiply(layer.widen, hidden(row), rows, wide, shape_.activation);
        multiply(layer.narrow, wide, rows, mixed(row));
        normalise(mixed(row), row, rows, layer.narrow_norm);
    }

    void multiply(const Linear& layer, const float* given, int64_t rows, float* out,
                  Activation activation = Activation::NONE) {
        multiply(layer, {0, layer.panels()}, given, rows, out, padded_to_panel(layer.outputs), activation);
    }

    struct Panels {
        int64_t first, last;
    };

    void multiply(const Linear& layer, Panels panels, const float* given, int64_t rows, float* out, int64_t out_stride,
                  Activation activation = Activation::NONE) {
        if (layer.scales) {
            multiply_bytes(layer, panels, given, rows, out, out_stride, activation);
            return;
        }
        member_.step(panels.last - panels.first, [&](int64_t first, int64_t last) {
            kernels_.linear(given, rows, padded_to_panel(layer.inputs), layer, panels.first + first, panels.first + last,
                            activation, out, out_stride);
        });
    }

    // The same in int8: every row gets a range of its own, and its numbers become codes for where in it they lie.
    void multiply_bytes(const Linear& layer, Panels panels, const float* given, int64_t rows, float* out,
                        int64_t out_stride, Activation activation) {
        const int64_t stride = padded_to_panel(layer.inputs);
        member_.step(rows, [&](int64_t begin, int64_t end) {
            bytes_->encode_rows(given + begin * stride, end - begin, layer.inputs, stride, memory_.codes() + begin * stride,
                               memory_.ranges() + begin);
        });
        member_.step(panels.last - panels.first, [&](int64_t first, int64_t last) {
            bytes_->linear({memory_.codes(), memory_.ranges(), rows, stride}, layer, panels.first + first,
                           panels.first + last, {kernels_.activate, activation}, out, out_stride);
        });
    }

    // Hidden states become the LayerNorm of themselves and what a layer adds to them.
    void normalise(const float* added, int64_t row, int64_t rows, const Norm& norm) {
        const int64_t stride = shape_.padded_hidden();
        member_.step(rows, [&](int64_t begin, int64_t end) {
            kernels_.add_and_normalise(added + begin * stride, hidden(row + begin), hidden(row + begin), end - begin, stride,
                                       norm);
        });
    }

    const EncoderWeights& weights_;
    const EncoderShape& shape_;
    const EncoderKernels& kernels_;
    const ByteKernels* const bytes_;
    const EncoderInput& input_;
    EncoderMemory& memory_;
    Team::Member& member_;
};

}  // namespace embedfn
