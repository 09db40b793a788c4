// What has been worked out for surface forms: an open-addressing table from a short byte string and a tag to a number. A
// slot holds a form of up to 16 bytes whole, so that nearly every look-up touches its cache line alone; of a longer
// one it holds hash and size, and an arena decides.
#pragma once

#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "form.hpp"
#include "arrays.hpp"

namespace embedfn {

class FormTable {
public:
    struct Slot {
        uint64_t first = 0, second = 0;
        uint32_t place = 0;  // 0 where free; a short form's own; a long one's place in the arena + LONG
        int32_t value = 0;

        // A long form never is: an arena decides.
        bool is(const Form& form) const { return first == form.first && second == form.second && place == form.place; }
    };

    size_t size() const { return size_; }
    size_t bytes() const { return slots_.size() * sizeof(Slot) + arena_.size(); }

    void prefetch(const Form& form) const {
        ask_for_whole(slots_[form.hash & mask_]);
    }

    // Makes room for at least n forms, so that the table need not grow to that step by step.
    void reserve(size_t n) {
        size_t slots = slots_.size();
        while (3 * n > 2 * slots) slots *= 2;
        if (slots <= slots_.size()) return;
        resize(slots);
        arena_.reserve(n * LONG_BYTES);
    }

    // The form's value, or null.
    const int32_t* find(const Form& form) const {
        const Slot& likely = slots_[form.hash & mask_];
        if (likely.is(form)) return &likely.value;
        const Slot& slot = slots_[slot_of(form)];
        return slot.place ? &slot.value : nullptr;
    }

    // The form must not be there. Where its value is, until the table grows.
    int32_t* insert(const Form& form, int32_t value) {
        if (3 * (size_ + 1) > 2 * slots_.size()) resize(slots_.size() * (slots_.size() < (1 << 16) ? 4 : 2));
        Slot& slot = slots_[slot_of(form)];
        slot = {form.first, form.second, form.place, value};
        if (!form.is_short()) {
            slot.place = LONG + uint32_t(arena_.size());
            arena_.insert(arena_.end(), char(form.tag()));
            arena_.insert(arena_.end(), form.from, form.from + form.size);
        }
        ++size_;
        return &slot.value;
    }

private:
    static constexpr uint32_t LONG = 1024;
    static constexpr size_t LONG_BYTES = 8;  // of long forms, for each form that there is

    size_t slot_of(const Form& form) const {
        for (size_t slot = form.hash & mask_;; slot = (slot + 1) & mask_) {
            const Slot& here = slots_[slot];
            if (!here.place || here.is(form)) return slot;
            if (!form.is_short() && here.first == form.first && here.second == form.second && is_long(here, form)) return slot;
        }
    }

    bool is_long(const Slot& slot, const Form& form) const {
        if (slot.place < LONG) return false;
        const char* const kept = arena_.data() + (slot.place - LONG);
        return uint8_t(*kept) == form.tag() && std::memcmp(kept + 1, form.from, form.size) == 0;
    }

    void resize(size_t size) {
        ZeroedArray<Slot> old(size);
        std::swap(old, slots_);
        mask_ = slots_.size() - 1;
        for (const Slot& from : old) {
            if (!from.place) continue;
            const uint32_t place = from.place < LONG ? from.place : Form::place_of(uint8_t(arena_[from.place - LONG]), 0);
            size_t slot = Form::mixed(from.first, from.second, place) & mask_;
            while (slots_[slot].place) slot = (slot + 1) & mask_;
            slots_[slot] = from;
        }
        old.outgrown();
    }

    ZeroedArray<Slot> slots_{1024};
    LargeVector<char> arena_;
    size_t mask_ = 1023, size_ = 0;
};

}  // namespace embedfn
