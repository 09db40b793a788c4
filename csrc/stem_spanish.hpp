// The Spanish Snowball stemmer on lower-case words, in place. embedfn/lexical/stem_spanish.py is the definition of
// correct and says where NLTK, which it follows, departs from Porter's text; steps and lists are in its order. Source
// of the lists: nltk.stem.snowball (Apache-2.0), after https://snowballstem.org/algorithms/spanish/stemmer.html.
#pragma once

#include "stem_regions.hpp"

namespace embedfn {
namespace spanish {

using stems::Suffix;

// In step 1, what is then cut from the end of R2; "amente" has its own rule.
enum : stems::Rule { plain, then_ic, then_ante, then_abil, then_at, amente };

inline constexpr stems::Vowels vowels(U"aeiouáéíóúü");

inline constexpr Suffix suffixes_0[] = {
    {U"selas"}, {U"selos"}, {U"sela"}, {U"selo"}, {U"las"}, {U"les"}, {U"los"}, {U"nos"}, {U"me"}, {U"se"}, {U"la"},
    {U"le"}, {U"lo"},
};
inline constexpr Suffix suffixes_before_pronoun[] = {
    {U"ando"}, {U"ándo"}, {U"ar"}, {U"ár"}, {U"er"}, {U"ér"}, {U"iendo"}, {U"iéndo"}, {U"ir"}, {U"ír"},
};
inline constexpr Suffix suffixes_1[] = {
    {U"amientos"}, {U"imientos"}, {U"amiento"}, {U"imiento"}, {U"acion", then_ic}, {U"aciones", then_ic},
    {U"uciones", plain, U"u"}, {U"ucion", plain, U"u"}, {U"adoras", then_ic}, {U"adores", then_ic},
    {U"ancias", then_ic}, {U"logías", plain, U"log"}, {U"encias", plain, U"ente"}, {U"amente", amente},
    {U"idades", then_abil}, {U"anzas"}, {U"ismos"}, {U"ables"}, {U"ibles"}, {U"istas"}, {U"adora", then_ic},
    {U"ación", then_ic}, {U"antes", then_ic}, {U"ancia", then_ic}, {U"logía", plain, U"log"}, {U"ución", plain, U"u"},
    {U"encia", plain, U"ente"}, {U"mente", then_ante}, {U"anza"}, {U"icos"}, {U"icas"}, {U"ismo"}, {U"able"},
    {U"ible"}, {U"ista"}, {U"osos"}, {U"osas"}, {U"ador", then_ic}, {U"ante", then_ic}, {U"idad", then_abil},
    {U"ivas", then_at}, {U"ivos", then_at}, {U"ico"}, {U"ica"}, {U"oso"}, {U"osa"}, {U"iva", then_at},
    {U"ivo", then_at},
};
inline constexpr Suffix suffixes_2a[] = {
    {U"yeron"}, {U"yendo"}, {U"yamos"}, {U"yais"}, {U"yan"}, {U"yen"}, {U"yas"}, {U"yes"}, {U"ya"}, {U"ye"}, {U"yo"},
    {U"yó"},
};
inline constexpr Suffix suffixes_2b[] = {
    {U"aríamos"}, {U"eríamos"}, {U"iríamos"}, {U"iéramos"}, {U"iésemos"}, {U"aríais"}, {U"aremos"}, {U"eríais"},
    {U"eremos"}, {U"iríais"}, {U"iremos"}, {U"ierais"}, {U"ieseis"}, {U"asteis"}, {U"isteis"}, {U"ábamos"}, {U"áramos"},
    {U"ásemos"}, {U"arían"}, {U"arías"}, {U"aréis"}, {U"erían"}, {U"erías"}, {U"eréis"}, {U"irían"}, {U"irías"},
    {U"iréis"}, {U"ieran"}, {U"iesen"}, {U"ieron"}, {U"iendo"}, {U"ieras"}, {U"ieses"}, {U"abais"}, {U"arais"},
    {U"aseis"}, {U"éamos"}, {U"arán"}, {U"arás"}, {U"aría"}, {U"erán"}, {U"erás"}, {U"ería"}, {U"irán"}, {U"irás"},
    {U"iría"}, {U"iera"}, {U"iese"}, {U"aste"}, {U"iste"}, {U"aban"}, {U"aran"}, {U"asen"}, {U"aron"}, {U"ando"},
    {U"abas"}, {U"adas"}, {U"idas"}, {U"aras"}, {U"ases"}, {U"íais"}, {U"ados"}, {U"idos"}, {U"amos"}, {U"imos"},
    {U"emos"}, {U"ará"}, {U"aré"}, {U"erá"}, {U"eré"}, {U"irá"}, {U"iré"}, {U"aba"}, {U"ada"}, {U"ida"}, {U"ara"},
    {U"ase"}, {U"ían"}, {U"ado"}, {U"ido"}, {U"ías"}, {U"áis"}, {U"éis"}, {U"ía"}, {U"ad"}, {U"ed"}, {U"id"}, {U"an"},
    {U"ió"}, {U"ar"}, {U"er"}, {U"ir"}, {U"as"}, {U"ís"}, {U"en"}, {U"es"},
};
inline constexpr Suffix suffixes_3[] = {{U"os"}, {U"a"}, {U"e"}, {U"o"}, {U"á"}, {U"é"}, {U"í"}, {U"ó"}};
inline constexpr stems::SuffixTable<suffixes_0> step_0_suffixes;
inline constexpr stems::SuffixTable<suffixes_before_pronoun> before_pronoun;
inline constexpr stems::SuffixTable<suffixes_1> step_1_suffixes;
inline constexpr stems::SuffixTable<suffixes_2a> step_2a_suffixes;
inline constexpr stems::SuffixTable<suffixes_2b> step_2b_suffixes;
inline constexpr stems::SuffixTable<suffixes_3> step_3_suffixes;

// Vowels lose their accent, u keeps its dots.
inline void remove_accents(std::u32string& word) {
    for (char32_t& c : word) {
        switch (c) {
            case U'á': c = U'a'; break;
            case U'é': c = U'e'; break;
            case U'í': c = U'i'; break;
            case U'ó': c = U'o'; break;
            case U'ú': c = U'u'; break;
            default: break;
        }
    }
}

struct Form : stems::Form {
    explicit Form(std::u32string& letters) : stems::Form(letters, vowels) { rv = vowels.rv(word); }

