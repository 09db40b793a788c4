// Threads that go through the steps of one piece of work together. Each takes parts of a step as long as there are any; the
// next step begins when all parts are done. One that comes late, or not at all because other programs have the processor,
// finds its share done by the others.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <system_error>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace embedfn {

class Team {
public:
    // One thread's way through the steps, which are the same for all.
    class Member {
    public:
        Member(Team& team, int number) : team_(team), number_(number) {}

        int number() const { return number_; }

        // Calls f(first, last) for parts of [0, count), and returns when this thread finds no more.
        template <class F> void step(int64_t count, F&& f) {
            if (team_.size_ == 1) {
                f(int64_t{0}, count);
                return;
            }
            const int64_t parts = std::min<int64_t>(count, PARTS * team_.size_), begin = begin_;
            begin_ += parts;
            turn_while([&] { return team_.done_.load(std::memory_order_acquire) < begin; });
            for (int64_t part; (part = take(begin + parts)) >= 0;) {
                f(count * (part - begin) / parts, count * (part - begin + 1) / parts);
                team_.done_.fetch_add(1, std::memory_order_acq_rel);
            }
        }

        // Returns when all steps so far are done.
        void wait() {
            turn_while([&] { return team_.done_.load(std::memory_order_acquire) < begin_; });
        }

    private:
        // The next part of all parts of all steps; negative when it lies behind `end`.
        int64_t take(int64_t end) {
            int64_t next = team_.taken_.load(std::memory_order_relaxed);
            while (next < end)
                if (team_.taken_.compare_exchange_weak(next, next + 1, std::memory_order_relaxed)) return next;
            return -1;
        }

        Team& team_;
        const int number_;
        int64_t begin_ = 0;  // parts of the steps before
    };

    explicit Team(int size) : size_(size) {}

    // Calls work(member) on up to `size` threads, this one among them; work must not throw.
    template <class Work> static void run(int size, Work&& work) {
        Team team(size);
        std::vector<std::thread> others;
        try {
            others.reserve(size_t(size));
            for (int number = 1; number < size; ++number)
                others.emplace_back([&, number] { work(Member(team, number)); });
        } catch (const std::system_error&) {
            // No more threads to be had: those that started and this one do all of it.
        }
        work(Member(team, 0));
        for (auto& other : others) other.join();
    }

    // Returns when the condition no longer holds. Steps take microseconds, so it turns before it yields.
    template <class Condition> static void turn_while(Condition&& condition) {
        for (int turns = 0; condition(); ++turns) {
            if (turns > 256) std::this_thread::yield();
#if defined(__x86_64__)
            else _mm_pause();
#endif
        }
    }

private:
    static constexpr int64_t PARTS = 4;  // of a step, for each member

    const int size_;
    alignas(64) std::atomic<int64_t> taken_{0};
    alignas(64) std::atomic<int64_t> done_{0};
};

}  // namespace embedfn
