// SPDX-License-Identifier: Apache-2.0
// The table beside a server's in the database: see topgun/maptable/extra_row.hpp.
#pragma once

#include <string>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/maptable/key_state.hpp"
#include "topgun/pg/map_table.hpp"

namespace topgun::pg {

/// The name of the table beside `table`. Errors: usage when it would be longer than PostgreSQL's
/// names are.
Result<std::string> extra_name(const MapTable& table);
/// As statements name it. @pre extra_name() gave a name.
std::string quoted_extra(const MapTable& table);
/// CREATE TABLE IF NOT EXISTS, as create_in_turn() has it.
std::string create_extra(const MapTable& table);
Result<bool> has_extra(Connection& connection, const MapTable& table);

/// The columns to be filled, in order.
inline constexpr std::string_view kExtraColumns =
    "map_name, key, kind, tag, millis, counter, node, ttl_ms, value";
/// @param kind  "removed", "record", "tag" or "counter".
void put_extra(CopyIn& copy, std::string_view map, std::string_view key, std::string_view kind,
               const maptable::Fact& fact);

/// A column that packs the facts of one key, for decode_facts(); over rows of kind removed and
/// record, grouped by key.
extern const std::string_view kPackedFacts;
/// Errors: bad_input.
Status decode_facts(BytesView packed, std::vector<maptable::Fact>& facts);

}  // namespace topgun::pg
