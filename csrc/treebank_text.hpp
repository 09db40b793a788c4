// A text of one byte a character (wide_bytes.hpp) that rules rewrite one after the other, for treebank.hpp: what its
// characters are, which of them it has, and two buffers, from one of which each rule copies to the other.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "wide_bytes.hpp"

namespace embedfn {
namespace treebank {

// What a character is: bits of a mask; bits 32 to 57 are the letters, whatever their case.
enum Kind : uint64_t {
    word = 1 << 0,         // \w of NLTK's rules
    digit = 1 << 1,
    space = 1 << 2,        // \s of NLTK's rules
    split_space = 1 << 3,  // white space to Python
    plain_space = 1 << 4,
    backtick = 1 << 5,
    double_quote = 1 << 6,
    apostrophe = 1 << 7,
    period = 1 << 8,
    comma = 1 << 9,     // and colon
    symbol = 1 << 10,   // ; @ # $ % & and the dashes beyond ASCII
    question = 1 << 11,  // and exclamation mark
    star = 1 << 12,
    opening_bracket = 1 << 13,
    closing_bracket = 1 << 14,
    dash = 1 << 15,
    re_word = 1 << 16,  // \w of the standard library's re, for the contractions
    opening_quote = 1 << 17,  // these and the closing ones are beyond ASCII
    closing_quote = 1 << 18,
    long_s = 1 << 19,
    bracket = opening_bracket | closing_bracket,
    quote = double_quote | apostrophe,
};

constexpr uint64_t letter(char c) { return uint64_t(1) << (32 + (c - 'a')); }

constexpr uint64_t letters(std::string_view text) {
    uint64_t mask = 0;
    for (const char c : text) mask |= letter(c);
    return mask;
}

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? char(c + ('a' - 'A')) : c; }

// Lower case, and what else is the same letter to a pattern that ignores case.
constexpr std::array<char, 256> make_folded() {
    std::array<char, 256> folded{};
    for (int c = 0; c < 256; ++c) folded[size_t(c)] = lower(char(c));
    folded[wide::long_s] = 's';
    folded[wide::small_dotless_i] = folded[wide::capital_dotted_i] = 'i';
    return folded;
}

inline constexpr std::array<char, 256> folded = make_folded();

constexpr uint64_t kinds_of(uint8_t facts) {
    uint64_t kinds = 0;
    if (facts & wide::word) kinds |= word;
    if (facts & wide::re_word) kinds |= re_word;
    if (facts & wide::digit) kinds |= digit;
    return kinds;
}

constexpr std::array<uint64_t, 256> make_kinds() {
    std::array<uint64_t, 256> kinds{};
    for (char c = 'a'; c <= 'z'; ++c) {
        kinds[size_t(c)] = word | re_word | letter(c);
        kinds[size_t(c - 'a' + 'A')] = word | re_word | letter(c);
    }
    for (char c = '0'; c <= '9'; ++c) kinds[size_t(c)] = word | re_word | digit;
    kinds['_'] = word | re_word;
    for (const char c : std::string_view("\t\n\v\f\r")) kinds[size_t(c)] = space | split_space;
    kinds[' '] = space | split_space | plain_space;
    for (const char c : std::string_view("\x1c\x1d\x1e\x1f")) kinds[size_t(c)] = split_space;
    kinds['`'] = backtick;
    kinds['"'] = double_quote;
    kinds['\''] = apostrophe;
    kinds['.'] = period;
    for (const char c : std::string_view(",:")) kinds[size_t(c)] = comma;
    for (const char c : std::string_view(";@#$%&")) kinds[size_t(c)] = symbol;
    for (const char c : std::string_view("?!")) kinds[size_t(c)] = question;
    kinds['*'] = star;
    for (const char c : std::string_view("[({<")) kinds[size_t(c)] = opening_bracket;
    for (const char c : std::string_view("])}>")) kinds[size_t(c)] = closing_bracket;
    kinds['-'] = dash;
    for (uint8_t facts = 0; facts <= wide::all_facts; ++facts) kinds[wide::ordinary | facts] = kinds_of(facts);
    kinds[wide::opening] = kinds[wide::low_opening] = opening_quote;
    kinds[wide::closing] = closing_quote;
    kinds[wide::dash] = symbol;
    kinds[wide::space] = space | split_space;
    kinds[wide::long_s] = word | re_word | long_s;
    kinds[wide::small_dotless_i] = kinds[wide::capital_dotted_i] = word | re_word;
    return kinds;
}

inline constexpr std::array<uint64_t, 256> kinds = make_kinds();

inline uint64_t kind_of(char c) { return kinds[static_cast<unsigned char>(c)]; }

inline uint64_t kind_at(std::string_view text, size_t at) { return at < text.size() ? kind_of(text[at]) : 0; }

// Does this lower-case text follow, in any case?
inline bool follows(std::string_view text, size_t at, std::string_view expected) {
    if (text.size() - at < expected.size()) return false;
    for (size_t i = 0; i < expected.size(); ++i)
        if (folded[static_cast<unsigned char>(text[at + i])] != expected[i]) return false;
    return true;
}

// Writes into memory that is known to suffice.
struct Writer {
    char* at;

