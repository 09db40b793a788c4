// The way of some texts through all layers of a BERT encoder, as one member of a team goes it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "byte_kernels.hpp"
#include "encoder_kernels.hpp"
#include "encoder_weights.hpp"
#include "first_layer.hpp"
#include "team.hpp"

namespace embedfn {

// Token ids of texts end to end, each token's row of the position table, and where texts begin: n_texts + 1 offsets. Where
// only one token of each text will be read, which one: the last layer is then worked out for these alone. With turns, which
// rotation.hpp tells, positions are the tokens' places in their texts, and the position table has one row, for all.
struct EncoderInput {
    const float* words;
    const float* positions;
    const int64_t* ids;
    const int64_t* position_ids;
    const int64_t* indptr;
    int64_t n_texts;
    const int64_t* reads = nullptr;
    const float* turns = nullptr;

    int64_t position(int64_t token) const { return turns ? 0 : position_ids[token]; }
};

// Rows that go through a linear layer together.
struct Block {
    int64_t row, rows;
    bool paired;
};

// Texts [first, last), whose rows go through the linear layers in blocks that fit a core's cache. Text i's begin with row
// starts[i] - starts[first]; one row more than it has tokens is that of its last token once more, so that there are pairs.
struct Bundle {
    int64_t first, last, blocks;
    const int64_t* starts;
    bool paired;
    const WordProducts* products;  // what its first layer is put together of; null where that multiplies

    int64_t start(int64_t text) const { return starts[text] - starts[first]; }
    int64_t rows() const { return start(last); }
    int64_t unit() const { return paired ? 2 : 1; }
    int64_t block_begin(int64_t i) const { return rows() / unit() * i / blocks * unit(); }
    int64_t most_block_rows() const { return (rows() / unit() + blocks - 1) / blocks * unit(); }
};

inline Heads heads_of(const EncoderShape& shape) {
    return {shape.heads, shape.hidden / shape.heads, shape.qkv_stride(), shape.hidden_stride()};
}

// Activations of one bundle at a time, and each member's scratch. Where the longest text has no tokens, none attend.
class EncoderMemory {
public:
    EncoderMemory(const EncoderShape& shape, int64_t rows, int64_t block_rows, int64_t longest, int members)
        : hidden_at_(std::max(longest ? shape.qkv_stride() * rows : 0, block_rows < rows ? 0 : shape.between() * rows)),
          mixed_at_(hidden_at_ + shape.hidden_stride() * rows),
          wide_at_(block_rows < rows ? mixed_at_ + shape.hidden_stride() * rows : 0),
          gates_at_(wide_at_ + (shape.gated ? shape.wide_stride() * block_rows : 0)),
          scratch_at_(std::max(mixed_at_ + shape.hidden_stride() * rows, wide_at_ + shape.between() * block_rows)),
          scratch_size_(std::max(padded_to_panel(heads_of(shape).scratch(longest)), pair_scratch(shape.most_pair_chunk()))),
          ranges_at_(scratch_at_ + scratch_size_ * members),
          codes_at_(ranges_at_ + (shape.bytes ? padded_to_panel(2 * block_rows) : 0)),
          sums_at_(codes_at_ + (shape.bytes ? std::max(shape.hidden_stride(), shape.wide_stride()) / 4 * block_rows : 0)),
          floats_(size_t(sums_at_ + (shape.most_pair_chunk() ? pair_sums_stride(shape.most_pair_chunk()) * block_rows / 2 : 0))) {}

