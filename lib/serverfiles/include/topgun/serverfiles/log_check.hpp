// SPDX-License-Identifier: Apache-2.0
// What is wrong with a server's log, and with the definitions of indexes beside it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/base/export.hpp"
#include "topgun/serverfiles/server_log.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::serverfiles {

/// One thing that is wrong. Classes D22 and D25 of the servers' known damage.
struct TOPGUN_API FileFinding {
    enum class Kind : std::uint8_t {
        cut_tail,         ///< The last frame of a partition is not whole: its writer died.
        bad_magic,        ///< Bytes where a frame should begin.
        unknown_version,  ///< A frame of a newer server.
        corrupt,          ///< A frame whose checksum differs, or that cannot be decoded.
        gap,              ///< Sequences that no partition has, nor could have had and dropped.
        order,            ///< A sequence below one that stands before it in its partition.
        repeat,           ///< A sequence that was given twice.
        reused,           ///< A write under a sequence that counts as applied: it is not replayed.
        segment_name,     ///< A write in a segment that begins later by its name.
        wrong_partition,  ///< A write that belongs into another partition's segments.
        watermark_size,   ///< A watermark of another size, which the server takes for none.
        watermark_ahead,  ///< A watermark above all that its partition has.
        index_file,       ///< Definitions of indexes that cannot be parsed: the server drops them.
        index_target,     ///< An index on a map or an attribute that there is not.
    };
    Kind kind = Kind::corrupt;
    std::string file;
    std::optional<std::uint64_t> offset;  ///< Byte in the file.
    std::string what;
    std::string map, key;  ///< Of the entry that shows it; empty without one.

    /// "FILE: byte 17: WHAT"
    std::string text() const;
};
/// "cut-tail", "wrong-partition"
TOPGUN_API std::string_view finding_name(FileFinding::Kind kind) noexcept;

struct LogCheckVisitor {
    std::function<Status(const FileFinding&)> found;
    /// May be empty. Each frame above the watermark of its partition, as they stand there.
    std::function<Status(const LogEntry&)> pending{};
    /// May be empty. Bytes read since the last call; an error ends the reading.
    std::function<Status(std::uint64_t)> progress{};
};

struct LogCheckReport {
    std::uint64_t files = 0, frames = 0;
    std::uint64_t pending = 0;  ///< Frames above the watermarks: a copy of the database lacks them.
};

/// Reads every frame of a log's folder. Nothing is written.
///
/// A sound log may begin anywhere, have sequences that rise by more than one in each partition
/// (the partitions share one counter), and lack any sequence up to its highest watermark. Gaps are
/// told of a log whose frames can all be read; in another they are where the damage is.
/// Memory: 24 bytes for each frame, and one frame. Errors: not_found, io; those of the visitor.
TOPGUN_API Status check_log(const std::string& path, const LogCheckVisitor& visitor,
                            LogCheckReport& report);

/// An entry of scalar_indexes.json or vector_indexes.json.
struct IndexDefinition {
    std::string map, attribute;
    std::uint64_t dimension = 0;  ///< Of vectors; 0 for scalars.
};
/// Errors: bad_input with line and column, or the entry that is none; not_found; io; limit for more
/// than 16 MiB.
TOPGUN_API Result<std::vector<IndexDefinition>> read_index_file(const std::string& path);

/// Whether a record has an indexed attribute, which may be a path: "address.city".
TOPGUN_API bool has_attribute(const ValueView& value, std::string_view attribute);

}  // namespace topgun::serverfiles
