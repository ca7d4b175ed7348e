// SPDX-License-Identifier: Apache-2.0
// Peers that mean harm, on real sockets: each gets an error or an end, another one is served all
// the time, and the state is what it was.
#include "certificates.hpp"
#include "siege.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

std::string random_bytes(Random& random, std::size_t size) {
    std::string out(size, '\0');
    for (auto& byte : out) byte = static_cast<char>(random.below(256));
    return out;
}

// {type: TYPE, payload: ...}, of which the payload is to follow.
std::string begun(std::string_view type) {
    std::string out = "\x82\xa4type";
    out += static_cast<char>(0xa0 | type.size());
    return out.append(type).append("\xa7payload");
}

const std::vector<std::string> kTypes = {"CLIENT_OP", "OP_BATCH",  "BATCH",
                                         "QUERY_SUB", "SQL_QUERY", "ORMAP_PUSH_DIFF"};

// Closes with a reset, as a program does that is killed.
void reset(const Socket& socket) {
    const linger now{1, 0};
    ::setsockopt(socket.descriptor(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

}  // namespace

TEST_CASE("messages larger than allowed close, whole, in parts or announced", "[net][hostile]") {
    auto hub = World::no_auth();
    hub.limits.message_bytes = 10'000;
    Siege siege(quick(), hub);
    const std::string half(6'000, 'x');
    std::string many;
    for (int i = 0; i < 200; ++i) many += unfinished(i == 0 ? kBinary : kMore, half.substr(0, 100));
    const std::string announced[] = {
        frame_of(kBinary, half + half), unfinished(kBinary, half) + frame_of(kMore, half), many,
        // 2^62 bytes, alone and as the rest of a message.
        std::string("\x82\xff\x40\0\0\0\0\0\0\0\0\0\0\0", 14),
        unfinished(kBinary, half) + std::string("\x80\xff\x40\0\0\0\0\0\0\0\0\0\0\0", 14),
        std::string("\x82\xff\0\0\0\0\x80\0\0\0\0\0\0\0", 14)};
    for (const auto& bytes : announced) {
        WebSocket peer(siege.world.port);
        REQUIRE(peer.socket.send(bytes));
        CHECK(peer.close_code() == 1009);
    }
    siege.check();
}

TEST_CASE("frames against the WebSocket's rules close", "[net][hostile]") {
    Siege siege;
    const std::pair<std::string, unsigned> attacks[] = {
        {frame_of(kMore, "no beginning"), 1002},
        {unfinished(kBinary, "a") + frame_of(kBinary, "b"), 1002},
        {unfinished(kPingFrame, "in parts"), 1002},
        {frame_of(kPingFrame, std::string(126, 'p')), 1002},
        {frame_of(3, "reserved"), 1002},
        {frame_of(11, "reserved"), 1002},
        {std::string("\xc2\x81\0\0\0\0x", 7), 1002},  // compressed, which was not agreed
        {std::string("\x82\xff\x80\0\0\0\0\0\0\0\0\0\0\0", 14), 1009},  // 2^63
        {std::string("\x82\xfe\0\1\0\0\0\0x", 9), 1002},                // one byte, in two
        {frame_of(kText, "\xff\xfe"), 1007},
        {frame_of(kCloseFrame, "x"), 1002},
        {frame_of(kCloseFrame, "\x03\xed"), 1002},  // 1005, which is never sent
        {frame_of(kCloseFrame, "\x03\xe8\xff"), 1002}};
    for (const auto& [bytes, code] : attacks) {
        CAPTURE(bytes);
        WebSocket peer(siege.world.port);
        REQUIRE(peer.socket.send(bytes));
        CHECK(peer.close_code() == code);
    }
    siege.check();
}

TEST_CASE("a message in any number of parts is one, with pings between them", "[net][hostile]") {
    Siege siege;
    WebSocket peer(siege.world.port);
    const auto ping = wire::encoded(wire::Ping{77});
    std::string parts;
    for (std::size_t i = 0; i < ping.size(); ++i) {
        parts += unfinished(i == 0 ? kBinary : kMore, ping.substr(i, 1));
        for (int empty = 0; empty < 500; ++empty) parts += unfinished(kMore, "");
        parts += frame_of(kPingFrame, "still there?");
    }
    REQUIRE(peer.socket.send(parts + frame_of(kMore, "")));
    std::size_t pongs = 0;
    for (;;) {
        const auto got = peer.frame();
        REQUIRE(got);
        if (got->first == kBinary) break;
        CHECK(got->first == 10);
        ++pongs;
    }
    CHECK(pongs == ping.size());
}

TEST_CASE("MessagePack as deep as a message can be, or wider than it is, is an error",
          "[net][hostile]") {
    Siege siege;
    WebSocket peer(siege.world.port);
    for (const auto& type : kTypes) {
        for (const std::size_t depth : {300u, 10'000u, 1'000'000u}) {
            std::string maps;
            for (std::size_t i = 0; i < depth / 3; ++i) maps += "\x81\xa1m";
            REQUIRE(peer.socket.send(frame_of(kBinary, begun(type) + std::string(depth, '\x91'))));
            REQUIRE(peer.socket.send(frame_of(kBinary, begun(type) + maps + "\xc0")));
        }
        for (const char* head :
             {"\xdd\xff\xff\xff\xff", "\xdf\xff\xff\xff\xff", "\xc6\x7f\xff\xff\xff",
              "\xdb\xff\xff\xff\xff", "\xc9\xff\xff\xff\xff", "\xdc\xff\xff"}) {
            REQUIRE(peer.socket.send(frame_of(kBinary, begun(type) + head)));
        }
        CAPTURE(type);
        CHECK(is_served(peer));
    }
    REQUIRE(peer.socket.send(frame_of(kBinary, std::string(1 << 20, '\x91'))));
    CHECK(is_served(peer));
    CHECK(siege.world.on_hub([](sync::Hub& hub) { return hub.counters().ops_applied; }) == 5);
    peer.socket.send(frame_of(kCloseFrame, "\x03\xe8"));
    siege.check();
}

TEST_CASE("who closes and then stays is cut off", "[net][hostile]") {
    Siege siege;
    std::vector<std::unique_ptr<WebSocket>> peers;
    for (int i = 0; i < 20; ++i) {
        peers.push_back(std::make_unique<WebSocket>(siege.world.port));
        REQUIRE(peers.back()->socket.send(frame_of(kCloseFrame, "\x03\xe8")));
    }
    siege.check();
}

TEST_CASE("random messages change nothing, and keep nobody from being served", "[net][hostile]") {
    Random random(seed(62));
    Siege siege;
    {
        WebSocket peer(siege.world.port);
        for (int round = 0; round < 3000; ++round) {
            auto bytes = random_bytes(random, random.below(200));
            if (random.below(2) == 0) bytes = begun(kTypes[random.below(kTypes.size())]) + bytes;
            REQUIRE(peer.socket.send(frame_of(kBinary, bytes)));
            if (round % 500 == 0) REQUIRE(is_served(peer));
        }
        CHECK(is_served(peer));
    }
    // And bytes that are not even frames.
    for (int round = 0; round < 200; ++round) {
        WebSocket peer(siege.world.port);
        peer.socket.send(random_bytes(random, 1 + random.below(2000)));
        if (random.below(2) == 0) reset(peer.socket);
    }
    siege.check();
}

TEST_CASE("before its token nobody changes anything, whatever it sends", "[net][hostile]") {
    Random random(seed(63));
    Siege siege(quick(), World::with_tokens());
    WebSocket peer(siege.world.port);
    peer.hear<wire::AuthRequired>();
    const auto write = wire::encoded(batch_of({put_op("1", "a", "evil", kNow + 10)}));
    for (int round = 0; round < 2000; ++round) {
        auto bytes = write;
        for (auto flips = random.below(4); flips > 0; --flips) {
            bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
        }
        REQUIRE(peer.socket.send(frame_of(kBinary, bytes)));
    }
    peer.say(wire::Auth{"bad", {}, {}});
    peer.hear<wire::AuthFail>();
    CHECK(peer.close_code() == 1008);
    CHECK(siege.world.on_hub([](sync::Hub& hub) { return hub.counters().ignored; }) > 400);
    siege.check();
}

TEST_CASE("heads and bodies drop by drop are cut off in time, from many at once",
          "[net][hostile]") {
    auto options = quick();
    options.header_ms = options.body_ms = 400;
    Siege siege(options);
    std::vector<std::unique_ptr<Socket>> slow;
    for (int i = 0; i < 60; ++i) {
        slow.push_back(std::make_unique<Socket>(siege.world.port));
        if (i % 2 == 0) {
            slow.back()->send(
                "POST /sync HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n");
        }
    }
    REQUIRE(eventually([&] { return siege.world.server->transport().accepted == 61; }));
    const auto began = std::chrono::steady_clock::now();
    while (siege.world.server->transport().open > 1 && elapsed_ms(began) < kPatience) {
        for (auto& one : slow) one->send("x");
        ::usleep(20'000);
    }
    CHECK(elapsed_ms(began) >= 100);
    siege.check();
}

TEST_CASE("a message that never ends is cut off with its silence", "[net][hostile]") {
    auto hub = World::with_tokens();
    hub.limits.handshake_ms = 1'000;
    Siege siege(quick(), hub);
    WebSocket stranger(siege.world.port);
    REQUIRE(stranger.socket.send(std::string("\x82\xfe\x40\0\0\0\0\0", 8)));
    const auto began = std::chrono::steady_clock::now();
    bool ended = false;
    while (!ended && elapsed_ms(began) < kPatience) {
        ended = !stranger.socket.send("x") || stranger.socket.ends(20);
    }
    CHECK(ended);
    siege.check();
}

TEST_CASE("half of a TLS handshake holds nothing for long", "[net][hostile][tls]") {
    ScratchDir folder;
    Authority authority(folder, "authority");
    const auto own = authority.sign("server", "IP:127.0.0.1");
    auto options = quick();
    options.header_ms = 500;
    options.tls = net::TlsFiles{own.certificate, own.key, {}};
    const TlsContext client(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
    Siege siege(options, World::no_auth(), client.get());
    std::vector<std::unique_ptr<Socket>> halves;
    for (int i = 0; i < 40; ++i) {
        halves.push_back(std::make_unique<Socket>(siege.world.port));
        // The beginning of a greeting, a record longer than any, or nothing.
        if (i % 3 == 0)
            halves.back()->send(std::string("\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", 11));
        if (i % 3 == 1) halves.back()->send(std::string("\x16\x03\x03\xff\xff\x01", 6));
    }
    for (auto& one : halves) CHECK(one->ends());
    CHECK(
        eventually([&] { return siege.world.server->transport().tls_failures == halves.size(); }));
    siege.check();
}

TEST_CASE("thousands come and go, and none of them stays", "[net][hostile]") {
    Random random(seed(64));
    Siege siege;
    constexpr int kVisits = 2000;
    for (int i = 0; i < kVisits; ++i) {
        Socket visitor(siege.world.port);
        switch (random.below(5)) {
            case 0: break;
            case 1: visitor.send("GET /ws HT"); break;
            case 2: visitor.send(get("/none")); break;
            case 3: visitor.send(upgrade("/ws")); break;
            default: visitor.send(upgrade("/ws") + frame_of(kBinary, wire::encoded(wire::Ping{1})));
        }
        // Otherwise the machine runs out of ports before the server is tired.
        reset(visitor);
    }
    siege.check();
}

TEST_CASE("pings without end, of which no answer is read, end with the peer's silence",
          "[net][hostile]") {
    auto hub = World::no_auth();
    hub.limits.idle_ms = 1'000;
    Siege siege(quick(), hub);
    WebSocket flood(siege.world.port, "/ws", 4096);
    const auto ping = frame_of(kPingFrame, std::string(125, 'p'));
    std::string many;
    for (int i = 0; i < 1000; ++i) many += ping;
    // It blocks when the server stops reading, and fails when it has closed.
    std::size_t sent = 0;
    while (sent < 1000 && flood.socket.send(many)) ++sent;
    CHECK(sent < 1000);
    siege.check();
}
