// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "topgun/storage/data_directory_storage.hpp"
#include "world.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

using Counts = std::vector<std::pair<std::string, double>>;

wire::CounterState state(const Counts& p, const Counts& n = {}) {
    wire::CounterState out;
    for (const auto& [node, count] : p) out.p.append(node) = count;
    for (const auto& [node, count] : n) out.n.append(node) = count;
    out.p.sort();
    out.n.sort();
    return out;
}

double value_of(const wire::CounterState& state) {
    double out = 0;
    for (const auto& [node, count] : state.p) out += count;
    for (const auto& [node, count] : state.n) out -= count;
    return out;
}

}  // namespace

TEST_CASE("a counter is known to whoever asks for it, and all hear of its changes", "[sync]") {
    World world;
    Peer ann(world), bob(world), eve(world);
    const auto first = only<wire::CounterResponse>(ann.say(wire::CounterRequest{"likes:post-1"}));
    CHECK(first.name == "likes:post-1");
    CHECK(value_of(first.state) == 0);
    bob.say(wire::CounterRequest{"likes:post-1"});
    const auto back = only<wire::CounterUpdate>(
        ann.say(wire::CounterSync{"likes:post-1", state({{"ann", 3}}, {{"ann", 1}})}));
    CHECK(back.state == state({{"ann", 3}}, {{"ann", 1}}));
    CHECK(only<wire::CounterUpdate>(bob.heard()).state == back.state);
    CHECK(eve.heard().empty());
    // The message subscribes as well.
    only<wire::CounterUpdate>(eve.say(wire::CounterSync{"likes:post-1", state({{"eve", 2}})}));
    const auto all_of_it = state({{"ann", 3}, {"eve", 2}}, {{"ann", 1}});
    CHECK(only<wire::CounterUpdate>(ann.heard()).state == all_of_it);
    bob.heard();
    bob.say(wire::CounterSync{"likes:post-1", state({{"bob", 1}})});
    CHECK(value_of(only<wire::CounterUpdate>(eve.heard()).state) == 5);
}

TEST_CASE("counts only rise, and what says nothing new is told to nobody else", "[sync]") {
    World world;
    Peer ann(world), bob(world);
    bob.say(wire::CounterRequest{"c"});
    ann.say(wire::CounterSync{"c", state({{"a", 5}, {"b", 1}}, {{"a", 2}})});
    bob.heard();
    const auto back =
        only<wire::CounterUpdate>(ann.say(wire::CounterSync{"c", state({{"a", 4}, {"b", 1}})}));
    CHECK(back.state == state({{"a", 5}, {"b", 1}}, {{"a", 2}}));
    CHECK(bob.heard().empty());
    // One half may be older and the other newer.
    ann.say(wire::CounterSync{"c", state({{"a", 1}}, {{"a", 9}})});
    CHECK(only<wire::CounterUpdate>(bob.heard()).state == state({{"a", 5}, {"b", 1}}, {{"a", 9}}));
    CHECK(world.hub->counters().counter_merges == 2);
}

TEST_CASE("a counter as TypeScript's client sends it is read, and all four names are written",
          "[sync]") {
    World world;
    Peer peer(world);
    // {type: "COUNTER_SYNC", payload: {name: "c", state: {positive: {a: 2}, negative: {}}}}
    must(peer.link->receive(
        from_hex("82a474797065ac434f554e5445525f53594e43a77061796c6f616482a46e616d65a163a573746174"
                 "6582a8706f73697469766581a16102a86e6567617469766580")));
    const auto frame = peer.link->take();
    REQUIRE(frame);
    for (const auto* name : {"\xa1p", "\xa1n", "\xa8positive", "\xa8negative"}) {
        CAPTURE(name);
        CHECK(frame->find(name) != std::string::npos);
    }
    CHECK(std::get<wire::CounterUpdate>(must(wire::decode(*frame))).state == state({{"a", 2}}));
}

TEST_CASE("counts that no client makes are refused as a whole", "[sync]") {
    World world;
    Peer peer(world);
    for (const double bad :
         {-1.0, 0.5, 9'007'199'254'740'993.0, 1e300, std::numeric_limits<double>::infinity(),
          std::numeric_limits<double>::quiet_NaN()}) {
        CAPTURE(bad);
        const auto error = only<wire::ErrorMessage>(
            peer.say(wire::CounterSync{"c", state({{"a", 1}}, {{"b", bad}})}));
        CHECK(error.code == 400);
    }
    CHECK(only<wire::ErrorMessage>(peer.say(wire::CounterSync{"c", state({{"", 1}})})).code == 400);
    const auto answer = only<wire::CounterResponse>(peer.say(wire::CounterRequest{"c"}));
    CHECK(answer.state == state({}));
    only<wire::CounterUpdate>(
        peer.say(wire::CounterSync{"c", state({{"a", static_cast<double>(wire::kMaxWhole)}})}));
    for (const auto& name : {std::string(), std::string(257, 'x'), std::string("__topgun_c")}) {
        CHECK(only<wire::ErrorMessage>(peer.say(wire::CounterRequest{name})).code == 400);
        CHECK(only<wire::ErrorMessage>(peer.say(wire::CounterSync{name, {}})).code == 400);
    }
}

TEST_CASE("counters of a connection and nodes of a counter are bounded", "[sync]") {
    auto options = World::no_auth();
    options.limits.counters = 2;
    options.limits.counter_nodes = 3;
    World world(options);
    Peer peer(world);
    for (const auto* name : {"a", "b", "a"})
        only<wire::CounterResponse>(peer.say(wire::CounterRequest{name}));
    CHECK(only<wire::ErrorMessage>(peer.say(wire::CounterRequest{"c"})).code == 413);
    only<wire::CounterUpdate>(
        peer.say(wire::CounterSync{"a", state({{"1", 1}, {"2", 1}, {"3", 1}})}));
    CHECK(only<wire::ErrorMessage>(peer.say(wire::CounterSync{"a", state({{"4", 1}})})).code ==
          413);
    only<wire::CounterUpdate>(peer.say(wire::CounterSync{"a", state({{"3", 2}})}));
}

