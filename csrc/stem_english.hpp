// The English Snowball stemmer ("Porter2") on lower-case words, in place, ASCII ones as bytes.
// embedfn/lexical/stem_english.py is the definition of correct and says where NLTK, which it follows, departs from
// Porter's text; steps and tables are in its order. R1 and R2 are suffixes of the word, given by their lengths; a y
// that is a consonant is written Y meanwhile. Source: nltk.stem.snowball (Apache-2.0), after
// https://snowballstem.org/algorithms/english/stemmer.html.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "short_word.hpp"
#include "stem_english_tables.hpp"

namespace embedfn {
namespace english {

constexpr bool is_vowel(char c) {
    constexpr uint32_t vowels = 1 << 0 | 1 << 4 | 1 << 8 | 1 << 14 | 1 << 20 | 1 << 24;  // a e i o u y
    return c >= 'a' && c <= 'z' && (vowels >> (c - 'a') & 1);
}

constexpr bool is_one_of(char c, std::string_view letters) { return letters.find(c) != letters.npos; }

// A short syllable does not end in one of these.
constexpr bool is_not_short(char c) { return c == 'w' || c == 'x' || c == 'Y'; }

// Texts given as literals: comparing a known number of bytes needs no call.
template <size_t n> bool starts_with(std::string_view word, const char (&prefix)[n]) {
    return word.size() >= n - 1 && std::memcmp(word.data(), prefix, n - 1) == 0;
}

template <size_t n> bool ends_with(std::string_view word, const char (&suffix)[n]) {
    return word.size() >= n - 1 && std::memcmp(word.data() + word.size() - (n - 1), suffix, n - 1) == 0;
}

// The last eight bytes of a word, the last one highest; of a shorter word zeros below.
inline uint64_t tail_of(std::string_view word) {
    if (word.size() >= 8) return read_word(word.data() + word.size() - 8);
    uint64_t tail = 0;
    for (const char c : word) tail = tail >> 8 | uint64_t(uint8_t(c)) << 56;
    return tail;
}

template <class Text> size_t last_pair(const Text& word) {
    const size_t n = word.size();
    return pair_of(n ? word[n - 1] : '\0', n > 1 ? word[n - 2] : '\0');
}

inline void erase_first(std::string& word) { word.erase(0, 1); }
inline void erase_first(ShortWord& word) { word.erase_first(); }

// Marks the first letter and each y behind a vowel; a marked one is no vowel for the letter behind it.
inline bool mark_consonants(std::string& word) {
    bool marked = false;
    for (size_t i = word.find('y'); i != word.npos; i = word.find('y', i + 1)) {
        if (i && !is_vowel(word[i - 1])) continue;
        word[i] = 'Y';
        marked = true;
    }
    return marked;
}
inline bool mark_consonants(ShortWord& word) {
    bool marked = false;
    for (uint32_t bits = word.bits_of("y") & ((1u << word.size()) - 1); bits; bits &= bits - 1) {
        const auto i = size_t(lowest_bit(bits));
        if (i && !is_vowel(word[i - 1])) continue;
        word[i] = 'Y';
        marked = true;
    }
    return marked;
}

// Where a word has vowels, as long as what stands before a suffix stays as it is.
template <class Text> class Vowels {
public:
    explicit Vowels(const Text& word) : word_(word) {}

    // Where the part behind the first vowel followed by another letter begins.
    size_t behind_first(size_t start) const {
        for (size_t i = start + 1; i < word_.size(); ++i)
            if (!is_vowel(word_[i]) && is_vowel(word_[i - 1])) return i + 1;
        return word_.size();
    }
    bool any_before(size_t end) const {
        for (size_t i = 0; i < end; ++i)
            if (is_vowel(word_[i])) return true;
        return false;
    }

private:
    const Text& word_;
};

template <> class Vowels<ShortWord> {
public:
    explicit Vowels(const ShortWord& word) : size_(word.size()), bits_(word.bits_of("aeiouy") & ((1u << size_) - 1)) {}

    size_t behind_first(size_t start) const {
        const uint64_t inside = ((uint64_t(1) << size_) - 1) & (~uint64_t(0) << (start + 1));
        const uint64_t ends = uint64_t(bits_ << 1 & ~bits_) & inside;
        return ends ? size_t(lowest_bit(ends)) + 1 : size_;
    }
    bool any_before(size_t end) const { return bits_ & ((1u << end) - 1); }

private:
    size_t size_;
    uint32_t bits_;
};

// A word under treatment.
template <class Text> class Word {
public:
    explicit Word(Text& word) : word_(without_first_apostrophe(word)), marked_(mark_consonants(word_)), vowels_(word_) {
        size_t start_1 = vowels_.behind_first(0);
        if (starts_with(word_, "gener") || starts_with(word_, "arsen")) start_1 = 5;
        if (starts_with(word_, "commun")) start_1 = 6;
        r1_ = word_.size() - start_1;
        r2_ = word_.size() - vowels_.behind_first(start_1);
    }

    void run() {
        const auto may = [&](Steps step) { return steps_by_pair[last_pair(word_)] & step; };
        if (may(STEP_0)) step_0();
        if (may(STEP_1A)) step_1a();
        if (may(STEP_1B)) step_1b();
        if (may(STEP_1C)) step_1c();
        if (may(STEP_2)) step_2();
        if (may(STEP_3)) step_3();
        if (may(STEP_4)) step_4();
        if (may(STEP_5)) step_5();
        if (marked_)
            for (char& c : word_)
                if (c == 'Y') c = 'y';
    }

private:
    static Text& without_first_apostrophe(Text& word) {
        if (word[0] == '\'') erase_first(word);
        return word;
    }

    template <size_t n> bool ends(const char (&suffix)[n]) const { return ends_with(word_, suffix); }

    // The letter that many places from the end, 1 being the last.
    char from_end(size_t place) const { return place <= word_.size() ? word_[word_.size() - place] : '\0'; }

    // A region shorter than the cut becomes empty (R2: `short_r2`).
    void replace(size_t cut, std::string_view add = {}, size_t short_r2 = 0) {
        word_.replace(word_.size() - cut, cut, add);
        r1_ = r1_ >= cut ? r1_ - cut + add.size() : 0;
        r2_ = r2_ >= cut ? r2_ - cut + add.size() : short_r2;
    }

    void replace(const Suffix& suffix) { replace(suffix.cut, suffix.add, suffix.short_r2); }

    template <size_t n>
    const Suffix* find(const PairTable<Suffix, n>& suffixes) const {
        return suffixes.find(tail_of(word_), last_pair(word_));
    }

    // Possessives.
    void step_0() {
        if (ends("'s'"))
            replace(3);
        else if (ends("'s"))
            replace(2);
        else if (ends("'"))
            replace(1);
    }

    // Plurals.
    void step_1a() {
        const char last = from_end(1);
        if (last != 's' && last != 'd') return;
        if (ends("sses"))
            replace(2);
        else if (ends("ied") || ends("ies"))
            replace(word_.size() > 4 ? 2 : 1);
        else if (word_.size() > 2 && last == 's' && !ends("us") && !ends("ss") && vowels_.any_before(word_.size() - 2))
            replace(1);
    }

    // Past tenses and participles.
    void step_1b() {
        const char last = from_end(1);
        if (last != 'y' && last != 'd' && last != 'g') return;
        if (const size_t size = ends("eedly") ? 5 : ends("eed") ? 3 : 0) {
            if (r1_ >= size) replace(size, "ee");
        } else if (const size_t size = ends("ingly") ? 5 : ends("edly") ? 4 : ends("ing") ? 3 : ends("ed") ? 2 : 0) {
            if (vowels_.any_before(word_.size() - size)) {
                replace(size);
                mend();
            }
        }
    }

    // The end of a word that lost its participle's ending.
    void mend() {
        const char last = from_end(1);
        if (ends("at") || ends("bl") || ends("iz")) {
            if (word_.size() >= 5 || r1_ >= 2) ++r2_;
            ++r1_;
            word_ += 'e';
        } else if (last == from_end(2) && is_one_of(last, "bdfgmnprt")) {
            replace(1);
        } else if (r1_ == 0 && is_short()) {
            word_ += 'e';
        }
    }

    // A consonant, a vowel and a consonant at the end, or a word of a vowel and a consonant.
    bool is_short() const {
        if (word_.size() < 2 || is_vowel(from_end(1)) || !is_vowel(from_end(2))) return false;
        return word_.size() == 2 || (!is_not_short(from_end(1)) && !is_vowel(from_end(3)));
    }

    // A final y behind a consonant.
    void step_1c() {
        const char last = from_end(1);
        if ((last == 'y' || last == 'Y') && word_.size() > 2 && !is_vowel(from_end(2))) word_.back() = 'i';
    }

    // Compound suffixes.
    void step_2() {
        const Suffix* suffix = find(step_2_suffixes);
        if (!suffix || r1_ < suffix->text.size()) return;
        if (suffix->text == "ogi" && from_end(4) != 'l') return;
        if (suffix->text == "li" && !is_one_of(from_end(3), "cdeghkmnrt")) return;
        replace(*suffix);
    }

    // Second parts of compound suffixes.
    void step_3() {
        const Suffix* suffix = find(step_3_suffixes);
        if (!suffix || r1_ < suffix->text.size()) return;
        if (suffix->text == "ative" && r2_ < suffix->text.size()) return;
        replace(*suffix);
    }

    // Simple suffixes, in R2.
    void step_4() {
        const Suffix* suffix = find(step_4_suffixes);
        if (!suffix || r2_ < suffix->text.size()) return;
        if (suffix->text == "ion" && !is_one_of(from_end(4), "st")) return;
        replace(*suffix);
    }

    // A final e or l.
    void step_5() {
        if (r2_ && ends("ll")) {
            word_.pop_back();
        } else if (r1_ && ends("e")) {
            const bool after_short_syllable =
                word_.size() < 4 || (!is_vowel(from_end(2)) && !is_not_short(from_end(2)) &&
                                     is_vowel(from_end(3)) && !is_vowel(from_end(4)));
            if (r2_ || !after_short_syllable) word_.pop_back();
        }
    }

    Text& word_;
    const bool marked_;  // some y is written Y
    const Vowels<Text> vowels_;
    size_t r1_ = 0, r2_ = 0;
};

}  // namespace english

// Replaces a word of lower-case ASCII letters, and whatever else is no upper-case letter, by its stem.
template <class Text> void stem_english(Text& word, uint64_t first_bytes) {
    if (word.size() <= 2) return;
    const english::Special* special = english::special.find(first_bytes, english::pair_of(word[0], word[1]));
    if (special && special->text == std::string_view(word))
        word.assign(special->stem);
    else if (english::steps_by_pair[english::last_pair(word)] || word[0] == '\'')
        english::Word<Text>(word).run();
}
inline void stem_english(std::string& word) { stem_english(word, first_word(bytes_of(word))); }
inline void stem_english(ShortWord& word) { stem_english(word, first_word(word.bytes())); }

// The same for any word in lower case. Outside ASCII there are three apostrophes and consonants without a rule of their
// own: a byte stands for each of these, and the stem has the first of them in their order.
inline void stem_english(std::u32string& word) {
    if (word.size() <= 2) return;
    constexpr char consonant = '\x80';
    std::string bytes(word.size(), consonant);
    const auto byte_of = [](char32_t c) {
        if (c == U'\u2018' || c == U'\u2019' || c == U'\u201b') return '\'';
        return c < 0x80 ? char(c) : consonant;
    };
    for (size_t i = 0; i < word.size(); ++i) bytes[i] = byte_of(word[i]);
    stem_english(bytes);
    size_t from = 0;
    for (size_t i = 0; i < bytes.size(); ++i) {
        if (bytes[i] == consonant) {
            while (byte_of(word[from]) != consonant) ++from;
            word[i] = word[from++];
        } else {
            word[i] = char32_t(bytes[i]);
        }
    }
    word.resize(bytes.size());
}

}  // namespace embedfn
