// SPDX-License-Identifier: Apache-2.0
// Programs that keep each other equal: `serve --peer`.
#include <chrono>
#include <csignal>
#include <fstream>
#include <optional>
#include <thread>

#include "endpoint.hpp"
#include "topgun_test/support.hpp"

namespace topgun::test {
namespace {

// What a node holds, as text; empty when it cannot be asked.
std::string content(const std::filesystem::path& here, const Endpoint& node) {
    const auto read = run_cli(here, {"convert", node.url(), "-", "--to", "ndjson"});
    return read.status == 0 ? read.out : std::string();
}

void write(const std::filesystem::path& here, const Endpoint& node, const std::string& key) {
    std::ofstream(here / "one.ndjson") << R"({"map":"m","key":")" << key << R"(","value":{"by":")"
                                       << key << R"("},"ts":"1700000000000:0:)" << key << "\"}\n";
    REQUIRE(run_cli(here, {"replay", "one.ndjson", "--into", node.url()}).status == 0);
}

// Until all hold the same and every key is among it; for as long as a slow machine may need.
bool agree(const std::filesystem::path& here, const std::vector<Endpoint*>& nodes,
           const std::vector<std::string>& keys) {
    using clock = std::chrono::steady_clock;
    for (const auto end = clock::now() + std::chrono::seconds(60); clock::now() < end;) {
        const auto first = content(here, *nodes.front());
        bool all = true;
        for (const auto& key : keys) all = all && first.find('"' + key + '"') != std::string::npos;
        for (const auto* node : nodes) all = all && content(here, *node) == first;
        if (all) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return false;
}

std::vector<std::string> serving(const std::string& data, std::vector<std::string> peers) {
    std::vector<std::string> out{"--data", data, "--peer-interval", "1s"};
    for (auto& peer : peers) {
        out.emplace_back("--peer");
        out.push_back(std::move(peer));
    }
    return out;
}

TEST_CASE("three nodes in a ring converge, and again after one was away", "[serve]") {
    const ScratchDir folder;
    const auto here = folder.path();
    std::optional<Endpoint> a(std::in_place, here, serving("a", {}));
    Endpoint b(here, serving("b", {a->url()}));
    Endpoint c(here, serving("c", {b.url()}));
    write(here, *a, "first");
    write(here, c, "second");
    CHECK(agree(here, {&*a, &b, &c}, {"first", "second"}));

    // While the node that joins the others is away, both are written to.
    const auto port = a->port();
    CHECK(a->end(SIGKILL) == 128 + SIGKILL);
    write(here, b, "third");
    write(here, c, "fourth");
    a.emplace(here, serving("a", {c.url()}), port);
    write(here, *a, "fifth");
    CHECK(agree(here, {&*a, &b, &c}, {"first", "second", "third", "fourth", "fifth"}));

    // With one edge of the ring gone the other two are enough.
    CHECK(a->end(SIGTERM) == 0);
    a.emplace(here, serving("a", {}), port);
    write(here, *a, "sixth");
    CHECK(agree(here, {&*a, &b, &c}, {"sixth"}));
}

TEST_CASE("a peer that refuses the token is told of, and the node serves on", "[serve]") {
    const ScratchDir folder;
    const auto here = folder.path();
    std::ofstream(here / "secret") << "s3cret\n";
    std::ofstream(here / "token") << "nonsense\n";
    Endpoint closed(here, {"--storage", "memory", "--jwt-secret-file", "secret"});
    Endpoint node(here,
                  {"--storage", "memory", "--peer", closed.url(), "--peer-token-file", "token"});
    write(here, node, "here");
    CHECK(content(here, node).find("\"here\"") != std::string::npos);
    CHECK(node.end(SIGTERM) == 0);
}

TEST_CASE("what is no address of a peer is a usage error", "[serve]") {
    const ScratchDir folder;
    const auto bad = run_cli(folder.path(), {"serve", "--storage", "memory", "--peer", "nowhere"});
    CHECK(bad.status == 2);
    CHECK(bad.err.find("nowhere") != std::string::npos);
    const auto both = run_cli(
        folder.path(), {"serve", "--storage", "memory", "--restamp", "--peer", "ws://127.0.0.1:1"});
    CHECK(both.status == 2);
}

}  // namespace
}  // namespace topgun::test
