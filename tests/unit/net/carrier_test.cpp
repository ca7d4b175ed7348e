// SPDX-License-Identifier: Apache-2.0
// A client on a real line: to the end of its job, through a break, and into the void.
#include <thread>

#include "client_world.hpp"
#include "serving.hpp"
#include "topgun/net/client.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

net::Url url_of(std::uint16_t port) {
    return {false, "127.0.0.1", port, "/ws"};
}

void fill(Serving& world, const std::vector<OwnedOp>& ops) {
    world.on_hub([&](sync::Hub& hub) {
        std::vector<Op> views;
        for (const auto& op : ops) views.push_back(op.view());
        must(hub.apply(views, {}, 0));
        return 0;
    });
}

// Of the only map, which has a line of its own.
std::size_t records_of(SharedReplica& shared) {
    const auto lines = lines_of(shared).size();
    return lines == 0 ? 0 : lines - 1;
}

std::uint32_t root_of(SharedReplica& shared) {
    return current_trie(shared, {"m", MapKind::lww}).root();
}
std::uint32_t root_of(Serving& world) {
    return world.on_hub([](sync::Hub& hub) { return root_of(hub.maps().shared()); });
}

// Tasks of the client's own thread.
class Worker {
public:
    Worker() : thread_([this] { run(); }) {}
    ~Worker() {
        post({});
        thread_.join();
    }
    /// An empty one ends the thread.
    void post(std::function<void()> task) {
        const std::lock_guard lock(mutex_);
        tasks_.push_back(std::move(task));
        wake_.notify_one();
    }

private:
    // What was done is kept until the whole round is, as a server's thread does.
    void run() {
        for (;;) {
            std::vector<std::function<void()>> round;
            {
                std::unique_lock lock(mutex_);
                wake_.wait(lock, [this] { return !tasks_.empty(); });
                round.swap(tasks_);
            }
            for (const auto& task : round) {
                if (!task) return;
                task();
            }
        }
    }
    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<std::function<void()>> tasks_;
    std::thread thread_;
};

}  // namespace

TEST_CASE("a client brings its state and the server's together", "[net][carry]") {
    Serving world;
    fill(world, many_puts(500, kNow, "server-side"));
    sync::MemoryReplica local;
    test::fill(local.shared(), {put("mine", {kNow, 0, "c"}, string_value("of the client"))});
    sync::Client client({}, local);
    client.start({});
    std::uint64_t looks = 0;
    net::CarryOptions options;
    options.progress = [&](const sync::Client&) { ++looks; };
    must(net::carry(url_of(world.port), client, options));
    CHECK(client.state() == sync::ClientState::finished);
    CHECK(root_of(local.shared()) == root_of(world));
    CHECK(records_of(local.shared()) == 501);
    CHECK(client.report().traffic.connects == 1);
    CHECK(eventually([&] { return world.server->transport().open == 0; }));
}

TEST_CASE("a client gives up after its attempts, and says whom it could not reach",
          "[net][carry]") {
    std::uint16_t port = 0;
    {
        Serving gone;
        port = gone.port;
    }
    sync::MemoryReplica local;
    sync::Client client({}, local);
    client.start({});
    net::CarryOptions options;
    options.attempts = 2;
    std::uint64_t ended = 0;
    options.log = [&](const net::LogEvent&) { ++ended; };
    const auto carried = net::carry(url_of(port), client, options);
    REQUIRE_FALSE(carried);
    CHECK(carried.error().code() == Errc::unreachable);
    CHECK_THAT(carried.error().text(), Catch::Contains("127.0.0.1:" + std::to_string(port)));
    CHECK(ended == 2);
}

TEST_CASE("a server that speaks no WebSocket is no server", "[net][carry]") {
    Serving world;
    sync::MemoryReplica local;
    sync::Client client({}, local);
    client.start({});
    net::CarryOptions options;
    options.attempts = 1;
    auto url = url_of(world.port);
    url.path = "/elsewhere";
    const auto carried = net::carry(url, client, options);
    REQUIRE_FALSE(carried);
    CHECK_THAT(carried.error().text(), Catch::Contains("404"));
}

