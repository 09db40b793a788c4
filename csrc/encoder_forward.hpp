// The forward pass of a BERT encoder over texts laid end to end: they are put into bundles whose activations fit a core's
// cache, and a thread takes a bundle through all layers. Where that would leave threads idle, all work on one bundle.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <vector>

#include "encoder_walk.hpp"

namespace embedfn {

// A bundle's activations may take so many bytes: three quarters of the second-level cache of a server's core.
constexpr int64_t BUNDLE_BYTES = 3 << 19;
// Below so many multiplications a second thread costs more than it saves.
constexpr int64_t MIN_PRODUCTS = 1 << 22;

inline int64_t rows_in_cache(const EncoderShape& shape) {
    const int64_t numbers = 2 * shape.padded_hidden() + std::max(shape.padded_qkv(), shape.padded_wide());
    return std::max<int64_t>(4 * MOST_ROWS, BUNDLE_BYTES / int64_t(sizeof(float)) / numbers);
}

// Bundles of about equally many tokens, a multiple of the threads if there are enough texts.
inline std::vector<Bundle> bundles_of(const EncoderInput& input, int64_t rows, int threads) {
    const int64_t tokens = input.indptr[input.n_texts];
    const int64_t wanted = ((tokens + rows - 1) / rows + threads - 1) / threads * threads;
    std::vector<Bundle> bundles;
    int64_t first = 0;
    for (int64_t i = 1; i <= wanted; ++i) {
        const int64_t last =
            std::lower_bound(input.indptr + first, input.indptr + input.n_texts, tokens * i / wanted) - input.indptr;
        const int64_t count = input.indptr[last] - input.indptr[first];
        if (count) bundles.push_back({first, last, input.indptr[first], count, std::max<int64_t>(1, (count + rows / 2) / rows)});
        first = last;
    }
    return bundles;
}

// Hidden states of the last layer, (tokens, hidden), into `out`; where only some tokens will be read, of these, (texts,
// hidden), the same numbers. Weights in int8 need the kernels for bytes.
inline void encode(const EncoderWeights& weights, const EncoderKernels& kernels, const EncoderInput& input, int n_threads,
                   float* out, const ByteKernels* bytes = nullptr) {
    const EncoderShape& shape = weights.shape();
    const int64_t tokens = input.indptr[input.n_texts];
    if (!tokens) return;
    const int64_t products = tokens * shape.layers * shape.hidden * (4 * shape.hidden + 2 * shape.wide);
    const int threads = int(std::max<int64_t>(1, std::min<int64_t>(n_threads, products / MIN_PRODUCTS)));
    const int64_t in_cache = rows_in_cache(shape);
    const std::vector<Bundle> bundles = bundles_of(input, in_cache, threads);

    int64_t rows = 0, block_rows = 0, longest = 0;
    for (const Bundle& bundle : bundles) {
        rows = std::max(rows, bundle.rows);
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
    // Tokens that are read come out of all bundles and go the rest of their way in blocks of their own.
    const int64_t n_read = input.reads ? input.n_texts : 0;
    const Bundle reads{0, n_read, 0, n_read, (n_read + in_cache - 1) / in_cache};
    EncoderMemory read(shape, n_read, n_read ? reads.most_block_rows() : 0, 0, 0);
    const auto run = [&](EncoderWalk&& walk, const Bundle& bundle) {
        if (input.reads) walk.run_to_reads(bundle, read);
        else walk.run(bundle, out);
    };
    std::atomic<size_t> next{0}, ended{0};
    Team::run(threads, [&](Team::Member member) {
        Team one(1);
        Team::Member alone(one, 0);
        for (size_t i; apart && (i = next.fetch_add(1)) < apart; ended.fetch_add(1, std::memory_order_release))
            run({weights, kernels, input, own[size_t(member.number())], alone, bytes}, bundles[i]);
        for (size_t i = apart; i < bundles.size(); ++i) run({weights, kernels, input, common, member, bytes}, bundles[i]);
        if (!input.reads) return;
        Team::turn_while([&] { return ended.load(std::memory_order_acquire) < apart; });
        EncoderWalk(weights, kernels, input, read, member, bytes).run_from_reads(reads, out);
    });
}

}  // namespace embedfn