// TG-SYN-001
TEST_CASE("a counter's change is told when it is durable", "[sync]") {
    World world;
    world.storage.held = true;
    Peer ann(world), bob(world);
    bob.say(wire::CounterRequest{"c"});
    CHECK(ann.say(wire::CounterSync{"c", state({{"a", 1}})}).empty());
    CHECK(ann.say(wire::CounterSync{"c", state({{"a", 1}})}).empty());  // known, but not durable
    CHECK(bob.heard().empty());
    world.storage.release();
    world.hub->settle();
    CHECK(all<wire::CounterUpdate>(ann.heard()).size() == 2);
    CHECK(all<wire::CounterUpdate>(bob.heard()).size() == 1);
    CHECK(world.hub->unsettled() == 0);
}

TEST_CASE("a counter that cannot be stored says so", "[sync]") {
    World world;
    Peer peer(world);
    world.storage.broken = true;
    CHECK(only<wire::ErrorMessage>(peer.say(wire::CounterSync{"c", state({{"a", 1}})})).code ==
          500);
}

TEST_CASE("entries that come another way are told one by one", "[sync]") {
    World world;
    Peer peer(world);
    peer.say(wire::CounterRequest{"c"});
    Bytes value;
    encode_counter_entry(4, 1, value);
    Op op;
    op.kind = OpKind::counter;
    op.map = "c";
    op.key = "node";
    op.value = value;
    must(world.hub->apply({&op, 1}, {}, 0));
    world.hub->settle();
    CHECK(only<wire::CounterUpdate>(peer.heard()).state == state({{"node", 4}}, {{"node", 1}}));
}

TEST_CASE("a counter survives a restart", "[sync]") {
    const ScratchDir scratch;
    ManualTime time(kNow);
    sync::SeededEntropy entropy(1);
    for (int run = 1; run <= 3; ++run) {
        CAPTURE(run);
        DataDirectoryStorage storage(must(DataDirectory::open(scratch.file("data"))),
                                     DataDirectoryStorage::Commit::on_flush);
        const auto hub = must(sync::Hub::create(World::no_auth(), storage, time, entropy));
        const auto peer = hub->connect();
        must(peer->receive(wire::encoded(wire::CounterRequest{"c"})));
        const auto known =
            std::get<wire::CounterResponse>(must(wire::decode(*peer->take(), {true})));
        CHECK(value_of(known.state) == 2 * (run - 1));
        must(peer->receive(
            wire::encoded(wire::CounterSync{"c", state({{"a", 3.0 * run}}, {{"b", 1.0 * run}})})));
        CHECK_FALSE(peer->take());
        must(storage.flush());
        hub->settle();
        CHECK(peer->take());
    }
}

// Goal:   counters converge to the sum of what each client counted, whatever links are cut.
// Method: clients count for themselves and send all they know, as TopGun's client does; frames in
//         both directions vanish with the link at random; in the end everybody syncs once.
TEST_CASE("counters converge over links that are cut", "[sync][property]") {
    const auto start = seed(77);
    CAPTURE(start);
    Random random(start);
    World world;
    struct Client {
        std::unique_ptr<Peer> link;
        std::map<std::string, double> p, n;
    };
    std::vector<Client> clients(4);
    const auto said = [](const Client& client) {
        return state({client.p.begin(), client.p.end()}, {client.n.begin(), client.n.end()});
    };
    const auto hear = [](Client& client, const wire::CounterState& heard) {
        for (const auto& [node, count] : heard.p) client.p[node] = std::max(client.p[node], count);
        for (const auto& [node, count] : heard.n) client.n[node] = std::max(client.n[node], count);
    };
    const auto take = [&](Client& client) {
        for (const auto& update : all<wire::CounterUpdate>(client.link->heard()))
            hear(client, update.state);
    };
    double expected = 0;
    for (int step = 0; step < 2'000; ++step) {
        const auto at = static_cast<std::size_t>(random.below(clients.size()));
        auto& client = clients[at];
        const auto node = "c" + std::to_string(at);
        const auto what = random.below(8);
        if (what == 0) {
            client.link.reset();  // with all that was on its way
        } else if (!client.link) {
            client.link = std::make_unique<Peer>(world);
            for (const auto& message : client.link->say(wire::CounterRequest{"c"})) {
                if (const auto* now = std::get_if<wire::CounterResponse>(&message))
                    hear(client, now->state);
            }
        } else if (what < 5) {
            const bool up = random.chance(0.6);
            (up ? client.p : client.n)[node] += 1;
            expected += up ? 1 : -1;
            if (random.chance(0.7))
                must(client.link->link->receive(
                    wire::encoded(wire::CounterSync{"c", said(client)})));
        } else {
            take(client);
        }
    }
    for (int round = 0; round < 2; ++round) {
        for (auto& client : clients) {
            if (!client.link) client.link = std::make_unique<Peer>(world);
            must(client.link->link->receive(wire::encoded(wire::CounterSync{"c", said(client)})));
        }
        for (auto& client : clients) take(client);
    }
    for (const auto& client : clients) CHECK(value_of(said(client)) == expected);
    Peer late(world);
    const auto known = only<wire::CounterResponse>(late.say(wire::CounterRequest{"c"}));
    CHECK(value_of(known.state) == expected);
}
