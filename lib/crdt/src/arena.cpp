// SPDX-License-Identifier: Apache-2.0
#include "topgun/crdt/arena.hpp"

#include <algorithm>
#include <cstring>

namespace topgun {
namespace {
// Chunks grow with the arena, so that a small map stays small and a large one allocates rarely.
constexpr std::size_t kSmallestChunk = 1024;
constexpr std::size_t kLargestChunk = kLargePage;
}  // namespace

void Arena::add_chunk(std::size_t at_least) {
    auto size = std::clamp(reserved_ / 2, kSmallestChunk, kLargestChunk);
    // Large pages come whole.
    if (size > kLargePage) size -= size % kLargePage;
    size = std::max(size, at_least);
    at_ = LargePageAllocator<char>().allocate(size);
    chunks_.emplace_back(at_, Release{size});
    left_ = size;
    reserved_ += size;
}

char* Arena::copy(BytesView bytes) {
    static char nothing;
    if (bytes.empty()) return &nothing;
    if (bytes.size() > left_) {
        add_chunk(bytes.size());
    }
    char* const to = at_;
    std::memcpy(to, bytes.data(), bytes.size());
    at_ += bytes.size();
    left_ -= bytes.size();
    used_ += bytes.size();
    return to;
}

}  // namespace topgun
