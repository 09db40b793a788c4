// Terms and their ids: an open-addressing table over one arena of bytes. Ids are 0, 1, 2, … in the order of
// insertion. A slot holds a term of up to 8 bytes whole, so that most probes touch one cache line; of a longer term it
// holds the hash, and the arena decides. Not locked: see vocabulary.hpp.
#pragma once

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include "hash.hpp"
#include "huge_pages.hpp"

namespace embedfn {

struct Term {
    Bytes bytes;
    uint64_t hash = 0;
    uint64_t key = 0;  // the bytes of a short term, the hash of a long one

    Term() = default;
    explicit Term(const Bytes& bytes) : bytes(bytes) {
        key = first_word(bytes);
        hash = hash_bytes(bytes, key, hash_seed());
        if (!is_short()) key = hash;
    }

    bool is_short() const { return bytes.size <= 8; }
};

class TermTable {
public:
    TermTable() : offsets_{0}, slots_(64), mask_(63) {}

    int32_t size() const { return int32_t(offsets_.size() - 1); }
    size_t bytes() const { return arena_.size() + offsets_.size() * sizeof(int64_t) + slots_.size() * sizeof(Slot); }
    Bytes bytes_of(int32_t id) const {
        const int64_t start = offsets_[id];
        return {arena_.data() + start, size_t(offsets_[id + 1] - start), arena_.data() + arena_.size()};
    }
    const std::vector<char>& arena() const { return arena_; }
    const std::vector<int64_t>& offsets() const { return offsets_; }

    // Asks for the cache line that find() and insert() will read first.
    void prefetch(const Term& term) const {
#if defined(__GNUC__)
        __builtin_prefetch(&slots_[term.hash & mask_]);
#endif
    }

    // The term's id, or -1.
    int32_t find(const Term& term) const { return slots_[slot_of(term)].id; }

    // The term's id, the next free one if it is new.
    int32_t insert(const Term& term) {
        size_t slot = slot_of(term);
        if (slots_[slot].id >= 0) return slots_[slot].id;
        if (size() == std::numeric_limits<int32_t>::max())
            throw std::overflow_error("a vocabulary holds at most 2147483647 terms");
        if (3 * offsets_.size() > 2 * slots_.size()) {
            grow();
            slot = slot_of(term);
        }
        const int32_t id = size();
        arena_.insert(arena_.end(), term.bytes.from, term.bytes.from + term.bytes.size);
        offsets_.push_back(int64_t(arena_.size()));
        slots_[slot] = {term.key, short_size(term), id};
        return id;
    }

private:
    struct Slot {
        uint64_t key = 0;
        uint32_t size = 0;
        int32_t id = -1;
    };

    // Sizes of short terms apart, all longer ones alike: the arena knows theirs.
    static uint32_t short_size(const Term& term) { return term.is_short() ? uint32_t(term.bytes.size) : 9; }

    // The slot that holds the term, or the empty one where it belongs.
    size_t slot_of(const Term& term) const {
        for (size_t slot = term.hash & mask_;; slot = (slot + 1) & mask_) {
            const Slot& here = slots_[slot];
            if (here.id < 0) return slot;
            if (here.key == term.key && here.size == short_size(term) &&
                (term.is_short() || same_bytes(bytes_of(here.id), term.bytes)))
                return slot;
        }
    }

    // A slot tells its term's hash: no need to read the terms again.
    void grow() {
        std::vector<Slot, HugePages<Slot>> old(slots_.size() * (slots_.size() < (1 << 16) ? 4 : 2));
        old.swap(slots_);
        mask_ = slots_.size() - 1;
        for (const Slot& from : old) {
            if (from.id < 0) continue;
            const bool is_short = from.size <= 8;
            size_t slot = (is_short ? hash_bytes({nullptr, from.size, nullptr}, from.key, hash_seed()) : from.key) & mask_;
            while (slots_[slot].id >= 0) slot = (slot + 1) & mask_;
            slots_[slot] = from;
        }
    }

    std::vector<char> arena_;
    std::vector<int64_t> offsets_;
    std::vector<Slot, HugePages<Slot>> slots_;
    size_t mask_;
};

}  // namespace embedfn
