// Which bytes of a text may be in words by Unicode's rules (uax29.hpp), a bit a byte, found 16 or 64 at a time.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "byte_maps.hpp"
#include "word_break.hpp"

#if defined(__GNUC__) && defined(__x86_64__) && !defined(EMBEDFN_NO_SIMD)
#include <immintrin.h>
#define EMBEDFN_WIDE_BITS 1
#else
#define EMBEDFN_WIDE_BITS 0
#endif

namespace embedfn {

// Bit i is byte i of BLOCK: letters, digits and underscores; the marks ' . : , ; that may stand inside a word; bytes of
// characters beyond ASCII.
struct WordBits {
    static constexpr size_t BLOCK = 64;
    uint64_t word, marks, high;
};

// Fills in as many blocks as `size` bytes take; bytes behind them are none of these.
using FindWordBits = void (*)(const char* from, size_t size, WordBits* out);

namespace word_bits {

// By a function of 64 bytes.
template <class BitsOf> void each_block(const char* from, size_t size, WordBits* out, BitsOf&& bits_of) {
    for (; size >= WordBits::BLOCK; from += WordBits::BLOCK, size -= WordBits::BLOCK) *out++ = bits_of(from);
    if (!size) return;
    char last[WordBits::BLOCK] = {};
    std::memcpy(last, from, size);
    *out = bits_of(last);
}

enum Kind : uint8_t { WORD = 1, MARK = 2, HIGH = 4 };

inline WordBits plain_block(const char* from) {
    static constexpr auto table = [] {
        std::array<uint8_t, 256> kinds{};
        for (int c = 0; c < 256; ++c) {
            const WordBreak value = c < 128 ? ascii_word_break(c) : WB_OTHER;
            if (c >= 128) kinds[size_t(c)] = HIGH;
            else if (value == WB_LETTER || value == WB_NUMBER || value == WB_JOINER) kinds[size_t(c)] = WORD;
            else if (value == WB_QUOTE || (value >= WB_MID_BOTH && value <= WB_MID_NUMBER)) kinds[size_t(c)] = MARK;
        }
        return kinds;
    }();
    // Eight kinds in a word; a multiplication moves a bit of each to the top.
    const auto gathered = [](uint64_t kinds, int bit) {
        return ((kinds >> bit & 0x0101010101010101) * 0x0102040810204080) >> 56;
    };
    WordBits bits{};
    for (int i = 0; i < 64; i += 8) {
        uint64_t kinds = 0;
        for (int j = 0; j < 8; ++j) kinds |= uint64_t(table[uint8_t(from[i + j])]) << (8 * j);
        bits.word |= gathered(kinds, 0) << i;
        bits.marks |= gathered(kinds, 1) << i;
        bits.high |= gathered(kinds, 2) << i;
    }
    return bits;
}

inline void plain(const char* from, size_t size, WordBits* out) { each_block(from, size, out, plain_block); }

#if EMBEDFN_SSE2
inline WordBits sse2_block(const char* from) {
    const auto all = [](int c) { return _mm_set1_epi8(char(c)); };
    WordBits bits{};
    for (int i = 0; i < 64; i += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i));
        // Unsigned: low <= byte <= low + span.
        const auto between = [&](__m128i given, int low, int span) {
            const __m128i above = _mm_sub_epi8(given, all(low));
            return _mm_cmpeq_epi8(_mm_min_epu8(above, all(span)), above);
        };
        const auto is = [&](int ignored, int c) { return _mm_cmpeq_epi8(_mm_and_si128(bytes, all(~ignored)), all(c)); };
        const auto mask = [&](__m128i found) { return uint64_t(uint32_t(_mm_movemask_epi8(found))) << i; };
        const __m128i letters = between(_mm_or_si128(bytes, all(0x20)), 'a', 25);
        bits.word |= mask(_mm_or_si128(_mm_or_si128(letters, between(bytes, '0', 9)), is(0, '_')));
        // , and . differ in one bit, : and ; in another
        bits.marks |= mask(_mm_or_si128(_mm_or_si128(is(0, '\''), is(2, ',')), is(1, ':')));
        bits.high |= mask(bytes);
    }
    return bits;
}

inline void sse2(const char* from, size_t size, WordBits* out) { each_block(from, size, out, sse2_block); }
#endif

#if EMBEDFN_WIDE_BITS
[[gnu::target("avx512f,avx512bw")]] inline void avx512(const char* from, size_t size, WordBits* out) {
    // Masks of all lanes: GCC's bug 105593.
    constexpr __mmask64 every = ~__mmask64(0);
    const __m512i case_bit = _mm512_set1_epi8(0x20), a = _mm512_set1_epi8('a'), zero = _mm512_set1_epi8('0');
    for (size_t at = 0; at < size; at += WordBits::BLOCK, ++out) {
        const __mmask64 inside = size - at < 64 ? (__mmask64(1) << (size - at)) - 1 : every;
        const __m512i bytes = _mm512_maskz_loadu_epi8(inside, from + at);
        const auto is = [&](__m512i given, char c) __attribute__((target("avx512f,avx512bw"))) {
            return _mm512_mask_cmpeq_epi8_mask(every, given, _mm512_set1_epi8(c));
        };
        const __m512i from_a = _mm512_maskz_sub_epi8(every, _mm512_or_si512(bytes, case_bit), a);
        const __m512i from_zero = _mm512_maskz_sub_epi8(every, bytes, zero);
        out->word = _mm512_mask_cmplt_epu8_mask(every, from_a, _mm512_set1_epi8(26)) |
                    _mm512_mask_cmplt_epu8_mask(every, from_zero, _mm512_set1_epi8(10)) | is(bytes, '_');
        // , and . differ in one bit, : and ; in another
        out->marks = is(bytes, '\'') | is(_mm512_and_si512(bytes, _mm512_set1_epi8(~2)), ',') |
                     is(_mm512_and_si512(bytes, _mm512_set1_epi8(~1)), ':');
        out->high = _mm512_movepi8_mask(bytes);
    }
}
#endif

}  // namespace word_bits

// The ways that this machine has, the fastest last.
inline const std::vector<FindWordBits>& ways_to_word_bits() {
    static const std::vector<FindWordBits> ways = [] {
        std::vector<FindWordBits> found{word_bits::plain};
#if EMBEDFN_SSE2
        found.push_back(word_bits::sse2);
#endif
#if EMBEDFN_WIDE_BITS
        __builtin_cpu_init();
        if (__builtin_cpu_supports("avx512bw")) found.push_back(word_bits::avx512);
#endif
        return found;
    }();
    return ways;
}
inline FindWordBits fast_word_bits() { return ways_to_word_bits().back(); }

}  // namespace embedfn
