// SPDX-License-Identifier: Apache-2.0
// `pg repair` against a real server: what it changes, what it leaves, and that all of it goes back.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "topgun/pg/map_table.hpp"
#include "topgun_test/process.hpp"
#include "world.hpp"

namespace topgun::test {
namespace {

using maptable::Generation;
using maptable::Repair;
using nlohmann::json;

std::vector<std::string> command(const char* name, const std::string& url,
                                 const std::vector<std::string>& more) {
    std::vector<std::string> out{"pg",
                                 name,
                                 url,
                                 "--now",
                                 std::to_string(kPlantedNow),
                                 "--tombstone-age",
                                 std::to_string(kPlantedAge)};
    out.insert(out.end(), more.begin(), more.end());
    return out;
}

ProcessResult repair(const std::string& url, const std::vector<std::string>& more = {}) {
    ProcessOptions options;
    options.arguments = command("repair", url, more);
    return run_process(TOPGUN_CLI, options);
}

json repair_json(const std::string& url, std::vector<std::string> more) {
    more.emplace_back("--json");
    const auto result = repair(url, more);
    INFO(result.err);
    return json::parse(result.out);
}

std::map<std::string, int> found(const std::string& url) {
    ProcessOptions options;
    options.arguments = command("check", url, {"--json"});
    const auto report = json::parse(run_process(TOPGUN_CLI, options).out);
    std::map<std::string, int> out;
    for (const auto& problem : report["problems"]) out[problem["problem"]] = problem["count"];
    return out;
}

// Every row of a table as text.
std::string content(pg::Connection& connection, const std::string& table = "topgun_maps") {
    return std::string(
        must(connection.query("SELECT string_agg(t::text, E'\\n' ORDER BY t::text) FROM " + table +
                              " t"))
            .at(0, 0));
}

std::vector<OwnedRow> planted_among_sound(Generation generation) {
    Random rng(seed(41));
    auto rows = clean_rows(generation, rng, 100);
    std::erase_if(rows, [](const auto& row) { return row.map.find("_topgun_") < 2; });
    for (const auto& fault : planted_faults(generation)) {
        rows.insert(rows.end(), fault.rows.begin(), fault.rows.end());
    }
    return rows;
}

std::map<std::string, int> expected_findings(Generation generation, Repair most) {
    std::map<std::string, int> out;
    for (const auto& fault : planted_faults(generation)) {
        const auto& info = maptable::problem_info(fault.problem);
        if (info.repair <= most) ++out[std::string(info.word)];
    }
    return out;
}

const std::string kOnRequest = "D4,D10,D15,D19,D20,D27";

TEST_CASE("what is safe to repair is repaired, and goes back to the byte", "[pg]") {
    const auto generation = GENERATE(Generation::jsonb, Generation::bytea);
    const auto name = planted_database(generation, planted_among_sound(generation));
    const auto url = postgres().url(name);
    const auto connection = connect(name);
    const auto before = content(*connection);

    // Without --apply it only says what it would do.
    const auto shown = repair(url);
    CHECK(shown.status == 1);
    CHECK(content(*connection) == before);
    CHECK(shown.err.find("nothing was changed") != std::string::npos);

    const auto report = repair_json(url, {"--apply"});
    CHECK(report["planned"] == report["repaired"]);
    CHECK(report["left"] == 0);
    CHECK(report["complete"] == true);
    const auto after = content(*connection);
    CHECK(after != before);
    CHECK(found(url) == expected_findings(generation, Repair::on_request));
    CHECK(repair(url, {"--apply"}).status == 0);
    CHECK(content(*connection) == after);

    // The statements that it shows do the same.
    const auto by_hand_name = planted_database(generation, planted_among_sound(generation));
    const auto by_hand = connect(by_hand_name);
    must(by_hand->run(shown.out));
    CHECK(content(*by_hand) == after);
    const auto hand_url = postgres().url(by_hand_name);
    const std::string hand_run = repair_json(hand_url, {"--list"})["runs"][0]["run"];
    CHECK(shown.err.find("as run " + hand_run) != std::string::npos);
    const auto by_hand_undone = repair_json(hand_url, {"--undo", hand_run});
    CHECK(by_hand_undone["restored"] == report["repaired"]);
    CHECK(content(*by_hand) == before);

    const std::string run = report["run"];
    const auto runs = repair_json(url, {"--list"});
    REQUIRE(runs["runs"].size() == 1);
    CHECK(runs["runs"][0]["run"] == run);
    CHECK(runs["runs"][0]["rows"] == report["repaired"]);
    const auto undone = repair_json(url, {"--undo", run});
    CHECK(undone["restored"] == report["repaired"]);
    CHECK(undone["refused"] == 0);
    CHECK(content(*connection) == before);
    CHECK(repair(url, {"--undo", run}).status == 5);
    CHECK(repair_json(url, {"--list"})["runs"][0]["undone"] == report["repaired"]);
}

TEST_CASE("what changes the data is repaired when it is asked for", "[pg]") {
    const auto generation = GENERATE(Generation::jsonb, Generation::bytea);
    const auto name = planted_database(generation, planted_among_sound(generation));
    const auto url = postgres().url(name);
    const auto connection = connect(name);
    const auto before = content(*connection);
    const auto report = repair_json(url, {"--apply", "--fix", kOnRequest});
    CHECK(report["left"] == 0);
    CHECK(found(url) == expected_findings(generation, Repair::never));
    CHECK(repair(url, {"--undo", report["run"]}).status == 0);
    CHECK(content(*connection) == before);
}

TEST_CASE("repairs can be narrowed to a class and a map", "[pg]") {
    const auto name = planted_database(Generation::bytea, planted_among_sound(Generation::bytea));
    const auto url = postgres().url(name);
    const auto planned = repair_json(url, {"--class", "D16,D17"});
    CHECK(planned["repairs"].size() == 2);
    CHECK(planned["planned"] == 6);
    CHECK(repair_json(url, {"--map", "no such map"})["complete"] == false);
    CHECK(repair(url, {"--expired", "clear", "--class", "expired", "--apply"}).status == 0);
    CHECK(found(url).count("expired") == 0);
    CHECK(must(connect(name)->query("SELECT count(*) FROM topgun_maps_repairs WHERE action = "
                                    "'update'"))
              .at(0, 0) == "1");
}

TEST_CASE("rows that were changed since are not put back, unless one insists", "[pg]") {
    auto rows = std::vector{lww_row("m", "a", kPlantedNow, from_hex("01")),
                            lww_row("m", "b", kPlantedNow, from_hex("02"))};
    for (auto& row : rows) *row.value += "junk";
    const auto name = planted_database(Generation::bytea, rows);
    const auto url = postgres().url(name);
    const auto connection = connect(name);
    const auto before = content(*connection);
    const std::string run = repair_json(url, {"--apply"})["run"];
    must(connection->run("UPDATE topgun_maps SET updated_at = updated_at + 1 WHERE key = 'b'"));
    const auto refused = repair(url, {"--undo", run});
    CHECK(refused.status == 4);
    CHECK(refused.err.find("map m, key b") != std::string::npos);
    CHECK(repair_json(url, {"--list"})["runs"][0]["undone"] == 1);
    CHECK(repair(url, {"--undo", run, "--force"}).status == 0);
    CHECK(content(*connection) == before);
    CHECK(repair(url, {"--undo", "nonsense"}).status == 5);
}

TEST_CASE("the index of policies is made where there is none, and unmade", "[pg]") {
    auto rows = planted_faults(Generation::bytea);
    std::erase_if(
        rows, [](const auto& fault) { return fault.problem != maptable::Problem::policy_index; });
    REQUIRE(rows.size() == 1);
    auto policies = rows[0].rows;
    std::erase_if(policies, [](const auto& row) { return row.key == "__index"; });
    const auto name = planted_database(Generation::bytea, policies);
    const auto url = postgres().url(name);
    const auto connection = connect(name);
    const auto before = content(*connection);
    const auto report = repair_json(url, {"--apply"});
    CHECK(report["repaired"] == 1);
    CHECK(found(url).empty());
    CHECK(repair(url, {"--undo", report["run"]}).status == 0);
    CHECK(content(*connection) == before);
}

TEST_CASE("a table of another name, with columns of its own, comes back whole", "[pg]") {
    const auto name = must(postgres().make_database());
    const auto connection = connect(name);
    must(connection->run(kByteaTable));
    auto row = lww_row("m", "it's \"k\" \\ \x1b[31m\n\xc2\x9b", kPlantedNow, from_hex("01"));
    row.expiration = 1'700'000'000'000;
    insert_rows(*connection, Generation::bytea, {row});
    must(
        connection->run("CREATE SCHEMA \"Odd one\"; ALTER TABLE topgun_maps SET SCHEMA \"Odd one\";"
                        "ALTER TABLE \"Odd one\".topgun_maps RENAME TO \"app maps\";"
                        "ALTER TABLE \"Odd one\".\"app maps\" ADD note text DEFAULT 'mine',"
                        " ADD twice text GENERATED ALWAYS AS (key || key) STORED"));
    const auto url = postgres().url(name) + "#Odd one.app maps";
    const auto before = content(*connection, "\"Odd one\".\"app maps\"");
    // What is shown is safe for a terminal, and means the same.
    const auto shown = repair(url).out;
    CHECK(shown.find('\x1b') == std::string::npos);
    CHECK(shown.find("\xc2\x9b") == std::string::npos);
    must(connection->run("BEGIN; " + shown));
    CHECK(content(*connection, "\"Odd one\".\"app maps\"").empty());
    must(connection->run("ROLLBACK"));
    const auto report = repair_json(url, {"--apply"});
    CHECK(report["repaired"] == 1);
    CHECK(content(*connection, "\"Odd one\".\"app maps\"").empty());
    // What keeps the old rows is not taken for a table of maps.
    CHECK(must(pg::find_map_tables(*connection)).size() == 1);
    CHECK(repair(url, {"--undo", report["run"]}).status == 0);
    CHECK(content(*connection, "\"Odd one\".\"app maps\"") == before);
}

// Rows with bytes behind their records, of which one is locked by somebody else.
class LockedWorld {
public:
    static constexpr int kRows = 600;

