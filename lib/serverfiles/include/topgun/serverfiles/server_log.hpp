// SPDX-License-Identifier: Apache-2.0
// The write-ahead log of TopGun's Rust server: a folder of segments for each partition. Only read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/base/file.hpp"
#include "topgun/serverfiles/stored_record.hpp"

namespace topgun::serverfiles {

/// One write of the log.
struct LogEntry {
    enum class Kind : std::uint8_t {
        store,      ///< `record` is all that the key has.
        remove,     ///< The key has nothing.
        or_add,     ///< `record` is one entry more.
        or_remove,  ///< `record` has one removed tag more.
        or_prune,   ///< The removed tags of `record` are forgotten.
    };
    Kind kind = Kind::remove;
    std::string map, key;
    std::uint64_t sequence = 0;  ///< Rises in each partition.
    StoredRecord record;
    std::uint64_t expiry = 0;  ///< store: Unix milliseconds, 0 for never.
    /// store: a value without a record around it, as older servers wrote: it replaces what is
    /// there, whatever the stamps say.
    bool bare = false;
};

/// Decodes the content of a frame. Errors: bad_input with the byte in it.
TOPGUN_API Result<LogEntry> decode_log_entry(BytesView payload);

struct LogSegment {
    std::uint32_t partition = 0;
    std::uint64_t first_sequence = 0;
    std::string path;
};

inline constexpr std::uint64_t kWatermarkSize = 8;

struct LogPartition {
    std::uint32_t partition = 0;
    /// Entries up to this sequence are in the database; 0 when nothing says so.
    std::uint64_t applied = 0;
    std::string watermark;              ///< The file that says so, if there is one.
    std::uint64_t watermark_bytes = 0;  ///< Its size; any but kWatermarkSize says nothing.
    std::vector<LogSegment> segments;   ///< By first sequence; only the last may be cut off.
};

struct LogFiles {
    std::string path;
    std::vector<LogPartition> partitions;  ///< By number.
    std::vector<std::string> notes;        ///< Files beside them that do not say what they should.
};

/// "partition-005-00000000000000000042.log", or the older "partition-005.log".
TOPGUN_API std::optional<LogSegment> parse_segment_name(std::string_view name);
/// True for a folder in which files have such names.
TOPGUN_API bool is_log_folder(const std::string& path);
/// Errors: not_found, io.
TOPGUN_API Result<LogFiles> list_log_files(const std::string& path);
/// The partition that the log has for a key: that of "map:key".
TOPGUN_API std::uint32_t log_partition_of(std::string_view map, std::string_view key);

/// Reads one segment from front to back. Memory: one frame, 64 MiB at most.
/// Threads: one owner.
class TOPGUN_API SegmentReader {
public:
    enum class Outcome : std::uint8_t {
        entry,
        end,
        cut_tail,         ///< The last frame is not whole: its writer died, nobody relies on it.
        bad_magic,        ///< Here begins no frame.
        unknown_version,  ///< A frame of a newer server.
        corrupt,          ///< A frame whose checksum differs, or that cannot be decoded.
    };

    /// Errors: not_found, io.
    static Result<SegmentReader> open(const std::string& path);

    /// Reads the next frame. After anything but an entry it stays where it is. Errors: io.
    Result<Outcome> next(LogEntry& out);
    /// After damage: goes to the next sound frame behind it. False when there is none.
    /// Cost: O(bytes of the file) in all. Errors: io.
    Result<bool> skip_damage();

    /// Where the frame begins that next() spoke of.
    std::uint64_t offset() const noexcept { return offset_; }
    /// "byte 17: its checksum differs"; after damage only.
    const std::string& fault() const noexcept { return fault_; }
    std::uint64_t size() const noexcept { return file_.size(); }

private:
    explicit SegmentReader(InputFile file) : file_(std::move(file)) {}
    Result<BytesView> piece(std::uint64_t offset, std::uint64_t length);
    Result<bool> find_header(std::uint64_t& at);
    Outcome damage(Outcome outcome, std::string what);

    InputFile file_;
    Bytes buffer_;
    std::uint64_t buffer_at_ = 0;
    std::uint64_t offset_ = 0, next_ = 0;
    std::uint64_t checked_ = 0;  // bytes looked at by skip_damage()
    std::string fault_;
};

}  // namespace topgun::serverfiles
