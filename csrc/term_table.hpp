// Terms and their ids: an open-addressing table over one arena of bytes. Ids are 0, 1, 2, … in the order of
// insertion. A slot holds a term of up to 16 bytes whole, so that most probes touch one cache line; of a longer term it
// holds hash and size, and the arena decides. Not locked: see vocabulary.hpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include "form.hpp"
#include "arrays.hpp"

namespace embedfn {

class TermTable {
public:
    int32_t size() const { return int32_t(offsets_.size() - 1); }
    size_t bytes() const { return arena_.size() + offsets_.size() * sizeof(int64_t) + slots_.bytes(); }
    Bytes bytes_of(int32_t id) const {
        const int64_t start = offsets_[size_t(id)];
        return {arena_.data() + start, size_t(offsets_[size_t(id) + 1] - start), arena_.data() + arena_.size()};
    }
    const LargeVector<char>& arena() const { return arena_; }
    const LargeVector<int64_t>& offsets() const { return offsets_; }

    // Asks for the cache line that find() and insert() will read first.
    void prefetch(const Form& term) const {
        ask_for_whole(slots_[term.hash & mask_]);
    }

    // Makes room for at least n terms of so many bytes, so that the table need not grow to that step by step.
    void reserve(size_t n, size_t bytes) {
        offsets_.reserve(n + 1);
        arena_.reserve(bytes + Form::SHORT);
        size_t slots = slots_.size();
        while (3 * (n + 1) > 2 * slots) slots *= 2;
        if (slots > slots_.size()) resize(slots);
    }

    // The term's id, or -1.
    int32_t find(const Form& term) const { return slots_[slot_of(term)].id_above - 1; }

    // The term's id, the next free one if it is new. Of a short term only the words are read.
    int32_t insert(const Form& term) {
        size_t slot = slot_of(term);
        if (slots_[slot].id_above) return slots_[slot].id_above - 1;
        if (size() == std::numeric_limits<int32_t>::max())
            throw std::overflow_error("a vocabulary holds at most 2147483647 terms");
        if (3 * offsets_.size() > 2 * slots_.size()) {
            resize(slots_.size() * (slots_.size() < (1 << 14) ? 4 : 2));
            slot = slot_of(term);
        }
        const int32_t id = size();
        keep_bytes(term);
        offsets_.push_back(int64_t(arena_.size()));
        slots_[slot] = {term.first, term.second, term.place, id + 1};
        return id;
    }

    // Puts the terms buffer[offsets[i]:offsets[i + 1]] into a table without any, as long as each is new; returns how many were.
    // One after the other, insert() takes twice as long.
    int32_t fill(const char* buffer, const int64_t* offsets, int32_t n) {
        constexpr int32_t BLOCK = 16;
        Form terms[BLOCK];
        for (int32_t start = 0; start < n; start += BLOCK) {
            const int32_t end = std::min(start + BLOCK, n);
            // Where so many are new, all may be.
            if (3 * size_t(end) > 2 * slots_.size()) reserve(size_t(n), size_t(offsets[n] - offsets[0]));
            arena_.insert(arena_.end(), buffer + offsets[start], buffer + offsets[end]);
            for (int32_t i = start; i < end; ++i) {
                Form& term = terms[i - start];
                term = Form({buffer + offsets[i], size_t(offsets[i + 1] - offsets[i]), buffer + offsets[n]});
                offsets_.push_back(offsets_.back() + int64_t(term.size));
                prefetch(term);
            }
            for (int32_t i = start; i < end; ++i) {
                const Form& term = terms[i - start];
                Slot& slot = slots_[slot_of(term)];
                if (slot.id_above) {
                    offsets_.resize(size_t(i) + 1);
                    arena_.resize(size_t(offsets_.back()));
                    return i;
                }
                slot = {term.first, term.second, term.place, i + 1};
            }
        }
        return n;
    }

private:
    struct Slot {
        uint64_t first = 0, second = 0;
        uint32_t place = 0;
        int32_t id_above = 0;  // 1 + the term's id, 0 where free
    };

    // The slot that holds the term, or the empty one where it belongs.
    size_t slot_of(const Form& term) const {
        for (size_t slot = term.hash & mask_;; slot = (slot + 1) & mask_) {
            const Slot& here = slots_[slot];
            if (!here.id_above) return slot;
            if (here.first == term.first && here.second == term.second && here.place == term.place &&
                (term.is_short() || std::memcmp(bytes_of(here.id_above - 1).from, term.from, term.size) == 0))
                return slot;
        }
    }

    // A short term is two words, and copied as such.
    void keep_bytes(const Form& term) {
        if (!term.is_short()) {
            arena_.insert(arena_.end(), term.from, term.from + term.size);
            return;
        }
        const size_t at = arena_.size();
        arena_.resize(at + Form::SHORT);
        std::memcpy(arena_.data() + at, &term.first, 8);
        std::memcpy(arena_.data() + at + 8, &term.second, 8);
        arena_.resize(at + term.size);
    }

    // A slot tells its term's hash: no need to read the terms again.
    void resize(size_t size) {
        ZeroedArray<Slot> old(size);
        std::swap(old, slots_);
        mask_ = slots_.size() - 1;
        for (const Slot& from : old) {
            if (!from.id_above) continue;
            size_t slot = Form::mixed(from.first, from.second, from.place) & mask_;
            while (slots_[slot].id_above) slot = (slot + 1) & mask_;
            slots_[slot] = from;
        }
        old.outgrown();
    }

    LargeVector<char> arena_;
    LargeVector<int64_t> offsets_{0};
    ZeroedArray<Slot> slots_{64};
    size_t mask_ = 63;
};

}  // namespace embedfn