    LockedWorld() {
        std::vector<OwnedRow> rows;
        for (int i = 0; i < kRows; ++i) {
            auto row = lww_row("m", std::to_string(1000 + i), kPlantedNow, from_hex("01"));
            *row.value += "junk";
            rows.push_back(std::move(row));
        }
        name_ = planted_database(Generation::bytea, rows);
        other_ = connect(name_);
        before_ = content(*other_);
        // In the second batch of three.
        must(other_->run("BEGIN; SELECT * FROM topgun_maps WHERE key = '1300' FOR UPDATE"));
    }

    std::string url() const { return postgres().url(name_); }
    pg::Connection& other() { return *other_; }
    const std::string& before() const { return before_; }

    // Starts a repair and waits until it waits for the row.
    pid_t start() {
        auto words = command("repair", url(), {"--apply"});
        words.insert(words.begin(), TOPGUN_CLI);
        const pid_t child = ::fork();
        if (child == 0) {
            const int nowhere = ::open("/dev/null", O_WRONLY);
            for (const int standard : {STDOUT_FILENO, STDERR_FILENO}) ::dup2(nowhere, standard);
            std::vector<char*> arguments;
            for (auto& word : words) arguments.push_back(word.data());
            arguments.push_back(nullptr);
            ::execv(arguments[0], arguments.data());
            ::_exit(127);
        }
        while (waiting().empty()) {
            REQUIRE(::waitpid(child, nullptr, WNOHANG) == 0);
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        return child;
    }

    // The server's process that waits.
    std::string waiting() {
        auto rows = must(connect(name_)->query(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock'"));
        return rows.size() == 0 ? std::string() : std::string(rows.at(0, 0));
    }

    static int end(pid_t child) {
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }

    // Runs it to the end, takes all runs back, and compares.
    void complete() {
        CHECK(found(url()).at("other-form") == kRows - 200);
        CHECK(repair(url(), {"--apply"}).status == 0);
        CHECK(found(url()).empty());
        const auto runs = repair_json(url(), {"--list"})["runs"];
        REQUIRE(runs.size() == 2);
        CHECK(runs[0]["rows"] == 200);
        CHECK(runs[1]["rows"] == kRows - 200);
        for (const auto& run : runs) CHECK(repair(url(), {"--undo", run["run"]}).status == 0);
        CHECK(content(*other_) == before_);
    }

private:
    std::string name_, before_;
    std::unique_ptr<pg::Connection> other_;
};

TEST_CASE("a row that is changed meanwhile is left alone, and named", "[pg]") {
    LockedWorld world;
    const auto child = world.start();
    must(
        world.other().run("UPDATE topgun_maps SET updated_at = updated_at + 1 WHERE key = '1300';"
                          "COMMIT"));
    CHECK(LockedWorld::end(child) == 4);
    CHECK(found(world.url()).at("other-form") == 1);
    CHECK(repair(world.url(), {"--apply"}).status == 0);
    CHECK(found(world.url()).empty());
}

TEST_CASE("a repair that is killed is completed by the next", "[pg]") {
    LockedWorld world;
    const auto child = world.start();
    REQUIRE(::kill(child, SIGKILL) == 0);
    CHECK(LockedWorld::end(child) == 128 + SIGKILL);
    must(world.other().run("ROLLBACK"));
    // The server notices when it has the row, and finds nobody to tell.
    while (!world.waiting().empty()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    world.complete();
}

TEST_CASE("a repair whose server process ends is completed by the next", "[pg]") {
    LockedWorld world;
    const auto child = world.start();
    (void)must(
        connect("postgres")
            ->query("SELECT pg_terminate_backend($1::int)", {pg::Parameter(world.waiting())}));
    CHECK(LockedWorld::end(child) == 5);
    must(world.other().run("ROLLBACK"));
    world.complete();
}

TEST_CASE("whoever may only read is shown the repairs, and refused to do them", "[pg]") {
    const auto name = planted_database(Generation::bytea, planted_among_sound(Generation::bytea));
    const auto connection = connect(name);
    const auto before = content(*connection);
    must(
        connection->run("DROP ROLE IF EXISTS watcher; CREATE ROLE watcher LOGIN;"
                        "GRANT SELECT ON topgun_maps TO watcher"));
    auto url = postgres().url(name);
    url.replace(url.find("postgres@"), 8, "watcher");
    CHECK(repair(url).status == 1);
    CHECK(repair(url, {"--apply"}).status == 5);
    CHECK(content(*connection) == before);
    must(connection->run("DROP OWNED BY watcher; DROP ROLE watcher"));
}

// A key of an OR-Map of whose three records the second one cannot be decoded.
OwnedRow odd_record_row(Generation generation) {
    if (generation == Generation::bytea) {
        auto row = or_row("tags", "k", {kPlantedNow - 3, kPlantedNow - 2, kPlantedNow - 1},
                          {std::to_string(kPlantedNow - 5) + ":0:n"});
        const auto first = row.value->find("tag");
        const auto odd = row.value->find("timestamp", row.value->find("tag", first + 1));
        row.value->replace(odd, 9, "timestump");
        return row;
    }
    const auto record = [](std::uint64_t millis, const std::string& stamp) {
        return R"({"value": {"n": 1.50}, "tag": ")" + std::to_string(millis) +
               R"(:0:n", "timestamp": {"millis": )" + stamp + R"(, "counter": 0, "nodeId": "n"}})";
    };
    OwnedRow row;
    row.map = "tags";
    row.key = "k";
    row.node = std::string(maptable::kOrMapNode);
    row.value = R"({"type": "OR", "records": [)";
    *row.value += record(kPlantedNow - 3, std::to_string(kPlantedNow - 3)) + ", ";
    *row.value += record(kPlantedNow - 2, "-7") + ", ";
    *row.value += record(kPlantedNow - 1, std::to_string(kPlantedNow - 1)) + "]}";
    return row;
}

TEST_CASE("of an OR-Map's key only what cannot be decoded is dropped", "[pg]") {
    const auto generation = GENERATE(Generation::jsonb, Generation::bytea);
    const auto name = planted_database(generation, {odd_record_row(generation)});
    const auto url = postgres().url(name);
    const auto connection = connect(name);
    const auto before = content(*connection);
    CHECK(repair(url).out.find("UPDATE") != std::string::npos);
    const auto report = repair_json(url, {"--apply"});
    CHECK(report["repaired"] == 1);
    CHECK(found(url).empty());
    ProcessOptions reading;
    reading.arguments = {"convert", url, "-", "--to", "ndjson"};
    const auto kept = run_process(TOPGUN_CLI, reading);
    CHECK(kept.status == 0);
    const auto millis = [](std::uint64_t before_now) {
        return std::to_string(kPlantedNow - before_now) + ":";
    };
    CHECK(kept.out.find(millis(3)) != std::string::npos);
    CHECK(kept.out.find(millis(2)) == std::string::npos);
    CHECK(kept.out.find(millis(1)) != std::string::npos);
    CHECK(repair(url, {"--undo", report["run"]}).status == 0);
    CHECK(content(*connection) == before);
}

TEST_CASE("batches are bounded in bytes, too", "[pg]") {
    std::vector<OwnedRow> rows;
    for (int i = 0; i < 6; ++i) {
        auto row = lww_row("m", std::to_string(i), kPlantedNow, from_hex("01"));
        row.value = std::string(std::size_t{3} << 19, '\xc1');
        rows.push_back(std::move(row));
    }
    const auto name = planted_database(Generation::bytea, rows);
    const auto report = repair_json(postgres().url(name), {"--apply"});
    CHECK(report["repaired"] == 6);
    CHECK(must(connect(name)->query("SELECT count(DISTINCT xmin::text) FROM topgun_maps_repairs"))
              .at(0, 0) == "2");
}

}  // namespace
}  // namespace topgun::test
