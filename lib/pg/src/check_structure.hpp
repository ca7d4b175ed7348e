// SPDX-License-Identifier: Apache-2.0
// What statements of the server's own find out about a table: keys, collations, the event journal.
#pragma once

#include "topgun/pg/check.hpp"

namespace topgun::pg {

/// Primary key, collation, keys that are one in Unicode's eyes, and the event journal beside the
/// table. What the server or the user's rights keep from being looked at goes to `unchecked`.
/// @param wanted  tells for a problem whether anybody wants to know.
Status check_structure(Connection& connection, const MapTable& table,
                       const TableCheckOptions& options, const maptable::TableChecker::Found& found,
                       std::vector<std::string>& unchecked);

}  // namespace topgun::pg
