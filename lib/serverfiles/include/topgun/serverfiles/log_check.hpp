// SPDX-License-Identifier: Apache-2.0
// Looks for everything that can be wrong with the Rust server's write-ahead log. Nothing is
// written.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "topgun/serverfiles/server_log.hpp"

namespace topgun::serverfiles {

enum class LogFault : std::uint8_t {
    cut_tail,   ///< The last frame of a partition is not whole: its writer died.
    damage,     ///< Anything else that is no frame.
    order,      ///< A sequence that is not above the one before it.
    place,      ///< An entry of another partition, or one below its file's first sequence.
    watermark,  ///< A mark of another length, or above what its partition has.
};

struct LogFinding {
    LogFault fault;
    std::string what;           ///< With the file.
    std::string_view map, key;  ///< Of the entry that shows it; empty without one.
};

struct LogCheckReport {
    std::uint64_t files = 0, frames = 0;
    std::uint64_t pending = 0;  ///< Frames above the watermark of their partition.
};

struct LogCheckVisitor {
    std::function<Status(const LogFinding&)> found;
    /// Each frame above the watermark of its partition, in the order of their sequences in it.
    std::function<Status(const LogEntry&)> pending;
};

/// Reads every frame of a log. Sequences may have gaps: partitions share their numbers, and what
/// is applied is deleted. Memory: one frame. Errors: not_found, io; those of the visitor.
TOPGUN_API Status check_log(const std::string& path, const LogCheckVisitor& visitor,
                            LogCheckReport& report);

}  // namespace topgun::serverfiles
