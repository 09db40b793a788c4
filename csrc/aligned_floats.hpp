// Zeros that begin on a cache line, and on a large page where they are many.
#pragma once

#include <cstddef>
#include <vector>

#include "huge_pages.hpp"

namespace embedfn {

class AlignedFloats {
public:
    AlignedFloats() = default;
    explicit AlignedFloats(size_t size) : lines_(size / 16 + 1) {}

    float* data() { return lines_.empty() ? nullptr : lines_.data()->floats; }
    size_t size() const { return lines_.size() * 16; }

private:
    struct alignas(64) Line {
        float floats[16];
    };
    std::vector<Line, HugePages<Line>> lines_;
};

}  // namespace embedfn
