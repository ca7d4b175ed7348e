// SPDX-License-Identifier: Apache-2.0
// Clients that go on and off, against one endpoint whose disk takes its time.
#include <deque>

#include "world.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

const MapId kLww{"m", MapKind::lww};
const MapId kOr{"o", MapKind::or_map};

// What TopGun's client does, on our own replica: writes are queued until they are acknowledged, all
// that is queued goes out at each write and connect, maps are synced at each connect.
class Client {
public:
    Client(World& world, std::string node)
        : world_(world), clock_(must(Hlc::create(std::move(node), world.time))) {}

    bool online() const { return link_ != nullptr; }
    bool idle() const { return up_.empty(); }

    void connect() {
        link_ = world_.hub->connect();
        flush();
        post(wire::SyncInit{"m", {}});
        post(wire::OrMapSyncInit{"o", root(kOr), {}, {}, {}});
    }
    void disconnect() {
        link_.reset();
        up_.clear();
    }

    void put(const std::string& key, std::string_view value, bool removes) {
        wire::ClientOp op;
        op.map_name = "m";
        op.key = key;
        op.op_type = removes ? "REMOVE" : "PUT";
        op.record =
            wire::LwwMapRecord{removes ? wire::AnyValue{} : text_value(value), clock_.now(), {}};
        queue(std::move(op));
    }
    void add(const std::string& key, std::string_view value) {
        wire::ClientOp op;
        op.map_name = "o";
        op.key = key;
        op.op_type = "OR_ADD";
        const auto stamp = clock_.now();
        op.or_record = wire::OrMapRecord{text_value(value), stamp, format_stamp(stamp.view()), {}};
        queue(std::move(op));
    }
    void remove_one(const std::string& key) {
        const auto records = ormap().find(key);
        if (records.empty()) return;
        wire::ClientOp op;
        op.map_name = "o";
        op.key = key;
        op.op_type = "OR_REMOVE";
        op.or_tag = std::string(records.front().tag);
        queue(std::move(op));
    }

    // One frame to the endpoint, or one from it. False when there was none.
    bool step_up() {
        if (!link_ || up_.empty()) return false;
        const auto frame = std::move(up_.front());
        up_.pop_front();
        must(link_->receive(frame));
        return true;
    }
    bool step_down() {
        if (!link_) return false;
        const auto frame = link_->take();
        if (!frame) return false;
        ++frames_heard;
        std::visit(
            [this](const auto& message) {
                if constexpr (requires { this->hear(message); }) this->hear(message);
            },
            must(wire::decode(*frame, {true})));
        return true;
    }

    std::uint32_t root(const MapId& id) { return replica_.get(id).root(); }
    std::size_t pending() const { return pending_.size(); }
    Replica& replica() { return replica_; }

    std::size_t frames_heard = 0;

private:
    OrMap& ormap() { return std::get<OrMap>(replica_.get(kOr).crdt); }

    template <typename T>
    void post(const T& message) {
        if (link_) up_.push_back(wire::encoded(message));
    }
    void flush() {
        if (!pending_.empty()) post(batch_of({pending_.begin(), pending_.end()}));
    }
    void queue(wire::ClientOp op) {
        op.id = std::to_string(++last_id_);
        apply(op);
        pending_.push_back(std::move(op));
        flush();
    }
    void apply(const wire::ClientOp& in) {
        if (in.record)
            merge(in.map_name, in.key, *in.record);
        else if (in.or_record)
            merge(in.map_name, in.key, *in.or_record);
        else
            drop(in.map_name, *in.or_tag);
    }
    void merge(const std::string& map, const std::string& key, const wire::LwwMapRecord& record) {
        Op op;
        op.kind = record.value.is_nil() ? OpKind::remove : OpKind::put;
        op.map = map;
        op.key = key;
        op.stamp = record.timestamp.view();
        if (op.kind == OpKind::put) op.value = record.value.bytes;
        take(op);
    }
    void merge(const std::string& map, const std::string& key, const wire::OrMapRecord& record) {
        Op op;
        op.kind = OpKind::or_add;
        op.map = map;
        op.key = key;
        op.stamp = record.timestamp.view();
        op.value = record.value.bytes;
        op.tag = record.tag;
        take(op);
    }
    void drop(const std::string& map, const std::string& tag) {
        Op op;
        op.kind = OpKind::or_remove;
        op.map = map;
        op.tag = tag;
        must(replica_.apply(op));
    }
    void take(const Op& op) {
        must(clock_.update(op.stamp));
        must(replica_.apply(op));
    }

