// Large blocks of memory, straight from the system: in large pages, without which most reads of a table of many megabytes first
// miss the cache of page addresses. A few that were given back are kept for the next, as malloc does with smaller ones: clearing
// fresh pages takes the system longer than most uses take.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <vector>

#if defined(__linux__)
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
    static constexpr size_t PAGE = size_t(1) << 21;

#if defined(__linux__) && defined(MADV_HUGEPAGE)
    static constexpr bool are_possible = true;

    static LargeBlocks& shared() {
        static LargeBlocks* const blocks = new LargeBlocks;  // never destroyed: others may give back until the very end
        return *blocks;
    }

    // At least so many bytes, which begin with a large page.
    LargeBlock take(size_t bytes) {
        bytes = (bytes + PAGE - 1) / PAGE * PAGE;
        if (const LargeBlock kept = take_kept(bytes); kept.memory) return kept;
        void* const memory = mmap(nullptr, bytes + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw std::bad_alloc();
        char* const start = static_cast<char*>(memory);
        const size_t before = (PAGE - reinterpret_cast<uintptr_t>(memory) % PAGE) % PAGE;
        if (before) munmap(start, before);
        munmap(start + before + bytes, PAGE - before);
        madvise(start + before, bytes, MADV_HUGEPAGE);  // where it fails, all is as without
        return {start + before, bytes, true};
    }

    void give_back(const LargeBlock& block) {
        {
            const std::lock_guard<std::mutex> guard(lock_);
            if (kept_bytes_ + block.bytes <= MAX_KEPT) {
                kept_.push_back({block.memory, block.bytes, false});
                kept_bytes_ += block.bytes;
                return;
            }
        }
        munmap(block.memory, block.bytes);
    }

private:
    static constexpr size_t MAX_KEPT = size_t(1) << 25;

    // The smallest that is large enough and not more than twice as large.
    LargeBlock take_kept(size_t bytes) {
        const std::lock_guard<std::mutex> guard(lock_);
        size_t best = kept_.size();
        for (size_t i = 0; i < kept_.size(); ++i)
            if (kept_[i].bytes >= bytes && kept_[i].bytes <= 2 * bytes && (best == kept_.size() || kept_[i].bytes < kept_[best].bytes))
                best = i;
        if (best == kept_.size()) return {};
        const LargeBlock block = kept_[best];
        kept_.erase(kept_.begin() + ptrdiff_t(best));
        kept_bytes_ -= block.bytes;
        return block;
    }

    std::mutex lock_;
    std::vector<LargeBlock> kept_;
    size_t kept_bytes_ = 0;
#else
    static constexpr bool are_possible = false;

    static LargeBlocks& shared() { throw std::bad_alloc(); }
    LargeBlock take(size_t) { throw std::bad_alloc(); }
    void give_back(const LargeBlock&) {}
#endif
};

}  // namespace embedfn
