// SPDX-License-Identifier: Apache-2.0
// What searches take for one document: all that is live under a key.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/query/predicate.hpp"
#include "topgun/storage/shared_replica.hpp"

namespace topgun::sync {

/// What is found under a key: the live record of the LWW map of this name, and the live values of
/// the OR-Map.
struct SearchDocument {
    std::vector<Bytes> values;
    /// The first wall time at which it is another one, because a record has expired; 0 for never.
    std::uint64_t changes_at = 0;

    /// What a result shows: the value, or an array of them where an OR-Map has several.
    Bytes shown() const;
    /// True when any of the values does.
    bool passes(std::string_view key, const query::Predicate& filter) const;
};

/// Empty when the key has nothing live.
std::optional<SearchDocument> read_document(const SharedReplica& shared, const std::string& map,
                                            std::string_view key, std::uint64_t now_ms);

/// Calls visit(key, document) once for every document of a map; stops at the first error. Cost:
/// O(map).
Status for_each_document(
    const SharedReplica& shared, const std::string& map, std::uint64_t now_ms,
    const std::function<Status(std::string_view key, const SearchDocument& document)>& visit);

}  // namespace topgun::sync
