// SPDX-License-Identifier: Apache-2.0
// A disk that takes its time, and a crash that keeps only what the disk was sure of, and a little.
#pragma once

#include <algorithm>
#include <vector>

#include "topgun/base/random.hpp"
#include "topgun/storage/memory_storage.hpp"
#include "topgun/storage/owned_op.hpp"
#include "topgun_test/support.hpp"

namespace topgun::test {

class Disk final : public ServerStorage {
public:
    /// @param kept  what an earlier life left.
    explicit Disk(const std::vector<OwnedOp>& kept) {
        for (const auto& op : kept) {
            const auto view = op.view();
            (void)must(store({&view, 1}));
        }
        synced_ = log_.size();
    }

    using ServerStorage::load;
    Status load(const std::vector<MapId>& only, const RowVisitor& visit) override {
        return inner_.load(only, visit);
    }
    Result<StoreReport> store(std::span<const Op> ops) override {
        auto report = inner_.store(ops);
        if (!report) return report;
        for (const auto& op : ops) log_.emplace_back(op);
        report->sequence = log_.size();
        return report;
    }
    std::uint64_t durable() const override { return synced_; }
    Status flush() override {
        synced_ = log_.size();
        return {};
    }
    Status checkpoint() override { return {}; }
    Result<std::uint64_t> prune(const Timestamp& before) override { return inner_.prune(before); }
    Status close(std::uint64_t) override { return flush(); }
    StorageStats stats() const override { return inner_.stats(); }
    SharedReplica* resident() override { return inner_.resident(); }
    void listen(DurabilityListener*) override {}

    /// Some more of what waits is on disk now.
    void sync_some(Random& random) { synced_ += random.below(log_.size() - synced_ + 1); }
    /// What a crash leaves: all that was durable, and perhaps a part of the rest, in order.
    std::vector<OwnedOp> after_crash(Random& random) const {
        const auto lucky = random.below(log_.size() - synced_ + 1);
        return {log_.begin(), log_.begin() + static_cast<std::ptrdiff_t>(synced_ + lucky)};
    }

private:
    MemoryStorage inner_;
    std::vector<OwnedOp> log_;
    std::uint64_t synced_ = 0;
};

}  // namespace topgun::test
