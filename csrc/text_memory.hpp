// The terms of whole texts, remembered by the texts' digests: who fits on a corpus encodes it next. A digest is 128 bits, keyed
// by the process' seed, so that texts of one digest are not met by chance and cannot be made on purpose.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "arrays.hpp"
#include "codes.hpp"
#include "hash.hpp"

// Terms in a piece of memory, of which there are at most eight; tests have fewer.
#ifndef EMBEDFN_TEXT_CHUNK
#define EMBEDFN_TEXT_CHUNK (1 << 19)
#endif

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
    // A text's terms, numbered from 0 on as they were met first: how many had been met before the text, and behind it.
    struct Terms {
        const Codes::Memory& memory;
        size_t first, size;  // in there
        int32_t before, behind;
    };

    static constexpr size_t CHUNK = EMBEDFN_TEXT_CHUNK;  // no text of more is remembered

    // Shorter ones are as soon analyzed.
    static bool is_worthwhile(size_t bytes) { return bytes >= 64; }

    bool is_full() const { return is_full_; }
    size_t hits() const { return hits_; }

    // Asks for the cache line that find() and add() will read first.
    void prefetch(const TextDigest& digest) const {
        ask_for_whole(slots_[digest.first & (slots_.size() - 1)]);
    }

    bool has(const TextDigest& digest) const { return slots_[slot_of(digest)].memory_above; }

    // The text's terms, until others are added; they must be there.
    Terms find(const TextDigest& digest) {
        const Slot& slot = slots_[slot_of(digest)];
        ++hits_;
        return {held_[slot.memory_above - 1], slot.first, slot.n_terms, slot.before, slot.behind};
    }

    // Makes room for n texts, so that the table need not grow to that step by step.
    void reserve(size_t n) {
        size_t slots = slots_.size();
        while (2 * n > slots && slots < MAX_SLOTS) slots *= 2;
        if (slots > slots_.size()) resize(slots);
    }

    // Memory of many terms is shared, not copied.
    void add(const TextDigest& digest, const Terms& terms) {
        Slot* const slot = slot_for(digest, terms.size);
        if (!slot) return;
        if (hold(terms.memory)) fill(*slot, {digest, uint32_t(held_.size()), uint32_t(terms.first), uint32_t(terms.size), terms.before, terms.behind});
        else copy(*slot, digest, {terms.memory->begin() + terms.first, terms.size, 0}, terms.before, terms.behind);
    }

    // The same by numbers from 1 on, which may have been met in any order.
    void add(const TextDigest& digest, const int32_t* ids, size_t n) {
        if (Slot* const slot = slot_for(digest, n)) copy(*slot, digest, {ids, n, 1}, UNKNOWN, UNKNOWN);
    }

private:
    static constexpr size_t MAX_TERMS = 8 * CHUNK, MAX_SLOTS = 1 << 18;
    static constexpr int32_t UNKNOWN = std::numeric_limits<int32_t>::max();
    struct Slot {
        TextDigest digest;
        uint32_t memory_above = 0;  // 1 + the number of the memory held, 0 where free
        uint32_t first = 0, n_terms = 0;
        int32_t before = 0, behind = 0;
    };

    size_t slot_of(const TextDigest& digest) const {
        size_t slot = digest.first & (slots_.size() - 1);
        while (slots_[slot].memory_above && !(slots_[slot].digest == digest)) slot = (slot + 1) & (slots_.size() - 1);
        return slot;
    }

    // Where a text may be noted that is not yet; null if it may not.
    Slot* slot_for(const TextDigest& digest, size_t n_terms) {
        if (is_full_ || n_terms > CHUNK) return nullptr;
        if (2 * (size_ + 1) > slots_.size()) resize(slots_.size() * 4);
        Slot& slot = slots_[slot_of(digest)];
        return slot.memory_above ? nullptr : &slot;
    }

    void fill(Slot& slot, const Slot& text) {
        slot = text;
        is_full_ |= 2 * ++size_ >= MAX_SLOTS;
    }

    // Whether the memory is the last that is held; not if it has room for few terms, or for too many.
    bool hold(const Codes::Memory& memory) {
        if (!held_.empty() && held_.back() == memory) return true;
        if (memory->size() < CHUNK / 8 || n_held_ + memory->size() > MAX_TERMS) return false;
        n_held_ += memory->size();
        held_.push_back(memory);
        return true;
    }

    struct Numbers {
        const int32_t* from;
        size_t size;
        int32_t base;
    };

    // Into a chunk of our own; where that is full, into another, if there may be one.
    void copy(Slot& slot, const TextDigest& digest, const Numbers& numbers, int32_t before, int32_t behind) {
        if (!chunk_above_ || used_ + numbers.size > CHUNK) {
            is_full_ |= n_held_ + CHUNK > MAX_TERMS;
            if (is_full_) return;
            held_.push_back(std::make_shared<RawArray<int32_t>>(CHUNK));
            n_held_ += CHUNK;
            chunk_above_ = held_.size();
            used_ = 0;
        }
        int32_t* const out = held_[chunk_above_ - 1]->begin() + used_;
        for (size_t i = 0; i < numbers.size; ++i) out[i] = numbers.from[i] - numbers.base;
        fill(slot, {digest, uint32_t(chunk_above_), uint32_t(used_), uint32_t(numbers.size), before, behind});
        used_ += numbers.size;
    }

    void resize(size_t size) {
        ZeroedArray<Slot> old(size);
        std::swap(old, slots_);
        for (const Slot& slot : old)
            if (slot.memory_above) slots_[slot_of(slot.digest)] = slot;
        old.outgrown();
    }

    ZeroedArray<Slot> slots_{64};
    std::vector<Codes::Memory> held_;
    size_t chunk_above_ = 0, used_ = 0;  // 1 + the number of the last chunk of our own, 0 without one; what of it is used
    size_t n_held_ = 0;  // terms that what is held has room for
    size_t size_ = 0, hits_ = 0;
    bool is_full_ = false;
};

}  // namespace embedfn
