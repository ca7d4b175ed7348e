// SPDX-License-Identifier: Apache-2.0
// Who is let in, and who is known again, by the program as it is run.
#include <csignal>

#include "endpoint.hpp"
#include "socket.hpp"

namespace topgun::test {
namespace {

unsigned upgrade_status(unsigned port, const std::string& origin) {
    Socket peer(static_cast<std::uint16_t>(port));
    REQUIRE(peer.send(upgrade("/ws", "Origin: " + origin + "\r\n")));
    return read_answer(peer).status;
}

wire::DeviceAck greet(unsigned port, std::optional<std::string> token) {
    WebSocket peer(static_cast<std::uint16_t>(port));
    peer.say(wire::DeviceHello{std::move(token)});
    return peer.hear<wire::DeviceAck>();
}

TEST_CASE("web pages connect from the origins that --cors or the environment names", "[serve]") {
    const ScratchDir folder;
    const std::string app = "https://app.example", other = "https://other.example";
    Endpoint plain(folder.path(), {"--storage", "memory"});
    CHECK(upgrade_status(plain.port(), "http://localhost:5173") == 101);
    CHECK(upgrade_status(plain.port(), app) == 403);
    Endpoint named(folder.path(), {"--storage", "memory", "--cors", app});
    CHECK(upgrade_status(named.port(), app) == 101);
    CHECK(upgrade_status(named.port(), other) == 403);
    ::setenv("TOPGUN_CORS_ORIGINS", "https://app.example, https://third.example", 1);
    Endpoint told(folder.path(), {"--storage", "memory"});
    ::unsetenv("TOPGUN_CORS_ORIGINS");
    CHECK(upgrade_status(told.port(), app) == 101);
    CHECK(upgrade_status(told.port(), other) == 403);
    spit(folder.file("secret"), "s3cret\n");
    Endpoint closed(folder.path(), {"--storage", "memory", "--jwt-secret-file", "secret"});
    CHECK(upgrade_status(closed.port(), app) == 101);
}

TEST_CASE("without a secret a device is known again after a restart", "[serve]") {
    const ScratchDir folder;
    std::optional<std::string> token, id;
    for (const int signal : {SIGTERM, SIGKILL, SIGTERM}) {
        Endpoint node(folder.path(), {"--data", "node"});
        const auto ack = greet(node.port(), token);
        if (!token) {
            REQUIRE(ack.device_token);
            token = ack.device_token;
            id = ack.device_id;
        }
        CHECK(ack.device_id == id);
        node.end(signal);
    }
    // With a secret there is nothing to be kept, and in memory nothing is.
    spit(folder.file("secret"), "s3cret\n");
    Endpoint(folder.path(), {"--data", "other", "--jwt-secret-file", "secret"}).end(SIGTERM);
    CHECK(std::filesystem::exists(folder.path() / "node/.device-key"));
    CHECK_FALSE(std::filesystem::exists(folder.path() / "other/.device-key"));
    std::filesystem::create_directory(folder.path() / "empty");
    Endpoint(folder.path() / "empty", {"--storage", "memory"}).end(SIGTERM);
    CHECK(std::filesystem::is_empty(folder.path() / "empty"));
}

}  // namespace
}  // namespace topgun::test
