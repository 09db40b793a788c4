// Texts to terms by remembering: what a part of a text (sentences.hpp) becomes, and whether a mark ends a sentence, is worked
// out once for each distinct form and then looked up. Working it out is the caller's business (Rules).
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "form_table.hpp"
#include "sentences.hpp"
#include "term_table.hpp"
#include "utf8.hpp"

namespace embedfn {

// Receives the terms of a part.
class TermSink {
public:
    virtual void term(const Bytes& bytes) = 0;
    void term(const char* from, size_t size) { term(Bytes{from, size, from + size}); }

protected:
    ~TermSink() = default;
};

// The slow way: what is asked once for each distinct form.
class Rules {
public:
    virtual ~Rules() = default;
    // Whether a sentence ends with `word` before `next` where that is quickly said, else -1.
    virtual int plain_break(std::string_view, std::string_view) { return -1; }
    // Whether a part that begins or ends with this mark of `trimmed_marks` has the same terms without it.
    virtual bool drops(char) const { return false; }
    virtual bool ends_sentence(std::string_view snippet) = 0;
    virtual void part_terms(std::string_view part, int flags, TermSink& sink) = 0;
};

// Terms of a run of texts: codes[indptr[i]] to codes[indptr[i + 1]] of text i, each the place of a term in the list,
// which holds the distinct ones in first-seen order (one may stand twice if memory was emptied between).
struct Analyzed {
    std::vector<char> arena;
    std::vector<int64_t> offsets = {0};
    std::vector<int32_t> codes;
    std::vector<int64_t> indptr = {0};

    int32_t n_terms() const { return int32_t(offsets.size() - 1); }
    int32_t add(const Bytes& term) {
        arena.insert(arena.end(), term.from, term.from + term.size);
        offsets.push_back(int64_t(arena.size()));
        return int32_t(offsets.size() - 2);
    }
};

// One thread's memory. Bounded: when it holds too much it is emptied.
class Worker final : TermSink {
public:
    // walk(text, worker) calls part() for each part of a text in order.
    template <class Walk>
    void analyze(const StrStorage* texts, int64_t first, int64_t last, Rules& rules, Walk&& walk, Analyzed& result) {
        rules_ = &rules;
        result_ = &result;
        size_t length = 0;
        for (int64_t i = first; i < last; ++i) length += texts[i].length;
        result.codes.reserve(length / 5);  // what is not needed is never touched
        for (const char mark : std::string_view("()[]{},:;")) trims_[uint8_t(mark)] = rules.drops(mark);
        for (int64_t i = first; i < last; ++i) {
            const std::string_view text = as_utf8(texts[i], utf8_);
            limit_ = text.data() + text.size();
            walk(text, *this);
            ends_.push_back(waiting_);
            // The next text would be written over one in utf8_.
            if (texts[i].width || ends_.size() == BATCH) resolve_waiting();
        }
        resolve_waiting();
        hand_over();
        forget_codes();
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
        if (key_.size() > MAX_KEY) return rules_->ends_sentence(key_);
        const Form form(bytes_of(key_), SNIPPET);
        if (const int32_t* const known = memory_.find(form)) return *known;
        const bool decision = rules_->ends_sentence(key_);
        if (!is_full()) memory_.insert(form, decision);
        return decision;
    }

    void part(std::string_view text, uint8_t flags) {
        if (!flags && (trims_[uint8_t(text.front())] | trims_[uint8_t(text.back())])) trim(text);
        if (text.size() > MAX_KEY) {
            resolve_waiting();
            work_out(text, flags);
            push_found();
            return;
        }
        if (waiting_ == BATCH) resolve_waiting();
        const bool has_room = limit_ - text.data() >= ptrdiff_t(Form::SHORT);
        parts_[waiting_++] = {text.data(), uint16_t(text.size()), flags, has_room};
    }

private:
    static constexpr size_t MAX_FORMS = 1 << 19, MAX_BYTES = size_t(1) << 26;
    static constexpr size_t MAX_KEY = 256;
    static constexpr uint32_t BATCH = 256;
    static constexpr int32_t NO_TERM = 0;
    // The tag of a form: the flags of a part, or these, which no part has at once.
    static constexpr uint32_t SNIPPET = PART_FIRST | PART_AFTER_LINE;

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

