// SPDX-License-Identifier: Apache-2.0
// TopGun's own tables in a dump, as the ops that make the maps they hold.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/crdt/op.hpp"
#include "topgun/maptable/row.hpp"
#include "topgun/pgdump/dump.hpp"

namespace topgun::pgdump {

using MapTableKind = maptable::Generation;

struct MapTable {
    std::size_t table = 0;  ///< Index into Dump::tables().
    MapTableKind kind = MapTableKind::jsonb;
};

/// Tables that hold maps, whatever their names: they are known by their columns. Partitions of such
/// a table are left out, because its own scan has their rows.
TOPGUN_API std::vector<MapTable> find_map_tables(const Dump& dump);

struct MapReadOptions {
    /// "name" or "schema.name": this table alone. Empty: all that hold maps.
    std::string table;
    /// Note rows that cannot be decoded and go on; else the first is the Error.
    bool keep_going = false;
    /// Bytes of rows read since the last call; an error ends the reading.
    std::function<Status(std::uint64_t)> progress;
};

using MapReadReport = maptable::ReadReport;

/// Reads all tables that find_map_tables() finds, or the one that is named, in order, row by row:
/// a record or a tombstone of an LWW map is one op, a key of an OR-Map one for each record and each
/// removed tag.
///
/// Stamps are kept. In JSON a value of null is a tombstone, as the TypeScript server reads it. In
/// MessagePack forms that the Rust server accepts are accepted. What stands in the table beside,
/// "<table>_extra", is folded in (topgun/maptable/extra_row.hpp). Copies on other nodes (is_backup)
/// are merged like any row: the newer record wins.
/// @param visit  takes one op, borrowed for the call; an error ends the reading.
/// Errors: not_found when no table holds maps, or none of that name, with those that do; bad_input
/// and limit with the place of the row; those of `visit`.
TOPGUN_API Status read_map_ops(const Dump& dump, const MapReadOptions& options,
                               const std::function<Status(const Op&)>& visit,
                               MapReadReport& report);

}  // namespace topgun::pgdump
