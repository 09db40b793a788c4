// The Russian Snowball stemmer, in place. embedfn/lexical/stem_russian.py is the definition of correct and says what
// NLTK, which it follows, does; steps and lists are in its order. A word is stemmed in Latin letters, several of which
// may stand for one Cyrillic letter, and turned into Cyrillic ones after that. Source of the lists and of the
// transliteration: nltk.stem.snowball (Apache-2.0), after https://snowballstem.org/algorithms/russian/stemmer.html.
#pragma once

#include "stem_regions.hpp"

namespace embedfn {
namespace russian {

using stems::Letters;

// A suffix that may need an a before it, in its part of the word.
struct Ending {
    std::u32string_view text;
    bool behind_a = false;

    constexpr bool fits(Letters letters) const {
        return !behind_a || (letters.size() > text.size() && letters[letters.size() - text.size() - 1] == U'a');
    }
};

inline constexpr Ending endings_gerund[] = {
    {U"ivshis'"}, {U"yvshis'"}, {U"vshis'", true}, {U"ivshi"}, {U"yvshi"}, {U"vshi", true}, {U"iv"}, {U"yv"},
    {U"v", true},
};
inline constexpr Ending endings_reflexive[] = {{U"si^a"}, {U"s'"}};
// The longest that fits is the first. Each may stand behind a participle, of which no two fit the same letters.
inline constexpr Ending endings_adjective[] = {
    {U"i^ui^u"}, {U"i^ai^a"}, {U"imi"}, {U"ymi"}, {U"ego"}, {U"ogo"}, {U"emu"}, {U"omu"}, {U"ikh"}, {U"ykh"},
    {U"ui^u"}, {U"ai^a"}, {U"oi^u"}, {U"ei^u"}, {U"ee"}, {U"ie"}, {U"ye"}, {U"oe"}, {U"ei`"}, {U"ii`"}, {U"yi`"},
    {U"oi`"}, {U"em"}, {U"im"}, {U"ym"}, {U"om"},
};
inline constexpr Ending endings_participle[] = {
    {U"ivsh"}, {U"yvsh"}, {U"ui^ushch"}, {U"em", true}, {U"nn", true}, {U"vsh", true}, {U"i^ushch", true},
    {U"shch", true},
};
inline constexpr Ending endings_verb[] = {
    {U"esh'", true}, {U"ei`te"}, {U"ui`te"}, {U"ui^ut"}, {U"ish'"}, {U"ete", true}, {U"i`te", true}, {U"i^ut", true},
    {U"nno", true}, {U"ila"}, {U"yla"}, {U"ena"}, {U"ite"}, {U"ili"}, {U"yli"}, {U"ilo"}, {U"ylo"}, {U"eno"},
    {U"i^at"}, {U"uet"}, {U"eny"}, {U"it'"}, {U"yt'"}, {U"ui^u"}, {U"la", true}, {U"na", true}, {U"li", true},
    {U"em", true}, {U"lo", true}, {U"no", true}, {U"et", true}, {U"ny", true}, {U"t'", true}, {U"ei`"}, {U"ui`"},
    {U"il"}, {U"yl"}, {U"im"}, {U"ym"}, {U"en"}, {U"it"}, {U"yt"}, {U"i^u"}, {U"i`", true}, {U"l", true}, {U"n", true},
};
inline constexpr Ending endings_noun[] = {
    {U"ii^ami"}, {U"ii^akh"}, {U"i^ami"}, {U"ii^am"}, {U"i^akh"}, {U"ami"}, {U"iei`"}, {U"i^am"}, {U"iem"}, {U"akh"},
    {U"ii^u"}, {U"'i^u"}, {U"ii^a"}, {U"'i^a"}, {U"ev"}, {U"ov"}, {U"ie"}, {U"'e"}, {U"ei"}, {U"ii"}, {U"ei`"},
    {U"oi`"}, {U"ii`"}, {U"em"}, {U"am"}, {U"om"}, {U"i^u"}, {U"i^a"}, {U"a"}, {U"e"}, {U"i"}, {U"i`"}, {U"o"}, {U"u"},
    {U"y"}, {U"'"},
};
inline constexpr stems::SuffixTable<endings_gerund> gerunds;
inline constexpr stems::SuffixTable<endings_reflexive> reflexives;
inline constexpr stems::SuffixTable<endings_adjective> adjectives;
inline constexpr stems::SuffixTable<endings_participle> participles;
inline constexpr stems::SuffixTable<endings_verb> verbs;
inline constexpr stems::SuffixTable<endings_noun> nouns;

// The Latin letters for one Cyrillic letter.
struct Spelling {
    char32_t letters[5];
    size_t size;
};

// From а to я.
inline constexpr Spelling latin[] = {
    {U"a", 1}, {U"b", 1}, {U"v", 1}, {U"g", 1}, {U"d", 1}, {U"e", 1}, {U"zh", 2}, {U"z", 1},
    {U"i", 1}, {U"i`", 2}, {U"k", 1}, {U"l", 1}, {U"m", 1}, {U"n", 1}, {U"o", 1}, {U"p", 1},
    {U"r", 1}, {U"s", 1}, {U"t", 1}, {U"u", 1}, {U"f", 1}, {U"kh", 2}, {U"t^s", 3}, {U"ch", 2},
    {U"sh", 2}, {U"shch", 4}, {U"''", 2}, {U"y", 1}, {U"'", 1}, {U"e`", 2}, {U"i^u", 3}, {U"i^a", 3},
};

// Whether the word itself has a capital A, U or E.
inline bool write_in_latin(std::u32string& word) {
    constexpr size_t most = 4;
    const size_t n = word.size();
    word.resize((most + 1) * n);
    const char32_t* const from = word.data() + most * n;
    std::copy_n(word.data(), n, word.data() + most * n);
    char32_t* next = word.data();
    bool capitals = false;
    for (size_t i = 0; i < n; ++i) {
        const char32_t c = from[i];
        if (c >= U'А' && c <= U'я') {
            const Spelling& spelling = latin[(c - U'А') & 31];
            std::copy_n(spelling.letters, most, next);  // up to three beyond the size are written over
            next += spelling.size;
        } else {
            capitals = capitals || c == U'A' || c == U'U' || c == U'E';
            *next++ = c == U'ё' || c == U'Ё' ? U'e' : c;
        }
    }
    word.resize(size_t(next - word.data()));
    return capitals;
}

// One Cyrillic letter for a Latin one, or the character itself.
constexpr char32_t to_cyrillic(char32_t c) {
    constexpr char32_t letters[] = U"аб-дефг-и-клмноп-рстув--ыз";
    if (c >= U'a' && c <= U'z' && letters[c - U'a'] != U'-') return letters[c - U'a'];
    return c == U'\'' ? U'ь' : c;
}

// The Cyrillic letter that the letters begin with, and how many of them it takes. NLTK replaces one after the other
// in the whole word, "shch" before "t^s" before "sh"; no other two overlap.
struct Spelt {
    char32_t letter;
    size_t size = 1;
};

inline Spelt first_letter(Letters letters) {
    const auto at = [letters](size_t place) { return place < letters.size() ? letters[place] : U'\0'; };
    const char32_t first = letters[0];
    switch (at(1)) {
        case U'^':
            if (first == U'i' && at(2) == U'u') return {U'ю', 3};
            if (first == U'i' && at(2) == U'a') return {U'я', 3};
            if (first != U't' || at(2) != U's' || letters.substr(2, 4) == U"shch") break;
            return {U'ц', 3};
        case U'`':
            if (first == U'e') return {U'э', 2};
            if (first == U'i') return {U'й', 2};
            break;
        case U'h':
            if (first == U's') return at(2) == U'c' && at(3) == U'h' ? Spelt{U'щ', 4} : Spelt{U'ш', 2};
            if (first == U'k') return {U'х', 2};
            if (first == U'c') return {U'ч', 2};
            if (first == U'z') return {U'ж', 2};
            break;
        case U'\'':
            if (first == U'\'') return {U'ъ', 2};
            break;
        default: break;
    }
    return {to_cyrillic(first)};
}

inline void write_in_cyrillic(std::u32string& word) {
    size_t size = 0;
    for (size_t from = 0; from < word.size();) {
        const Spelt spelt = first_letter(Letters(word).substr(from));
        from += spelt.size;
        word[size++] = spelt.letter;
    }
    word.resize(size);
}

inline constexpr stems::LetterSet vowels(U"aeiouy");

// A vowel in Latin letters takes one to three of them.
inline size_t vowel_size(Letters letters) {
    if (!vowels.has(letters[0])) return 0;
    const char32_t next = letters.size() > 1 ? letters[1] : U'\0';
    if (letters[0] == U'e' && next == U'`') return 2;
    if (letters[0] != U'i' || next != U'^' || letters.size() == 2) return 1;
    return letters[2] == U'a' || letters[2] == U'u' ? 3 : 1;
}

// RV, behind the first vowel, and R2, behind the second consonant that follows a vowel.
struct Regions {
    Letters rv, r2;

