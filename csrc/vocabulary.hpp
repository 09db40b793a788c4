// A vocabulary that many threads fill at once and still number in first-seen order: each takes a run of the
// terms, finds those already known, and puts the others into a table of its own; the tables are then merged
// in the order of the runs, and the terms that had been given a number of a thread's own get the final one. A vocabulary may
// stand on the frozen terms of a saved file: they have the first ids, and the table takes what comes on top.
#pragma once

#include <deque>
#include <mutex>
#include <numeric>
#include <shared_mutex>

#include "frozen_terms.hpp"
#include "parallel.hpp"
#include "term_table.hpp"

namespace embedfn {

// Ids of the lists that were added last, by their sources: each the longest of those that begin alike.
class KnownLists {
public:
    // Writes the first ids of a list of n terms; returns how many.
    int64_t copy(uint64_t source, int64_t n, int32_t* ids) const {
        const auto known = std::find_if(lists_.begin(), lists_.end(), [&](const List& list) { return list.source == source; });
        if (!source || known == lists_.end()) return 0;
        const int64_t size = std::min(n, int64_t(known->ids.size()));
        std::copy_n(known->ids.begin(), size, ids);
        return size;
    }

    void note(uint64_t source, const int32_t* ids, int64_t n) {
        if (!source) return;
        const auto same = std::find_if(lists_.begin(), lists_.end(), [&](const List& list) { return list.source == source; });
        if (same != lists_.end()) {
            if (n > int64_t(same->ids.size())) same->ids.assign(ids, ids + n);
            return;
        }
        if (lists_.size() == MOST) lists_.pop_front();
        lists_.push_back({source, {ids, ids + n}});
    }

private:
    static constexpr size_t MOST = 64;
    struct List {
        uint64_t source;
        LargeVector<int32_t> ids;
    };
    std::deque<List> lists_;
};

class Vocabulary {
public:
    int32_t size() const {
        const std::shared_lock<std::shared_mutex> guard(lock_);
        return int32_t(std::min<int64_t>(int64_t(base_.size()) + table_.size(), MAX_SIZE));
    }

    // Puts this vocabulary, which must be empty, on frozen terms, which must have been checked and outlive it.
    void stand_on(const FrozenTerms& base) { base_ = base; }

    // Ids of the n terms buffer[offsets[i]:offsets[i + 1]]; -1 for a term that is not here. Lists of one source, if that is not 0,
    // begin alike: what has been added is not looked up again.
    void find(const char* buffer, const int64_t* offsets, int64_t n, int n_threads, uint64_t source, int32_t* ids) const {
        const std::shared_lock<std::shared_mutex> guard(lock_);
        const int64_t known = lists_.copy(source, n, ids);
        const auto bounds = split_rows(offsets + known, n - known, useful_threads(n - known, n_threads));
        run_tasks(int64_t(bounds.size()) - 1, n_threads, [&](int64_t part) {
            each_term(buffer, offsets, known + bounds[part], known + bounds[part + 1], table_, ids,
                      [&](const Form& term) { return table_.find(term); });
        });
    }

    // As find(), and every term that is not here is added.
    void add(const char* buffer, const int64_t* offsets, int64_t n, int n_threads, uint64_t source, int32_t* ids) {
        const std::unique_lock<std::shared_mutex> guard(lock_);
        const int threads = useful_threads(n, n_threads);
        if (threads == 1) {
            int64_t begin = lists_.copy(source, n, ids);
            // Of a corpus' distinct terms all are new, of its terms few. Another thread's may follow.
            if (!table_.size()) table_.reserve(size_t(std::min(n + n / 2, MANY)), size_t(std::min(offsets[n] - offsets[0], 16 * MANY)));
            if (!table_.size() && !base_.size() && n < MAX_SIZE) {
                begin = table_.fill(buffer, offsets, int32_t(n));
                std::iota(ids, ids + begin, 0);
            }
            each_term(buffer, offsets, begin, n, table_, ids, [&](const Form& term) { return table_.insert(term); });
            lists_.note(source, ids, n);
            return;
        }
        const auto bounds = split_rows(offsets, n, threads);
        std::vector<TermTable> fresh(threads);
        run_tasks(threads, threads, [&](int64_t part) {
            TermTable& mine = fresh[part];
            each_term(buffer, offsets, bounds[part], bounds[part + 1], mine, ids, [&](const Form& term) {
                const int32_t known = table_.find(term);
                return known >= 0 ? known : -1 - mine.insert(term);
            });
        });
        std::vector<std::vector<int32_t>> final_ids;
        for (const TermTable& part : fresh) final_ids.push_back(merge(part));
        run_tasks(threads, threads, [&](int64_t part) {
            for (int64_t i = bounds[part]; i < bounds[part + 1]; ++i)
                if (ids[i] < 0) ids[i] = final_ids[part][size_t(-1 - ids[i])];
        });
    }

    // Every term on top of the base in id order, as a TermTable keeps them.
    void copy_terms(LargeVector<char>& arena, LargeVector<int64_t>& offsets) const {
        const std::shared_lock<std::shared_mutex> guard(lock_);
        arena = table_.arena();
        offsets = table_.offsets();
    }

private:
    static constexpr int64_t MANY = 1 << 17;
    static constexpr int32_t MAX_SIZE = std::numeric_limits<int32_t>::max();

    // ids[i] = f(term) for each term that is not in the base; f tells its id in the table, or less than 0.
    template <class F>
    void each_term(const char* buffer, const int64_t* offsets, int64_t begin, int64_t end, const TermTable& table,
                   int32_t* ids, F&& f) const {
        if (base_.size()) {
            base_.find(buffer, offsets, begin, end, [&](int64_t i, const Bytes& term, int32_t id) {
                ids[i] = id >= 0 ? id : above_base(f(Form(term)));
            });
            return;
        }
        // The first cache line that each needs in `table` is asked for some terms ahead.
        constexpr int64_t block = 16;
        const char* const limit = buffer + offsets[end];
        Form terms[block];
        for (int64_t start = begin; start < end; start += block) {
            const int64_t n = std::min(block, end - start);
            for (int64_t i = 0; i < n; ++i) {
                const int64_t at = offsets[start + i];
                terms[i] = Form({buffer + at, size_t(offsets[start + i + 1] - at), limit});
                table.prefetch(terms[i]);
            }
            for (int64_t i = 0; i < n; ++i) ids[start + i] = f(terms[i]);
        }
    }

    int32_t above_base(int32_t id) const {
        if (id >= MAX_SIZE - base_.size()) throw std::overflow_error("a vocabulary holds at most 2147483647 terms");
        return id < 0 ? id : base_.size() + id;
    }

    std::vector<int32_t> merge(const TermTable& part) {
        std::vector<int32_t> ids(size_t(part.size()));
        for (int32_t id = 0; id < part.size(); ++id)
            ids[size_t(id)] = above_base(table_.insert(Form(part.bytes_of(id))));
        return ids;
    }

    FrozenTerms base_;
    TermTable table_;
    KnownLists lists_;
    mutable std::shared_mutex lock_;
};

}  // namespace embedfn
