// SPDX-License-Identifier: Apache-2.0
// Who watches what: subscriptions by connection and id, and by map.
#pragma once

#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace topgun::sync {

/// Names a subscription: a connection, and the id that the peer chose.
using WatchKey = std::pair<std::uint64_t, std::string>;

/// Subscriptions of one kind. They are shared so that frames on their way know when what they are
/// about has ended.
template <typename S>
class Watchers {
public:
    /// @pre the key is free.
    void add(const WatchKey& key, const std::string& map, std::shared_ptr<S> subscription) {
        by_map_[map].emplace(key, subscription);
        by_key_.emplace(key, Entry{map, std::move(subscription)});
    }
    std::shared_ptr<S> find(const WatchKey& key) const {
        const auto found = by_key_.find(key);
        return found == by_key_.end() ? nullptr : found->second.subscription;
    }
    /// The map of what was removed; empty when there was nothing.
    std::string remove(const WatchKey& key) {
        const auto found = by_key_.find(key);
        if (found == by_key_.end()) return {};
        auto map = std::move(found->second.map);
        by_key_.erase(found);
        const auto others = by_map_.find(map);
        others->second.erase(key);
        if (others->second.empty()) by_map_.erase(others);
        return map;
    }
    /// Null when nobody watches the map.
    const std::map<WatchKey, std::shared_ptr<S>>* of_map(std::string_view map) const {
        const auto found = by_map_.find(map);
        return found == by_map_.end() ? nullptr : &found->second;
    }
    std::vector<WatchKey> of_peer(std::uint64_t peer) const {
        std::vector<WatchKey> out;
        for (auto at = by_key_.lower_bound({peer, {}});
             at != by_key_.end() && at->first.first == peer; ++at) {
            out.push_back(at->first);
        }
        return out;
    }

private:
    struct Entry {
        std::string map;
        std::shared_ptr<S> subscription;
    };
    std::map<WatchKey, Entry> by_key_;
    std::map<std::string, std::map<WatchKey, std::shared_ptr<S>>, std::less<>> by_map_;
};

}  // namespace topgun::sync
