// The terms of whole texts, remembered by the texts' digests: who fits on a corpus encodes it next. A digest is 128 bits, keyed
// by the process' seed, so that texts of one digest are not met by chance and cannot be made on purpose.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "hash.hpp"
#include "arrays.hpp"

namespace embedfn {

struct TextDigest {
    uint64_t first = 0, second = 0;
    bool operator==(const TextDigest& other) const { return first == other.first && second == other.second; }
};

// `kind` tells apart texts of the same bytes.
inline TextDigest digest_of(std::string_view bytes, uint64_t kind) {
    constexpr uint64_t odd[4] = {0x9e3779b97f4a7c15, 0xd6e8feb86659fd93, 0xc2b2ae3d27d4eb4f, 0x165667b19e3779f9};
    const uint64_t seed = hash_seed(), other_seed = fold_multiply(seed ^ odd[3], odd[0]);
    const char* at = bytes.data();
    size_t rest = bytes.size();
    // Two sums, each of products of all words with keys of its own; four lanes keep the multiplier busy.
    uint64_t lanes[4] = {seed ^ odd[0], seed ^ odd[1], other_seed ^ odd[2], other_seed ^ odd[3]};
    const auto mix = [&](const char* from) {
        const uint64_t a = read_word(from), b = read_word(from + 8), c = read_word(from + 16), d = read_word(from + 24);
        lanes[0] = fold_multiply(a ^ lanes[0], b ^ seed);
        lanes[1] = fold_multiply(c ^ lanes[1], d ^ seed);
        lanes[2] = fold_multiply(a ^ lanes[2], c ^ other_seed);
        lanes[3] = fold_multiply(b ^ lanes[3], d ^ other_seed);
    };
    for (; rest >= 32; at += 32, rest -= 32) mix(at);
    if (rest) {
        char last[32] = {};
        std::memcpy(last, at, rest);
        mix(last);
    }
    const uint64_t length = bytes.size() << 2 | kind;
    return {fold_multiply(lanes[0] ^ length, lanes[1] ^ odd[1]), fold_multiply(lanes[2] ^ length, lanes[3] ^ odd[2])};
}

class TextMemory {
public:
    // A text's terms, numbered from 1 on as they were met first: the greatest number before the text, and behind it.
    struct Terms {
        const int32_t* from;
        size_t size;
        int32_t before, behind;
    };

    static constexpr size_t CHUNK = 1 << 19;  // terms; no text of more is remembered

    // Shorter ones are as soon analyzed.
    static bool is_worthwhile(size_t bytes) { return bytes >= 64; }

    bool is_full() const { return is_full_; }
    size_t hits() const { return hits_; }

    // Asks for the cache line that find() and add() will read first.
    void prefetch(const TextDigest& digest) const {
        ask_for_whole(slots_[digest.first & (slots_.size() - 1)]);
    }

    bool has(const TextDigest& digest) const { return slots_[slot_of(digest)].place_above; }

    // The text's terms, if it is remembered; `from` is null if not.
    Terms find(const TextDigest& digest) {
        const Slot& slot = slots_[slot_of(digest)];
        if (!slot.place_above) return {};
        ++hits_;
        const uint32_t place = slot.place_above - 1;
        return {&chunks_[place / CHUNK][place % CHUNK], slot.n_terms, slot.before, slot.behind};
    }

    // Makes room for n texts, so that the table need not grow to that step by step.
    void reserve(size_t n) {
        size_t slots = slots_.size();
        while (2 * n > slots && slots < MAX_SLOTS) slots *= 4;
        if (slots > slots_.size()) resize(slots);
    }

    void add(const TextDigest& digest, const Terms& terms) {
        const size_t n = terms.size;
        if (is_full_ || n > CHUNK) return;
        if (2 * (size_ + 1) > slots_.size()) resize(slots_.size() * 4);
        Slot& slot = slots_[slot_of(digest)];
        if (slot.place_above) return;
        const bool needs_chunk = chunks_.empty() || used_ + n >= CHUNK;
        is_full_ = 2 * size_ >= MAX_SLOTS || (needs_chunk && chunks_.size() == MAX_CHUNKS);
        if (is_full_) return;
        if (needs_chunk) {
            chunks_.emplace_back(CHUNK);
            used_ = 0;
        }
        slot = {digest, uint32_t((chunks_.size() - 1) * CHUNK + used_ + 1), uint32_t(n), terms.before, terms.behind};
        std::copy_n(terms.from, n, chunks_.back().begin() + used_);
        used_ += n;
        ++size_;
    }

private:
    static constexpr size_t MAX_CHUNKS = 8, MAX_SLOTS = 1 << 18;
    struct Slot {
        TextDigest digest;
        uint32_t place_above = 0, n_terms = 0;  // 1 + the terms' place, 0 where free
        int32_t before = 0, behind = 0;
    };

    size_t slot_of(const TextDigest& digest) const {
        size_t slot = digest.first & (slots_.size() - 1);
        while (slots_[slot].place_above && !(slots_[slot].digest == digest)) slot = (slot + 1) & (slots_.size() - 1);
        return slot;
    }

    void resize(size_t size) {
        ZeroedArray<Slot> old(size);
        std::swap(old, slots_);
        for (const Slot& slot : old)
            if (slot.place_above) slots_[slot_of(slot.digest)] = slot;
        old.outgrown();
    }

    ZeroedArray<Slot> slots_{64};
    std::vector<RawArray<int32_t>> chunks_;
    size_t used_ = 0;  // of the last chunk
    size_t size_ = 0, hits_ = 0;
    bool is_full_ = false;
};

}  // namespace embedfn
