// Texts analyzed by several threads, each with a memory of its own.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "long_texts.hpp"
#include "parallel.hpp"
#include "shares.hpp"

namespace embedfn {

// Characters from which on a text may be more than one thread's business.
constexpr int64_t LONG_TEXT = 1 << 19;

// Workers with their memories, each lent to one thread at a time; for the same share of the texts as before where that is idle,
// since encoding what was fitted meets the same words in the same share.
class WorkerPool {
public:
    std::unique_ptr<Worker> take(int64_t share) {
        const std::lock_guard<std::mutex> guard(lock_);
        if (idle_.empty()) return std::make_unique<Worker>();
        auto chosen = std::find_if(idle_.begin(), idle_.end(), [&](const Idle& one) { return one.share == share; });
        if (chosen == idle_.end()) chosen = idle_.begin();
        auto worker = std::move(chosen->worker);
        idle_.erase(chosen);
        return worker;
    }
    void give_back(std::unique_ptr<Worker> worker, int64_t share) {
        const std::lock_guard<std::mutex> guard(lock_);
        idle_.push_back({share, std::move(worker)});
    }

    // Who analyzed which pieces of what seem to be the same texts, in which order; empty if no one did.
    Shares::Orders orders(int64_t n, int64_t length, size_t n_pieces, int threads) {
        const std::lock_guard<std::mutex> guard(lock_);
        const auto found = orders_.find({n, length, n_pieces, threads});
        return found == orders_.end() ? Shares::Orders() : found->second;
    }
    void note_orders(int64_t n, int64_t length, size_t n_pieces, int threads, const Shares::Orders& orders) {
        const std::lock_guard<std::mutex> guard(lock_);
        if (orders_.size() == MAX_NOTES) orders_.clear();
        orders_[{n, length, n_pieces, threads}] = orders;
    }

private:
    static constexpr size_t MAX_NOTES = 256;
    struct Idle {
        int64_t share;
        std::unique_ptr<Worker> worker;
    };
    std::mutex lock_;
    std::vector<Idle> idle_;
    std::map<std::tuple<int64_t, int64_t, size_t, int>, Shares::Orders> orders_;
};

// The texts in pieces of about equal length, several for each thread; text i has the characters indptr[i] to indptr[i + 1] of all.
// make_rules() gives each thread its own rules; cut is cut_text's.
template <class MakeRules, class Cut>
std::vector<Stretch> cut_texts(WorkerPool& pool, const StrStorage* texts, const int64_t* indptr, int64_t n, int threads,
                               MakeRules&& make_rules, Cut&& cut, std::deque<std::string>& converted) {
    constexpr int64_t PIECES = 64;  // for each thread
    const int64_t share = indptr[n] / threads;
    std::vector<Stretch> stretches;
    const auto add_whole = [&](int64_t first, int64_t last) {
        const int64_t pieces = threads == 1 || !share ? 1 : std::max<int64_t>(1, (indptr[last] - indptr[first]) * PIECES / share);
        const auto bounds = split_rows(indptr + first, last - first, pieces);
        for (size_t i = 0; i + 1 < bounds.size(); ++i)
            if (bounds[i] < bounds[i + 1]) stretches.push_back({first + bounds[i], first + bounds[i + 1], {}});
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
    return stretches;
}

// Analyzes the texts, in order; what follows on each other in one thread makes one result. walk is Worker's.
template <class MakeRules, class Walk, class Cut>
std::vector<Analyzed> analyze_texts(WorkerPool& pool, const StrStorage* texts, const int64_t* indptr, int64_t n,
                                    int n_threads, MakeRules&& make_rules, Walk&& walk, Cut&& cut) {
    const int threads = useful_threads(indptr[n] + n, n_threads);
    std::deque<std::string> converted;
    const auto stretches = cut_texts(pool, texts, indptr, n, threads, make_rules, cut, converted);
    auto orders = pool.orders(n, indptr[n], stretches.size(), threads);
    Shares shares = orders.empty() ? Shares(int64_t(stretches.size()), threads) : Shares(std::move(orders));

    // By the number of the first stretch in it.
    std::map<int64_t, Analyzed> results;
    std::mutex lock;
    run_tasks(threads, threads, [&](int64_t thread) {
        auto rules = make_rules();
        auto worker = pool.take(thread);  // one that fails half-way is not given back
        const auto is_whole = [&](int64_t i) { return i >= 0 && !stretches[size_t(i)].is_part(); };
        int64_t last = -1;
        for (int64_t i; (i = shares.take(int32_t(thread))) >= 0; last = i) {
            const Stretch& stretch = stretches[size_t(i)];
            if (i != last + 1 || !is_whole(i) || !is_whole(last)) {
                if (last >= 0) worker->finish();
                const std::lock_guard<std::mutex> guard(lock);
                const bool is_stolen = last >= 0 && is_whole(i);
                if (is_stolen) worker->begin(rules, results[i], indptr[stretch.last] - indptr[stretch.first], stretch.last - stretch.first);
                else worker->begin(rules, results[i], indptr[n] / threads, n / threads);
            }
            const StrStorage part{stretch.part.data(), stretch.part.size(), 0};
            if (stretch.is_part()) worker->analyze(&part, 0, 1, walk);
            else worker->analyze(texts, stretch.first, stretch.last, walk);
        }
        if (last >= 0) worker->finish();
        pool.give_back(std::move(worker), thread);
    });
    pool.note_orders(n, indptr[n], stretches.size(), threads, shares.orders());

    std::vector<Analyzed> whole;
    for (auto at = results.begin(); at != results.end();) {
        std::vector<Analyzed> parts;
        const Stretch& stretch = stretches[size_t(at->first)];
        const auto goes_on = [&] {
            const Stretch& next = stretches[size_t(at->first)];
            return next.is_part() && stretch.is_part() && next.first == stretch.first;
        };
        do parts.push_back(std::move(at->second));
        while (++at != results.end() && goes_on());
        whole.push_back(parts.size() > 1 ? joined(parts.data(), parts.size()) : std::move(parts[0]));
    }
    return whole;
}

}  // namespace embedfn
