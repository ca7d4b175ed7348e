// SPDX-License-Identifier: Apache-2.0
// The table beside a table of maps, in a dump of both.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "topgun/maptable/row.hpp"
#include "topgun/pgdump/map_tables.hpp"

namespace topgun::pgdump {

/// Where it is. Nothing when the dump has none.
std::optional<std::size_t> find_extra(const Dump& dump, std::size_t table);

/// What it says of rows, by map and key: rows of the table may stand in front of it or behind.
/// Memory: O(facts).
class RowFacts {
public:
    /// Reads the table beside: takes the facts, and hands on what is none as ops.
    Status read(const Dump& dump, std::size_t extra, const MapReadOptions& options,
                const std::function<Status(const Op&)>& visit, MapReadReport& report);
    bool empty() const { return facts_.empty(); }
    /// Adds what is known of a row's records to its ops.
    void add_to(std::string_view map, std::string_view key, maptable::RowOps& ops) const;

private:
    std::unordered_map<std::string, std::vector<maptable::Fact>> facts_;  // by map, U+0000, key
};

}  // namespace topgun::pgdump
