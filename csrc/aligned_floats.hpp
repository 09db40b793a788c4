// Zeros that begin on a cache line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "arrays.hpp"

namespace embedfn {

class AlignedFloats {
public:
    AlignedFloats() = default;
    explicit AlignedFloats(size_t size) : memory_(size + LINE), size_(size) {}

    float* data() { return const_cast<float*>(std::as_const(*this).data()); }
    const float* data() const {
        if (!size_) return nullptr;
        const uintptr_t start = reinterpret_cast<uintptr_t>(memory_.begin()), bytes = LINE * sizeof(float);
        return reinterpret_cast<const float*>((start + bytes - 1) / bytes * bytes);
    }
    size_t size() const { return size_; }

private:
    static constexpr size_t LINE = 16;

    ZeroedArray<float> memory_{0};
    size_t size_ = 0;
};

}  // namespace embedfn