    float* qkv() { return floats_.data(); }
    float* hidden() { return floats_.data() + hidden_at_; }
    float* mixed() { return floats_.data() + mixed_at_; }
    float* wide() { return floats_.data() + wide_at_; }
    float* gates() { return floats_.data() + gates_at_; }
    ByteRange* ranges() { return reinterpret_cast<ByteRange*>(floats_.data() + ranges_at_); }
    uint8_t* codes() { return reinterpret_cast<uint8_t*>(floats_.data() + codes_at_); }
    float* sums() { return floats_.data() + sums_at_; }
    float* scratch(int member) { return floats_.data() + scratch_at_ + scratch_size_ * member; }

private:
    int64_t hidden_at_, mixed_at_, wide_at_, gates_at_, scratch_at_, scratch_size_, ranges_at_, codes_at_, sums_at_;
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
        each_row(bundle, [&](int64_t row, int64_t token, bool again) {
            if (!again) std::memcpy(out + token * shape_.hidden, hidden(row), size_t(shape_.hidden) * sizeof(float));
        });
    }

    // As far as tokens need each other: of those that will be read `read`, with a row for each text of the input, gets
    // hidden states and what the last layer's attention makes of them. Others' queries of that layer are nobody's, but for
    // that of a pair's other row. Text i's rows there begin with starts[i].
    void run_to_reads(const Bundle& bundle, EncoderMemory& read, const int64_t* starts) {
        through(bundle, shape_.layers - 1);
        const int64_t stride = shape_.hidden_stride(), texts = bundle.last - bundle.first, unit = bundle.unit();
        float* const hidden_read = read.hidden() + starts[bundle.first] * stride;
        float* const mixed_read = read.mixed() + starts[bundle.first] * stride;
        member_.step(texts, [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) {
                const int64_t text = bundle.first + i, row = bundle.start(text) + place_read(text) / unit * unit;
                std::memcpy(hidden_read + i * unit * stride, hidden(row), size_t(unit * stride) * sizeof(float));
            }
        });
        if (!shape_.layers) return;
        const Linear& queries = weights_.layer(shape_.layers - 1).qkv;
        const int64_t ends[] = {0, texts * unit};
        each_block({0, 1, bundle.blocks, ends, bundle.paired, nullptr}, [&](const Block& block) {
            multiply(queries, {0, padded_to_panel(shape_.hidden) / PANEL}, hidden_read + block.row * stride, block,
                     mixed_read + block.row * stride, stride);
        });
        rotate(bundle, shape_.hidden, shape_.heads);
        rotate_read(bundle, mixed_read);
        attend(bundle, [&](int64_t i) {
            float* const rows = mixed_read + i * unit * stride;
            return Asked{{rows, unit, stride}, rows};
        });
    }

    // The rest of the last layer, for rows of the memory that this walk then has; writes rows of `out`, (texts, hidden).
    void run_from_reads(const Bundle& reads, float* out) {
        const int64_t base = reads.starts[reads.first];
        if (shape_.layers) feed_forward(weights_.layer(shape_.layers - 1), {base, reads.rows(), reads.paired});
        member_.step(reads.last - reads.first, [&](int64_t begin, int64_t end) {
            for (int64_t text = reads.first + begin; text < reads.first + end; ++text)
                std::memcpy(out + text * shape_.hidden, hidden(reads.starts[text] + place_read(text) % reads.unit()),
                            size_t(shape_.hidden) * sizeof(float));
        });
    }

