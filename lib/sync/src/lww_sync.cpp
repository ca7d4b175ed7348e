// SPDX-License-Identifier: Apache-2.0
// The walk through an LWW map's trie, in the client's form: equal replicas stop at the root
// (TG-SYN-004). Tombstones are part of it.
#include "gate.hpp"
#include "names.hpp"
#include "records.hpp"
#include "send.hpp"

namespace topgun::sync {

bool Connection::may_read(const MapId& map) {
    if (const char* fault = name_fault(map.name)) {
        send_error(403, fault);
        return false;
    }
    if (!hub_.gate_->closed()) return true;
    const auto allowed = hub_.gate_->may_read_partly(map, context_);
    if (allowed) return true;
    ++hub_.counters_.denied;
    send_error(403, allowed.error().message());
    return false;
}

void Connection::announce(const std::string& map, MapKind kind) {
    if (!hub_.options().announce_roots) return;
    const auto root = current_trie(hub_.maps().shared(), {map, kind}).root();
    if (root == 0) return;
    if (kind == MapKind::lww)
        send(wire::SyncRespRoot{map, root, hub_.now()});
    else
        send(wire::OrMapSyncRespRoot{map, root, hub_.now(), {}, false});
}

void Connection::on(const wire::SyncInit& message) {
    const MapId id{message.map_name, MapKind::lww};
    if (!may_read(id)) return;
    ++hub_.counters_.sync_rounds;
    follow(message.map_name);
    const auto root = current_trie(hub_.maps().shared(), id).root();
    send(wire::SyncRespRoot{message.map_name, root, hub_.now()});
}

void Connection::on(const wire::MerkleReqBucket& message) {
    const MapId id{message.map_name, MapKind::lww};
    if (!may_read(id)) return;
    if (!is_trie_path(message.path)) return send_error(400, "MERKLE_REQ_BUCKET: no such path");
    ++hub_.counters_.walk_requests;
    if (message.path.size() < Trie::kWireDepth) {
        const auto buckets = current_trie(hub_.maps().shared(), id).buckets(message.path);
        TOPGUN_ASSERT(buckets, "the path was checked");
        if (!buckets->empty()) {
            wire::SyncRespBuckets reply{message.map_name, message.path, {}};
            for (const auto& one : *buckets)
                reply.buckets.append(std::string(1, one.label)) = one.hash;
            reply.buckets.sort();
            return send(reply);
        }
    }
    // A path without keys is answered too: whoever asked waits.
    wire::SyncRespLeaf reply{message.map_name, message.path, {}};
    std::size_t bytes = 0;
    const bool hides = hub_.gate_->hides_rows(message.map_name, context_);
    const auto add = [&](const Row& row) {
        if (hides && !hub_.gate_->shows(message.map_name, row.value, context_)) return;
        if (bytes > hub_.options().limits.leaf_bytes) {
            send(reply);
            reply.records.clear();
            bytes = 0;
        }
        bytes += row.key.size() + row.value.size() + row.stamp.node.size();
        reply.records.push_back({std::string(row.key), lww_record(row)});
    };
    const auto state = read_live(hub_.maps().shared(), {id});
    if (state->has(id) && message.path.size() == Trie::kWireDepth) {
        const StateReader& reader = *state;
        auto rows = reader.rows(id, {hashes_below(message.path)});
        if (!rows) return send_error(500, rows.error().message());
        if (const auto read = for_each_row(**rows, add); !read) {
            return send_error(500, read.error().message());
        }
    }
    send(reply);
}

}  // namespace topgun::sync
