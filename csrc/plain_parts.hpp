// The words of plain ASCII parts and the breaks between plain words, told without the machinery of treebank.hpp and
// punkt_break.hpp: most forms are such. What is not plain enough is left to them.
#pragma once

#include <string_view>

#include "punkt_break.hpp"
#include "sentences.hpp"
#include "treebank.hpp"

namespace embedfn {

// Calls found(word) for each word of a part that has neither quotes, ellipses nor dashes running, in which nothing may be
// contracted and whose final period, if the sentence's, ends it: there each mark of the Treebank's rules is a word.
// False, before any call, for any other part.
template <class Found> bool plain_words(std::string_view part, int flags, Found&& found) {
    using namespace treebank;
    if (flags & ~PART_FINAL) return false;
    uint64_t seen = 0, before = 0, doubled = 0;
    for (const char c : part) {
        if (uint8_t(c) & 0x80) return false;
        const uint64_t kind = kind_of(c);
        doubled |= kind & before;
        seen |= kind;
        before = kind;
    }
    if ((seen & (quote | split_space)) || (doubled & (dash | period | comma)) || may_be_contracted(seen, doubled)) return false;
    const bool is_final = flags & PART_FINAL;
    if (is_final && part.back() != '.') return false;
    constexpr uint64_t marks = backtick | comma | symbol | question | star | bracket;
    size_t start = 0, end = part.size() - is_final;
    const auto word_until = [&](size_t at) {
        if (start < at) found(part.substr(start, at - start));
    };
    if (seen & marks) {
        for (size_t at = 0; at < end; ++at) {
            const uint64_t kind = kind_of(part[at]);
            if (!(kind & marks) || ((kind & comma) && (kind_at(part, at + 1) & digit))) continue;
            word_until(at);
            const bool is_pair = (kind & backtick) && at + 1 < end && part[at + 1] == '`';
            found(part.substr(at, 1 + is_pair));
            at += is_pair;
            start = at + 1;
        }
    }
    word_until(end);
    if (is_final) found(part.substr(end));
    return true;
}

// Whether a sentence ends between `word`, letters and a period, and `next`, letters and perhaps a mark: as has_break()
// of the two with a space between. -1 for any other words.
inline int plain_break(const PunktModel& model, std::string_view word, std::string_view next) {
    const auto letters = [](std::string_view text) {
        size_t n = 0;
        while (n < text.size() && punkt::is(text[n], punkt::small | punkt::capital)) ++n;
        return n;
    };
    static constexpr ByteSet may_follow(",;:)");
    if (word.size() < 2 || word.back() != '.' || letters(word) + 1 != word.size()) return -1;
    const size_t n = letters(next);
    if (n == 0 || (n != next.size() && (n + 1 != next.size() || !may_follow(next[n])))) return -1;
    return punkt::ends_sentence(model, word, next.substr(0, n));
}

}  // namespace embedfn
