// The French Snowball stemmer on lower-case words, in place. embedfn/lexical/stem_french.py is the definition of
// correct and says where NLTK, which it follows, departs from Porter's text; steps and lists are in its order. Source
// of the lists: nltk.stem.snowball (Apache-2.0), after https://snowballstem.org/algorithms/french/stemmer.html.
#pragma once

#include "stem_regions.hpp"

namespace embedfn {
namespace french {

using stems::Letters;
using stems::Suffix;

enum : stems::Rule {
    plain, eaux, euse, ement, amment, emment, ment, aux, issement, in_r2, in_r2_behind_ic, in_r2_ite, in_r2_if, with_e,
};

inline constexpr stems::Vowels vowels(U"aeiouyâàëéêèïîôûù");
inline constexpr stems::LetterSet between_vowels(U"ui"), beside_vowel(U"y"), before_s(U"aiouès");

inline constexpr Suffix suffixes_1[] = {
    {U"issements", issement}, {U"issement", issement}, {U"atrices", in_r2_behind_ic}, {U"atrice", in_r2_behind_ic},
    {U"ateurs", in_r2_behind_ic}, {U"ations", in_r2_behind_ic}, {U"logies", in_r2, U"log"}, {U"usions", in_r2, U"u"},
    {U"utions", in_r2, U"u"}, {U"ements", ement}, {U"amment", amment}, {U"emment", emment}, {U"ances", in_r2},
    {U"iqUes", in_r2}, {U"ismes", in_r2}, {U"ables", in_r2}, {U"istes", in_r2}, {U"ateur", in_r2_behind_ic},
    {U"ation", in_r2_behind_ic}, {U"logie", in_r2, U"log"}, {U"usion", in_r2, U"u"}, {U"ution", in_r2, U"u"},
    {U"ences", in_r2, U"ent"}, {U"ement", ement}, {U"euses", euse}, {U"ments", ment}, {U"ance", in_r2},
    {U"iqUe", in_r2}, {U"isme", in_r2}, {U"able", in_r2}, {U"iste", in_r2}, {U"ence", in_r2, U"ent"},
    {U"ités", in_r2_ite}, {U"ives", in_r2_if}, {U"eaux", eaux}, {U"euse", euse}, {U"ment", ment}, {U"eux", in_r2},
    {U"ité", in_r2_ite}, {U"ive", in_r2_if}, {U"ifs", in_r2_if}, {U"aux", aux}, {U"if", in_r2_if},
};
inline constexpr Suffix suffixes_2a[] = {
    {U"issaIent"}, {U"issantes"}, {U"iraIent"}, {U"issante"}, {U"issants"}, {U"issions"}, {U"irions"}, {U"issais"},
    {U"issait"}, {U"issant"}, {U"issent"}, {U"issiez"}, {U"issons"}, {U"irais"}, {U"irait"}, {U"irent"}, {U"iriez"},
    {U"irons"}, {U"iront"}, {U"isses"}, {U"issez"}, {U"îmes"}, {U"îtes"}, {U"irai"}, {U"iras"}, {U"irez"}, {U"isse"},
    {U"ies"}, {U"ira"}, {U"ît"}, {U"ie"}, {U"ir"}, {U"is"}, {U"it"}, {U"i"},
};
// Some also take an e before them along.
inline constexpr Suffix suffixes_2b[] = {
    {U"eraIent"}, {U"assions", with_e}, {U"erions"}, {U"assent", with_e}, {U"assiez", with_e}, {U"èrent"}, {U"erais"},
    {U"erait"}, {U"eriez"}, {U"erons"}, {U"eront"}, {U"aIent", with_e}, {U"antes", with_e}, {U"asses", with_e},
    {U"ions"}, {U"erai"}, {U"eras"}, {U"erez"}, {U"âmes", with_e}, {U"âtes", with_e}, {U"ante", with_e},
    {U"ants", with_e}, {U"asse", with_e}, {U"ées"}, {U"era"}, {U"iez"}, {U"ais", with_e}, {U"ait", with_e},
    {U"ant", with_e}, {U"ée"}, {U"és"}, {U"er"}, {U"ez"}, {U"ât", with_e}, {U"ai", with_e}, {U"as", with_e}, {U"é"},
    {U"a", with_e},
};
inline constexpr stems::SuffixTable<suffixes_1> step_1_suffixes;
inline constexpr stems::SuffixTable<suffixes_2a> step_2a_suffixes;
inline constexpr stems::SuffixTable<suffixes_2b> step_2b_suffixes;

inline bool holds(Letters region, Letters part) { return region.find(part) != region.npos; }

// A word under treatment. Regions are strings: R1 and R2 stay those of the whole word, RV is shortened in some steps
// and not in others. So cuts leave the letters where they are; what is written over them comes from the last step that
// looks at regions, or the whole word is kept behind.
class Form {
public:
    explicit Form(std::u32string& letters) : word_(letters), size_(letters.size()) {
        vowels.mark_consonants(word_, between_vowels, beside_vowel);
        const size_t start_1 = vowels.after_pair(word_, 0), start_2 = vowels.after_pair(word_, start_1);
        r1_ = word().substr(start_1);
        r2_ = word().substr(start_2);
        rv_ = word().substr(rv_start(word()));
    }

