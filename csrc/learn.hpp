// What a fit learns of some documents: ids for their terms, and in how many documents each term is. Giving ids is one thread's work;
// meanwhile the others count documents by the codes, which need no ids.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "runs.hpp"
#include "vocabulary.hpp"

namespace embedfn {

// Documents with their list of terms, the term i being buffer[offsets[i]:offsets[i + 1]]: document d has those that
// codes[indptr[d]:indptr[d + 1]] tell or, without codes, those from indptr[d] on. For source see Vocabulary.
struct Listed {
    const char* buffer = nullptr;
    const int64_t* offsets = nullptr;
    int64_t n = 0;
    uint64_t source = 0;
    const int64_t* indptr = nullptr;
    int64_t n_docs = 0;
    const int32_t* codes = nullptr;
    bool has_codes = false;
};

// In how many documents each number from 0 on is.
class DocumentCounter {
public:
    explicit DocumentCounter(int64_t n) : seen_(size_t(n)) {}

    // The next document has these; numbers below 0 are passed over.
    void add(const int32_t* numbers, int64_t n) {
        if (++last_ == 0) count_anew();
        for (int64_t i = 0; i < n; ++i) {
            if (numbers[i] < 0) continue;
            Seen& term = seen_[size_t(numbers[i])];
            term.docs += term.last != last_;
            term.last = last_;
        }
    }

    // df[id] += documents; without ids the numbers are ids.
    void add_to(int64_t* df, const int32_t* ids) const {
        for (size_t i = 0; i < seen_.size(); ++i) df[ids ? ids[i] : int64_t(i)] += seen_[i].docs + (before_.empty() ? 0 : before_[i]);
    }

private:
    struct Seen {
        uint16_t docs = 0, last = 0;  // documents with the number; the last of them, counted from 1
    };

    // Before a number that is too great for Seen.
    void count_anew() {
        before_.resize(seen_.size());
        for (size_t i = 0; i < seen_.size(); ++i) before_[i] += std::exchange(seen_[i], {}).docs;
        last_ = 1;
    }

    ZeroedArray<Seen> seen_;
    uint16_t last_ = 0;
    std::vector<int64_t> before_;
};

// One thread's counters of documents, by the ids of the numbers that are counted; by null where these are ids.
using DocumentCounters = std::map<const int32_t*, DocumentCounter>;

// Each thread's counters of the documents' codes, or of their terms' ids. One of the threads calls first() before it counts.
template <class First>
std::vector<DocumentCounters> count_documents(const Runs& runs, bool by_code, int n_threads, First&& first) {
    const int threads = useful_threads(runs.size(), n_threads);
    std::vector<DocumentCounters> counters(static_cast<size_t>(threads));
    const auto bounds = runs.split(threads == 1 ? 1 : threads * 8);
    std::atomic<size_t> next{1};
    run_tasks(threads, threads, [&](int64_t thread) {
        if (!thread) first();
        RunReader reader(runs.n_terms());
        for (size_t part; (part = next.fetch_add(1)) < bounds.size();)
            runs.each(bounds[part - 1], bounds[part], [&](const Run& run, int64_t from, int64_t to, int64_t) {
                const int64_t n_numbers = by_code ? run.n_ids : runs.n_terms();
                DocumentCounter& counter = counters[size_t(thread)].try_emplace(by_code ? run.ids : nullptr, n_numbers).first->second;
                for (int64_t doc = from; doc < to; ++doc)
                    counter.add(by_code ? reader.codes(run, doc) : reader.ids(run, doc), run.indptr[doc + 1] - run.indptr[doc]);
            });
    });
    return counters;
}

// Adds the terms of what was found to a vocabulary that no other thread adds to meanwhile; returns how many of these documents hold each
// of its terms.
inline LargeVector<int64_t> learn(Vocabulary& vocabulary, const std::vector<Listed>& found, int n_threads) {
    std::vector<RawArray<int32_t>> ids;
    std::vector<Run> by_code, by_id;
    for (const Listed& one : found) {
        int32_t* const its = ids.emplace_back(size_t(one.n)).begin();
        if (one.has_codes) by_code.push_back({one.codes, one.indptr, one.n_docs, its, one.n, true});
        else by_id.push_back({its, one.indptr, one.n_docs, nullptr, 0, false});
    }
    auto counters = count_documents(Runs(by_code, 0), true, n_threads, [&] {
        for (size_t i = 0; i < found.size(); ++i) {
            const Listed& one = found[i];
            // Distinct terms are soon looked up; putting together what threads add takes longer.
            vocabulary.add(one.buffer, one.offsets, one.n, one.has_codes ? 1 : n_threads, one.source, ids[i].begin());
        }
    });
    LargeVector<int64_t> df(size_t(vocabulary.size()), 0);
    for (const Run& run : by_code) {
        // Where two codes are one term, a document with both counts once.
        if (!are_distinct(run.ids, run.n_ids, int64_t(df.size()))) {
            by_id.push_back(run);
            continue;
        }
        for (const auto& counted : counters)
            if (const auto counter = counted.find(run.ids); counter != counted.end()) counter->second.add_to(df.data(), run.ids);
    }
    if (by_id.empty()) return df;
    const Runs runs(by_id, int64_t(df.size()));
    runs.check_ids();
    for (const auto& counted : count_documents(runs, false, n_threads, [] {}))
        for (const auto& counter : counted) counter.second.add_to(df.data(), nullptr);
    return df;
}

}  // namespace embedfn
