// Punkt's decision: does a sentence end with one of a snippet's tokens other than the last? The snippet has one byte a
// character: ASCII, or wide_bytes.hpp.
// embedfn/lexical/punkt_tokens.py is the definition of correct and names the sections of Kiss and Strunk (2006). A
// token that no sentence can end with is cut but not looked at; where a token ends depends on at most five characters
// from there on, so the time is linear. Source of patterns and rules: nltk.tokenize.punkt (Apache-2.0).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "term_table.hpp"
#include "wide_chars.hpp"
#include "word_shapes.hpp"

namespace embedfn {
namespace punkt {

// What a character is.
enum Kind : uint8_t {
    space = 1 << 0,        // \s of NLTK's patterns
    other_space = 1 << 1,  // white space to Python alone
    non_word = 1 << 2,     // ends the token before it
    never_first = 1 << 3,  // begins no token of more than itself, but for dashes
    digit = 1 << 4,
    small = 1 << 5,
    capital = 1 << 6,
    letter = 1 << 7,  // a word character that is no digit
};

constexpr uint8_t kinds_of(uint8_t facts) {
    uint8_t kinds = 0;
    if (facts & wide::digit)
        kinds |= digit;
    else if (facts & wide::word)
        kinds |= letter;
    if (facts & wide::small) kinds |= small;
    if (facts & wide::capital) kinds |= capital;
    return kinds;
}

constexpr std::array<uint8_t, 256> make_kinds() {
    std::array<uint8_t, 256> kinds{};
    for (const char c : std::string_view("\t\n\v\f\r ")) kinds[size_t(c)] |= space;
    for (const char c : std::string_view("\x1c\x1d\x1e\x1f")) kinds[size_t(c)] |= other_space;
    for (const char c : std::string_view(")\";}]*:@'({[?!")) kinds[size_t(c)] |= non_word;
    for (const char c : std::string_view("(\"`{[:;&#*@)}]-,")) kinds[size_t(c)] |= never_first;
    for (char c = '0'; c <= '9'; ++c) kinds[size_t(c)] |= digit;
    for (char c = 'a'; c <= 'z'; ++c) kinds[size_t(c)] |= small | letter;
    for (char c = 'A'; c <= 'Z'; ++c) kinds[size_t(c)] |= capital | letter;
    kinds['_'] |= letter;
    for (uint8_t facts = 0; facts <= wide::all_facts; ++facts) kinds[wide::ordinary | facts] = kinds_of(facts);
    kinds[wide::opening] = kinds[wide::closing] = non_word;
    kinds[wide::space] = space;
    kinds[wide::long_s] = kinds[wide::small_dotless_i] = small | letter;
    kinds[wide::capital_dotted_i] = capital | letter;
    return kinds;
}

inline constexpr std::array<uint8_t, 256> kinds = make_kinds();

inline uint8_t kind_of(char c) { return kinds[static_cast<unsigned char>(c)]; }
inline bool is(char c, int kind) { return kind_of(c) & kind; }
inline char at(std::string_view text, size_t i) { return i < text.size() ? text[i] : '\0'; }

inline constexpr std::string_view number = "##number##";

// What the model knows of a word; the contexts' bits are those of punkt_model.py.
enum Flag : uint16_t {
    capital_inside = 4,
    any_capital = 2 | 4 | 8,
    small_first = 16,
    any_small = 16 | 32 | 64,
    contexts = any_capital | any_small,
    abbreviation = 1 << 8,
    starter = 1 << 9,
};

}  // namespace punkt

// The trained parameters, and what is known of characters: filled once, then only read, by any number of threads. Words
// are given in lower case and UTF-8.
class PunktModel {
public:
    struct Word {
        int32_t id = -1;
        int flags = 0;
    };

    Characters characters;

    void add_abbreviation(std::string_view word) {
        flags_of(word) |= punkt::abbreviation;
        holders_.add(word);
    }
    void add_starter(std::string_view word) { flags_of(word) |= punkt::starter; }

    void add_contexts(std::string_view word, int contexts) {
        if (contexts & ~punkt::contexts) throw std::invalid_argument("contexts are a sum of 2, 4, 8, 16, 32 and 64");
        flags_of(word) |= uint16_t(contexts);
    }

