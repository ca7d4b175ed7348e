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

/// Errors: not_found, usage (not a directory), io.
Result<DirectoryListing> list_directory(const std::string& path);

/// Creates the folder when it is missing, durably. Errors: not_found (no parent), io.
Status create_directory(const std::string& path);

/// The part of a path before its last slash; "." when there is none.
std::string parent_directory(std::string path);

}  // namespace topgun::storage
