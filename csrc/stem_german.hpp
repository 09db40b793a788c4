// The German Snowball stemmer on lower-case words, in place. embedfn/lexical/stem_german.py is the definition of
// correct and says where NLTK, which it follows, departs from Porter's text; steps and lists are in its order. Source
// of the lists: nltk.stem.snowball (Apache-2.0), after https://snowballstem.org/algorithms/german/stemmer.html.
#pragma once

#include "stem_regions.hpp"

namespace embedfn {
namespace german {

using stems::Letters;
using stems::Suffix;

enum : stems::Rule { plain, end_or_ung, not_behind_e, behind_er_or_en, keit };

inline constexpr stems::Vowels vowels(U"aeiouyäöü");
inline constexpr stems::LetterSet between_vowels(U"uy"), before_s(U"bdfghklmnrt"), before_st(U"bdfghklmnt");

inline constexpr Suffix suffixes_1[] = {{U"ern"}, {U"em"}, {U"er"}, {U"en"}, {U"es"}, {U"e"}, {U"s"}};
inline constexpr Suffix suffixes_2[] = {{U"est"}, {U"en"}, {U"er"}, {U"st"}};
inline constexpr Suffix suffixes_3[] = {
    {U"isch", not_behind_e}, {U"lich", behind_er_or_en}, {U"heit", behind_er_or_en}, {U"keit", keit},
    {U"end", end_or_ung}, {U"ung", end_or_ung}, {U"ig", not_behind_e}, {U"ik", not_behind_e},
};
inline constexpr stems::SuffixTable<suffixes_1> step_1_suffixes;
inline constexpr stems::SuffixTable<suffixes_2> step_2_suffixes;
inline constexpr stems::SuffixTable<suffixes_3> step_3_suffixes;

struct Form : stems::Form {
    explicit Form(std::u32string& letters) : stems::Form(letters, vowels) {
        // At least three letters lie before R1; R2 was found without that rule.
        r1 = std::min(r1, word.size() - std::min<size_t>(word.size(), 3));
    }

    // Endings of nouns and adjectives.
    void step_1() {
        const Suffix* suffix = step_1_suffixes.find(last(r1));
        if (!suffix) return;
        const size_t cut = suffix->text.size();
        if (suffix->text == U"s" && !before_s.has(from_end(2))) return;
        replace(ends(U"nissen") || ends(U"nisses") || ends(U"nisse") ? cut + 1 : cut);
    }

    // Endings of comparatives and verbs.
    void step_2() {
        const Suffix* suffix = step_2_suffixes.find(last(r1));
        if (!suffix || (suffix->text == U"st" && (word.size() < 6 || !before_st.has(from_end(3))))) return;
        replace(suffix->text.size());
    }

    // Suffixes that derive words.
    void step_3() {
        const Suffix* suffix = step_3_suffixes.find(last(r2));
        if (!suffix) return;
        size_t cut = suffix->text.size();
        const Letters bare = Letters(word).substr(0, word.size() - cut);
        const auto follows = [bare, cut](Letters before, size_t region) {
            return region >= cut + before.size() && stems::ends_with(bare, before);
        };
        if (suffix->rule == end_or_ung) {
            if (follows(U"ig", r2) && !follows(U"eig", r2)) cut += 2;
        } else if (suffix->rule == not_behind_e) {
            if (follows(U"e", r2)) cut = 0;
        } else if (suffix->rule == behind_er_or_en) {
            if (follows(U"er", r1) || follows(U"en", r1)) cut += 2;
        } else {
            cut += follows(U"lich", r2) ? 4 : follows(U"ig", r2) ? 2 : 0;
        }
        replace(cut);
    }
};

constexpr char32_t without_mark(char32_t c) {
    switch (c) {
        case U'ä': return U'a';
        case U'ö': return U'o';
        case U'ü':
        case U'U': return U'u';
        case U'Y': return U'y';
        default: return c;
    }
}

}  // namespace german

// Replaces a word in lower case by its stem.
inline void stem_german(std::u32string& word) {
    if (word.find(U'ß') != word.npos)
        stems::spell_out(word, [](char32_t c) { return std::string_view(c == U'ß' ? "ss" : ""); });
    german::vowels.mark_consonants(word, german::between_vowels);
    german::Form form(word);
    form.step_1();
    form.step_2();
    form.step_3();
    for (char32_t& c : word) c = german::without_mark(c);
}

}  // namespace embedfn
