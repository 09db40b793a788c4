// The English stemmer's suffixes, its words apart, and which of its steps may change a word. A word's last two letters tell those
// steps, and a suffix is looked for among those with the same two: what else is asked can hardly be foretold, and costs a processor
// more than it seems. Source of the tables: nltk.stem.snowball (Apache-2.0), after
// https://snowballstem.org/algorithms/english/stemmer.html.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace embedfn {
namespace english {

// The first eight bytes of a text, the first one lowest.
constexpr uint64_t head_of(std::string_view text) {
    uint64_t head = 0;
    for (size_t i = 0; i < text.size() && i < 8; ++i) head |= uint64_t(uint8_t(text[i])) << (8 * i);
    return head;
}

// Two letters as a number; some other characters are taken for letters.
constexpr size_t pair_of(char a, char b) { return size_t(a & 31) << 5 | size_t(b & 31); }

// A suffix and what becomes of it: letters cut, letters added, the length of an R2 shorter than the cut.
struct Suffix {
    std::string_view text;
    uint8_t cut = 0;
    std::string_view add;
    uint8_t short_r2 = 0;

    constexpr size_t pair() const { return pair_of(text.back(), text[text.size() - 2]); }
    constexpr uint64_t key() const { return head_of(text) << (8 * (8 - text.size())); }
    constexpr uint64_t mask() const { return ~uint64_t(0) << (8 * (8 - text.size())); }
};

// Told from others by its first eight letters and its size.
struct Special {
    std::string_view text, stem;

    constexpr size_t pair() const { return pair_of(text[0], text[1]); }
    constexpr uint64_t key() const { return head_of(text); }
    constexpr uint64_t mask() const { return ~uint64_t(0); }
};

// Entries in the order in which they are tried, chained by the two letters that are looked at first.
template <class Entry, size_t n>
class PairTable {
public:
    constexpr PairTable(const Entry (&entries)[n]) {
        for (size_t i = n; i-- > 0;) {
            entries_[i] = entries[i];
            keys_[i] = entries[i].key();
            masks_[i] = entries[i].mask();
            uint8_t& head = heads_[entries[i].pair()];
            next_[i] = head;
            head = uint8_t(i + 1);
        }
    }

    // The first entry whose key these bytes have under its mask, or none.
    const Entry* find(uint64_t bytes, size_t pair) const {
        for (size_t at = heads_[pair]; at; at = next_[at - 1])
            if ((bytes & masks_[at - 1]) == keys_[at - 1]) return &entries_[at - 1];
        return nullptr;
    }

