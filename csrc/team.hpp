// Threads that go through the steps of one piece of work together: each takes its share of a step, then waits for the
// others.
#pragma once

#include <atomic>
#include <cstdint>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace embedfn {

class Team {
public:
    int size() const { return size_; }

    // The member's share of `count` things: [first, second).
    std::pair<int64_t, int64_t> share(int member, int64_t count) const {
        return {count * member / size_, count * (member + 1) / size_};
    }

    // Returns when every member has called it. Steps take microseconds, so it turns before it yields.
    void wait() {
        if (size_ == 1) return;
        const int64_t step = step_.load(std::memory_order_relaxed);
        if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == size_) {
            arrived_.store(0, std::memory_order_relaxed);
            step_.store(step + 1, std::memory_order_release);
            return;
        }
        turn_while([&] { return step_.load(std::memory_order_acquire) == step; });
    }

    // Calls work(team, member) on up to `wanted` threads, this one among them; work must not throw.
    template <class Work> static void run(int wanted, Work&& work) {
        Team team;
        std::atomic<bool> ready{false};
        std::vector<std::thread> others;
        try {
            others.reserve(size_t(wanted));
            for (int member = 1; member < wanted; ++member)
                others.emplace_back([&, member] {
                    turn_while([&] { return !ready.load(std::memory_order_acquire); });
                    work(team, member);
                });
        } catch (const std::system_error&) {
            // No more threads to be had: those that started and this one are the team.
        }
        team.size_ = int(others.size()) + 1;
        ready.store(true, std::memory_order_release);
        work(team, 0);
        for (auto& other : others) other.join();
    }

private:
    template <class Condition> static void turn_while(Condition&& condition) {
        for (int turns = 0; condition(); ++turns) {
            if (turns > 256) std::this_thread::yield();
#if defined(__x86_64__)
            else _mm_pause();
#endif
        }
    }

    int size_ = 1;
    std::atomic<int> arrived_{0};
    std::atomic<int64_t> step_{0};
};

}  // namespace embedfn
