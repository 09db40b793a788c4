// Rows shared out among native threads. Each row is handled by one thread, so results do not depend on
// how many there are. Small work runs on the caller's thread; the first exception is rethrown there.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <vector>

#include "helpers.hpp"

namespace embedfn {

// Waking a helper and waiting for it takes some microseconds to 50: below this many units a thread, it does not pay.
constexpr int64_t MIN_WORK_PER_THREAD = 1 << 14;

// The first row at which the work before it reaches `target`; a row weighs its entries and one more.
inline int64_t row_at_work(const int64_t* indptr, int64_t n_rows, int64_t target) {
    int64_t low = 0, high = n_rows;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (indptr[middle] - indptr[0] + middle < target) low = middle + 1;
        else high = middle;
    }
    return low;
}

// Boundaries of `parts` runs of rows of about equal work; parts + 1 values from 0 to n_rows.
inline std::vector<int64_t> split_rows(const int64_t* indptr, int64_t n_rows, int64_t parts) {
    const int64_t work = indptr[n_rows] - indptr[0] + n_rows;
    std::vector<int64_t> bounds(parts + 1, n_rows);
    bounds[0] = 0;
    for (int64_t i = 1; i < parts; ++i)
        bounds[i] = row_at_work(indptr, n_rows, work / parts * i);
    return bounds;
}

inline int useful_threads(int64_t work, int n_threads) {
    return int(std::max<int64_t>(1, std::min<int64_t>(n_threads, work / MIN_WORK_PER_THREAD)));
}

// Calls task(0), …, task(n_tasks - 1), each once, on up to n_threads threads.
template <class Task> void run_tasks(int64_t n_tasks, int n_threads, Task&& task) {
    if (n_threads <= 1 || n_tasks <= 1) {
        for (int64_t i = 0; i < n_tasks; ++i) task(i);
        return;
    }
    std::atomic<int64_t> next{0};
    std::exception_ptr first_error;
    std::mutex error_lock;
    const auto work = [&] {
        try {
            for (int64_t i; (i = next.fetch_add(1)) < n_tasks;) task(i);
        } catch (...) {
            next = n_tasks;
            const std::lock_guard<std::mutex> guard(error_lock);
            if (!first_error) first_error = std::current_exception();
        }
    };
    Helpers::shared().run(int(std::min<int64_t>(n_threads, n_tasks)) - 1, work);
    if (first_error) std::rethrow_exception(first_error);
}

// Calls f(first_row, last_row) for runs of rows that together cover [0, n_rows).
template <class F> void parallel_rows(const int64_t* indptr, int64_t n_rows, int n_threads, F&& f) {
    const int threads = useful_threads(indptr[n_rows] - indptr[0] + n_rows, n_threads);
    const auto bounds = split_rows(indptr, n_rows, threads == 1 ? 1 : threads * 8);
    run_tasks(int64_t(bounds.size()) - 1, threads,
              [&](int64_t i) { f(bounds[i], bounds[i + 1]); });
}

}  // namespace embedfn
