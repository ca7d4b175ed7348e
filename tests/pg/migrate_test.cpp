// SPDX-License-Identifier: Apache-2.0
// From the former server's table to the Rust server's and back, with nothing lost.
#include "topgun/pg/migrate.hpp"

#include <csignal>
#include <nlohmann/json.hpp>

#include "running.hpp"
#include "topgun/serverfiles/stored_record.hpp"
#include "topgun/value/json.hpp"
#include "world.hpp"

namespace topgun::test {
namespace {

using maptable::Generation;
using nlohmann::json;

// As the former server wrote them: records, a tombstone, nested values, an OR-Map with a time to
// live, and one whose removed tag still stands in a row (class D2).
const std::string kOldRows =
    R"(INSERT INTO topgun_maps VALUES
       ('todos', 'a', '{"title":"milk","tags":["x",null],"n":{"deep":[1,2.5,-3]}}',
        1700000000000, 0, 'n1', false),
       ('todos', 'b', 'null', 1700000000001, 2, 'n2', true),
       ('todos', 'big', '9007199254740993', 1700000000002, 0, 'n1', false),
       ('tags', 'x', '{"type":"OR","records":[
          {"value":"kept","tag":"1700000000000:0:n1","ttlMs":60000,
           "timestamp":{"millis":1700000000000,"counter":0,"nodeId":"n1"}},
          {"value":"gone","tag":"1:0:n","timestamp":{"millis":1,"counter":0,"nodeId":"n"}}]}',
        0, 0, '__ORMAP__', false),
       ('tags', '__tombstones__', '{"type":"OR_TOMBSTONES","tags":["1:0:n","2:0:n"]}',
        0, 0, '__ORMAP__', false);)";

struct Old {
    explicit Old(const std::string& rows = kOldRows) : name(must(postgres().make_database())) {
        connection = connect(name);
        must(connection->run(kJsonbTable + rows));
        url = postgres().url(name);
    }
    serverfiles::StoredRecord stored(const std::string& table, const char* map, const char* key) {
        const auto rows = must(connection->query(
            "SELECT encode(value, 'hex') FROM " + table + " WHERE map_name = $1 AND key = $2",
            {pg::Parameter(map), pg::Parameter(key)}));
        REQUIRE(rows.size() == 1);
        return must(serverfiles::decode_stored_record(from_hex(rows.at(0, 0))));
    }
    std::string text(const std::string& sql) {
        return std::string(must(connection->query(sql)).at(0, 0));
    }
    std::string name, url;
    std::unique_ptr<pg::Connection> connection;
};

std::string json_of(const Bytes& value) {
    std::string out;
    append_json(value, out);
    return out;
}

TEST_CASE("the new rows are records of the Rust server, and say the same", "[pg][migrate]") {
    Old old;
    const auto run = cli({"pg", "migrate", old.url, "--to", "rust", "--json"});
    INFO(run.err);
    REQUIRE(run.status == 0);
    const auto report = json::parse(run.out);
    CHECK(report["tombstones"] == 1);
    CHECK(report["removedTags"] == 2);
    CHECK(report["verified"] == true);

    const auto record = old.stored("topgun_maps_rust", "todos", "a");
    CHECK(record.kind == MapKind::lww);
    CHECK(record.entries.at(0).stamp == Timestamp{1'700'000'000'000, 0, "n1"});
    CHECK(json_of(record.entries.at(0).value) ==
          R"({"n":{"deep":[1,2.5,-3]},"tags":["x",null],"title":"milk"})");
    CHECK(json_of(old.stored("topgun_maps_rust", "todos", "big").entries.at(0).value) ==
          R"({"$int":"9007199254740993"})");
    const auto set = old.stored("topgun_maps_rust", "tags", "x");
    REQUIRE(set.entries.size() == 1);
    CHECK(set.entries[0].tag == "1700000000000:0:n1");
    CHECK(set.removed_tags == std::vector<std::string>{"1:0:n"});
    CHECK(old.text("SELECT count(*) FROM topgun_maps_rust WHERE key = 'b'") == "0");
    CHECK(old.text("SELECT string_agg(kind || ' ' || tag, ', ' ORDER BY kind, tag)"
                   " FROM topgun_maps_rust_extra") ==
          "record 1700000000000:0:n1, removed , tag 1:0:n, tag 2:0:n");
    CHECK(old.text("SELECT min(created_at) || ' ' || max(expiration_time) FROM topgun_maps_rust") ==
          "1700000000000 0");
    CHECK(cli({"diff", "--deep", old.url, old.url + "#topgun_maps_rust"}).status == 0);
}

