// A short byte string as tables look it up: hashed, and whole in two words if it has at most 16 bytes.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "hash.hpp"

namespace embedfn {

// A form and its hash. `tag`, below 16, tells apart what the bytes alone do not.
struct Form {
    const char* from;
    uint32_t size;
    uint32_t place;  // tag and size, as place_of() has them
    uint64_t first, second;  // the bytes of a short form, hash and size of a long one
    uint64_t hash;

    static constexpr uint32_t SHORT = 16;

    Form() = default;
    explicit Form(const Bytes& bytes, uint32_t tag = 0) : from(bytes.from), size(uint32_t(bytes.size)) {
        if (is_readable(bytes.from, bytes.size, bytes.limit)) read(bytes.from, tag);
        else read_slowly(bytes, tag);
    }
    // The same where is_readable(): nearly always.
    Form(const char* bytes, uint32_t n, uint32_t tag) : from(bytes), size(n) { read(bytes, tag); }

    // Short, and with memory behind that may be read as words.
    static bool is_readable(const char* bytes, size_t n, const char* limit) { return n <= SHORT && limit - bytes >= ptrdiff_t(SHORT); }

    static uint64_t mixed(uint64_t first, uint64_t second, uint32_t place) {
        constexpr uint64_t odd = 0x9e3779b97f4a7c15;
        return fold_multiply(first ^ hash_seed(), second ^ odd ^ (uint64_t(place) << 48));
    }

    std::string_view text() const { return {from, size}; }
    bool is_short() const { return size <= SHORT; }
    // Of a short form only.
    bool is_ascii() const { return !((first | second) & 0x8080808080808080); }
    uint32_t tag() const { return (place - 1) / (2 * SHORT); }
    // Above 0 and below 1024; without the size of a long form.
    static uint32_t place_of(uint32_t tag, uint32_t size) { return 1 + tag * 2 * SHORT + size; }

private:
    // Whole words are read and masked: branches on sizes cost more.
    void read(const char* bytes, uint32_t tag) {
        static constexpr auto masks = [] {
            std::array<std::array<uint64_t, 2>, SHORT + 1> table{};
            for (uint32_t size = 0; size <= SHORT; ++size)
                for (uint32_t i = 0; i < size; ++i) table[size][i / 8] |= uint64_t(0xff) << (8 * (i % 8));
            return table;
        }();
        set(read_word(bytes) & masks[size][0], read_word(bytes + 8) & masks[size][1], place_of(tag, size));
    }

    // A long form, or one with too little memory behind it.
    EMBEDFN_APART void read_slowly(const Bytes& bytes, uint32_t tag) {
        if (is_short()) {
            char copy[SHORT] = {};
            if (size) std::memcpy(copy, from, size);
            read(copy, tag);
        } else {
            set(hash_bytes(bytes, read_word(from), hash_seed()), size, place_of(tag, 0));
        }
    }

    void set(uint64_t first_word, uint64_t second_word, uint32_t tag_and_size) {
        first = first_word;
        second = second_word;
        place = tag_and_size;
        hash = mixed(first_word, second_word, tag_and_size);
    }
};

}  // namespace embedfn
