// SPDX-License-Identifier: Apache-2.0
// The walk through an OR-Map's trie, and what clients push back.
#include <shared_mutex>

#include "gate.hpp"
#include "names.hpp"
#include "records.hpp"
#include "send.hpp"

namespace topgun::sync {
namespace {

// Up to so many removed tags go with every entry of a leaf. More have been sent as events before:
// repeated with each entry they would outweigh it.
constexpr std::size_t kTagsInLeaf = 64;
// Removed tags in one SERVER_BATCH_EVENT.
constexpr std::size_t kTagsInFrame = 2000;

std::vector<std::string> removed_tags(const StateReader& state, const MapId& id, Status& status) {
    std::vector<std::string> out;
    if (!state.has(id)) return out;
    auto tags = state.removed_tags(id);
    if (!tags) {
        status = std::move(tags).error();
        return out;
    }
    status = for_each_row(**tags, [&](const Row& row) { out.emplace_back(row.tag); });
    return out;
}

std::size_t count_removed(const SharedReplica& shared, const MapId& id) {
    const std::shared_lock lock(shared.mutex);
    const auto* map = shared.replica.find(id);
    return map == nullptr ? 0 : std::get<OrMap>(map->crdt).tombstones();
}

// A removed tag counts for the whole map, also for keys that have nothing under it any more.
std::vector<std::string> tags_of_entry(const SharedReplica& shared, const MapId& id,
                                       Status& status) {
    if (count_removed(shared, id) > kTagsInLeaf) return {};
    return removed_tags(*read_live(shared, {id}), id, status);
}

// Rows in trie order as entries: a key's records stand together.
class Entries {
public:
    explicit Entries(std::vector<std::string> tags) : tags_(std::move(tags)) {}

