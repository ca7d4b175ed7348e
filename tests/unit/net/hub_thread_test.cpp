// SPDX-License-Identifier: Apache-2.0
// What hangs on a request ends with the server, whoever else still has the request.
#include "hub_thread.hpp"

#include "documents.hpp"
#include "serving.hpp"
#include "topgun/query/run.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

// A socket that takes what it gets, and never gets rid of it.
class Deaf final : public net::Link {
public:
    void deliver(net::Delivery) override {}
};

// A request whose answer is waited for by something that should not live on.
std::weak_ptr<int> ask(net::HubThread& thread) {
    auto socket = std::make_shared<int>(0);
    std::weak_ptr<int> out = socket;
    thread.request({}, [socket = std::move(socket)](const sync::HttpReply&) {});
    std::promise<void> served;
    thread.post([&](sync::Hub&) { served.set_value(); });
    served.get_future().wait();
    return out;
}

}  // namespace

TEST_CASE("whoever keeps a request keeps nothing of the server", "[net]") {
    MemoryStorage storage;
    std::vector<sync::HttpRespond> kept;
    auto thread = std::make_unique<net::HubThread>(
        must(sync::Hub::create(World::no_auth(), storage)), storage,
        [&](sync::Hub&, const sync::HttpRequest&, const sync::HttpRespond& respond) {
            kept.push_back(respond);
        });
    const auto socket = ask(*thread);
    REQUIRE(kept.size() == 1);
    CHECK_FALSE(socket.expired());
    thread.reset();
    CHECK(socket.expired());
    // Too late, and for nobody.
    kept[0]({});
}

TEST_CASE("a request that is answered, or dropped, is let go of", "[net]") {
    MemoryStorage storage;
    bool answers = false;
    net::HubThread thread(
        must(sync::Hub::create(World::no_auth(), storage)), storage,
        [&](sync::Hub&, const sync::HttpRequest&, const sync::HttpRespond& respond) {
            if (answers) respond({});
            if (answers) respond({});  // once too often
        });
    for (const bool answered : {false, true}) {
        answers = answered;
        const auto socket = ask(thread);
        CHECK(eventually([&] { return socket.expired(); }));
    }
}

TEST_CASE("one who asks for much at once and reads gets all of it", "[net]") {
    auto hub = World::no_auth();
    hub.limits.queue_bytes = 256 << 10;
    Serving world(quick(), hub);
    world.on_hub([](sync::Hub& to) {
        for (int i = 0; i < 100; ++i) {
            const auto op =
                put("k" + std::to_string(i), {kNow, 0, "n"}, string_value(Bytes(500, 'v')));
            const Op view = op.view();
            must(to.apply({&view, 1}, {}, 0));
        }
        return 0;
    });
    constexpr int kQueries = 300;
    WebSocket peer(world.port);
    std::string all;
    for (int i = 0; i < kQueries; ++i) {
        wire::QuerySub sub;
        sub.query_id = std::to_string(i);
        sub.map_name = "m";
        all += frame_of(kBinary, wire::encoded(sub));
    }
    all += frame_of(kBinary, wire::encoded(batch_of({put_op("last", "z", "v")})));
    REQUIRE(peer.socket.send(all));
    // Some sixteen megabytes, in order, through a queue of a quarter of one.
    int next = 0;
    for (;;) {
        const auto message = peer.hear();
        if (const auto* answer = std::get_if<wire::QueryResp>(&message)) {
            REQUIRE(answer->query_id == std::to_string(next++));
            REQUIRE(answer->results.size() == 100);
        }
        if (std::holds_alternative<wire::OpAck>(message)) break;
    }
    CHECK(next == kQueries);
    CHECK(world.on_hub([](sync::Hub& of) { return of.counters().slow_consumers; }) == 0);
}

TEST_CASE("writes that wait behind answers are stored when their writer has gone", "[net]") {
    MemoryStorage storage;
    auto options = World::no_auth();
    options.limits.queue_bytes = 1 << 10;
    net::HubThread thread(must(sync::Hub::create(options, storage)), storage, {});
    const auto counters = [&] {
        std::promise<sync::Counters> out;
        thread.post([&](sync::Hub& hub) { out.set_value(hub.counters()); });
        return out.get_future().get();
    };
    const auto link = thread.open(std::make_shared<Deaf>());
    constexpr std::uint64_t kPings = 20'000;
    for (std::uint64_t i = 0; i < kPings; ++i) {
        thread.receive(link, sync::Frame(wire::encoded(wire::Ping{i})));
    }
    thread.receive(link, sync::Frame(wire::encoded(batch_of({put_op("1", "k", "v")}))));
    // Too long to be read ahead.
    const std::string large(std::size_t{300} << 10, 'v');
    thread.receive(link, sync::Frame(wire::encoded(batch_of({put_op("2", "l", large)}))));
    CHECK(counters().frames_in < kPings);
    CHECK(counters().ops_applied == 0);
    thread.lost(link);
    CHECK(counters().ops_applied == 2);
    CHECK(counters().slow_consumers == 0);
}

