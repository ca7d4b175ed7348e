// SPDX-License-Identifier: Apache-2.0
// Log files (.tgl): ops in the order in which they came, each in a checksummed frame of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/base/file.hpp"
#include "topgun/base/time_source.hpp"
#include "topgun/crdt/op.hpp"
#include "topgun/wire/op.hpp"

namespace topgun {

inline constexpr std::string_view kLogExtension = ".tgl";
inline constexpr std::uint16_t kLogVersion = 1;

/// What a log says of itself.
struct LogHeader {
    std::uint16_t version = kLogVersion;
    std::uint64_t created_ms = 0;  ///< Wall time; 0 when not recorded.
    std::string origin;            ///< Node that wrote it; may be empty.
};

/// Builds log bytes in memory, for a file that is written whole.
TOPGUN_API void append_log_header(const LogHeader& header, Bytes& out);
/// Appends one op as a frame. Errors: limit above 1 GiB; bad_input for what a reader would refuse:
/// a text that is not UTF-8, a time above 2^53 - 1 ms, an OR op without tag. @pre the value is
/// canonical.
TOPGUN_API Status append_log_frame(const Op& op, Bytes& out);

/// How many of the bytes are whole frames, by what the frames say of themselves; `bytes` begins
/// with a frame. Stops at what is no frame.
TOPGUN_API std::size_t whole_log_frames(BytesView bytes) noexcept;

/// When a log writer makes what it wrote durable.
enum class SyncPolicy {
    batch,   ///< At each flush(): one fsync for all ops since the last (group commit).
    always,  ///< After every op.
    never,   ///< Leaves it to the operating system; a crash may lose what it had not written yet.
};

/// Appends ops to a log file. Creating writes a header; opening an existing file checks it, and
/// cuts off a torn last frame or header, which only a crash leaves. After an error of writing or
/// syncing every further one fails: what is in the file is known again when it has been opened
/// anew. Threads: one owner.
class TOPGUN_API LogWriter {
public:
    /// Errors: io, bad_input (not a log), unsupported_version.
    static Result<LogWriter> open(const std::string& path, const LogHeader& header,
                                  SyncPolicy policy = SyncPolicy::batch);
    /// Queues one op. Under SyncPolicy::always it is durable on return.
    Status append(const Op& op);
    /// Writes what is queued and, by policy, makes it durable.
    Status flush();
    std::uint64_t size() const noexcept { return file_.size() + buffer_.size(); }
    /// Bytes of a torn frame or header that open() cut off.
    std::uint64_t cut() const noexcept { return cut_; }

private:
    LogWriter(AppendFile file, SyncPolicy policy) : file_(std::move(file)), policy_(policy) {}
    Status write();
    AppendFile file_;
    SyncPolicy policy_;
    bool failed_ = false;
    Bytes buffer_;
    std::uint64_t cut_ = 0;
};

/// A stretch of a log that holds no valid frame.
struct TOPGUN_API LogDamage {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    bool torn_tail = false;  ///< At the very end: an interrupted write, not corruption.
    std::string what;
    std::string text() const;
    /// Whether a crash of the writer of a data directory can have left this in one of its logs: it
    /// makes headers whole, and the end of a log durable before it begins the next one.
    /// @param newest  no later log is there.
    bool left_by_crash(bool newest) const noexcept { return torn_tail && newest && offset > 0; }
};

/// Reads the ops of a log held in memory. Never stops at damage: it looks for the next valid frame,
/// and keeps a list of what it passed over. Cost: O(bytes); damage costs more, but never above a
/// small multiple of the bytes. Threads: one owner.
class TOPGUN_API LogReader {
public:
    /// @param data  must outlive the reader and the ops that it yields.
    /// Errors: bad_input (not a log), unsupported_version.
    static Result<LogReader> open(BytesView data);

    const LogHeader& header() const noexcept { return header_; }
    /// Adds up to `limit` ops to `batch`; false when none are left. All damage is known only then.
    bool next(wire::OpBatch& batch, std::size_t limit);
    const std::vector<LogDamage>& damage() const noexcept { return damage_; }
    std::uint64_t position() const noexcept { return at_; }
    /// End of the last valid frame, or of the header.
    std::uint64_t valid_end() const noexcept { return valid_end_; }

private:
    explicit LogReader(BytesView data) : data_(data) {}
    LogReader torn_header() const;
    bool holds_frame() const;
    Result<BytesView> frame();
    void step_over(std::string what);
    void judge_tail();
    void note(std::uint64_t from, std::uint64_t to, std::string what);
    BytesView data_;
    LogHeader header_;
    std::uint64_t at_ = 0;
    std::uint64_t valid_end_ = 0;
    std::uint64_t effort_ = 0;  // bytes hashed in vain
    std::vector<LogDamage> damage_;
};

}  // namespace topgun
