// The words of plain ASCII parts and the breaks between plain words, told without the machinery of treebank.hpp and
// punkt_break.hpp: most forms are such. What is not plain enough is left to them.
#pragma once

#include <string_view>

#include "form.hpp"
#include "punkt_break.hpp"
#include "sentences.hpp"
#include "treebank.hpp"

namespace embedfn {

// The size of the one word that a part of ASCII is, but for the sentence's final period behind it; 0 where that is not seen
// at once: for longer parts, and for those in which more than one look is needed.
inline size_t one_word(const Form& part) {
#if EMBEDFN_SSE2
    using namespace treebank;
    if (!part.is_short() || part.tag() & ~uint32_t(PART_FINAL)) return 0;
    const __m128i bytes = _mm_set_epi64x(int64_t(part.second), int64_t(part.first));
    const auto between = [](__m128i given, char low, char span) {
        const __m128i above = _mm_sub_epi8(given, _mm_set1_epi8(low));
        return _mm_cmpeq_epi8(_mm_min_epu8(above, _mm_set1_epi8(span)), above);
    };
    const auto is = [](__m128i given, char c) { return _mm_cmpeq_epi8(given, _mm_set1_epi8(c)); };
    const auto bits = [](__m128i found) { return uint32_t(_mm_movemask_epi8(found)); };
    if (bits(bytes)) return 0;
    const __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    const uint32_t inside = (1u << part.size) - 1;
    const uint32_t others = inside & ~bits(_mm_or_si128(between(lower, 'a', 25), between(bytes, '0', 9)));
    for (uint32_t left = others; left; left &= left - 1) {
        const auto at = size_t(lowest_bit(left));
        const uint64_t kind = kind_of(part.from[at]);
        if (kind & (quote | split_space | backtick | comma | symbol | question | star | bracket)) return 0;
        if ((kind & (dash | period)) && at + 1 < part.size && part.from[at + 1] == part.from[at]) return 0;
    }
    size_t size = part.size;
    if (part.tag() && part.from[--size] != '.') return 0;
    // Letters that stand twice in each contraction without an apostrophe (treebank::contractions), of five or six letters.
    const __m128i twice = _mm_and_si128(_mm_cmpeq_epi8(lower, _mm_srli_si128(lower, 1)),
                                        _mm_or_si128(_mm_or_si128(is(lower, 'n'), is(lower, 'm')), is(lower, 't')));
    if (bits(twice) && (others || size == 5 || size == 6)) return 0;
    return size;
#else
    (void)part;
    return 0;
#endif
}

// Calls found(word) for each word of a part of ASCII without apostrophes in which nothing may be contracted: there each of the
// Treebank's marks is a word, but for a comma behind another and for what stands in pairs. False, before any call, for any other part.
template <class Found> bool plain_words(std::string_view part, int flags, Found&& found) {
    using namespace treebank;
    constexpr uint64_t marks = double_quote | backtick | comma | symbol | question | star | bracket, runs = dash | period;
    if (part.size() > 64) return false;
    uint64_t seen = 0, before = 0, doubled = 0, left = 0;  // left: a bit for each mark
    uint8_t any = 0;
    for (size_t at = 0; at < part.size(); ++at) {
        const uint64_t kind = kind_of(part[at]);
        any |= uint8_t(part[at]);
        seen |= kind;
        doubled |= kind & before;
        left |= uint64_t((kind & marks) != 0) << at;
        if (kind & before & runs) left |= uint64_t(1) << (at - 1);
        before = kind;
    }
    if ((any & 0x80) || (seen & (apostrophe | split_space)) || may_be_contracted(seen, doubled)) return false;
    // What the one becomes is before the other then.
    if (seen & double_quote && (seen & backtick || doubled & double_quote)) return false;
    bool is_final = flags & PART_FINAL;
    if (is_final && part.back() != '.') return false;
    is_final &= part.size() < 2 || part[part.size() - 2] != '.';
    const size_t end = part.size() - is_final;
    size_t start = 0;
    while (left) {
        const auto at = size_t(lowest_bit(left));
        const uint64_t kind = kind_of(part[at]), next = kind_at(part, at + 1);
        left &= left - 1;
        if (at >= end) break;
        if (kind & comma && next & digit) continue;
        if (start < at) found(part.substr(start, at - start));
        start = at + 1;
        if (kind & double_quote) {
            const bool opens = at ? kind_of(part[at - 1]) & opening_bracket : !(flags & PART_AFTER_LINE);
            found(opens ? "``" : "''");
            continue;
        }
        if (kind & period) while (start < part.size() && part[start] == '.') ++start;
        else if (kind & (backtick | dash)) start += (kind & next) != 0;
        found(part.substr(at, start - at));
        // A comma that belongs to what follows.
        const size_t behind = start + (kind & comma && next & comma);
        left = behind < 64 ? left & ~uint64_t(0) << behind : 0;
    }
    if (start < end) found(part.substr(start, end - start));
    if (is_final) found(part.substr(end));
    return true;
}

// Whether a sentence ends between `word` and `next`, as has_break() of the two with a space between; -1 where that is not seen
// at once.
inline int plain_break(const PunktModel& model, std::string_view word, std::string_view next) {
    // Of three periods with spaces between, all are one token.
    if (word.size() < 2 || word.back() != '.' || next.empty() || next.front() == '.' || model.knows_period()) return -1;
    static constexpr ByteSet is_digit("0123456789"), is_capital("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), is_mark(".?!"), may_follow(",;:)"), dot(".");
    static constexpr ByteSet ends_token(")\";}]*:@'({[?!"), begins_token("'?!"), alone("(\"`{[:;&#*@)}]-,");
    const auto length = [](std::string_view text, auto&& is) {
        size_t n = 0;
        while (n < text.size() && is(text[n])) ++n;
        return n;
    };
    const auto is_ascii = [](char c) { return !(c & 0x80); };
    const auto is_letter = [](char c) { return is_plain(c) && !is_digit(c); };
    // It begins no sentence by its case, and none ends in it.
    const auto is_quiet = [&] {
        return !is_capital(next.front()) && length(next, [&](char c) { return is_ascii(c) && !is_mark(c); }) == next.size();
    };
    const std::string_view before = word.substr(0, word.size() - 1);
    if (length(before, dot) == before.size()) return is_quiet() ? 0 : -1;  // an ellipsis
    // The word's last token, but for the period: behind what ends one, and behind what is one by itself.
    size_t start = before.size();
    while (start > 0 && !ends_token(before[start - 1])) --start;
    const std::string_view earlier = before.substr(0, start), tail = before.substr(start);
    if ((!earlier.empty() && begins_token(earlier.back())) || tail.find("--") != tail.npos || word.find("..", start) != word.npos) return -1;
    const std::string_view token = tail.substr(length(tail, alone));
    if (token.empty()) return 1;  // a period by itself, of which nothing is known
    if (length(token, is_ascii) != token.size()) return -1;
    // No initial and no number.
    if (token.size() > 1 && token.front() != '.' && !is_digit(token.front())) {
        const size_t dash = token.rfind('-');
        if (!model.may_hold_on(token) && (dash == token.npos || !model.may_hold_on(token.substr(dash + 1)))) return 1;
        if (model.find(token).flags & punkt::abbreviation && length(earlier, [](char c) { return !is_mark(c); }) == earlier.size() && is_quiet())
            return 0;
    }
    if (length(before, is_letter) != before.size() && length(before, is_digit) != before.size()) return -1;
    const size_t n = length(next, is_letter);
    if (n == 0 || (n != next.size() && (n + 1 != next.size() || !may_follow(next[n])))) return -1;
    return punkt::ends_sentence(model, word, next.substr(0, n));
}

}  // namespace embedfn
