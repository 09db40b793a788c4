// The Italian Snowball stemmer on lower-case words, in place. embedfn/lexical/stem_italian.py is the definition of
// correct and says where NLTK, which it follows, departs from Porter's text; steps and lists are in its order. Source
// of the lists: nltk.stem.snowball (Apache-2.0), after https://snowballstem.org/algorithms/italian/stemmer.html.
#pragma once

#include "stem_regions.hpp"

namespace embedfn {
namespace italian {

using stems::Suffix;

// In step 1, what is then cut from the end of R2, or the suffix's own rule.
enum : stems::Rule { plain, then_ic, then_ic_iv_abil, then_at_ic, amente, in_rv, logia, all_but_u, enza };

inline constexpr stems::Vowels vowels(U"aeiouàèìòù");
inline constexpr stems::LetterSet between_vowels(U"ui"), final_vowels(U"aeioàèìò");

inline constexpr Suffix suffixes_0[] = {
    {U"gliela"}, {U"gliele"}, {U"glieli"}, {U"glielo"}, {U"gliene"}, {U"sene"}, {U"mela"}, {U"mele"}, {U"meli"},
    {U"melo"}, {U"mene"}, {U"tela"}, {U"tele"}, {U"teli"}, {U"telo"}, {U"tene"}, {U"cela"}, {U"cele"}, {U"celi"},
    {U"celo"}, {U"cene"}, {U"vela"}, {U"vele"}, {U"veli"}, {U"velo"}, {U"vene"}, {U"gli"}, {U"ci"}, {U"la"}, {U"le"},
    {U"li"}, {U"lo"}, {U"mi"}, {U"ne"}, {U"si"}, {U"ti"}, {U"vi"},
};
inline constexpr Suffix suffixes_1[] = {
    {U"atrice"}, {U"atrici"}, {U"azione", then_ic}, {U"azioni", then_ic}, {U"uzione", all_but_u},
    {U"uzioni", all_but_u}, {U"usione", all_but_u}, {U"usioni", all_but_u}, {U"amento", in_rv}, {U"amenti", in_rv},
    {U"imento", in_rv}, {U"imenti", in_rv}, {U"amente", amente}, {U"abile"}, {U"abili"}, {U"ibile"}, {U"ibili"},
    {U"mente"}, {U"atore", then_ic}, {U"atori", then_ic}, {U"logia", logia}, {U"logie", logia}, {U"anza"}, {U"anze"},
    {U"iche"}, {U"ichi"}, {U"ismo"}, {U"ismi"}, {U"ista"}, {U"iste"}, {U"isti"}, {U"istà"}, {U"istè"}, {U"istì"},
    {U"ante"}, {U"anti"}, {U"enza", enza}, {U"enze", enza}, {U"ico"}, {U"ici"}, {U"ica"}, {U"ice"}, {U"oso"}, {U"osi"},
    {U"osa"}, {U"ose"}, {U"ità", then_ic_iv_abil}, {U"ivo", then_at_ic}, {U"ivi", then_at_ic}, {U"iva", then_at_ic},
    {U"ive", then_at_ic},
};
inline constexpr Suffix suffixes_2[] = {
    {U"erebbero"}, {U"irebbero"}, {U"assero"}, {U"assimo"}, {U"eranno"}, {U"erebbe"}, {U"eremmo"}, {U"ereste"},
    {U"eresti"}, {U"essero"}, {U"iranno"}, {U"irebbe"}, {U"iremmo"}, {U"ireste"}, {U"iresti"}, {U"iscano"},
    {U"iscono"}, {U"issero"}, {U"arono"}, {U"avamo"}, {U"avano"}, {U"avate"}, {U"eremo"}, {U"erete"}, {U"erono"},
    {U"evamo"}, {U"evano"}, {U"evate"}, {U"iremo"}, {U"irete"}, {U"irono"}, {U"ivamo"}, {U"ivano"}, {U"ivate"},
    {U"ammo"}, {U"ando"}, {U"asse"}, {U"assi"}, {U"emmo"}, {U"enda"}, {U"ende"}, {U"endi"}, {U"endo"}, {U"erai"},
    {U"erei"}, {U"Yamo"}, {U"iamo"}, {U"immo"}, {U"irai"}, {U"irei"}, {U"isca"}, {U"isce"}, {U"isci"}, {U"isco"},
    {U"ano"}, {U"are"}, {U"ata"}, {U"ate"}, {U"ati"}, {U"ato"}, {U"ava"}, {U"avi"}, {U"avo"}, {U"erà"}, {U"ere"},
    {U"erò"}, {U"ete"}, {U"eva"}, {U"evi"}, {U"evo"}, {U"irà"}, {U"ire"}, {U"irò"}, {U"ita"}, {U"ite"}, {U"iti"},
    {U"ito"}, {U"iva"}, {U"ivi"}, {U"ivo"}, {U"ono"}, {U"uta"}, {U"ute"}, {U"uti"}, {U"uto"}, {U"ar"}, {U"ir"},
};
inline constexpr stems::SuffixTable<suffixes_0> step_0_suffixes;
inline constexpr stems::SuffixTable<suffixes_1> step_1_suffixes;
inline constexpr stems::SuffixTable<suffixes_2> step_2_suffixes;

constexpr char32_t with_grave(char32_t c) {
    switch (c) {
        case U'á': return U'à';
        case U'é': return U'è';
        case U'í': return U'ì';
        case U'ó': return U'ò';
        case U'ú': return U'ù';
        default: return c;
    }
}

struct Form : stems::Form {
    explicit Form(std::u32string& letters) : stems::Form(letters, vowels) { rv = vowels.rv(word); }

