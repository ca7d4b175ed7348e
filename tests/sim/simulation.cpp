// SPDX-License-Identifier: Apache-2.0
#include "simulation.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>

#include "disk.hpp"
#include "oracle.hpp"
#include "topgun/clock/hlc.hpp"
#include "topgun/sync/client.hpp"
#include "topgun/sync/hub.hpp"
#include "topgun/sync/peer_link.hpp"
#include "topgun/wire/codec.hpp"
#include "topgun_test/states.hpp"

namespace topgun::test {
namespace {

constexpr std::uint64_t kStart = 1'700'000'000'000;
constexpr std::uint64_t kResyncMs = 2'000;
constexpr std::int64_t kWildAheadMs = 300'000;

Scenario scenario_of(Random& random) {
    Scenario out;
    out.endpoints = 1 + random.below(3);
    out.devices = 2 + random.below(3);
    out.steps = 150 + random.below(350);
    out.ring = random.chance(0.5);
    out.wild_clock = random.chance(0.15);
    out.walkers = random.chance(0.3);
    out.restamp = out.endpoints == 1 && random.chance(0.2);
    return out;
}

// A machine's clock: off by a constant.
class NodeTime final : public TimeSource {
public:
    NodeTime(const std::uint64_t& true_ms, std::int64_t offset)
        : true_ms_(true_ms), offset_(offset) {}
    std::uint64_t now_ms() const override {
        return static_cast<std::uint64_t>(static_cast<std::int64_t>(true_ms_) + offset_);
    }

private:
    const std::uint64_t& true_ms_;
    std::int64_t offset_;
};

struct Endpoint {
    Endpoint(std::string node, NodeTime clock, std::uint64_t seed)
        : name(std::move(node)), time(clock), entropy(seed) {}
    std::string name;
    NodeTime time;
    sync::SeededEntropy entropy;
    std::vector<OwnedOp> kept;            // by its disk, while it is down
    std::set<std::uint64_t> lock_tokens;  // that it gave, in all its lives
    std::map<std::pair<std::size_t, std::uint64_t>, std::uint64_t> lock_holders;
    std::size_t lives = 0;
    std::unique_ptr<Disk> disk;
    std::unique_ptr<sync::Hub> hub;  // null while it is down
};

// One client's TCP connection: frames under way in both directions.
struct Line {
    Endpoint* to = nullptr;
    std::unique_ptr<sync::Connection> connection;
    std::deque<Bytes> up, down;

    bool open() const noexcept { return connection != nullptr; }
};

struct Device {
    Device(std::string node, NodeTime clock)
        : name(std::move(node)), time(clock), hlc(must(Hlc::create(name, time))) {}
    std::string name;
    NodeTime time;
    Hlc hlc;
    sync::MemoryReplica replica;
    std::unique_ptr<sync::Client> client;
    Line line;
    bool walks = false;           // as TopGun's client does, rather than by sketches
    double added = 0, taken = 0;  // what its entry of the counter says
};

struct Link {
    Endpoint* from = nullptr;
    Endpoint* to = nullptr;
    std::unique_ptr<sync::PeerLink> peer;  // null while `from` is down
    Line line;
};

// A client of the old kind, with no state: writes, watches a query, takes locks.
struct Guest {
    std::string name;
    Endpoint* at = nullptr;
    std::unique_ptr<Hlc> hlc;
    std::unique_ptr<sync::Connection> connection;
    std::vector<std::pair<std::uint64_t, OwnedOp>> unacknowledged;
    std::uint64_t last_id = 0;
    std::map<std::string, Bytes> watched;
    bool watching = false;
};

class Simulation {
public:
    Simulation(std::uint64_t seed, bool trace)
        : random_(seed), tracing_(trace), scenario_(scenario_of(random_)) {
        set_up();
    }
    SimResult run() {
        for (std::size_t i = 0; i < scenario_.steps && result_.failure.empty(); ++i) step();
        if (result_.failure.empty()) heal();
        return std::move(result_);
    }

private:
    void set_up();
    void step();
    void heal();

    // Machines.
    void boot(Endpoint& endpoint);
    void crash(Endpoint& endpoint);
    void boot(Device& device);
    void crash(Device& device);