TEST_CASE("while a query runs apart everybody is served", "[net]") {
    auto hub = World::no_auth();
    hub.limits.apart_records = 1;
    Serving world(quick(), hub);
    WebSocket asker(world.port), other(world.port);
    other.say(batch_of({put_op("1", "a", "x")}));
    other.hear<wire::OpAck>();
    // What runs first holds the rest up until it is told.
    std::promise<void> go;
    world.on_hub([&](sync::Hub& of) {
        of.run_apart([told = go.get_future().share()] { told.wait(); }, [] {});
        return 0;
    });
    wire::QuerySub sub;
    sub.query_id = "q";
    sub.map_name = "m";
    asker.say(sub);
    asker.say(wire::Ping{7});
    CHECK(asker.hear<wire::Pong>().timestamp == 7);
    other.say(batch_of({put_op("2", "b", "x")}));
    CHECK(other.hear<wire::OpAck>().last_id == "2");
    go.set_value();
    CHECK(asker.hear<wire::QueryResp>().results.size() == 2);
}

// Goal:   threads that read and write one map at a time leave every watcher with what is there.
// Method: queries begin and end while records come, change and go; then all are compared.
TEST_CASE("a map is written while it is read apart", "[net]") {
    auto hub = World::no_auth();
    hub.limits.apart_records = 1;
    Serving world(quick(), hub);
    WebSocket writer(world.port), reader(world.port);
    const std::vector<std::string> queries = {
        R"({})", R"({"sort":[{"field":"n","direction":"asc"}],"limit":5})"};
    std::map<std::string, std::map<std::string, Bytes>> held;
    const auto take = [&](const wire::Message& message) {
        if (const auto* answer = std::get_if<wire::QueryResp>(&message)) {
            auto& rows = held[answer->query_id];
            rows.clear();
            for (const auto& row : answer->results) rows[row.key] = row.value.bytes;
        } else if (const auto* one = std::get_if<wire::QueryUpdate>(&message)) {
            if (one->change_type == wire::ChangeType::leave)
                held[one->query_id].erase(one->key);
            else
                held[one->query_id][one->key] = one->value.bytes;
        }
    };
    constexpr std::uint64_t kRounds = 60;
    for (std::uint64_t round = 0; round < kRounds; ++round) {
        std::vector<wire::ClientOp> ops;
        for (std::uint64_t i = 0; i < 40; ++i) {
            const auto key = "k" + std::to_string((round * 7 + i * 13) % 200);
            if (i % 5 == 0) {
                ops.push_back(remove_op("1", key, kNow + round));
            } else {
                ops.push_back(put_json(key, R"({"n":)" + std::to_string((round + i) % 50) + '}',
                                       kNow + round));
            }
        }
        writer.say(batch_of(std::move(ops)));
        const auto which = round % queries.size();
        reader.say(wire::QuerySub{std::to_string(which),
                                  "m",
                                  query::to_wire(must(query::parse_query_json(queries[which]))),
                                  {}});
        writer.hear<wire::OpAck>();
    }
    // A query of another name comes behind all others.
    reader.say(wire::QuerySub{"last", "m", {}, {}});
    while (!held.contains("last")) take(reader.hear());
    const auto best = world.on_hub([&](sync::Hub& of) {
        std::map<std::string, Bytes> out;
        const MapId id{"m", MapKind::lww};
        const auto state = read_live(of.maps().shared(), {id});
        const auto query = must(query::parse_query_json(queries[1]));
        for (auto& row : must(query::run_query(*state, id, query, kNow)).rows) {
            out[row.key] = row.value;
        }
        return out;
    });
    // A window that lost its hold is filled again by the next tick.
    CHECK(eventually([&] {
        reader.say(wire::Ping{1});
        for (;;) {
            const auto message = reader.hear();
            if (std::holds_alternative<wire::Pong>(message)) break;
            take(message);
        }
        return held["0"] == held["last"] && held["1"] == best;
    }));
}

TEST_CASE("a server stops while queries run apart", "[net]") {
    auto hub = World::no_auth();
    hub.limits.apart_records = 1;
    Serving world(quick(), hub);
    WebSocket asker(world.port);
    asker.say(batch_of({put_op("1", "a", "x")}));
    asker.hear<wire::OpAck>();
    for (int i = 0; i < 20; ++i) {
        wire::QuerySub sub;
        sub.query_id = std::to_string(i);
        sub.map_name = "m";
        asker.say(sub);
    }
    must(world.server->stop());
    CHECK(world.server->transport().open == 0);
}
