// SPDX-License-Identifier: Apache-2.0
#include "search_maps.hpp"

#include "topgun/base/check.hpp"

namespace topgun::sync {

SearchMap& SearchMaps::get(const std::string& map) {
    auto& entry = entries_[map];
    if (!entry.map) entry.map = std::make_unique<SearchMap>(tools_, map);
    entry.used = ++uses_;
    return *entry.map;
}

SearchMap* SearchMaps::find(std::string_view map) {
    const auto found = entries_.find(map);
    return found == entries_.end() ? nullptr : found->second.map.get();
}

void SearchMaps::unpin(const std::string& map) {
    const auto found = entries_.find(map);
    TOPGUN_ASSERT(found != entries_.end(), "what is pinned stays");
    // Anybody may watch maps that do not exist, one after another.
    if (--found->second.pins == 0 && found->second.map->is_empty()) entries_.erase(found);
}

void SearchMaps::drop(const std::string& map) {
    const auto found = entries_.find(map);
    if (found != entries_.end() && found->second.pins == 0) entries_.erase(found);
}

bool SearchMaps::trim(const SearchMap* keep) {
    std::size_t bytes = 0;
    for (const auto& [name, entry] : entries_) bytes += entry.map->bytes();
    while (bytes > tools_.settings.index_bytes) {
        auto oldest = entries_.end();
        for (auto at = entries_.begin(); at != entries_.end(); ++at) {
            if (at->second.pins != 0 || at->second.map.get() == keep) continue;
            if (oldest == entries_.end() || at->second.used < oldest->second.used) oldest = at;
        }
        if (oldest == entries_.end()) break;
        bytes -= oldest->second.map->bytes();
        entries_.erase(oldest);
    }
    return bytes <= tools_.settings.index_bytes;
}

}  // namespace topgun::sync