    // Network.
    void connect(Line& line, sync::Client& client, Endpoint& to);
    void cut(Line& line, sync::Client& client, bool server_lives);
    void deliver(Line& line, sync::Client& client, std::size_t most);
    void note_frame(const Line& line, bool upwards, const Bytes& frame);
    bool flush(Line& line, sync::Client& client);
    void look_at(Line& line, sync::Client& client);
    void connect(Guest& guest);
    void leave(Guest& guest);
    void say(Guest& guest, BytesView frame);
    void hear(Guest& guest);

    // Work.
    void write(Device& device);
    void write(Guest& guest);
    OwnedOp next_op(Device& device);
    void pass_time(std::uint64_t ms);

    // Judgement.
    bool settled();
    std::string judge();
    std::string judge(const Guest& guest);
    Facts seen(const SharedReplica& shared) const;
    void fail(std::string what) {
        if (result_.failure.empty()) result_.failure = std::move(what);
    }

    template <typename... Parts>
    void note(const Parts&... parts) {
        if (!tracing_) return;
        std::string line = std::to_string(true_ms_ - kStart);
        ((line += ' ', line += parts), ...);
        result_.trace.push_back(std::move(line));
    }
    template <typename T>
    T& any_of(std::vector<std::unique_ptr<T>>& all) {
        return *all[random_.below(all.size())];
    }
    // With every line and the client that uses it.
    void each_line(const std::function<void(Line&, sync::Client&)>& visit) {
        for (auto& device : devices_) visit(device->line, *device->client);
        for (auto& link : links_) {
            if (link->peer) visit(link->line, link->peer->client());
        }
    }

