// SPDX-License-Identifier: Apache-2.0
// Memory for tables of many megabytes: with pages of 2 MiB, random access misses the address
// translation far less often, and first use takes one fault where small pages take 512.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

#include "topgun/base/export.hpp"

namespace topgun {

/// Size and alignment of a large page on the machines we know; elsewhere a hint that does no harm.
inline constexpr std::size_t kLargePage = std::size_t{2} << 20;

/// Memory aligned to kLargePage, its size rounded up to a multiple of it, for which the system is
/// asked to use large pages. Pages that were never touched take no memory. Never null; throws
/// std::bad_alloc. Give it back with free_large_pages(). Threads: any.
TOPGUN_API void* allocate_large_pages(std::size_t bytes);
TOPGUN_API void free_large_pages(void* memory) noexcept;

/// Allocator for std::vector: what is smaller than a large page comes from operator new.
template <typename T>
struct LargePageAllocator {
    using value_type = T;

    LargePageAllocator() = default;
    template <typename U>
    LargePageAllocator(const LargePageAllocator<U>&) noexcept {}

    T* allocate(std::size_t count) {
        if (!is_large(count)) return std::allocator<T>().allocate(count);
        if (count > static_cast<std::size_t>(-1) / 2 / sizeof(T)) throw std::bad_array_new_length();
        return static_cast<T*>(allocate_large_pages(count * sizeof(T)));
    }
    void deallocate(T* memory, std::size_t count) noexcept {
        if (is_large(count)) return free_large_pages(memory);
        std::allocator<T>().deallocate(memory, count);
    }
    bool operator==(const LargePageAllocator&) const noexcept { return true; }

private:
    static bool is_large(std::size_t count) noexcept { return count >= kLargePage / sizeof(T); }
};

}  // namespace topgun