    // Parts wait until there are many: hashed in one loop, which asks for their cache lines, then looked up in another.
    void resolve_waiting() {
        for (uint32_t i = 0; i < waiting_; ++i) {
            const Part& part = parts_[i];
            const size_t readable = part.has_room ? std::max<size_t>(Form::SHORT, part.size) : part.size;
            forms_[i] = Form({part.from, part.size, part.from + readable}, part.flags);
            memory_.prefetch(forms_[i]);
        }
        uint32_t first = 0;
        for (const uint32_t end : ends_) {
            resolve(first, end);
            end_text();
            first = end;
        }
        resolve(first, waiting_);
        ends_.clear();
        waiting_ = 0;
    }

    // NO_TERM is written as well, and then written over: whether a part has a term cannot be foretold, and a branch on
    // it costs more.
    void resolve(uint32_t first, uint32_t last) {
        for (uint32_t i = first; i < last; ++i) {
            if (written_.size() - used_ < last - i) hand_over();
            int32_t* out = written_.data() + used_;
            const int32_t* known = nullptr;
            while (i < last && (known = memory_.find(forms_[i])) && *known >= 0) {
                *out = *known;
                out += *known != NO_TERM;
                ++i;
            }
            used_ = size_t(out - written_.data());
            if (i < last) resolve_rare(forms_[i], known);
        }
    }

    // A form of several terms, or one that is new.
    void resolve_rare(const Form& form, const int32_t* known) {
        if (known) {
            const size_t list = size_t(-1 - *known);
            for (int32_t i = 1; i <= lists_[list]; ++i) push(lists_[list + size_t(i)]);
        } else {
            work_out({form.from, form.size}, uint8_t(form.tag));
            remember(form);
            push_found();
        }
    }

    void end_text() { result_->indptr.push_back(int64_t(result_->codes.size() + used_)); }

    // Leaves the part's terms in found_.
    void work_out(std::string_view part, uint8_t flags) {
        if (is_full()) forget();
        found_.clear();
        rules_->part_terms(part, flags, *this);
    }

    void remember(const Form& form) {
        int32_t value = found_.empty() ? NO_TERM : found_[0];
        // For several terms, their place in `lists_`: a length and the terms.
        if (found_.size() > 1) {
            value = -1 - int32_t(lists_.size());
            lists_.push_back(int32_t(found_.size()));
            lists_.insert(lists_.end(), found_.begin(), found_.end());
        }
        memory_.insert(form, value);
    }

    // For Rules: a term in the worker's own numbering, which starts behind NO_TERM.
    void term(const Bytes& bytes) override {
        const int32_t id = 1 + terms_.insert(Term(bytes));
        found_.push_back(id);
    }

    void push(int32_t id) {
        if (used_ == written_.size()) hand_over();
        written_[used_++] = id;
    }

    // Adds the terms written to the result, in its numbering: apart from the walk, since both need a core's cache.
    void hand_over() {
        codes_.resize(size_t(terms_.size()) + 1, -1);
        for (size_t i = 0; i < used_; ++i) {
            int32_t& code = codes_[size_t(written_[i])];
            if (code < 0) {
                code = result_->add(terms_.bytes_of(written_[i] - 1));
                coded_.push_back(written_[i]);
            }
            written_[i] = code;
        }
        result_->codes.insert(result_->codes.end(), written_.begin(), written_.begin() + ptrdiff_t(used_));
        used_ = 0;
    }

    void forget_codes() {
        for (const int32_t id : coded_) codes_[size_t(id)] = -1;
        coded_.clear();
    }

    void push_found() {
        for (const int32_t id : found_) push(id);
    }

    void forget() {
        hand_over();
        forget_codes();
        memory_ = FormTable();
        terms_ = TermTable();
        lists_.clear();
    }

    ByteMaps maps_;
    FormTable memory_;
    TermTable terms_;
    std::vector<int32_t> found_, lists_;
    // Codes of terms in the result, -1 where not in it yet; the terms that have one.
    std::vector<int32_t> codes_, coded_;
    std::vector<int32_t> written_ = std::vector<int32_t>(1 << 16);
    size_t used_ = 0;  // of written_, terms that are not in the result yet
    std::array<bool, 256> trims_{};
    struct Part {
        const char* from = nullptr;
        uint16_t size = 0;
        uint8_t flags = 0;
        bool has_room = false;  // for reading a short form's bytes at once
    };
    std::array<Part, BATCH> parts_;
    std::array<Form, BATCH> forms_;
    uint32_t waiting_ = 0;
    std::vector<uint32_t> ends_;  // of texts among the parts that wait
    std::string key_, utf8_;
    const char* limit_ = nullptr;
    Rules* rules_ = nullptr;
    Analyzed* result_ = nullptr;
};

}  // namespace embedfn
