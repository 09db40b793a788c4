// A short byte string as tables look it up: hashed, and whole in two words if it has at most 16 bytes.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "hash.hpp"

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

}  // namespace embedfn
