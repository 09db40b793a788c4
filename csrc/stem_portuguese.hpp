// The Portuguese Snowball stemmer on lower-case words, in place. embedfn/lexical/stem_portuguese.py is the definition
// of correct and says where NLTK, which it follows, departs from Porter's text; steps and lists are in its order.
// Source of the lists: nltk.stem.snowball (Apache-2.0), after
// https://snowballstem.org/algorithms/portuguese/stemmer.html. A nasal vowel is written as the vowel and a tilde
// meanwhile, the tilde being a consonant.
#pragma once

#include "stem_regions.hpp"

namespace embedfn {
namespace portuguese {

using stems::Suffix;

// In step 1, what is then cut from the end of R2, or the suffix's own rule.
enum : stems::Rule { plain, then_ante, then_ic, then_at, amente, ira };

inline constexpr stems::Vowels vowels(U"aeiouáéíóúâêô");
inline constexpr stems::LetterSet final_e(U"eéê");

inline constexpr Suffix suffixes_1[] = {
    {U"amentos"}, {U"imentos"}, {U"uço~es", plain, U"u"}, {U"amento"}, {U"imento"}, {U"adoras"}, {U"adores"},
    {U"aço~es"}, {U"logias", plain, U"log"}, {U"ências", plain, U"ente"}, {U"amente", amente}, {U"idades", then_ic},
    {U"anças"}, {U"ismos"}, {U"istas"}, {U"adora"}, {U"aça~o"}, {U"antes"}, {U"ância"}, {U"logia", plain, U"log"},
    {U"uça~o", plain, U"u"}, {U"ência", plain, U"ente"}, {U"mente", then_ante}, {U"idade", then_ic}, {U"ança"},
    {U"ezas"}, {U"icos"}, {U"icas"}, {U"ismo"}, {U"ável"}, {U"ível"}, {U"ista"}, {U"osos"}, {U"osas"}, {U"ador"},
    {U"ante"}, {U"ivas", then_at}, {U"ivos", then_at}, {U"iras", ira}, {U"eza"}, {U"ico"}, {U"ica"}, {U"oso"},
    {U"osa"}, {U"iva", then_at}, {U"ivo", then_at}, {U"ira", ira},
};
inline constexpr Suffix suffixes_2[] = {
    {U"aríamos"}, {U"eríamos"}, {U"iríamos"}, {U"ássemos"}, {U"êssemos"}, {U"íssemos"}, {U"aríeis"}, {U"eríeis"},
    {U"iríeis"}, {U"ásseis"}, {U"ésseis"}, {U"ísseis"}, {U"áramos"}, {U"éramos"}, {U"íramos"}, {U"ávamos"},
    {U"aremos"}, {U"eremos"}, {U"iremos"}, {U"ariam"}, {U"eriam"}, {U"iriam"}, {U"assem"}, {U"essem"}, {U"issem"},
    {U"ara~o"}, {U"era~o"}, {U"ira~o"}, {U"arias"}, {U"erias"}, {U"irias"}, {U"ardes"}, {U"erdes"}, {U"irdes"},
    {U"asses"}, {U"esses"}, {U"isses"}, {U"astes"}, {U"estes"}, {U"istes"}, {U"áreis"}, {U"areis"}, {U"éreis"},
    {U"ereis"}, {U"íreis"}, {U"ireis"}, {U"áveis"}, {U"íamos"}, {U"armos"}, {U"ermos"}, {U"irmos"}, {U"aria"},
    {U"eria"}, {U"iria"}, {U"asse"}, {U"esse"}, {U"isse"}, {U"aste"}, {U"este"}, {U"iste"}, {U"arei"}, {U"erei"},
    {U"irei"}, {U"aram"}, {U"eram"}, {U"iram"}, {U"avam"}, {U"arem"}, {U"erem"}, {U"irem"}, {U"ando"}, {U"endo"},
    {U"indo"}, {U"adas"}, {U"idas"}, {U"arás"}, {U"aras"}, {U"erás"}, {U"eras"}, {U"irás"}, {U"avas"}, {U"ares"},
    {U"eres"}, {U"ires"}, {U"íeis"}, {U"ados"}, {U"idos"}, {U"ámos"}, {U"amos"}, {U"emos"}, {U"imos"}, {U"iras"},
    {U"ada"}, {U"ida"}, {U"ará"}, {U"ara"}, {U"erá"}, {U"era"}, {U"irá"}, {U"ava"}, {U"iam"}, {U"ado"}, {U"ido"},
    {U"ias"}, {U"ais"}, {U"eis"}, {U"ira"}, {U"ia"}, {U"ei"}, {U"am"}, {U"em"}, {U"ar"}, {U"er"}, {U"ir"}, {U"as"},
    {U"es"}, {U"is"}, {U"eu"}, {U"iu"}, {U"ou"},
};
inline constexpr Suffix suffixes_4[] = {{U"os"}, {U"a"}, {U"i"}, {U"o"}, {U"á"}, {U"í"}, {U"ó"}};
inline constexpr stems::SuffixTable<suffixes_1> step_1_suffixes;
inline constexpr stems::SuffixTable<suffixes_2> step_2_suffixes;
inline constexpr stems::SuffixTable<suffixes_4> step_4_suffixes;

struct Form : stems::Form {
    explicit Form(std::u32string& letters) : stems::Form(letters, vowels) { rv = vowels.rv(word); }

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
        if (suffix->rule == ira && rv >= cut && from_end(cut + 1) == U'e') {
            replace(cut, U"ir");
            return true;
        }
        if (r2 < cut) return false;
        replace(cut, suffix->add);
        switch (suffix->rule) {
            case then_ante: cut_in_r2({U"ante", U"avel", U"ivel"}); break;
            case then_ic: cut_in_r2({U"ic", U"iv", U"abil"}); break;
            case then_at: cut_in_r2({U"at"}); break;
            default: break;
        }
        return true;
    }

