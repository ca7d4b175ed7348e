// SPDX-License-Identifier: Apache-2.0
#include "export_tally.hpp"

#include "topgun/replica/row.hpp"

namespace topgun::pg {
namespace {

Row row_of(const Op& op) {
    Row row;
    row.tag = op.tag;
    row.removed = op.kind == OpKind::or_remove;
    if (row.removed) return row;
    row.key = op.key;
    row.stamp = op.stamp;
    row.value = op.value;
    if (!op.value.empty()) row.ttl_ms = op.ttl_ms;
    return row;
}

Error differs(const MapId& map, std::string what) {
    return Error(Errc::bad_input, "map '" + map.name + "': " + std::move(what));
}

}  // namespace

void Tally::change(const MapId& map, const Row& row, std::uint64_t sign) {
    const auto content = row_content(row, scratch_);
    auto& sums = maps_[map];
    sums.rows += sign;
    sums.content.high += content.high * sign;
    sums.content.low += content.low * sign;
}

void Tally::add(const MapId& map, const MapTally& sums) {
    auto& own = maps_[map];
    own.rows += sums.rows;
    own.content.high += sums.content.high;
    own.content.low += sums.content.low;
}

void Tally::add(const Tally& other) {
    for (const auto& [map, sums] : other.maps_) add(map, sums);
}

Status Tally::check(const StateReader& written) const {
    std::size_t found = 0;
    for (const auto& [map, sums] : maps_) {
        if (sums == MapTally{}) continue;
        if (!written.has(map)) return differs(map, "was read, but not written");
        auto facts = written.summary(map);
        if (!facts) return std::move(facts).error();
        const bool tagged = map.kind == MapKind::or_map;
        const auto rows = (*facts)->records + (tagged ? (*facts)->tombstones : 0);
        if (rows != sums.rows || (*facts)->content != sums.content) {
            return differs(map, std::to_string(sums.rows) + " records were read, and " +
                                    std::to_string(rows) + " were written, or others");
        }
        ++found;
    }
    if (found == written.maps().size()) return {};
    return Error(Errc::bad_input, "more maps were written than read");
}

Status GatheredRows::take(const Op& op) {
    if (op.kind == OpKind::counter) return take_counter(op);
    if (!losers_.maps().empty()) losers_ = {};
    auto merged = replica_->apply(op, this);
    if (!merged) return std::move(merged).error();
    // Of a lost op the observer hears, too; it was never there.
    if (*merged != Merged::added && *merged != Merged::replaced) return {};
    map_.kind = map_kind_of(op.kind);
    if (map_.name != op.map) map_.name = op.map;
    tally_.add(map_, row_of(op));
    tally_.add(losers_);
    return {};
}

// The larger of each count stays: a row that may be neither what was there nor what came.
Status GatheredRows::take_counter(const Op& op) {
    const MapId map{std::string(op.map), MapKind::counter};
    Bytes value;
    // @return false when the node has no entry.
    const auto entry = [&](Row& row) {
        const auto* const there = replica_->find(map);
        if (there == nullptr) return false;
        const auto& entries = std::get<PnCounter>(there->crdt).entries();
        const auto at = entries.find(op.key);
        if (at == entries.end()) return false;
        value.clear();
        encode_counter_entry(at->second.positive, at->second.negative, value);
        row.key = op.key;
        row.value = value;
        return true;
    };
    if (Row before; entry(before)) tally_.take_out(map, before);
    auto merged = replica_->apply(op);
    if (!merged) return std::move(merged).error();
    if (Row after; entry(after)) tally_.add(map, after);
    return {};
}

void GatheredRows::on_conflict(const Conflict& conflict) {
    losers_.take_out(conflict.map, conflict.loser);
}

std::unique_ptr<StateReader> GatheredRows::take_state() {
    return own_replica(std::exchange(replica_, std::make_unique<Replica>()));
}

}  // namespace topgun::pg
