// A growing list of numbers, millions of them, in memory that is not written before the numbers are and that others may share:
// what has been written there stays as it is.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "arrays.hpp"

namespace embedfn {

class Codes {
public:
    using Memory = std::shared_ptr<RawArray<int32_t>>;

    size_t size() const { return size_; }
    const int32_t* data() const { return memory_ ? memory_->begin() + first_ : nullptr; }
    int32_t operator[](size_t i) const { return data()[i]; }

    // Where the numbers stand, for others, and the place of the first there.
    const Memory& memory() const { return memory_; }
    size_t first() const { return first_; }

    // So many may come; memory is taken when the first does.
    void reserve(size_t n) { wanted_ = n; }

    // Where the next n numbers go.
    int32_t* extend(size_t n) {
        if (!n) return nullptr;
        const size_t room = memory_ && !is_others_ ? memory_->size() : 0;
        if (size_ + n > room) move(std::max({size_ + n, wanted_, 2 * room}));
        size_ += n;
        return memory_->begin() + size_ - n;
    }

    // Numbers that stand in others' memory: not copied as long as all stand there, one behind the other.
    void add(const Memory& memory, size_t first, size_t n) {
        if (!size_) {
            memory_ = memory;
            first_ = first;
            is_others_ = true;
        } else if (!is_others_ || memory_ != memory || first_ + size_ != first) {
            std::copy_n(memory->begin() + first, n, extend(n));
            return;
        }
        size_ += n;
    }

private:
    void move(size_t room) {
        auto memory = std::make_shared<RawArray<int32_t>>(room);
        if (size_) std::copy_n(data(), size_, memory->begin());
        memory_ = std::move(memory);
        first_ = 0;
        is_others_ = false;
    }

    Memory memory_;
    size_t first_ = 0, size_ = 0;
    bool is_others_ = false;  // then nothing may be written there
    size_t wanted_ = 0;
};

}  // namespace embedfn
