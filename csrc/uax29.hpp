// The words of a text by Unicode's default rules (UAX #29), as embedfn.lexical.uax29 defines them. Stretches of ASCII are
// looked at 64 bytes at a time, a bit a byte; where other characters come near, the rules are followed one by one.
#pragma once

#include <array>
#include <cstring>
#include <string_view>

#include "byte_maps.hpp"
#include "word_break.hpp"

namespace embedfn {

// Bit i is byte i of 64: letters, digits and underscores; the marks ' . : , ; that may stand inside a word; bytes of
// characters beyond ASCII.
struct WordBits {
    uint64_t word = 0, marks = 0, high = 0;
};

struct PlainWordBits {
    enum Kind : uint8_t { WORD = 1, MARK = 2, HIGH = 4 };

    static WordBits of(const char* from) {
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
        WordBits bits;
        for (int i = 0; i < 64; i += 8) {
            uint64_t kinds = 0;
            for (int j = 0; j < 8; ++j) kinds |= uint64_t(table[uint8_t(from[i + j])]) << (8 * j);
            bits.word |= gathered(kinds, 0) << i;
            bits.marks |= gathered(kinds, 1) << i;
            bits.high |= gathered(kinds, 2) << i;
        }
        return bits;
    }
};

#if EMBEDFN_SSE2
struct Sse2WordBits {
    static WordBits of(const char* from) {
        const auto all = [](int c) { return _mm_set1_epi8(char(c)); };
        WordBits bits;
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
};
using FastWordBits = Sse2WordBits;
#else
using FastWordBits = PlainWordBits;
#endif

namespace word_rules {

constexpr uint32_t set() { return 0; }
template <class... Values> constexpr uint32_t set(WordBreak value, Values... values) {
    return uint32_t(1) << value | set(values...);
}

// By value, the values that go on with a segment: WB3d, WB5, WB8 to WB10, WB13 to WB13b, WB15 and WB16.
inline constexpr std::array<uint32_t, 32> FOLLOWERS = [] {
    std::array<uint32_t, 32> sets{};
    sets[WB_SPACE] = set(WB_SPACE);
    sets[WB_LETTER] = sets[WB_HEBREW] = sets[WB_NUMBER] = set(WB_LETTER, WB_HEBREW, WB_NUMBER, WB_JOINER);
    sets[WB_KATAKANA] = set(WB_KATAKANA, WB_JOINER);
    sets[WB_JOINER] = set(WB_LETTER, WB_HEBREW, WB_NUMBER, WB_KATAKANA, WB_JOINER);
    sets[WB_FLAG] = set(WB_FLAG);
    return sets;
}();

// By value, the marks that may: WB6 and WB7, WB7a to WB7c, WB11 and WB12.
inline constexpr std::array<uint32_t, 32> MARKS = [] {
    std::array<uint32_t, 32> sets{};
    sets[WB_LETTER] = set(WB_MID_LETTER, WB_MID_BOTH, WB_QUOTE);
    sets[WB_HEBREW] = set(WB_MID_LETTER, WB_MID_BOTH, WB_QUOTE, WB_DOUBLE_QUOTE);
    sets[WB_NUMBER] = set(WB_MID_NUMBER, WB_MID_BOTH, WB_QUOTE);
    return sets;
}();

}  // namespace word_rules

// Walks over one text in UTF-8, lone surrogates as three bytes. Visitor: void plain_part(word) takes each word in order. Time is linear, and nothing is allocated.
template <class Visitor, class Bits = FastWordBits> class WordWalk {
public:
    WordWalk(std::string_view text, Visitor& visitor, const WordBreakTable& table)
        : begin_(text.data()), end_(text.data() + text.size()), visitor_(visitor), table_(table) {}

    void run() {
        const char* open = nullptr;    // where the word begins that goes on into this block
        const char* fresh = begin_;    // a boundary before which nothing matters any more
        bool follows_word = false;     // the block follows a letter, digit or underscore
        for (const char* at = begin_; at < end_;) {
            char last[64];
            const char* from = at;
            const size_t rest = size_t(end_ - at);
            if (rest < 64) {
                std::memset(last, 0, sizeof last);
                std::memcpy(last, at, rest);
                from = last;
            }
            const WordBits bits = Bits::of(from);
            const uint8_t next = rest > 64 ? uint8_t(at[64]) : 0;
            uint64_t word = bits.word;
            uint64_t joined = bits.marks & (bits.word << 1 | uint64_t(follows_word)) &
                              (bits.word >> 1 | uint64_t(is_word_byte(next)) << 63);
            for (; joined; joined &= joined - 1)
                if (joins(at + lowest_bit(joined))) word |= joined & -joined;
            // Where characters beyond ASCII are, and marks that stand before one.
            uint64_t special = bits.high | (bits.marks & (bits.high >> 1 | uint64_t(next >> 7) << 63));
            uint64_t edges = word ^ (word << 1 | uint64_t(open != nullptr));
            follows_word = bits.word >> 63;
            const char* behind = at + 64;
            while (special) {
                const int place = lowest_bit(special);
                open = take(at, open, edges & ((uint64_t(1) << place) - 1));
                fresh = careful(open ? open : before(at + place, fresh), at + place);
                open = nullptr;
                if (fresh >= behind) {
                    behind = fresh;
                    follows_word = false;
                    edges = 0;
                    break;
                }
                const uint64_t left = ~uint64_t(0) << (fresh - at);
                special &= left;
                word &= left;
                edges = word ^ word << 1;
            }
            open = take(at, open, edges);
            at = behind;
        }
        if (open) emit(open, end_);
    }

private:
    static bool is_word_byte(uint8_t byte) {
        if (byte >= 128) return false;
        const WordBreak value = ascii_word_break(byte);
        return value == WB_LETTER || value == WB_NUMBER || value == WB_JOINER;
    }

    // Does the mark join the ASCII before and behind it? WB6, WB7, WB11 and WB12.
    static bool joins(const char* mark) {
        const WordBreak left = ascii_word_break(mark[-1]), right = ascii_word_break(mark[1]), value = ascii_word_break(*mark);
        return left == right && left != WB_JOINER && value != (left == WB_LETTER ? WB_MID_NUMBER : WB_MID_LETTER);
    }

    // Hands over the words between edges, which are beginnings and ends in turn; what is left open.
    const char* take(const char* at, const char* open, uint64_t edges) {
        if (open) {
            if (!edges) return open;
            emit(open, at + lowest_bit(edges));
            edges &= edges - 1;
        }
        while (edges) {
            const char* const start = at + lowest_bit(edges);
            edges &= edges - 1;
            if (!edges) return start;
            emit(start, at + lowest_bit(edges));
            edges &= edges - 1;
        }
        return nullptr;
    }

    // A run of ASCII; one of underscores only is no word.
    void emit(const char* from, const char* end) {
        if (*from == '_') {
            const char* at = from;
            while (at < end && *at == '_') ++at;
            if (at == end) return;
        }
        visitor_.plain_part(std::string_view(from, size_t(end - from)));
    }

    // Where the segment begins that the character at `at`, which is in no ASCII word, may belong to.
    static const char* before(const char* at, const char* fresh) {
        if (at == fresh || !(*at & 0x80)) return at;
        --at;
        if (*at == ' ')
            while (at > fresh && at[-1] == ' ') --at;
        return at;
    }

    // Goes on by segments from a boundary until one behind `special` where ASCII follows; that place.
    const char* careful(const char* at, const char* special) {
        while (at <= special || (at < end_ && *at & 0x80)) {
            bool is_word = false;
            const char* const end = segment(at, is_word);
            if (is_word) visitor_.plain_part(std::string_view(at, size_t(end - at)));
            at = end;
        }
        return at;
    }

    CodedChar read(const char* at) const { return read_coded(table_, at, end_); }

    // The first character from `at` on that is not ignored (WB4); WB_OTHER at the end.
    CodedChar read_base(const char* at) const {
        while (at < end_) {
            const CodedChar found = read(at);
            if (!found.is_ignored()) return found;
            at = found.next;
        }
        return {WB_OTHER, at};
    }

    // The end of the segment that begins at `at`, and whether it is a word.
    const char* segment(const char* at, bool& is_word) const {
        const CodedChar first = read(at);
        is_word = first.code & WB_WORD;
        at = first.next;
        uint8_t value = first.value();
        if (value >= WB_CR && value <= WB_NEWLINE) return at;           // WB3a; WB3 makes no word another
        bool after_zwj = value == WB_ZWJ;
        while (at < end_) {
            CodedChar next = read(at);
            if (word_rules::FOLLOWERS[value] >> next.value() & 1) {
                value = value == WB_FLAG ? uint8_t(WB_OTHER) : next.value();  // WB15 and WB16: two by two
                after_zwj = false;
            } else if (next.is_ignored()) {                             // WB4
                after_zwj = next.value() == WB_ZWJ;
                if (value == WB_SPACE) value = WB_OTHER;
            } else if (after_zwj && next.code & WB_PICTOGRAPHIC) {      // WB3c
                value = next.value();
                after_zwj = false;
            } else if (word_rules::MARKS[value] >> next.value() & 1) {
                const CodedChar behind = read_base(next.next);
                if (value == WB_NUMBER ? behind.value() == WB_NUMBER
                                       : next.value() == WB_DOUBLE_QUOTE ? behind.value() == WB_HEBREW : behind.is_letter()) {
                    next = behind;
                    value = behind.value();
                } else if (value == WB_HEBREW && next.value() == WB_QUOTE) {  // WB7a
                    value = WB_QUOTE;
                } else {
                    return at;
                }
                after_zwj = false;
            } else {
                return at;                                              // WB999
            }
            is_word |= next.code & WB_WORD;
            at = next.next;
        }
        return at;
    }

    const char* const begin_;
    const char* const end_;
    Visitor& visitor_;
    const WordBreakTable& table_;
};

}  // namespace embedfn
