// SPDX-License-Identifier: Apache-2.0
// What TopGun's Rust server would have after it starts: its database with its log folded in.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/crdt/op.hpp"

namespace topgun::serverfiles {

struct ServerReadOptions {
    /// Note what cannot be read and go on; else the first is the Error.
    bool keep_going = false;
    /// Bytes read since the last call; an error ends the reading.
    std::function<Status(std::uint64_t)> progress;
};

/// No more damage than this is listed; ServerReadReport::damaged goes on counting.
inline constexpr std::size_t kMaxListedDamage = 1000;

struct ServerReadReport {
    std::uint64_t rows = 0;     ///< Of the database's tables.
    std::uint64_t frames = 0;   ///< Of the log.
    std::uint64_t pending = 0;  ///< Frames that the database may lack.
    std::uint64_t ops = 0;
    std::uint64_t unstamped = 0;  ///< Frames of read_log_ops() that no op can say.
    std::uint64_t damaged = 0;
    std::vector<std::string> damage;  ///< With file, place, map, key, and why.
    /// What one should know: the commit that was read, how much was folded in.
    std::vector<std::string> notes;
};

/// Reads the file of a server as the ops that make its maps, table by table, key by key.
///
/// The log, if there is one, is read first and folded in by the rules of the server's own recovery:
/// entries above the watermarks, in the order of their sequences; an LWW store unless the record in
/// the file is newer, an OR store in place of all, a removal whatever there is, changes of an
/// OR-Map's key one by one. Copies on other nodes (tables "map__NAME__backup") are merged like any
/// row: the newer record wins. Nothing is written.
/// @param database  the redb file.
/// @param log       the folder of the log; empty for none.
/// @param name      what messages call the database; its path when empty.
/// @param visit     takes one op, borrowed for the call; an error ends the reading.
/// Errors: those of redb::Database::open(); not_found when the file has tables, but none of
/// TopGun's; bad_input with file, table or byte, map and key; io; locked; those of `visit`.
TOPGUN_API Status read_server_ops(const std::string& database, const std::string& log,
                                  const std::string& name, const ServerReadOptions& options,
                                  const std::function<Status(const Op&)>& visit,
                                  ServerReadReport& report);

/// The same for a log without its database: what all of its entries make of nothing.
TOPGUN_API Status read_log_state(const std::string& log, const ServerReadOptions& options,
                                 const std::function<Status(const Op&)>& visit,
                                 ServerReadReport& report);

/// Reads a log as a history: every entry as ops, in the order in which it was written. Removals of
/// whole keys have no stamp, and are only counted.
TOPGUN_API Status read_log_ops(const std::string& log, const ServerReadOptions& options,
                               const std::function<Status(const Op&)>& visit,
                               ServerReadReport& report);

}  // namespace topgun::serverfiles