TEST_CASE("a tombstone becomes what was asked for", "[pg][migrate]") {
    Old old;
    REQUIRE(cli({"pg", "migrate", old.url, "--to", "rust", "--tombstones", "rows"}).status == 0);
    CHECK(json_of(old.stored("topgun_maps_rust", "todos", "b").entries.at(0).value) == "null");
    CHECK(cli({"diff", "--deep", old.url, old.url + "#topgun_maps_rust"}).status == 0);
    const auto none = cli({"pg", "migrate", old.url, "--to", "rust", "--tombstones", "none",
                           "--into", old.url + "#bare", "--json"});
    CHECK(none.status == 0);
    CHECK(json::parse(none.out)["tombstonesLeftOut"] == 1);
    CHECK(old.text("SELECT count(*) FROM bare WHERE map_name = 'todos'") == "2");
}

TEST_CASE("the swap gives the new table the old one's name, and the way back loses nothing",
          "[pg][migrate]") {
    Old old;
    const ScratchDir folder;
    const auto before = folder.file("before.tgs");
    REQUIRE(cli({"pg", "export", old.url, "-o", before}).status == 0);
    REQUIRE(cli({"pg", "migrate", old.url, "--to", "rust", "--swap"}).status == 0);
    CHECK(old.text("SELECT count(*) FROM pg_indexes WHERE indexname IN "
                   "('topgun_maps_pkey', 'idx_topgun_maps_map', 'idx_topgun_maps_expiry') "
                   "AND tablename = 'topgun_maps'") == "3");
    CHECK(old.text("SELECT count(*) FROM topgun_maps_old_jsonb") == "5");
    CHECK(cli({"diff", "--deep", before, old.url}).status == 0);
    REQUIRE(cli({"pg", "migrate", old.url, "--to", "ts", "--swap"}).status == 0);
    CHECK(cli({"diff", "--deep", before, old.url}).status == 0);
    CHECK(old.text("SELECT is_deleted FROM topgun_maps WHERE key = 'b'") == "t");
    CHECK(old.text("SELECT value->>'title' FROM topgun_maps WHERE key = 'a'") == "milk");
}

TEST_CASE("what was removed since an earlier run keeps the names from changing, or is taken out",
          "[pg][migrate]") {
    Old old;
    REQUIRE(cli({"pg", "migrate", old.url, "--to", "rust"}).status == 0);
    must(old.connection->run(
        "DELETE FROM topgun_maps WHERE key = 'a';"
        "UPDATE topgun_maps SET value = jsonb_set(value, '{records}', value->'records' || "
        "'[{\"value\":1,\"tag\":\"9:0:n\",\"timestamp\":"
        "{\"millis\":9,\"counter\":0,\"nodeId\":\"n\"}}]') WHERE key = 'x'"));
    const auto noted = cli({"pg", "migrate", old.url, "--to", "rust", "--json"});
    CHECK(noted.status == 0);
    CHECK(json::parse(noted.out)["surplus"] == 1);
    const auto refused = cli({"pg", "migrate", old.url, "--to", "rust", "--swap"});
    CHECK(refused.status == 3);
    CHECK(refused.err.find("--prune") != std::string::npos);
    CHECK(old.text("SELECT to_regclass('topgun_maps_old_jsonb') IS NULL") == "t");
    const auto pruned =
        cli({"pg", "migrate", old.url, "--to", "rust", "--swap", "--prune", "--json"});
    INFO(pruned.err);
    CHECK(pruned.status == 0);
    CHECK(json::parse(pruned.out)["surplus"] == 0);
    CHECK(json::parse(pruned.out)["pruned"] == 1);
    CHECK(old.text("SELECT count(*) FROM topgun_maps WHERE key = 'a'") == "0");
    CHECK(cli({"diff", "--deep", old.url, old.url + "#topgun_maps_old_jsonb"}).status == 0);
}