    void hear(const wire::OpAck& ack) {
        const auto upto = std::stoull(ack.last_id);
        while (!pending_.empty() && std::stoull(*pending_.front().id) <= upto) {
            pending_.pop_front();
        }
    }
    void hear(const wire::OpRejected& message) { FAIL(message.reason); }
    void hear(const wire::ErrorMessage& message) { FAIL(message.message); }
    void hear(const wire::ServerEvent& event) {
        if (event.record)
            merge(event.map_name, event.key, *event.record);
        else if (event.or_record)
            merge(event.map_name, event.key, *event.or_record);
        else
            drop(event.map_name, *event.or_tag);
    }
    void hear(const wire::ServerBatchEvent& batch) {
        for (const auto& event : batch.events) hear(event);
    }
    void hear(const wire::SyncRespRoot& message) {
        if (message.root_hash != root(kLww)) post(wire::MerkleReqBucket{"m", ""});
    }
    void hear(const wire::SyncRespBuckets& message) {
        for (const auto& [label, hash] : message.buckets) {
            const auto path = message.path + label;
            if (must(replica_.get(kLww).trie.node(path)) != hash) {
                post(wire::MerkleReqBucket{"m", path});
            }
        }
    }
    void hear(const wire::SyncRespLeaf& message) {
        for (const auto& one : message.records) merge("m", one.key, one.record);
    }
    void hear(const wire::OrMapSyncRespRoot& message) {
        if (message.root_hash != root(kOr)) post(wire::OrMapMerkleReqBucket{"o", ""});
    }
    void hear(const wire::OrMapSyncRespBuckets& message) {
        root(kOr);  // brings the trie up to date
        const auto& trie = replica_.get(kOr).trie;
        for (const auto& [label, hash] : message.buckets) {
            const auto path = message.path + label;
            if (must(trie.node(path)) != hash) post(wire::OrMapMerkleReqBucket{"o", path});
        }
        if (message.path.size() != 2) return;
        for (const auto& own : must(trie.buckets(message.path))) {
            const std::string label(1, own.label);
            if (!message.buckets.find(label)) push_leaf(message.path + label);
        }
    }
    void hear(const wire::OrMapSyncRespLeaf& message) {
        for (const auto& entry : message.entries) {
            for (const auto& tag : entry.tombstones) drop("o", tag);
            for (const auto& record : entry.records) merge("o", entry.key, record);
        }
        push_leaf(message.path);
    }
    void push_leaf(const std::string& path) {
        wire::OrMapPushDiff push{"o", {}};
        std::vector<std::string> tombstones;
        for (const auto tag : ormap().sorted_tombstones()) tombstones.emplace_back(tag);
        ormap().for_each_sorted([&](std::string_view key, std::uint32_t hash, const auto& records) {
            if (!hex32(hash).starts_with(path)) return;
            wire::OrMapEntry entry{std::string(key), {}, tombstones};
            for (const OrRecord& record : records) {
                entry.records.push_back(
                    {{Bytes(record.value)}, Timestamp(record.stamp), std::string(record.tag), {}});
            }
            push.entries.push_back(std::move(entry));
        });
        if (!push.entries.empty()) post(push);
    }

    World& world_;
    Hlc clock_;
    Replica replica_;
    std::unique_ptr<sync::Connection> link_;
    std::deque<Bytes> up_;
    std::deque<wire::ClientOp> pending_;
    std::uint64_t last_id_ = 0;
};

void act(Client& client, World& world, Random& random) {
    const auto key = "k" + std::to_string(random.below(9));
    const auto value = std::to_string(random.below(100));
    switch (random.below(12)) {
        case 0: return client.online() ? client.disconnect() : client.connect();
        case 1: return client.put(key, value, false);
        case 2: return client.put(key, value, true);
        case 3: return client.add(key, value);
        case 4: return client.remove_one(key);
        case 5: return world.time.advance(random.below(50));
        case 6: world.storage.release(); return world.hub->settle();
        case 7:
        case 8:
        case 9: client.step_up(); return;
        default: client.step_down();
    }
}

void settle_all(World& world, std::vector<Client>& clients) {
    for (bool moved = true; moved;) {
        moved = false;
        world.storage.release();
        world.hub->settle();
        for (auto& client : clients) {
            while (client.step_up()) moved = true;
            while (client.step_down()) moved = true;
        }
    }
}

}  // namespace

// Goal:   whatever clients write, lose and send again, all end with what the endpoint has.
// Method: two clients act at random on few keys, with cut links and late syncs; then all connect,
//         and the roots of client, client and endpoint are compared.
TEST_CASE("clients that come and go converge with the endpoint", "[sync][property]") {
    const auto start = seed(20261121);
    CAPTURE(start);
    for (std::uint64_t round = 0; round < 60; ++round) {
        CAPTURE(round);
        Random random(start + round);
        World world;
        world.storage.held = true;
        std::vector<Client> clients;
        clients.emplace_back(world, "ann");
        clients.emplace_back(world, "bob");
        for (int step = 0; step < 600; ++step) {
            act(clients[random.below(clients.size())], world, random);
        }
        // Twice: a walk may miss what another client pushes during it.
        for (int again = 0; again < 2; ++again) {
            for (auto& client : clients) {
                client.disconnect();
                client.connect();
            }
            settle_all(world, clients);
        }
        const auto lww = current_trie(world.hub->maps().shared(), kLww).root();
        const auto ormap = current_trie(world.hub->maps().shared(), kOr).root();
        for (auto& client : clients) {
            CHECK(client.pending() == 0);
            REQUIRE(client.root(kLww) == lww);
            REQUIRE(client.root(kOr) == ormap);
        }
        // TG-SYN-004: two roots are all that equal replicas exchange.
        for (auto& client : clients) {
            client.disconnect();
            client.frames_heard = 0;
            client.connect();
        }
        settle_all(world, clients);
        for (const auto& client : clients) CHECK(client.frames_heard == 2);
        clients.clear();
    }
}

TEST_CASE("a removal made while another client was away reaches it", "[sync]") {
    World world;
    std::vector<Client> clients;
    clients.emplace_back(world, "ann");
    clients.emplace_back(world, "bob");
    for (auto& client : clients) client.connect();
    clients[0].put("k", "v", false);
    clients[0].add("k", "v");
    settle_all(world, clients);
    CHECK(clients[1].root(kLww) == clients[0].root(kLww));
    clients[1].disconnect();
    clients[0].put("k", "", true);
    clients[0].remove_one("k");
    settle_all(world, clients);
    CHECK(clients[1].root(kOr) != 0);
    clients[1].connect();
    settle_all(world, clients);
    CHECK(clients[1].root(kLww) == clients[0].root(kLww));
    CHECK(clients[1].root(kOr) == clients[0].root(kOr));
    CHECK(std::get<OrMap>(clients[1].replica().get(kOr).crdt).find("k").empty());
}
