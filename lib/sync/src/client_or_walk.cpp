// SPDX-License-Identifier: Apache-2.0
#include "client_or_walk.hpp"

#include <algorithm>
#include <mutex>
#include <shared_mutex>

#include "records.hpp"
#include "topgun/replica/record_row.hpp"

namespace topgun::sync::client {
namespace {

Row row_of(const std::string& key, const wire::OrMapRecord& from) {
    return record_row(key, OrRecord{from.timestamp.view(), from.tag, from.value.bytes,
                                    from.ttl_ms.value_or(kNoTtl)});
}

}  // namespace

void OrWalk::ask_root() {
    const auto own = trie();
    wire::OrMapSyncInit init{report_.map.name, own.root(), {}, 0, 0};
    const auto buckets = own.buckets("");
    for (const auto& bucket : *buckets) {
        init.bucket_hashes.append(std::string(1, bucket.label)) = bucket.hash;
    }
    init.bucket_hashes.sort();
    const auto memory = session_.memory.maps.find(report_.map);
    if (memory != session_.memory.maps.end()) init.claimed_epoch = memory->second.epoch;
    session_.link.send(init);
}

void OrWalk::ask_path(const std::string& path) {
    session_.link.send(wire::OrMapMerkleReqBucket{report_.map.name, path});
}

void OrWalk::note_epoch(std::optional<std::uint64_t> epoch) {
    if (epoch) epoch_ = std::min(epoch_.value_or(*epoch), *epoch);
}

void OrWalk::hear_root_message(const wire::OrMapSyncRespRoot& message) {
    note_epoch(message.covering_epoch);
    full_resync_ = full_resync_ || message.full_resync;
    hear_root(message.root_hash);
}

void OrWalk::hear_leaf(const wire::OrMapSyncRespLeaf& message, std::size_t frame_bytes) {
    auto* request = open_leaf(message.path);
    note_epoch(message.covering_epoch);
    std::vector<Op> wins;
    for (const auto& entry : message.entries) {
        for (const auto& tag : entry.tombstones) {
            if (tag.empty() || !told_removed_.insert(tag).second) continue;
            Op op;
            op.kind = OpKind::or_remove;
            op.map = report_.map.name;
            op.tag = tag;
            wins.push_back(op);
        }
    }
    {
        auto& shared = session_.local.shared();
        const std::shared_lock lock(shared.mutex);
        const auto* map = shared.replica.find(report_.map);
        const auto* ormap = map == nullptr ? nullptr : &std::get<OrMap>(map->crdt);
        for (const auto& entry : message.entries) {
            std::unordered_set<std::string_view> tags;
            for (const auto& record : entry.records) {
                ++report_.received;
                const auto theirs = row_of(entry.key, record);
                tags.insert(record.tag);
                if (request != nullptr) request->seen.insert(seen_key(entry.key, record.tag));
                if (record.tag.empty() || !usable_stamp(theirs.stamp))
                    ++report_.malformed;
                else
                    compare(theirs, ormap, wins);
            }
            if (request == nullptr || ormap == nullptr) continue;
            const auto local = ormap->find(entry.key);
            if (!local.empty() && std::all_of(local.begin(), local.end(), [&](const OrRecord& r) {
                    return tags.contains(r.tag);
                })) {
                ++request->matched;
            }
        }
    }
    if (session_.pulls()) session_.store(wins, report_);
    if (request != nullptr) close_leaf(message.path, frame_bytes);
    pump();
}

void OrWalk::compare(const Row& theirs, const OrMap* map, std::vector<Op>& wins) {
    const auto differs = [&](SyncDifference kind, const Row* ours) {
        if (session_.compares())
            session_.tell({report_.map, kind, ours, &theirs}, report_);
        else
            ++report_.differing;
    };
    if (map != nullptr && map->is_removed(theirs.tag)) {
        differs(SyncDifference::newer_local, nullptr);
        Op op;
        op.kind = OpKind::or_remove;
        op.map = report_.map.name;
        // TopGun's server keeps removed tags by key, so that the key must be named.
        op.key = theirs.key;
        op.tag = theirs.tag;
        if (session_.job.estimate) ++counted().records_out;
        if (session_.pushes() && !rereading() && !full_resync_) push(op, theirs.key_hash);
        return;
    }
    const auto local = map == nullptr ? std::nullopt : map->find_record(theirs.key, theirs.tag);
    int order = -1;
    Row ours;
    if (local) {
        ours = record_row(theirs.key, theirs.key_hash, *local);
        order = compare_version(ours, theirs);
        if (order == 0) return;
    }
    auto kind = order < 0 ? SyncDifference::newer_remote : SyncDifference::newer_local;
    if (!local) kind = SyncDifference::only_remote;
    if (local && ours.stamp == theirs.stamp) kind = SyncDifference::same_stamp;
    differs(kind, local ? &ours : nullptr);
    if (order < 0) {
        if (session_.job.estimate) ++counted().records_in;
        wins.push_back(row_op(report_.map, theirs));
        return;
    }
    if (session_.job.estimate) ++counted().records_out;
    // TopGun's server takes no other record for a tag that it knows.
    if (session_.pushes() && session_.own_server() && !rereading() && !full_resync_) {
        push(row_op(report_.map, ours), ours.key_hash);
    }
}

void OrWalk::take_local_only(const Row& row, bool) {
    if (told_removed_.contains(std::string(row.tag))) return;
    if (session_.compares()) {
        return session_.tell({report_.map, SyncDifference::only_local, &row, nullptr}, report_);
    }
    ++report_.differing;
    if (session_.job.estimate) {
        ++counted().records_out;
        counted().bytes_out += row.key.size() + row.value.size() + row.tag.size();
    }
    if (!session_.pushes()) return;
    // The server has forgotten removals that this replica may not know of: to send what it lacks
    // could bring back what was removed.
    if (full_resync_) {
        ++report_.withheld;
        return;
    }
    push(row_op(report_.map, row), row.key_hash);
}

void OrWalk::finish() {
    if (!session_.pulls() || !epoch_ || !sound()) return;
    session_.memory.maps[report_.map].epoch = *epoch_;
    session_.covered_epoch = std::min(session_.covered_epoch.value_or(*epoch_), *epoch_);
}

}  // namespace topgun::sync::client
