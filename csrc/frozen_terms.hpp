// Terms and their ids as a saved file lays them out (kernels/_frozen.py, docs/bm25.md), read where they lie: nothing is
// built. The slots are ordered by hash, each at its home, hash * n_buckets >> 32, or after the slot before it. So one
// walk along the slots and one along the terms can tell that every term will be found under its id and no other.
//
// The bytes may be anyone's. check() throws unless all of them are as the writer makes them; find() stays inside
// them without relying on that.
#pragma once

#include <algorithm>
#include <atomic>
#include <stdexcept>

#include "hash.hpp"
#include "parallel.hpp"
#include "utf8_check.hpp"

namespace embedfn {

inline uint32_t frozen_hash(const Bytes& term, uint64_t seed) {
    return uint32_t(hash_bytes(term, first_word(term), seed) >> 32);
}

// Hashes of the n terms buffer[offsets[i]:offsets[i + 1]].
inline void write_hashes(const char* buffer, const int64_t* offsets, int64_t n, uint64_t seed, int n_threads,
                         uint32_t* hashes) {
    parallel_rows(offsets, n, n_threads, [&](int64_t first, int64_t last) {
        for (int64_t i = first; i < last; ++i)
            hashes[i] = frozen_hash({buffer + offsets[i], size_t(offsets[i + 1] - offsets[i]), buffer + offsets[n]}, seed);
    });
}

class FrozenTerms {
public:
    static constexpr uint64_t MAX_DISTANCE = 1024;  // from a slot's home
    static constexpr int MAX_ALIKE = 16;            // slots of one hash

    FrozenTerms() = default;
    FrozenTerms(const char* bytes, int64_t n_bytes, const int64_t* offsets, int32_t n_terms, const uint64_t* slots,
                int64_t n_slots, uint64_t seed)
        : bytes_(bytes), offsets_(offsets), slots_(slots), n_bytes_(n_bytes), n_terms_(n_terms),
          n_slots_(uint64_t(n_slots)), seed_(seed) {}

    int32_t size() const { return n_terms_; }

    // Throws std::invalid_argument unless the terms are in order and the slots are those of the terms.
    void check(int n_threads) const {
        if (offsets_[0] != 0 || offsets_[n_terms_] != n_bytes_) throw std::invalid_argument(BAD_OFFSETS);
        if (n_slots_ <= n_buckets() || slots_[n_slots_ - 1] != 0 ||
            (n_slots_ > n_buckets() + 1 && slots_[n_slots_ - 2] == 0))
            throw std::invalid_argument(BAD_SLOTS);
        const int64_t n = std::max<int64_t>(n_terms_, int64_t(n_slots_));
        const int64_t parts = useful_threads(n, n_threads);
        std::atomic<uint64_t> terms{0}, slots{0};
        run_tasks(parts, n_threads, [&](int64_t part) {
            terms += sum_of_terms(n_terms_ * part / parts, n_terms_ * (part + 1) / parts);
        });
        run_tasks(parts, n_threads, [&](int64_t part) {
            slots += sum_of_slots(int64_t(n_slots_) * part / parts, int64_t(n_slots_) * (part + 1) / parts);
        });
        const uint64_t empty = n_slots_ - uint64_t(n_terms_);
        if (terms + empty * mixed(0, hash_seed()) != slots) throw std::invalid_argument(BAD_SLOTS);
    }

    // Calls f(i, term, id), id being -1 for a term that is not here, for the terms buffer[offsets[i]:offsets[i + 1]] from
    // begin to end. What one step asks memory for, the next finds in the cache.
    template <class F> void find(const char* buffer, const int64_t* offsets, int64_t begin, int64_t end, F&& f) const {
        constexpr int64_t block = 16;
        const char* const limit = buffer + offsets[end];
        Bytes terms[block];
        uint64_t hashes[block], places[block], ids[block];
        for (int64_t start = begin; start < end; start += block) {
            const int64_t n = std::min(block, end - start);
            for (int64_t i = 0; i < n; ++i) {
                const int64_t at = offsets[start + i];
                terms[i] = {buffer + at, size_t(offsets[start + i + 1] - at), limit};
                hashes[i] = hash_of(terms[i]);
                prefetch(slots_ + home(hashes[i]));
            }
            for (int64_t i = 0; i < n; ++i) {
                places[i] = first_place(hashes[i]);
                ids[i] = id_at(places[i], hashes[i]);
                if (ids[i] != NONE) prefetch(offsets_ + ids[i]);
            }
            for (int64_t i = 0; i < n; ++i)
                if (ids[i] != NONE) prefetch(bytes_of(ids[i]).from);
            for (int64_t i = 0; i < n; ++i) {
                while (ids[i] != NONE && !same_bytes(bytes_of(ids[i]), terms[i]))
                    ids[i] = id_at(++places[i], hashes[i]);
                f(start + i, terms[i], ids[i] == NONE ? -1 : int32_t(ids[i]));
            }
        }
    }

private:
    static constexpr uint64_t NONE = ~uint64_t(0);
    static constexpr const char* BAD_OFFSETS = "the offsets of its terms are not in order";
    static constexpr const char* BAD_SLOTS = "its table of terms is not that of its terms";

    // A slot: the hash above, the id + 1 below; 0 where it is empty.
    static uint64_t hash_in(uint64_t slot) { return slot >> 32; }
    static uint64_t id_in(uint64_t slot) { return (slot & 0xffffffff) - 1; }

