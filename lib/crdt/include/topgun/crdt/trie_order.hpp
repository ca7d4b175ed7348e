// SPDX-License-Identifier: Apache-2.0
// Sorting by key hash and key: the order of the trie, of snapshots, and of every walk.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace topgun {

/// Positions 0..count-1 ordered by hash(position), ties by key(position).
/// Least-significant-digit radix sort in three passes of eleven bits; O(count).
template <typename HashOf, typename KeyOf>
std::vector<std::uint32_t> trie_order(std::size_t count, HashOf&& hash, KeyOf&& key) {
    using Item = std::pair<std::uint32_t, std::uint32_t>;  // hash, position
    std::vector<Item> from(count), to(count);
    for (std::uint32_t i = 0; i < count; ++i) from[i] = {hash(i), i};
    constexpr unsigned kBits = 11;
    constexpr std::uint32_t kMask = (1u << kBits) - 1;
    for (unsigned shift = 0; shift < 32; shift += kBits) {
        std::vector<std::size_t> starts(kMask + 2, 0);
        for (const auto& item : from) ++starts[((item.first >> shift) & kMask) + 1];
        for (std::size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
        for (const auto& item : from) to[starts[(item.first >> shift) & kMask]++] = item;
        from.swap(to);
    }
    std::vector<std::uint32_t> order(count);
    for (std::size_t i = 0; i < count; ++i) order[i] = from[i].second;
    for (std::size_t i = 0; i < count;) {
        auto end = i + 1;
        while (end < count && from[end].first == from[i].first) ++end;
        if (end - i > 1) {
            std::sort(order.begin() + static_cast<std::ptrdiff_t>(i),
                      order.begin() + static_cast<std::ptrdiff_t>(end),
                      [&key](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
        }
        i = end;
    }
    return order;
}

}  // namespace topgun
