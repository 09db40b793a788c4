// The words of a text by Unicode's default rules (UAX #29), as embedfn.lexical.uax29 defines them. Stretches of ASCII are
// looked at 64 bytes at a time, a bit a byte; where other characters come near, the rules are followed one by one.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "word_bits.hpp"

namespace embedfn {

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
template <class Visitor> class WordWalk {
public:
    WordWalk(std::string_view text, Visitor& visitor, const WordBreakTable& table, FindWordBits find_bits = fast_word_bits())
        : begin_(text.data()), end_(text.data() + text.size()), visitor_(visitor), table_(table), find_bits_(find_bits) {}

    void run() {
        constexpr size_t AHEAD = 16;  // blocks
        WordBits found[AHEAD];
        const char* open = nullptr;  // where the word begins that goes on into the block at hand
        for (const char* at = begin_; at < end_;) {
            const size_t size = std::min(size_t(end_ - at), AHEAD * WordBits::BLOCK);
            find_bits_(at, size, found);
            const char* const behind = at + size;
            for (const WordBits* bits = found; at < behind; at += WordBits::BLOCK, ++bits) open = take_block(at, *bits, open);
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

    // Hands over a block's words, the first of which may be open; what is left open.
    const char* take_block(const char* at, const WordBits& bits, const char* open) {
        const char* const behind = at + WordBits::BLOCK;
        if (fresh_ >= behind) return nullptr;
        const uint8_t next = end_ > behind ? uint8_t(*behind) : 0;
        const bool follows_word = at > begin_ && is_word_byte(uint8_t(at[-1]));
        uint64_t word = bits.word;
        uint64_t joined = bits.marks & (bits.word << 1 | uint64_t(follows_word)) & (bits.word >> 1 | uint64_t(is_word_byte(next)) << 63);
        for (; joined; joined &= joined - 1)
            if (joins(at + lowest_bit(joined))) word |= joined & -joined;
        // Where characters beyond ASCII are, and marks that stand before one.
        uint64_t special = bits.high | (bits.marks & (bits.high >> 1 | uint64_t(next >> 7) << 63));
        uint64_t edges = word ^ (word << 1 | uint64_t(open != nullptr));
        const auto begin_anew = [&] {
            const uint64_t left = ~uint64_t(0) << (fresh_ - at);
            special &= left;
            word &= left;
            edges = word ^ word << 1;
        };
        if (fresh_ > at) begin_anew();
        while (special) {
            const int place = lowest_bit(special);
            open = take(at, open, edges & ((uint64_t(1) << place) - 1));
            fresh_ = careful(open ? open : before(at + place, fresh_), at + place);
            open = nullptr;
            if (fresh_ >= behind) return nullptr;
            begin_anew();
        }
        return take(at, open, edges);
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
    const FindWordBits find_bits_;
    const char* fresh_ = begin_;  // a boundary before which nothing matters any more
};

}  // namespace embedfn
