// Texts to terms by remembering: what a part of a text (sentences.hpp) becomes, and whether a mark ends a sentence, is worked
// out once for each distinct form and then looked up. Working it out is the caller's business (Rules).
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "form_table.hpp"
#include "parallel.hpp"
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

    int32_t add(const Bytes& term) {
        arena.insert(arena.end(), term.from, term.from + term.size);
        offsets.push_back(int64_t(arena.size()));
        return int32_t(offsets.size() - 2);
    }
};

// One thread's memory. Bounded: when it holds too much it is emptied.
class Worker final : TermSink {
public:
    void analyze(const StrStorage* texts, int64_t first, int64_t last, Rules& rules, Analyzed& result) {
        rules_ = &rules;
        result_ = &result;
        for (const char mark : std::string_view("()[]{},:;")) trims_[uint8_t(mark)] = rules.drops(mark);
        for (int64_t i = first; i < last; ++i) {
            const std::string_view text = as_utf8(texts[i], utf8_);
            limit_ = text.data() + text.size();
            // Parts may wait on while the next texts are read, but not those of a text that lies in utf8_.
            SentenceWalk<Worker>(text, *this, maps_).run();
            freed_place() = END_OF_TEXT;
            if (texts[i].width) resolve_waiting();
        }
        resolve_waiting();
        hand_over();
        forget_codes();
    }

    // For SentenceWalk.
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
        Form& place = freed_place();
        place = Form({text.data(), text.size(), limit_}, flags);
        memory_.prefetch(place);
    }

private:
    static constexpr size_t MAX_FORMS = 1 << 21, MAX_BYTES = size_t(1) << 28;
    static constexpr size_t MAX_KEY = 256;
    // Parts between the asking for their cache line and their use.
    static constexpr size_t RING = 16;
    static constexpr int32_t NO_TERM = 0;
    // Tags of forms: the flags of a part, and two that no part has, before and behind everything at once.
    static constexpr uint32_t SNIPPET = PART_FIRST | PART_AFTER_LINE;
    inline static const Form END_OF_TEXT{bytes_of(std::string_view("")), PART_BEFORE_LINE | PART_FINAL};

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

    Form& freed_place() {
        Form& place = ring_[next_++ % RING];
        if (place.from) resolve(place);
        return place;
    }

    void resolve_waiting() {
        for (size_t i = 0; i < RING; ++i) {
            Form& form = ring_[next_++ % RING];
            if (form.from) resolve(form);
            form.from = nullptr;
        }
    }

    void resolve(const Form& form) {
        const int32_t* const known = memory_.find(form);
        if (known && *known >= 0) {
            push(*known);
        } else if (known) {
            const size_t list = size_t(-1 - *known);
            for (int32_t i = 1; i <= lists_[list]; ++i) push(lists_[list + size_t(i)]);
        } else if (form.tag == END_OF_TEXT.tag) {
            end_text();
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

    // One occurrence of a term. NO_TERM is written too, and then written over: whether a part has a term cannot be
    // foretold, and a branch on it costs more.
    void push(int32_t id) {
        if (used_ == written_.size()) hand_over();
        written_[used_] = id;
        used_ += id != NO_TERM;
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
    std::array<Form, RING> ring_;  // free where it has no bytes
    size_t next_ = 0;
    std::string key_, utf8_;
    const char* limit_ = nullptr;
    Rules* rules_ = nullptr;
    Analyzed* result_ = nullptr;
};

// Workers with their memories, each lent to one thread at a time; for the same part of the texts as before where that is idle,
// since encoding what was fitted meets the same words in the same part.
class WorkerPool {
public:
    std::unique_ptr<Worker> take(int64_t part) {
        const std::lock_guard<std::mutex> guard(lock_);
        if (idle_.empty()) return std::make_unique<Worker>();
        auto chosen = std::find_if(idle_.begin(), idle_.end(), [&](const Idle& one) { return one.part == part; });
        if (chosen == idle_.end()) chosen = idle_.begin();
        auto worker = std::move(chosen->worker);
        idle_.erase(chosen);
        return worker;
    }
    void give_back(std::unique_ptr<Worker> worker, int64_t part) {
        const std::lock_guard<std::mutex> guard(lock_);
        idle_.push_back({part, std::move(worker)});
    }

private:
    struct Idle {
        int64_t part;
        std::unique_ptr<Worker> worker;
    };
    std::mutex lock_;
    std::vector<Idle> idle_;
};

// Analyzes the texts in runs of about equal length, a thread each; text i has the characters indptr[i] to indptr[i + 1] of all.
// make_rules() gives each thread its own rules.
template <class MakeRules>
std::vector<Analyzed> analyze_texts(WorkerPool& pool, const StrStorage* texts, const int64_t* indptr, int64_t n,
                                    int n_threads, MakeRules&& make_rules) {
    const auto bounds = split_rows(indptr, n, useful_threads(indptr[n] + n, n_threads));
    std::vector<Analyzed> results(bounds.size() - 1);
    run_tasks(int64_t(results.size()), n_threads, [&](int64_t part) {
        auto rules = make_rules();
        auto worker = pool.take(part);  // one that fails half-way is not given back
        worker->analyze(texts, bounds[size_t(part)], bounds[size_t(part) + 1], rules, results[size_t(part)]);
        pool.give_back(std::move(worker), part);
    });
    return results;
}

}  // namespace embedfn
