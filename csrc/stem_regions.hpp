// What the stemmers share, on code points: vowels and the regions they bound, cuts that keep the regions right. As in
// embedfn/lexical/stem_common.py, a region is a suffix of the word, given by its length.
// Sources: https://snowballstem.org/texts/r1r2.html and https://snowballstem.org/algorithms/spanish/stemmer.html (RV),
// as nltk.stem.snowball (Apache-2.0) has them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "stem_suffixes.hpp"

namespace embedfn {
namespace stems {

using Letters = std::u32string_view;

inline bool ends_with(Letters letters, Letters suffix) {
    if (letters.size() < suffix.size()) return false;
    for (size_t i = 1; i <= suffix.size(); ++i)
        if (letters[letters.size() - i] != suffix[suffix.size() - i]) return false;
    return true;
}

// A set of letters out of U+0060-007F and U+00E0-00FF.
class LetterSet {
public:
    constexpr explicit LetterSet(Letters letters) {
        for (const char32_t c : letters) mask_ |= uint64_t(1) << place(c);
    }

    constexpr bool has(char32_t c) const { return (c & ~char32_t(0x9f)) == 0x60 && (mask_ >> place(c) & 1); }

    constexpr LetterSet operator|(LetterSet other) const {
        other.mask_ |= mask_;
        return other;
    }

private:
    static constexpr unsigned place(char32_t c) { return unsigned((c & 0x1f) | (c & 0x80) >> 2); }

    uint64_t mask_ = 0;
};

// A language's vowels; every other character is a consonant.
class Vowels {
public:
    constexpr explicit Vowels(Letters letters) : set_(letters) {}

    constexpr bool has(char32_t c) const { return set_.has(c); }

    // Where the part behind the first vowel, or consonant, from `start` on begins; the end of the word without one.
    size_t after_first(bool vowel, Letters word, size_t start) const {
        for (size_t i = start; i < word.size(); ++i)
            if (has(word[i]) == vowel) return i + 1;
        return word.size();
    }

    // Where the part behind the first vowel followed by a consonant begins; the end of the word without one.
    size_t after_pair(Letters word, size_t start) const {
        return after_first(false, word, after_first(true, word, start));
    }

    // The length of RV, as in Italian, Portuguese and Spanish.
    size_t rv(Letters word) const {
        if (word.size() < 2) return 0;
        if (!has(word[1])) return word.size() - after_first(true, word, 2);
        if (has(word[0])) return word.size() - after_first(false, word, 2);
        return word.size() - std::min<size_t>(word.size(), 3);
    }

    // Writes vowels that serve as consonants, between two vowels or else beside one, as capitals, which are no vowels.
    // From left to right, so that one already marked is no neighbour that counts.
    void mark_consonants(std::u32string& letters, LetterSet between, LetterSet beside = LetterSet(U"")) const {
        char32_t* const word = letters.data();
        const LetterSet marked = between | beside;
        const size_t last = std::max<size_t>(letters.size(), 1) - 1;
        for (size_t i = 1; i < last; ++i) {
            if (!marked.has(word[i])) continue;
            const bool before = has(word[i - 1]), after = has(word[i + 1]);
            if (between.has(word[i]) ? before && after : before || after) word[i] -= 'a' - 'A';
        }
    }

private:
    LetterSet set_;
};

// A word under treatment and the lengths of its regions.
struct Form {
    std::u32string& word;
    size_t r1 = 0, r2 = 0, rv = 0;

    Form(std::u32string& letters, const Vowels& vowels) : word(letters) {
        const size_t start_1 = vowels.after_pair(word, 0);
        r1 = word.size() - start_1;
        r2 = word.size() - vowels.after_pair(word, start_1);
    }

    Letters last(size_t length) const { return Letters(word).substr(word.size() - length); }
    // The letter that many places from the end, 1 being the last.
    char32_t from_end(size_t place) const { return place <= word.size() ? word[word.size() - place] : U'\0'; }

    bool ends(Letters suffix) const { return ends_with(word, suffix); }
    bool r2_ends(Letters suffix) const { return r2 >= suffix.size() && ends(suffix); }
    bool rv_ends(Letters suffix) const { return rv >= suffix.size() && ends(suffix); }

    // Replaces the last letters; a region shorter than the cut becomes what is added.
    void replace(size_t cut, Letters add = {}) {
        word.resize(word.size() - cut);
        for (const char32_t c : add) word += c;
        for (size_t* region : {&r1, &r2, &rv}) *region = *region - std::min(*region, cut) + add.size();
    }

    // Cuts the first suffix in the list that R2 ends with; false without one.
    bool cut_in_r2(std::initializer_list<Letters> suffixes) {
        for (const Letters suffix : suffixes) {
            if (!r2_ends(suffix)) continue;
            replace(suffix.size());
            return true;
        }
        return false;
    }
};

// Writes letters as the several that stand for them, in place. `spelling(c)` is empty for a letter that stays.
template <class Spelling>
void spell_out(std::u32string& word, Spelling spelling) {
    size_t from = word.size(), size = 0;
    for (const char32_t c : word) size += std::max<size_t>(spelling(c).size(), 1);
    word.resize(size);
    while (from > 0) {
        const char32_t c = word[--from];
        const std::string_view several = spelling(c);
        if (several.empty()) word[--size] = c;
        for (size_t i = several.size(); i-- > 0;) word[--size] = char32_t(several[i]);
    }
}

}  // namespace stems
}  // namespace embedfn
