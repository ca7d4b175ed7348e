// SPDX-License-Identifier: Apache-2.0
// The client's greeting, heartbeat, back-off and acknowledgements, against answers by hand.
#include "client_world.hpp"

using namespace topgun;
using namespace topgun::test;
using sync::ClientState;

namespace {

// The server's side, by hand.
struct Script {
    explicit Script(sync::ClientOptions options = {}) : client(std::move(options), local) {}

    void open() { client.connected(now); }
    /// What the client has sent since the last call.
    std::vector<wire::Message> heard() {
        std::vector<wire::Message> out;
        while (const auto frame = client.take()) out.push_back(must(wire::decode(*frame, {true})));
        return out;
    }
    template <typename T>
    std::vector<T> heard_of() {
        return all<T>(heard());
    }
    template <typename T>
    void say(const T& message) {
        client.receive(wire::encoded(message));
    }
    void pass(std::uint64_t ms, std::uint64_t step = 100) {
        for (std::uint64_t passed = 0; passed < ms; passed += step) client.tick(now += step);
    }
    void admit() {
        open();
        heard();
        wire::DeviceAck ack;
        ack.reconcile = wire::kReconcileVersion;
        say(ack);
    }
    void send(const std::vector<OwnedOp>& ops) {
        std::vector<Op> views;
        for (const auto& op : ops) views.push_back(op.view());
        must(client.send(views));
    }

    sync::MemoryReplica local;
    sync::Client client;
    std::uint64_t now = 5'000;
};

sync::ClientOptions with_token() {
    sync::ClientOptions out;
    out.token = "t1";
    return out;
}

wire::OpAck ack_of(const wire::ClientOpBatch& batch) {
    wire::OpAck ack;
    ack.last_id = *batch.ops.back().id;
    return ack;
}

}  // namespace

TEST_CASE("a token goes out at once and once only", "[sync][client]") {
    Script script(with_token());
    script.open();
    auto auth = only<wire::Auth>(script.heard());
    CHECK(auth.token == "t1");
    CHECK(auth.reconcile == wire::kReconcileVersion);
    script.say(wire::AuthRequired{});
    CHECK(script.heard().empty());
    CHECK(script.client.state() == ClientState::greeting);
    wire::AuthAck ack;
    ack.user_id = "ann";
    ack.device_token = "d.s";
    script.say(ack);
    const auto report = script.client.report();
    CHECK(report.server == sync::ServerKind::foreign);
    CHECK(report.server_user == "ann");
    CHECK(report.device_token == "d.s");
    // The device is the same after a reconnect.
    script.client.disconnected(script.now);
    script.open();
    CHECK(only<wire::Auth>(script.heard()).device_token == "d.s");
}

TEST_CASE("a refused token is final", "[sync][client]") {
    Script script(with_token());
    script.open();
    script.say(wire::AuthFail{"Authentication failed", {}});
    CHECK(script.client.state() == ClientState::failed);
    CHECK(script.client.wants_close());
    script.client.disconnected(script.now);
    CHECK_FALSE(script.client.wants_connect());
    const auto report = script.client.report();
    CHECK(report.code == Errc::unreachable);
    CHECK(report.error->find("Authentication failed") != std::string::npos);
}

TEST_CASE("a server that wants a token ends a client without one", "[sync][client]") {
    Script script;
    script.open();
    CHECK(script.heard_of<wire::DeviceHello>().size() == 1);
    script.say(wire::AuthRequired{});
    CHECK(script.client.state() == ClientState::failed);
    CHECK(script.client.report().error->find("wants a token") != std::string::npos);
}

