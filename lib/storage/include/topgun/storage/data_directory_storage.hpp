// SPDX-License-Identifier: Apache-2.0
// A data directory behind the storage seam, with a thread that syncs whenever there is something.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "topgun/storage/data_directory.hpp"
#include "topgun/storage/server_storage.hpp"

namespace topgun {

/// While one sync runs, the ops of the next one gather: group commit without a timer.
class TOPGUN_API DataDirectoryStorage final : public ServerStorage {
public:
    enum class Commit {
        background,  ///< A thread of its own flushes as soon as there is something to flush.
        on_flush,    ///< Only flush() does: for callers that set their own pace.
    };

    /// @pre `directory` was not opened read_only.
    explicit DataDirectoryStorage(std::unique_ptr<DataDirectory> directory,
                                  Commit commit = Commit::background);
    /// Flushes, ignoring errors; call close() first to see them.
    ~DataDirectoryStorage() override;

    using ServerStorage::load;
    Status load(const std::vector<MapId>& only, const RowVisitor& visit) override;
    Result<StoreReport> store(std::span<const Op> ops) override;
    std::uint64_t durable() const override { return directory_->durable(); }
    Status flush() override;
    Status checkpoint() override;
    Result<std::uint64_t> prune(const Timestamp& before) override;
    Status close(std::uint64_t within_ms) override;
    StorageStats stats() const override;
    SharedReplica* resident() override { return &directory_->shared(); }
    std::optional<Timestamp> largest_stamp() const override { return directory_->largest_stamp(); }
    void listen(DurabilityListener* listener) override;

    DataDirectory& directory() noexcept { return *directory_; }

private:
    void commit_loop();
    void stop();
    Status announce(Status status);

    std::unique_ptr<DataDirectory> directory_;
    Commit commit_;
    mutable std::mutex mutex_;  // guards the five below
    std::uint64_t wanted_ = 0;
    bool stopping_ = false;
    std::uint64_t failures_ = 0;
    std::string last_error_;
    bool cause_kept_ = false;
    std::condition_variable wake_;
    std::mutex announce_mutex_;  // one call of the listener at a time
    std::uint64_t announced_ = 0;
    bool told_failure_ = false;
    DurabilityListener* listener_ = nullptr;
    std::thread thread_;
};

}  // namespace topgun
