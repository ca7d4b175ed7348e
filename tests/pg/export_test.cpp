// SPDX-License-Identifier: Apache-2.0
// Tables as snapshots: of one moment, the same bytes however they were read.
#include <nlohmann/json.hpp>

#include "export_world.hpp"
#include "topgun/pg/table_writer.hpp"
#include "topgun/replica/row.hpp"

namespace topgun::test {
namespace {

nlohmann::json exported(const World& world, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"pg", "export", world.url(), "-o", world.output, "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto result = cli(arguments);
    INFO(result.err);
    REQUIRE(result.status == 0);
    return nlohmann::json::parse(result.out);
}

TEST_CASE("an export is what reading the database gives, in both generations", "[pg][export]") {
    const bool old = GENERATE(true, false);
    const World world(old ? kJsonbTable + kJsonbRows : kByteaTable + kByteaRows);
    const auto report = exported(world);
    CHECK(report["generation"] == (old ? "jsonb" : "bytea"));
    CHECK(report["table"] == "public.topgun_maps");
    CHECK(report["rows"]["read"] == (old ? 20'001 : 16'500));
    CHECK(report["records"] == (old ? 20'000 : 15'000));
    CHECK(report["supersededOps"] == (old ? 400 : 1'500));
    CHECK(report["maps"].size() == (old ? 4 : 3));
    CHECK(report["moments"].size() == 1);
    CHECK(report["parts"] == 0);
    CHECK(report["complete"] == true);
    CHECK(same_state(world));
    CHECK_FALSE(parts_exist(world));
}

TEST_CASE("jobs and memory change no byte of the file", "[pg][export]") {
    const bool old = GENERATE(true, false);
    const World world(old ? kJsonbTable + kJsonbRows : kByteaTable + kByteaRows);
    exported(world, {"--jobs", "1"});
    const auto alone = slurp(world.output);
    CHECK(exported(world, {"--jobs", "3"})["parts"] == 0);
    CHECK(slurp(world.output) == alone);
    const auto in_parts = exported(world, {"--memory", "1M", "--jobs", "2"});
    CHECK(in_parts["parts"] > 2);
    CHECK(slurp(world.output) == alone);
    CHECK_FALSE(parts_exist(world));
}

TEST_CASE("more parts than can be open at once are merged in turns", "[pg][export]") {
    const World world(kJsonbTable + kJsonbRows);
    exported(world);
    const auto whole = slurp(world.output);
    const auto in_parts = exported(world, {"--memory", "1M", "--jobs", "16"});
    CHECK(in_parts["parts"] > 16);
    CHECK(slurp(world.output) == whole);
}

TEST_CASE("what is written during an export is not in it", "[pg][export]") {
    const World world(kJsonbTable + kJsonbRows);
    auto options = small_memory(world);
    (void)must(pg::export_table(options));
    const auto before = slurp(world.output);
    bool written = false;
    options.stage = [&](pg::ExportStage, std::uint64_t) {
        if (std::exchange(written, true)) return;
        world.run(
            "UPDATE topgun_maps SET ts_millis = ts_millis + 1 WHERE map_name = 'map1';"
            "DELETE FROM topgun_maps WHERE map_name = 'map2';"
            "INSERT INTO topgun_maps SELECT 'new', i::text, '1', 1, 0, 'n', false "
            "FROM generate_series(1, 5000) i");
    };
    const auto report = must(pg::export_table(options));
    CHECK(written);
    CHECK(report.read.rows == 20'001);
    CHECK(slurp(world.output) == before);
    CHECK_FALSE(same_state(world));
}

TEST_CASE("partitions and heirs are read with their table", "[pg][export]") {
    const World world(
        "CREATE TABLE topgun_maps (map_name TEXT NOT NULL, key TEXT NOT NULL, value JSONB,"
        " ts_millis BIGINT NOT NULL, ts_counter INTEGER NOT NULL, ts_node_id TEXT NOT NULL,"
        " is_deleted BOOLEAN, PRIMARY KEY (map_name, key)) PARTITION BY HASH (map_name, key);"
        "CREATE TABLE a PARTITION OF topgun_maps FOR VALUES WITH (MODULUS 3, REMAINDER 0);"
        "CREATE TABLE b PARTITION OF topgun_maps FOR VALUES WITH (MODULUS 3, REMAINDER 1);"
        "CREATE TABLE c PARTITION OF topgun_maps FOR VALUES WITH (MODULUS 3, REMAINDER 2);" +
        kJsonbRows);
    CHECK(exported(world, {"--memory", "1M"})["rows"]["read"] == 20'001);
    CHECK(same_state(world));
    const World heirs(kJsonbTable +
                      "CREATE TABLE heir () INHERITS (topgun_maps);"
                      "INSERT INTO heir VALUES ('m', 'k', '1', 1, 0, 'n', false)");
    CHECK(exported(heirs)["records"] == 1);
}

TEST_CASE("what is kept beside a table is exported with it", "[pg][export]") {
    const World world(kByteaTable + kByteaRows);
    const auto connection = connect(world.database);
    const auto table = must(pg::choose_map_table(*connection, ""));
    pg::ConnectOptions connecting;
    connecting.target = world.url();
    const auto writer = must(pg::TableWriter::open(std::move(connecting), table));
    const auto value = from_hex("a568656c6c6f");
    for (int i = 1; i <= 3000; ++i) {
        const auto key = "key" + std::to_string(i);
        Op op;
        op.map = i % 3 == 0 ? "map0" : "limited";
        op.key = key;
        op.stamp = {1'800'000'000'000, 0, "n2"};
        op.kind = i % 3 == 0 ? OpKind::remove : OpKind::put;
        if (i % 3 != 0) {
            op.value = value;
            op.ttl_ms = 60'000;
        }
        must(writer->add(op));
    }
    Op count;
    count.map = "hits";
    count.key = "n1";
    count.kind = OpKind::counter;
    Bytes entry;
    encode_counter_entry(3, 1, entry);
    count.value = entry;
    must(writer->add(count));
    must(writer->finish());
    const auto report = exported(world);
    CHECK(report["maps"].size() == 5);
    CHECK(same_state(world));
    const auto whole = slurp(world.output);
    CHECK(exported(world, {"--memory", "1M"})["parts"] > 1);
    CHECK(slurp(world.output) == whole);
}

TEST_CASE("an empty table is a snapshot without maps", "[pg][export]") {
    const World world(kByteaTable);
    const auto report = exported(world);
    CHECK(report["records"] == 0);
    CHECK(report["maps"].empty());
    CHECK(report["complete"] == true);
}

TEST_CASE("a row that cannot be decoded is named, and passed over on request", "[pg][export]") {
    const World world(kByteaTable + kByteaRows +
                      ";INSERT INTO topgun_maps VALUES ('map1', 'bad', '\\xc1', 0, false, 1, 1)");
    const auto strict = cli({"pg", "export", world.url(), "-o", world.output});
    CHECK(strict.status == 3);
    CHECK(strict.err.find("public.topgun_maps: map map1, key bad") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(world.output));
    CHECK_FALSE(parts_exist(world));
    const auto lenient =
        cli({"pg", "export", world.url(), "-o", world.output, "--salvage", "--json"});
    CHECK(lenient.status == 4);
    const auto report = nlohmann::json::parse(lenient.out);
    CHECK(report["complete"] == false);
    CHECK(report["rows"]["read"] == 16'501);
    CHECK(report["rows"]["damaged"] == 1);
    CHECK(report["damage"][0].get<std::string>().find("key bad") != std::string::npos);
    CHECK(report["records"] == 15'000);
}

TEST_CASE("some maps alone are exported, and one that is not there is told", "[pg][export]") {
    const World world(kJsonbTable + kJsonbRows);
    const auto report = exported(world, {"-m", "tags", "-m", "map1"});
    CHECK(report["maps"].size() == 2);
    CHECK(report["rows"]["read"] == 10'001);
    const auto missing = cli({"pg", "export", world.url(), "-o", world.output, "-m", "mapp"});
    CHECK(missing.status == 4);
    CHECK(missing.err.find("no map 'mapp'") != std::string::npos);
}

TEST_CASE("who may only read exports, unless rows are hidden from him", "[pg][export]") {
    const World world(kJsonbTable + kJsonbRows);
    world.run(
        "DROP ROLE IF EXISTS export_reader; CREATE ROLE export_reader LOGIN;"
        "ALTER ROLE export_reader SET default_transaction_read_only = on;"
        "GRANT SELECT ON topgun_maps TO export_reader");
    auto options = small_memory(world);
    options.url += "?user=export_reader";
    CHECK(must(pg::export_table(options)).written.rows == 20'000);
    world.run(
        "ALTER TABLE topgun_maps ENABLE ROW LEVEL SECURITY;"
        "CREATE POLICY partial ON topgun_maps USING (map_name = 'map1')");
    const auto hidden = pg::export_table(options);
    REQUIRE_FALSE(hidden);
    CHECK(hidden.error().code() == Errc::unreachable);
    INFO(hidden.error().text());
    CHECK(hidden.error().text().find("row-level security") != std::string::npos);
    world.run("REVOKE SELECT ON topgun_maps FROM export_reader");
    const auto refused = pg::export_table(options);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().text().find("permission denied") != std::string::npos);
}

}  // namespace
}  // namespace topgun::test
