// SPDX-License-Identifier: Apache-2.0
#include "key_order.hpp"

#include <algorithm>

namespace topgun::storage {
namespace {

// Positions looked at under one lock: some tens of microseconds.
constexpr std::size_t kStep = 16'384;

std::uint32_t hash_of(std::uint64_t place) {
    return static_cast<std::uint32_t>(place >> 32);
}
bool by_hash(std::uint64_t a, std::uint64_t b) {
    return hash_of(a) < hash_of(b);
}

// Adds the places from order.places.size() on. False when the layout changed meanwhile.
bool gather(const SharedReplica& shared, const KeysByPosition& keys, KeyOrder& order) {
    for (;;) {
        const std::shared_lock lock(shared.mutex);
        if (shared.layout != order.layout) return false;
        const auto from = order.places.size();
        const auto to = std::min(keys.count(), from + kStep);
        for (auto position = from; position < to; ++position) {
            const auto at = static_cast<std::uint32_t>(position);
            order.places.push_back(std::uint64_t{keys.hash(at)} << 32 | at);
        }
        if (to == keys.count()) return true;
    }
}

// Keys of one hash are rare, so all of them are put in order under one lock.
bool order_ties(const SharedReplica& shared, const KeysByPosition& keys, KeyOrder& order) {
    const std::shared_lock lock(shared.mutex);
    if (shared.layout != order.layout) return false;
    const auto key = [&keys](std::uint64_t place) {
        return keys.key(static_cast<std::uint32_t>(place));
    };
    auto& places = order.places;
    for (auto at = places.begin(); at != places.end();) {
        at = std::adjacent_find(at, places.end(),
                                [](auto a, auto b) { return hash_of(a) == hash_of(b); });
        if (at == places.end()) break;
        const auto end = std::upper_bound(at, places.end(), *at, by_hash);
        std::sort(at, end, [&key](auto a, auto b) { return key(a) < key(b); });
        at = end;
    }
    return true;
}

// The last order made, when it still holds; otherwise an empty one of the present layout.
KeyOrder start_from(const SharedReplica& shared, const std::shared_ptr<const KeyOrder>& known) {
    std::uint64_t layout = 0;
    {
        const std::shared_lock lock(shared.mutex);
        layout = shared.layout;
    }
    if (known && known->layout == layout) return *known;
    return {layout, {}};
}

}  // namespace

std::shared_ptr<const KeyOrder> key_order(const SharedReplica& shared, const Replica::Map& map) {
    const KeysByPosition keys(map);
    for (;;) {
        std::shared_ptr<const KeyOrder> known;
        {
            const std::lock_guard lock(shared.orders_mutex);
            const auto found = shared.orders.find(&map);
            if (found != shared.orders.end()) known = found->second;
        }
        if (known) {
            const std::shared_lock lock(shared.mutex);
            if (known->layout == shared.layout && known->places.size() == keys.count())
                return known;
        }
        auto order = start_from(shared, known);
        const auto old = static_cast<std::ptrdiff_t>(order.places.size());
        if (!gather(shared, keys, order)) continue;
        std::sort(order.places.begin() + old, order.places.end());
        std::inplace_merge(order.places.begin(), order.places.begin() + old, order.places.end(),
                           by_hash);
        if (!order_ties(shared, keys, order)) continue;
        auto made = std::make_shared<const KeyOrder>(std::move(order));
        const std::lock_guard lock(shared.orders_mutex);
        shared.orders[&map] = made;
        return made;
    }
}

}  // namespace topgun::storage
