// SPDX-License-Identifier: Apache-2.0
// A data directory with a database behind it: writes wait for the disk, never for the database.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "topgun/storage/backing.hpp"
#include "topgun/storage/data_directory_storage.hpp"

namespace topgun {

namespace storage {
class BackingFeed;
}

struct BackedOptions {
    std::uint64_t flush_interval_ms = 1000;  ///< The backing gets a write about so much later.
    std::uint64_t backoff_ms = 500;          ///< After a failure; doubles with each further one.
    std::uint64_t backoff_max_ms = 5000;
    /// Logs that the backing still needs are kept up to this many bytes; then it gets everything
    /// anew instead.
    std::uint64_t keep_log_bytes = std::uint64_t{1} << 30;
    /// Sends from a thread of its own. Without, nothing is sent but by send() and close().
    bool background = true;
};

/// How far behind the backing is.
struct BackingStats {
    std::uint64_t pending = 0;   ///< Ops that it lacks; rows, while it gets everything.
    bool everything = false;     ///< It is not known what it has, so it gets all there is.
    std::uint64_t lag_ms = 0;    ///< Since it had everything last; 0 when it has.
    std::uint64_t sent = 0;      ///< Ops and rows that it got.
    std::uint64_t failures = 0;  ///< Attempts that failed.
    std::uint64_t failing = 0;   ///< The same since the last one that did not.
    std::string last_error;      ///< Of the last attempt; empty when it succeeded.
    BackingRefusals refused;     ///< Kept in the data directory alone.
};

/// Keeps everything in a data directory, whose group commit is what acknowledgements wait for. Its
/// logs are the queue for the backing: from there they are sent on, a piece at a time, so that the
/// memory needed does not depend on how far behind it is. Merging joins what concerns one key. What
/// the backing has is written down in the folder (database.json); logs that it lacks are kept, and
/// after a crash of either side sending goes on at that place. When that place is lost, or the
/// backing is not the one it was, the whole state is sent, of which it takes what it lacks.
/// The state is the merge of both: the backing is read once, by open(). What others write to it
/// later is seen by the next open(). Invariants, each with a test:
/// TG-BKD-001  What is durable in the directory reaches the backing, whatever crashes in between.
/// TG-BKD-002  The backing keeps no write waiting and makes none fail.
class TOPGUN_API BackedStorage final : public ServerStorage {
public:
    /// @param stop  true when the backing should give up what it is doing; valid as long as it is.
    using OpenBacking = std::function<Result<std::unique_ptr<Backing>>(std::function<bool()> stop)>;

    /// Errors: those of DataDirectory::open(), of opening the backing and of reading it.
    static Result<std::unique_ptr<BackedStorage>> open(const std::string& folder,
                                                       DataDirectoryOptions opening,
                                                       const OpenBacking& open_backing,
                                                       BackedOptions options = {});
    /// Sends nothing more; call close() first.
    ~BackedStorage() override;

    using ServerStorage::load;
    Status load(const std::vector<MapId>& only, const RowVisitor& visit) override {
        return local_.load(only, visit);
    }
    Result<StoreReport> store(std::span<const Op> ops) override { return local_.store(ops); }
    std::uint64_t durable() const override { return local_.durable(); }
    Status flush() override { return local_.flush(); }
    Status checkpoint() override { return local_.checkpoint(); }
    /// In the directory; the backing keeps its tombstones, and they are back after the next start.
    Result<std::uint64_t> prune(const Timestamp& before) override { return local_.prune(before); }
    /// Sends what is left, but gives up at the first failure. Errors: those of the directory; limit
    /// with the number of ops that the backing lacks: the next open() sends them.
    Status close(std::uint64_t within_ms) override;
    StorageStats stats() const override { return local_.stats(); }
    SharedReplica* resident() override { return local_.resident(); }
    std::optional<Timestamp> largest_stamp() const override;
    void listen(DurabilityListener* listener) override { local_.listen(listener); }

    DataDirectory& directory() noexcept { return local_.directory(); }
    const Backing& backing() const noexcept { return *backing_; }
    BackingStats backing_stats() const;
    /// What open() met in the backing, and how many of its ops were news to the directory.
    const BackingRead& backing_read() const noexcept { return read_; }
    std::uint64_t learned() const noexcept { return learned_; }

    /// Sends all that is durable now. For owners without `background`.
    Status send();

private:
    BackedStorage(std::unique_ptr<DataDirectory> directory, BackedOptions options);
    Status merge_backing();
    void run();
    std::chrono::milliseconds pause() const;
    void stop_thread();

    DataDirectoryStorage local_;
    BackedOptions options_;
    std::atomic<bool> cancelled_{false};  // before the backing, which asks it
    std::unique_ptr<Backing> backing_;
    std::unique_ptr<storage::BackingFeed> feed_;
    BackingRead read_;
    std::uint64_t learned_ = 0;
    Timestamp largest_;

    std::mutex mutex_;  // guards the three below
    bool draining_ = false, drained_ = false, stopping_ = false;
    std::condition_variable wake_, done_;
    std::thread thread_;
};

}  // namespace topgun
