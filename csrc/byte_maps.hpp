// Which bytes of a text are white space and which are marks that may end a sentence, a bit a byte, found 16 bytes at a
// time; words and marks are then looked for bit by bit, without a branch for each byte.
//
// "Spaces" are ASCII's white space, "white" is all that NLTK's \s matches. A text that has no other than ASCII's, as most,
// has one map for both. U+001C to U+001F, white space to Python, are neither: no rule before the last takes them for any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#if defined(__SSE2__) && !defined(EMBEDFN_NO_SIMD)
#include <emmintrin.h>
#define EMBEDFN_SSE2 1
#else
#define EMBEDFN_SSE2 0
#endif

namespace embedfn {

// BYTE_LEAD: may begin white space beyond ASCII.
enum ByteClass : uint8_t { BYTE_SPACE = 1, BYTE_MARK = 2, BYTE_LEAD = 4 };

constexpr std::array<uint8_t, 256> make_byte_classes() {
    std::array<uint8_t, 256> table{};
    for (const char c : {' ', '\t', '\n', '\r', '\v', '\f'}) table[size_t(c)] = BYTE_SPACE;
    for (const char c : {'.', '?', '!'}) table[size_t(c)] = BYTE_MARK;
    for (const int c : {0xc2, 0xe1, 0xe2, 0xe3}) table[size_t(c)] = BYTE_LEAD;
    return table;
}
inline constexpr std::array<uint8_t, 256> BYTE_CLASSES = make_byte_classes();
constexpr uint8_t class_of(char c) { return BYTE_CLASSES[uint8_t(c)]; }

inline int lowest_bit(uint64_t bits) {
#if defined(__GNUC__)
    return __builtin_ctzll(bits);
#else
    int at = 0;
    for (; !(bits & 1); bits >>= 1) ++at;
    return at;
#endif
}

inline int highest_bit(uint64_t bits) {
#if defined(__GNUC__)
    return 63 - __builtin_clzll(bits);
#else
    int at = 63;
    for (; !(bits >> 63); bits <<= 1) --at;
    return at;
#endif
}

// Bit i of a word is byte i of 64.
struct ByteBits {
    uint64_t spaces = 0, marks = 0, leads = 0;
};

inline ByteBits plain_byte_bits(const char* from) {
    ByteBits bits;
    for (int i = 0; i < 64; ++i) {
        const uint64_t kind = class_of(from[i]);
        bits.spaces |= (kind & 1) << i;
        bits.marks |= (kind >> 1 & 1) << i;
        bits.leads |= (kind >> 2 & 1) << i;
    }
    return bits;
}

inline ByteBits byte_bits(const char* from) {
#if EMBEDFN_SSE2
    const auto all = [](char c) { return _mm_set1_epi8(c); };
    ByteBits bits;
    for (int i = 0; i < 64; i += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i));
        const auto is = [&](int c) { return _mm_cmpeq_epi8(bytes, all(char(c))); };
        // Unsigned: low <= byte <= low + span.
        const auto between = [&](int low, int span) {
            const __m128i above = _mm_sub_epi8(bytes, all(char(low)));
            return _mm_cmpeq_epi8(_mm_min_epu8(above, all(char(span))), above);
        };
        const auto mask = [&](__m128i found) { return uint64_t(uint32_t(_mm_movemask_epi8(found))) << i; };
        bits.spaces |= mask(_mm_or_si128(between('\t', 4), is(' ')));
        bits.marks |= mask(_mm_or_si128(is('.'), _mm_or_si128(is('?'), is('!'))));
        if (_mm_movemask_epi8(bytes)) bits.leads |= mask(_mm_or_si128(is(0xc2), between(0xe1, 2)));
    }
    return bits;
#else
    return plain_byte_bits(from);
#endif
}

// Length of the white space beyond ASCII that is at `at`, or 0: U+0085, A0, 1680, 2000 to 200A, 2028, 2029, 202F, 205F, 3000.
inline size_t wide_space_length(const char* at, const char* end) {
    const auto byte = [&](int i) { return at + i < end ? uint8_t(at[i]) : 0; };
    const uint8_t second = byte(1), third = byte(2);
    switch (uint8_t(*at)) {
        case 0xc2: return second == 0x85 || second == 0xa0 ? 2 : 0;
        case 0xe1: return second == 0x9a && third == 0x80 ? 3 : 0;
        case 0xe2:
            if (second == 0x81) return third == 0x9f ? 3 : 0;
            if (second != 0x80) return 0;
            return (third >= 0x80 && third <= 0x8a) || third == 0xa8 || third == 0xa9 || third == 0xaf ? 3 : 0;
        case 0xe3: return second == 0x80 && third == 0x80 ? 3 : 0;
        default: return 0;
    }
}

