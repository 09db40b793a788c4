// Texts analyzed by several threads, each with a memory of its own.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "long_texts.hpp"
#include "parallel.hpp"

namespace embedfn {

// Characters from which on a text may be more than one thread's business.
constexpr int64_t LONG_TEXT = 1 << 19;

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
// make_rules() gives each thread its own rules; walk is Worker's, cut is cut_text's.
template <class MakeRules, class Walk, class Cut>
std::vector<Analyzed> analyze_texts(WorkerPool& pool, const StrStorage* texts, const int64_t* indptr, int64_t n,
                                    int n_threads, MakeRules&& make_rules, Walk&& walk, Cut&& cut) {
    const int threads = useful_threads(indptr[n] + n, n_threads);
    const int64_t share = indptr[n] / threads;
    std::vector<Stretch> stretches;
    std::deque<std::string> converted;
    const auto add_whole = [&](int64_t first, int64_t last) {
        if (first == last && n) return;
        const int64_t parts = share ? (indptr[last] - indptr[first] + share / 2) / share : 1;
        const auto bounds = split_rows(indptr + first, last - first, std::max<int64_t>(1, parts));
        for (size_t i = 0; i + 1 < bounds.size(); ++i) stretches.push_back({first + bounds[i], first + bounds[i + 1], {}});
    };
    int64_t first = 0;
    for (int64_t i = 0; threads > 1 && i < n; ++i) {
        const int64_t length = indptr[i + 1] - indptr[i];
        if (length < LONG_TEXT || length < share / 2) continue;
        add_whole(first, i);
        first = i + 1;
        auto rules = make_rules();
        auto worker = pool.take(0);
        const std::string_view text = as_utf8(texts[i], converted.emplace_back());
        cut_text(text, i, text.size() / size_t(threads) + 1, *worker,
                 [&](std::string_view window, Worker& with) { return with.cut(window, rules, cut); }, stretches);
        pool.give_back(std::move(worker), 0);
    }
    add_whole(first, n);

    std::vector<Analyzed> results(stretches.size());
    run_tasks(int64_t(results.size()), threads, [&](int64_t i) {
        const Stretch& stretch = stretches[size_t(i)];
        auto rules = make_rules();
        auto worker = pool.take(i);  // one that fails half-way is not given back
        const StrStorage part{stretch.part.data(), stretch.part.size(), 0};
        if (stretch.is_part()) worker->analyze(&part, 0, 1, rules, walk, results[size_t(i)]);
        else worker->analyze(texts, stretch.first, stretch.last, rules, walk, results[size_t(i)]);
        pool.give_back(std::move(worker), i);
    });

    std::vector<Analyzed> whole;
    for (size_t i = 0; i < results.size();) {
        size_t end = i + 1;
        while (stretches[i].is_part() && end < results.size() && stretches[end].is_part() &&
               stretches[end].first == stretches[i].first)
            ++end;
        whole.push_back(end - i > 1 ? joined(&results[i], end - i) : std::move(results[i]));
        i = end;
    }
    return whole;
}

}  // namespace embedfn