TEST_CASE("a key that was removed is taken out also where tombstones are left out",
          "[pg][migrate]") {
    Old old;
    const std::vector<std::string> none{"pg",           "migrate", old.url,   "--to",  "rust",
                                        "--tombstones", "none",    "--prune", "--json"};
    REQUIRE(cli(none).status == 0);
    must(old.connection->run(
        "UPDATE topgun_maps SET is_deleted = true, value = NULL, ts_millis = 1800000000000"
        " WHERE key = 'a'"));
    const auto again = cli(none);
    INFO(again.err);
    CHECK(again.status == 0);
    CHECK(json::parse(again.out)["tombstonesLeftOut"] == 2);
    CHECK(old.text("SELECT count(*) FROM topgun_maps_rust WHERE key = 'a'") == "0");
}

TEST_CASE("owner, grants and what stands beside go with the name; what hangs on a table is named",
          "[pg][migrate]") {
    Old old;
    const auto role = "app_" + old.name;
    must(old.connection->run("CREATE ROLE " + role + " LOGIN; CREATE ROLE read_" + role +
                             ";"
                             "ALTER TABLE topgun_maps OWNER TO " +
                             role +
                             ";"
                             "GRANT SELECT ON topgun_maps TO read_" +
                             role +
                             " WITH GRANT OPTION;"
                             "GRANT INSERT ON topgun_maps TO PUBLIC;"
                             "CREATE VIEW open_todos AS SELECT key FROM topgun_maps"));
    REQUIRE(cli({"pg", "repair", old.url, "--apply", "-q"}).status == 0);
    const auto to_rust = cli({"pg", "migrate", old.url, "--to", "rust", "--swap", "--json"});
    INFO(to_rust.err);
    REQUIRE(to_rust.status == 0);
    CHECK(json::parse(to_rust.out)["leftBehind"] == json::array({"view open_todos"}));
    CHECK(old.text("SELECT tableowner FROM pg_tables WHERE tablename = 'topgun_maps'") == role);
    CHECK(old.text("SELECT has_table_privilege('read_" + role +
                   "', 'topgun_maps', 'SELECT WITH GRANT OPTION')") == "t");
    CHECK(old.text("SELECT has_table_privilege('read_" + role + "', 'topgun_maps', 'INSERT')") ==
          "t");
    CHECK(old.text("SELECT has_table_privilege('read_" + role + "', 'topgun_maps', 'DELETE')") ==
          "f");
    CHECK(old.text("SELECT to_regclass('topgun_maps_repairs') IS NULL AND"
                   " to_regclass('topgun_maps_old_jsonb_repairs') IS NOT NULL") == "t");
    // There and back, and there again: old tables are numbered.
    must(old.connection->run("DROP VIEW open_todos"));
    REQUIRE(cli({"pg", "migrate", old.url, "--to", "ts", "--swap"}).status == 0);
    REQUIRE(cli({"pg", "migrate", old.url, "--to", "rust", "--swap"}).status == 0);
    CHECK(old.text("SELECT to_regclass('topgun_maps_old_jsonb_2') IS NOT NULL") == "t");
    must(old.connection->run("ALTER TABLE topgun_maps ENABLE ROW LEVEL SECURITY"));
    const auto guarded = cli({"pg", "migrate", old.url, "--to", "ts", "--swap"});
    CHECK(guarded.status == 2);
    CHECK(guarded.err.find("row-level security") != std::string::npos);
}

TEST_CASE("a row that cannot be read stops a migration, or is left out and said", "[pg][migrate]") {
    Old old(kOldRows +
            "INSERT INTO topgun_maps VALUES ('tags', 'bad', '{\"type\":\"OTHER\"}', 0, 0,"
            " '__ORMAP__', false);");
    const auto strict = cli({"pg", "migrate", old.url, "--to", "rust"});
    CHECK(strict.status == 3);
    CHECK(strict.err.find("key bad") != std::string::npos);
    const auto salvaged = cli({"pg", "migrate", old.url, "--to", "rust", "--salvage"});
    CHECK(salvaged.status == 4);
    CHECK(salvaged.err.find("key bad") != std::string::npos);
    CHECK(cli({"pg", "migrate", old.url, "--to", "rust", "--salvage", "--swap"}).status == 2);
    CHECK(old.text("SELECT count(*) FROM topgun_maps") == "6");
}

