// SPDX-License-Identifier: Apache-2.0
// A database as a source of commands, both generations.
#include "topgun/pg/map_table.hpp"
#include "topgun/pg/table_writer.hpp"
#include "topgun/serverfiles/stored_record.hpp"
#include "world.hpp"

namespace topgun::test {
namespace {

std::string ndjson(const std::string& source) {
    const auto out = cli({"convert", source, "-", "--to", "ndjson"});
    INFO(out.err);
    CHECK(out.status == 0);
    return out.out;
}

const std::string kJsonbRows =
    R"(INSERT INTO topgun_maps VALUES
       ('todos', 'a', '{"title":"milk","n":1}', 1700000000000, 0, 'n1', false),
       ('todos', 'b', NULL, 1700000000001, 2, 'n2', true),
       ('tags', 'x', '{"type":"OR","records":[{"value":1,"tag":"1700000000000:0:n1",
          "timestamp":{"millis":1700000000000,"counter":0,"nodeId":"n1"}}]}',
        0, 0, '__ORMAP__', false),
       ('tags', '__tombstones__', '{"type":"OR_TOMBSTONES","tags":["1:0:n"]}',
        0, 0, '__ORMAP__', false))";

// The same maps, without the tombstone that this server cannot have.
void fill_bytea(pg::Connection& connection) {
    const auto insert = [&](const char* map, const char* key,
                            const serverfiles::StoredRecord& record) {
        Bytes bytes;
        must(serverfiles::encode_stored_record(record, bytes));
        (void)must(connection.query(
            "INSERT INTO topgun_maps VALUES ($1, $2, $3, 0, false, 1, 1)",
            {pg::Parameter(map), pg::Parameter(key), pg::Parameter(pg::bytea_text(bytes))}));
    };
    serverfiles::StoredRecord lww;
    lww.entries.push_back(
        {{1'700'000'000'000, 0, "n1"}, {}, from_hex("82a16e01a57469746c65a46d696c6b"), kNoTtl});
    insert("todos", "a", lww);
    serverfiles::StoredRecord tags;
    tags.kind = MapKind::or_map;
    tags.entries.push_back(
        {{1'700'000'000'000, 0, "n1"}, "1700000000000:0:n1", from_hex("01"), kNoTtl});
    tags.removed_tags.emplace_back("1:0:n");
    insert("tags", "x", tags);
}

TEST_CASE("both generations read as the same maps", "[pg]") {
    const auto old_name = must(postgres().make_database());
    must(connect(old_name)->run(kJsonbTable + kJsonbRows));
    const auto new_name = must(postgres().make_database());
    const auto connection = connect(new_name);
    must(connection->run(kByteaTable));
    fill_bytea(*connection);

    const auto from_old = ndjson(postgres().url(old_name));
    auto from_new = ndjson(postgres().url(new_name));
    const std::string tombstone =
        "{\"map\":\"todos\",\"kind\":\"lww\",\"key\":\"b\",\"deleted\":true,"
        "\"ts\":\"1700000000001:2:n2\"}\n";
    REQUIRE(from_old.find(tombstone) != std::string::npos);
    auto expected = from_old;
    expected.erase(expected.find(tombstone), tombstone.size());
    // The newer server knows of which key the tag was removed.
    const std::string keyless = "\"removedTag\"";
    expected.replace(expected.find(keyless), keyless.size(), "\"key\":\"x\"," + keyless);
    CHECK(from_new == expected);
    CHECK(cli({"diff", postgres().url(old_name), postgres().url(new_name)}).status == 1);
    CHECK(
        cli({"diff", "--map", "tags", postgres().url(old_name), postgres().url(new_name)}).status ==
        0);
    const auto counted = cli({"sql", postgres().url(new_name), "-c", "SELECT title FROM todos"});
    CHECK(counted.out.find("milk") != std::string::npos);
}

TEST_CASE("the table is chosen by name, by path, or because it is the only one", "[pg]") {
    const auto name = must(postgres().make_database());
    const auto connection = connect(name);
    const auto none = pg::choose_map_table(*connection, "");
    REQUIRE_FALSE(none);
    CHECK(none.error().code() == Errc::not_found);
    must(connection->run("CREATE TABLE other (map_name text, key text);" + kJsonbTable +
                         "ALTER TABLE topgun_maps RENAME TO app_maps"));
    CHECK(must(pg::choose_map_table(*connection, "")).shown() == "public.app_maps");
    must(connection->run("CREATE SCHEMA s; SET search_path = s; " + kByteaTable +
                         "ALTER TABLE s.topgun_maps RENAME TO \"Odd \"\"name\""));
    const auto several = pg::choose_map_table(*connection, "");
    REQUIRE_FALSE(several);
    CHECK(several.error().code() == Errc::usage);
    const auto odd = must(pg::choose_map_table(*connection, "Odd \"name"));
    CHECK(odd.generation == maptable::Generation::bytea);
    CHECK(must(connection->query("SELECT count(*) FROM " + odd.quoted())).at(0, 0) == "0");
    CHECK(must(pg::choose_map_table(*connection, "public.app_maps")).generation ==
          maptable::Generation::jsonb);
    const auto wrong = pg::choose_map_table(*connection, "other");
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().text().find("app_maps") != std::string::npos);
}

