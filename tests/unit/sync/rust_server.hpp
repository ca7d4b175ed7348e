// SPDX-License-Identifier: Apache-2.0
// A fake of TopGun's Rust server, with the habits that a client must live with: it stamps and tags
// anew, folds 271 tries, keeps no tombstones of LWW records, says nothing where it has nothing,
// acknowledges with numbers of its own, and lets answers overtake each other.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "topgun/clock/hlc.hpp"
#include "topgun/crdt/lww_map.hpp"
#include "topgun/merkle/trie.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun/wire/codec.hpp"
#include "topgun_test/support.hpp"

namespace topgun::test {

class RustServer {
public:
    explicit RustServer(const TimeSource& time, std::uint64_t seed)
        : clock_(must(Hlc::create("rust", time))), random_(seed) {}

    struct Lww {
        Bytes value;
        Timestamp stamp;
    };
    struct OrSlot {
        std::vector<wire::OrMapRecord> records;
        std::set<std::string> removed;
    };
    std::map<std::string, std::map<std::string, Lww>> lww;
    std::map<std::string, std::map<std::string, OrSlot>> ormaps;
    std::map<std::string, wire::CounterState> counters;
    std::set<std::string> refused_keys;  ///< Ops on these fail their whole batch.
    std::size_t overloaded = 0;          ///< So many further frames get a 429.
    std::set<std::string> silent_paths;  ///< Answers to these get lost.
    std::uint64_t writes = 0;

    void put(const std::string& map, const std::string& key, Bytes value) {
        lww[map][key] = {std::move(value), clock_.now()};
    }

    void receive(BytesView frame) {
        // It drops what it cannot decode, without a word.
        const auto message = wire::decode(frame);
        if (!message) return;
        if (overloaded > 0 && std::holds_alternative<wire::ClientOpBatch>(*message)) {
            --overloaded;
            return send(wire::ErrorMessage{429, "server overloaded, try again later", {}});
        }
        std::visit(
            [this](const auto& one) {
                if constexpr (requires { this->on(one); }) this->on(one);
            },
            *message);
    }
    std::optional<Bytes> take() {
        if (out_.empty()) return std::nullopt;
        // Answers overtake each other.
        const auto at =
            static_cast<std::ptrdiff_t>(random_.below(std::min<std::size_t>(3, out_.size())));
        auto frame = std::move(out_[static_cast<std::size_t>(at)]);
        out_.erase(out_.begin() + at);
        return frame;
    }
    void cut() { out_.clear(); }

private:
    template <typename T>
    void send(const T& message) {
        out_.push_back(wire::encoded(message));
    }

    void on(const wire::DeviceHello&) {
        wire::DeviceAck ack;
        ack.device_id = "device";
        send(ack);
    }
    void on(const wire::Ping& message) { send(wire::Pong{message.timestamp, 1}); }

    static bool below(const std::string& key, const std::string& path) {
        return hex32(fnv1a(key)).starts_with(path);
    }
    // The fold over partitions: one more mix than clients do, on every level.
    template <typename Items>
    std::uint32_t folded(const Items& items, const std::string& path) const {
        std::map<std::uint32_t, Trie> tries;
        for (const auto& [key, item] : items) {
            tries.try_emplace(partition_of(key)).first->second.add(fnv1a(key), item);
        }
        std::uint32_t sum = 0;
        for (const auto& [partition, trie] : tries) sum += mix(must(trie.node(path)));
        return sum;
    }
    std::map<std::string, std::uint32_t> items_of(const std::map<std::string, Lww>& map) const {
        std::map<std::string, std::uint32_t> out;
        for (const auto& [key, record] : map) {
            out[key] = lww_item_hash(fnv1a(key), record.stamp.view());
        }
        return out;
    }
    std::map<std::string, std::uint32_t> items_of(const std::map<std::string, OrSlot>& map) const {
        std::map<std::string, std::uint32_t> out;
        for (const auto& [key, slot] : map) {
            auto text = "key:" + key + "|";
            std::set<std::string> tags;
            for (const auto& record : slot.records) tags.insert(record.tag);
            for (const auto& tag : tags) text += tag + "|";
            for (const auto& tag : slot.removed) text += "#" + tag;
            out[key] = fnv1a(text);
        }
        return out;
    }
    template <typename Reply, typename Map>
    bool send_buckets(const std::string& name, const std::string& path, const Map& map) {
        if (path.size() >= Trie::kWireDepth) return false;
        Reply reply{name, path, {}};
        const auto items = items_of(map);
        for (const char digit : std::string("0123456789abcdef")) {
            const auto child = path + digit;
            const bool any = std::any_of(items.begin(), items.end(),
                                         [&](const auto& one) { return below(one.first, child); });
            if (any) reply.buckets.append(std::string(1, digit)) = folded(items, child);
        }
        reply.buckets.sort();
        if (!reply.buckets.empty() && !silent_paths.contains(path)) send(reply);
        return true;
    }

