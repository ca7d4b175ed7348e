// SPDX-License-Identifier: Apache-2.0
// HTTP as peers meet it: what is answered, what is refused, and when it ends.
#include "fake_sql.hpp"
#include "serving.hpp"
#include "topgun/sync/http_api.hpp"
#include "topgun/wire/http.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

// Answers with what it was asked.
net::ServerOptions echoing() {
    auto out = quick();
    out.http = [](sync::Hub&, const sync::HttpRequest& request, const sync::HttpRespond& respond) {
        sync::HttpReply reply;
        reply.content_type = "text/plain";
        reply.body = request.method + ' ' + request.path + '?' + request.query + ' ' + request.body;
        respond(std::move(reply));
    };
    return out;
}

std::string post(std::string_view path, std::string_view body, std::string_view more = {}) {
    return "POST " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(more) +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace

TEST_CASE("two requests share one connection, also when both come at once", "[net]") {
    Serving world(echoing());
    Socket peer(world.port);
    REQUIRE(peer.send(get("/a?x=1")));
    auto answer = read_answer(peer);
    CHECK(answer.status == 200);
    CHECK(answer.body == "GET /a?x=1 ");
    CHECK_THAT(answer.head, Catch::Contains("X-Content-Type-Options: nosniff"));
    REQUIRE(peer.send(post("/b", "one") + post("/c", "two")));
    CHECK(read_answer(peer).body == "POST /b? one");
    CHECK(read_answer(peer).body == "POST /c? two");
    CHECK(world.server->transport().http_requests == 3);
    CHECK(world.server->transport().accepted == 1);
    REQUIRE(peer.send(get("/d", "Connection: close\r\n")));
    CHECK(read_answer(peer).body == "GET /d? ");
    CHECK(peer.ends());
}

TEST_CASE("a request's id comes back, and one is made where there is none", "[net]") {
    Serving world(echoing());
    Socket peer(world.port);
    REQUIRE(peer.send(get("/", "X-Request-Id: abc\r\n")));
    CHECK_THAT(read_answer(peer).head, Catch::Contains("X-Request-Id: abc\r\n"));
    REQUIRE(peer.send(get("/")));
    CHECK_THAT(read_answer(peer).head, Catch::Contains("X-Request-Id: "));
    const std::string longest(200, 'x');
    REQUIRE(peer.send(get("/", "X-Request-Id: " + longest + "\r\n")));
    CHECK_THAT(read_answer(peer).head, !Catch::Contains(longest));
}

TEST_CASE("a page of the endpoint's own has no foreign origin", "[net]") {
    auto options = quick();
    options.http = [](sync::Hub&, const sync::HttpRequest& request,
                      const sync::HttpRespond& respond) {
        sync::HttpReply reply;
        reply.body = "[" + request.origin + "]";
        respond(std::move(reply));
    };
    Serving world(std::move(options));
    Socket peer(world.port);
    const auto seen = [&](const std::string& origin) {
        REQUIRE(peer.send(get("/", "Origin: " + origin + "\r\n")));
        return read_answer(peer).body;
    };
    CHECK(seen("http://localhost") == "[]");
    CHECK(seen("https://LOCALHOST") == "[]");
    for (const std::string origin : {"http://localhost:81", "http://localhost.example",
                                     "http://a.localhost", "null", "localhost", "://localhost/"}) {
        CHECK(seen(origin) == "[" + origin + "]");
    }
}

TEST_CASE("who asks for a head gets no body, and the length that it would have", "[net]") {
    Serving world(echoing());
    Socket peer(world.port);
    REQUIRE(peer.send("HEAD /abc HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    const auto head = peer.read_to("\r\n\r\n");
    REQUIRE(head);
    CHECK_THAT(*head, Catch::Contains("Content-Length: 11\r\n"));
    REQUIRE(peer.send(get("/x")));
    CHECK(read_answer(peer).body == "GET /x? ");
}

TEST_CASE("who asks for the head of a file gets no body, and the next answer is the next",
          "[net]") {
    const ScratchDir folder;
    auto options = quick();
    options.http = [&](sync::Hub&, const sync::HttpRequest&, const sync::HttpRespond& respond) {
        spit(folder.file("sent"), "content");
        sync::HttpReply reply;
        reply.file = folder.file("sent");
        respond(std::move(reply));
    };
    Serving world(std::move(options));
    Socket peer(world.port);
    REQUIRE(peer.send("HEAD /file HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    const auto head = peer.read_to("\r\n\r\n");
    REQUIRE(head);
    CHECK_THAT(*head, Catch::Contains("Content-Length: 7\r\n"));
    REQUIRE(peer.send(get("/file")));
    CHECK(read_answer(peer).body == "content");
    CHECK_FALSE(std::filesystem::exists(folder.file("sent")));
}

TEST_CASE("a request names one host", "[net]") {
    Serving world(echoing());
    const auto status = [&](const std::string& request) {
        Socket peer(world.port);
        REQUIRE(peer.send(request));
        return read_answer(peer).status;
    };
    CHECK(status("GET / HTTP/1.1\r\n\r\n") == 400);
    CHECK(status("GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n") == 400);
    CHECK(status("GET / HTTP/1.0\r\nHost: localhost\r\nHost: localhost\r\n\r\n") == 400);
    CHECK(status("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") == 200);
}

TEST_CASE("a body over the limit is refused before it comes, a head as it comes", "[net]") {
    auto options = echoing();
    options.body_bytes = 100;
    Serving world(std::move(options));
    {
        Socket peer(world.port);
        REQUIRE(peer.send(post("/", std::string(100, 'b'))));
        CHECK(read_answer(peer).status == 200);
        REQUIRE(peer.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 101\r\n\r\n"));
        CHECK(read_answer(peer).status == 413);
        CHECK(peer.ends());
    }
    {
        Socket peer(world.port);
        REQUIRE(
            peer.send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "65\r\n" +
                      std::string(101, 'b')));
        CHECK(read_answer(peer).status == 413);
    }
    Socket peer(world.port);
    REQUIRE(peer.send("GET / HTTP/1.1\r\nX: " + std::string(16 << 10, 'h')));
    CHECK(read_answer(peer).status == 431);
    CHECK(world.server->transport().http_requests == 1);
}

TEST_CASE("what is no HTTP gets 400 and an end", "[net]") {
    Serving world(echoing());
    for (const auto* text :
         {"\x82\x05hello, this is no HTTP\r\n\r\n", "GET / HTTP/3.7\r\n\r\n",
          "GET / HTTP/1.1\r\nno colon\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n"}) {
        CAPTURE(text);
        Socket peer(world.port);
        REQUIRE(peer.send(text));
        const auto answer = read_answer(peer);
        CHECK(answer.status == 400);
        CHECK_THAT(answer.body, Catch::Contains(R"("code":400)"));
        CHECK(peer.ends());
    }
    CHECK(world.server->transport().http_requests == 0);
}

TEST_CASE("who announces a body and waits is told to go on", "[net]") {
    Serving world(echoing());
    Socket peer(world.port);
    REQUIRE(
        peer.send("POST /e HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nExpect: "
                  "100-continue\r\n\r\n"));
    CHECK(read_answer(peer).status == 100);
    REQUIRE(peer.send("body"));
    CHECK(read_answer(peer).body == "POST /e? body");
}

TEST_CASE("a head that comes drop by drop is cut off in time", "[net]") {
    auto options = echoing();
    options.header_ms = 300;
    Serving world(std::move(options));
    Socket peer(world.port);
    const auto began = std::chrono::steady_clock::now();
    bool ended = false;
    for (int i = 0; i < 500 && !ended; ++i) {
        peer.send("G");
        ended = peer.ends(20);
    }
    CHECK(ended);
    CHECK(elapsed_ms(began) >= 250);
    CHECK(eventually([&] { return world.server->transport().open == 0; }));
}

TEST_CASE("a body that does not come is cut off in time", "[net]") {
    auto options = echoing();
    options.body_ms = 200;
    Serving world(std::move(options));
    Socket peer(world.port);
    REQUIRE(peer.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nfour"));
    CHECK(peer.ends());
    // One that says nothing between two requests, too.
    Socket idle(world.port);
    REQUIRE(idle.send(get("/")));
    CHECK(read_answer(idle).status == 200);
    CHECK(idle.ends());
}

TEST_CASE("without an application there is POST /sync alone", "[net]") {
    Serving world;
    Socket peer(world.port);
    REQUIRE(peer.send(get("/sync")));
    CHECK(read_answer(peer).status == 404);
    wire::HttpSyncRequest request;
    request.operations = {put_op("3", "a", "x")};
    Bytes body;
    wire::encode(request, body);
    REQUIRE(peer.send(post("/sync", body, "Content-Type: application/msgpack\r\n")));
    const auto answer = read_answer(peer);
    REQUIRE(answer.status == 200);
    const auto response = must(wire::decode_http_sync_response(answer.body));
    REQUIRE(response.ack);
    CHECK(response.ack->last_id == "3");
}

TEST_CASE("an answer that acknowledges a write waits for the disk", "[net]") {
    auto options = quick();
    options.http = [](sync::Hub&, const sync::HttpRequest&, const sync::HttpRespond& respond) {
        sync::HttpReply reply;
        reply.body = "stored";
        reply.sequence = 1;
        respond(std::move(reply));
    };
    Serving world(std::move(options));
    world.storage.held = true;
    Socket peer(world.port);
    REQUIRE(peer.send(get("/")));
    CHECK_FALSE(peer.read(1, 300));
    world.on_hub([&](sync::Hub&) { return world.storage.reached = 1; });
    CHECK(read_answer(peer).body == "stored");
}

TEST_CASE("a disk that has failed is an error, not a wait without end", "[net]") {
    auto options = quick();
    options.http = [](sync::Hub&, const sync::HttpRequest&, const sync::HttpRespond& respond) {
        sync::HttpReply reply;
        reply.sequence = 1;
        respond(std::move(reply));
    };
    Serving world(std::move(options));
    world.storage.held = true;
    world.on_hub([&](sync::Hub&) { return world.storage.broken = true; });
    Socket peer(world.port);
    REQUIRE(peer.send(get("/")));
    CHECK(read_answer(peer).status == 500);
}

TEST_CASE("a request ends with the server, also when its answer is still worked on", "[net]") {
    FakeSql sql;
    sql.later = true;
    sync::HttpApi api{sync::HttpApiOptions{}};
    auto options = quick();
    options.drain_ms = 100;
    options.http = [&](sync::Hub& hub, const sync::HttpRequest& request,
                       sync::HttpRespond respond) { api.handle(hub, request, std::move(respond)); };
    auto hub = World::no_auth();
    hub.sql = &sql;
    auto world = std::make_unique<Serving>(std::move(options), hub);
    Socket first(world->port), second(world->port);
    for (auto* peer : {&first, &second}) REQUIRE(peer->send(post("/api/v1/sql", "SELECT 1")));
    REQUIRE(eventually(
        [&] { return world->on_hub([&](sync::Hub&) { return sql.waiting.size(); }) == 2; }));
    world.reset();
    CHECK(first.ends());
    CHECK(second.ends());
    // The engine is done with one, and forgets the other.
    sql.waiting.pop_back();
    sql.finish();
}

TEST_CASE("a request that the application drops ends its connection", "[net]") {
    auto options = quick();
    options.http = [](sync::Hub&, const sync::HttpRequest&, const sync::HttpRespond&) {};
    Serving world(std::move(options));
    Socket peer(world.port);
    REQUIRE(peer.send(get("/")));
    CHECK(peer.ends());
    CHECK(eventually([&] { return world.server->transport().open == 0; }));
}

TEST_CASE("a file is sent whole and removed", "[net]") {
    ScratchDir folder;
    const auto path = folder.file("download");
    auto options = quick();
    options.http = [path](sync::Hub&, const sync::HttpRequest&, const sync::HttpRespond& respond) {
        sync::HttpReply reply;
        reply.content_type = "application/octet-stream";
        reply.file = path;
        respond(std::move(reply));
    };
    Serving world(std::move(options));
    const std::string content(300'000, 'f');
    spit(path, content);
    Socket peer(world.port);
    REQUIRE(peer.send(get("/")));
    CHECK(read_answer(peer).body == content);
    CHECK_FALSE(std::filesystem::exists(path));
    REQUIRE(peer.send(get("/")));
    CHECK(read_answer(peer).status == 500);
}
