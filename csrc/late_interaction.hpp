// Late interaction (Khattab and Zaharia 2020, arXiv 2004.12832): a document's score is the mean, over the query's vectors,
// of the greatest product with one of the document's. The products never leave the registers.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "encoder_kernels.hpp"
#include "parallel.hpp"

namespace embedfn {

// `query` has a column for each of the query's vectors; document d is the rows [0, indptr[d + 1] - indptr[d]) at
// documents[d], at least one.
inline void max_sim(const Linear& query, const EncoderKernels& kernels, const float* const* documents,
                    const int64_t* indptr, int64_t n_documents, int n_threads, float* scores) {
    // Small batches stay on the caller's thread: a thread is worth some million multiplications.
    constexpr int64_t MIN_PRODUCTS = 1 << 21;
    const int64_t products = indptr[n_documents] * query.inputs * query.panels() * PANEL;
    const int threads = int(std::max<int64_t>(1, std::min<int64_t>(n_threads, products / MIN_PRODUCTS)));
    const auto bounds = split_rows(indptr, n_documents, threads == 1 ? 1 : threads * 8);
    run_tasks(int64_t(bounds.size()) - 1, threads, [&](int64_t i) {
        alignas(64) std::array<float, PANEL> peaks;
        for (int64_t d = bounds[size_t(i)]; d < bounds[size_t(i) + 1]; ++d) {
            double sum = 0;
            for (int64_t panel = 0; panel < query.panels(); ++panel) {
                kernels.column_peaks(documents[d], indptr + d, 1, query, panel, peaks.data());
                const int64_t columns = std::min(PANEL, query.outputs - panel * PANEL);
                for (int64_t c = 0; c < columns; ++c) sum += double(peaks[size_t(c)]);
            }
            scores[d] = float(sum / double(query.outputs));
        }
    });
}

}  // namespace embedfn
