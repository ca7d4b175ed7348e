// SPDX-License-Identifier: Apache-2.0
// From the table of one generation of servers to that of the other, and back.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/pg/table_writer.hpp"
#include "topgun/reconcile/diff.hpp"

namespace topgun::pg {

struct MigrateOptions {
    std::string from;  ///< As split_table_url() takes it.
    maptable::Generation to = maptable::Generation::bytea;
    /// Where to, in the same form; empty for a table beside the old one: "topgun_maps_rust" or
    /// "topgun_maps_typescript". Made when it is not there, merged into when it is.
    std::string into{};
    TombstoneForm tombstones = TombstoneForm::beside;
    /// In the end the new table takes the old one's name, which becomes "topgun_maps_old_jsonb" or
    /// "..._bytea", with a number when that is taken; owner and grants go along. Writers of the old
    /// table wait from the beginning to the end.
    bool swap = false;
    /// Takes out of the new table what the old one has not: removed there since an earlier run, or
    /// written to the new one.
    bool prune = false;
    bool keep_going = false;  ///< Note rows that cannot be decoded and go on; not with `swap`.
    std::string scratch;      ///< A folder for what the comparison sorts; some tables' size.
    std::function<bool()> stop{};
    std::function<Status(std::uint64_t)> progress{};
};

struct MigrateReport {
    std::string from_database, to_database;  ///< As people name them, without a password.
    MapTable from, to;
    bool created = false;
    maptable::ReadReport read;
    TableWriteReport written;
    std::uint64_t tombstones = 0;  ///< LWW tombstones met, whatever became of them.
    std::uint64_t left_out = 0;    ///< Of them, those that the new table does not have.
    /// Live records of the new table that the old one has not, or older; `pruned` were taken out.
    std::uint64_t surplus = 0, pruned = 0;
    DiffResult verified;  ///< a is the old table, b the new one; deep.
    /// The old table's name after the swap; empty without.
    std::string kept_as;
    /// What a swap leaves with the old table: "trigger audit", "view open_todos".
    std::vector<std::string> left_behind;
};

/// Copies a table's maps, and compares both tables afterwards, record by record with values. The
/// old table is only read, and never dropped. Running it again brings over what changed since.
/// Errors: usage for a table that is of the wanted generation already, or a swap that is not
/// possible; bad_input for a row that cannot be decoded; those of the connections. With `swap`,
/// bad_input when the tables differ in the end, surplus records included: then nothing is renamed.
TOPGUN_API Result<MigrateReport> migrate_table(const MigrateOptions& options);

/// True when no record of the old table is missing, older or other in the new one, but for LWW
/// tombstones that were to be left out.
TOPGUN_API bool migration_complete(const MigrateReport& report);

}  // namespace topgun::pg
