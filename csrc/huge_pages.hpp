// An allocator for large tables that are read at random: it asks the system for large pages, without which most reads of
// a table of many megabytes first miss the cache of page addresses.
#pragma once

#include <cstddef>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace embedfn {

template <class T> struct HugePages {
    using value_type = T;
    static constexpr size_t PAGE = size_t(1) << 21;

    HugePages() = default;
    template <class U> HugePages(const HugePages<U>&) {}

    T* allocate(size_t n) {
        const size_t bytes = n * sizeof(T);
        if (bytes < PAGE) return static_cast<T*>(::operator new(bytes, std::align_val_t(alignof(T))));
        void* const memory = ::operator new(bytes, std::align_val_t(PAGE));
#if defined(__linux__) && defined(MADV_HUGEPAGE)
        madvise(memory, bytes, MADV_HUGEPAGE);  // where it fails, all is as without
#endif
        return static_cast<T*>(memory);
    }
    void deallocate(T* memory, size_t n) {
        if (n * sizeof(T) < PAGE) ::operator delete(memory, std::align_val_t(alignof(T)));
        else ::operator delete(memory, std::align_val_t(PAGE));
    }

    template <class U> bool operator==(const HugePages<U>&) const { return true; }
    template <class U> bool operator!=(const HugePages<U>&) const { return false; }
};

}  // namespace embedfn