    // Pronouns attached to a verb, which then loses its accents.
    void step_0() {
        const size_t cut = step_0_suffixes.length(last(rv));
        if (!cut) return;
        const stems::Letters bare = stems::Letters(word).substr(0, word.size() - cut);
        const stems::Letters bare_rv = bare.substr(word.size() - rv);
        const bool behind_u = bare.size() >= 6 && bare[bare.size() - 6] == U'u';
        if (!before_pronoun.find(bare_rv) && !(behind_u && stems::ends_with(bare_rv, U"yendo"))) return;
        replace(cut);
        remove_accents(word);
    }

    // Suffixes that derive words; false where there is none.
    bool step_1() {
        const Suffix* suffix = step_1_suffixes.find(word);
        if (!suffix) return false;
        const size_t cut = suffix->text.size();
        if (suffix->rule == amente && r1 >= cut) {
            replace(cut);
            if (cut_in_r2({U"iv"}))
                cut_in_r2({U"at"});
            else
                cut_in_r2({U"os", U"ic", U"ad"});
            return true;
        }
        if (r2 < cut) return false;
        replace(cut, suffix->add);
        switch (suffix->rule) {
            case then_ic: cut_in_r2({U"ic"}); break;
            case then_ante: cut_in_r2({U"ante", U"able", U"ible"}); break;
            case then_abil: cut_in_r2({U"abil", U"ic", U"iv"}); break;
            case then_at: cut_in_r2({U"at"}); break;
            default: break;
        }
        return true;
    }

    // Endings of verbs that begin with y, behind a u.
    void step_2a() {
        const size_t cut = step_2a_suffixes.length(last(rv));
        if (cut && from_end(cut + 1) == U'u') replace(cut);
    }

    // Other endings of verbs.
    void step_2b() {
        const Suffix* suffix = step_2b_suffixes.find(last(rv));
        if (!suffix) return;
        replace(suffix->text.size());
        const auto is = [suffix](stems::Letters text) { return suffix->text == text; };
        if (ends(U"gu") && (is(U"en") || is(U"es") || is(U"éis") || is(U"emos"))) replace(1);
    }

    // What is left of endings.
    void step_3() {
        const Suffix* suffix = step_3_suffixes.find(last(rv));
        if (!suffix) return;
        replace(suffix->text.size());
        if ((suffix->text == U"e" || suffix->text == U"é") && rv_ends(U"u") && ends(U"gu")) replace(1);
    }
};

}  // namespace spanish

// Replaces a word in lower case by its stem.
inline void stem_spanish(std::u32string& word) {
    spanish::Form form(word);
    form.step_0();
    if (!form.step_1()) {
        form.step_2a();
        form.step_2b();
    }
    form.step_3();
    spanish::remove_accents(word);
}

}  // namespace embedfn
