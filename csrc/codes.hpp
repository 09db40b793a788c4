// A growing list of numbers, millions of them, whose memory is not written before the numbers are.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "arrays.hpp"

namespace embedfn {

class Codes {
public:
    size_t size() const { return size_; }
    const int32_t* data() const { return memory_.begin(); }
    int32_t operator[](size_t i) const { return memory_[i]; }

    void reserve(size_t n) {
        if (n <= memory_.size()) return;
        RawArray<int32_t> more(n);
        std::copy_n(data(), size_, more.begin());
        memory_ = std::move(more);
    }

    // Where the next n numbers go.
    int32_t* extend(size_t n) {
        if (size_ + n > memory_.size()) reserve(std::max(size_ + n, 2 * memory_.size()));
        int32_t* const places = memory_.begin() + size_;
        size_ += n;
        return places;
    }

private:
    RawArray<int32_t> memory_;
    size_t size_ = 0;
};

}  // namespace embedfn