    void put(char c) { *at++ = c; }
    void put(std::string_view text) {
        std::memcpy(at, text.data(), text.size());
        at += text.size();
    }
    void put_apart(char c) {
        at[0] = ' ';
        at[1] = c;
        at[2] = ' ';
        at += 3;
    }
};

class Rewriting {
public:
    std::string_view text() const { return text_; }

    // Takes a text, which must stay as it is, and notes what it has. The notes are not kept up to date.
    void start(std::string_view text) {
        uint64_t present = 0, doubled = 0, last = 0;
        for (const char c : text) {
            const uint64_t kind = kind_of(c);
            present |= kind;
            doubled |= kind & last;
            last = kind;
        }
        text_ = text;
        present_ = present;
        doubled_ = doubled;
    }

    bool has(uint64_t kinds) const { return present_ & kinds; }
    uint64_t doubled(uint64_t kinds) const { return doubled_ & kinds; }  // those that stood twice running
    uint64_t seen() const { return present_; }
    uint64_t doubles() const { return doubled_; }

    // A writer for what replaces the text, with room for four characters for each of these kinds, and `more`.
    Writer begin(uint64_t kinds, size_t more = 0) {
        std::vector<char>& buffer = buffers_[other_];
        const size_t size = text_.size() + 3 * (text_.size() < 256 ? text_.size() : count(kinds)) + more;
        if (buffer.size() < size) buffer.resize(size + size / 2);
        return {buffer.data()};
    }

    void finish(const Writer& out) {
        const char* const start = buffers_[other_].data();
        text_ = {start, size_t(out.at - start)};
        other_ ^= 1;
    }

    // Copies the text with one replacement: rule(text, at, out) is called where a character of these kinds stands,
    // writes what replaces it, at most four characters for each of these kinds, and returns where to go on.
    template <class Rule>
    void replace(uint64_t kinds, Rule&& rule) {
        const std::string_view text = text_;
        Writer out = begin(kinds);
        for (size_t at = 0; at < text.size();) {
            if (kind_of(text[at]) & kinds)
                at = rule(text, at, out);
            else
                out.put(text[at++]);
        }
        finish(out);
    }

    // The runs of characters other than white space.
    void split(std::vector<std::string_view>& words) const {
        words.clear();
        const char *at = text_.data(), *const end = at + text_.size();
        while (at < end) {
            while (at < end && (kind_of(*at) & split_space)) ++at;
            const char* const start = at;
            while (at < end && !(kind_of(*at) & split_space)) ++at;
            if (at > start) words.emplace_back(start, size_t(at - start));
        }
    }

private:
    size_t count(uint64_t kinds) const {
        size_t n = 0;
        for (const char c : text_) n += (kind_of(c) & kinds) != 0;
        return n;
    }

    std::string_view text_;
    uint64_t present_ = 0, doubled_ = 0;
    int other_ = 0;  // the buffer that does not hold the text
    std::vector<char> buffers_[2];
};

}  // namespace treebank
}  // namespace embedfn