    void add_collocation(std::string_view first, std::string_view second) {
        const int32_t first_id = id_of(first), second_id = id_of(second);
        const uint64_t pair = pair_of(first_id, second_id);
        collocations_.insert(std::upper_bound(collocations_.begin(), collocations_.end(), pair), pair);
        holders_.add(first);
    }

    // False for a word, in any case, whose period always ends a sentence unless it is an initial or a number: it is no
    // abbreviation and begins no collocation. True for those that are or do, and for a few others.
    bool may_hold_on(std::string_view word) const {
        return holders_.may_have(word);
    }

    // Whether anything is known of a period by itself.
    bool knows_period() const { return knows_period_; }

    // An ASCII word in any case.
    Word find(std::string_view word) const {
        if (word.size() > longest) return {};
        char lower[longest + 8] = {};  // the hash reads eight bytes at a time
        for (size_t i = 0; i < word.size(); ++i)
            lower[i] = punkt::is(word[i], punkt::capital) ? char(word[i] + ('a' - 'A')) : word[i];
        return find(Bytes{lower, word.size(), lower + sizeof lower});
    }

    // A word in lower case and UTF-8.
    Word find_lower(std::string_view word) const { return find(Bytes{word.data(), word.size(), word.data() + word.size()}); }

    bool stay_together(const Word& first, const Word& second) const {
        return first.id >= 0 && second.id >= 0 &&
               std::binary_search(collocations_.begin(), collocations_.end(), pair_of(first.id, second.id));
    }

private:
    static constexpr size_t longest = 56;

    Word find(const Bytes& word) const {
        const int32_t id = words_.find(Form(word));
        return id < 0 ? Word{} : Word{id, flags_[size_t(id)]};
    }

    static uint64_t pair_of(int32_t first, int32_t second) { return uint64_t(first) << 32 | uint32_t(second); }

    int32_t id_of(std::string_view word) {
        if (word.size() > longest) throw std::invalid_argument("a word of the Punkt model has at most 56 bytes");
        const int32_t id = words_.insert(Form({word.data(), word.size(), word.data() + word.size()}));
        knows_period_ |= word == ".";
        flags_.resize(size_t(words_.size()));
        return id;
    }

    uint16_t& flags_of(std::string_view word) { return flags_[size_t(id_of(word))]; }

    TermTable words_;
    std::vector<uint16_t> flags_;         // by id
    std::vector<uint64_t> collocations_;  // two ids each, ascending
    WordShapes holders_;
    bool knows_period_ = false;
};

namespace punkt {

// The tokens of a snippet, one after the other.
class Tokens {
public:
    explicit Tokens(std::string_view snippet) : rest_(snippet) {}

    // The next token; empty when there is none.
    std::string_view next() {
        while (true) {
            while (at_ < line_.size() && is(line_[at_], space)) ++at_;
            if (at_ < line_.size()) break;
            if (!next_line()) return {};
        }
        const size_t start = at_;
        at_ = end_of(start);
        return line_.substr(start, at_ - start);
    }

private:
    // Goes to the next line that is not all white space to Python: the patterns see tokens in such a line.
    bool next_line() {
        while (!rest_.empty()) {
            const size_t size = std::min(rest_.find('\n'), rest_.size());
            line_ = rest_.substr(0, size);
            rest_.remove_prefix(std::min(size + 1, rest_.size()));
            at_ = 0;
            const auto is_seen = [](char c) { return !is(c, space | other_space); };
            if (std::any_of(line_.begin(), line_.end(), is_seen)) return true;
        }
        line_ = {};
        at_ = 0;
        return false;
    }

    char char_at(size_t i) const { return at(line_, i); }

    bool is_spaced_period(size_t i) const { return is(char_at(i), space) && char_at(i + 1) == '.'; }

    // Is this the beginning of a dash, an ellipsis or a spaced ellipsis?
    bool begins_run(size_t i) const {
        const char c = char_at(i);
        if (c == '-') return char_at(i + 1) == '-';
        if (c != '.') return false;
        return char_at(i + 1) == '.' || (is_spaced_period(i + 1) && is_spaced_period(i + 3));
    }

    bool is_end(size_t i) const { return i >= line_.size() || is(line_[i], space | non_word) || begins_run(i); }

