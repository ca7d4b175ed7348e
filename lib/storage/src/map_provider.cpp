// SPDX-License-Identifier: Apache-2.0
#include "topgun/storage/map_provider.hpp"

#include <algorithm>

#include "recovery.hpp"

namespace topgun {

MapProvider::~MapProvider() = default;

StoredMaps::StoredMaps(ServerStorage& storage, MapGuard guard)
    : storage_(storage), guard_(std::move(guard)), shared_(storage.resident()) {
    if (shared_ == nullptr) {
        own_ = std::make_unique<SharedReplica>();
        shared_ = own_.get();
    }
}

Result<std::unique_ptr<StoredMaps>> StoredMaps::open(ServerStorage& storage, MapGuard guard) {
    std::unique_ptr<StoredMaps> maps(new StoredMaps(storage, std::move(guard)));
    TOPGUN_TRY(maps->load());
    return maps;
}

Status StoredMaps::load() {
    if (auto known = storage_.largest_stamp()) {
        largest_ = std::move(*known);
        if (!own_) return {};
    }
    return storage_.load([this](const MapId& map, const Row& row) -> Status {
        storage::raise(largest_, row.stamp);
        if (!own_) return {};
        auto merged = own_->replica.apply(row_op(map, row));
        return merged ? Status() : Status(std::move(merged).error());
    });
}

Status StoredMaps::allow(const MapId& map, MapAccess access, const RequestContext& context) const {
    return guard_ ? guard_(map, access, context) : Status();
}

Result<std::vector<MapId>> StoredMaps::maps(const RequestContext& context) {
    auto all = read_live(*shared_)->maps();
    std::erase_if(all, [&](const MapId& id) { return !allow(id, MapAccess::read, context); });
    return all;
}

Result<std::unique_ptr<StateReader>> StoredMaps::state(std::vector<MapId> maps,
                                                       const RequestContext& context) {
    for (const auto& id : maps) TOPGUN_TRY(allow(id, MapAccess::read, context));
    std::sort(maps.begin(), maps.end());
    maps.erase(std::unique(maps.begin(), maps.end()), maps.end());
    return read_live(*shared_, std::move(maps));
}

Status StoredMaps::find(const MapId& map, std::string_view key, const RequestContext& context,
                        const RowVisitor& visit) {
    TOPGUN_TRY(allow(map, MapAccess::read, context));
    return find_rows(*shared_, map, key, visit);
}

Result<Trie> StoredMaps::trie(const MapId& map, const RequestContext& context) {
    TOPGUN_TRY(allow(map, MapAccess::read, context));
    return current_trie(*shared_, map);
}

Result<StoreReport> StoredMaps::apply(std::span<const Op> ops, const RequestContext& context) {
    if (!guard_) return apply_checked(ops);
    std::vector<Op> allowed;
    std::vector<std::optional<Error>> forbidden(ops.size());
    for (std::size_t i = 0; i < ops.size(); ++i) {
        const MapId map{std::string(ops[i].map), map_kind_of(ops[i].kind)};
        auto status = allow(map, MapAccess::write, context);
        if (status)
            allowed.push_back(ops[i]);
        else
            forbidden[i].emplace(std::move(status).error());
    }
    auto inner = apply_checked(allowed);
    if (!inner || allowed.size() == ops.size()) return inner;
    // Back to the positions in the whole batch.
    StoreReport report;
    report.sequence = inner->sequence;
    std::size_t at = 0;
    auto refusal = inner->refusals.begin();
    for (auto& error : forbidden) {
        if (error) {
            report.refuse(std::move(*error));
        } else if (inner->outcomes[at++] == OpOutcome::refused) {
            report.refuse(std::move((refusal++)->error));
        } else {
            report.outcomes.push_back(inner->outcomes[at - 1]);
        }
    }
    return report;
}

// Stores first: an op that is merged but was not taken by the storage would come again as one that
// is known already, and be acknowledged without ever being stored.
Result<StoreReport> StoredMaps::apply_checked(std::span<const Op> ops) {
    auto stored = storage_.store(ops);
    if (!stored) return stored;
    if (own_) {
        StoreReport report;
        report.sequence = stored->sequence;
        auto refusal = stored->refusals.begin();
        const std::lock_guard lock(own_->mutex);
        for (std::size_t i = 0; i < ops.size(); ++i) {
            if (stored->outcomes[i] == OpOutcome::refused) {
                report.refuse(std::move((refusal++)->error));
                continue;
            }
            auto merged = own_->replica.apply(ops[i]);
            if (merged)
                report.outcomes.push_back(outcome_of(*merged));
            else
                report.refuse(std::move(merged).error());
        }
        *stored = std::move(report);
    }
    note(ops, *stored);
    return stored;
}

void StoredMaps::note(std::span<const Op> ops, const StoreReport& report) {
    const Stamp* largest = nullptr;
    for (std::size_t i = 0; i < ops.size(); ++i) {
        const bool larger = largest == nullptr || *largest < ops[i].stamp;
        if (larger && changed_state(report.outcomes[i])) largest = &ops[i].stamp;
    }
    if (largest == nullptr) return;
    const std::lock_guard lock(largest_mutex_);
    storage::raise(largest_, *largest);
}

Timestamp StoredMaps::largest_stamp() const {
    const std::lock_guard lock(largest_mutex_);
    return largest_;
}

}  // namespace topgun
