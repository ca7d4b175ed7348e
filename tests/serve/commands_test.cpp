// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <filesystem>
#include <fstream>

#include "endpoint.hpp"
#include "topgun_test/support.hpp"

namespace topgun::test {
namespace {

std::string record(const std::string& map, const std::string& key, int value,
                   const std::string& stamp) {
    return R"({"map":")" + map + R"(","key":")" + key + R"(","value":{"n":)" +
           std::to_string(value) + R"(},"ts":")" + stamp + "\"}\n";
}

void put(const std::filesystem::path& path, const std::string& text) {
    std::ofstream(path) << text;
}

int cli(const std::filesystem::path& folder, std::vector<std::string> arguments) {
    const auto result = run_cli(folder, std::move(arguments));
    INFO(result.err);
    CHECK_FALSE(result.timed_out);
    return result.status;
}

TEST_CASE("commands read and write a live endpoint", "[serve]") {
    const ScratchDir folder;
    const auto here = folder.path();
    Endpoint node(here, {"--data", "node"});
    put(here / "a.ndjson", record("todos", "x", 1, "1700000000000:0:a") +
                               record("todos", "y", 2, "1700000000001:0:a"));
    put(here / "b.ndjson", record("todos", "y", 3, "1700000000002:0:b") +
                               record("todos", "z", 4, "1700000000003:0:b"));
    CHECK(cli(here, {"replay", "a.ndjson", "--into", node.url()}) == 0);
    CHECK(cli(here, {"convert", "b.ndjson", "b.tgs"}) == 0);
    CHECK(cli(here, {"diff", "b.tgs", node.url()}) == 1);
    CHECK(cli(here, {"diff", node.url(), "b.tgs"}) == 1);

    CHECK(cli(here, {"sync", "b.tgs", node.url()}) == 0);
    CHECK(cli(here, {"diff", "b.tgs", node.url()}) == 0);
    CHECK(cli(here, {"merge", "a.ndjson", "b.ndjson", "-o", "both.tgs"}) == 0);
    CHECK(cli(here, {"merge", node.url(), "-o", "backup.tgs"}) == 0);
    const auto both = run_cli(here, {"convert", "both.tgs", "-", "--to", "ndjson"});
    CHECK(both.out == run_cli(here, {"convert", "backup.tgs", "-", "--to", "ndjson"}).out);
    CHECK(both.out == run_cli(here, {"convert", node.url(), "-", "--to", "ndjson"}).out);
    const auto seen = run_cli(here, {"inspect", "--json", node.url()});
    CHECK(seen.status == 0);
    CHECK(seen.out.find("\"todos\"") != std::string::npos);
}

TEST_CASE("a directory and an endpoint that are equal need one round trip", "[serve]") {
    const ScratchDir folder;
    const auto here = folder.path();
    Endpoint node(here, {"--storage", "memory"});
    put(here / "a.ndjson", record("m", "k", 1, "1700000000000:0:a"));
    CHECK(cli(here, {"replay", "a.ndjson", "--into", "mine/"}) == 0);
    CHECK(cli(here, {"sync", "mine", node.url()}) == 0);
    const auto again = run_cli(here, {"sync", "--json", "mine", node.url()});
    CHECK(again.status == 0);
    CHECK(again.out.find("\"roundTrips\": 1") != std::string::npos);
    CHECK(again.out.find("\"state\": \"equal\"") != std::string::npos);
    // By TopGun's own walk, too.
    const auto walked = run_cli(here, {"sync", "--walk", "--json", "mine", node.url()});
    CHECK(walked.out.find("\"roundTrips\": 1") != std::string::npos);
}

TEST_CASE("a map that is named is shown with the kinds that exist", "[serve]") {
    const ScratchDir folder;
    const auto here = folder.path();
    Endpoint node(here, {"--storage", "memory"});
    put(here / "a.ndjson", record("m", "k", 1, "1700000000000:0:a"));
    CHECK(cli(here, {"replay", "a.ndjson", "--into", "mine/"}) == 0);
    const auto synced = run_cli(here, {"sync", "--map", "m", "mine", node.url()});
    CHECK(synced.status == 0);
    CHECK(synced.out.find("lww") != std::string::npos);
    CHECK(synced.out.find("counter") == std::string::npos);
    const auto again = run_cli(here, {"sync", "--map", "m", "mine", node.url()});
    CHECK(again.out.find("equal") != std::string::npos);
    CHECK(again.out.find("counter") == std::string::npos);
    const auto absent = run_cli(here, {"sync", "--map", "typo", "mine", node.url()});
    CHECK(absent.status == 4);
    CHECK(absent.err.find("neither side has a map of that name") != std::string::npos);
}

TEST_CASE("a wrong token is refused, and said so", "[serve]") {
    const ScratchDir folder;
    const auto here = folder.path();
    put(here / "secret", "s3cret\n");
    Endpoint node(here, {"--storage", "memory", "--jwt-secret-file", "secret"});
    const auto refused = run_cli(here, {"sync", "--token", "nonsense", "mine.tgs", node.url()});
    CHECK(refused.status == 5);
    CHECK(refused.err.find("token") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(here / "mine.tgs"));
}

TEST_CASE("an endpoint that is told to stop leaves its port and a snapshot", "[serve]") {
    const ScratchDir folder;
    const auto here = folder.path();
    put(here / "a.ndjson", record("m", "k", 1, "1700000000000:0:a"));
    unsigned port = 0;
    for (const int signal : {SIGTERM, SIGINT}) {
        Endpoint node(here, {"--data", "node"}, port);
        port = node.port();
        CHECK(cli(here, {"replay", "a.ndjson", "--into", node.url()}) == 0);
        CHECK(node.end(signal) == 0);
    }
    CHECK(cli(here, {"diff", "a.ndjson", "node"}) == 0);
}

}  // namespace
}  // namespace topgun::test
