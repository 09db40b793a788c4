// Texts to terms by remembering: what a part of a text (sentences.hpp) becomes is worked out once for each distinct form and then
// looked up, and what a whole text became is remembered for a while. Working it out is the caller's business (Rules).
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "form_table.hpp"
#include "new_forms.hpp"
#include "numbering.hpp"
#include "rules.hpp"
#include "sentences.hpp"
#include "utf8.hpp"

// Forms that are remembered at most; tests have it emptied often.
#ifndef EMBEDFN_MOST_FORMS
#define EMBEDFN_MOST_FORMS (1 << 19)
#endif

namespace embedfn {

// One thread's memory. Bounded: when it holds too much it is emptied.
class Worker {
public:
    // What analyze() finds from here on goes into the result, some `characters` of some `n` texts.
    void begin(Rules& rules, Analyzed& result, int64_t characters, int64_t n) {
        const auto length = size_t(characters);
        rules_ = &rules;
        result_ = &result;
        numbering_.begin(result, terms_);
        met_ = 0;
        result.codes.reserve(length / 5);  // what is not needed is never touched
        memory_.reserve(std::min(length / BYTES_PER_FORM, MAX_FORMS));
        lists_.reserve(std::min(length / BYTES_PER_FORM, MAX_FORMS));
        const size_t n_terms = std::min(length / BYTES_PER_FORM, MAX_FORMS) * 3 / 4;
        terms_.reserve(n_terms, n_terms * 10);
        for (const char mark : std::string_view("()[]{},:;")) trims_[uint8_t(mark)] = rules.drops(mark);
        if (is_remembering_texts_ && n && TextMemory::is_worthwhile(length / size_t(n))) texts_.reserve(size_t(n));
        result.indptr.reserve(size_t(n) + 1);
        hits_ = texts_.hits();
    }

    // walk(text, worker) calls part() for each part of a text in order.
    template <class Walk> void analyze(const StrStorage* texts, int64_t first, int64_t last, Walk&& walk) {
        for (int64_t i = first; i < last; ++i) {
            End end;
            if (is_remembering_texts_ && (i - first) % AHEAD == 0) look_ahead(texts + i, last - i);
            if (is_remembering_texts_ && TextMemory::is_worthwhile(texts[i].length)) {
                end.is_remembered = true;
                end.digest = digests_[size_t((i - first) % AHEAD)];
                if (texts_.has(end.digest) && put_remembered(end.digest)) continue;
            }
            const std::string_view text = as_utf8(texts[i], utf8_);
            limit_ = text.data() + text.size();
            walk(text, *this);
            end.part = waiting_;
            ends_.push_back(end);
            // The next text would be written over one in utf8_.
            if (texts[i].width || ends_.size() == BATCH) resolve_waiting();
        }
    }

    // The result is whole; begin() must be next.
    void finish() {
        resolve_waiting();
        hand_over();
        if (numbering_.is_in_order()) result_->source = source_;
        numbering_.end();
        if (texts_.is_full() && texts_.hits() == hits_) {  // texts that do not come back
            texts_ = TextMemory();
            is_remembering_texts_ = false;
        }
    }

    // Where a text may be cut: see long_texts.hpp.
    template <class Cut> size_t cut(std::string_view window, Rules& rules, Cut&& cut) {
        rules_ = &rules;
        return cut(window, *this);
    }

    // For the walk, if it needs them.
    ByteMaps& maps() { return maps_; }

    bool breaks(std::string_view word, std::string_view next) {
        const int known_without = rules_->plain_break(word, next);
        if (known_without >= 0) return known_without;
        key_.assign(word);
        if (!next.empty()) key_.append(" ").append(next);
        return rules_->ends_sentence(key_);
    }

    void part(std::string_view text, uint8_t flags) {
        if (!flags && (trims_[uint8_t(text.front())] | trims_[uint8_t(text.back())])) trim(text);
        take(text, flags);
    }

    // One that has no flags, and at whose ends is nothing to be trimmed.
    void plain_part(std::string_view text) { take(text, 0); }

private:
    static constexpr size_t MAX_FORMS = EMBEDFN_MOST_FORMS, MAX_BYTES = size_t(1) << 26;
    // Of long texts there are more forms than one in so many bytes.
    static constexpr size_t BYTES_PER_FORM = 96;
    static constexpr size_t MAX_KEY = 256;
    static constexpr uint32_t BATCH = 256;
    static constexpr int64_t AHEAD = 16;  // texts
    // What the memory holds of a form: a term's id, NO_TERM, the place of several in `lists_` or, while its batch is worked on,
    // its number among the new forms.
    static constexpr int32_t NO_TERM = 0, NEW = std::numeric_limits<int32_t>::min();
    static constexpr int32_t UNKNOWN = std::numeric_limits<int32_t>::max();