TEST_CASE("silence after a token means a server without authentication", "[sync][client]") {
    Script script(with_token());
    script.open();
    script.heard();
    script.pass(1'900);
    CHECK(script.heard().empty());
    script.pass(200);
    CHECK(script.heard_of<wire::DeviceHello>().size() == 1);
    script.pass(2'100);
    CHECK(script.client.report().server == sync::ServerKind::foreign);
    CHECK(script.client.state() == ClientState::following);
}

TEST_CASE("a greeting answered late is answered all the same", "[sync][client]") {
    Script script;
    script.client.start({});
    script.open();
    script.heard();
    // With no map to name, an endpoint that only listens would be of no use: worth a longer wait.
    script.pass(5'000);
    CHECK(script.client.state() == ClientState::greeting);
    wire::DeviceAck ack;
    ack.reconcile = wire::kReconcileVersion;
    script.say(ack);
    CHECK(script.client.report().server == sync::ServerKind::own);
    CHECK(script.heard_of<wire::ReconcileStart>().size() == 1);

    Script other;
    sync::SyncJob job;
    job.maps = {{"m", MapKind::lww}};
    other.client.start(job);
    other.open();
    other.pass(2'100);
    CHECK(other.client.report().server == sync::ServerKind::foreign);
    CHECK(other.heard_of<wire::SyncInit>().size() == 1);
    other.say(ack);
    CHECK(other.client.report().server == sync::ServerKind::own);
    CHECK(other.heard_of<wire::ReconcileStart>().size() == 1);
}

TEST_CASE("a greeting that is never answered ends the connection", "[sync][client]") {
    Script script(with_token());
    script.open();
    script.say(wire::AuthRequired{});
    script.pass(9'800);
    CHECK_FALSE(script.client.wants_close());
    script.pass(400);
    CHECK(script.client.wants_close());
    CHECK(script.client.state() == ClientState::greeting);
    script.client.disconnected(script.now);
    CHECK(script.client.wants_connect());
}

TEST_CASE("the heartbeat beats every five seconds and gives up after fifteen", "[sync][client]") {
    Script script;
    script.admit();
    std::size_t pings = 0;
    for (int second = 0; second < 30; ++second) {
        script.pass(1'000);
        for (const auto& ping : script.heard_of<wire::Ping>()) {
            ++pings;
            script.say(wire::Pong{ping.timestamp, 1});
        }
    }
    CHECK(pings == 6);
    CHECK_FALSE(script.client.wants_close());
    script.pass(16'000);
    CHECK(script.client.wants_close());
}

TEST_CASE("attempts to reconnect come ever more seldom, until one succeeds", "[sync][client]") {
    Script script;
    Random random(seed(3));
    const std::uint64_t bases[] = {1'000, 2'000, 4'000, 8'000, 16'000, 30'000, 30'000};
    for (const auto base : bases) {
        const auto delay = script.client.retry_in_ms(random);
        CAPTURE(base, delay);
        CHECK(delay >= base / 2);
        CHECK(delay <= base * 3 / 2);
    }
    script.admit();
    CHECK(script.client.retry_in_ms(random) <= 1'500);
}

TEST_CASE("frames that nobody can read change nothing", "[sync][client]") {
    Script script;
    script.admit();
    script.client.receive("");
    script.client.receive("\xc1");
    script.client.receive("\x81\xa4type\xa3XYZ");
    script.say(wire::SyncRespLeaf{"m", "zzz", {}});
    script.say(wire::SyncRespBuckets{"m", "", {{"a", 1}}});
    script.say(wire::OpAck{"unknown", {}, {}});
    script.say(wire::ReconcileRows{});
    CHECK(script.client.state() == ClientState::following);
    CHECK(script.heard().empty());
}

TEST_CASE("ops go out in batches, one at a time, and acknowledgements must be of them",
          "[sync][client][ops]") {
    sync::ClientOptions options;
    options.batch_ops = 3;
    Script script(std::move(options));
    script.send(many_puts(5));
    script.admit();
    const auto first = only<wire::ClientOpBatch>(script.heard());
    REQUIRE(first.ops.size() == 3);
    CHECK(first.ops[0].key == "k0");
    script.say(wire::OpAck{"7", {}, {}});
    script.say(wire::OpAck{"unknown", {}, {}});
    CHECK(script.heard().empty());
    script.say(ack_of(first));
    const auto second = only<wire::ClientOpBatch>(script.heard());
    REQUIRE(second.ops.size() == 2);
    CHECK(script.client.state() == ClientState::working);
    // The link goes before the acknowledgement comes: the same again, under the same ids.
    script.client.disconnected(script.now);
    script.admit();
    const auto again = only<wire::ClientOpBatch>(script.heard());
    CHECK(again == second);
    script.say(ack_of(again));
    CHECK(script.client.state() == ClientState::finished);
    CHECK(script.client.report().ops_acknowledged == 5);
}

TEST_CASE("a refused op is reported, and the others are not", "[sync][client][ops]") {
    Script script;
    auto ops = many_puts(3);
    ops[1].id = "my-op";
    script.send(ops);
    script.admit();
    const auto batch = only<wire::ClientOpBatch>(script.heard());
    script.say(wire::OpRejected{*batch.ops[1].id, "no", 403});
    script.say(ack_of(batch));
    const auto report = script.client.report();
    CHECK(report.state == ClientState::finished);
    CHECK(report.ops_acknowledged == 2);
    REQUIRE(report.rejections.size() == 1);
    CHECK(report.rejections[0].id == "my-op");
    CHECK(report.rejections[0].key == "k1");
    CHECK(report.rejections[0].code == 403);
}

TEST_CASE("a failure in an acknowledgement's results is a refusal", "[sync][client][ops]") {
    Script script;
    script.send(many_puts(2));
    script.admit();
    const auto batch = only<wire::ClientOpBatch>(script.heard());
    auto ack = ack_of(batch);
    ack.results = {{*batch.ops[0].id, true, wire::WriteConcern::applied, {}},
                   {*batch.ops[1].id, false, wire::WriteConcern::fire_and_forget, "bad"}};
    script.say(ack);
    CHECK(script.client.report().ops_acknowledged == 1);
    CHECK(script.client.report().rejections.at(0).reason == "bad");
}

TEST_CASE("a busy server is given time, ever more of it", "[sync][client][ops]") {
    Script script;
    script.send(many_puts(2));
    script.admit();
    script.heard();
    std::uint64_t last = 0;
    for (int i = 0; i < 4; ++i) {
        script.say(wire::ErrorMessage{429, "slow down", {}});
        std::uint64_t waited = 0;
        std::vector<wire::ClientOpBatch> batches;
        while (batches.empty() && waited < 20'000) {
            script.pass(50, 50);
            waited += 50;
            batches = script.heard_of<wire::ClientOpBatch>();
        }
        CHECK(waited >= 2 * last);
        last = waited;
    }
    CHECK(last == 800);
}

TEST_CASE("the op that fails its batch is found by halving", "[sync][client][ops]") {
    Script script;
    script.send(many_puts(8));
    script.admit();
    std::size_t batches = 0;
    for (int round = 0; round < 40 && script.client.state() != ClientState::finished; ++round) {
        for (const auto& batch : script.heard_of<wire::ClientOpBatch>()) {
            ++batches;
            bool bad = false;
            for (const auto& op : batch.ops) bad = bad || op.key == "k5";
            if (bad)
                script.say(wire::ErrorMessage{500, "schema validation failed", {}});
            else
                script.say(ack_of(batch));
        }
        script.pass(200);
    }
    const auto report = script.client.report();
    CHECK(report.state == ClientState::finished);
    CHECK(report.ops_acknowledged == 7);
    REQUIRE(report.rejections.size() == 1);
    CHECK(report.rejections[0].key == "k5");
    CHECK(report.rejections[0].reason == "schema validation failed");
    CHECK(batches <= 8);
}

TEST_CASE("an op that no server would read is not sent", "[sync][client][ops]") {
    sync::ClientOptions options;
    options.message_bytes = 10'000;
    Script script(std::move(options));
    Bytes extension;
    msgpack::Writer(extension).extension(7, "abcd");
    script.send({put("large", {kNow, 0, "n"}, string_value(std::string(20'000, 'x'))),
                 put("odd", {kNow, 0, "n"}, extension), put("good", {kNow, 0, "n"}, int_value(1))});
    script.admit();
    const auto batch = only<wire::ClientOpBatch>(script.heard());
    REQUIRE(batch.ops.size() == 1);
    CHECK(batch.ops[0].key == "good");
    script.say(ack_of(batch));
    CHECK(script.client.report().ops_rejected == 2);
    CHECK(script.client.state() == ClientState::finished);
}

TEST_CASE("a server that acknowledges nothing is given up", "[sync][client][ops]") {
    Script script;
    script.send(many_puts(4));
    script.admit();
    for (int second = 0; second < 400 && script.client.state() == ClientState::working; ++second) {
        script.pass(1'000);
        for (const auto& ping : script.heard_of<wire::Ping>()) {
            script.say(wire::Pong{ping.timestamp, 1});
        }
    }
    CHECK(script.client.state() == ClientState::failed);
    CHECK(script.client.report().error->find("acknowledges") != std::string::npos);
}

TEST_CASE("what is remembered of a server survives being written down", "[sync][client]") {
    sync::PeerMemory memory;
    memory.maps[{"m", MapKind::lww}] = {{1, 2, 0xffffffffffffffffu}, 7, 8, 0};
    memory.maps[{"o", MapKind::or_map}] = {{}, 0, 0, 300};
    Bytes bytes;
    memory.serialize(bytes);
    const auto back = must(sync::PeerMemory::parse(bytes));
    REQUIRE(back.maps.size() == 2);
    CHECK(back.maps.at({"m", MapKind::lww}).seen == memory.maps.at({"m", MapKind::lww}).seen);
    CHECK(back.maps.at({"o", MapKind::or_map}).epoch == 300);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        CHECK_FALSE(sync::PeerMemory::parse(BytesView(bytes).substr(0, cut)));
    }
    CHECK_FALSE(sync::PeerMemory::parse(bytes + "x"));
}

TEST_CASE("a map that the server wants dropped is given up, with its writes still on their way",
          "[sync][client]") {
    Script script;
    fill(script.local.shared(), many_puts(3));
    sync::SyncJob job = walk_job(sync::SyncDirection::both);
    script.client.start(job);
    script.admit();
    CHECK(script.heard_of<wire::SyncInit>().size() == 1);
    script.say(wire::SyncRespRoot{"m", 0, {}});
    const auto batch = only<wire::ClientOpBatch>(script.heard());
    script.say(wire::SyncResetRequired{"m", "pruned"});
    CHECK(script.client.state() == ClientState::working);
    script.say(ack_of(batch));
    const auto report = script.client.report();
    CHECK(report.state == ClientState::finished);
    REQUIRE(report.maps.size() == 1);
    CHECK_FALSE(report.maps[0].done);
    CHECK(report.maps[0].error.find("pruned") != std::string::npos);
    CHECK(report.maps[0].pushed == 3);
}

TEST_CASE("a server of another kind under the same address gets a pass of its own",
          "[sync][client]") {
    Script script;
    fill(script.local.shared(), many_puts(3));
    script.client.start({});
    script.admit();
    CHECK(script.heard_of<wire::ReconcileStart>().size() == 1);
    script.client.disconnected(script.now);
    script.open();
    script.heard();
    script.say(wire::DeviceAck{});
    const auto heard = script.heard();
    CHECK(all<wire::SyncInit>(heard).size() == 1);
    CHECK(all<wire::ReconcileStart>(heard).empty());
}