    explicit Regions(Letters word) {
        bool behind_vowel = false;
        int seen = 0, pairs = 0;
        for (size_t i = 0; i < word.size() && pairs < 2;) {
            const size_t size = vowel_size(word.substr(i));
            i += std::max<size_t>(size, 1);
            if (size && !seen++) rv = word.substr(i);
            if (!size && behind_vowel && ++pairs == 2) r2 = word.substr(i);
            behind_vowel = size;
        }
    }
};

inline Letters without(Letters letters, size_t cut) {
    return letters.substr(0, letters.size() - std::min(cut, letters.size()));
}

// The longest ending of an adjective, with the participle before it. NLTK has "ui^ushchaia" for "ui^ushchai^a".
inline size_t adjective_length(Letters rv) {
    constexpr Letters slip = U"ui^ushchaia";
    const Ending* ending = adjectives.find(rv);
    if (!ending) return stems::ends_with(rv, slip) ? slip.size() : 0;
    const Ending* participle = participles.find(without(rv, ending->text.size()));
    if (!participle || (participle->text == U"ui^ushch" && ending->text == U"ai^a")) return ending->text.size();
    return ending->text.size() + participle->text.size();
}

// How many letters steps 1 to 3 cut: endings of gerunds, or of reflexives and then others; a final i; "ost".
inline size_t cut_of(Letters word) {
    const Regions regions(word);
    const Letters rv = regions.rv;
    size_t cut = gerunds.length(rv);
    if (!cut) {
        cut = reflexives.length(rv);
        const Letters left = without(rv, cut);
        size_t ending = adjective_length(left);
        if (!ending) ending = verbs.length(left);
        if (!ending) ending = nouns.length(left);
        cut += ending;
    }
    if (stems::ends_with(without(rv, cut), U"i")) ++cut;
    const Letters r2 = without(regions.r2, cut);
    return cut + (stems::ends_with(r2, U"ost'") ? 4 : stems::ends_with(r2, U"ost") ? 3 : 0);
}

// A doubled n, a superlative or a soft sign: what is left of the word in Latin letters.
inline Letters step_4(Letters word) {
    if (stems::ends_with(word, U"nn")) return without(word, 1);
    const size_t cut = stems::ends_with(word, U"ei`she") ? 6 : stems::ends_with(word, U"ei`sh") ? 5 : 0;
    word = without(word, cut);
    if (stems::ends_with(word, U"nn") || (!cut && stems::ends_with(word, U"'"))) return without(word, 1);
    return word;
}

// For the regions, NLTK takes a capital A, U or E of the word itself for a letter of several.
inline std::u32string capitals_spelt_out(std::u32string word) {
    stems::spell_out(word, [](char32_t c) {
        return std::string_view(c == U'A' ? "i^a" : c == U'U' ? "i^u" : c == U'E' ? "e`" : "");
    });
    return word;
}

}  // namespace russian

// Replaces a word, in lower case or not, by its stem. Without a character beyond U+00FF it stays as it is.
inline void stem_russian(std::u32string& word) {
    if (std::all_of(word.begin(), word.end(), [](char32_t c) { return c <= 0xff; })) return;
    const bool capitals = russian::write_in_latin(word);
    const size_t cut = capitals ? russian::cut_of(russian::capitals_spelt_out(word)) : russian::cut_of(word);
    word.resize(russian::step_4(russian::without(word, cut)).size());
    russian::write_in_cyrillic(word);
}

}  // namespace embedfn