    // Where a text's parts end among those that wait.
    struct End {
        uint32_t part = 0;
        bool is_remembered = false;
        TextDigest digest;
        size_t place = 0;  // in written_
    };

    // One that is to be remembered as soon as its terms are in the result.
    struct NewText {
        TextDigest digest;
        size_t place, size;  // in written_
        int32_t before, behind;
    };

    EMBEDFN_WITHIN void take(std::string_view text, uint8_t flags) {
        if (seldom(!Form::is_readable(text.data(), text.size(), limit_))) return take_slowly(text, flags);
        if (seldom(waiting_ == BATCH)) resolve_waiting();
        memory_.prefetch(*new (&forms_[waiting_++]) Form(text.data(), uint32_t(text.size()), flags));
    }

    EMBEDFN_APART void take_slowly(std::string_view text, uint8_t flags) {
        if (text.size() > MAX_KEY) return take_long(text, flags);
        if (waiting_ == BATCH) resolve_waiting();
        memory_.prefetch(*new (&forms_[waiting_++]) Form({text.data(), text.size(), limit_}, flags));
    }

    // One that is not remembered.
    void take_long(std::string_view text, uint8_t flags) {
        resolve_waiting();
        begin_batch();
        put_new(Form({text.data(), text.size(), limit_}, flags), nullptr);
        number_new(used_ + 1);
    }

    // Asks for the cache lines that tell whether the first texts are remembered.
    void look_ahead(const StrStorage* texts, int64_t n) {
        for (int64_t i = 0; i < std::min(AHEAD, n); ++i) {
            if (i + 4 < n) ask_for_bytes(stored_bytes(texts[i + 4]));
            if (!TextMemory::is_worthwhile(texts[i].length)) continue;
            digests_[size_t(i)] = digest_of(stored_bytes(texts[i]), uint64_t(texts[i].width));
            texts_.prefetch(digests_[size_t(i)]);
        }
    }

    static void ask_for_bytes(std::string_view bytes) {
        for (size_t at = 0; at < std::min<size_t>(bytes.size(), 2048); at += 64) ask_for(bytes.data() + at);
    }

    bool is_full() const {
        const size_t bytes = memory_.bytes() + terms_.bytes() + lists_.size() * sizeof lists_[0];
        return memory_.size() > MAX_FORMS || bytes > MAX_BYTES;
    }

    // Takes brackets from before letters and digits, brackets, commas, colons and semicolons from behind them where each
    // is a word that is dropped, so that fewer forms are remembered. Not where two commas or colons stand together, which
    // may not be told apart.
    void trim(std::string_view& text) const {
        size_t first = 0, last = text.size();
        while (first < last && trims_[uint8_t(text[first])] && !is_comma(text[first])) ++first;
        while (last > first && trims_[uint8_t(text[last - 1])]) {
            --last;
            if (last > first && is_comma(text[last]) && is_comma(text[last - 1])) return;
        }
        if (first == last) return;
        if (!is_alphanumeric(text[first])) first = 0;
        if (!is_alphanumeric(text[last - 1])) last = text.size();
        text = text.substr(first, last - first);
    }

    static bool is_comma(char c) { return c == ',' || c == ':'; }
    static bool is_alphanumeric(char c) { return uint8_t((c | 0x20) - 'a') < 26 || uint8_t(c - '0') < 10; }

    // Parts wait until there are many, so that the cache lines asked for are there when they are looked up.
    EMBEDFN_APART void resolve_waiting() {
        begin_batch();
        uint32_t first = 0;
        for (End& end : ends_) {
            resolve(first, end.part);
            end.place = used_;
            first = end.part;
        }
        resolve(first, waiting_);
        for (const End& end : ends_) {
            number_new(end.place);
            end_text(end);
        }
        number_new(used_ + 1);
        ends_.clear();
        waiting_ = 0;
    }

    void begin_batch() {
        if (is_full()) forget();
        if (written_.size() - used_ < BATCH * MAX_KEY) hand_over();
        memory_.reserve(memory_.size() + BATCH);  // so that values stay where they are
        news_.clear();
        numbered_ = 0;
    }

    // NO_TERM is written as well, and then written over: whether a part has a term cannot be foretold, and a branch on
    // it costs more.
    void resolve(uint32_t first, uint32_t last) {
        for (uint32_t i = first; i < last; ++i) {
            int32_t* out = written_.data() + used_;
            const int32_t* known = nullptr;
            while (i < last && (known = memory_.find(forms_[i])) && *known >= 0) {
                *out = *known;
                out += *known != NO_TERM;
                ++i;
            }
            used_ = size_t(out - written_.data());
            if (i == last) return;
            if (!known) put_new(forms_[i], memory_.insert(forms_[i], NEW + int32_t(news_.size())));
            else if (*known < NEW + int32_t(BATCH)) put_again(size_t(*known - NEW));
            else put_list(size_t(-1 - *known));
        }
    }

