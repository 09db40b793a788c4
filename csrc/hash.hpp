// Hashing and comparing short byte strings, most of them of 3 to 10 bytes: whole words are read and masked, because a
// branch on each length costs more than the bytes. Hashes mix 8 bytes a step by a 64x64->128 multiplication whose halves are
// folded together. Tables in memory are seeded once per process, so that no input can be made to collide on purpose. Saved
// tables (frozen_terms.hpp) have a seed of their own, and their files fix hash_bytes: docs/bm25.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <string_view>

// Before a function that is seldom called: it is kept out of those that are called often.
#if defined(__GNUC__)
#define EMBEDFN_APART [[gnu::noinline]]
#else
#define EMBEDFN_APART
#endif

// Before a short function that is called for each part of a text: a compiler that finds a unit too large leaves it out of line.
#if defined(__GNUC__)
#define EMBEDFN_WITHIN [[gnu::always_inline]] inline
#else
#define EMBEDFN_WITHIN inline
#endif

namespace embedfn {

// The condition, which seldom holds: what follows where it does stands apart.
inline bool seldom(bool condition) {
#if defined(__GNUC__)
    return __builtin_expect(condition, false);
#else
    return condition;
#endif
}

// Asks for the cache line of what will be read soon.
inline void ask_for(const void* address) {
#if defined(__GNUC__)
    __builtin_prefetch(address);
#else
    (void)address;
#endif
}

// The same of what may lie in two of them.
template <class T> inline void ask_for_whole(const T& item) {
    ask_for(&item);
    ask_for(reinterpret_cast<const char*>(&item + 1) - 1);
}

// A run of bytes, `limit` being the end of the memory that may be read around it.
struct Bytes {
    const char* from = nullptr;
    size_t size = 0;
    const char* limit = nullptr;
};

inline Bytes bytes_of(std::string_view text) { return {text.data(), text.size(), text.data() + text.size()}; }

// A string's own memory may be read to its end.
inline Bytes bytes_of(const std::string& text) { return {text.data(), text.size(), text.data() + text.capacity()}; }

inline uint64_t read_word(const char* from) {
    uint64_t word;
    std::memcpy(&word, from, sizeof word);
    return word;
}

// The first min(size, 8) bytes, zeros above them.
inline uint64_t first_word(const Bytes& bytes) {
    if (bytes.size >= 8) return read_word(bytes.from);
    uint64_t word = 0;
    if (bytes.limit - bytes.from >= 8)
        word = read_word(bytes.from);
    else if (bytes.size)
        std::memcpy(&word, bytes.from, bytes.size);
    return word & ((uint64_t(1) << (8 * bytes.size)) - 1);
}

inline bool same_bytes(const Bytes& a, const Bytes& b) {
    if (a.size != b.size || first_word(a) != first_word(b)) return false;
    if (a.size <= 8) return true;
    const size_t last = a.size - 8;
    return read_word(a.from + last) == read_word(b.from + last) &&
           (a.size <= 16 || std::memcmp(a.from + 8, b.from + 8, last - 8) == 0);
}

inline const uint64_t process_seed = [] {
    std::random_device device;
    return (uint64_t(device()) << 32) ^ device();
}();
inline uint64_t hash_seed() { return process_seed; }

inline uint64_t fold_multiply(uint64_t a, uint64_t b) {
#if defined(__SIZEOF_INT128__)
    const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
    return uint64_t(product) ^ uint64_t(product >> 64);
#else
    const uint64_t mask = 0xffffffff, low = (a & mask) * (b & mask), cross = (a >> 32) * (b & mask);
    const uint64_t middle = (low >> 32) + (cross & mask) + (a & mask) * (b >> 32);
    const uint64_t high = (a >> 32) * (b >> 32) + (cross >> 32) + (middle >> 32);
    return ((middle << 32) | (low & mask)) ^ high;
#endif
}

// `word` is first_word(bytes), which the caller needs too.
inline uint64_t hash_bytes(const Bytes& bytes, uint64_t word, uint64_t seed) {
    constexpr uint64_t odd_1 = 0x9e3779b97f4a7c15, odd_2 = 0xd6e8feb86659fd93;
    uint64_t state = fold_multiply(seed ^ (bytes.size * odd_2) ^ word, odd_1);
    if (bytes.size > 8) {
        const char* const last = bytes.from + bytes.size - 8;
        for (const char* at = bytes.from + 8; at < last; at += 8)
            state = fold_multiply(state ^ read_word(at), odd_1);
        state = fold_multiply(state ^ read_word(last), odd_1);
    }
    return fold_multiply(state, odd_2);
}

}  // namespace embedfn
