// SPDX-License-Identifier: Apache-2.0
// A state into a table of a database: merged, in parallel, and looked at again afterwards.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/pg/table_writer.hpp"
#include "topgun/reconcile/diff.hpp"
#include "topgun/replica/state.hpp"

namespace topgun::pg {

struct ImportOptions {
    std::string url;  ///< As split_table_url() takes it.
    /// Of the table that is made when there is none.
    maptable::Generation create = maptable::Generation::bytea;
    std::vector<std::string> maps{};  ///< Only these; empty for all.
    unsigned jobs = 2;                ///< Connections that write beside each other; at least 1.
    TableWriteOptions writing{};
    std::function<bool()> stop{};  ///< True ends it with Errc::cancelled.
    /// Rows sent since the last call, from several threads; an error ends the import.
    std::function<Status(std::uint64_t)> progress{};
};

struct ImportReport {
    std::string database;  ///< As people name it, without a password.
    MapTable table;
    bool created = false;
    bool resumed = false;  ///< An import of the same state had been interrupted.
    /// So it had, but the table was made anew or emptied since: all is written.
    bool restarted = false;
    TableWriteReport written;
    std::uint64_t rows = 0;  ///< Of the source, without those that an earlier run had brought.
};

/// Merges a state into a table, which is made if need be. What was written when it ended early
/// stays. The next import of the same state by as many jobs goes on from there: their places are
/// kept in a table "<table>_imports" until the import is complete, if it has 100 000 rows or more.
/// They are of no use when the table was made anew, truncated or emptied meanwhile.
/// Errors: those of reading, of TableWriter and of choosing the table.
TOPGUN_API Result<ImportReport> import_state(const StateReader& state,
                                             const ImportOptions& options);

/// Calls the visitor with each op of a source; its errors end the reading.
using OpReader = std::function<Status(const std::function<Status(const Op&)>&)>;

/// The same for a source of which nothing is known before it is read: ops in any order, some of one
/// key perhaps several times. An OR-Map's removed tags keep their keys. Memory: a batch and some
/// MiB for each job, and the removed tags that come without a key. There are no places to go on
/// from: an import that ended early is begun anew, and looks up what is there.
/// @param read  called once, from this thread. Of `options`, maps is left to it.
/// Errors: those of `read` and of TableWriter.
TOPGUN_API Result<ImportReport> import_ops(const OpReader& read, const ImportOptions& options);

/// Reads the table again and looks up every row of `state`, of the maps asked for, in it.
/// @param refused  what was not written, as the import told: it is not looked up.
/// @param scratch  where the table's snapshot stands meanwhile: a file name, replaced and removed.
/// @return what is missing: changes() is 0 when all is there, in this version or a newer one.
TOPGUN_API Result<IncomingCounts> verify_import(const StateReader& state,
                                                const ImportOptions& options,
                                                const RefusedRows& refused,
                                                const std::string& scratch);

/// Opens the table that a URL names for writing, and makes it when there is none.
/// @param created  set when it was made.
TOPGUN_API Result<std::unique_ptr<TableWriter>> open_table_writer(const std::string& url,
                                                                  maptable::Generation create,
                                                                  TableWriteOptions options,
                                                                  std::function<bool()> stop,
                                                                  bool& created);

}  // namespace topgun::pg