    void put_list(size_t list) {
        const size_t n = size_t(lists_[list]);
        make_room(n);
        std::copy_n(lists_.begin() + ptrdiff_t(list) + 1, n, written_.begin() + ptrdiff_t(used_));
        used_ += n;
    }

    // Leaves places for the terms of a new form, whose value is told when they have their ids.
    void put_new(const Form& part, int32_t* value) {
        const size_t n = news_.add(part, *rules_, used_, value, terms_);
        make_room(n);
        used_ += n;
    }

    void put_again(size_t number) {
        const size_t n = news_.add_again(number, used_);
        make_room(n);
        used_ += n;
    }

    // A part has no more terms than bytes, but for one that Python works out or one that is too long to be remembered.
    void make_room(size_t n) {
        const size_t needed = used_ + n + BATCH * MAX_KEY;
        if (needed > written_.size()) written_.resize(needed);
    }

    // Fills these places, up to one.
    void number_new(size_t place) {
        for (; numbered_ < news_.size() && news_.forms()[numbered_].place < place; ++numbered_) {
            const auto& form = news_.forms()[numbered_];
            int32_t* const ids = written_.data() + form.place;
            news_.number(form, terms_, 1, ids);
            if (form.value) *form.value = value_of(ids, form.n_terms());
        }
    }

    int32_t value_of(const int32_t* ids, size_t n) {
        if (n < 2) return n ? *ids : NO_TERM;
        // For several terms, their place in `lists_`: a length and the terms.
        const auto place = int32_t(lists_.size());
        lists_.push_back(int32_t(n));
        lists_.insert(lists_.end(), ids, ids + n);
        return -1 - place;
    }

    void end_text(const End& end) {
        // In a table that began empty the terms met are those that it has.
        const bool is_fresh = numbering_.is_fresh();
        const int32_t before = is_fresh ? met_ : UNKNOWN;
        met_ = is_fresh ? terms_.size() : UNKNOWN;
        if (end.is_remembered && is_text_whole_) new_texts_.push_back({end.digest, text_, end.place - text_, before, met_});
        text_ = end.place;
        is_text_whole_ = true;
        result_->indptr.push_back(int64_t(result_->codes.size() + end.place));
    }

    // A whole text; false if it has been forgotten just now.
    bool put_remembered(const TextDigest& digest) {
        resolve_waiting();
        if (used_) hand_over();
        if (!texts_.has(digest)) return false;
        numbering_.add(texts_.find(digest));
        end_text({});
        return true;
    }

    // Adds the terms written to the result: apart from the walk, since both need a core's cache.
    void hand_over() {
        const Codes& codes = result_->codes;
        const size_t before = codes.size();
        numbering_.add(written_.data(), used_);
        for (const NewText& text : new_texts_) {
            const size_t first = codes.first() + before + text.place;
            if (numbering_.is_in_order() && text.size) texts_.add(text.digest, {codes.memory(), first, text.size, text.before, text.behind});
            else texts_.add(text.digest, written_.data() + text.place, text.size);
        }
        new_texts_.clear();
        if (text_ != used_) is_text_whole_ = false;
        text_ = used_ = 0;
    }

    void forget() {
        hand_over();
        numbering_.end();
        memory_ = FormTable();
        terms_ = TermTable();
        source_ = next_source();
        lists_.clear();
        texts_ = TextMemory();
    }

    // Never 0, and never the same again.
    static uint64_t next_source() {
        static std::atomic<uint64_t> last{0};
        return ++last;
    }

    ByteMaps maps_;
    FormTable memory_;
    TextMemory texts_;
    size_t hits_ = 0;  // of texts_ before the result was begun
    bool is_remembering_texts_ = true;
    TermTable terms_;  // ids in lists_, memory_ and so on are 1 above its own
    uint64_t source_ = next_source();  // of lists that are the first terms there
    NewForms news_;
    size_t numbered_ = 0;  // of news_, in their order
    LargeVector<int32_t> lists_;
    Numbering numbering_;
    LargeVector<int32_t> written_ = LargeVector<int32_t>(2 * BATCH * MAX_KEY);
    size_t used_ = 0;  // of written_, terms that are not in the result yet
    size_t text_ = 0;  // where in written_ the text at hand begins, if it is whole there
    bool is_text_whole_ = true;
    int32_t met_ = 0;  // up to the last text's end
    std::array<bool, 256> trims_{};
    std::array<Form, BATCH> forms_;
    uint32_t waiting_ = 0;
    std::vector<End> ends_;
    std::vector<NewText> new_texts_;
    std::array<TextDigest, AHEAD> digests_;
    std::string key_, utf8_;
    const char* limit_ = nullptr;
    Rules* rules_ = nullptr;
    Analyzed* result_ = nullptr;
};

}  // namespace embedfn
