// SPDX-License-Identifier: Apache-2.0
// A folder of numbered snapshots and logs: a replica that survives crashes.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/base/file.hpp"
#include "topgun/base/time_source.hpp"
#include "topgun/clock/timestamp.hpp"
#include "topgun/storage/log.hpp"
#include "topgun/storage/outcome.hpp"
#include "topgun/storage/shared_replica.hpp"
#include "topgun/storage/snapshot.hpp"

namespace topgun {

namespace storage {
class LoggedOps;
struct ReplayedLog;
}  // namespace storage

/// What a recovery does about files that are damaged. A torn end of the last log is none: a crash
/// leaves it, and nothing that was ever durable is in it. A log that is missing, that ends torn
/// though a later one is there, or that has not even a header is: no crash leaves that.
enum class OnDamage : std::uint8_t {
    report,  ///< Takes everything that is sound and lists the rest in RecoveryReport::damage.
    refuse,  ///< Fails with the first thing that is lost.
};

struct DataDirectoryOptions {
    /// Takes no lock, changes nothing, and gets along with a writer at work. What that one has not
    /// flushed yet may be missing.
    bool read_only = false;
    std::string node;  ///< Named in the headers of new logs as their origin; may be empty.
    SyncPolicy sync = SyncPolicy::batch;
    const TimeSource* time =
        nullptr;  ///< For the creation time in new logs; null is system_time().
    OnDamage on_damage = OnDamage::report;
    TieRule ties = TieRule::by_content;
    SnapshotOptions snapshot;  ///< For checkpoints.
    /// See DataDirectory::keep_logs_from(); by default none is kept.
    std::uint64_t keep_logs_from = ~std::uint64_t{0};
    /// Bytes that the disk has room for, when that is not to be asked of the file system.
    std::function<std::uint64_t()> free_bytes;
    /// Called before each step that changes the folder, with a word for it; an error stops there as
    /// a crash would. For tests of crashes.
    std::function<Status(std::string_view step)> before_step;
};

/// What opening found.
struct RecoveryReport {
    std::optional<std::uint64_t> snapshot;  ///< Number of the snapshot it began with.
    std::uint64_t rows = 0;                 ///< Taken from snapshots.
    std::uint64_t logs = 0;                 ///< Replayed after it.
    std::uint64_t ops = 0;                  ///< In those logs.
    std::uint64_t torn_bytes = 0;           ///< At the ends of logs; a writer has cut them off.
    std::vector<std::string>
        passed_over;                  ///< Unreadable snapshots that an older one replaced, and why.
    std::vector<std::string> damage;  ///< What may be lost, with its place.

    /// True when everything that was ever durable is there.
    bool complete() const noexcept { return damage.empty(); }
};

/// A place in the logs of a data directory.
struct LogPlace {
    std::uint64_t log = 0;     ///< Its number.
    std::uint64_t offset = 0;  ///< In bytes.
    auto operator<=>(const LogPlace&) const = default;
};

/// How far the logs are durable.
struct LogEnd {
    LogPlace place;
    std::uint64_t sequence = 0;  ///< Of the last op before it.
};

struct CheckpointReport {
    std::uint64_t number = 0;
    bool written = false;  ///< False when the newest snapshot covered everything already.
    SnapshotInfo info;     ///< Only when written.
};

struct DataDirectoryStats {
    std::uint64_t number = 0;       ///< Of the current log.
    std::uint64_t log_bytes = 0;    ///< In logs that no snapshot covers: what a recovery replays.
    std::uint64_t appended = 0;     ///< Sequence of the last op.
    std::uint64_t durable = 0;      ///< Sequence up to which ops are durable.
    std::uint64_t checkpoints = 0;  ///< Since it was opened.
    bool failed = false;            ///< A write failed; only opening anew helps.
};

/// Files: snapshot-00000007.tgs holds all that logs below 7 hold; log-00000007.tgl what came since
/// (numbers grow by one, eight digits or more); LOCK keeps a second writer out. Recovery is the
/// newest complete snapshot and all logs from its number on, merged. Invariants, each with a test:
/// TG-DIR-001  An op is durable once a flush() that began after its append() has succeeded.
/// TG-DIR-002  A file is deleted only when a snapshot that covers it is durable, name included.
/// TG-DIR-003  What is logged is what is merged: an op that would not read back is refused.
/// TG-DIR-004  After a failed write or sync nothing is reported durable any more.
/// TG-DIR-005  A damaged file is set aside as NAME.damaged by a checkpoint, never deleted.
///
/// Threads: all members may be called from any thread at once. append() waits for no disk unless
/// a megabyte is unwritten; flush() syncs while others append; checkpoint() writes while others
/// append and flush.
class TOPGUN_API DataDirectory {
public:
    /// Opens, creating the folder and its first log when there are none (not when read_only).
    /// Errors: locked, naming the holder; not_found (no such folder, no parent, or read_only and no
    /// data directory); usage for a folder with nothing but other files in it; unsupported_version;
    /// io; bad_input under OnDamage::refuse.
    /// Cost: reads the newest snapshot and the logs. Memory: the state, and one log at a time.
    static Result<std::unique_ptr<DataDirectory>> open(const std::string& path,
                                                       DataDirectoryOptions options = {});
    /// Flushes, ignoring errors; call flush() first to see them.
    ~DataDirectory();

