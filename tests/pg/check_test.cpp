// SPDX-License-Identifier: Apache-2.0
// `pg check` against a real server: every planted fault is found, and nothing in sound tables.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "topgun_test/process.hpp"
#include "world.hpp"

namespace topgun::test {
namespace {

using maptable::Generation;
using maptable::Problem;
using nlohmann::json;

ProcessResult check(std::vector<std::string> arguments) {
    ProcessOptions options;
    options.arguments = {"pg", "check"};
    options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
    return run_process(TOPGUN_CLI, options);
}

// Options under which planted rows are right or wrong.
std::vector<std::string> at_planted(const std::string& url, std::vector<std::string> more = {}) {
    std::vector<std::string> out{url, "--now", std::to_string(kPlantedNow), "--tombstone-age",
                                 std::to_string(kPlantedAge)};
    out.insert(out.end(), more.begin(), more.end());
    return out;
}

json report_of(const ProcessResult& result) {
    INFO(result.err);
    return json::parse(result.out);
}

std::map<std::string, int> counts_of(const json& report) {
    std::map<std::string, int> out;
    for (const auto& problem : report["problems"]) out[problem["problem"]] = problem["count"];
    return out;
}

TEST_CASE("every planted fault is found, and told apart", "[pg]") {
    const auto generation = GENERATE(Generation::jsonb, Generation::bytea);
    Random rng(seed(11));
    auto rows = clean_rows(generation, rng, 400);
    std::erase_if(rows, [](const auto& row) { return row.map.find("_topgun_") < 2; });
    std::map<std::string, int> expected;
    for (const auto& fault : planted_faults(generation)) {
        rows.insert(rows.end(), fault.rows.begin(), fault.rows.end());
        ++expected[std::string(maptable::problem_info(fault.problem).word)];
    }
    const auto url = postgres().url(planted_database(generation, rows));
    const auto found = check(at_planted(url, {"--json", "--all"}));
    CHECK(found.status == 1);
    const auto report = report_of(found);
    CHECK(counts_of(report) == expected);
    CHECK(report["schema_version"] == 1);
    CHECK(report["complete"] == true);
    CHECK(report["rows"] == rows.size());
    CHECK(report["now"] == kPlantedNow);
    CHECK(report["generation"] == (generation == Generation::jsonb ? "jsonb" : "bytea"));
    int total = 0;
    for (const auto& [word, count] : expected) total += count;
    CHECK(report["findings"] == total);
    CHECK(report["bySeverity"]["error"].get<int>() + report["bySeverity"]["warning"].get<int>() +
              report["bySeverity"]["notice"].get<int>() ==
          total);
    // The same findings, a line each.
    const auto lines = check(at_planted(url, {"--ndjson"}));
    CHECK(lines.status == 1);
    CHECK(std::count(lines.out.begin(), lines.out.end(), '\n') == total);
    const auto text = check(at_planted(url));
    CHECK(text.status == 1);
    CHECK(text.out.find("public.topgun_maps") != std::string::npos);
}

TEST_CASE("a sound table has no findings", "[pg]") {
    const auto generation = GENERATE(Generation::jsonb, Generation::bytea);
    Random rng(seed(12));
    const auto rows = clean_rows(generation, rng, 1000);
    const auto url = postgres().url(planted_database(generation, rows));
    const auto sound = check(at_planted(url));
    INFO(sound.out);
    CHECK(sound.status == 0);
    CHECK(sound.out.find("nothing found") != std::string::npos);
    CHECK(counts_of(report_of(check(at_planted(url, {"--json"})))).empty());
}

TEST_CASE("a check that saw no rows is no success", "[pg]") {
    const auto url = postgres().url(planted_database(Generation::bytea, {}));
    const auto empty = check({url});
    CHECK(empty.status == 4);
    CHECK(empty.err.find("nothing was checked") != std::string::npos);
    CHECK(report_of(check({url, "--json"}))["complete"] == false);
    const auto other = postgres().url(
        planted_database(Generation::bytea, {lww_row("m", "k", kPlantedNow, from_hex("07"))}));
    CHECK(check({other, "--map", "no such map"}).status == 4);
}

TEST_CASE("findings are chosen by class, by word and by severity", "[pg]") {
    std::vector<OwnedRow> rows;
    for (const auto& fault : planted_faults(Generation::bytea)) {
        rows.insert(rows.end(), fault.rows.begin(), fault.rows.end());
    }
    const auto url = postgres().url(planted_database(Generation::bytea, rows));
    const auto classes = counts_of(
        report_of(check(at_planted(url, {"--json", "--class", "D16,row-times", "--class", "d4"}))));
    std::set<std::string> words;
    for (const auto& [word, count] : classes) words.insert(word);
    CHECK(words ==
          std::set<std::string>{"expired", "expiration-unit", "row-times", "tombstones-only"});
    const auto errors = report_of(check(at_planted(url, {"--json", "--severity", "error"})));
    CHECK(errors["bySeverity"]["warning"] == 0);
    CHECK(errors["bySeverity"]["notice"] == 0);
    CHECK(errors["bySeverity"]["error"] > 5);
    const auto few =
        report_of(check(at_planted(url, {"--json", "--samples", "2", "--class", "D13"})));
    for (const auto& problem : few["problems"]) CHECK(problem["samples"].size() <= 2);
    CHECK(check({url, "--class", "D99"}).status == 2);
    CHECK(check(at_planted(url, {"--class", "D3"})).status == 0);
    // Only on request, because it cannot be told from sound data.
    const auto guessed = counts_of(report_of(check(at_planted(url, {"--json", "--class", "D21"}))));
    CHECK(guessed.count("suspicious-value") == 1);
}

TEST_CASE("one map alone is checked when one is asked for", "[pg]") {
    std::vector<OwnedRow> rows = {lww_row("good", "k", kPlantedNow, from_hex("07")),
                                  lww_row("it's bad", "", kPlantedNow, from_hex("07"))};
    const auto url = postgres().url(planted_database(Generation::bytea, rows));
    CHECK(check(at_planted(url, {"--map", "good"})).status == 0);
    CHECK(check(at_planted(url, {"--map", "it's bad"})).status == 1);
}

TEST_CASE("keys that are one in Unicode's eyes are found", "[pg]") {
    const std::string composed = "caf\xc3\xa9", decomposed = "cafe\xcc\x81";
    const auto row = [](const std::string& map, const std::string& key) {
        return lww_row(map, key, kPlantedNow, from_hex("07"));
    };
    // The Kelvin sign is K, and two forms may both be no normal form.
    const auto name = planted_database(Generation::bytea,
                                       {row("m", composed), row("m", decomposed), row("m", "K"),
                                        row("m", "\xe2\x84\xaa"), row("alone", decomposed),
                                        row("n",
                                            "q\xcc\x87\xcc\xa3"
                                            "e\xcc\x81"),
                                        row("n",
                                            "q\xcc\xa3\xcc\x87"
                                            "e\xcc\x81")});
    const auto report = report_of(check(at_planted(postgres().url(name), {"--json"})));
    CHECK(counts_of(report) == std::map<std::string, int>{{"unicode-twins", 3}});
}

TEST_CASE("a table without its key, and rows that it would keep apart", "[pg]") {
    const auto generation = GENERATE(Generation::jsonb, Generation::bytea);
    Random rng(seed(13));
    const auto rows = clean_rows(generation, rng, 20);
    const auto name = planted_database(generation, rows);
    const auto connection = connect(name);
    must(
        connection->run("ALTER TABLE topgun_maps DROP CONSTRAINT topgun_maps_pkey;"
                        "INSERT INTO topgun_maps SELECT * FROM topgun_maps LIMIT 1"));
    const auto report = report_of(check(at_planted(postgres().url(name), {"--json"})));
    CHECK(counts_of(report) ==
          std::map<std::string, int>{{"duplicate-row", 1}, {"no-primary-key", 1}});
}

TEST_CASE("rows with NULL where no server writes it are named", "[pg]") {
    const auto name = must(postgres().make_database());
    const auto connection = connect(name);
    must(
        connection->run("CREATE TABLE topgun_maps (map_name text, key text, value bytea,"
                        " expiration_time bigint, is_backup boolean);"
                        "INSERT INTO topgun_maps VALUES ('m', 'k', NULL, NULL, NULL)"));
    const auto report = report_of(check(at_planted(postgres().url(name), {"--json"})));
    CHECK(counts_of(report) ==
          std::map<std::string, int>{{"undecodable", 1}, {"no-primary-key", 1}});
}

TEST_CASE("a clock that went back is seen by the times of the rows", "[pg]") {
    const auto row = [](const std::string& key, std::uint64_t updated, std::uint64_t stamped) {
        auto out = lww_row("m", key, stamped, from_hex("07"));
        out.created_at = out.updated_at = static_cast<std::int64_t>(updated);
        return out;
    };
    const auto start = kPlantedNow - 10'000'000;
    // Stamped at once; stamped when the database came back; an hour before the first of them.
    std::vector<OwnedRow> rows = {row("a", start, start), row("b", start + 1, start + 3'600'000),
                                  row("c", start + 2, start + 2)};
    const auto sound = postgres().url(planted_database(Generation::bytea, rows));
    CHECK(check(at_planted(sound)).status == 0);
    rows.push_back(row("d", start + 3, start - 3'600'000));
    const auto url = postgres().url(planted_database(Generation::bytea, rows));
    const auto report = report_of(check(at_planted(url, {"--json"})));
    CHECK(counts_of(report) == std::map<std::string, int>{{"clock-back", 1}});
    CHECK(report["problems"][0]["samples"][0]["key"] == "d");
}

TEST_CASE("events that a restarted journal lost are seen by its times and numbers", "[pg]") {
    Random rng(seed(14));
    const auto name = planted_database(Generation::jsonb, clean_rows(Generation::jsonb, rng, 5));
    const auto connection = connect(name);
    must(connection->run(
        "CREATE TABLE event_journal (sequence BIGINT PRIMARY KEY, map_name VARCHAR(255),"
        " created_at TIMESTAMPTZ DEFAULT NOW());"
        "INSERT INTO event_journal SELECT n, 'm', '2026-01-01'::timestamptz + n * interval '1 min'"
        " FROM generate_series(5, 50) AS n"));
    const auto url = postgres().url(name);
    CHECK(check(at_planted(url)).status == 0);
    must(connection->run("DELETE FROM event_journal WHERE sequence = 20"));
    CHECK(counts_of(report_of(check(at_planted(url, {"--json"})))) ==
          std::map<std::string, int>{{"journal-gap", 1}});
    must(connection->run("INSERT INTO event_journal VALUES (20, 'm', '2026-02-01')"));
    CHECK(counts_of(report_of(check(at_planted(url, {"--json"})))) ==
          std::map<std::string, int>{{"journal-restart", 1}});
}

TEST_CASE("another replica tells what a table cannot", "[pg]") {
    const ScratchDir folder;
    const auto lww = [](const char* key, std::uint64_t millis, const char* value) {
        return lww_row("m", key, millis, from_hex(value));
    };
    const auto url = postgres().url(planted_database(
        Generation::bytea, {lww("same", kPlantedNow, "01"), lww("older", kPlantedNow - 5, "01"),
                            lww("newer", kPlantedNow, "01"), lww("tie", kPlantedNow, "01")}));
    const auto stamp = [](std::uint64_t millis) {
        return R"(","ts":")" + std::to_string(millis) + R"(:0:server-1"})" + "\n";
    };
    const auto line = [&](const char* key, const char* value, std::uint64_t millis) {
        return std::string(R"({"map":"m","value":)") + value + R"(,"key":")" + key + stamp(millis);
    };
    const auto other = folder.file("other.ndjson");
    spit(other, line("same", "1", kPlantedNow) + line("older", "2", kPlantedNow - 1) +
                    line("newer", "2", kPlantedNow - 1) + line("tie", "2", kPlantedNow));
    CHECK(check(at_planted(url)).status == 0);
    const auto report = report_of(check(at_planted(url, {"--against", other, "--json"})));
    CHECK(counts_of(report) ==
          std::map<std::string, int>{{"older-than-other", 1}, {"same-stamp", 1}});
    CHECK(check(at_planted(url, {"--against", url})).status == 0);
    CHECK(check(at_planted(url, {"--against", folder.file("missing.tgs")})).status == 5);
}