    // Endings of verbs; false where there is none.
    bool step_2() {
        const size_t cut = step_2_suffixes.length(last(rv));
        if (cut) replace(cut);
        return cut;
    }

    // A final i behind a c.
    void step_3() {
        if (rv_ends(U"i") && ends(U"ci")) replace(1);
    }

    // What is left of endings, where nothing was cut.
    void step_4() { replace(step_4_suffixes.length(last(rv))); }

    // A final e with what softened the letter before it, or a cedilla.
    void step_5() {
        if (rv && final_e.has(from_end(1))) {
            replace(1);
            if ((rv_ends(U"u") && ends(U"gu")) || (rv_ends(U"i") && ends(U"ci"))) replace(1);
        } else if (ends(U"ç")) {
            word.back() = U'c';
        }
    }
};

// Writes a tilde behind its letter, and u without dots behind q and g.
inline void take_apart(std::u32string& word) {
    bool nasal = false;
    for (size_t i = 0; i < word.size(); ++i) {
        nasal = nasal || word[i] == U'ã' || word[i] == U'õ';
        if (word[i] == U'ü' && i && (word[i - 1] == U'q' || word[i - 1] == U'g')) word[i] = U'u';
    }
    if (nasal)
        stems::spell_out(word, [](char32_t c) { return std::string_view(c == U'ã' ? "a~" : c == U'õ' ? "o~" : ""); });
}

// Puts letters and the tildes behind them together.
inline void put_together(std::u32string& word) {
    size_t size = 0;
    for (const char32_t c : word) {
        if (c == U'~' && size && (word[size - 1] == U'a' || word[size - 1] == U'o'))
            word[size - 1] = word[size - 1] == U'a' ? U'ã' : U'õ';
        else
            word[size++] = c;
    }
    word.resize(size);
}

}  // namespace portuguese

// Replaces a word in lower case by its stem.
inline void stem_portuguese(std::u32string& word) {
    portuguese::take_apart(word);
    portuguese::Form form(word);
    if (form.step_1() || form.step_2())
        form.step_3();
    else
        form.step_4();
    form.step_5();
    portuguese::put_together(word);
}

}  // namespace embedfn
