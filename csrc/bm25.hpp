// Documents as runs of term ids: document frequencies, counts as a canonical CSR matrix, and BM25's idf and
// weights. Arithmetic is float64 in the order of the reference; only the finished weight is rounded to float32.
// An id below 0 is a term that the vocabulary does not have.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <mutex>
#include <numeric>
#include <utility>
#include <vector>

#include "parallel.hpp"
#include "row_counter.hpp"

namespace embedfn {

// out[i] = values[places[i]]; false if a place lies beyond them.
inline bool pick(const int32_t* values, int64_t n_values, const int32_t* places, int64_t n, int n_threads, int32_t* out) {
    const int parts = useful_threads(n, n_threads);
    const auto last = uint32_t(std::min<int64_t>(n_values - 1, std::numeric_limits<int32_t>::max()));
    std::atomic<bool> is_inside{true};
    run_tasks(parts, parts, [&](int64_t part) {
        const int64_t end = n / parts * part + (part + 1 == parts ? n % parts + n / parts : n / parts);
        uint32_t beyond = 0;  // the highest bit is set by a place below 0 or above the last
        for (int64_t i = n / parts * part; i < end; ++i) beyond |= uint32_t(places[i]) | (last - uint32_t(places[i]));
        if (beyond >> 31) {
            is_inside = false;
            return;
        }
        for (int64_t i = n / parts * part; i < end; ++i) out[i] = values[places[i]];
    });
    return is_inside;
}

// df[t] += 1 for each document that holds term t. Each thread counts a run of documents into an array of its own.
inline void document_frequencies(const int32_t* term_ids, const int64_t* indptr, int64_t n_docs,
                                 int64_t n_terms, int n_threads, int64_t* df) {
    std::fill(df, df + n_terms, 0);
    const int threads = useful_threads(indptr[n_docs] - indptr[0], n_threads);
    const auto bounds = split_rows(indptr, n_docs, threads);
    std::mutex lock;
    run_tasks(threads, threads, [&](int64_t part) {
        struct Seen {
            uint32_t docs = 0, last = 0;  // documents with the term; the last of them, counted from 1
        };
        ZeroedArray<Seen> seen(static_cast<size_t>(n_terms));
        const auto hand_over = [&] {
            const std::lock_guard<std::mutex> guard(lock);
            for (int64_t id = 0; id < n_terms; ++id) df[id] += std::exchange(seen[size_t(id)], {}).docs;
        };
        uint32_t number = 0;
        for (int64_t doc = bounds[part]; doc < bounds[part + 1]; ++doc) {
            if (++number == 0) {
                hand_over();
                number = 1;
            }
            for (int64_t i = indptr[doc]; i < indptr[doc + 1]; ++i) {
                if (term_ids[i] < 0) continue;
                Seen& term = seen[size_t(term_ids[i])];
                term.docs += term.last != number;
                term.last = number;
            }
        }
        hand_over();
    });
}

// How many distinct known ids each document has, into row_starts[doc + 1].
inline void count_distinct(const int32_t* term_ids, const int64_t* indptr, int64_t n_docs, int64_t n_terms, int threads,
                           int64_t* row_starts) {
    const auto bounds = split_rows(indptr, n_docs, threads);
    run_tasks(threads, threads, [&](int64_t part) {
        ZeroedArray<int64_t> last(static_cast<size_t>(n_terms) + 1);  // the last document with the id, counted from 1
        for (int64_t doc = bounds[part]; doc < bounds[part + 1]; ++doc) {
            last[0] = doc + 1;  // of an id that is not known
            int64_t distinct = 0;
            for (int64_t i = indptr[doc]; i < indptr[doc + 1]; ++i)
                distinct += std::exchange(last[size_t(std::max(term_ids[i], -1) + 1)], doc + 1) != doc + 1;
            row_starts[doc + 1] = distinct;
        }
    });
}

// Each document's known ids, sorted and counted, as a canonical CSR matrix: `indices` and `tf` have room for every term,
// row_starts for n_docs + 1 values. finish(doc, tf, entries) may change a row's counts. Returns the number of entries.
// `in_registers` needs can_sort_rows().
template <class Finish>
int64_t count_rows(const int32_t* term_ids, const int64_t* indptr, int64_t n_docs, int n_threads, bool in_registers,
                   int64_t* row_starts, int32_t* indices, int32_t* tf, Finish&& finish) {
    const int64_t n_ids = indptr[n_docs] - indptr[0];
    int32_t max_id = -1;
    for (int64_t i = 0; i < n_ids; ++i) max_id = std::max(max_id, term_ids[i]);
    const int64_t n_terms = int64_t(max_id) + 1;
    // What many terms take in memory, for each thread, few ids are not worth.
    const int threads = RowCounter::is_worthwhile(n_terms, n_ids) ? useful_threads(n_ids + n_docs, n_threads) : 1;
    row_starts[0] = 0;
    // More threads than one must know beforehand where their rows go.
    if (threads > 1) {
        count_distinct(term_ids, indptr, n_docs, n_terms, threads, row_starts);
        std::partial_sum(row_starts, row_starts + n_docs + 1, row_starts);
    }
    const auto bounds = split_rows(indptr, n_docs, threads == 1 ? 1 : threads * 4);
    const auto parts = int64_t(bounds.size()) - 1;
    std::atomic<int64_t> next{0};
    run_tasks(threads, threads, [&](int64_t) {
        RowCounter counter(n_terms, n_ids, in_registers);
        for (int64_t part; (part = next.fetch_add(1)) < parts;) {
            int64_t entry = row_starts[bounds[part]];
            for (int64_t doc = bounds[part]; doc < bounds[part + 1]; ++doc) {
                const int64_t n = counter.count(term_ids + indptr[doc], indptr[doc + 1] - indptr[doc], indices + entry, tf + entry);
                finish(doc, tf + entry, n);
                entry += n;
                if (threads == 1) row_starts[doc + 1] = entry;
            }
        }
    });
    return row_starts[n_docs];
}

inline int64_t count_rows(const int32_t* term_ids, const int64_t* indptr, int64_t n_docs, int n_threads, bool in_registers,
                          int64_t* row_starts, int32_t* indices, int32_t* tf) {
    return count_rows(term_ids, indptr, n_docs, n_threads, in_registers, row_starts, indices, tf, [](int64_t, int32_t*, int64_t) {});
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
inline int64_t document_rows(const int32_t* term_ids, const int64_t* indptr, int64_t n_docs, int n_threads, bool in_registers,
                             double avgdl, double k1, double b, int64_t* row_starts, int32_t* indices, float* weights) {
    const auto weigh = [&](int64_t doc, int32_t* tf, int64_t n) {
        if (!n) return;  // avgdl may be 0 when all are empty
        constexpr int32_t OFTEN = 8;
        const DocumentWeights weight(k1, b, avgdl, indptr[doc + 1] - indptr[doc]);
        float known[OFTEN];
        for (int32_t i = 1; i < OFTEN; ++i) known[i] = weight(i);
        for (int64_t i = 0; i < n; ++i) {
            const float value = tf[i] < OFTEN ? known[tf[i]] : weight(tf[i]);
            std::memcpy(tf + i, &value, sizeof value);  // in the count's place
        }
    };
    return count_rows(term_ids, indptr, n_docs, n_threads, in_registers, row_starts, indices, reinterpret_cast<int32_t*>(weights), weigh);
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
