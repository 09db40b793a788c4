// One byte for a character beyond ASCII, by what the word rules can see of it, so that rules written for bytes serve any
// text: their tables of 256 kinds say what these bytes are. Which character it was is kept elsewhere (wide_text.hpp).
#pragma once

#include <cstdint>

namespace embedfn {
namespace wide {

// What is true of a character; the byte of one that no rule names is ORDINARY and the sum of its facts.
enum Fact : uint8_t {
    word = 1,      // \w of NLTK's rules
    re_word = 2,   // \w of the standard library's re
    digit = 4,     // \d of NLTK's rules, all of them in \w too
    small = 8,     // str.islower
    capital = 16,  // str.isupper
};
constexpr uint8_t all_facts = 31;

enum Byte : uint8_t {
    unknown = 0,  // the rules must be asked elsewhere
    ordinary = 0x80,
    opening = 0xa0,    // the quotes ‘ “ «
    low_opening,       // „, which does not end Punkt's words
    closing,           // ’ ” »
    dash,              // U+2012 to U+2015
    space,             // white space both to NLTK's rules and to Python
    long_s,            // ſ, an s where case does not matter
    small_dotless_i,   // ı, an i likewise
    capital_dotted_i,  // İ, too
};

}  // namespace wide
}  // namespace embedfn