private:
    template <class F> static void each_block(const Bundle& bundle, F&& f) {
        for (int64_t i = 0; i < bundle.blocks; ++i)
            if (const int64_t begin = bundle.block_begin(i), end = bundle.block_begin(i + 1); begin < end)
                f(Block{begin, end - begin, bundle.paired});
    }

    // Through the first `layers`, and into the next one as far as its queries, keys and values.
    void through(const Bundle& bundle, int64_t layers) {
        embed(bundle);
        if (shape_.layers && !bundle.products) each_block(bundle, [&](const Block& block) { project(0, block); });
        for (int64_t i = 0; i < layers; ++i) {
            rotate(bundle, 0, 2 * shape_.heads);
            attend(bundle);
            each_block(bundle, [&](const Block& block) {
                feed_forward(weights_.layer(i), block);
                if (i + 1 < shape_.layers) project(i + 1, block);
            });
        }
    }

    // f(row, token, whether it is this token's second row).
    template <class F> void each_row(const Bundle& bundle, F&& f) {
        member_.step(bundle.rows(), [&](int64_t begin, int64_t end) {
            const int64_t* const starts = bundle.starts + bundle.first;
            int64_t text = std::upper_bound(starts, bundle.starts + bundle.last, *starts + begin) - bundle.starts - 1;
            for (int64_t row = begin; row < end; ++text)
                for (; row < std::min(end, bundle.start(text + 1)); ++row) {
                    const int64_t token = input_.indptr[text] + row - bundle.start(text), last = input_.indptr[text + 1] - 1;
                    f(row, std::min(token, last), token > last);
                }
        });
    }

    // In its text.
    int64_t place_read(int64_t text) const { return input_.reads[text] - input_.indptr[text]; }

    float* hidden(int64_t row) { return memory_.hidden() + row * shape_.hidden_stride(); }
    float* mixed(int64_t row) { return memory_.mixed() + row * shape_.hidden_stride(); }
    float* qkv(int64_t row) { return memory_.qkv() + row * shape_.qkv_stride(); }

    // Hidden states, and where their products are known queries, keys and values.
    void embed(const Bundle& bundle) {
        const WordProducts* const known = bundle.products;
        each_row(bundle, [&](int64_t row, int64_t token, bool) {
            const int64_t id = input_.ids[token], place = input_.position(token);
            const float *const word = input_.words + id * shape_.hidden, *const position = input_.positions + place * shape_.hidden;
            if (known)
                kernels_.embed({word, known->of(id)}, {position, known->first().position(place)}, weights_.first_norm(),
                               known->first().shift(), known->first().width(), hidden(row), qkv(row));
            else
                kernels_.add_and_normalise(word, position, hidden(row), 1, 0, weights_.first_norm());
        });
    }

    // Queries, keys and values; of a last layer that few tokens ask, only panels with keys and values.
    void project(int64_t number, const Block& block) {
        const Linear& layer = weights_.layer(number).qkv;
        const int64_t first = input_.reads && number + 1 == shape_.layers ? shape_.hidden / PANEL : 0;
        multiply(layer, {first, layer.panels()}, hidden(block.row), block, qkv(block.row), shape_.qkv_stride());
    }

    // Some heads of all rows' queries and keys, from one of their components on.
    void rotate(const Bundle& bundle, int64_t from, int64_t heads) {
        if (!input_.turns) return;
        each_row(bundle, [&](int64_t row, int64_t token, bool) { rotate(qkv(row) + from, heads, token); });
    }

    // The queries of the tokens that are read, and of what these are paired with.
    void rotate_read(const Bundle& bundle, float* queries) {
        if (!input_.turns) return;
        const int64_t unit = bundle.unit(), stride = shape_.hidden_stride();
        member_.step((bundle.last - bundle.first) * unit, [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) {
                const int64_t text = bundle.first + i / unit, token = input_.indptr[text] + place_read(text) / unit * unit + i % unit;
                rotate(queries + i * stride, shape_.heads, std::min(token, input_.indptr[text + 1] - 1));
            }
        });
    }

    void rotate(float* rows, int64_t heads, int64_t token) {
        const int64_t size = shape_.hidden / shape_.heads;
        kernels_.rotate(rows, heads, size, input_.turns + input_.position_ids[token] * size);
    }

    // Every token's query, within its text.
    void attend(const Bundle& bundle) {
        attend(bundle, [&](int64_t i) {
            const int64_t row = bundle.start(bundle.first + i), end = bundle.start(bundle.first + i + 1);
            return Asked{{qkv(row), end - row, shape_.qkv_stride()}, mixed(row)};
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
                const int64_t text = bundle.first + i / heads.count;
                const Asked of_text = asked(i / heads.count);
                kernels_.attend(heads, i % heads.count, of_text.queries, qkv(bundle.start(text)),
                                input_.indptr[text + 1] - input_.indptr[text], of_text.mixed,
                                memory_.scratch(member_.number()));
            }
        });
    }

    // What of a layer stands behind attention.
    void feed_forward(const EncoderLayer& layer, const Block& block) {
        float* const wide = memory_.wide();
        multiply(layer.mix, mixed(block.row), block, wide);
        normalise(wide, block, layer.mix_norm);
        multiply(layer.widen, hidden(block.row), block, wide, shape_.gated ? Activation::NONE : shape_.activation);
        if (shape_.gated) gate(layer.gate, block);
        multiply(layer.narrow, wide, block, mixed(block.row));
        normalise(mixed(block.row), block, layer.narrow_norm);
    }

    // The wide layer's numbers by their gates.
    void gate(const Linear& layer, const Block& block) {
        multiply(layer, hidden(block.row), block, memory_.gates(), shape_.activation);
        const int64_t stride = stride_of(layer.outputs);
        member_.step(block.rows, [&](int64_t begin, int64_t end) {
            for (int64_t row = begin; row < end; ++row)
                kernels_.times(memory_.wide() + row * stride, memory_.gates() + row * stride, layer.outputs);
        });
    }

    void multiply(const Linear& layer, const float* given, const Block& block, float* out,
                  Activation activation = Activation::NONE) {
        multiply(layer, {0, layer.panels()}, given, block, out, stride_of(layer.outputs), activation);
    }

    struct Panels {
        int64_t first, last;
    };

    void multiply(const Linear& layer, Panels panels, const float* given, const Block& block, float* out, int64_t out_stride,
                  Activation activation = Activation::NONE) {
        if (layer.scales) {
            multiply_bytes(layer, panels, given, block.rows, out, out_stride, activation);
        } else if (block.paired && layer.pair_chunk()) {
            multiply_pairs(layer, panels, given, block.rows / 2, out, out_stride, activation);
        } else {
            member_.step(panels.last - panels.first, [&](int64_t first, int64_t last) {
                kernels_.linear(given, block.rows, stride_of(layer.inputs), layer, panels.first + first, panels.first + last,
                                activation, out, out_stride);
            });
        }
    }

    // The same for pairs of rows, where a layer's panels, and those of one part of `qkv`, are pairs as well.
    void multiply_pairs(const Linear& layer, Panels panels, const float* given, int64_t pairs, float* out, int64_t out_stride,
                        Activation activation) {
        const int64_t chunk = layer.pair_chunk(), stride = stride_of(layer.inputs);
        for (int64_t from = 0; from < layer.inputs; from += chunk) {
            member_.step(pairs, [&](int64_t begin, int64_t end) {
                kernels_.pair_sums(given + from + 2 * begin * stride, end - begin, stride, chunk / 2,
                                   memory_.sums() + begin * pair_sums_stride(chunk));
            });
            member_.step((panels.last - panels.first) / 2, [&](int64_t first, int64_t last) {
                kernels_.linear_of_pairs({given, pairs, stride, memory_.sums()}, layer, from, panels.first / 2 + first,
                                         panels.first / 2 + last, activation, out, out_stride,
                                         memory_.scratch(member_.number()));
            });
        }
    }

    // The same in int8: every row gets a range of its own, and its numbers become codes for where in it they lie.
    void multiply_bytes(const Linear& layer, Panels panels, const float* given, int64_t rows, float* out,
                        int64_t out_stride, Activation activation) {
        const int64_t stride = stride_of(layer.inputs);
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
    void normalise(const float* added, const Block& block, const Norm& norm) {
        const int64_t stride = shape_.hidden_stride();
        member_.step(block.rows, [&](int64_t begin, int64_t end) {
            float* const rows = hidden(block.row + begin);
            kernels_.add_and_normalise(added + begin * stride, rows, rows, end - begin, stride, norm);
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
