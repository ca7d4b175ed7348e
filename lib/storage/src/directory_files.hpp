// SPDX-License-Identifier: Apache-2.0
// The names in a data directory: which are ours, and what they number.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "topgun/base/error.hpp"

namespace topgun::storage {

/// "snapshot-00000007.tgs", "log-00000007.tgl".
std::string snapshot_name(std::uint64_t number);
std::string log_name(std::uint64_t number);
inline constexpr const char* kLockName = "LOCK";
inline constexpr const char* kEmptyLog = "empty, without even the header that a log begins with";
inline constexpr const char* kDamagedSuffix = ".damaged";

struct DirectoryListing {
    std::vector<std::uint64_t> snapshots;  ///< Ascending.
    std::vector<std::uint64_t> logs;       ///< Ascending.
    std::vector<std::string> temporaries;  ///< Of our files, left by an interrupted write.
    std::string foreign;                   ///< One name that is not ours; empty when all are.
    bool locked_before = false;            ///< LOCK is there: some writer began here.

    bool holds_state() const { return !snapshots.empty() || !logs.empty(); }
    /// At least every number in use.
    std::uint64_t greatest() const;
};

/// The logs that must have been there, as sentences that begin with a name.
struct MissingLogs {
    std::vector<std::string> named;
    std::uint64_t next = 1;  ///< One above the last log that is there.
};

/// What the numbers tell. Rotation counts by one, from 1, makes a log's name durable before its
/// first op is, and writes a snapshot only beside the log of its number. So a number that is
/// missing among the others was a log with ops in it, and so was one behind the newest snapshot, if
/// a writer ever was here: a lone snapshot may have been put there to begin with.
/// @param first  the log that a recovery begins with.
MissingLogs missing_logs(const DirectoryListing& listing, std::uint64_t first);

/// Errors: not_found, usage (not a directory), io.
Result<DirectoryListing> list_directory(const std::string& path);

/// Creates the folder when it is missing, durably. Errors: not_found (no parent), io.
Status create_directory(const std::string& path);

/// The part of a path before its last slash; "." when there is none.
std::string parent_directory(std::string path);

}  // namespace topgun::storage
