// SPDX-License-Identifier: Apache-2.0
// Asking for memory before it is needed, in a way that compilers do not undo.
#pragma once

#include <cstddef>

namespace topgun {

/// Starts to load the cache line at `address`, which need not be valid. Costs one instruction.
/// GCC drops calls of functions that do nothing but prefetch, because they have no effect that it
/// knows of. Such functions are therefore declared always_inline, as this one is.
[[gnu::always_inline]] inline void prefetch(const void* address) noexcept {
    __builtin_prefetch(address);
}

/// The same for the first and the last of `size` bytes, which may lie in two cache lines.
/// @pre size > 0.
[[gnu::always_inline]] inline void prefetch(const void* address, std::size_t size) noexcept {
    __builtin_prefetch(address);
    __builtin_prefetch(static_cast<const char*>(address) + size - 1);
}

}  // namespace topgun