    static void prefetch(const void* address) {
#if defined(__GNUC__)
        __builtin_prefetch(address);
#else
        (void)address;
#endif
    }

    // What a slot adds to a sum by which the slots' and the terms' are compared; nobody outside the process knows it.
    static uint64_t mixed(uint64_t slot, uint64_t secret) { return fold_multiply(slot ^ secret, 0x9e3779b97f4a7c15); }

    uint64_t n_buckets() const { return uint64_t(n_terms_) + uint64_t(n_terms_) / 2 + 1; }
    uint64_t home(uint64_t hash) const { return (hash * n_buckets()) >> 32; }
    uint64_t hash_of(const Bytes& term) const { return frozen_hash(term, seed_); }

    // A term, or nothing where its offsets lead outside.
    Bytes bytes_of(uint64_t id) const {
        const int64_t from = offsets_[id], to = offsets_[id + 1];
        if (from < 0 || to < from || to > n_bytes_) return {bytes_, 0, bytes_ + n_bytes_};
        return {bytes_ + from, size_t(to - from), bytes_ + n_bytes_};
    }

    // The first slot from the hash's home on that has it or a greater one, or is empty.
    uint64_t first_place(uint64_t hash) const {
        uint64_t place = home(hash);
        while (place < n_slots_ && slots_[place] != 0 && hash_in(slots_[place]) < hash) ++place;
        return place;
    }

    // The id at a place, or NONE where that has another hash.
    uint64_t id_at(uint64_t place, uint64_t hash) const {
        if (place >= n_slots_ || hash_in(slots_[place]) != hash) return NONE;
        const uint64_t id = id_in(slots_[place]);
        return id < uint64_t(n_terms_) ? id : NONE;
    }

    uint64_t sum_of_terms(int64_t begin, int64_t end) const {
        const uint64_t secret = hash_seed(), seed = seed_;
        const int64_t* const offsets = offsets_;
        const char *const bytes = bytes_, *const limit = bytes_ + n_bytes_;
        const uint64_t n_bytes = uint64_t(n_bytes_);
        uint64_t sum = 0, from = uint64_t(offsets[begin]);
        if (from > n_bytes) throw std::invalid_argument(BAD_OFFSETS);
        for (int64_t id = begin; id < end; ++id) {
            const uint64_t to = uint64_t(offsets[id + 1]);
            if (to < from || to > n_bytes) throw std::invalid_argument(BAD_OFFSETS);
            const Bytes term{bytes + from, size_t(to - from), limit};
            if (!is_utf8(term)) throw std::invalid_argument("a term is not UTF-8");
            sum += mixed((uint64_t(frozen_hash(term, seed)) << 32) | uint64_t(id + 1), secret);
            from = to;
        }
        return sum;
    }

    uint64_t sum_of_slots(int64_t begin, int64_t end) const {
        constexpr int64_t block = 512;
        uint64_t sum = 0;
        for (int64_t start = begin; start < end; start += block) {
            const int64_t stop = std::min(start + block, end);
            if (sum_of_block(start, stop, sum))
                for (int64_t place = std::max<int64_t>(start, 1); place < stop; ++place) refuse_twins(place);
        }
        return sum;
    }

    // Adds up a few slots; whether two neighbours may have one hash. That each id is there, once, the sum tells. No branch
    // depends on which slots are empty: nothing can foresee it.
    bool sum_of_block(int64_t begin, int64_t end, uint64_t& sum) const {
        const uint64_t secret = hash_seed(), buckets = n_buckets();
        const uint64_t* const slots = slots_;
        uint64_t total = 0, before = begin ? slots[begin - 1] : 0;
        bool wrong = false, alike = false;
        for (int64_t place = begin; place < end; ++place) {
            const uint64_t slot = slots[place], distance = uint64_t(place) - (hash_in(slot) * buckets >> 32);
            const uint64_t limit = before != 0 ? MAX_DISTANCE : 0;
            wrong |= (slot != 0) & ((distance > limit) | (slot <= before));
            alike |= slot - before - 1 < 0xffffffff;
            total += mixed(slot, secret);
            before = slot;
        }
        if (wrong) throw std::invalid_argument(BAD_SLOTS);
        sum += total;
        return alike;
    }

    // Throws when a slot before this one has its hash and its term, or too many have its hash.
    void refuse_twins(int64_t place) const {
        const uint64_t slot = slots_[place];
        if (slot == 0) return;
        for (int64_t other = place - 1; other >= 0 && hash_in(slots_[other]) == hash_in(slot) && slots_[other]; --other) {
            const uint64_t id = id_in(slots_[other]), mine = id_in(slot);
            if (place - other >= MAX_ALIKE || std::max(id, mine) >= uint64_t(n_terms_))
                throw std::invalid_argument(BAD_SLOTS);
            if (same_bytes(bytes_of(id), bytes_of(mine)))
                throw std::invalid_argument("a term stands twice among its terms");
        }
    }

    const char* bytes_ = nullptr;
    const int64_t* offsets_ = nullptr;
    const uint64_t* slots_ = nullptr;
    int64_t n_bytes_ = 0;
    int32_t n_terms_ = 0;
    uint64_t n_slots_ = 0, seed_ = 0;
};

}  // namespace embedfn
