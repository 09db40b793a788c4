// The forward pass of a BERT encoder over texts laid end to end: they are put into bundles whose activations fit a core's
// cache, and a thread takes a bundle through all layers. Where that would leave threads idle, all work on one bundle.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <vector>

#include "encoder_walk.hpp"

namespace embedfn {

// A bundle's activations may take so many bytes: three quarters of the second-level cache of a server's core.
constexpr int64_t BUNDLE_BYTES = 3 << 19;
// Below so many multiplications a second thread costs more than it saves.
constexpr int64_t MIN_PRODUCTS = 1 << 22;

inline int64_t rows_in_cache(const EncoderShape& shape) {
    const int64_t numbers = 2 * shape.hidden_stride() + std::max(shape.qkv_stride(), shape.between()) + shape.most_pair_chunk();
    // Pairs share sums of weights among their tiles, so that fewer than five are worse than leaving the cache.
    const int64_t least = (shape.most_pair_chunk() ? 10 : 4) * MOST_ROWS;
    return std::max<int64_t>(least, BUNDLE_BYTES / int64_t(sizeof(float)) / numbers);
}

// Which texts' rows are paired, and which take the first layer from products of words and positions, by their own tokens alone:
// a text's numbers must not depend on its neighbours.
class Pairing {
public:
    Pairing(const EncoderShape& shape, const EncoderInput& input, const FirstLayer& first)
        : input_(input), least_(shape.most_pair_chunk() ? LEAST : std::numeric_limits<int64_t>::max()),
          starts_(size_t(input.n_texts) + 1), read_starts_(starts_), known_(size_t(input.n_texts)) {
        for (int64_t i = 0; i < input.n_texts; ++i) {
            const int64_t length = input.indptr[i + 1] - input.indptr[i];
            starts_[size_t(i) + 1] = starts_[size_t(i)] + length + (paired(i) ? length % 2 : 0);
            read_starts_[size_t(i) + 1] = read_starts_[size_t(i)] + (paired(i) ? 2 : 1);
            known_[size_t(i)] = length >= LEAST;
            for (int64_t token = input.indptr[i]; known_[size_t(i)] && token < input.indptr[i + 1]; ++token)
                known_[size_t(i)] = input.position(token) < first.n_positions();
        }
    }

    bool paired(int64_t text) const { return input_.indptr[text + 1] - input_.indptr[text] >= least_; }
    bool known(int64_t text) const { return known_[size_t(text)]; }
    bool alike(int64_t text, int64_t other) const { return paired(text) == paired(other) && known(text) == known(other); }
    // Where texts' rows begin; and those of the tokens that are read, with what they are paired with.
    const int64_t* starts() const { return starts_.data(); }
    const int64_t* read_starts() const { return read_starts_.data(); }

private:
    // Fewer rows gain too little by products to pay for sums of weights, and repeat too few words.
    static constexpr int64_t LEAST = 64;

