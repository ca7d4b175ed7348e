// SPDX-License-Identifier: Apache-2.0
// Writes of the log that the database may lack, by key, and what they make of a record.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "topgun/serverfiles/server_log.hpp"
#include "topgun/serverfiles/server_state.hpp"

namespace topgun::serverfiles {

/// A record, and when it expires.
struct DurableRecord {
    StoredRecord record;
    std::uint64_t expiry = 0;
};

/// Does to a record what the server does when it starts: a store replaces it, unless it is an LWW
/// record that is older; a removal removes it; a change to an OR-Map's key is folded in.
void apply_entry(const LogEntry& entry, std::optional<DurableRecord>& record);

/// Writes in the order of their sequences. Memory: those of each key since the last that replaces
/// all before it.
class PendingWrites {
public:
    using Key = std::pair<std::string, std::string>;  // map and key
    using Entries = std::vector<LogEntry>;

    /// Reads the log: what is above the watermarks, or everything.
    /// Errors: those of read_server_ops().
    Status read(const LogFiles& files, bool everything, const ServerReadOptions& options,
                ServerReadReport& report);

    /// Takes out the writes to a key; empty when there are none.
    Entries take(std::string_view map, std::string_view key);
    /// Those that were not taken.
    const std::map<Key, Entries, std::less<>>& rest() const noexcept { return entries_; }

private:
    void add(LogEntry entry);

    std::map<Key, Entries, std::less<>> entries_;
};

/// Reads all entries of a log in order: partition by partition, by sequence.
/// Damage is noted or an error, as `options` want it; a cut tail is noted always.
Status read_log_entries(const LogFiles& files, const ServerReadOptions& options,
                        ServerReadReport& report,
                        const std::function<Status(const LogPartition&, LogEntry)>& visit);

}  // namespace topgun::serverfiles
