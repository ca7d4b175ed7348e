// SPDX-License-Identifier: Apache-2.0
#include "topgun/storage/server_storage.hpp"

#include "topgun/replica/visit.hpp"
#include "topgun/storage/memory_storage.hpp"

namespace topgun {

DurabilityListener::~DurabilityListener() = default;
void DurabilityListener::on_refused(const Op&, const Error&) {}
ServerStorage::~ServerStorage() = default;

Status visit_rows(const SharedReplica& shared, const std::vector<MapId>& only,
                  const RowVisitor& visit) {
    const auto reader = only.empty() ? read_live(shared) : read_live(shared, only);
    return visit_all_rows(*reader, visit);
}

Status MemoryStorage::load(const std::vector<MapId>& only, const RowVisitor& visit) {
    return visit_rows(shared_, only, visit);
}

Result<StoreReport> MemoryStorage::store(std::span<const Op> ops) {
    if (closed_) return Error(Errc::usage, "memory storage: closed");
    StoreReport report;
    report.outcomes.reserve(ops.size());
    {
        const std::lock_guard lock(shared_.mutex);
        for (const auto& op : ops) {
            auto merged = shared_.replica.apply(op);
            if (merged)
                report.outcomes.push_back(outcome_of(*merged));
            else
                report.refuse(std::move(merged).error());
        }
        report.sequence = sequence_ += ops.size();
    }
    // Batches of two threads may arrive here in the other order.
    const std::lock_guard announcing(announce_mutex_);
    if (listener_ != nullptr && report.sequence > announced_) {
        announced_ = report.sequence;
        listener_->on_durable(announced_);
    }
    return report;
}

Result<std::uint64_t> MemoryStorage::prune(const Timestamp& before) {
    return std::uint64_t{prune_tombstones(shared_, before.view())};
}

Status MemoryStorage::close(std::uint64_t) {
    closed_ = true;
    return {};
}

StorageStats MemoryStorage::stats() const {
    StorageStats out;
    out.sequence = out.durable = sequence_;
    return out;
}

}  // namespace topgun
