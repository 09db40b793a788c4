// A few words told from most others by size, first and last letter, in any case: asked before a table is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace embedfn {

class WordShapes {
public:
    void add(std::string_view word) {
        if (!word.empty()) bits_[place(word) / 64] |= uint64_t(1) << (place(word) % 64);
    }

    // True for every word that was added, whatever the case of its ASCII letters, and for a few others.
    bool may_have(std::string_view word) const {
        return !word.empty() && (bits_[place(word) / 64] >> (place(word) % 64) & 1);
    }

private:
    static size_t place(std::string_view word) {
        return (word.size() & 15) << 10 | size_t(word.front() & 31) << 5 | size_t(word.back() & 31);
    }

    std::array<uint64_t, 256> bits_{};
};

}  // namespace embedfn