    // Pronouns attached to a verb.
    void step_0() {
        const size_t cut = step_0_suffixes.length(last(rv));
        if (!cut) return;
        const stems::Letters bare_rv = last(rv).substr(0, rv - cut);
        const auto behind = [bare_rv](stems::Letters text) { return stems::ends_with(bare_rv, text); };
        if (behind(U"ando") || behind(U"endo"))
            replace(cut);
        else if (behind(U"ar") || behind(U"er") || behind(U"ir"))
            replace(cut, U"e");
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
                cut_in_r2({U"os", U"ic", U"abil"});
            return true;
        }
        if ((suffix->rule == in_rv ? std::max(rv, r2) : r2) < cut) return false;
        switch (suffix->rule) {
            case logia:
                word.resize(word.size() - 2);
                r1 = r2 = rv = 0;
                return true;
            case all_but_u: replace(5); return true;
            case enza: replace(4, U"te"); return true;
            default: break;
        }
        replace(cut);
        switch (suffix->rule) {
            case then_ic: cut_in_r2({U"ic"}); break;
            case then_ic_iv_abil: cut_in_r2({U"ic", U"iv", U"abil"}); break;
            case then_at_ic:
                if (cut_in_r2({U"at"})) cut_in_r2({U"ic"});
                break;
            default: break;
        }
        return true;
    }

    // Endings of verbs.
    void step_2() { replace(step_2_suffixes.length(last(rv))); }

    // A final vowel, an i before it, and the h of a hard c or g.
    void step_3() {
        if (rv && final_vowels.has(from_end(1))) {
            replace(1);
            if (rv_ends(U"i")) replace(1);
        }
        if (rv_ends(U"ch") || rv_ends(U"gh")) replace(1);
    }
};

}  // namespace italian

// Replaces a word in lower case by its stem.
inline void stem_italian(std::u32string& word) {
    for (char32_t& c : word) c = italian::with_grave(c);
    for (size_t i = 0; i + 1 < word.size(); ++i)
        if (word[i] == U'q' && word[i + 1] == U'u') word[i + 1] = U'U';
    italian::vowels.mark_consonants(word, italian::between_vowels);
    italian::Form form(word);
    form.step_0();
    if (!form.step_1()) form.step_2();
    form.step_3();
    for (char32_t& c : word)
        if (c == U'I' || c == U'U') c += 'a' - 'A';
}

}  // namespace embedfn