TEST_CASE("removals that only one replica knows are told from orphans", "[pg]") {
    const ScratchDir folder;
    // Removed there; removed here and nowhere known; removed here, and the record is still there.
    constexpr std::uint64_t kStart = 1'700'000'000'000;
    const auto tag = [](std::uint64_t n) { return std::to_string(kStart + n) + ":0:server-1"; };
    const auto url = postgres().url(
        planted_database(Generation::bytea, {or_row("m", "k", {kStart + 1}, {tag(2), tag(3)})}));
    const auto other = folder.file("other.ndjson");
    spit(other, R"({"map":"m","kind":"or","removedTag":")" + tag(1) + "\"}\n" +
                    R"({"map":"m","kind":"or","key":"k","tag":")" + tag(3) + R"(","ts":")" +
                    tag(3) + R"(","value":3})" + "\n");
    const auto report =
        report_of(check({url, "--against", other, "--json", "--now", std::to_string(kPlantedNow)}));
    CHECK(counts_of(report) ==
          std::map<std::string, int>{{"orphan-tombstone", 1}, {"removed-tag", 1}});
}

TEST_CASE("the files beside a table are checked with it", "[pg]") {
    const ScratchDir folder;
    const auto url = postgres().url(planted_database(
        Generation::bytea, {lww_row("users", "alice", kPlantedNow, from_hex("81a46e616d65a161"))}));
    const auto indexes = folder.file("scalar_indexes.json");
    const auto with = [&](std::vector<std::string> more) {
        more.insert(more.begin(), "--json");
        return counts_of(report_of(check(at_planted(url, more))));
    };
    spit(indexes, R"([{"mapName":"users","attribute":"name","indexType":"hash","createdAt":1}])");
    CHECK(with({"--index-file", indexes}).empty());
    const std::map<std::string, int> one = {{"index-file", 1}};
    for (const auto* text : {R"([{"mapName":"users","attribute":"nope"}])",
                             R"([{"mapName":"nobody","attribute":"name"}])", "[{}]", "{}", "["}) {
        CAPTURE(text);
        spit(indexes, text);
        CHECK(with({"--index-file", indexes}) == one);
    }
    CHECK(check({url, "--index-file", folder.file("missing.json")}).status == 5);

    CHECK(check({url, "--index-file", folder.file("missing.json"), "--wal", "x"}).status == 5);
    const auto old = postgres().url(planted_database(Generation::jsonb, {}));
    CHECK(check({old, "--index-file", indexes}).status == 2);
}

