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

#include "parallel.hpp"
#include "sentences.hpp"
#include "term_table.hpp"
#include "utf8.hpp"

namespace embedfn {

// Receives the terms of a part or a text.
class TermSink {
public:
    virtual void term(const char* from, size_t size) = 0;

protected:
    ~TermSink() = default;
};

// The slow way: what is asked once for each distinct form.
class Rules {
public:
    virtual ~Rules() = default;
    virtual bool ends_sentence(std::string_view snippet) = 0;
    virtual void part_terms(std::string_view part, int flags, TermSink& sink) = 0;
    virtual void text_terms(int64_t text, TermSink& sink) = 0;
};

inline Bytes bytes_of(std::string_view text) {
    return {text.data(), text.size(), text.data() + text.size()};
}

// Terms of a run of texts: codes count[0] of the first text, count[1] of the second, …, each the place of a term in `terms`,
// which holds every distinct one once, in first-seen order.
struct Analyzed {
    TermTable terms;
    std::vector<int32_t> codes;
    std::vector<int64_t> counts;
};

// One thread's memory. Bounded: when it holds MAX_REMEMBERED forms it is emptied.
class Worker final : TermSink {
public:
    void analyze(const StrStorage* texts, int64_t first, int64_t last, Rules& rules, Analyzed& result) {
        rules_ = &rules;
        result_ = &result;
        codes_.assign(codes_.size(), -1);
        for (int64_t i = first; i < last; ++i) {
            const size_t before = result.codes.size();
            const std::string_view text = as_utf8(texts[i], utf8_);
            limit_ = text.data() + text.size();
            const bool walked = SentenceWalk<Worker>(text, *this).run();
            while (waiting_) resolve_oldest();
            if (!walked) {
                found_.clear();
                rules.text_terms(i, *this);
                for (const int32_t id : found_) push(id);
            }
            result.counts.push_back(int64_t(result.codes.size() - before));
            if (remembered() > MAX_REMEMBERED) forget();
        }
    }

    // For SentenceWalk.
    bool breaks(std::string_view word, std::string_view next) {
        key_.assign(word);
        if (!next.empty()) key_.append(" ").append(next);
        const Term key(bytes_of(key_));
        const int32_t known = snippets_.find(key);
        if (known >= 0) return decisions_[size_t(known)];
        const bool decision = rules_->ends_sentence(key_);
        if (key_.size() <= MAX_KEY) {
            snippets_.insert(key);
            decisions_.push_back(decision);
        }
        return decision;
    }

    void part(std::string_view text, uint8_t flags) {
        if (flags) {
            while (waiting_) resolve_oldest();
            key_.assign(text).append(1, char(flags));
            resolve(flagged_, Term(bytes_of(key_)), text, flags);
            return;
        }
        if (waiting_ == RING) resolve_oldest();
        Term& key = ring_[(oldest_ + waiting_++) % RING];
        key = Term(Bytes{text.data(), text.size(), limit_});
        parts_.keys.prefetch(key);
    }

private:
    static constexpr int32_t MAX_REMEMBERED = 1 << 21;
    static constexpr size_t MAX_KEY = 256;
    // Parts between the asking for their cache line and their use.
    static constexpr size_t RING = 16;
    static constexpr int32_t NO_TERM = -1;

    // What parts become: one term's number, NO_TERM, or for several terms -2 - their place in `lists`, a length and the terms.
    struct Memory {
        TermTable keys;
        std::vector<int32_t> values, lists;
    };

    int32_t remembered() const { return parts_.keys.size() + flagged_.keys.size() + snippets_.size(); }

    void resolve_oldest() {
        const Term key = ring_[oldest_ % RING];
        ++oldest_;
        --waiting_;
        resolve(parts_, key, {key.bytes.from, key.bytes.size}, 0);
    }

    void resolve(Memory& memory, const Term& key, std::string_view text, uint8_t flags) {
        const int32_t known = memory.keys.find(key);
        if (known >= 0) {
            const int32_t value = memory.values[size_t(known)];
            if (value >= 0) return push(value);
            if (value == NO_TERM) return;
            const size_t list = size_t(-2 - value);
            for (int32_t i = 1; i <= memory.lists[list]; ++i) push(memory.lists[list + size_t(i)]);
            return;
        }
        found_.clear();
        rules_->part_terms(text, flags, *this);
        for (const int32_t id : found_) push(id);
        if (text.size() > MAX_KEY) return;
        memory.keys.insert(key);
        if (found_.size() > 1) {
            memory.values.push_back(-2 - int32_t(memory.lists.size()));
            memory.lists.push_back(int32_t(found_.size()));
            memory.lists.insert(memory.lists.end(), found_.begin(), found_.end());
        } else {
            memory.values.push_back(found_.empty() ? NO_TERM : found_[0]);
        }
    }

    // For Rules: a term in the worker's own numbering.
    void term(const char* from, size_t size) override {
        found_.push_back(terms_.insert(Term(Bytes{from, size, from + size})));
    }

    // One occurrence of a term, in the numbering of this result.
    void push(int32_t id) {
        if (size_t(id) >= codes_.size()) codes_.resize(size_t(terms_.size()), -1);
        int32_t& code = codes_[size_t(id)];
        if (code < 0) code = result_->terms.insert(Term(terms_.bytes_of(id)));
        result_->codes.push_back(code);
    }

    void forget() {
        parts_ = flagged_ = Memory();
        snippets_ = terms_ = TermTable();
        decisions_.clear();
        codes_.clear();  // those given out stay valid: the result has its own table of terms
    }

    Memory parts_, flagged_;
    TermTable snippets_, terms_;
    std::vector<int32_t> codes_, found_;
    std::vector<char> decisions_;
    std::array<Term, RING> ring_;
    size_t oldest_ = 0, waiting_ = 0;
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
