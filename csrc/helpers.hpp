// Threads that wait for work. Starting one for each piece of work takes 50 us, and waking one that sleeps up to milliseconds where
// the processor has gone to sleep, too: those that have just worked look out for more for a while before they sleep.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace embedfn {

class Helpers {
public:
    // Where a process has its helpers; extension modules, each with variables of its own, share one.
    struct Place {
        std::atomic<Helpers*> helpers;
    };

    static Place* place() {
        Place* const given = shared_place().load(std::memory_order_acquire);
        return given ? given : own_place();
    }
    static void use(Place* place) { shared_place().store(place, std::memory_order_release); }
    static Helpers& shared() { return *place()->helpers.load(std::memory_order_acquire); }

    // Calls work() here and at the same time on up to `most` helpers, as far as there are any; returns when all calls that have begun
    // have ended. work must not throw.
    template <class Work> void run(int most, const Work& work) {
        Job job;
        job.call = [](const void* work) { (*static_cast<const Work*>(work))(); };
        job.work = &work;
        job.wanted = most;
        open(job);
        work();
        close(job);
    }

private:
    struct Job {
        void (*call)(const void*) = nullptr;
        const void* work = nullptr;
        int wanted = 0;              // helpers that may still begin
        std::atomic<int> active{0};  // that have begun and not ended
    };
    static constexpr int MOST = 255;
    static constexpr std::chrono::milliseconds LOOK_OUT{2};

    static std::atomic<Place*>& shared_place() {
        static std::atomic<Place*> place{nullptr};
        return place;
    }

    // Never destroyed: threads may look out until the very end.
    static Place* own_place() {
        static Place* const own = [] {
            Place* const place = new Place{{new Helpers}};
#if defined(__unix__) || defined(__APPLE__)
            // A forked child has none of the threads.
            pthread_atfork([] { shared().lock_.lock(); }, [] { shared().lock_.unlock(); },
                           [] { Helpers::place()->helpers.store(new Helpers); });
#endif
            return place;
        }();
        return own;
    }

    void open(Job& job) {
        const std::lock_guard<std::mutex> guard(lock_);
        jobs_.push_back(&job);
        int wanted = 0;
        for (const Job* each : jobs_) wanted += each->wanted;
        try {
            for (; n_threads_ - n_busy_ < wanted && n_threads_ < MOST; ++n_threads_) std::thread([this] { serve(); }).detach();
        } catch (const std::exception&) {
            // No more threads to be had: those that there are and this one do all of it.
        }
        opened_.fetch_add(1, std::memory_order_release);
        if (n_sleeping_) wake_.notify_all();
    }

    void close(Job& job) {
        {
            const std::lock_guard<std::mutex> guard(lock_);
            jobs_.erase(std::find(jobs_.begin(), jobs_.end(), &job));
        }
        if (turn_until([&] { return !job.active.load(std::memory_order_acquire); })) return;
        std::unique_lock<std::mutex> guard(lock_);
        ended_.wait(guard, [&] { return !job.active.load(std::memory_order_acquire); });
    }

    // A job that wants a helper; null if none does.
    Job* take() {
        const std::lock_guard<std::mutex> guard(lock_);
        const auto job = std::find_if(jobs_.begin(), jobs_.end(), [](const Job* each) { return each->wanted; });
        if (job == jobs_.end()) return nullptr;
        --(*job)->wanted;
        (*job)->active.fetch_add(1, std::memory_order_relaxed);
        ++n_busy_;
        return *job;
    }

    void serve() {
        for (;;) {
            const uint64_t seen = opened_.load(std::memory_order_acquire);
            if (Job* const job = take()) {
                job->call(job->work);
                const std::lock_guard<std::mutex> guard(lock_);
                --n_busy_;
                // The last that is done with the job, which is gone as soon as its caller sees that.
                if (job->active.fetch_sub(1, std::memory_order_release) == 1) ended_.notify_all();
                continue;
            }
            const auto is_new = [&] { return opened_.load(std::memory_order_acquire) != seen; };
            if (turn_until(is_new)) continue;
            std::unique_lock<std::mutex> guard(lock_);
            ++n_sleeping_;
            wake_.wait(guard, is_new);
            --n_sleeping_;
        }
    }

    // Looks out for a while, leaving the processor to others that want it; whether the condition holds.
    template <class Condition> static bool turn_until(Condition&& condition) {
        const auto end = std::chrono::steady_clock::now() + LOOK_OUT;
        for (;;) {
            for (int turns = 0; turns < 64; ++turns) {
                if (condition()) return true;
#if defined(__x86_64__)
                _mm_pause();
#endif
            }
            if (std::chrono::steady_clock::now() > end) return false;
            std::this_thread::yield();
        }
    }

    std::mutex lock_;
    std::condition_variable wake_, ended_;
    std::vector<Job*> jobs_;
    int n_threads_ = 0, n_busy_ = 0, n_sleeping_ = 0;
    std::atomic<uint64_t> opened_{0};  // jobs so far
};

}  // namespace embedfn
