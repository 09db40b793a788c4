// Arrays of a fixed size, of any number of bytes; large ones as large_blocks.hpp has them.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "large_blocks.hpp"

namespace embedfn {

template <class T> class RawArray {
    static_assert(std::is_trivially_destructible_v<T> && std::is_trivially_copyable_v<T>);

public:
    RawArray() = default;
    // Values that may be anything.
    explicit RawArray(size_t size) : RawArray(size, false) {}

    RawArray(RawArray&& other) noexcept { *this = std::move(other); }
    RawArray& operator=(RawArray&& other) noexcept {
        std::swap(block_, other.block_);
        std::swap(values_, other.values_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~RawArray() {
        if (block_.memory) LargeBlocks::shared().give_back(block_);
        else std::free(values_);
    }

    // Frees what has been copied to a larger array: none will be as small again.
    void outgrown() {
        if (block_.memory) LargeBlocks::drop(std::exchange(block_, {}));
        else std::free(values_);
        values_ = nullptr;
        size_ = 0;
    }

    size_t size() const { return size_; }
    size_t bytes() const { return size_ * sizeof(T); }
    T& operator[](size_t i) { return values_[i]; }
    const T& operator[](size_t i) const { return values_[i]; }
    T* begin() { return values_; }
    T* end() { return values_ + size_; }
    const T* begin() const { return values_; }

protected:
    RawArray(size_t size, bool is_zeroed) : size_(size) {
        if (LargeBlocks::are_possible && bytes() >= LargeBlocks::LEAST) {
            block_ = LargeBlocks::shared().take(bytes(), 2 * bytes());
            values_ = static_cast<T*>(block_.memory);
            if (is_zeroed && !block_.is_clear) std::memset(block_.memory, 0, bytes());
        } else {
            values_ = static_cast<T*>(is_zeroed ? std::calloc(size + 1, sizeof(T)) : std::malloc((size + 1) * sizeof(T)));
            if (!values_) throw std::bad_alloc();
        }
    }

private:
    LargeBlock block_;
    T* values_ = nullptr;
    size_t size_ = 0;
};

// Values whose bits are all zero to begin with; the system's fresh memory is not written for that.
template <class T> class ZeroedArray : public RawArray<T> {
public:
    explicit ZeroedArray(size_t size) : RawArray<T>(size, true) {}
};

// For growing lists: the same memory.
template <class T> struct LargeAllocator {
    using value_type = T;

    LargeAllocator() = default;
    template <class U> LargeAllocator(const LargeAllocator<U>&) {}

    T* allocate(size_t n) {
        void* const memory = is_large(n) ? LargeBlocks::shared().take(n * sizeof(T)).memory : ::operator new(n * sizeof(T));
        return static_cast<T*>(memory);
    }
    void deallocate(T* values, size_t n) {
        if (is_large(n)) LargeBlocks::shared().give_back({values, LargeBlocks::size_of(n * sizeof(T)), false});
        else ::operator delete(values);
    }
    template <class U> bool operator==(const LargeAllocator<U>&) const { return true; }
    template <class U> bool operator!=(const LargeAllocator<U>&) const { return false; }

private:
    static bool is_large(size_t n) { return LargeBlocks::are_possible && n * sizeof(T) >= LargeBlocks::LEAST; }
};
template <class T> using LargeVector = std::vector<T, LargeAllocator<T>>;

}  // namespace embedfn
