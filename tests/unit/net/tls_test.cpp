// SPDX-License-Identifier: Apache-2.0
#include "certificates.hpp"
#include "client_world.hpp"
#include "serving.hpp"
#include "topgun/net/client.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

struct TlsWorld {
    TlsWorld() {
        files.certificate = own.certificate;
        files.key = own.key;
    }
    net::ServerOptions options() const {
        auto out = quick();
        out.tls = files;
        return out;
    }
    // Of a client that trusts the authority, with a certificate or without.
    TlsContext client(const Certificate& shown = {}) const {
        TlsContext out(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
        SSL_CTX_set_verify(out.get(), SSL_VERIFY_PEER, nullptr);
        REQUIRE(SSL_CTX_load_verify_locations(out.get(), authority.file.c_str(), nullptr) == 1);
        if (!shown.key.empty()) {
            REQUIRE(SSL_CTX_use_certificate_chain_file(out.get(), shown.certificate.c_str()) == 1);
            REQUIRE(SSL_CTX_use_PrivateKey_file(out.get(), shown.key.c_str(), SSL_FILETYPE_PEM) ==
                    1);
        }
        return out;
    }

    ScratchDir folder;
    Authority authority{folder, "authority"};
    Certificate own = authority.sign("server", "IP:127.0.0.1");
    net::TlsFiles files;
};

// What becomes of a client that pulls a server's map.
Status pull(std::uint16_t port, const std::string& host, const net::CarryOptions& options) {
    sync::MemoryReplica local;
    sync::Client client({}, local);
    sync::SyncJob job;
    job.direction = sync::SyncDirection::pull;
    client.start(job);
    net::Url url{true, host, port, "/ws"};
    auto carried = net::carry(url, client, options);
    if (carried) CHECK_FALSE(lines_of(local.shared().replica).empty());
    return carried;
}

}  // namespace

TEST_CASE("WebSockets and HTTP go over TLS, on the same port", "[net][tls]") {
    TlsWorld tls;
    Serving world(tls.options());
    const auto context = tls.client();
    WebSocket peer(world.port, "/ws", 0, context.get());
    peer.say(wire::Ping{3});
    CHECK(peer.hear<wire::Pong>().timestamp == 3);
    Socket http(world.port);
    REQUIRE(http.secure(context.get()));
    REQUIRE(http.send(get("/none")));
    CHECK(read_answer(http).status == 404);
}

TEST_CASE("a client in plain, or with TLS 1.1, is turned away and counted", "[net][tls]") {
    TlsWorld tls;
    Serving world(tls.options());
    Socket plain(world.port);
    REQUIRE(plain.send(get("/")));
    CHECK(plain.ends());
    CHECK(world.server->transport().tls_failures == 1);
    const auto old = tls.client();
    SSL_CTX_set_security_level(old.get(), 0);
    SSL_CTX_set_max_proto_version(old.get(), TLS1_1_VERSION);
    Socket peer(world.port);
    CHECK_FALSE(peer.secure(old.get()));
    CHECK(eventually([&] { return world.server->transport().tls_failures == 2; }));
}

TEST_CASE("a handshake that does not come is cut off in time", "[net][tls]") {
    TlsWorld tls;
    auto options = tls.options();
    options.header_ms = 200;
    Serving world(options);
    Socket peer(world.port);
    CHECK(peer.ends());
    CHECK(world.server->transport().http_requests == 0);
}

TEST_CASE("where an authority of clients is set, only its clients come in", "[net][tls]") {
    TlsWorld tls;
    Authority others(tls.folder, "others");
    tls.files.client_authorities = tls.authority.file;
    Serving world(tls.options());
    const auto none = tls.client();
    Socket without(world.port);
    if (without.secure(none.get())) {
        without.send(upgrade("/ws"));
        CHECK(read_answer(without).status == 0);
    }
    const auto foreign = tls.client(others.sign("stranger", ""));
    Socket stranger(world.port);
    if (stranger.secure(foreign.get())) {
        stranger.send(upgrade("/ws"));
        CHECK(read_answer(stranger).status == 0);
    }
    CHECK(eventually([&] { return world.server->transport().tls_failures == 2; }));
    const auto known = tls.client(tls.authority.sign("known", ""));
    WebSocket peer(world.port, "/ws", 0, known.get());
    peer.say(wire::Ping{1});
    CHECK(peer.hear<wire::Pong>().timestamp == 1);
}

TEST_CASE("certificates that cannot be read are named", "[net][tls]") {
    TlsWorld tls;
    const auto other = tls.authority.sign("other", "");
    const std::string nowhere = tls.folder.file("nowhere.pem");
    MemoryStorage storage;
    const auto refused = [&](const net::TlsFiles& files, const std::string& name) {
        auto options = quick();
        options.tls = files;
        const auto server = net::Server::start(options, World::no_auth(), storage);
        REQUIRE_FALSE(server);
        CHECK(server.error().code() == Errc::bad_input);
        CHECK_THAT(server.error().text(), Catch::Contains(name));
    };
    refused({nowhere, tls.own.key, ""}, nowhere);
    refused({tls.own.certificate, nowhere, ""}, nowhere);
    refused({tls.own.certificate, other.key, ""}, other.key);
    refused({tls.own.certificate, tls.own.key, nowhere}, nowhere);
}

TEST_CASE("a client believes its authorities, and the name that it asked for", "[net][tls]") {
    TlsWorld tls;
    Serving world(tls.options());
    world.on_hub([](sync::Hub& hub) {
        const auto op = put("a", {kNow, 0, "n"}, string_value("x"));
        const Op view = op.view();
        must(hub.apply({&view, 1}, {}, 0));
        return 0;
    });
    net::CarryOptions options;
    options.attempts = 1;
    options.tls_authorities = tls.authority.file;
    must(pull(world.port, "127.0.0.1", options));
    // The certificate is that of the address alone.
    const auto renamed = pull(world.port, "localhost", options);
    REQUIRE_FALSE(renamed);
    CHECK(renamed.error().code() == Errc::unreachable);
    CHECK_THAT(renamed.error().text(), Catch::Contains("TLS"));
    options.tls_authorities.clear();
    CHECK_FALSE(pull(world.port, "127.0.0.1", options));
    options.tls_authorities = tls.folder.file("nowhere.pem");
    const auto unread = pull(world.port, "127.0.0.1", options);
    REQUIRE_FALSE(unread);
    CHECK(unread.error().code() == Errc::not_found);
}

TEST_CASE("a client shows its certificate where one is asked for", "[net][tls]") {
    TlsWorld tls;
    tls.files.client_authorities = tls.authority.file;
    Serving world(tls.options());
    world.on_hub([](sync::Hub& hub) {
        const auto op = put("a", {kNow, 0, "n"}, string_value("x"));
        const Op view = op.view();
        must(hub.apply({&view, 1}, {}, 0));
        return 0;
    });
    net::CarryOptions options;
    options.attempts = 1;
    options.tls_authorities = tls.authority.file;
    CHECK_FALSE(pull(world.port, "127.0.0.1", options));
    const auto mine = tls.authority.sign("client", "");
    options.tls_certificate = mine.certificate;
    options.tls_key = mine.key;
    must(pull(world.port, "127.0.0.1", options));
}
