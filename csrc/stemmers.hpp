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
    // The same for ASCII words, where there is a shorter way.
    void (*ascii)(std::string&) = nullptr;
    void (*short_ascii)(ShortWord&) = nullptr;
};

using Stem = const Stemmer*;

// The word's code points while it is stemmed: to be kept from word to word.
using StemScratch = std::u32string;

namespace stems {

// An ASCII word has no character beyond U+00FF.
template <class Text> void leave(Text&) {}

inline constexpr Stemmer all[] = {
    {"english", stem_english, stem_english, stem_english},
    {"french", stem_french},
    {"german", stem_german},
    {"italian", stem_italian},
    {"portuguese", stem_portuguese},
    {"russian", stem_russian, leave, leave},
    {"spanish", stem_spanish},
};

}  // namespace stems

// The stemmer of a language, such as "german"; null for a language without one.
inline Stem stemmer_of(std::string_view language) {
    for (const Stemmer& stemmer : stems::all)
        if (stemmer.language == language) return &stemmer;
    return nullptr;
}

// Replaces an ASCII word by its stem; `scratch` is for languages without a shorter way.
inline void stem_ascii(Stem stem, std::string& word, StemScratch& scratch) {
    if (stem->ascii) return stem->ascii(word);
    code_points(word, scratch);
    stem->letters(scratch);
    word.clear();
    append_utf8(scratch.data(), scratch.size(), word);
}
// There must be one.
inline void stem_ascii(Stem stem, ShortWord& word, StemScratch&) { stem->short_ascii(word); }

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
