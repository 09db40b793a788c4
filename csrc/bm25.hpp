// Documents as runs of term ids: counts as a canonical CSR matrix, and BM25's idf and weights. Arithmetic is float64 in the order of the reference; only the finished weight is rounded to float32.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "in_order.hpp"
#include "row_counter.hpp"
#include "runs.hpp"

namespace embedfn {

// Each document's known ids, sorted and counted, as a canonical CSR matrix: `indices` and `tf` have room for every term,
// row_starts for n_docs + 1 values. finish(doc_len, tf, entries) may change a row's counts. Returns the number of entries.
// `in_registers` needs can_sort_rows().
template <class Finish>
int64_t count_rows(const Runs& runs, int n_threads, bool in_registers, int64_t* row_starts, int32_t* indices, int32_t* tf,
                   Finish&& finish) {
    runs.check_ids();
    // What many terms take in memory, for each thread, few ids are not worth.
    const int64_t work = runs.size() + runs.n_docs();
    const int threads = RowCounter::is_worthwhile(runs.n_terms(), runs.size()) ? useful_threads(work, n_threads) : 1;
    row_starts[0] = 0;
    // Writes the rows first to last; the first one's entries go to entry 0.
    const auto write = [&](int64_t first, int64_t last, RowCounter& counter, RunReader& reader, int32_t* to_indices, int32_t* to_tf) {
        int64_t entry = 0;
        runs.each(first, last, [&](const Run& run, int64_t from, int64_t to, int64_t row) {
            for (int64_t doc = from; doc < to; ++doc, ++row) {
                const int64_t doc_len = run.indptr[doc + 1] - run.indptr[doc];
                const int64_t n = counter.count(reader.ids(run, doc), doc_len, to_indices + entry, to_tf + entry);
                finish(doc_len, to_tf + entry, n);
                row_starts[row + 1] = entry += n;
            }
        });
        return entry;
    };
    if (threads == 1) {
        RowCounter counter(runs.n_terms(), runs.size(), in_registers);
        RunReader reader(runs.n_terms());
        return write(0, runs.n_docs(), counter, reader, indices, tf);
    }
    // Threads take the next chunk of rows each, write it apart, where it stays in a core's cache, and copy it as soon as the chunk
    // before has told where it ends.
    constexpr int64_t CHUNK = 1 << 14;
    const auto bounds = runs.split(work / CHUNK + 1);
    InOrder ends(int64_t(bounds.size()) - 1);
    run_tasks(threads, threads, [&](int64_t) {
        RowCounter counter(runs.n_terms(), runs.size(), in_registers);
        RunReader reader(runs.n_terms());
        std::unique_ptr<RawArray<int32_t>> room;
        ends.each([&](int64_t chunk, auto&& end_before) {
            const int64_t first = bounds[size_t(chunk)], last = bounds[size_t(chunk) + 1];
            const size_t most = size_t(runs.size(first, last));
            if (!room || room->size() < 2 * most) room = std::make_unique<RawArray<int32_t>>(2 * most);
            int32_t* const apart = room->begin();
            const int64_t n = write(first, last, counter, reader, apart, apart + most);
            const int64_t start = end_before(n);
            std::copy_n(apart, n, indices + start);
            std::copy_n(apart + most, n, tf + start);
            for (int64_t row = first; row < last; ++row) row_starts[row + 1] += start;
        });
    });
    return row_starts[runs.n_docs()];
}

inline int64_t count_rows(const Runs& runs, int n_threads, bool in_registers, int64_t* row_starts, int32_t* indices, int32_t* tf) {
    return count_rows(runs, n_threads, in_registers, row_starts, indices, tf, [](int64_t, int32_t*, int64_t) {});
}

// A document's weights, by how often it has a term.
class DocumentWeights {
public:
    DocumentWeights(double k1, double b, double avgdl, int64_t doc_len) : most_(k1 + 1), norm_(k1 * (1 - b + b * double(doc_len) / avgdl)) {}
    float operator()(int32_t tf) const { return float(double(tf) * most_ / (double(tf) + norm_)); }

private:
    double most_, norm_;
};

// Counted and weighed at once, document by document.
inline int64_t document_rows(const Runs& runs, int n_threads, bool in_registers, double avgdl, double k1, double b, int64_t* row_starts,
                             int32_t* indices, float* weights) {
    const auto weigh = [&](int64_t doc_len, int32_t* tf, int64_t n) {
        if (!n) return;  // avgdl may be 0 when all are empty
        constexpr int32_t OFTEN = 8;
        const DocumentWeights weight(k1, b, avgdl, doc_len);
        float known[OFTEN];
        for (int32_t i = 1; i < OFTEN; ++i) known[i] = weight(i);
        for (int64_t i = 0; i < n; ++i) {
            const float value = tf[i] < OFTEN ? known[tf[i]] : weight(tf[i]);
            std::memcpy(tf + i, &value, sizeof value);  // in the count's place
        }
    };
    return count_rows(runs, n_threads, in_registers, row_starts, indices, reinterpret_cast<int32_t*>(weights), weigh);
}

// What follows from a document frequency. Of many terms most are in few documents: for those it is worked out once.
template <class Formula> class ByFrequency {
public:
    ByFrequency(int64_t n_terms, int64_t n_docs, Formula formula) : formula_(formula) {
        for (int64_t df = 0; df < std::min({n_terms / 16, n_docs, MOST}); ++df) known_.push_back(formula(df));
    }
    double operator()(int64_t df) const { return uint64_t(df) < known_.size() ? known_[size_t(df)] : formula_(df); }

private:
    static constexpr int64_t MOST = 256;
    Formula formula_;
    std::vector<double> known_;
};

// Writes idf and returns its average, added up in the reference's order; see okapi_idf in _py.py.
inline double okapi_idf(const int64_t* df, int64_t n_terms, int64_t n_docs, double epsilon, double* idf) {
    const ByFrequency idf_of(n_terms, n_docs, [&](int64_t n) { return std::log(double(n_docs - n) + 0.5) - std::log(double(n) + 0.5); });
    double total = 0;
    for (int64_t id = 0; id < n_terms; ++id) {
        idf[id] = idf_of(df[id]);
        total += idf[id];
    }
    const double average = n_terms ? total / double(n_terms) : 0;
    const double floor = epsilon * average;
    for (int64_t id = 0; id < n_terms; ++id)
        if (idf[id] < 0) idf[id] = floor;
    return average;
}

// Writes idf; see lucene_idf in _py.py.
inline void lucene_idf(const int64_t* df, int64_t n_terms, int64_t n_docs, double* idf) {
    const ByFrequency idf_of(n_terms, n_docs, [&](int64_t n) { return std::log(1 + (double(n_docs - n) + 0.5) / (double(n) + 0.5)); });
    for (int64_t id = 0; id < n_terms; ++id) idf[id] = idf_of(df[id]);
}

inline void bm25_document_weights(const int64_t* indptr, int64_t n_docs, const int32_t* tf,
                                  const int64_t* doc_len, double avgdl, double k1, double b,
                                  int n_threads, float* weights) {
    parallel_rows(indptr, n_docs, n_threads, [&](int64_t first, int64_t last) {
        for (int64_t doc = first; doc < last; ++doc) {
            const DocumentWeights weight(k1, b, avgdl, doc_len[doc]);
            for (int64_t i = indptr[doc]; i < indptr[doc + 1]; ++i) weights[i] = weight(tf[i]);
        }
    });
}

inline void bm25_query_weights(const int32_t* indices, const int32_t* tf, int64_t nnz, const double* idf,
                               float* weights) {
    for (int64_t i = 0; i < nnz; ++i) {
        double weight = 0;
        for (int32_t n = 0; n < tf[i]; ++n) weight += idf[indices[i]];
        weights[i] = float(weight);
    }
}

}  // namespace embedfn