class ByteMaps {
public:
    void map(std::string_view text) {
        size_ = text.size();
        has_wide_ = false;
        const size_t words = size_ / 64 + 1;
        if (spaces_.size() < words) {
            spaces_.resize(words);
            marks_.resize(words);
        }
        for (size_t word = 0; word < words; ++word) {
            const char* from = text.data() + word * 64;
            char last[64];
            if (size_ - word * 64 < 64) {
                const size_t rest = size_ - word * 64;
                std::memset(last, 'x', sizeof last);
                if (rest) std::memcpy(last, from, rest);
                from = last;
            }
            ByteBits bits = byte_bits(from);
            for (; bits.leads; bits.leads &= bits.leads - 1) {
                const size_t at = word * 64 + size_t(lowest_bit(bits.leads));
                if (const size_t length = wide_space_length(text.data() + at, text.data() + size_)) note_wide(at, length);
            }
            spaces_[word] = bits.spaces;
            marks_[word] = bits.marks;
        }
        if (has_wide_)
            for (size_t word = 0; word < words; ++word) wide_[word] |= spaces_[word];
        white_ = has_wide_ ? wide_.data() : spaces_.data();
    }

    // Is there white space beyond ASCII?
    bool has_wide() const { return has_wide_; }

    bool is_white(size_t at) const { return white_[at / 64] >> (at % 64) & 1; }

    // The first place from `at` on, or `end` if there is none before it.
    size_t next_space(size_t at, size_t end) const { return next(spaces_.data(), 0, at, end); }
    size_t next_other(size_t at, size_t end) const { return next(spaces_.data(), ~uint64_t(0), at, end); }
    size_t next_white(size_t at, size_t end) const { return next(white_, 0, at, end); }
    size_t next_part(size_t at, size_t end) const { return next(white_, ~uint64_t(0), at, end); }
    size_t next_mark(size_t at, size_t end) const { return next(marks_.data(), 0, at, end); }

    // Calls f(first, last) for each run of bytes that are not white in [at, end).
    template <class F> void each_part(size_t at, size_t end, F&& f) const {
        if (at >= end) return;
        constexpr size_t NONE = ~size_t(0);
        const size_t last_word = (end - 1) / 64;
        size_t open = NONE;  // where a run begins that goes on into the word at hand
        uint64_t inside = ~white_[at / 64] & (~uint64_t(0) << (at % 64));
        for (size_t word = at / 64;; inside = ~white_[++word]) {
            if (word == last_word) inside &= ~uint64_t(0) >> (63 - (end - 1) % 64);
            const size_t base = word * 64;
            // Beginnings and ends in turn.
            uint64_t edges = inside ^ (inside << 1 | uint64_t(open != NONE));
            if (open != NONE && edges) {
                f(open, base + size_t(lowest_bit(edges)));
                edges &= edges - 1;
                open = NONE;
            }
            while (edges) {
                const size_t first = base + size_t(lowest_bit(edges));
                edges &= edges - 1;
                if (!edges) {
                    open = first;
                    break;
                }
                f(first, base + size_t(lowest_bit(edges)));
                edges &= edges - 1;
            }
            if (word == last_word) break;
        }
        if (open != NONE) f(open, end);
    }

    // Behind the last space before `at`, but not before `begin`.
    size_t word_start(size_t at, size_t begin) const {
        size_t word = at / 64;
        uint64_t bits = spaces_[word] & ((uint64_t(1) << (at % 64)) - 1);
        while (!bits && word * 64 > begin) bits = spaces_[--word];
        const size_t start = bits ? word * 64 + size_t(highest_bit(bits)) + 1 : 0;
        return start > begin ? start : begin;
    }

private:
    void note_wide(size_t at, size_t length) {
        if (!has_wide_) wide_.assign(size_ / 64 + 1, 0);
        has_wide_ = true;
        for (const size_t end = at + length; at < end; ++at) wide_[at / 64] |= uint64_t(1) << (at % 64);
    }

    static size_t next(const uint64_t* map, uint64_t flip, size_t at, size_t end) {
        if (at >= end) return end;
        size_t word = at / 64;
        uint64_t bits = (map[word] ^ flip) & (~uint64_t(0) << (at % 64));
        while (!bits) {
            if (++word * 64 >= end) return end;
            bits = map[word] ^ flip;
        }
        const size_t found = word * 64 + size_t(lowest_bit(bits));
        return found < end ? found : end;
    }

    size_t size_ = 0;
    bool has_wide_ = false;
    std::vector<uint64_t> spaces_, marks_, wide_;
    const uint64_t* white_ = nullptr;  // the words of spaces_, or of wide_ where the text has such white space
};

}  // namespace embedfn
