// SPDX-License-Identifier: Apache-2.0
// One table takes the name of another, with all that stands beside them.
#pragma once

#include <string>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/pg/map_table.hpp"

namespace topgun::pg {

/// Gives `fresh` the name of `old`, whose own becomes "<name>_old_jsonb" or "..._bytea", with a
/// number when that is taken. Owner and grants go to the new table. What else hangs on the old one
/// stays with it.
class TableSwap {
public:
    /// @param connection  outlives the object.
    TableSwap(Connection& connection, MapTable old, MapTable fresh)
        : connection_(connection), old_(std::move(old)), fresh_(std::move(fresh)) {}

    /// Finds what speaks against it, before any work is done. Errors: usage.
    Status check();
    /// Triggers, views and the like that check() found: they stay with the old table.
    const std::vector<std::string>& left_behind() const noexcept { return left_behind_; }
    /// Within the caller's transaction. @return the old table's new name. @pre check()
    Result<std::string> run();

private:
    Status choose_name();
    Status carry_rights();
    Status move(const std::string& from, const std::string& to);
    Status rename(const std::string& table, const std::string& name);
    Result<bool> exists(const std::string& name);
    std::string quoted(const std::string& name) const;

    Connection& connection_;
    MapTable old_, fresh_;
    std::string kept_;
    std::vector<std::string> left_behind_;
};

}  // namespace topgun::pg
