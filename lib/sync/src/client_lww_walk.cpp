// SPDX-License-Identifier: Apache-2.0
#include "client_lww_walk.hpp"

#include <algorithm>
#include <mutex>
#include <shared_mutex>

#include "records.hpp"
#include "topgun/base/random.hpp"
#include "topgun/replica/record_row.hpp"

namespace topgun::sync::client {
namespace {

// Rather keep what was removed than lose all to a server that starts empty.
constexpr std::size_t kFewVanished = 10;

std::uint64_t memory_item(std::string_view key, const Stamp& stamp) {
    const auto time = splitmix64(stamp.millis) ^ splitmix64(~std::uint64_t{stamp.counter});
    return splitmix64(xxh3_64(key) ^ time) + xxh3_64(stamp.node);
}

Op op_of(const std::string& map, const wire::LeafRecord& from) {
    Op op;
    op.kind = from.record.value.is_nil() ? OpKind::remove : OpKind::put;
    op.map = map;
    op.key = from.key;
    op.stamp = from.record.timestamp.view();
    if (op.kind == OpKind::put) {
        op.value = from.record.value.bytes;
        op.ttl_ms = from.record.ttl_ms.value_or(kNoTtl);
    }
    return op;
}

}  // namespace

void LwwWalk::ask_root() {
    session_.link.send(wire::SyncInit{report_.map.name, {}});
}

void LwwWalk::ask_path(const std::string& path) {
    session_.link.send(wire::MerkleReqBucket{report_.map.name, path});
}

void LwwWalk::hear_leaf(const wire::SyncRespLeaf& message, std::size_t frame_bytes) {
    auto* request = open_leaf(message.path);
    std::vector<Op> wins;
    {
        auto& shared = session_.local.shared();
        const std::shared_lock lock(shared.mutex);
        const auto* map = shared.replica.find(report_.map);
        const auto* lww = map == nullptr ? nullptr : &std::get<LwwMap>(map->crdt);
        for (const auto& one : message.records) {
            const auto op = op_of(report_.map.name, one);
            ++report_.received;
            keeps_tombstones_ = keeps_tombstones_ || op.kind == OpKind::remove;
            const auto local = lww == nullptr ? std::nullopt : lww->find(one.key);
            if (request != nullptr && request->seen.insert(seen_key(one.key)).second && local) {
                ++request->matched;
            }
            if (usable_stamp(op.stamp))
                compare(op, local, wins);
            else
                ++report_.malformed;
        }
    }
    if (session_.pulls()) session_.store(wins, report_);
    if (request != nullptr) close_leaf(message.path, frame_bytes);
    pump();
}

void LwwWalk::compare(const Op& remote, const std::optional<LwwRecord>& local,
                      std::vector<Op>& wins) {
    Row theirs = record_row(remote.key, LwwRecord{remote.stamp, remote.value, remote.ttl_ms});
    if (!local) {
        remember(remote, remote.stamp);
        wins.push_back(remote);
        if (session_.job.estimate) ++counted().records_in;
        if (session_.compares()) {
            session_.tell({report_.map, SyncDifference::only_remote, nullptr, &theirs}, report_);
        }
        return;
    }
    const auto ours = record_row(remote.key, theirs.key_hash, *local);
    const int order = compare_version(ours, theirs);
    const bool same_value = local->value == remote.value;
    if (order <= 0)
        remember(remote, remote.stamp);
    else if (same_value)
        remember(remote, local->stamp);
    if (order == 0) return;
    if (session_.compares()) {
        auto kind = order < 0 ? SyncDifference::newer_remote : SyncDifference::newer_local;
        if (ours.stamp == theirs.stamp) kind = SyncDifference::same_stamp;
        return session_.tell({report_.map, kind, &ours, &theirs}, report_);
    }
    ++report_.differing;
    if (order < 0) {
        if (session_.job.estimate) ++counted().records_in;
        wins.push_back(remote);
        return;
    }
    // A server that stamps anew would get the same value again with every sync.
    if (!session_.own_server() && same_value) return;
    auto op = row_op(report_.map, ours);
    if (session_.job.estimate) {
        ++counted().records_out;
        counted().bytes_out += op.key.size() + op.value.size();
    }
    if (session_.pushes() && !rereading()) push(op, ours.key_hash);
}

bool LwwWalk::was_seen(const Row& row) const {
    const auto found = session_.memory.maps.find(report_.map);
    if (found == session_.memory.maps.end()) return false;
    const auto& seen = found->second.seen;
    return std::binary_search(seen.begin(), seen.end(), memory_item(row.key, row.stamp));
}

void LwwWalk::remember(const Op& remote, const Stamp& local) {
    if (!session_.own_server() && remote.kind == OpKind::put) {
        seen_.push_back(memory_item(remote.key, local));
    }
}

void LwwWalk::take_local_only(const Row& row, bool answered) {
    if (session_.compares()) {
        return session_.tell({report_.map, SyncDifference::only_local, &row, nullptr}, report_);
    }
    ++report_.differing;
    if (session_.job.estimate) {
        ++counted().records_out;
        counted().bytes_out += row.key.size() + row.value.size();
    }
    // The server had it, and it has not changed here since: then it was removed there.
    if (!row.value.empty() && was_seen(row)) {
        if (answered)
            vanished_.emplace_back(row.key, Timestamp(row.stamp));
        else
            ++report_.withheld;
        return;
    }
    if (!session_.pushes()) return;
    // TopGun's server keeps no tombstones: they would go out again with every sync.
    if (!session_.own_server() && row.value.empty() && !keeps_tombstones_) return;
    push(row_op(report_.map, row), row.key_hash);
}

void LwwWalk::finish_walk() {
    if (!vanished_.empty()) settle_vanished();
}

void LwwWalk::settle_vanished() {
    const auto known = session_.memory.maps[report_.map].seen.size();
    const bool doubtful = vanished_.size() > std::max(kFewVanished, known / 2);
    if (!sound() || doubtful || session_.options.clock == nullptr || !session_.pulls() ||
        keeps_tombstones_) {
        report_.withheld += vanished_.size();
        return;
    }
    std::vector<Timestamp> stamps;
    std::vector<Op> ops;
    stamps.reserve(vanished_.size());
    for (const auto& [key, stamp] : vanished_) {
        stamps.push_back(session_.stamp_after(stamp.view()));
        Op op;
        op.kind = OpKind::remove;
        op.map = report_.map.name;
        op.key = key;
        op.stamp = stamps.back().view();
        ops.push_back(op);
    }
    session_.store(ops, report_);
    report_.vanished += ops.size();
}

void LwwWalk::finish() {
    if (session_.own_server() || session_.compares() || session_.job.estimate) return;
    if (pruned() || keeps_tombstones_) {
        session_.memory.maps.erase(report_.map);
        return;
    }
    auto& memory = session_.memory.maps[report_.map];
    // What could not be looked at counts as it did before, and so does what was kept back.
    if (!sound() || report_.withheld > 0) {
        seen_.insert(seen_.end(), memory.seen.begin(), memory.seen.end());
    }
    std::sort(seen_.begin(), seen_.end());
    seen_.erase(std::unique(seen_.begin(), seen_.end()), seen_.end());
    memory.seen = std::move(seen_);
    // Of use only where nothing was written since the root was told.
    memory.remote_root = pushed_any() || !sound() || !session_.pulls() ? 0 : remote_root();
    memory.local_root = trie().root();
}

}  // namespace topgun::sync::client
