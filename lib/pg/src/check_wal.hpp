// SPDX-License-Identifier: Apache-2.0
// The write-ahead log that a Rust server keeps beside its table.
#pragma once

#include <string>

#include "topgun/pg/check.hpp"

namespace topgun::pg {

/// Checks the log, and its writes that the table may lack against the rows of the table.
/// Memory: in proportion to the keys with such writes.
/// Errors: not_found, io; those of the connection and of `found`.
Status check_wal(Connection& connection, const MapTable& table, const std::string& folder,
                 const maptable::TableChecker::Found& found);

}  // namespace topgun::pg