    Random random_;
    bool tracing_;
    Scenario scenario_;
    SimResult result_;
    std::uint64_t true_ms_ = kStart;
    std::vector<std::unique_ptr<Endpoint>> endpoints_;
    std::vector<std::unique_ptr<Device>> devices_;
    std::vector<std::unique_ptr<Link>> links_;
    std::vector<std::unique_ptr<Guest>> guests_;
    Oracle oracle_;
    std::vector<OwnedOp> sure_, perhaps_;  // what must be there in the end, and what may be
    std::vector<std::string> tags_;        // of all devices
};

void Simulation::set_up() {
    const auto skew = [&] { return random_.between(-3'000, 3'000); };
    for (std::size_t i = 0; i < scenario_.endpoints; ++i) {
        endpoints_.push_back(std::make_unique<Endpoint>("e" + std::to_string(i),
                                                        NodeTime(true_ms_, skew()), random_()));
    }
    const auto count = endpoints_.size();
    for (std::size_t i = 0; count > 1 && i < (scenario_.ring && count > 2 ? count : count - 1);
         ++i) {
        links_.push_back(std::make_unique<Link>());
        links_.back()->from = endpoints_[i].get();
        links_.back()->to = endpoints_[(i + 1) % count].get();
    }
    for (auto& endpoint : endpoints_) boot(*endpoint);
    for (std::size_t i = 0; i < scenario_.devices; ++i) {
        const auto offset = scenario_.wild_clock && i == 0 ? kWildAheadMs : skew();
        devices_.push_back(
            std::make_unique<Device>("d" + std::to_string(i), NodeTime(true_ms_, offset)));
        devices_.back()->walks = scenario_.walkers && random_.chance(0.5);
        boot(*devices_.back());
    }
    for (auto& endpoint : endpoints_) {
        auto guest = std::make_unique<Guest>();
        guest->name = "g-" + endpoint->name;
        guest->at = endpoint.get();
        guest->hlc = std::make_unique<Hlc>(must(Hlc::create(guest->name, endpoint->time)));
        guests_.push_back(std::move(guest));
    }
}

void Simulation::boot(Endpoint& endpoint) {
    note("boot", endpoint.name);
    ++endpoint.lives;
    sync::HubOptions options;
    options.node_id = endpoint.name;
    options.auth = sync::AuthMode::none;
    options.restamp = scenario_.restamp;
    endpoint.disk = std::make_unique<Disk>(endpoint.kept);
    endpoint.hub = must(
        sync::Hub::create(std::move(options), *endpoint.disk, endpoint.time, endpoint.entropy));
    for (auto& link : links_) {
        if (link->from != &endpoint) continue;
        sync::PeerOptions peering;
        peering.resync_ms = kResyncMs;
        // Small, so that changes are sometimes left to the next comparison.
        peering.queue_bytes = 500;
        link->peer = std::make_unique<sync::PeerLink>(*endpoint.hub, peering);
    }
}

void Simulation::crash(Endpoint& endpoint) {
    note("crash", endpoint.name);
    ++result_.crashes;
    for (auto& link : links_) {
        if (link->from != &endpoint) continue;
        link->line = {};
        link->peer.reset();
    }
    each_line([&](Line& line, sync::Client& client) {
        if (line.to == &endpoint) cut(line, client, false);
    });
    for (auto& guest : guests_) {
        if (guest->at == &endpoint) leave(*guest);
    }
    endpoint.hub.reset();
    endpoint.kept = endpoint.disk->after_crash(random_);
    endpoint.disk.reset();
}

void Simulation::boot(Device& device) {
    sync::ClientOptions options;
    options.clock = &device.hlc;
    device.client = std::make_unique<sync::Client>(std::move(options), device.replica);
    sync::SyncJob job;
    job.follow = true;
    job.resync_ms = kResyncMs;
    // The walk syncs the maps that are named.
    if (device.walks) {
        job.method = sync::SyncMethod::walk;
        job.maps = {{"m0", MapKind::lww},
                    {"m1", MapKind::lww},
                    {"o", MapKind::or_map},
                    {"c", MapKind::counter}};
    }
    note("boot", device.name, device.walks ? "walk" : "sketch");
    device.client->start(std::move(job));
}

void Simulation::crash(Device& device) {
    note("crash", device.name);
    ++result_.crashes;
    device.line = {};
    boot(device);
}

void Simulation::connect(Line& line, sync::Client& client, Endpoint& to) {
    if (line.open() || !to.hub || !client.wants_connect()) return;
    line.to = &to;
    line.connection = to.hub->connect();
    client.connected(true_ms_);
}

void Simulation::cut(Line& line, sync::Client& client, bool server_lives) {
    if (!line.open()) return;
    ++result_.cuts;
    // Some of what was under way arrives all the same.
    if (server_lives) {
        auto more = random_.below(line.up.size() + 1);
        for (; more > 0 && !line.connection->closed(); --more) {
            must(line.connection->receive(line.up.front()));
            line.up.pop_front();
        }
    }
    for (auto more = random_.below(line.down.size() + 1); more > 0; --more) {
        client.receive(line.down.front());
        line.down.pop_front();
    }
    line = {};
    client.disconnected(true_ms_);
}

// The sockets take what both ends have to say.
void Simulation::look_at(Line& line, sync::Client& client) {
    while (auto frame = client.take()) line.up.push_back(std::move(*frame));
    while (auto frame = line.connection->take()) line.down.push_back(std::move(*frame));
}

void Simulation::note_frame(const Line& line, bool upwards, const Bytes& frame) {
    if (!tracing_) return;
    const auto decoded = wire::decode(frame);
    note(line.to->name, upwards ? "<-" : "->",
         decoded ? std::string(wire::type_name(*decoded)) : "unreadable");
}

void Simulation::deliver(Line& line, sync::Client& client, std::size_t most) {
    if (!line.open()) return;
    look_at(line, client);
    const bool upwards = random_.chance(0.5);
    for (; most > 0 && line.open(); --most) {
        auto& queue = upwards ? line.up : line.down;
        if (queue.empty()) return;
        const auto frame = std::move(queue.front());
        queue.pop_front();
        ++result_.frames;
        note_frame(line, upwards, frame);
        if (!upwards) {
            client.receive(frame);
        } else if (!line.connection->closed()) {
            must(line.connection->receive(frame));
        }
    }
    if (line.connection->closed() || client.wants_close()) cut(line, client, true);
}

// Everything, in order, without trouble. False when there was nothing.
bool Simulation::flush(Line& line, sync::Client& client) {
    if (!line.open()) return false;
    look_at(line, client);
    const bool moved = !line.up.empty() || !line.down.empty();
    for (; !line.up.empty() && !line.connection->closed(); line.up.pop_front()) {
        note_frame(line, true, line.up.front());
        must(line.connection->receive(line.up.front()));
        ++result_.frames;
    }
    for (; !line.down.empty(); line.down.pop_front()) {
        note_frame(line, false, line.down.front());
        client.receive(line.down.front());
        ++result_.frames;
    }
    if (line.connection->closed() || client.wants_close()) cut(line, client, true);
    return moved;
}

void Simulation::connect(Guest& guest) {
    if (guest.connection || !guest.at->hub) return;
    guest.connection = guest.at->hub->connect();
    guest.watched.clear();
    wire::QuerySub query;
    query.query_id = "q";
    query.map_name = "m0";
    must(guest.connection->receive(wire::encoded(query)));
}

void Simulation::leave(Guest& guest) {
    guest.connection.reset();
    guest.watching = false;
    for (auto& [id, op] : guest.unacknowledged) perhaps_.push_back(op);
    guest.unacknowledged.clear();
}

void Simulation::say(Guest& guest, BytesView frame) {
    if (guest.connection && guest.connection->closed()) leave(guest);
    if (guest.connection) must(guest.connection->receive(frame));
}

void Simulation::hear(Guest& guest) {
    if (!guest.connection) return;
    while (const auto frame = guest.connection->take()) {
        const auto message = must(wire::decode(*frame));
        if (const auto* result = std::get_if<wire::QueryResp>(&message)) {
            guest.watching = true;
            guest.watched.clear();
            for (const auto& row : result->results) guest.watched[row.key] = row.value.bytes;
        } else if (const auto* change = std::get_if<wire::QueryUpdate>(&message)) {
            if (change->change_type == wire::ChangeType::leave) {
                guest.watched.erase(change->key);
            } else {
                guest.watched[change->key] = change->value.bytes;
            }
        } else if (const auto* grant = std::get_if<wire::LockGranted>(&message)) {
            note(guest.name, "got token", std::to_string(grant->fencing_token));
            // Who holds it already gets the same one again.
            const auto [holder, fresh] = guest.at->lock_holders.emplace(
                std::pair(guest.at->lives, grant->fencing_token), guest.connection->id());
            const bool again = !fresh && holder->second == guest.connection->id();
            if (!again && !guest.at->lock_tokens.insert(grant->fencing_token).second) {
                fail("the fencing token " + std::to_string(grant->fencing_token) +
                     " was given twice");
            }
        } else if (const auto* ack = std::get_if<wire::OpAck>(&message)) {
            // All up to this one.
            auto& waiting = guest.unacknowledged;
            while (!waiting.empty() && waiting.front().first <= std::stoull(ack->last_id)) {
                note(guest.name, "acknowledged", waiting.front().second.key);
                oracle_.add(waiting.front().second);
                sure_.push_back(waiting.front().second);
                waiting.erase(waiting.begin());
            }
        } else if (std::holds_alternative<wire::OpRejected>(message)) {
            fail(guest.name + ": a write was refused");
        }
    }
}

OwnedOp Simulation::next_op(Device& device) {
    const auto stamp = device.hlc.now();
    const auto map = random_.chance(0.7) ? "m0" : "m1";
    const auto key = "k" + std::to_string(random_.below(10));
    OwnedOp op;
    const auto choice = random_.below(10);
    if (choice < 5) {
        op = put(key, stamp, int_value(static_cast<std::int64_t>(random_.below(1'000'000))));
        op.map = map;
    } else if (choice < 6) {
        op = remove(key, stamp);
        op.map = map;
    } else if (choice < 8) {
        op = or_add(key, stamp, int_value(static_cast<std::int64_t>(random_.below(1'000))));
        op.map = "o";
        tags_.push_back(op.tag);
    } else if (choice < 9 && !tags_.empty()) {
        // Also one that this device has not seen yet.
        op = or_remove(tags_[random_.below(tags_.size())]);
        op.map = "o";
    } else {
        (random_.chance(0.7) ? device.added : device.taken) += 1 + double(random_.below(5));
        op = counter(device.name, device.added, device.taken);
        op.map = "c";
    }
    return op;
}

void Simulation::write(Device& device) {
    std::vector<OwnedOp> ops;
    for (auto more = 1 + random_.below(4); more > 0; --more) ops.push_back(next_op(device));
    std::vector<Op> views;
    for (const auto& op : ops) {
        views.push_back(op.view());
        note(device.name, "writes", op.map, op.key, op.tag);
        oracle_.add(op);
        sure_.push_back(op);
    }
    result_.writes += ops.size();
    must(Status(device.replica.store(views) ? Status() : Error(Errc::io, "no local state")));
    // What is not queued goes with the next comparison.
    if (device.line.open() || random_.chance(0.5)) must(device.client->send(views));
}

void Simulation::write(Guest& guest) {
    if (!guest.connection) return connect(guest);
    hear(guest);
    if (random_.chance(0.3)) {
        wire::LockRequest lock;
        lock.request_id = "r" + std::to_string(++guest.last_id);
        lock.name = "l";
        lock.ttl = 1 + random_.below(1'000);
        note(guest.name, "asks for the lock", lock.request_id);
        say(guest, wire::encoded(lock));
        return;
    }
    OwnedOp op = put("k" + std::to_string(random_.below(10)), guest.hlc->now(),
                     int_value(static_cast<std::int64_t>(random_.below(1'000'000))));
    op.map = "m0";
    wire::ClientOp message;
    message.id = std::to_string(++guest.last_id);
    message.map_name = op.map;
    message.key = op.key;
    message.op_type = "PUT";
    message.record = wire::LwwMapRecord{{op.value}, op.stamp, {}};
    note(guest.name, "writes", op.key);
    ++result_.writes;
    guest.unacknowledged.emplace_back(guest.last_id, op);
    say(guest, wire::encoded(message));
    hear(guest);
}

void Simulation::pass_time(std::uint64_t ms) {
    true_ms_ += ms;
    for (auto& endpoint : endpoints_) {
        if (endpoint->hub) endpoint->hub->tick(true_ms_);
    }
    each_line([&](Line& line, sync::Client& client) {
        if (line.open()) line.connection->tick(true_ms_);
        client.tick(true_ms_);
        if (client.state() == sync::ClientState::failed) {
            fail("a client gave up: " + client.report().error.value_or(""));
        }
    });
    for (auto& guest : guests_) {
        say(*guest, wire::encoded(wire::Ping{true_ms_}));
    }
}

void Simulation::step() {
    const auto choice = random_.below(100);
    auto& device = any_of(devices_);
    auto& endpoint = any_of(endpoints_);
    if (choice < 40) {
        // Any line at all, each as likely as the other.
        auto wanted = random_.below(devices_.size() + links_.size());
        each_line([&](Line& line, sync::Client& client) {
            if (wanted-- == 0) deliver(line, client, 1 + random_.below(6));
        });
    } else if (choice < 58) {
        write(device);
    } else if (choice < 63) {
        write(any_of(guests_));
    } else if (choice < 72) {
        pass_time(random_.below(700));
    } else if (choice < 80) {
        if (endpoint.disk) endpoint.disk->sync_some(random_);
        if (endpoint.hub) endpoint.hub->settle();
    } else if (choice < 88) {
        connect(device.line, *device.client, endpoint);
    } else if (choice < 92) {
        if (links_.empty()) return;
        auto& link = any_of(links_);
        if (link.peer) connect(link.line, link.peer->client(), *link.to);
    } else if (choice < 95) {
        cut(device.line, *device.client, true);
    } else if (choice < 96) {
        if (links_.empty()) return;
        auto& link = any_of(links_);
        if (link.peer) cut(link.line, link.peer->client(), true);
    } else if (choice < 97) {
        crash(device);
    } else if (endpoint.hub) {
        if (random_.chance(0.4)) crash(endpoint);
    } else {
        boot(endpoint);
    }
}

bool Simulation::settled() {
    bool all = true;
    each_line([&](Line& line, sync::Client& client) {
        all = all && line.open() && client.state() == sync::ClientState::following;
    });
    return all;
}

void Simulation::heal() {
    note("heal");
    for (auto& endpoint : endpoints_) {
        if (!endpoint->hub) boot(*endpoint);
    }
    // What was too far ahead is no more.
    if (scenario_.wild_clock) true_ms_ += 2 * kWildAheadMs;
    std::string why = "not settled";
    for (int round = 0; round < 480 && result_.failure.empty(); ++round) {
        for (auto& device : devices_) connect(device->line, *device->client, any_of(endpoints_));
        for (auto& link : links_) connect(link->line, link->peer->client(), *link->to);
        for (auto& guest : guests_) connect(*guest);
        for (bool moved = true; moved;) {
            moved = false;
            for (auto& endpoint : endpoints_) {
                must(endpoint->disk->flush());
                endpoint->hub->settle();
            }
            each_line([&](Line& line, sync::Client& client) {
                if (flush(line, client)) moved = true;
            });
        }
        for (auto& guest : guests_) hear(*guest);
        if (settled() && round % 4 == 3) {
            why = judge();
            if (why.empty()) return;
        }
        pass_time(250);
    }
    fail("after two minutes without trouble: " + why);
}

// A tag that one side removed and the other never had is in no root that the walk compares; whoever
// brings the record later brings the walk to it. Until then it is no difference that anybody sees.
Facts Simulation::seen(const SharedReplica& shared) const {
    auto out = facts_of(shared);
    if (scenario_.walkers) drop_removed_tags(out);
    return out;
}

std::string Simulation::judge() {
    const auto first = seen(endpoints_[0]->hub->maps().shared());
    for (const auto& endpoint : endpoints_) {
        const auto differs = difference(first, seen(endpoint->hub->maps().shared()));
        if (!differs.empty()) return endpoint->name + " differs from e0:\n" + differs;
    }
    for (const auto& device : devices_) {
        const auto differs = difference(first, seen(device->replica.shared()));
        if (!differs.empty()) return device->name + " differs from e0:\n" + differs;
    }
    const bool restamped = scenario_.restamp || scenario_.wild_clock;
    for (const auto& op : sure_) {
        const bool tag = op.kind == OpKind::or_add || op.kind == OpKind::or_remove;
        if (tag && scenario_.walkers) continue;
        if (!Oracle::covers(first, op, restamped)) {
            return "lost: " + op.map + " " + op.key + " " + op.tag;
        }
    }
    if (!restamped) {
        // Of what was never acknowledged, that which is there is no fault.
        auto expected = oracle_;
        for (const auto& op : perhaps_) {
            Oracle alone;
            alone.add(op);
            const auto fact = *alone.facts().begin();
            const auto found = first.find(fact.first);
            if (found != first.end() && found->second == fact.second) expected.add(op);
        }
        auto facts = expected.facts();
        if (scenario_.walkers) drop_removed_tags(facts);
        const auto differs = difference(facts, first);
        if (!differs.empty()) return "not what was written:\n" + differs;
    }
    for (const auto& guest : guests_) {
        auto differs = judge(*guest);
        if (!differs.empty()) return differs;
    }
    return {};
}

std::string Simulation::judge(const Guest& guest) {
    if (!guest.watching) return guest.name + " got no answer to its query";
    std::map<std::string, Bytes> expected;
    must(visit_rows(guest.at->hub->maps().shared(), {{"m0", MapKind::lww}},
                    [&](const MapId&, const Row& row) {
                        if (!row.is_lww_tombstone()) expected[std::string(row.key)] = row.value;
                        return Status();
                    }));
    if (guest.watched == expected) return {};
    std::string out = guest.name + " sees another result of its query:";
    for (const auto& [key, value] : expected) {
        const auto found = guest.watched.find(key);
        if (found == guest.watched.end() || found->second != value) out += " " + key;
    }
    for (const auto& [key, value] : guest.watched) {
        if (!expected.contains(key)) out += " +" + key;
    }
    return out;
}

}  // namespace

SimResult simulate(std::uint64_t seed, bool trace) {
    return Simulation(seed, trace).run();
}

}  // namespace topgun::test
