// Large blocks of memory, straight from the system: those of megabytes in large pages, without which most reads of a table first
// miss the cache of page addresses. Some that were given back are kept for the next, as malloc does with smaller ones: clearing
// fresh pages takes the system longer than most uses take.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <new>

#if defined(__linux__)
#include <pthread.h>
#include <sys/mman.h>
#endif

namespace embedfn {

struct LargeBlock {
    void* memory = nullptr;
    size_t bytes = 0;
    bool is_clear = false;
};

class LargeBlocks {
public:
    static constexpr size_t PAGE = size_t(1) << 21, LEAST = size_t(1) << 17;

#if defined(__linux__) && defined(MADV_HUGEPAGE)
    static constexpr bool are_possible = true;

    static LargeBlocks& shared() {
        static LargeBlocks* const blocks = [] {
            // A child that is forked while another thread has the lock would wait for it forever.
            pthread_atfork([] { shared().lock_.lock(); }, [] { shared().lock_.unlock(); }, [] { shared().lock_.unlock(); });
            return new LargeBlocks;  // never destroyed: others may give back until the very end
        }();
        return *blocks;
    }

    // How many are taken for at least so many bytes.
    static size_t size_of(size_t bytes) {
        const size_t step = bytes < PAGE ? LEAST : PAGE;
        return (bytes + step - 1) / step * step;
    }

    // At least so many bytes, LEAST or more, and at most `most` where those are more; of PAGE or more they begin with a large page.
    LargeBlock take(size_t bytes, size_t most = 0) {
        bytes = size_of(bytes);
        if (const LargeBlock kept = take_kept(bytes, std::max(bytes, most)); kept.memory) return kept;
        const bool is_paged = bytes >= PAGE;
        void* const memory = mmap(nullptr, is_paged ? bytes + PAGE : bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw std::bad_alloc();
        if (!is_paged) return {memory, bytes, true};
        char* const start = static_cast<char*>(memory);
        const size_t before = (PAGE - reinterpret_cast<uintptr_t>(memory) % PAGE) % PAGE;
        if (before) munmap(start, before);
        munmap(start + before + bytes, PAGE - before);
        madvise(start + before, bytes, MADV_HUGEPAGE);  // where it fails, all is as without
        return {start + before, bytes, true};
    }

    // Of no use any more, as what a table that has grown leaves.
    static void drop(const LargeBlock& block) { munmap(block.memory, block.bytes); }

    // Where too much would be kept, what has been longest goes back to the system.
    void give_back(const LargeBlock& block) {
        if (block.bytes > MAX_KEPT) return drop(block);
        const std::lock_guard<std::mutex> guard(lock_);
        kept_.push_back({block.memory, block.bytes, false});
        kept_bytes_ += block.bytes;
        while (kept_bytes_ > MAX_KEPT) {
            drop(kept_.front());
            kept_bytes_ -= kept_.front().bytes;
            kept_.pop_front();
        }
    }

private:
    static constexpr size_t MAX_KEPT = size_t(1) << 27;

    // The smallest that is large enough.
    LargeBlock take_kept(size_t bytes, size_t most) {
        const std::lock_guard<std::mutex> guard(lock_);
        size_t best = kept_.size();
        for (size_t i = 0; i < kept_.size(); ++i)
            if (kept_[i].bytes >= bytes && kept_[i].bytes <= most && (best == kept_.size() || kept_[i].bytes < kept_[best].bytes))
                best = i;
        if (best == kept_.size()) return {};
        const LargeBlock block = kept_[best];
        kept_.erase(kept_.begin() + ptrdiff_t(best));
        kept_bytes_ -= block.bytes;
        return block;
    }

    std::mutex lock_;
    std::deque<LargeBlock> kept_;
    size_t kept_bytes_ = 0;
#else
    static constexpr bool are_possible = false;
    static constexpr size_t LEAST = size_t(1) << 17;

    static size_t size_of(size_t bytes) { return bytes; }
    static LargeBlocks& shared() { throw std::bad_alloc(); }
    LargeBlock take(size_t, size_t = 0) { throw std::bad_alloc(); }
    static void drop(const LargeBlock&) {}
    void give_back(const LargeBlock&) {}
#endif
};

}  // namespace embedfn
