// The Snowball stemmers by the name of their language, for words in UTF-8.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "stem_english.hpp"
#include "stem_french.hpp"
#include "stem_german.hpp"
#include "stem_italian.hpp"
#include "stem_portuguese.hpp"
#include "stem_russian.hpp"
#include "stem_spanish.hpp"
#include "utf8.hpp"

namespace embedfn {

// Replaces a word by its stem. The word is in lower case as Python's str.lower has it, for Russian as it comes.
struct Stemmer {
    std::string_view language;
    void (*letters)(std::u32string&);
    void (*ascii)(std::string&) = nullptr;  // the same for ASCII words, where there is a shorter way
};

using Stem = const Stemmer*;

// The word's code points while it is stemmed: to be kept from word to word.
using StemScratch = std::u32string;

namespace stems {

// An ASCII word has no character beyond U+00FF.
inline void leave(std::string&) {}

inline constexpr Stemmer all[] = {
    {"english", stem_english, stem_english}, {"french", stem_french},   {"german", stem_german},
    {"italian", stem_italian},               {"portuguese", stem_portuguese},
    {"russian", stem_russian, leave},        {"spanish", stem_spanish},
};

}  // namespace stems

// The stemmer of a language, such as "german"; null for a language without one.
inline Stem stemmer_of(std::string_view language) {
    for (const Stemmer& stemmer : stems::all)
        if (stemmer.language == language) return &stemmer;
    return nullptr;
}

// Replaces a word in UTF-8, lone surrogates in three bytes, by its stem.
inline void stem_utf8(Stem stem, std::string& word, StemScratch& scratch) {
    if (stem->ascii && std::none_of(word.begin(), word.end(), [](char c) { return c & 0x80; }))
        return stem->ascii(word);
    code_points(word, scratch);
    stem->letters(scratch);
    word.clear();
    append_utf8(scratch.data(), scratch.size(), word);
}

}  // namespace embedfn
