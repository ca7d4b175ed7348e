// SPDX-License-Identifier: Apache-2.0
// Reads a data directory back into a replica, and judges what is missing from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "directory_files.hpp"
#include "topgun/storage/data_directory.hpp"

namespace topgun::storage {

/// One replayed log.
struct ReplayedLog {
    std::uint64_t number = 0;
    std::uint64_t bytes = 0;  ///< Without a torn end.
    bool torn = false;        ///< The file is longer than `bytes`.
    bool damaged = false;
};

struct Recovered {
    RecoveryReport report;
    Timestamp largest;
    std::vector<ReplayedLog> logs;
    std::vector<std::string> damaged;  ///< Names of damaged files.
};

/// Merges the listed files into `replica`. Errors: not_found when a listed file is gone (a writer
/// is at work: list again), io, unsupported_version; bad_input under OnDamage::refuse.
Result<Recovered> recover(const std::string& path, const DirectoryListing& listing,
                          OnDamage on_damage, Replica& replica);

/// Raises `largest` to `stamp`.
inline void raise(Timestamp& largest, const Stamp& stamp) {
    if (stamp.millis < largest.millis) return;
    if (stamp > largest.view()) largest = Timestamp(stamp);
}

}  // namespace topgun::storage
