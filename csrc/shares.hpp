// What threads have still to do of a row of pieces of work. Each begins with a share of its own, in order, and then takes over the
// last piece of whoever has most left: with equal shares alone all would wait for the slowest core.
#pragma once

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <vector>

namespace embedfn {

class Shares {
public:
    // Pieces of about equal work.
    Shares(int64_t n_pieces, int threads) : owners_(size_t(n_pieces)), left_(size_t(threads)) {
        for (int64_t i = 0; i < n_pieces; ++i) owners_[size_t(i)] = int32_t(i * threads / n_pieces);
        deal_out();
    }

    // As they were done another time: each thread does what it did then, whose outcome it may remember, and takes nothing over.
    Shares(std::vector<int32_t> owners, int threads) : owners_(std::move(owners)), left_(size_t(threads)), is_settled_(true) {
        deal_out();
    }

    // The next piece for a thread, or -1.
    int64_t take(int32_t thread) {
        const std::lock_guard<std::mutex> guard(lock_);
        auto& own = left_[size_t(thread)];
        if (own.first < own.pieces.size()) return own.pieces[own.first++];
        if (is_settled_) return -1;
        const auto most = std::max_element(left_.begin(), left_.end(), [](const Left& a, const Left& b) { return a.size() < b.size(); });
        if (!most->size()) return -1;
        const int64_t piece = most->pieces.back();
        most->pieces.pop_back();
        owners_[size_t(piece)] = thread;
        return piece;
    }

    // Which thread took each piece.
    const std::vector<int32_t>& owners() const { return owners_; }

private:
    struct Left {
        std::vector<int64_t> pieces;
        size_t first = 0;
        size_t size() const { return pieces.size() - first; }
    };

    void deal_out() {
        for (size_t i = 0; i < owners_.size(); ++i) left_[size_t(owners_[i])].pieces.push_back(int64_t(i));
    }

    std::vector<int32_t> owners_;
    std::vector<Left> left_;
    bool is_settled_ = false;
    std::mutex lock_;
};

}  // namespace embedfn
