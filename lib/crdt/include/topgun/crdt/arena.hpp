// SPDX-License-Identifier: Apache-2.0
// Bump storage for keys and values: one allocation for megabytes instead of one per record.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "topgun/base/bytes.hpp"
#include "topgun/base/export.hpp"
#include "topgun/base/large_pages.hpp"

namespace topgun {

/// Owns copies of byte strings until destroyed or cleared. Addresses stay valid when it moves.
/// Threads: not synchronised.
class TOPGUN_API Arena {
public:
    Arena() = default;
    Arena(Arena&&) noexcept = default;
    Arena& operator=(Arena&&) noexcept = default;

    /// A stable copy of `bytes`. The empty string takes nothing.
    char* copy(BytesView bytes);
    /// Bytes handed out, and bytes reserved from the system.
    std::size_t used() const noexcept { return used_; }
    std::size_t reserved() const noexcept { return reserved_; }

private:
    void add_chunk(std::size_t at_least);

    struct Release {
        std::size_t size = 0;
        void operator()(char* chunk) const noexcept {
            LargePageAllocator<char>().deallocate(chunk, size);
        }
    };
    std::vector<std::unique_ptr<char[], Release>> chunks_;
    char* at_ = nullptr;
    std::size_t left_ = 0;
    std::size_t used_ = 0;
    std::size_t reserved_ = 0;
};

}  // namespace topgun
