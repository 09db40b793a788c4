// What threads have still to do of a row of pieces of work. Each begins with a share of its own, in order, and then takes over the
// last half of what whoever has most has left: with equal shares alone all would wait for the slowest core.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

namespace embedfn {

class Shares {
public:
    // Pieces in the order in which each thread does them.
    using Orders = std::vector<std::vector<int64_t>>;

    // Pieces of about equal work.
    Shares(int64_t n_pieces, int threads) : pieces_(size_t(threads)), done_(size_t(threads)) {
        for (int64_t i = 0; i < n_pieces; ++i) pieces_[size_t(i * threads / n_pieces)].push_back(i);
    }

    // As they were done another time: each thread does what it did then, whose outcome it may remember, and takes nothing over.
    explicit Shares(Orders orders) : pieces_(std::move(orders)), done_(pieces_.size()), is_settled_(true) {}

    // The next piece for a thread, or -1.
    int64_t take(int32_t thread) {
        const std::lock_guard<std::mutex> guard(lock_);
        auto& own = pieces_[size_t(thread)];
        if (done_[size_t(thread)] == own.size()) {
            if (is_settled_ || !take_over(own)) return -1;
        }
        return own[done_[size_t(thread)]++];
    }

    // What each thread took.
    const Orders& orders() const { return pieces_; }

private:
    // Another's last pieces become one's own; false if there are none left.
    bool take_over(std::vector<int64_t>& own) {
        size_t slowest = 0, most = 0;
        for (size_t i = 0; i < pieces_.size(); ++i) {
            const size_t left = pieces_[i].size() - done_[i];
            if (left > most) most = left, slowest = i;
        }
        if (!most) return false;
        auto& others = pieces_[slowest];
        const auto first = others.end() - ptrdiff_t(most + 1) / 2;
        own.insert(own.end(), first, others.end());
        others.erase(first, others.end());
        return true;
    }

    Orders pieces_;
    std::vector<size_t> done_;  // of them, by thread
    bool is_settled_ = false;
    std::mutex lock_;
};

}  // namespace embedfn
