// Pieces of an output of which each begins where the one before ends, made by several threads at once.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace embedfn {

class InOrder {
public:
    explicit InOrder(int64_t n_pieces) : ends_(size_t(n_pieces) + 1) {
        for (auto& end : ends_) end = UNKNOWN;
        ends_[0] = 0;
    }

    // Called by each thread: make(piece, end_before) for one piece after the other that no thread has taken. As soon as it knows the
    // piece's size, make calls end_before(size), which returns where the piece begins.
    template <class Make> void each(Make&& make) {
        try {
            for (int64_t piece; (piece = next_.fetch_add(1)) + 1 < int64_t(ends_.size());)
                make(piece, [&](int64_t size) {
                    int64_t start;
                    while ((start = ends_[size_t(piece)].load(std::memory_order_acquire)) == UNKNOWN) {
                        if (has_failed_) throw Failed();
                        std::this_thread::yield();
                    }
                    ends_[size_t(piece) + 1].store(start + size, std::memory_order_release);
                    return start;
                });
        } catch (const Failed&) {
            return;  // the other thread tells why
        } catch (...) {
            has_failed_ = true;  // no one must wait for this piece
            throw;
        }
    }

private:
    struct Failed {};
    static constexpr int64_t UNKNOWN = -1;
    std::vector<std::atomic<int64_t>> ends_;  // of the pieces before each
    std::atomic<int64_t> next_{0};
    std::atomic<bool> has_failed_{false};
};

}  // namespace embedfn
