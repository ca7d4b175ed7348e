// SPDX-License-Identifier: Apache-2.0
// Raw channels against a real server: what they carry, and how they end.
#include "topgun/net/channel.hpp"

#include "serving.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

net::Url url_of(std::uint16_t port) {
    net::Url url;
    url.host = "127.0.0.1";
    url.port = port;
    return url;
}

std::unique_ptr<net::ChannelLoop> make_loop() {
    auto loop = net::ChannelLoop::create({}, false);
    REQUIRE(loop);
    return std::move(*loop);
}

}  // namespace

TEST_CASE("a channel carries messages both ways, and tells of its end once", "[net]") {
    Serving world;
    const auto loop = make_loop();
    std::shared_ptr<net::Channel> channel;
    std::uint64_t echoed = 0;
    int closed = 0;
    net::ChannelEvents events;
    events.opened = [&] { channel->send(wire::encoded(wire::Ping{7})); };
    events.received = [&](BytesView message) {
        const auto decoded = wire::decode(message);
        REQUIRE(decoded);
        if (const auto* pong = std::get_if<wire::Pong>(&*decoded)) {
            echoed = pong->timestamp;
            channel->close();
        }
    };
    events.closed = [&](const std::string&) {
        ++closed;
        loop->after(std::chrono::milliseconds(20), [&] { loop->stop(); });
    };
    channel = loop->open(url_of(world.port), std::move(events));
    loop->run();
    CHECK(echoed == 7);
    CHECK(closed == 1);
}

TEST_CASE("a channel that does not read hears nothing", "[net]") {
    Serving world;
    const auto loop = make_loop();
    std::shared_ptr<net::Channel> mute;
    bool opened = false, heard = false;
    net::ChannelEvents events;
    events.opened = [&] {
        opened = true;
        mute->send(wire::encoded(wire::Ping{7}));
    };
    events.received = [&](BytesView) { heard = true; };
    mute = loop->open(url_of(world.port), std::move(events), false);
    loop->after(std::chrono::milliseconds(200), [&] { loop->stop(); });
    loop->run();
    CHECK(opened);
    CHECK_FALSE(heard);
}

TEST_CASE("a channel that cannot be opened says why", "[net]") {
    const auto loop = make_loop();
    std::string reason;
    net::ChannelEvents events;
    events.closed = [&](const std::string& why) {
        reason = why;
        loop->stop();
    };
    const auto channel = loop->open(url_of(1), std::move(events));
    loop->run();
    CHECK_THAT(reason, Catch::Contains("cannot connect"));
}

TEST_CASE("certificates that cannot be read keep a loop from being made", "[net]") {
    net::ChannelOptions options;
    options.tls_authorities = "no-such-file.pem";
    CHECK(net::ChannelLoop::create(options, false));
    const auto refused = net::ChannelLoop::create(options, true);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Errc::not_found);
}