TEST_CASE("killed, or its server killed, a migration is finished by running it again",
          "[pg][migrate]") {
    const auto* who = GENERATE("tool", "server");
    CAPTURE(who);
    Old old(
        "INSERT INTO topgun_maps SELECT 'm', 'key' || i, to_jsonb(i), 1700000000000 + i, 0,"
        " 'n' || i % 5, i % 50 = 0 FROM generate_series(1, 60000) i;");
    Running running({"pg", "migrate", "-q", old.url, "--to", "rust"});
    REQUIRE(within_seconds(60, [&] {
        return old.text("SELECT to_regclass('topgun_maps_rust') IS NOT NULL") == "t" &&
               old.text("SELECT count(*) FROM topgun_maps_rust") != "0";
    }));
    if (who == std::string("tool")) {
        running.end(SIGKILL);
    } else {
        postgres().crash();
        running.end(0);
        old.connection = connect(old.name);
    }
    const auto again = cli({"pg", "migrate", old.url, "--to", "rust", "--json"});
    INFO(again.err);
    CHECK(again.status == 0);
    CHECK(json::parse(again.out)["verified"] == true);
    CHECK(cli({"diff", "--deep", old.url, old.url + "#topgun_maps_rust"}).status == 0);
}

// A sound row, and one whose stamp no client can read.
std::vector<OwnedRow> with_row_beyond(Generation generation) {
    if (generation == Generation::bytea) {
        auto beyond = lww_row("m", "beyond", kPlantedNow, from_hex("01"));
        const auto millis = beyond.value->find("millis") + 6;
        beyond.value->replace(millis, 9, from_hex("cf0020000000000000"));
        return {lww_row("m", "sound", kPlantedNow, from_hex("01")), beyond};
    }
    OwnedRow sound;
    sound.map = "m";
    sound.key = "sound";
    sound.value = "1";
    sound.millis = static_cast<std::int64_t>(kPlantedNow);
    sound.node = "n";
    auto beyond = sound;
    beyond.key = "beyond";
    beyond.millis = -1;
    return {sound, beyond};
}

TEST_CASE("a row with a stamp out of range keeps nothing else back, and can be repaired", "[pg]") {
    const auto generation = GENERATE(Generation::jsonb, Generation::bytea);
    const ScratchDir folder;
    const auto name = planted_database(generation, with_row_beyond(generation));
    const auto url = postgres().url(name);
    const auto* other = generation == Generation::jsonb ? "rust" : "typescript";
    const auto named = [](const ProcessResult& run) {
        CHECK(run.status == 4);
        CHECK(run.err.find("map m, key beyond") != std::string::npos);
    };
    const auto rows = [&](const std::string& database, const std::string& table) {
        return std::string(
            must(connect(database)->query("SELECT string_agg(key, ' ') FROM " + table)).at(0, 0));
    };
    const auto snapshot = folder.file("out.tgs");
    named(cli({"pg", "export", url, "-o", snapshot}));
    CHECK(cli({"inspect", snapshot, "--map", "m", "--key", "sound"}).status == 0);
    named(cli({"pg", "migrate", url, "--to", other}));
    CHECK(rows(name, "topgun_maps_" + std::string(other)) == "sound");
    const auto to = must(postgres().make_database());
    named(cli({"pg", "import", url + "#topgun_maps", postgres().url(to)}));
    CHECK(rows(to, "topgun_maps") == "sound");
    // Nothing is renamed as long as a row would be left behind.
    CHECK(cli({"pg", "migrate", url + "#topgun_maps", "--to", other, "--swap"}).status != 0);
    CHECK(rows(name, "topgun_maps_" + std::string(other)) == "sound");

    REQUIRE(
        cli({"pg", "repair", url + "#topgun_maps", "--apply", "--class", "beyond-limits"}).status ==
        0);
    CHECK(rows(name, "topgun_maps") == "sound");
    CHECK(cli({"pg", "export", url + "#topgun_maps", "-o", snapshot}).status == 0);
    const auto run = must(connect(name)->query("SELECT run FROM topgun_maps_repairs")).at(0, 0);
    CHECK(cli({"pg", "repair", url + "#topgun_maps", "--undo", std::string(run)}).status == 0);
    named(cli({"pg", "export", url + "#topgun_maps", "-o", snapshot}));
}

}  // namespace
}  // namespace topgun::test
