// What Unicode's word boundaries need to know of a character: its code, a Word_Break value and two flags, from the ranges
// that embedfn.lexical.uax29 hands over, and how far it reaches in UTF-8.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace embedfn {

// The numbers are those of embedfn.lexical.uax29.
enum WordBreak : uint8_t {
    WB_OTHER, WB_CR, WB_LF, WB_NEWLINE, WB_EXTEND, WB_FORMAT, WB_ZWJ, WB_SPACE, WB_LETTER, WB_HEBREW, WB_NUMBER,
    WB_KATAKANA, WB_JOINER, WB_QUOTE, WB_DOUBLE_QUOTE, WB_MID_BOTH, WB_MID_LETTER, WB_MID_NUMBER, WB_FLAG,
};
constexpr uint8_t WB_VALUE = 31;         // the bits of the value
constexpr uint8_t WB_PICTOGRAPHIC = 32;  // Extended_Pictographic
constexpr uint8_t WB_WORD = 64;          // makes a word of its segment

constexpr WordBreak ascii_word_break(int c) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return WB_LETTER;
    if (c >= '0' && c <= '9') return WB_NUMBER;
    switch (c) {
        case '\r': return WB_CR;
        case '\n': return WB_LF;
        case '\v': case '\f': return WB_NEWLINE;
        case ' ': return WB_SPACE;
        case '_': return WB_JOINER;
        case '\'': return WB_QUOTE;
        case '"': return WB_DOUBLE_QUOTE;
        case '.': return WB_MID_BOTH;
        case ':': return WB_MID_LETTER;
        case ',': case ';': return WB_MID_NUMBER;
        default: return WB_OTHER;
    }
}

// Code points from `first` to `last`, both included, that have one code.
struct CodeRange {
    uint32_t first, last;
    uint8_t code;
};

// Codes in blocks, equal blocks kept once: some 50 kB, so that what a text uses stays in the nearest cache.
class WordBreakTable {
public:
    // Every character has the code 0, which is of no use but to be assigned to.
    WordBreakTable() : WordBreakTable(std::vector<CodeRange>(), false) {}

    // Ranges ascend; what is in none has the code 0. They must say of ASCII what ascii_word_break() says, which the fast way
    // through ASCII is made for.
    explicit WordBreakTable(const std::vector<CodeRange>& ranges) : WordBreakTable(ranges, true) {}

    uint8_t code(uint32_t c) const { return c < END ? blocks_[blocks_at_[c / BLOCK] + c % BLOCK] : uint8_t(WB_OTHER); }

private:
    static constexpr uint32_t END = 0x110000, BLOCK = 128;

    WordBreakTable(const std::vector<CodeRange>& ranges, bool checked) : blocks_at_(END / BLOCK) {
        std::string codes(END, char(WB_OTHER));
        uint32_t behind = 0;
        for (const CodeRange& range : ranges) {
            if (range.first < behind || range.last < range.first || range.last >= END || (range.code & WB_VALUE) > WB_FLAG)
                throw std::invalid_argument("ranges of code points must ascend up to 10FFFF and have known codes");
            std::memset(&codes[range.first], range.code, range.last - range.first + 1);
            behind = range.last + 1;
        }
        std::map<std::string, uint32_t> known;
        for (uint32_t first = 0; first < END; first += BLOCK) {
            const auto found = known.emplace(codes.substr(first, BLOCK), uint32_t(blocks_.size()));
            if (found.second) blocks_.insert(blocks_.end(), codes.begin() + first, codes.begin() + first + BLOCK);
            blocks_at_[first / BLOCK] = found.first->second;
        }
        for (int c = 0; checked && c < 128; ++c) {
            const WordBreak value = ascii_word_break(c);
            const bool word = value == WB_LETTER || value == WB_NUMBER;
            if (code(uint32_t(c)) != (value | (word ? WB_WORD : 0)))
                throw std::invalid_argument("these ranges say of ASCII what the native code does not");
        }
    }

    std::vector<uint32_t> blocks_at_;
    std::vector<uint8_t> blocks_;
};

// A character of a text in UTF-8, and where the next one begins.
struct CodedChar {
    uint8_t code;
    const char* next;

    uint8_t value() const { return code & WB_VALUE; }
    // Extend, Format or ZWJ, which go with what is before them.
    bool is_ignored() const { return value() >= WB_EXTEND && value() <= WB_ZWJ; }
    bool is_letter() const { return value() == WB_LETTER || value() == WB_HEBREW; }
};

// The character at `at`, which is before `end`. Bytes that are no UTF-8 give something, and nothing behind `end` is read.
inline CodedChar read_coded(const WordBreakTable& table, const char* at, const char* end) {
    const auto low = [&](int i) { return uint32_t(uint8_t(at[i]) & 0x3f); };
    const uint32_t first = uint8_t(*at);
    if (first < 0x80) return {table.code(first), at + 1};
    if (first < 0xe0 && end - at >= 2) return {table.code((first & 0x1f) << 6 | low(1)), at + 2};
    if (first < 0xf0 && end - at >= 3) return {table.code((first & 0x0f) << 12 | low(1) << 6 | low(2)), at + 3};
    if (end - at >= 4) return {table.code((first & 0x07) << 18 | low(1) << 12 | low(2) << 6 | low(3)), at + 4};
    return {WB_OTHER, end};
}

}  // namespace embedfn
