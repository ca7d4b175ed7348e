// SPDX-License-Identifier: Apache-2.0
// bench against real endpoints: its counts, its verdicts, and that its audit can fail.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "audit.hpp"
#include "endpoint.hpp"
#include "topgun_test/support.hpp"

namespace topgun::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

json report_of(const ProcessResult& result) {
    INFO(result.out);
    INFO(result.err);
    REQUIRE_FALSE(result.timed_out);
    auto parsed = json::parse(result.out, nullptr, false);
    REQUIRE(parsed.is_object());
    return parsed;
}

TEST_CASE("a load leaves on disk what it counted", "[serve][bench]") {
    const ScratchDir folder;
    Endpoint node(folder.path(), {"--data", "node"});
    // Each op of an OR-Map is a record of its own, so that records can be counted.
    const auto run =
        run_cli(folder.path(), {"bench", "serve", node.url(), "--mix", "or=1", "--ops", "3050",
                                "--warmup", "0", "--connections", "3", "--json"});
    CHECK(run.status == 0);
    const auto report = report_of(run);
    CHECK(report["complete"] == true);
    CHECK(report["ops"] == 3050);
    CHECK(report["acknowledgedAs"]["PERSISTED"] == 3050);
    CHECK(report["acknowledgedWithWarmup"] == 3050);
    CHECK(report["unacknowledged"] == 0);
    CHECK(report["rejected"] == 0);
    CHECK(report["latencyMs"]["count"] == report["batches"]);
    CHECK(report["latencyMs"]["p50"] <= report["latencyMs"]["max"]);
    CHECK(node.end(SIGTERM) == 0);
    const auto seen = run_cli(folder.path(), {"inspect", "--json", "node"});
    REQUIRE(seen.status == 0);
    std::uint64_t records = 0;
    const auto overview = json::parse(seen.out);
    for (const auto& map : overview["maps"]) {
        if (map["name"].get<std::string>().starts_with("bench-or-")) {
            records += map["records"].get<std::uint64_t>();
        }
    }
    CHECK(records == 3050);
}

TEST_CASE("a load without URL starts its own endpoint and leaves nothing", "[serve][bench]") {
    const ScratchDir folder;
    const auto run = run_cli(folder.path(),
                             {"bench", "serve", "--data", "here", "--mix", "lww=8,remove=1,query=1",
                              "--ops", "2000", "--warmup", "0", "--idle", "3", "--never-read", "1",
                              "--connections", "2", "--rate", "100k", "--json"});
    CHECK(run.status == 0);
    const auto report = report_of(run);
    CHECK(report["connected"] == 6);
    CHECK(report["server"] == "own");
    CHECK(report["queryMs"]["count"] > 0);
    CHECK(report["serverResidentBytes"] > 0);
    CHECK(fs::is_empty(folder.path() / "here"));
}

TEST_CASE("changes that come in batches are counted one by one", "[serve][bench]") {
    const ScratchDir folder;
    const auto report = report_of(
        run_cli(folder.path(), {"bench", "serve", "--storage", "memory", "--connections", "2",
                                "--maps", "1", "--ops", "1000", "--warmup", "0", "--json"}));
    // Each connection hears of what the other wrote, once.
    CHECK(report["events"] > 500);
    CHECK(report["events"] <= 1000);
}

TEST_CASE("what is not on disk is not called persisted", "[serve][bench]") {
    const ScratchDir folder;
    const auto where =
        GENERATE(as<std::vector<std::string>>{}, std::vector<std::string>{"--storage", "memory"},
                 std::vector<std::string>{"--fsync", "never"});
    std::vector<std::string> words{"bench", "serve", "--ops", "500", "--warmup", "0", "--json"};
    words.insert(words.end(), where.begin(), where.end());
    const auto report = report_of(run_cli(folder.path(), words));
    CHECK(report["acknowledgedAs"]["PERSISTED"] == 0);
    CHECK(report["acknowledgedAs"]["APPLIED"] == 500);
}

TEST_CASE("a gate that is missed fails", "[serve][bench]") {
    const ScratchDir folder;
    const std::vector<std::string> load{"bench", "serve", "--storage", "memory",
                                        "--ops", "1000",  "--warmup",  "0"};
    auto fast = load, slow = load;
    fast.insert(fast.end(), {"--min-rate", "1G"});
    slow.insert(slow.end(), {"--min-rate", "1", "--max-p99", "10m"});
    const auto missed = run_cli(folder.path(), fast);
    CHECK(missed.status == 1);
    CHECK(missed.err.find("--min-rate") != std::string::npos);
    CHECK(run_cli(folder.path(), slow).status == 0);
}

TEST_CASE("an endpoint that wants a token is not measured", "[serve][bench]") {
    const ScratchDir folder;
    std::ofstream(folder.path() / "secret") << "s3cret\n";
    Endpoint node(folder.path(), {"--storage", "memory", "--jwt-secret-file", "secret"});
    const auto none = run_cli(folder.path(), {"bench", "serve", node.url(), "--ops", "100"});
    CHECK(none.status == 5);
    CHECK(none.err.find("token") != std::string::npos);
    const auto wrong = run_cli(
        folder.path(), {"bench", "serve", node.url(), "--ops", "100", "--token", "nonsense"});
    CHECK(wrong.status == 5);
}

TEST_CASE("an endpoint that is killed three times keeps what it acknowledged", "[serve][bench]") {
    const ScratchDir folder;
    const auto run =
        run_cli(folder.path(), {"bench", "audit", "--kills", "3", "--kill-within", "200ms",
                                "--checkpoint-bytes", "200k", "--data", "here", "--json"});
    CHECK(run.status == 0);
    const auto report = report_of(run);
    CHECK(report["complete"] == true);
    REQUIRE(report["rounds"].size() == 3);
    CHECK(report["lost"] == 0);
    for (const auto& round : report["rounds"]) {
        CHECK(round["acknowledged"] > 0);
        CHECK(round["checked"] > 0);
        CHECK(round["kept"] == round["checked"]);
    }
    CHECK(fs::is_empty(folder.path() / "here"));
}

// Goal:   an audit that cannot fail proves nothing.
// Method: between a kill and the restart the end of the log is cut off, as by a disk that did not
//         keep what it was told to.
TEST_CASE("an audit sees when the end of a log is gone", "[serve][bench]") {
    const ScratchDir folder;
    cli::AuditOptions options;
    options.program = TOPGUN_SERVE;
    options.data = (folder.path() / "data").string();
    options.checkpoint_bytes = 0;
    options.kills = 2;
    options.kill_within_ms = 50;
    options.connections = 2;
    options.workload.keys = 500;
    cli::Audit::Hooks hooks;
    int kills = 0;
    hooks.killed = [&](const std::string& data) {
        if (++kills < 2) return;
        for (const auto& entry : fs::directory_iterator(data)) {
            if (entry.path().extension() != ".tgl") continue;
            fs::resize_file(entry.path(), fs::file_size(entry.path()) / 2);
        }
    };
    cli::Audit audit(options, hooks);
    const auto result = audit.run();
    REQUIRE(result);
    REQUIRE(result->rounds.size() == 2);
    CHECK(result->rounds[0].verdict.lost == 0);
    CHECK(result->rounds[0].verdict.kept > 0);
    CHECK(result->rounds[1].verdict.lost > 0);
    CHECK_FALSE(result->rounds[1].verdict.losses.empty());
    CHECK(result->lost == result->rounds[1].verdict.lost);
}

}  // namespace
}  // namespace topgun::test
