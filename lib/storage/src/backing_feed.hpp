// SPDX-License-Identifier: Apache-2.0
// Brings to a backing what a data directory has, and knows how far it has come.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>

#include "log_tail.hpp"
#include "topgun/storage/backed_storage.hpp"
#include "topgun/storage/owned_op.hpp"
#include "watermark.hpp"

namespace topgun::storage {

/// Threads: one owner, but stats() from any.
class BackingFeed {
public:
    /// @param cancelled  true ends what is going on between two pieces. All outlive this.
    BackingFeed(DataDirectory& directory, Backing& backing, std::uint64_t keep_log_bytes,
                const std::atomic<bool>& cancelled);

    /// Finds the place to go on at. @param last  as an earlier session left it.
    Status begin(const std::optional<Watermark>& last);
    /// Sends all that is durable now. After an error the next call goes on.
    Status send();
    BackingStats stats() const;

private:
    using Clock = std::chrono::steady_clock;
    Status send_new();
    Status check_identity();
    Status send_state();
    Status send_rows(const std::vector<OwnedOp>& rows);
    Status send_piece(const LogEnd& end);
    Status merge(std::span<const Op> ops);
    bool go_on_at(const LogPlace& place);
    void begin_anew();
    void bound_logs();
    Status advance(const LogPlace& place, std::int64_t delivered);
    void count_state();
    Status check_cancelled() const;

    DataDirectory& directory_;
    Backing& backing_;
    std::uint64_t keep_log_bytes_;
    const std::atomic<bool>& cancelled_;
    LogTail tail_;
    std::string identity_;
    LogPlace place_;  // the backing has everything before it, unless it gets everything

    mutable std::mutex mutex_;  // guards what follows
    bool everything_ = false;
    std::uint64_t rows_left_ = 0;  // while it gets everything
    // Sequence of the last op that it has; below 0 by what earlier sessions left.
    std::int64_t delivered_ = 0;
    Clock::time_point complete_ = Clock::now();  // when it had everything last
    BackingStats counts_;
};

}  // namespace topgun::storage