    size_t end_of(size_t start) const {
        const char first = line_[start];
        size_t end = start + 1;
        if (begins_run(start)) {
            if (char_at(end) == first)
                while (char_at(end) == first) ++end;
            else
                while (is_spaced_period(end)) end += 2;
        } else if (!is(first, never_first)) {
            while (!is_end(end) && !(line_[end] == ',' && is_end(end + 1))) ++end;
        }
        return end;
    }

    std::string_view rest_, line_;
    size_t at_ = 0;
};

// A number; the dash or comma that may precede it to NLTK is always a token by itself.
inline bool is_number(std::string_view token) {
    size_t i = at(token, 0) == '.';
    if (!is(at(token, i), digit)) return false;
    while (i < token.size() && (is(token[i], digit) || token[i] == ',' || token[i] == '.' || token[i] == '-')) ++i;
    return i == token.size();
}

// A single letter and a period.
inline bool is_initial(std::string_view token) {
    return token.size() == 2 && is(token[0], letter);
}

inline bool is_mark(std::string_view token) { return token == "." || token == "?" || token == "!"; }
inline bool is_punctuation(std::string_view token) {
    return is_mark(token) || token == ";" || token == ":" || token == ",";
}

inline std::string_view without_period(std::string_view token) {
    return token.size() > 1 && token.back() == '.' ? token.substr(0, token.size() - 1) : token;
}

// A word, if it is an abbreviation or begins a collocation; another one may be found or not.
template <class Model> inline PunktModel::Word find_holder(const Model& model, std::string_view word) {
    return model.may_hold_on(word) ? model.find(word) : PunktModel::Word{};
}

// Is this token, which ends with a period, an abbreviation or an ellipsis? If not, a sentence seems to end with it. `flags`
// are those of the token without its period.
template <class Model> inline bool is_shortened(const Model& model, std::string_view token, int flags) {
    if (token == ".") return false;
    const std::string_view word = token.substr(0, token.size() - 1);
    if (word.back() == '.') return true;  // two periods running are in no other token
    if (flags & abbreviation) return true;
    const size_t dash = word.rfind('-');
    return dash != word.npos && (find_holder(model, word.substr(dash + 1)).flags & abbreviation);
}

// By the case of the first letter: does this token begin a sentence?
enum class Answer { no, yes, unknown };

inline Answer begins_sentence(std::string_view token, int flags) {
    if (is_punctuation(token)) return Answer::no;
    if (is(token[0], capital) && (flags & any_small) && !(flags & capital_inside)) return Answer::yes;
    if (is(token[0], small) && ((flags & any_capital) || !(flags & small_first))) return Answer::no;
    return Answer::unknown;
}

// Does a sentence end with `token`, which ends with a period, when `after` follows? Words are looked up without their
// period, but `after` only if it seems to end a sentence itself.
template <class Model> inline bool ends_sentence(const Model& model, std::string_view token, std::string_view after) {
    PunktModel::Word word = find_holder(model, without_period(token));
    const bool shortened = is_shortened(model, token, word.flags);
    const bool numeric = is_number(token), initial = is_initial(token);
    if (numeric) word = model.find(number);
    if (word.id < 0 && !shortened && !initial && !numeric) return true;  // whatever follows
    PunktModel::Word next;
    if (is_number(after)) {
        next = model.find(number);
    } else {
        next = model.find(without_period(after));
        if (after.size() > 1 && after.back() == '.' && is_shortened(model, after, next.flags)) next = model.find(after);
    }
    if (model.stay_together(word, next)) return false;
    const Answer begins = begins_sentence(after, next.flags);
    const bool capital_first = is(after[0], capital);
    if (shortened && !initial && (begins == Answer::yes || (capital_first && (next.flags & starter)))) return true;
    if (initial || numeric) {
        if (begins == Answer::no) return false;
        if (begins == Answer::unknown && initial && capital_first && !(next.flags & any_small)) return false;
    }
    return !shortened;
}

}  // namespace punkt

// A model has find(), may_hold_on() and stay_together() as PunktModel. (Without "inline" GCC does not inline what this calls.)
template <class Model> inline bool has_break(const Model& model, std::string_view snippet) {
    punkt::Tokens tokens(snippet);
    std::string_view token = tokens.next();
    while (!token.empty()) {
        const std::string_view after = tokens.next();
        if (after.empty()) return false;
        if (token == "?" || token == "!") return true;
        if (token.back() == '.' && punkt::ends_sentence(model, token, after)) return true;
        token = after;
    }
    return false;
}

}  // namespace embedfn
