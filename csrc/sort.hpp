// Sorting each document's term ids. Comparison sorts mispredict a branch every few elements, so the rows of a block
// of documents are sorted together: (id, row) pairs by id, a radix pass per 11 bits, then dealt out to their rows in that
// order. About 10 ns a term where std::sort of short rows takes 30 (docs/performance.md).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

namespace embedfn {

class RowSorter {
public:
    // For each row r in [first, last): writes the ids >= 0 of ids[indptr[r]:indptr[r + 1]], sorted, to the same
    // place in `sorted`, and -1 after them.
    void sort(const int32_t* ids, const int64_t* indptr, int64_t first, int64_t last, int32_t* sorted) {
        while (first < last) {
            int64_t end = first;
            while (end < last && indptr[end + 1] - indptr[first] <= BLOCK) ++end;
            if (end == first || indptr[end] - indptr[first] < SMALL_BLOCK) {
                end = std::max(end, first + 1);
                for (int64_t row = first; row < end; ++row) sort_alone(ids, indptr, row, sorted);
            } else {
                sort_block(ids, indptr, first, end, sorted);
            }
            first = end;
        }
    }

private:
    struct Entry {
        uint32_t id, row;
    };

    static constexpr int64_t BLOCK = 1 << 15;        // two buffers of it stay within a core's cache
    static constexpr int64_t SMALL_BLOCK = 1 << 10;  // below this the passes' fixed cost shows
    static constexpr int DIGIT_BITS = 11;
    static constexpr uint32_t DIGITS = 1 << DIGIT_BITS;

    // A row too long to share a block, or one of few.
    static void sort_alone(const int32_t* ids, const int64_t* indptr, int64_t row, int32_t* sorted) {
        int32_t* const begin = sorted + indptr[row];
        int32_t* const end = std::copy_if(ids + indptr[row], ids + indptr[row + 1], begin,
                                          [](int32_t id) { return id >= 0; });
        std::sort(begin, end);
        std::fill(end, sorted + indptr[row + 1], -1);
    }

    void sort_block(const int32_t* ids, const int64_t* indptr, int64_t first, int64_t last, int32_t* sorted) {
        uint32_t any_bit = 0;
        size_t n = 0;
        entries_.resize(size_t(indptr[last] - indptr[first]));
        for (int64_t row = first; row < last; ++row)
            for (int64_t i = indptr[row]; i < indptr[row + 1]; ++i) {
                entries_[n] = {uint32_t(ids[i]), uint32_t(row - first)};
                if (ids[i] < 0) continue;
                any_bit |= uint32_t(ids[i]);
                ++n;
            }
        entries_.resize(n);
        for (int shift = 0; shift < 32 && any_bit >> shift; shift += DIGIT_BITS) pass(shift);
        place_.assign(indptr + first, indptr + last);
        for (const Entry& entry : entries_) sorted[place_[entry.row]++] = int32_t(entry.id);
        for (int64_t row = first; row < last; ++row)
            std::fill(sorted + place_[size_t(row - first)], sorted + indptr[row + 1], -1);
    }

    // Reorders the entries by one digit of their ids, keeping the order of equal digits.
    void pass(int shift) {
        const auto digit = [shift](const Entry& entry) { return entry.id >> shift & (DIGITS - 1); };
        std::array<uint32_t, DIGITS> start{};
        for (const Entry& entry : entries_) ++start[digit(entry)];
        uint32_t sum = 0;
        for (uint32_t& count : start) sum += std::exchange(count, sum);
        moved_.resize(entries_.size());
        for (const Entry& entry : entries_) moved_[start[digit(entry)]++] = entry;
        entries_.swap(moved_);
    }

    std::vector<Entry> entries_, moved_;
    std::vector<int64_t> place_;
};

}  // namespace embedfn