TEST_CASE("who writes takes no table by guess, and none of another form", "[pg]") {
    const auto name = must(postgres().make_database());
    const auto connection = connect(name);
    must(connection->run(kJsonbTable + "ALTER TABLE topgun_maps RENAME TO app_maps"));
    bool created = false;
    const auto made =
        must(pg::choose_or_create_table(*connection, "", maptable::Generation::bytea, created));
    CHECK(made.shown() == "public.topgun_maps");
    CHECK(created);
    must(connection->run("CREATE TEMP TABLE topgun_rows (LIKE topgun_maps)"));
    CHECK(must(pg::find_map_tables(*connection)).size() == 2);
    must(connection->run("ALTER TABLE topgun_maps DROP COLUMN is_backup"));
    const auto odd = pg::choose_map_table(*connection, "");
    REQUIRE_FALSE(odd);
    CHECK(odd.error().code() == Errc::usage);
    CHECK(odd.error().text().find("public.topgun_maps: does not have the columns") == 0);
}

TEST_CASE("rows that a policy hides are an error, not fewer rows", "[pg]") {
    const auto name = must(postgres().make_database());
    const auto connection = connect(name);
    must(connection->run(kByteaTable));
    fill_bytea(*connection);
    must(connection->run("CREATE ROLE half_" + name +
                         " LOGIN; GRANT SELECT ON topgun_maps TO half_" + name +
                         "; ALTER TABLE topgun_maps ENABLE ROW LEVEL SECURITY;"
                         "CREATE POLICY p ON topgun_maps USING (key = 'a')"));
    auto url = postgres().url(name);
    CHECK(cli({"inspect", url}).status == 0);
    url.replace(url.find("postgres@"), 8, "half_" + name);
    for (const auto& command : {std::vector<std::string>{"inspect"}, {"pg", "check"}}) {
        auto arguments = command;
        arguments.push_back(url);
        const auto run = cli(arguments);
        CHECK(run.status == 5);
        CHECK(run.err.find("row-level security") != std::string::npos);
    }
}

TEST_CASE("rows that cannot be read are named, and passed over on request", "[pg]") {
    const auto name = must(postgres().make_database());
    const auto connection = connect(name);
    must(connection->run(kByteaTable));
    fill_bytea(*connection);
    must(connection->run(
        "INSERT INTO topgun_maps VALUES ('todos', 'bad', '\\xc1', 0, false, 1, 1)"));
    const auto strict = cli({"inspect", postgres().url(name)});
    CHECK(strict.status == 3);
    CHECK(strict.err.find("public.topgun_maps: map todos, key bad") != std::string::npos);
    const auto lenient = cli({"inspect", "--salvage", postgres().url(name)});
    CHECK(lenient.status == 4);
    CHECK(lenient.out.find("todos") != std::string::npos);
}

TEST_CASE("one map alone is read when one is asked for", "[pg]") {
    const auto name = must(postgres().make_database());
    const auto connection = connect(name);
    must(connection->run(kJsonbTable + kJsonbRows));
    must(connection->run("UPDATE topgun_maps SET map_name = 'it''s' WHERE map_name = 'tags'"));
    const auto table = must(pg::choose_map_table(*connection, ""));
    maptable::ReadReport report;
    pg::TableReadOptions options;
    options.maps = {"it's"};
    std::size_t ops = 0;
    must(pg::read_map_table(
        *connection, table, options,
        [&](const Op& op) -> Status {
            CHECK(op.map == "it's");
            ++ops;
            return {};
        },
        report));
    CHECK(ops == 2);
    CHECK(report.rows == 2);
}

TEST_CASE("a password in a URL is not repeated", "[pg]") {
    const auto refused = cli({"inspect", "postgres://me:s3cret@127.0.0.1:1/db"});
    CHECK(refused.status == 5);
    CHECK(refused.err.find("s3cret") == std::string::npos);
    const auto found = cli({"inspect", postgres().url("postgres") + "?password=s3cret"});
    CHECK(found.status == 5);
    CHECK((found.out + found.err).find("s3cret") == std::string::npos);
}

}  // namespace
}  // namespace topgun::test
