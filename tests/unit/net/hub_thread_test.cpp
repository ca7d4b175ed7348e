// SPDX-License-Identifier: Apache-2.0
// What hangs on a request ends with the server, whoever else still has the request.
#include "hub_thread.hpp"

#include "serving.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

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
