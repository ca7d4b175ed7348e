// SPDX-License-Identifier: Apache-2.0
// A storage that forgets: for tests, caches, and endpoints that live on their peers' data.
#pragma once

#include <atomic>

#include "topgun/storage/server_storage.hpp"

namespace topgun {

/// Everything counts as durable at once.
class TOPGUN_API MemoryStorage final : public ServerStorage {
public:
    using ServerStorage::load;
    Status load(const std::vector<MapId>& only, const RowVisitor& visit) override;
    Result<StoreReport> store(std::span<const Op> ops) override;
    std::uint64_t durable() const override { return sequence_; }
    Status flush() override { return {}; }
    Status checkpoint() override { return {}; }
    Result<std::uint64_t> prune(const Timestamp& before) override;
    Status close(std::uint64_t within_ms) override;
    StorageStats stats() const override;
    SharedReplica* resident() override { return &shared_; }
    void listen(DurabilityListener* listener) override { listener_ = listener; }

private:
    SharedReplica shared_;
    std::atomic<std::uint64_t> sequence_{0};
    std::atomic<bool> closed_{false};
    std::mutex announce_mutex_;
    std::uint64_t announced_ = 0;
    DurabilityListener* listener_ = nullptr;
};

}  // namespace topgun
