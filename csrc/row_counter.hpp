// Counting the term ids of one document after another. Where registers are wide enough, most are sorted in them (row_sort.hpp). Else
// ids are marked in a bitmap with two coarser ones above it, each bit of which says that a word of the one below has some bit; walking down from the coarsest yields them sorted. About
// 5 ns a term, no branch on data but where a word runs out (docs/performance.md).
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "arrays.hpp"
#include "byte_maps.hpp"
#include "row_sort.hpp"

namespace embedfn {

class RowCounter {
public:
    // Below a certain number of ids in all, sorting them costs less than the bitmaps' memory.
    static bool is_worthwhile(int64_t n_terms, int64_t n_ids) { return n_ids >= 1024 && n_ids >= n_terms / 32; }

    // For ids below n_terms.
    RowCounter(int64_t n_terms, int64_t n_ids, bool in_registers)
        : n_terms_(size_t(n_terms)), is_sorting_(!is_worthwhile(n_terms, n_ids)), in_registers_(in_registers) {}

    // Writes the distinct ids >= 0 in ascending order and how often each occurs; returns how many there are.
    int64_t count(const int32_t* ids, int64_t n, int32_t* indices, int32_t* tf) {
        if (!n) return 0;
        if (in_registers_ && n <= MOST_SORTED) return row_sort(n)(ids, n, indices, tf);
        return is_sorting_ ? sort(ids, n, indices, tf) : mark(ids, n, indices, tf);
    }

private:
    int64_t sort(const int32_t* ids, int64_t n, int32_t* indices, int32_t* tf) {
        sorted_.assign(ids, ids + n);
        std::sort(sorted_.begin(), sorted_.end());
        int64_t entries = 0;
        for (const int32_t id : sorted_) {
            if (id < 0) continue;
            if (entries && indices[entries - 1] == id) {
                ++tf[entries - 1];
            } else {
                indices[entries] = id;
                tf[entries++] = 1;
            }
        }
        return entries;
    }

    // Place 0 stands for every id below 0, so that none needs a branch.
    int64_t mark(const int32_t* ids, int64_t n, int32_t* indices, int32_t* tf) {
        if (!counts_.size()) make_bitmaps();
        auto& [places, words, blocks] = levels_;
        for (int64_t i = 0; i < n; ++i) {
            const size_t place = size_t(std::max(ids[i], -1) + 1);
            ++counts_[place];
            places[place / 64] |= uint64_t(1) << (place % 64);
            words[place / 4096] |= uint64_t(1) << (place / 64 % 64);
            blocks[place / 262144] |= uint64_t(1) << (place / 4096 % 64);
        }
        counts_[0] = 0;
        places[0] &= ~uint64_t(1);
        int64_t entries = 0;
        for (size_t i = 0; i < blocks.size(); ++i)
            drain(blocks[i], i, [&](size_t block) {
                drain(words[block], block, [&](size_t word) {
                    drain(places[word], word, [&](size_t place) {
                        indices[entries] = int32_t(place) - 1;
                        tf[entries++] = counts_[place];
                        counts_[place] = 0;
                    });
                });
            });
        return entries;
    }

    void make_bitmaps() {
        counts_ = ZeroedArray<int32_t>(n_terms_ + 1);
        for (size_t level = 0, size = counts_.size(); level < 3; ++level) levels_[level].resize(size = size / 64 + 1);
    }

    // f(bit's number among all) for each bit of a bitmap's word, which is then empty.
    template <class F> static void drain(uint64_t& word, size_t number, F&& f) {
        uint64_t bits = word;
        word = 0;
        for (; bits; bits &= bits - 1) f(number * 64 + size_t(lowest_bit(bits)));
    }

    size_t n_terms_;
    bool is_sorting_, in_registers_;
    std::vector<int32_t> sorted_;
    ZeroedArray<int32_t> counts_{0};
    std::array<std::vector<uint64_t>, 3> levels_;
};

}  // namespace embedfn
