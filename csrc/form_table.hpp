// What has been worked out for surface forms: an open-addressing table from a short byte string and a tag to a number. A
// slot holds a form of up to 16 bytes whole, so that nearly every look-up touches its cache line alone; of a longer
// one it holds hash and size, and an arena decides.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "hash.hpp"
#include "huge_pages.hpp"

namespace embedfn {

// A form and its hash. `tag`, below 16, tells apart what the bytes alone do not.
struct Form {
    const char* from = nullptr;
    uint32_t size = 0;
    uint32_t tag = 0;
    uint64_t first = 0, second = 0;  // the bytes of a short form, hash and size of a long one
    uint64_t hash = 0;

    static constexpr uint32_t SHORT = 16;

    Form() = default;
    explicit Form(const Bytes& bytes, uint32_t tag = 0) : from(bytes.from), size(uint32_t(bytes.size)), tag(tag) {
        if (is_short()) {
            read_short(bytes.limit);
        } else {
            first = hash_bytes(bytes, read_word(from), hash_seed());
            second = size;
        }
        hash = mixed(first, second, tag_and_size());
    }

    static uint64_t mixed(uint64_t first, uint64_t second, uint32_t tag_and_size) {
        constexpr uint64_t odd = 0x9e3779b97f4a7c15;
        return fold_multiply(first ^ hash_seed(), second ^ odd ^ (uint64_t(tag_and_size) << 48));
    }

    bool is_short() const { return size <= SHORT; }
    // Above 0, and below 1024 for a short form.
    uint32_t tag_and_size() const { return tag_and_size_of(tag, is_short() ? size : 0); }
    static uint32_t tag_and_size_of(uint32_t tag, uint32_t size) { return 1 + tag * (SHORT + 1) + size; }

private:
    // Whole words are read and masked: branches on sizes cost more.
    void read_short(const char* limit) {
        static constexpr auto masks = [] {
            std::array<std::array<uint64_t, 2>, SHORT + 1> table{};
            for (uint32_t size = 0; size <= SHORT; ++size)
                for (uint32_t i = 0; i < size; ++i) table[size][i / 8] |= uint64_t(0xff) << (8 * (i % 8));
            return table;
        }();
        if (limit - from >= ptrdiff_t(SHORT)) {
            first = read_word(from) & masks[size][0];
            second = read_word(from + 8) & masks[size][1];
        } else {
            char bytes[SHORT] = {};
            if (size) std::memcpy(bytes, from, size);
            first = read_word(bytes);
            second = read_word(bytes + 8);
        }
    }
};

class FormTable {
public:
    struct Slot {
        uint64_t first = 0, second = 0;
        uint32_t place = 0;  // 0 where free; a short form's tag_and_size(); a long one's place in the arena + LONG
        int32_t value = 0;
    };

    FormTable() : slots_(1024), mask_(1023) {}

    size_t size() const { return size_; }
    size_t bytes() const { return slots_.size() * sizeof(Slot) + arena_.size(); }

    void prefetch(const Form& form) const {
#if defined(__GNUC__)
        __builtin_prefetch(&slots_[form.hash & mask_]);
#endif
    }

    // The form's value, or null.
    const int32_t* find(const Form& form) const {
        const Slot& slot = slots_[slot_of(form)];
        return slot.place ? &slot.value : nullptr;
    }

    // The form must not be there.
    void insert(const Form& form, int32_t value) {
        if (3 * (size_ + 1) > 2 * slots_.size()) grow();
        Slot& slot = slots_[slot_of(form)];
        slot = {form.first, form.second, form.tag_and_size(), value};
        if (!form.is_short()) {
            slot.place = LONG + uint32_t(arena_.size());
            arena_.insert(arena_.end(), char(form.tag));
            arena_.insert(arena_.end(), form.from, form.from + form.size);
        }
        ++size_;
    }

private:
    static constexpr uint32_t LONG = 1024;

    size_t slot_of(const Form& form) const {
        const uint32_t place = form.tag_and_size();
        for (size_t slot = form.hash & mask_;; slot = (slot + 1) & mask_) {
            const Slot& here = slots_[slot];
            if (!here.place) return slot;
            if (here.first != form.first || here.second != form.second) continue;
            if (form.is_short() ? here.place == place : is_long(here, form)) return slot;
        }
    }

    bool is_long(const Slot& slot, const Form& form) const {
        if (slot.place < LONG) return false;
        const char* const kept = arena_.data() + (slot.place - LONG);
        return uint8_t(*kept) == form.tag && std::memcmp(kept + 1, form.from, form.size) == 0;
    }

    void grow() {
        std::vector<Slot, HugePages<Slot>> old(slots_.size() * (slots_.size() < (1 << 16) ? 4 : 2));
        old.swap(slots_);
        mask_ = slots_.size() - 1;
        for (const Slot& from : old) {
            if (!from.place) continue;
            const uint32_t place = from.place < LONG ? from.place : Form::tag_and_size_of(uint8_t(arena_[from.place - LONG]), 0);
            size_t slot = Form::mixed(from.first, from.second, place) & mask_;
            while (slots_[slot].place) slot = (slot + 1) & mask_;
            slots_[slot] = from;
        }
    }

    std::vector<Slot, HugePages<Slot>> slots_;
    std::vector<char> arena_;
    size_t mask_, size_ = 0;
};

}  // namespace embedfn
