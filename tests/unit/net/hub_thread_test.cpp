// SPDX-License-Identifier: Apache-2.0
// What hangs on a request ends with the server, whoever else still has the request.
#include "hub_thread.hpp"

#include "serving.hpp"

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
    CHECK(counters().frames_in < kPings);
    CHECK(counters().ops_applied == 0);
    thread.lost(link);
    CHECK(counters().ops_applied == 1);
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
