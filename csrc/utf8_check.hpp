// Whether bytes are UTF-8: no byte astray, no code point above U+10FFFF, none written longer than it must be. Surrogates may
// stand alone where Python's "surrogatepass" is to read it, else nowhere.
#pragma once

#include <algorithm>
#include <array>

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

// An automaton that reads UTF-8: for each byte a word in which each state's successor stands at the state's place, so that a step is
// a shift (Per Vognsen, "Shift-based DFAs"). A state is the place of 6 bits.
class Utf8Automaton {
public:
    enum State : uint64_t { whole = 0, one_more = 6, two_more = 12, three_more = 18, e0 = 24, ed = 30, f0 = 36, f4 = 42, wrong = 48 };

    explicit constexpr Utf8Automaton(bool may_have_surrogates) {
        for (unsigned byte = 0; byte < 256; ++byte) {
            const auto from = [&](State state, unsigned first, unsigned last, State next) {
                const State then = byte >= first && byte <= last ? next : wrong;
                steps_[byte] |= uint64_t(then) << state;
            };
            const State lead = byte < 0x80    ? whole
                               : byte < 0xc2  ? wrong
                               : byte < 0xe0  ? one_more
                               : byte == 0xe0 ? e0
                               : byte == 0xed ? (may_have_surrogates ? two_more : ed)
                               : byte < 0xf0  ? two_more
                               : byte == 0xf0 ? f0
                               : byte < 0xf4  ? three_more
                               : byte == 0xf4 ? f4
                                              : wrong;
            from(whole, 0, 0xff, lead);
            from(one_more, 0x80, 0xbf, whole);
            from(two_more, 0x80, 0xbf, one_more);
            from(three_more, 0x80, 0xbf, two_more);
            from(e0, 0xa0, 0xbf, one_more);
            from(ed, 0x80, 0x9f, one_more);
            from(f0, 0x90, 0xbf, two_more);
            from(f4, 0x80, 0x8f, two_more);
            from(wrong, 0, 0xff, wrong);
        }
    }

    // Only the result's low 6 bits are the state.
    uint64_t step(uint64_t state, char byte) const { return steps_[uint8_t(byte)] >> (state & 63); }

private:
    std::array<uint64_t, 256> steps_{};
};

inline bool is_utf8(const Bytes& text, bool may_have_surrogates = true) {
    static constexpr Utf8Automaton loose(true), strict(false);
    if (is_ascii(text)) return true;
    const Utf8Automaton& automaton = may_have_surrogates ? loose : strict;
    // Steps wait for each other, so four stretches take theirs by turns; each begins where a character may.
    constexpr size_t STRETCHES = 4;
    const char* starts[STRETCHES + 1];
    size_t shared = text.size;
    for (size_t i = 0; i <= STRETCHES; ++i) {
        starts[i] = text.from + text.size / STRETCHES * i;
        const char* const end = text.from + text.size;
        if (i == STRETCHES) starts[i] = end;
        for (int tails = 0; i && starts[i] < end && (uint8_t(*starts[i]) & 0xc0) == 0x80; ++starts[i])
            if (++tails > 3) return false;
        if (i) shared = std::min(shared, size_t(starts[i] - starts[i - 1]));
    }
    uint64_t states[STRETCHES] = {};
    for (size_t at = 0; at < shared; ++at)
        for (size_t i = 0; i < STRETCHES; ++i) states[i] = automaton.step(states[i], starts[i][at]);
    uint64_t all = 0;
    for (size_t i = 0; i < STRETCHES; ++i) {
        for (const char* at = starts[i] + shared; at < starts[i + 1]; ++at) states[i] = automaton.step(states[i], *at);
        all |= states[i] & 63;
    }
    return all == Utf8Automaton::whole;
}

}  // namespace embedfn
