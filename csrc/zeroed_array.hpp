// Memory for large tables that are read at random. It comes zeroed from the system, so that it is not written twice, and in
// large pages: with small ones most reads of a table of many megabytes first miss the cache of page addresses.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>
#include <type_traits>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace embedfn {

// A fixed number of values, all bits zero to begin with.
template <class T> class ZeroedArray {
    static_assert(std::is_trivially_destructible_v<T> && std::is_trivially_copyable_v<T>);

public:
    explicit ZeroedArray(size_t size) : size_(size) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
        if (bytes() >= HUGE_PAGE) {
            // So much more that the values can begin with a large page.
            mapped_ = (bytes() + 2 * HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
            memory_ = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (memory_ == MAP_FAILED) throw std::bad_alloc();
            const size_t start = reinterpret_cast<size_t>(memory_);
            const size_t first = (start + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
            values_ = reinterpret_cast<T*>(first);
            madvise(values_, bytes(), MADV_HUGEPAGE);  // where it fails, all is as without
            return;
        }
#endif
        memory_ = std::calloc(size ? size : 1, sizeof(T));
        if (!memory_) throw std::bad_alloc();
        values_ = static_cast<T*>(memory_);
    }
    ZeroedArray(ZeroedArray&& other) noexcept
        : memory_(std::exchange(other.memory_, nullptr)), values_(std::exchange(other.values_, nullptr)),
          size_(std::exchange(other.size_, 0)), mapped_(std::exchange(other.mapped_, 0)) {}
    ZeroedArray& operator=(ZeroedArray&& other) noexcept {
        std::swap(memory_, other.memory_);
        std::swap(values_, other.values_);
        std::swap(size_, other.size_);
        std::swap(mapped_, other.mapped_);
        return *this;
    }
    ~ZeroedArray() {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
        if (mapped_) munmap(memory_, mapped_);
        else
#endif
            std::free(memory_);
    }

    size_t size() const { return size_; }
    size_t bytes() const { return size_ * sizeof(T); }
    T& operator[](size_t i) { return values_[i]; }
    const T& operator[](size_t i) const { return values_[i]; }
    T* begin() { return values_; }
    T* end() { return values_ + size_; }

private:
    static constexpr size_t HUGE_PAGE = size_t(1) << 21;

    void* memory_ = nullptr;
    T* values_ = nullptr;
    size_t size_ = 0;
    size_t mapped_ = 0;  // bytes, where the memory is the system's
};

}  // namespace embedfn