    void add(const Row& row) {
        if (list_.empty() || list_.back().key != row.key) open(std::string(row.key));
        bytes_ += row.key.size() + row.value.size() + row.tag.size() + row.stamp.node.size();
        list_.back().records.push_back(or_record(row));
    }
    void open(std::string key) { list_.push_back({std::move(key), {}, tags_}); }
    bool starts(const Row& row) const { return list_.empty() || list_.back().key != row.key; }
    std::size_t bytes() const { return bytes_; }
    std::vector<wire::OrMapEntry> take() {
        bytes_ = 0;
        return std::exchange(list_, {});
    }

private:
    std::vector<std::string> tags_;
    std::vector<wire::OrMapEntry> list_;
    std::size_t bytes_ = 0;
};

}  // namespace

// As events, because TopGun's client tells its listeners of those and stores their tags, which it
// does with neither in a leaf. Later removals reach a follower of the map as they happen.
void Connection::send_removed_tags(const std::string& map) {
    if (told_removed_.contains(map)) return;
    if (maps_.contains(map)) told_removed_.insert(map);
    const MapId id{map, MapKind::or_map};
    if (count_removed(hub_.maps().shared(), id) == 0) return;
    const auto state = read_live(hub_.maps().shared(), {id});
    Status status;
    wire::ServerBatchEvent batch;
    for (auto& tag : removed_tags(*state, id, status)) {
        wire::ServerEvent event;
        event.map_name = map;
        event.event_type = wire::EventType::or_remove;
        event.or_tag = std::move(tag);
        batch.events.push_back(std::move(event));
        if (batch.events.size() < kTagsInFrame) continue;
        send(batch);
        batch.events.clear();
    }
    if (!status) return send_error(500, status.error().message());
    if (!batch.events.empty()) send(batch);
}

void Connection::on(const wire::OrMapSyncInit& message) {
    const MapId id{message.map_name, MapKind::or_map};
    if (!may_read(id)) return;
    ++hub_.counters_.sync_rounds;
    follow(message.map_name);
    const auto root = current_trie(hub_.maps().shared(), id).root();
    send(wire::OrMapSyncRespRoot{message.map_name, root, hub_.now(), {}, false});
}

void Connection::on(const wire::OrMapMerkleReqBucket& message) {
    const MapId id{message.map_name, MapKind::or_map};
    if (!may_read(id)) return;
    if (!is_trie_path(message.path)) {
        return send_error(400, "ORMAP_MERKLE_REQ_BUCKET: no such path");
    }
    ++hub_.counters_.walk_requests;
    send_removed_tags(message.map_name);
    if (message.path.size() < Trie::kWireDepth) {
        wire::OrMapSyncRespBuckets reply{message.map_name, message.path, {}};
        // The client pushes what only it has below two digits, but cannot from higher up: there it
        // must be led down by labels with a hash of 0.
        if (message.path.size() < 2) {
            for (const char digit : std::string_view("0123456789abcdef")) {
                reply.buckets.append(std::string(1, digit)) = 0;
            }
        }
        const auto buckets = current_trie(hub_.maps().shared(), id).buckets(message.path);
        TOPGUN_ASSERT(buckets, "the path was checked");
        for (const auto& one : *buckets) reply.buckets.append(std::string(1, one.label)) = one.hash;
        reply.buckets.sort();
        return send(reply);
    }
    const auto state = read_live(hub_.maps().shared(), {id});
    Status status;
    Entries entries(tags_of_entry(hub_.maps().shared(), id, status));
    if (status && state->has(id)) {
        const StateReader& reader = *state;
        auto rows = reader.rows(id, {hashes_below(message.path)});
        if (!rows) return send_error(500, rows.error().message());
        const bool hides = hub_.gate_->hides_rows(message.map_name, context_);
        status = for_each_row(**rows, [&](const Row& row) {
            if (hides && !hub_.gate_->shows(message.map_name, row.value, context_)) return;
            // Between keys only: a client that pushes back must have seen the whole of a key.
            if (entries.bytes() > hub_.options().limits.leaf_bytes && entries.starts(row)) {
                send(wire::OrMapSyncRespLeaf{message.map_name, message.path, entries.take(), {}});
            }
            entries.add(row);
        });
    }
    if (!status) return send_error(500, status.error().message());
    send(wire::OrMapSyncRespLeaf{message.map_name, message.path, entries.take(), {}});
}

void Connection::on(const wire::OrMapDiffRequest& message) {
    const MapId id{message.map_name, MapKind::or_map};
    if (!may_read(id)) return;
    ++hub_.counters_.walk_requests;
    send_removed_tags(message.map_name);
    Status status;
    Entries entries(tags_of_entry(hub_.maps().shared(), id, status));
    if (!status) return send_error(500, status.error().message());
    for (std::size_t i = 0; i < message.keys.size(); ++i) {
        const auto& key = message.keys[i];
        if (entries.bytes() > hub_.options().limits.leaf_bytes) {
            send(wire::OrMapDiffResponse{message.map_name, entries.take(), {}});
            if (closing_) return;
            if (!has_room()) {
                // The rest when it has taken this.
                const auto rest = message.keys.begin() + static_cast<std::ptrdiff_t>(i);
                kept_.push_front({wire::encoded(wire::OrMapDiffRequest{message.map_name,
                                                                       {rest, message.keys.end()}}),
                                  true});
                return;
            }
        }
        entries.open(key);
        const auto found =
            find_rows(hub_.maps().shared(), id, key, [&](const MapId&, const Row& row) {
                if (hub_.gate_->shows(message.map_name, row.value, context_)) entries.add(row);
                return Status();
            });
        if (!found) return send_error(500, found.error().message());
    }
    send(wire::OrMapDiffResponse{message.map_name, entries.take(), {}});
}

// No acknowledgement: TopGun's client would take its number for one of its own ops.
void Connection::on(const wire::OrMapPushDiff& message) {
    const MapId id{message.map_name, MapKind::or_map};
    if (!may_read(id)) return;
    follow(message.map_name);
    auto written = hub_.push(message, context_, id_);
    if (!written) {
        ++hub_.counters_.storage_failures;
        return send_error(500, "not stored: " + written.error().message());
    }
    if (!written->denied.empty()) return send_error(403, written->denied);
    if (!written->rejections.empty()) {
        const auto& first = written->rejections.front();
        send_error(first.code, "ORMAP_PUSH_DIFF: " + first.reason);
    }
    if (!written->echoes.empty()) {
        hub_.reply_when_durable(written->sequence, id_, std::move(written->echoes));
    }
}

}  // namespace topgun::sync
