// SPDX-License-Identifier: Apache-2.0
#include "topgun/crdt/arena.hpp"

#include <algorithm>
#include <cstring>

namespace topgun {
namespace {
// Chunks grow with the arena, so that a small map stays small and a large one allocates rarely.
constexpr std::size_t kSmallestChunk = 1024;
constexpr std::size_t kLargestChunk = std::size_t{1} << 20;
}  // namespace

const char* Arena::copy(BytesView bytes) {
    if (bytes.empty()) return "";
    if (bytes.size() > left_) {
        const auto grown = std::clamp(reserved_ / 2, kSmallestChunk, kLargestChunk);
        const auto size = std::max(bytes.size(), grown);
        chunks_.push_back(std::make_unique_for_overwrite<char[]>(size));
        at_ = chunks_.back().get();
        left_ = size;
        reserved_ += size;
    }
    char* const to = at_;
    std::memcpy(to, bytes.data(), bytes.size());
    at_ += bytes.size();
    left_ -= bytes.size();
    used_ += bytes.size();
    return to;
}

}  // namespace topgun