    void run() {
        bool shorter = step_1();
        if (!shorter) shorter = step_2a() || step_2b();
        if (shorter)
            step_3();
        else
            step_4();
        step_5();
        step_6();
        word_.resize(size_);
        for (char32_t& c : word_)
            if (c == U'I' || c == U'U' || c == U'Y') c += 'a' - 'A';
    }

private:
    static size_t rv_start(Letters word) {
        const auto begins = [first = word.substr(0, 3)](Letters letters) { return stems::ends_with(first, letters); };
        if ((word.size() >= 2 && vowels.has(word[0]) && vowels.has(word[1])) || begins(U"par") || begins(U"col") ||
            begins(U"tap"))
            return std::min<size_t>(word.size(), 3);
        return vowels.after_first(true, word, 1);
    }

    Letters word() const { return Letters(word_).substr(0, size_); }
    bool ends(Letters suffix) const { return stems::ends_with(word(), suffix); }

    // What is added is never longer than all that was cut before.
    void replace(size_t cut, Letters add = {}) {
        size_ -= std::min(cut, size_);
        for (const char32_t c : add) word_[size_++] = c;
    }

    // Puts the regions, which are yet as they were, where nothing is written over them.
    void keep_regions() {
        const size_t whole = word_.size(), r1 = r1_.size(), r2 = r2_.size(), rv = rv_.size();
        word_.resize(2 * whole);
        std::copy_n(word_.data(), whole, word_.data() + whole);
        r1_ = Letters(word_).substr(2 * whole - r1);
        r2_ = Letters(word_).substr(2 * whole - r2);
        rv_ = Letters(word_).substr(2 * whole - rv);
    }

    // Suffixes that derive words. Whether that is all for endings.
    bool step_1() {
        const Suffix* suffix = step_1_suffixes.find(word());
        if (!suffix) return false;
        const size_t cut = suffix->text.size();
        const bool in_r1 = r1_.size() >= cut, in_rv = rv_.size() >= cut;
        switch (suffix->rule) {
            case eaux: replace(1); return true;
            case euse:
                if (in_r1) replace(cut, r2_.size() >= cut ? U"" : U"eux");
                return in_r1;
            case ement:
                if (in_rv) replace(cut), cut_before_ement();
                return in_rv;
            case amment:
                if (!in_rv) return false;
                keep_regions();
                replace(cut, U"ant");
                rv_ = word().substr(size_ - (rv_.size() - 3));
                return false;
            case emment:
                if (!in_rv) return false;
                keep_regions();
                replace(cut, U"ent");
                return false;
            case ment:
                if (rv_.size() > cut && rv_.substr(0, cut) != suffix->text && vowels.has(rv_[rv_.size() - cut - 1]))
                    replace(cut), rv_.remove_suffix(cut);
                return false;
            case aux:
                if (in_r1) replace(cut, U"al");
                return in_r1;
            case issement:
                if (!in_r1 || vowels.has(word_[size_ - cut - 1])) return false;
                replace(cut);
                return true;
            default:
                if (r2_.size() < cut) return false;
                replace(cut, suffix->add);
                cut_before_r2(suffix->rule);
                return true;
        }
    }