TEST_CASE("a client that is told to stop does so at once", "[net][carry]") {
    Serving world;
    sync::MemoryReplica local;
    sync::Client client({}, local);
    sync::SyncJob job;
    job.follow = true;
    client.start(job);
    net::CarryOptions options;
    options.stop = [&] { return client.state() == sync::ClientState::following; };
    const auto carried = net::carry(url_of(world.port), client, options);
    REQUIRE_FALSE(carried);
    CHECK(carried.error().code() == Errc::cancelled);
    CHECK(eventually([&] { return world.server->transport().open == 0; }));
}

TEST_CASE("a follower connects again when its server comes back on the same port", "[net][carry]") {
    auto world = std::make_unique<Serving>();
    const auto port = world->port;
    fill(*world, many_puts(50, kNow, "s"));
    sync::MemoryReplica local;
    sync::Client client({}, local);
    sync::SyncJob job;
    job.follow = true;
    client.start(job);
    int phase = 0;
    const auto began = std::chrono::steady_clock::now();
    bool together = false;
    net::CarryOptions options;
    options.attempts = 20;
    options.stop = [&] {
        if (phase == 0 && client.state() == sync::ClientState::following) {
            world.reset();
            auto again = quick();
            again.port = port;
            world = std::make_unique<Serving>(again);
            fill(*world, many_puts(60, kNow + 1, "s"));
            phase = 1;
        }
        together = phase == 1 && records_of(local.shared()) == 60 &&
                   root_of(local.shared()) == root_of(*world);
        return together || elapsed_ms(began) > 30'000;
    };
    const auto carried = net::carry(url_of(port), client, options);
    REQUIRE_FALSE(carried);
    CHECK(carried.error().code() == Errc::cancelled);
    CHECK(together);
    CHECK(client.report().traffic.connects == 2);
}

TEST_CASE("a refused token ends the client, not in a loop", "[net][carry]") {
    Serving world(quick(), World::with_tokens());
    sync::MemoryReplica local;
    sync::ClientOptions who;
    who.token = "bad";
    sync::Client client(who, local);
    client.start({});
    must(net::carry(url_of(world.port), client, {}));
    CHECK(client.state() == sync::ClientState::failed);
    CHECK(world.server->transport().accepted == 1);
}

TEST_CASE("a carrier follows on a thread of its own", "[net][carry]") {
    Serving world;
    fill(world, many_puts(30, kNow, "s"));
    sync::MemoryReplica local;
    sync::Client client({}, local);
    sync::SyncJob job;
    job.follow = true;
    client.start(job);
    Worker worker;
    const auto carrier =
        net::Carrier::start(url_of(world.port), client, {},
                            [&](std::function<void()> task) { worker.post(std::move(task)); });
    CHECK(eventually([&] { return carrier->connected(); }));
    CHECK(eventually([&] {
        std::promise<std::size_t> rows;
        worker.post([&] { rows.set_value(records_of(local.shared())); });
        return rows.get_future().get() == 30;
    }));
}

TEST_CASE("carriers start and end at any moment", "[net][carry]") {
    Random random(seed(11));
    Serving world;
    fill(world, many_puts(200, kNow, "s"));
    std::uint16_t nobody = 0;
    {
        Serving gone;
        nobody = gone.port;
    }
    Worker worker;
    const auto invoke = [&](std::function<void()> task) { worker.post(std::move(task)); };
    for (int round = 0; round < 60; ++round) {
        sync::MemoryReplica local;
        sync::Client client({}, local);
        sync::SyncJob job;
        job.follow = true;
        client.start(job);
        const auto port = random.below(5) == 0 ? nobody : world.port;
        auto carrier = net::Carrier::start(url_of(port), client, {}, invoke);
        ::usleep(static_cast<unsigned>(random.below(random.below(4) == 0 ? 60'000 : 3'000)));
        carrier.reset();
    }
    // All sockets have been closed by then, not merely forgotten.
    CHECK(eventually([&] { return world.server->transport().open == 0; }));
}

TEST_CASE("a carrier whose certificates cannot be read never goes on in plain", "[net][carry]") {
    Serving world;
    sync::MemoryReplica local;
    sync::Client client({}, local);
    client.start({});
    Worker worker;
    auto url = url_of(world.port);
    url.tls = true;
    net::CarryOptions options;
    options.tls_authorities = "/nonexistent/authorities.pem";
    const auto carrier = net::Carrier::start(
        url, client, options, [&](std::function<void()> task) { worker.post(std::move(task)); });
    CHECK_FALSE(eventually([&] { return carrier->connected(); }, 500));
    CHECK(world.on_hub([](sync::Hub& hub) { return hub.counters().connections; }) == 0);
}
