// Documents as runs, each with codes of its own for terms: what threads that share no numbering find, put one behind the other.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include "parallel.hpp"

namespace embedfn {

// Document i has the codes[indptr[i]] to codes[indptr[i + 1]], and code c stands for the term ids[c]; without ids, for c itself.
// An id below 0 is a term that the vocabulary does not have.
struct Run {
    const int32_t* codes = nullptr;
    const int64_t* indptr = nullptr;
    int64_t n_docs = 0;
    const int32_t* ids = nullptr;
    int64_t n_ids = 0;
    bool has_ids = false;

    int64_t size() const { return indptr[n_docs]; }
};

class Runs {
public:
    Runs() = default;
    // For ids below n_terms.
    Runs(std::vector<Run> runs, int64_t n_terms) : runs_(std::move(runs)), n_terms_(n_terms) {
        for (const Run& run : runs_) {
            docs_.push_back(docs_.back() + run.n_docs);
            work_.push_back(work_.back() + run.size() + run.n_docs);
        }
    }

    int64_t n_docs() const { return docs_.back(); }
    int64_t n_terms() const { return n_terms_; }
    int64_t size() const { return work_.back() - docs_.back(); }

    // Codes of the documents `first` to `last`.
    int64_t size(int64_t first, int64_t last) const {
        int64_t size = 0;
        each(first, last, [&](const Run& run, int64_t from, int64_t to, int64_t) { size += run.indptr[to] - run.indptr[from]; });
        return size;
    }

    // Documents in parts of about equal work; parts + 1 values from 0 to n_docs().
    std::vector<int64_t> split(int64_t parts) const {
        std::vector<int64_t> bounds(size_t(parts) + 1, n_docs());
        bounds[0] = 0;
        for (int64_t i = 1; i < parts; ++i) {
            const int64_t target = work_.back() / parts * i;
            const size_t run = size_t(std::upper_bound(work_.begin() + 1, work_.end() - 1, target) - work_.begin()) - 1;
            bounds[size_t(i)] = docs_[run] + row_at_work(runs_[run].indptr, runs_[run].n_docs, target - work_[run]);
        }
        return bounds;
    }

    // f(run, first, last, doc) for the documents `first` to `last` of each run which are among these; `doc` is the first one's number
    // among all.
    template <class F> void each(int64_t first, int64_t last, F&& f) const {
        for (size_t i = 0; i < runs_.size(); ++i) {
            const int64_t from = std::max(first, docs_[i]), to = std::min(last, docs_[i + 1]);
            if (from < to) f(runs_[i], from - docs_[i], to - docs_[i], from);
        }
    }

    // An error for an id that is none.
    void check_ids() const {
        for (const Run& run : runs_) check(run.ids, run.n_ids, n_terms_);
    }

    // Codes from 0 on, or ids from -1 on: an error if one is not below the limit.
    static void check(const int32_t* numbers, int64_t n, int64_t limit, int32_t least = -1) {
        const auto most = uint32_t(std::min<int64_t>(limit - 1 - least, std::numeric_limits<int32_t>::max()));
        uint32_t beyond = 0;  // the highest bit is set by a number below the least or above the most
        for (int64_t i = 0; i < n; ++i) {
            const uint32_t above = uint32_t(numbers[i]) - uint32_t(least);
            beyond |= above | (most - above);
        }
        if (beyond >> 31) throw std::out_of_range("a term's number lies beyond the terms");
    }

private:
    std::vector<Run> runs_;
    int64_t n_terms_ = 0;
    std::vector<int64_t> docs_ = {0}, work_ = {0};  // before each run
};

// Whether no two of these ids, all from 0 on, are the same.
inline bool are_distinct(const int32_t* ids, int64_t n, int64_t n_terms) {
    std::vector<bool> met(size_t(n_terms), false);
    for (int64_t i = 0; i < n; ++i) {
        if (met[size_t(ids[i])]) return false;
        met[size_t(ids[i])] = true;
    }
    return true;
}

// One document's codes or ids after the other's, checked and looked up some documents ahead. Runs must stay where they are.
class RunReader {
public:
    explicit RunReader(int64_t n_terms) : n_terms_(n_terms) {}

    const int32_t* codes(const Run& run, int64_t doc) {
        read(run, doc);
        return run.codes + run.indptr[doc];
    }

    const int32_t* ids(const Run& run, int64_t doc) {
        if (!run.has_ids) return codes(run, doc);
        if (read(run, doc)) {
            if (int64_t(ids_.size()) < last_ - first_) ids_.resize(size_t(last_ - first_));
            for (int64_t i = first_; i < last_; ++i) ids_[size_t(i - first_)] = run.ids[run.codes[i]];
        }
        return ids_.data() + (run.indptr[doc] - first_);
    }

private:
    static constexpr int64_t AHEAD = 1 << 10;  // codes

    // Whether the document's codes were not read yet.
    bool read(const Run& run, int64_t doc) {
        const int64_t first = run.indptr[doc], last = run.indptr[doc + 1];
        if (&run == run_ && first >= first_ && last <= last_) return false;
        run_ = &run;
        first_ = first;
        last_ = std::max(last, std::min(first + AHEAD, run.size()));
        Runs::check(run.codes + first_, last_ - first_, run.has_ids ? run.n_ids : n_terms_, run.has_ids ? 0 : -1);
        return true;
    }

    int64_t n_terms_;
    const Run* run_ = nullptr;
    int64_t first_ = 0, last_ = 0;  // of its codes that have been read
    std::vector<int32_t> ids_;      // for them
};

}  // namespace embedfn