    constexpr bool may_have(size_t pair) const { return heads_[pair]; }

private:
    static_assert(n < 256, "positions are kept in bytes");
    Entry entries_[n]{};
    uint64_t keys_[n]{}, masks_[n]{};
    uint8_t next_[n]{}, heads_[1024]{};  // a position is one more than the index; 0 is none
};

constexpr Special special_words[] = {
    {"skis", "ski"}, {"skies", "sky"}, {"dying", "die"}, {"lying", "lie"}, {"tying", "tie"},
    {"idly", "idl"}, {"gently", "gentl"}, {"ugly", "ugli"}, {"early", "earli"}, {"only", "onli"},
    {"singly", "singl"}, {"innings", "inning"}, {"outings", "outing"}, {"cannings", "canning"},
    {"herrings", "herring"}, {"earrings", "earring"},
    {"proceeds", "proceed"}, {"proceeded", "proceed"}, {"proceeding", "proceed"},
    {"exceeds", "exceed"}, {"exceeded", "exceed"}, {"exceeding", "exceed"},
    {"succeeds", "succeed"}, {"succeeded", "succeed"}, {"succeeding", "succeed"},
    {"sky", "sky"}, {"news", "news"}, {"howe", "howe"}, {"atlas", "atlas"}, {"cosmos", "cosmos"},
    {"bias", "bias"}, {"andes", "andes"}, {"inning", "inning"}, {"outing", "outing"}, {"canning", "canning"},
    {"herring", "herring"}, {"earring", "earring"},
    {"proceed", "proceed"}, {"exceed", "exceed"}, {"succeed", "succeed"},
};
constexpr Suffix suffixes_2[] = {
    {"ization", 7, "ize", 0}, {"ational", 7, "ate", 1}, {"fulness", 4, "", 0}, {"ousness", 7, "ous", 0},
    {"iveness", 7, "ive", 1}, {"tional", 2, "", 0}, {"biliti", 6, "ble", 0}, {"lessli", 2, "", 0},
    {"entli", 2, "", 0}, {"ation", 5, "ate", 1}, {"alism", 5, "al", 0}, {"aliti", 5, "al", 0},
    {"ousli", 5, "ous", 0}, {"iviti", 5, "ive", 1}, {"fulli", 2, "", 0}, {"enci", 1, "e", 0},
    {"anci", 1, "e", 0}, {"abli", 1, "e", 0}, {"izer", 4, "ize", 0}, {"ator", 4, "ate", 1},
    {"alli", 4, "al", 0}, {"bli", 3, "ble", 0}, {"ogi", 1, "", 0}, {"li", 2, "", 0},
};
constexpr Suffix suffixes_3[] = {
    {"ational", 7, "ate", 0}, {"tional", 2, "", 0}, {"alize", 3, "", 0}, {"icate", 5, "ic", 0},
    {"iciti", 5, "ic", 0}, {"ative", 5, "", 0}, {"ical", 4, "ic", 0}, {"ness", 4, "", 0}, {"ful", 3, "", 0},
};
constexpr Suffix suffixes_4[] = {
    {"ement", 5, "", 0}, {"ance", 4, "", 0}, {"ence", 4, "", 0}, {"able", 4, "", 0}, {"ible", 4, "", 0},
    {"ment", 4, "", 0}, {"ant", 3, "", 0}, {"ent", 3, "", 0}, {"ism", 3, "", 0}, {"ate", 3, "", 0},
    {"iti", 3, "", 0}, {"ous", 3, "", 0}, {"ive", 3, "", 0}, {"ize", 3, "", 0}, {"ion", 3, "", 0},
    {"al", 2, "", 0}, {"er", 2, "", 0}, {"ic", 2, "", 0},
};
inline constexpr PairTable special = special_words;
inline constexpr PairTable step_2_suffixes = suffixes_2;
inline constexpr PairTable step_3_suffixes = suffixes_3;
inline constexpr PairTable step_4_suffixes = suffixes_4;

// The steps that may change a word, by its last two letters.
enum Steps : uint8_t { STEP_0 = 1, STEP_1A = 2, STEP_1B = 4, STEP_1C = 8, STEP_2 = 16, STEP_3 = 32, STEP_4 = 64, STEP_5 = 128 };

constexpr std::array<uint8_t, 1024> make_steps() {
    std::array<uint8_t, 1024> table{};
    for (int before = 0; before < 32; ++before) {
        const auto add = [&](char last, uint8_t steps) { table[pair_of(last, char(before))] |= steps; };
        add('\'', STEP_0);
        add('s', STEP_1A);
        add('y', STEP_1C);
        add('e', STEP_5);
    }
    table[pair_of('s', '\'')] |= STEP_0;
    table[pair_of('d', 'e')] |= STEP_1A | STEP_1B;
    table[pair_of('y', 'l')] |= STEP_1B;
    table[pair_of('g', 'n')] |= STEP_1B;
    table[pair_of('l', 'l')] |= STEP_5;
    for (size_t pair = 0; pair < table.size(); ++pair)
        table[pair] |= (step_2_suffixes.may_have(pair) ? STEP_2 : 0) | (step_3_suffixes.may_have(pair) ? STEP_3 : 0) |
                       (step_4_suffixes.may_have(pair) ? STEP_4 : 0);
    return table;
}
inline constexpr std::array<uint8_t, 1024> steps_by_pair = make_steps();

}  // namespace english
}  // namespace embedfn
