// SPDX-License-Identifier: Apache-2.0
// The rows of a table with all columns, as they stand: what checking and repairing begin with.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "topgun/maptable/row.hpp"
#include "topgun/pg/map_table.hpp"

namespace topgun::pg {

enum class RowOrder : std::uint8_t {
    by_key,      ///< As maptable::TableChecker takes them.
    by_updated,  ///< By updated_at; only primaries that have it.
};

struct RowRequest {
    std::vector<std::string> maps{};  ///< Only these; empty for all.
    RowOrder order = RowOrder::by_key;
    bool times = false;  ///< Also created_at and updated_at, of a bytea table that has them.
    /// Rows read since the last call; an error ends the reading.
    std::function<Status(std::uint64_t)> progress{};
};

/// @param visit  takes a row, and bad_input when a column is NULL that must not be.
/// Errors: those of the connection and of `visit`.
Status for_each_row(Connection& connection, const MapTable& table, const RowRequest& request,
                    const std::function<Status(const maptable::TableRow&, Status)>& visit);

}  // namespace topgun::pg