    const EncoderInput& input_;
    const int64_t least_;
    std::vector<int64_t> starts_, read_starts_;
    std::vector<bool> known_;
};

// Bundles of about equally many rows, a multiple of the threads if there are enough texts; each of texts that are alike.
inline std::vector<Bundle> bundles_of(const Pairing& pairing, const WordProducts& products, const int64_t* starts, int64_t n_texts,
                                      int64_t rows, int threads) {
    std::vector<Bundle> bundles;
    for (int64_t begin = 0, end; begin < n_texts; begin = end) {
        for (end = begin + 1; end < n_texts && pairing.alike(begin, end);) ++end;
        const int64_t count = starts[end] - starts[begin];
        const int64_t wanted = ((count + rows - 1) / rows + threads - 1) / threads * threads;
        int64_t first = begin;
        for (int64_t i = 1; i <= wanted; ++i) {
            const int64_t last = std::lower_bound(starts + first, starts + end, starts[begin] + count * i / wanted) - starts;
            Bundle bundle{first, last, 1, starts, pairing.paired(begin), pairing.known(begin) ? &products : nullptr};
            bundle.blocks = std::max<int64_t>(1, (bundle.rows() + rows / 2) / rows);
            if (bundle.rows()) bundles.push_back(bundle);
            first = last;
        }
    }
    return bundles;
}

// Hidden states of the last layer, (tokens, hidden), into `out`; where only some tokens will be read, of these, (texts,
// hidden), the same numbers. Weights in int8 need the kernels for bytes.
inline void encode(const EncoderWeights& weights, const FirstLayer& first, const EncoderKernels& kernels, const EncoderInput& input,
                   int n_threads, float* out, const ByteKernels* bytes = nullptr) {
    const EncoderShape& shape = weights.shape();
    const int64_t tokens = input.indptr[input.n_texts];
    if (!tokens) return;
    const int64_t products = tokens * shape.layers * shape.hidden * (4 * shape.hidden + (shape.gated ? 3 : 2) * shape.wide);
    const int threads = int(std::max<int64_t>(1, std::min<int64_t>(n_threads, products / MIN_PRODUCTS)));
    const int64_t in_cache = rows_in_cache(shape);
    const Pairing pairing(shape, input, first);
    std::vector<int64_t> known;
    for (int64_t i = 0; i < input.n_texts; ++i)
        if (pairing.known(i)) known.insert(known.end(), input.ids + input.indptr[i], input.ids + input.indptr[i + 1]);
    WordProducts word_products(first, std::move(known), threads);
    const std::vector<Bundle> bundles = bundles_of(pairing, word_products, pairing.starts(), input.n_texts, in_cache, threads);

    int64_t rows = 0, block_rows = 0, longest = 0, read_rows = 0;
    for (const Bundle& bundle : bundles) {
        rows = std::max(rows, bundle.rows());
        block_rows = std::max(block_rows, bundle.most_block_rows());
    }
    for (int64_t i = 0; i < input.n_texts; ++i) longest = std::max(longest, input.indptr[i + 1] - input.indptr[i]);

    // Threads take bundles as long as there are any, and then share the last one, which the first to be free begins. They
    // share all where the one with the largest would make the others wait for more than a quarter of the time.
    const bool share_all = threads == 1 || rows * threads * 4 > tokens * 5;
    const size_t apart = share_all ? 0 : bundles.size() - 1;
    EncoderMemory common(shape, rows, block_rows, longest, threads);
    std::vector<EncoderMemory> own;
    for (int i = 0; apart && i < threads; ++i) own.emplace_back(shape, rows, block_rows, longest, 1);
    // Tokens that are read come out of all bundles and go the rest of their way in bundles of their own.
    const int64_t n_read = input.reads ? input.n_texts : 0, *const read_starts = pairing.read_starts();
    const std::vector<Bundle> reads = bundles_of(pairing, word_products, read_starts, n_read, in_cache, 1);
    for (const Bundle& bundle : reads) read_rows = std::max(read_rows, bundle.rows());
    EncoderMemory read(shape, read_starts[n_read], read_rows, 0, n_read ? threads : 0);
    const auto run = [&](EncoderWalk&& walk, const Bundle& bundle) {
        if (input.reads) walk.run_to_reads(bundle, read, read_starts);
        else walk.run(bundle, out);
    };
    std::atomic<size_t> next{0}, ended{0};
    Team::run(threads, [&](Team::Member member) {
        word_products.work_out(kernels, input.words, shape.hidden, member);
        Team one(1);
        Team::Member alone(one, 0);
        for (size_t i; apart && (i = next.fetch_add(1)) < apart; ended.fetch_add(1, std::memory_order_release))
            run({weights, kernels, input, own[size_t(member.number())], alone, bytes}, bundles[i]);
        for (size_t i = apart; i < bundles.size(); ++i) run({weights, kernels, input, common, member, bytes}, bundles[i]);
        if (!input.reads) return;
        Team::turn_while([&] { return ended.load(std::memory_order_acquire) < apart; });
        for (const Bundle& bundle : reads) EncoderWalk(weights, kernels, input, read, member, bytes).run_from_reads(bundle, out);
    });
}

}  // namespace embedfn