    void on(const wire::SyncInit& message) {
        const auto& map = lww[message.map_name];
        send(wire::SyncRespRoot{message.map_name, folded(items_of(map), ""), clock_.now()});
    }
    void on(const wire::MerkleReqBucket& message) {
        const auto& map = lww[message.map_name];
        if (send_buckets<wire::SyncRespBuckets>(message.map_name, message.path, map)) return;
        std::vector<std::string> keys;
        for (const auto& [key, record] : map) {
            if (below(key, message.path)) keys.push_back(key);
        }
        if (keys.empty() || silent_paths.contains(message.path)) return;
        // By hand, for the nil that it writes where there is no time to live.
        Bytes frame;
        msgpack::Writer writer(frame);
        writer.map(2);
        writer.string("type");
        writer.string("SYNC_RESP_LEAF");
        writer.string("payload");
        writer.map(3);
        writer.string("mapName");
        writer.string(message.map_name);
        writer.string("path");
        writer.string(message.path);
        writer.string("records");
        writer.array(keys.size());
        for (const auto& key : keys) {
            const auto& record = map.at(key);
            writer.map(2);
            writer.string("key");
            writer.string(key);
            writer.string("record");
            writer.map(3);
            writer.string("value");
            writer.raw(record.value);
            writer.string("timestamp");
            writer.map(3);
            writer.string("millis");
            writer.unsigned_integer(record.stamp.millis);
            writer.string("counter");
            writer.unsigned_integer(record.stamp.counter);
            writer.string("nodeId");
            writer.string(record.stamp.node_id);
            writer.string("ttlMs");
            writer.nil();
        }
        out_.push_back(std::move(frame));
    }
    void on(const wire::ClientOpBatch& message) {
        bool failed = false;
        for (const auto& op : message.ops) {
            if (refused_keys.contains(op.key)) {
                failed = true;
                continue;
            }
            apply(op);
        }
        // Groups that succeeded stay applied.
        if (failed) return send(wire::ErrorMessage{500, "write access denied", {}});
        wire::OpAck ack;
        ack.last_id = message.ops.empty() ? "unknown" : message.ops.back().id.value_or("unknown");
        ack.achieved_level = wire::WriteConcern::applied;
        send(ack);
    }
    void apply(const wire::ClientOp& op) {
        ++writes;
        const auto stamp = clock_.now();
        if (op.op_type == "REMOVE" || op.record.is_nil()) {
            lww[op.map_name].erase(op.key);
            ormaps[op.map_name].erase(op.key);
        } else if (op.or_record) {
            auto record = *op.or_record;
            record.timestamp = stamp;
            record.tag = format_stamp(stamp.view());
            ormaps[op.map_name][op.key].records.push_back(record);
        } else if (op.record) {
            lww[op.map_name][op.key] = {op.record->value.bytes, stamp};
        }
    }

    void on(const wire::OrMapSyncInit& message) {
        const auto& map = ormaps[message.map_name];
        wire::OrMapSyncRespRoot reply{
            message.map_name, folded(items_of(map), ""), clock_.now(), {}, false};
        reply.covering_epoch = 3;
        send(reply);
    }
    static wire::OrMapEntry entry_of(const std::string& key, const OrSlot& slot) {
        return {key, slot.records, {slot.removed.begin(), slot.removed.end()}};
    }
    void on(const wire::OrMapMerkleReqBucket& message) {
        const auto& map = ormaps[message.map_name];
        if (send_buckets<wire::OrMapSyncRespBuckets>(message.map_name, message.path, map)) return;
        wire::OrMapSyncRespLeaf reply{message.map_name, message.path, {}, 3};
        for (const auto& [key, slot] : map) {
            if (below(key, message.path)) reply.entries.push_back(entry_of(key, slot));
        }
        if (!reply.entries.empty()) send(reply);
    }
    void on(const wire::OrMapDiffRequest& message) {
        wire::OrMapDiffResponse reply{message.map_name, {}, 3};
        auto& map = ormaps[message.map_name];
        for (const auto& key : message.keys) {
            const auto found = map.find(key);
            reply.entries.push_back(found == map.end() ? wire::OrMapEntry{key, {}, {}}
                                                       : entry_of(key, found->second));
        }
        send(reply);
    }
    void on(const wire::OrMapPushDiff& message) {
        for (const auto& entry : message.entries) {
            auto& slot = ormaps[message.map_name][entry.key];
            slot.removed.insert(entry.tombstones.begin(), entry.tombstones.end());
            std::erase_if(slot.records,
                          [&](const auto& record) { return slot.removed.contains(record.tag); });
            for (const auto& record : entry.records) {
                const bool known = std::any_of(slot.records.begin(), slot.records.end(),
                                               [&](const auto& r) { return r.tag == record.tag; });
                if (!known && !slot.removed.contains(record.tag)) slot.records.push_back(record);
            }
        }
        // A number of its own calls, which is none of ours.
        wire::OpAck stray;
        stray.last_id = std::to_string(++calls_);
        send(stray);
    }
    void on(const wire::CounterRequest& message) {
        send(wire::CounterResponse{message.name, counters[message.name]});
    }
    void on(const wire::CounterSync& message) {
        auto& state = counters[message.name];
        const auto merge = [](wire::TextMap<double>& to, const wire::TextMap<double>& from) {
            for (const auto& [node, count] : from) {
                const auto* known = to.find(node);
                to.set(node, std::max(known == nullptr ? 0.0 : *known, count));
            }
        };
        merge(state.p, message.state.p);
        merge(state.n, message.state.n);
        send(wire::CounterUpdate{message.name, state});
    }

    Hlc clock_;
    Random random_;
    std::deque<Bytes> out_;
    std::uint64_t calls_ = 0;
};

}  // namespace topgun::test
