// SPDX-License-Identifier: Apache-2.0
#include "topgun/base/large_pages.hpp"

#include <sys/mman.h>

#include <cstdlib>

namespace topgun {

void* allocate_large_pages(std::size_t bytes) {
    const auto rounded = (bytes + kLargePage - 1) / kLargePage * kLargePage;
    if (rounded < bytes) throw std::bad_alloc();
    void* const memory = std::aligned_alloc(kLargePage, rounded == 0 ? kLargePage : rounded);
    if (memory == nullptr) throw std::bad_alloc();
    // A wish: where the system refuses it, pages are small and everything still works.
    (void)madvise(memory, rounded, MADV_HUGEPAGE);
    return memory;
}

void free_large_pages(void* memory) noexcept {
    std::free(memory);
}

}  // namespace topgun
