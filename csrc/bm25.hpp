// Documents as runs of term ids: document frequencies, counts as a canonical CSR matrix, and BM25's idf and
// weights. Arithmetic is float64 in the order of the reference; only the finished weight is rounded to float32.
// An id below 0 is a term that the vocabulary does not have.
#pragma once

#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "parallel.hpp"
#include "sort.hpp"

namespace embedfn {

// df[t] += 1 for each document that holds term t. Each thread counts a run of documents into an array of its own.
inline void document_frequencies(const int32_t* term_ids, const int64_t* indptr, int64_t n_docs,
                                 int64_t n_terms, int n_threads, int64_t* df) {
    const int threads = useful_threads(indptr[n_docs] - indptr[0], n_threads);
    const auto bounds = split_rows(indptr, n_docs, threads);
    std::vector<std::vector<int64_t>> partial(threads);
    run_tasks(threads, threads, [&](int64_t part) {
        partial[part].assign(size_t(n_terms), 0);
        std::vector<int64_t> last_seen(size_t(n_terms), -1);
        for (int64_t doc = bounds[part]; doc < bounds[part + 1]; ++doc)
            for (int64_t i = indptr[doc]; i < indptr[doc + 1]; ++i) {
                const int32_t id = term_ids[i];
                if (id < 0 || last_seen[id] == doc) continue;
                last_seen[id] = doc;
                ++partial[part][id];
            }
    });
    std::fill(df, df + n_terms, 0);
    for (const auto& counts : partial)
        for (int64_t id = 0; id < n_terms; ++id) df[id] += counts[id];
}

// Counting, first pass: each document's known ids sorted into `sorted` (as long as term_ids, same rows), and
// the start of each row of the result in row_starts (n_docs + 1 values). Returns the number of entries.
inline int64_t sort_and_count(const int32_t* term_ids, const int64_t* indptr, int64_t n_docs,
                              int n_threads, int32_t* sorted, int64_t* row_starts) {
    parallel_rows(indptr, n_docs, n_threads, [&](int64_t first, int64_t last) {
        RowSorter().sort(term_ids, indptr, first, last, sorted);
        for (int64_t doc = first; doc < last; ++doc) {
            int64_t distinct = 0;
            int32_t previous = -1;
            for (int64_t i = indptr[doc]; i < indptr[doc + 1]; ++i) {
                distinct += sorted[i] != previous && sorted[i] >= 0;
                previous = sorted[i];
            }
            row_starts[doc + 1] = distinct;
        }
    });
    row_starts[0] = 0;
    std::partial_sum(row_starts, row_starts + n_docs + 1, row_starts);
    return row_starts[n_docs];
}

// Counting, second pass: runs of equal ids written to their final place.
inline void write_counts(const int32_t* sorted, const int64_t* indptr, int64_t n_docs, int n_threads,
                         const int64_t* row_starts, int32_t* indices, int32_t* tf) {
    parallel_rows(indptr, n_docs, n_threads, [&](int64_t first, int64_t last) {
        for (int64_t doc = first; doc < last; ++doc) {
            int64_t entry = row_starts[doc] - 1;
            int32_t previous = -1;
            for (int64_t i = indptr[doc]; i < indptr[doc + 1] && sorted[i] >= 0; ++i) {
                if (sorted[i] != previous) {
                    previous = indices[++entry] = sorted[i];
                    tf[entry] = 0;
                }
                ++tf[entry];
            }
        }
    });
}

// Writes idf and returns its average; see okapi_idf in _py.py. One logarithm pair per distinct df would do:
// logarithms are a small part, and a plain loop keeps the reference's order of additions.
inline double okapi_idf(const int64_t* df, int64_t n_terms, int64_t n_docs, double epsilon, double* idf) {
    double total = 0;
    for (int64_t id = 0; id < n_terms; ++id) {
        idf[id] = std::log(double(n_docs - df[id]) + 0.5) - std::log(double(df[id]) + 0.5);
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
    for (int64_t id = 0; id < n_terms; ++id)
        idf[id] = std::log(1 + (double(n_docs - df[id]) + 0.5) / (double(df[id]) + 0.5));
}

inline void bm25_document_weights(const int64_t* indptr, int64_t n_docs, const int32_t* tf,
                                  const int64_t* doc_len, double avgdl, double k1, double b,
                                  int n_threads, float* weights) {
    parallel_rows(indptr, n_docs, n_threads, [&](int64_t first, int64_t last) {
        for (int64_t doc = first; doc < last; ++doc) {
            const double norm = k1 * (1 - b + b * double(doc_len[doc]) / avgdl);
            for (int64_t i = indptr[doc]; i < indptr[doc + 1]; ++i)
                weights[i] = float(double(tf[i]) * (k1 + 1) / (double(tf[i]) + norm));
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
