// SPDX-License-Identifier: Apache-2.0
// Web pages before an endpoint: a browser lets any of them ask any address.
#include "page_rule.hpp"

#include <mutex>

#include "serving.hpp"

using namespace topgun;
using namespace topgun::test;
using net::PageRule;

namespace {

// The status of an upgrade, or of another request.
unsigned status_of(std::uint16_t port, const std::string& request, HttpAnswer* answer = nullptr) {
    Socket peer(port);
    REQUIRE(peer.send(request));
    const auto got = read_answer(peer);
    if (answer != nullptr) *answer = got;
    return got.status;
}

std::string page_of(const std::string& origin) {
    return "Origin: " + origin + "\r\n";
}

std::string addressed(std::string request, const std::string& host) {
    const std::string usual = "Host: localhost";
    return request.replace(request.find(usual), usual.size(), "Host: " + host);
}

const std::string kMyApp = "https://app.example", kForeign = "https://evil.example";

}  // namespace

TEST_CASE("pages of this machine and of the endpoint's own host are let in", "[net]") {
    const PageRule rule({}, false);
    for (const std::string origin :
         {"http://localhost", "http://localhost:5173", "https://LOCALHOST:1", "http://127.0.0.1:80",
          "http://[::1]:9", "http://box.example:8080"}) {
        CAPTURE(origin);
        CHECK(rule.admits(origin, "box.example:8080"));
    }
    for (const std::string origin :
         {"http://box.example", "http://box.example:81", "http://localhost.evil.example",
          "http://127.0.0.1.evil.example", "http://evil.example:8080", "http://192.168.0.7", "null",
          "localhost", "://", "http://[::1", "http://[::2]", "http://", ""}) {
        CAPTURE(origin);
        CHECK_FALSE(rule.admits(origin, "box.example:8080"));
    }
}

TEST_CASE("origins that are named are let in as they are written, and * is all", "[net]") {
    const PageRule named({kMyApp}, true), all({"*"}, true);
    CHECK(named.admits(kMyApp, "127.0.0.1:8080"));
    for (const auto& other : {kMyApp + ":444", std::string("http://app.example"), kForeign}) {
        CHECK_FALSE(named.admits(other, "127.0.0.1:8080"));
        CHECK(all.admits(other, "127.0.0.1:8080"));
    }
}

TEST_CASE("a loopback address is known by address and localhost alone", "[net]") {
    const PageRule loopback({kMyApp}, true), reachable({}, false), all({"*"}, true);
    for (const std::string host : {"localhost", "LocalHost:8080", "127.0.0.1:8080", "[::1]:8080",
                                   "10.0.0.1", "app.example", "APP.example:80", ""}) {
        CAPTURE(host);
        CHECK(loopback.knows_host(host));
    }
    for (const std::string host : {"evil.example", "evil.example:8080", "localhost.evil.example",
                                   "127.0.0.1.evil.example", "[::1", "[]", ":80"}) {
        CAPTURE(host);
        CHECK_FALSE(loopback.knows_host(host));
        CHECK(reachable.knows_host(host));
        CHECK(all.knows_host(host));
    }
}

TEST_CASE("without authentication a foreign page gets no WebSocket, and the log says so", "[net]") {
    std::mutex mutex;
    std::vector<std::string> told;
    auto options = quick();
    options.page_origins = {kMyApp};
    options.log = [&](const net::LogEvent& event) {
        const std::lock_guard lock(mutex);
        for (const auto& [name, value] : event.fields) told.push_back(value);
    };
    Serving world(std::move(options));
    for (const std::string path : {"/ws", "/"}) {
        CHECK(status_of(world.port, upgrade(path)) == 101);
        CHECK(status_of(world.port, upgrade(path, page_of(kMyApp))) == 101);
        CHECK(status_of(world.port, upgrade(path, page_of("http://localhost:5173"))) == 101);
        HttpAnswer refused;
        CHECK(status_of(world.port, upgrade(path, page_of(kForeign)), &refused) == 403);
        CHECK_THAT(refused.body, Catch::Contains("origin"));
        CHECK(status_of(world.port, upgrade(path, page_of("null"))) == 403);
    }
    const std::lock_guard lock(mutex);
    CHECK(told == std::vector<std::string>{kForeign, "localhost", "null", "localhost", kForeign,
                                           "localhost", "null", "localhost"});
}

TEST_CASE("a name that was made to lead to a loopback address is not served", "[net]") {
    Serving world;
    // To a browser such a page and the endpoint have one origin.
    const std::string name = "evil.example:8080";
    CHECK(status_of(world.port, addressed(upgrade("/ws", page_of("http://" + name)), name)) == 403);
    CHECK(status_of(world.port, addressed(upgrade("/ws"), name)) == 403);
    HttpAnswer refused;
    CHECK(status_of(world.port, addressed(get("/sync"), name), &refused) == 403);
    CHECK_THAT(refused.body, Catch::Contains("host"));
    CHECK(status_of(world.port, addressed(get("/sync"), "127.0.0.1")) == 404);
}

TEST_CASE("where tokens are needed, pages of any origin may bring theirs", "[net]") {
    Serving world(quick(), World::with_tokens());
    const std::string name = "sync.example";
    CHECK(status_of(world.port, addressed(upgrade("/ws", page_of(kForeign)), name)) == 101);
    WebSocket peer(world.port, "/ws", 0, nullptr, page_of(kForeign));
    peer.hear<wire::AuthRequired>();
    peer.say(wire::QuerySub{"q", "todos", {}, {}});
    peer.say(wire::Auth{"nonsense", {}, {}});
    peer.hear<wire::AuthFail>();
}