    void cut_before_ement() {
        if (ends(U"iv") && holds(r2_, U"iv")) {
            replace(2);
            if (ends(U"at") && holds(r2_, U"at")) replace(2);
        } else if (ends(U"eus")) {
            if (holds(r2_, U"eus"))
                replace(3);
            else if (holds(r1_, U"eus"))
                replace(1, U"x");
        } else if (ends(U"abl") || ends(U"iqU")) {
            if (holds(r2_, U"abl") || holds(r2_, U"iqU")) replace(3);
        } else if (ends(U"ièr") || ends(U"Ièr")) {
            if (holds(rv_, U"ièr") || holds(rv_, U"Ièr")) replace(3, U"i");
        }
    }

    // What may stand before a suffix that was cut from R2.
    void cut_before_r2(stems::Rule rule) {
        if (rule == in_r2_behind_ic) {
            cut_ic();
        } else if (rule == in_r2_ite) {
            if (ends(U"abil")) {
                if (holds(r2_, U"abil"))
                    replace(4);
                else
                    replace(2, U"l");
            } else if (ends(U"iv")) {
                if (holds(r2_, U"iv")) replace(2);
            } else {
                cut_ic();
            }
        } else if (rule == in_r2_if && ends(U"at") && holds(r2_, U"at")) {
            replace(2);
            cut_ic();
        }
    }

    // Cuts "ic" where R2 has it, else writes it as in "ique".
    void cut_ic() {
        if (ends(U"ic")) replace(2, holds(r2_, U"ic") ? U"" : U"iqU");
    }

    // Endings of verbs that begin with i, behind a consonant of RV.
    bool step_2a() {
        const Suffix* suffix = step_2a_suffixes.find(word());
        if (!suffix || rv_.size() == suffix->text.size()) return false;
        const size_t at = rv_.rfind(suffix->text);
        // Where RV only begins with the suffix, the letter "before" it is RV's last one.
        if (at == rv_.npos || vowels.has(at ? rv_[at - 1] : rv_.back())) return false;
        replace(suffix->text.size());
        return true;
    }

    // Other endings of verbs.
    bool step_2b() {
        const Suffix* suffix = step_2b_suffixes.find(rv_);
        if (!suffix || (suffix->text == U"ions" && !holds(r2_, suffix->text))) return false;
        const size_t cut = suffix->text.size();
        const bool behind_e = rv_.size() > cut && rv_[rv_.size() - cut - 1] == U'e';
        replace(suffix->rule == with_e && behind_e ? cut + 1 : cut);
        return true;
    }

    // A final Y or cedilla that a cut laid bare.
    void step_3() {
        if (ends(U"Y"))
            replace(1, U"i");
        else if (ends(U"ç"))
            replace(1, U"c");
    }

    // What is left of endings, where nothing was cut.
    void step_4() {
        if (size_ >= 2 && ends(U"s") && !before_s.has(word_[size_ - 2])) replace(1);
        const auto fits = [&](Letters suffix) { return ends(suffix) && holds(rv_, suffix); };
        if (fits(U"ière") || fits(U"Ière")) {
            replace(4, U"i");
        } else if (fits(U"ion")) {
            const char32_t before = rv_.size() >= 4 ? rv_[rv_.size() - 4] : U'\0';
            if (holds(r2_, U"ion") && (before == U's' || before == U't')) replace(3);
        } else if (fits(U"ier") || fits(U"Ier")) {
            replace(3, U"i");
        } else if (fits(U"e") || (fits(U"ë") && ends(U"guë"))) {
            replace(1);
        }
    }

    // A doubled consonant.
    void step_5() {
        if (size_ < 3 || word_[size_ - 1] != word_[size_ - 2]) return;
        if (ends(U"enn") || ends(U"onn") || ends(U"ett") || ends(U"ell") || ends(U"eill")) replace(1);
    }

    // The accent of the last vowel, where that is an e before a consonant; not in first place.
    void step_6() {
        for (size_t i = size_; i-- > 1;) {
            if (!vowels.has(word_[i])) continue;
            if (i + 1 < size_ && (word_[i] == U'é' || word_[i] == U'è')) word_[i] = U'e';
            return;
        }
    }

    std::u32string& word_;  // the word under treatment, then what is no longer a part of it
    size_t size_;
    Letters r1_, r2_, rv_;
};

}  // namespace french

// Replaces a word in lower case by its stem.
inline void stem_french(std::u32string& word) {
    for (size_t i = 0; i + 1 < word.size(); ++i)
        if (word[i] == U'q' && word[i + 1] == U'u') word[i + 1] = U'U';
    french::Form(word).run();
}

}  // namespace embedfn
