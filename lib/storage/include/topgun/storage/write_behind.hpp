// SPDX-License-Identifier: Apache-2.0
// A storage in front of a slower one: answers at once, writes winners only, and never forgets.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "topgun/base/time_source.hpp"
#include "topgun/storage/server_storage.hpp"
#include "topgun/storage/write_behind_queue.hpp"

namespace topgun {

struct WriteBehindOptions {
    WriteBehindLimits limits;
    std::uint64_t room_wait_ms = 10'000;  ///< Longest that store() waits for room.
    /// For flush intervals and backoff; null is a clock that never steps. Outlives the storage.
    const TimeSource* time = nullptr;
    /// Writes from a thread of its own. Without, nothing is written but by step(), flush(),
    /// close().
    bool background = true;
};

/// Ops gather in a bounded queue, where those on one record coalesce, and go to the inner storage
/// in batches. A batch that fails is tried again, with growing pauses, until it succeeds: nothing
/// taken is dropped. What waits is lost in a crash, so a writer is told only when durable() has
/// reached its sequence (TG-WB-002: nothing acknowledged depends on memory). Threads: one of its
/// own writes; see ServerStorage for the rest. The inner storage is called by one thread at a time
/// for store() and flush(), and by the caller's for load(), prune(), checkpoint().
class TOPGUN_API WriteBehindStorage final : public ServerStorage {
public:
    explicit WriteBehindStorage(std::unique_ptr<ServerStorage> inner,
                                WriteBehindOptions options = {});
    /// Stops without writing what waits; call close() first.
    ~WriteBehindStorage() override;

    using ServerStorage::load;
    /// What is stored and what waits; does not need the queue to be written.
    Status load(const std::vector<MapId>& only, const RowVisitor& visit) override;
    /// All or nothing, but for malformed ops, which are refused. Waits for room; errors: limit when
    /// there is none in time, or the batch is larger than the queue.
    Result<StoreReport> store(std::span<const Op> ops) override;
    std::uint64_t durable() const override;
    /// Writes what waits without regard to the interval or to a backoff. Errors: of the first
    /// attempt that fails; what waits goes on waiting.
    Status flush() override;
    /// flush(), then the inner storage's.
    Status checkpoint() override;
    Result<std::uint64_t> prune(const Timestamp& before) override;
    /// Errors: limit, with the number of records left and the last error, when they are not written
    /// in time: pending() has them. An inner call in progress is waited for. Closes the inner
    /// storage.
    Status close(std::uint64_t within_ms) override;
    StorageStats stats() const override;
    std::optional<Timestamp> largest_stamp() const override { return std::nullopt; }
    void listen(DurabilityListener* listener) override;

    /// Writes one batch, when one is due. @return true when one was written; false when none was
    /// due or it failed. For owners without `background`; a batch of another thread is left alone.
    bool step();
    /// Milliseconds until step() has something to do; empty when only new ops bring something.
    std::optional<std::uint64_t> due_in() const;
    /// Copies of all ops that are not durable, oldest first: what to save when close() failed.
    std::vector<OwnedOp> pending() const;
    ServerStorage& inner() noexcept { return *inner_; }

private:
    using Pace = WriteBehindQueue::Pace;
    void run();
    Pace pace() const;
    bool write_batch(std::unique_lock<std::mutex>& lock);
    Status write(const std::vector<Op>& batch);
    void announce(const Status& status);
    Error refused_text() const;

    std::unique_ptr<ServerStorage> inner_;
    WriteBehindOptions options_;
    const TimeSource& time_;

    mutable std::mutex mutex_;  // guards what follows, down to last_error_
    WriteBehindQueue queue_;
    bool closing_ = false;
    bool stopping_ = false;
    std::uint64_t flush_to_ = 0;  // somebody waits for this sequence
    std::uint64_t failures_ = 0;
    std::string last_error_;
    std::condition_variable work_;  // for the writing thread
    std::condition_variable done_;  // a batch was written or failed

    std::mutex announce_mutex_;  // one call of the listener at a time
    std::uint64_t announced_ = 0;
    DurabilityListener* listener_ = nullptr;
    std::thread thread_;
};

}  // namespace topgun
