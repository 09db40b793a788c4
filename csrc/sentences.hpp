// A text cut into sentences and their words' surface forms ("parts"), each with what of its surroundings can change its tokens.
//
// NLTK's word rules run over a whole sentence, but every one of them looks at a run of non-white space and at most one
// character beside it. So a part's tokens depend on the part and on: whether it begins the sentence, whether a plain
// space (not a line feed or a no-break space, which are alike) stands before and after it, and whether the sentence's final
// period is in it. That makes parts worth remembering. Sentences are Punkt's: a mark that may end one is decided by its word
// and the next.
//
// Parts lie between white space as NLTK's \s knows it, Punkt's words between ASCII's alone: a word can be many parts. U+001C to
// U+001F are in no rule's white space: here they are letters like any other, at which a part is split when all rules have
// run. But Python's rstrip, which ends the last sentence, takes them away.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "byte_maps.hpp"

namespace embedfn {

enum PartFlags : uint8_t {
    PART_FIRST = 1,     // nothing stands before it in its sentence
    PART_AFTER_LINE = 2,   // white space that is no plain space does
    PART_BEFORE_LINE = 4,  // white space that is no plain space stands behind it
    PART_FINAL = 8,     // nothing does, or the sentence's final period is in it
};

// Which bytes a set has: looking into a table needs no loop.
struct ByteSet {
    constexpr ByteSet(std::string_view bytes) {
        for (const char c : bytes) has[uint8_t(c)] = true;
    }
    constexpr bool operator()(char c) const { return has[uint8_t(c)]; }
    std::array<bool, 256> has{};
};
inline constexpr ByteSet is_non_word(")\";}]*:@'({[?!"), is_closing("\"')]}"), is_closer("])}> ");

// Length of the quote ‘ ’ “ ” « » that starts at `at`, or 0.
inline size_t quote_length(const char* at, const char* end) {
    if (end - at >= 2 && uint8_t(at[0]) == 0xc2 && (uint8_t(at[1]) == 0xab || uint8_t(at[1]) == 0xbb)) return 2;
    if (end - at >= 3 && uint8_t(at[0]) == 0xe2 && uint8_t(at[1]) == 0x80) {
        const uint8_t third = uint8_t(at[2]);
        if (third == 0x98 || third == 0x99 || third == 0x9c || third == 0x9d) return 3;
    }
    return 0;
}

// Length of the character at `at` that Punkt takes for the end of a word (its NON_WORD), or 0.
inline size_t non_word_length(const char* at, const char* end) {
    if (at == end) return 0;
    return is_non_word(*at) ? 1 : quote_length(at, end);
}

// Length of a closing quote or bracket that Punkt moves to the sentence before, or 0.
inline size_t closing_length(const char* at, const char* end) {
    if (at == end) return 0;
    return is_closing(*at) ? 1 : quote_length(at, end);
}

// Where the run of what may follow a final period, ] ) } > " ' » ” ’ and plain spaces, begins before `end`. A double quote or
// two apostrophes behind a plain space open a quotation: by the time the period is looked for they are backticks.
inline const char* before_closers(const char* begin, const char* end) {
    while (end > begin) {
        const auto byte = [&](int back) { return end - begin >= back ? uint8_t(end[-back]) : 0; };
        if (byte(1) == '"') {
            if (byte(2) == ' ') break;
            --end;
        } else if (byte(1) == '\'') {
            const char* run = end;
            while (run > begin && run[-1] == '\'') --run;
            if (end - run >= 2 && run > begin && run[-1] == ' ') break;
            end = run;
        } else if (is_closer(end[-1])) {
            --end;
        } else if (byte(2) == 0xc2 && byte(1) == 0xbb) {
            end -= 2;
        } else if (byte(3) == 0xe2 && byte(2) == 0x80 && (byte(1) == 0x99 || byte(1) == 0x9d)) {
            end -= 3;
        } else {
            break;
        }
    }
    return end;
}

// Bytes at the beginning or end of parts whose flags may matter: see relevant(). ASCII letters and digits, with which most
// parts begin and end.
inline constexpr ByteSet is_flaggable("\"'.])}>\xbb\x99\x9d");
inline constexpr ByteSet is_plain("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

// Walks over one text. Visitor: bool breaks(word, next) says whether Punkt ends a sentence in `word`, which ends with a mark,
// a space and `next`; `next` is empty where `word` holds all of it. void part(text, flags) takes each part in order,
// void plain_part(text) those that begin and end with ASCII letters or digits.
template <class Visitor> class SentenceWalk {
public:
    // `maps` only lends its memory.
    SentenceWalk(std::string_view text, Visitor& visitor, ByteMaps& maps)
        : begin_(text.data()), end_(text.data() + text.size()), maps_(maps), visitor_(visitor) {}

    void run() {
        start();
        for (const char* sentence = begin_; sentence < last_;) {
            const char* next = nullptr;
            const char* const stop = sentence_end(next);
            emit(sentence, stop);
            sentence = next;
        }
    }

    // A place at which the text may be cut in two that are walked apart, or its size: where a sentence begins behind a word
    // whose one mark is its last character, and ASCII white space. What is before the text must end with such white space.
    size_t cut() {
        const size_t size = place(end_);
        start();
        while (true) {
            const char* next = nullptr;
            const char* const stop = sentence_end(next);
            if (next >= last_ || skip_word(next) == end_) return size;
            const char* const mark = stop - 1;
            if (is_mark(*mark) && next == word_ && is_space(next[-1]) &&
                maps_.next_mark(maps_.word_start(place(mark), 0), place(end_)) == place(mark))
                return place(next);
        }
    }

private:
    void start() {
        maps_.map({begin_, size_t(end_ - begin_)});
        while (end_ > begin_ && is_white(end_ - 1)) --end_;
        last_ = end_;
        while (last_ > begin_ && (is_white(last_ - 1) || is_separator(last_[-1]))) --last_;
        word_ = skip_space(begin_);
    }

    static bool is_space(char c) { return class_of(c) == BYTE_SPACE; }
    static bool is_mark(char c) { return class_of(c) == BYTE_MARK; }
    static bool is_separator(char c) { return uint8_t(c - 0x1c) < 4; }  // U+001C to U+001F

    size_t place(const char* at) const { return size_t(at - begin_); }
    bool is_white(const char* at) const { return maps_.is_white(place(at)); }
    const char* skip_space(const char* at) const { return begin_ + maps_.next_other(place(at), place(end_)); }
    const char* skip_word(const char* at) const { return begin_ + maps_.next_space(place(at), place(end_)); }
    const char* skip_white(const char* at) const { return begin_ + maps_.next_part(place(at), place(end_)); }
    const char* skip_part(const char* at) const { return begin_ + maps_.next_white(place(at), place(end_)); }

    // Where the part of the mark's word ends that helps to decide on it: behind the mark if white space follows, else behind
    // the next character; null if the mark cannot end a sentence.
    const char* decisive(const char* mark) const {
        const char* const behind = mark + 1;
        if (behind == end_) return nullptr;
        if (is_white(behind)) return behind;
        const size_t length = non_word_length(behind, end_);
        return length ? behind + length : nullptr;
    }

    // The end of the sentence at hand, and where the next one starts. Words are Punkt's, runs of non-space characters: each
    // is asked once, by the last mark in it, even where a sentence has begun inside it meanwhile. As in NLTK, a mark that is
    // the word's first character is asked too (unless the word is the text's first, behind one space).
    const char* sentence_end(const char*& next) {
        while (word_ < end_) {
            const size_t first_mark = maps_.next_mark(place(word_), place(end_));
            if (first_mark == place(end_)) break;
            const char* const word = begin_ + maps_.word_start(first_mark, place(word_));
            const char* const word_end = skip_word(begin_ + first_mark);
            const char* mark = word_end - 1;
            while (mark >= begin_ + first_mark && !(is_mark(*mark) && decisive(mark))) --mark;
            asked_first_ = first_mark == place(word) && mark > word && !asked_first_ && decisive(word) &&
                           !(word == begin_ + 1 && is_space(*begin_));
            if (asked_first_) mark = word;
            else word_ = skip_space(word_end);
            if (mark < begin_ + first_mark) continue;
            const char* stop = mark + 1;
            const char* const known_end = decisive(mark);
            next = known_end == stop ? skip_white(stop) : stop;
            if (!breaks(word, known_end, next)) continue;
            take_closing(stop, next);
            return stop;
        }
        next = last_;
        return last_;
    }

    // Asks about the last mark before `end`, by its word and, where white space follows it, the next word.
    bool breaks(const char* word, const char* end, const char* next) {
        if (next < end) return visitor_.breaks({word, size_t(end - word)}, {});
        const char* const next_end = skip_part(next);
        // As it stands where a plain space could change the answer: if the word holds white space, one character between
        // each two periods makes them an ellipsis; and a next word of separators is nothing in a line of its own.
        if (is_separator(*next) || (maps_.has_wide() && skip_part(word) < end))
            return visitor_.breaks({word, size_t(next_end - word)}, {});
        return visitor_.breaks({word, size_t(end - word)}, {next, size_t(next_end - next)});
    }

    // Closing quotes and brackets at the start of a sentence end the one before it.
    void take_closing(const char*& stop, const char*& next) const {
        const char* at = next;
        while (const size_t length = closing_length(at, end_)) {
            at += length;
            const bool dashes = end_ - at >= 2 && at[0] == '-' && at[1] == '-';
            if (at < last_ && !is_white(at) && !dashes) continue;
            stop = at;
            next = skip_white(at);
            return;
        }
    }

    void emit(const char* from, const char* stop) {
        const char* const tail = before_closers(from, stop);
        const bool detach = tail - from >= 2 && tail[-1] == '.' && tail[-2] != '.';
        const char* const period = detach ? tail - 1 : nullptr;
        maps_.each_part(place(from), place(stop), [&](size_t first_place, size_t last_place) {
            const char* const first = begin_ + first_place;
            const char* const last = begin_ + last_place;
            const std::string_view part(first, size_t(last - first));
            if (is_plain(*first) & is_plain(last[-1])) return visitor_.plain_part(part);
            if (!(is_flaggable(*first) | is_flaggable(last[-1]))) return visitor_.part(part, 0);
            uint8_t flags = 0;
            if (first == from) flags |= PART_FIRST;
            else if (first[-1] != ' ') flags |= PART_AFTER_LINE;
            if (last == stop || (period && first <= period && period < last)) flags |= PART_FINAL;
            else if (*last != ' ') flags |= PART_BEFORE_LINE;
            visitor_.part(part, relevant(first, last, flags));
        });
    }

    // Flags that can matter for this part, so that one memory of it serves wherever they cannot.
    static uint8_t relevant(const char* from, const char* end, uint8_t flags) {
        uint8_t kept = 0;
        if (*from == '"' || *from == '\'') kept |= flags & (PART_FIRST | PART_AFTER_LINE);
        if (end[-1] == '\'') kept |= flags & (PART_BEFORE_LINE | PART_FINAL);
        const char* const tail = before_closers(from, end);
        if (tail > from && tail[-1] == '.') kept |= flags & PART_FINAL;
        return kept;
    }

    const char* const begin_;
    const char* end_;             // behind what a mark can see
    const char* last_ = nullptr;  // behind the last sentence: without separators and white space at the end
    ByteMaps& maps_;
    const char* word_ = nullptr;  // the next to be asked
    bool asked_first_ = false;
    Visitor& visitor_;
};

}  // namespace embedfn
