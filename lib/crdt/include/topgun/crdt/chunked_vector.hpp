// SPDX-License-Identifier: Apache-2.0
// A vector that never moves what it holds once it is large: growing a map by one record must not
// copy a million others.
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <vector>

#include "topgun/base/large_pages.hpp"

namespace topgun {

/// Dense sequence in chunks of 2^18 elements. The first chunk grows as a vector does, so that a
/// small map stays small; later ones are whole, and no growth moves what they or the first hold.
/// Threads: not synchronised.
template <typename T>
class ChunkedVector {
    static_assert(std::is_trivially_copyable_v<T>, "elements of the first chunk are moved");

public:
    T& operator[](std::size_t at) { return chunks_[at >> kShift][at & kMask]; }
    const T& operator[](std::size_t at) const { return chunks_[at >> kShift][at & kMask]; }
    const T& back() const { return chunks_.back().back(); }
    std::size_t size() const noexcept {
        return chunks_.empty() ? 0 : ((chunks_.size() - 1) << kShift) + chunks_.back().size();
    }

    void push_back(const T& value) {
        if (chunks_.empty() || chunks_.back().size() == kChunk) add_chunk();
        chunks_.back().push_back(value);
    }
    void pop_back() {
        chunks_.back().pop_back();
        if (chunks_.back().empty()) chunks_.pop_back();
    }
    /// Bytes that may be resident: what was never touched of the last chunk is not.
    std::size_t memory() const noexcept {
        if (chunks_.empty()) return 0;
        const auto touched = (chunks_.back().size() * sizeof(T) / kLargePage + 1) * kLargePage;
        return ((chunks_.size() - 1) * sizeof(T) << kShift) +
               std::min(chunks_.back().capacity() * sizeof(T), touched);
    }

    template <typename Visit>
    void for_each(Visit&& visit) {
        for (auto& chunk : chunks_) {
            for (auto& element : chunk) visit(element);
        }
    }
    template <typename Visit>
    void for_each(Visit&& visit) const {
        for (const auto& chunk : chunks_) {
            for (const auto& element : chunk) visit(element);
        }
    }

private:
    static constexpr std::size_t kShift = 18;
    static constexpr std::size_t kChunk = std::size_t{1} << kShift;
    static constexpr std::size_t kMask = kChunk - 1;

    void add_chunk() {
        chunks_.emplace_back();
        if (chunks_.size() > 1) chunks_.back().reserve(kChunk);
    }

    std::vector<std::vector<T, LargePageAllocator<T>>> chunks_;
};

}  // namespace topgun
