// SPDX-License-Identifier: Apache-2.0
// The maps that are indexed: made when asked for, the longest unused going first.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "search_map.hpp"

namespace topgun::sync {

class SearchMaps {
public:
    /// @param tools  outlives this.
    explicit SearchMaps(const SearchTools& tools) : tools_(tools) {}

    /// Indexes of the map, empty ones when there are none yet. Valid until the next call of get()
    /// or trim(), and as long as it is pinned.
    SearchMap& get(const std::string& map);
    /// Null when the map is not indexed.
    SearchMap* find(std::string_view map);
    /// A pinned map stays: somebody has subscribed to it. Counted.
    void pin(const std::string& map) { ++entries_.find(map)->second.pins; }
    void unpin(const std::string& map);
    /// Forgets the map unless it is pinned.
    void drop(const std::string& map);
    /// Drops indexes until the rest fits the limit, the longest unused first, except for pinned
    /// ones and `keep`. @return false when what must stay does not fit.
    bool trim(const SearchMap* keep);

    template <typename Visit>
    void for_each(Visit&& visit) {
        for (auto& [name, entry] : entries_) visit(*entry.map);
    }
    std::size_t size() const noexcept { return entries_.size(); }

private:
    struct Entry {
        std::unique_ptr<SearchMap> map;
        std::uint64_t used = 0;
        std::size_t pins = 0;
    };
    const SearchTools& tools_;
    std::map<std::string, Entry, std::less<>> entries_;
    std::uint64_t uses_ = 0;
};

}  // namespace topgun::sync