    const RecoveryReport& recovery() const noexcept { return recovery_; }
    const std::string& path() const noexcept { return path_; }

    /// Merges ops and logs those that changed something. They are durable after the next flush(),
    /// on return under SyncPolicy::always. An op that is malformed is refused alone. Errors: usage
    /// when read_only; io when an earlier write failed, and then nothing is merged.
    Result<StoreReport> append(std::span<const Op> ops);
    /// Makes everything appended so far durable, by policy: under SyncPolicy::never it is only
    /// handed to the operating system. One sync serves all callers that wait for it (group commit).
    Status flush();
    /// Starts a new log, writes the state beside it, then deletes what that covers. Interrupted at
    /// any point it leaves a folder that recovers to the same state; a failed one can be repeated.
    Result<CheckpointReport> checkpoint();
    /// Drops LWW tombstones older than `before`, then checkpoints, without which they would come
    /// back. See prune_tombstones() for who may do this. @return how many went.
    Result<std::uint64_t> prune(const Timestamp& before);

    /// The state as a reader that lets writers go on; see read_live(). Must not outlive this.
    std::unique_ptr<StateReader> state() const { return read_live(shared_); }
    /// The replica itself. Ops belong into append(): what is merged here directly is not logged.
    SharedReplica& shared() noexcept { return shared_; }

    /// The greatest stamp in the state, for Hlc::prime(); zero when there is none.
    Timestamp largest_stamp() const;
    /// Everything up to this sequence is durable.
    std::uint64_t durable() const noexcept { return durable_.load(); }
    /// What stands in the logs up to there is durable. May wait for a sync.
    LogEnd durable_end() const;
    /// From now on no log of this number or above is deleted, whatever covers it: somebody reads
    /// them. What is kept no longer goes with the next checkpoint.
    void keep_logs_from(std::uint64_t number) noexcept { keep_logs_from_ = number; }
    DataDirectoryStats stats() const;

private:
    DataDirectory(std::string path, DataDirectoryOptions options);
    Status recover();
    Status take_lock();
    Status start_writing(const std::vector<storage::ReplayedLog>& logs);
    Status cut_torn(const std::vector<storage::ReplayedLog>& logs);
    Status step(std::string_view what) const;
    Status check_writable() const;
    void merge(const storage::LoggedOps& batch, StoreReport& report);
    void note_merged(const storage::LoggedOps& batch, std::size_t first, std::span<const Op> ops,
                     std::span<const Merged> merged, StoreReport& report);
    Status write_out(bool sync);
    Status try_write_out(bool sync, std::uint64_t& target);
    Status start_log(std::uint64_t number);
    Status check_room() const;
    Result<CheckpointReport> checkpoint_locked(bool always);
    Status drop_covered(std::uint64_t number);
    Status drop(const std::string& name);
    std::string file(const std::string& name) const { return path_ + "/" + name; }

    std::string path_;
    DataDirectoryOptions options_;
    RecoveryReport recovery_;
    std::optional<FileLock> lock_;
    bool first_writer_ = false;  // no lock file was there before

    // Locks are taken in this order: checkpoint, flush, shared.
    std::mutex checkpoint_mutex_;
    mutable std::mutex flush_mutex_;  // guards what follows
    std::optional<AppendFile> log_;
    std::uint64_t synced_ = 0;  // bytes of it
    Bytes writing_;
    std::uint64_t next_number_ = 1;  // above every file's number
    // Ops up to this sequence are in the newest snapshot, which holds all that was recovered, too.
    std::optional<std::uint64_t> covered_;
    std::vector<std::string> damaged_;  // names of files to be set aside

    SharedReplica shared_;  // its mutex also guards the three below
    Bytes pending_;         // frames that were merged but not written
    std::uint64_t appended_ = 0;
    Timestamp largest_;

    std::atomic<std::uint64_t> number_{0};
    std::atomic<std::uint64_t> durable_{0};
    std::atomic<std::uint64_t> log_bytes_{0};
    std::atomic<std::uint64_t> checkpoints_{0};
    std::atomic<std::uint64_t> keep_logs_from_;
    std::atomic<bool> failed_{false};
};

/// The files that a recovery would read, by their names alone.
struct DataDirectoryFiles {
    std::optional<std::string> snapshot;  ///< Path of the newest snapshot.
    std::vector<std::string> logs;        ///< Paths of the logs to be replayed after it, in order.
    /// Logs that must have been there, as sentences that begin with a path: what they held is lost.
    std::vector<std::string> missing;
};

/// Lists a data directory. Errors: not_found when there is none.
TOPGUN_API Result<DataDirectoryFiles> list_data_directory(const std::string& path);

}  // namespace topgun
