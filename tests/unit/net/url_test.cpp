// SPDX-License-Identifier: Apache-2.0
#include "topgun/net/client.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::test;
using net::parse_url;
using net::Url;

TEST_CASE("a URL has the defaults of its scheme, and /ws", "[net]") {
    CHECK(must(parse_url("ws://example.org")) == Url{false, "example.org", 80, "/ws"});
    CHECK(must(parse_url("wss://example.org")) == Url{true, "example.org", 443, "/ws"});
    CHECK(must(parse_url("ws://h:8080/")) == Url{false, "h", 8080, "/ws"});
    CHECK(must(parse_url("ws://h:1/deep/path?x=1")) == Url{false, "h", 1, "/deep/path?x=1"});
    CHECK(must(parse_url("wss://h?x=1")) == Url{true, "h", 443, "/?x=1"});
    CHECK(must(parse_url("ws://h:65535")).port == 65535);
}

TEST_CASE("an address of version 6 stands in brackets, which are not part of it", "[net]") {
    CHECK(must(parse_url("ws://[::1]:9000/ws")) == Url{false, "::1", 9000, "/ws"});
    CHECK(must(parse_url("wss://[fe80::2]")) == Url{true, "fe80::2", 443, "/ws"});
}

TEST_CASE("a URL that cannot be is refused with a reason", "[net]") {
    const std::pair<const char*, const char*> cases[] = {
        {"", "begins with ws://"},
        {"http://h", "begins with ws://"},
        {"WS://h", "begins with ws://"},
        {"ws://", "no host"},
        {"ws:///ws", "no host"},
        {"ws://:80", "no host"},
        {"ws://[]", "no host"},
        {"ws://h:0", "no such port"},
        {"ws://h:", "no such port"},
        {"ws://h:65536", "no such port"},
        {"ws://h:8o", "no such port"},
        {"ws://h:-1", "no such port"},
        {"ws://ann:pass@h", "give a token"},
        {"ws://h/a b", "blank or control"},
        {"ws://h/a\r\nX: y", "blank or control"},
        // These would go into the request's Host field as they are.
        {"ws://h h/ws", "not the name of a host"},
        {"ws://h\r\nX/ws", "not the name of a host"},
        {"ws://[::1", "not the name of a host"},
        {"ws://::1/ws", "not the name of a host"},
    };
    for (const auto& [text, reason] : cases) {
        CAPTURE(text);
        const auto url = parse_url(text);
        REQUIRE_FALSE(url);
        CHECK(url.error().code() == Errc::usage);
        CHECK_THAT(url.error().text(), Catch::Contains(reason));
    }
}

TEST_CASE("only what begins as a WebSocket's address is one", "[net]") {
    CHECK(net::is_url("ws://"));
    CHECK(net::is_url("wss://x"));
    CHECK_FALSE(net::is_url("folder/ws://x"));
    CHECK_FALSE(net::is_url("ws:/x"));
}
