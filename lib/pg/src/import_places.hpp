// SPDX-License-Identifier: Apache-2.0
// The places from which an import that was interrupted goes on.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "topgun/base/error.hpp"
#include "topgun/pg/map_table.hpp"
#include "topgun/replica/row.hpp"

namespace topgun::pg {

/// How far a part of an import has come: everything up to this key hash of this map, in the order
/// of the state's maps.
struct ImportPlace {
    MapId map;
    std::uint32_t hash = 0;
};

/// The table "<table>_imports", in which imports that are not complete keep their places. They are
/// those of rows, and of no use when these are gone: when the table was made anew, truncated or
/// emptied.
class ImportPlaces {
public:
    /// @param source  names what is imported. @param overwrite  it replaces what is there: then it
    /// does not go on where one that merged has ended. @param parts  into which it is divided.
    ImportPlaces(const MapTable& table, std::string source, bool overwrite, unsigned parts);

    /// By part. @param gone  set when there were places of rows that are not there any more.
    Result<std::map<unsigned, ImportPlace>> load(Connection& connection, bool& gone);
    /// A statement for the transaction that brings a part this far; empty for none.
    std::string keep(unsigned part, const ImportPlace& place) const;
    /// The import is complete. The table goes with its last entry.
    Status forget(Connection& connection) const;

private:
    std::string create() const;
    Result<bool> drop_stale(Connection& connection) const;

    std::string rows_, beside_;  // the table that is written to, and that beside it
    std::string table_, state_, source_;
    unsigned parts_;
};

}  // namespace topgun::pg