TEST_CASE("the log of a killed server is checked against its table", "[pg]") {
    const ScratchDir folder;
    const auto wal = folder.file("topgun-wal");
    std::filesystem::copy(testdata("serverfiles/killed/topgun-wal"), wal);
    // A real log, of which eleven writes are above the marks: one of them is older than its row.
    constexpr std::uint64_t kStamped = 1'795'294'828'333;
    const auto table = [&](std::uint64_t millis) {
        return postgres().url(planted_database(Generation::bytea,
                                               {lww_row("todos", "milk", millis, from_hex("01"))}));
    };
    const auto with = [&](const std::string& url) {
        return counts_of(report_of(
            check({url, "--json", "--wal", wal, "--now", std::to_string(kStamped + 1000)})));
    };
    CHECK(with(table(kStamped - 1)) == std::map<std::string, int>{{"log-ahead", 1}});
    CHECK(with(table(kStamped + 1)) ==
          std::map<std::string, int>{{"log-ahead", 1}, {"base-newer", 1}});
    const auto name = wal + "/partition-109-00000000000000000007.log";
    spit(name, slurp(name) + "TGWL");
    CHECK(with(table(kStamped)) == std::map<std::string, int>{{"log-ahead", 1}, {"log-tail", 1}});
    spit(name, slurp(name) + "TGWL junk");
    spit(wal + "/partition-230.applied", "short");
    const auto damaged = with(table(kStamped));
    CHECK(damaged.at("log-watermark") == 1);
    CHECK(damaged.at("log-damage") == 1);
}

TEST_CASE("whoever may read may check", "[pg]") {
    Random rng(seed(15));
    const auto name = planted_database(Generation::bytea, clean_rows(Generation::bytea, rng, 20));
    const auto connection = connect(name);
    must(connection->run("DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN"));
    auto url = postgres().url(name);
    url.replace(url.find("postgres@"), 8, "reader");
    CHECK(check(at_planted(url)).status == 5);
    must(connection->run("GRANT SELECT ON topgun_maps TO reader"));
    CHECK(check(at_planted(url)).status == 0);
    // What it may not read is said.
    must(
        connection->run("CREATE TABLE event_journal (sequence BIGINT, map_name TEXT,"
                        " created_at TIMESTAMPTZ)"));
    const auto partly = check(at_planted(url));
    CHECK(partly.status == 4);
    CHECK(partly.err.find("event journal") != std::string::npos);
    must(connection->run("DROP OWNED BY reader; DROP ROLE reader"));
}

}  // namespace
}  // namespace topgun::test
