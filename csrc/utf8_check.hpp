// Whether bytes are UTF-8: no byte astray, no code point above U+10FFFF, none written longer than it must be. Surrogates may
// stand alone where Python's "surrogatepass" is to read it, else nowhere.
#pragma once

#include "hash.hpp"

namespace embedfn {

// Whole words, the last of them overlapping, since most texts are short and of no length that could be foreseen.
inline bool is_ascii(const Bytes& text) {
    uint64_t bits = first_word(text);
    if (text.size > 8) {
        bits |= read_word(text.from + text.size - 8);
        for (size_t at = 8; at + 8 < text.size; at += 8) bits |= read_word(text.from + at);
    }
    return (bits & 0x8080808080808080) == 0;
}

inline bool is_utf8(const Bytes& text, bool may_have_surrogates = true) {
    if (is_ascii(text)) return true;
    const auto* at = reinterpret_cast<const unsigned char*>(text.from);
    const auto* const end = at + text.size;
    const unsigned end_of_ed = may_have_surrogates ? 0xc0 : 0xa0;
    const auto follows = [end](const unsigned char* byte) { return byte < end && (*byte & 0xc0) == 0x80; };
    while (at < end) {
        const unsigned lead = *at++;
        if (lead < 0x80) {
            while (end - at >= 8 && (read_word(reinterpret_cast<const char*>(at)) & 0x8080808080808080) == 0) at += 8;
            continue;
        }
        if (lead < 0xc2 || lead > 0xf4 || !follows(at)) return false;
        const unsigned second = *at++;
        if (lead < 0xe0) continue;
        if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second >= end_of_ed) || !follows(at)) return false;
        ++at;
        if (lead < 0xf0) continue;
        if ((lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f) || !follows(at)) return false;
        ++at;
    }
    return true;
}

}  // namespace embedfn
