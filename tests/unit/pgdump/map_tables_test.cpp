// SPDX-License-Identifier: Apache-2.0
// TopGun's own tables in dumps, as ops.
#include "topgun/pgdump/map_tables.hpp"

#include <algorithm>
#include <sstream>

#include "pgdump_support.hpp"
#include "topgun/source/source.hpp"
#include "topgun/storage/text_formats.hpp"
#include "topgun_test/states.hpp"

using namespace topgun;
using namespace topgun::pgdump;
using namespace topgun::test;
using Catch::Contains;
using Lines = std::vector<std::string>;

namespace {

struct Ops {
    Lines lines;
    MapReadReport report;
    Status status;
};

Ops read(const Dump& dump, bool keep_going) {
    Ops out;
    MapReadOptions options;
    options.keep_going = keep_going;
    out.status = read_map_ops(
        dump, options,
        [&out](const Op& op) -> Status {
            append_ndjson(op, out.lines.emplace_back());
            out.lines.back().pop_back();
            return {};
        },
        out.report);
    return out;
}

}  // namespace

TEST_CASE("maps of the TypeScript server are read with stamps, tombstones and tags", "[pgdump]") {
    const auto dump = sample("maps-jsonb.sql");
    REQUIRE(find_map_tables(*dump).size() == 1);
    const auto ops = read(*dump, false);
    must(ops.status.has_value() ? Status() : Status(ops.status.error().clone()));
    CHECK(ops.report.rows == 8);
    CHECK(ops.report.skipped == 1);
    const Lines expected = {
        R"({"map":"users","kind":"lww","key":"alice","value":{"age":30,"name":"Alice",)"
        R"("tags":["a",1.5,null]},"ts":"1700000000000:3:node-b"})",
        R"({"map":"users","kind":"lww","key":"bob","deleted":true,"ts":"1700000000001:0:node-a"})",
        R"({"map":"users","kind":"lww","key":"carol","deleted":true,)"
        R"("ts":"1700000000002:0:node-a"})",
        R"({"map":"users","kind":"lww","key":"dave","deleted":true,"ts":"1700000000003:0:node-a"})",
        R"({"map":"users","kind":"lww","key":"tab\tkey","value":{"$bin":"no escape","big":1e+20},)"
        R"("ts":"1700000000004:4294967:node-é"})",
        R"({"map":"todo","kind":"or","key":"t1","value":"milk","ts":"1700000000000:0:n1"})",
        R"({"map":"todo","kind":"or","key":"t1","value":{"x":1},"ts":"1700000000005:1:n2",)"
        R"("ttlMs":60000})",
        R"({"map":"todo","kind":"or","removedTag":"1699999999999:4:n2"})"};
    CHECK(ops.lines == expected);
}

TEST_CASE("what is kept beside a table is folded in", "[pgdump]") {
    const auto dump = sample("maps-extra.sql");
    REQUIRE(find_map_tables(*dump).size() == 1);
    const auto ops = read(*dump, false);
    must(ops.status.has_value() ? Status() : Status(ops.status.error().clone()));
    auto lines = ops.lines;
    std::sort(lines.begin(), lines.end());
    Lines expected;
    std::istringstream made(slurp(testdata("pgdump/source/maps-extra.ndjson")));
    for (std::string line; std::getline(made, line);) expected.push_back(line);
    std::sort(expected.begin(), expected.end());
    CHECK(lines == expected);
    // Facts about rows are no rows.
    CHECK(ops.report.rows == 8);
}

TEST_CASE("what cannot be read beside a table is named, and left out when asked", "[pgdump]") {
    const std::string tables =
        "--\nCREATE TABLE m (map_name text, key text, value bytea, expiration_time bigint,"
        " is_backup boolean);\n"
        "CREATE TABLE m_extra (map_name text, key text, kind text, tag text, millis bigint,"
        " counter bigint, node text, ttl_ms bigint, value bytea);\n";
    const auto row = [](const std::string& values) {
        return "INSERT INTO m_extra VALUES (" + values + ");\n";
    };
    const auto dump = dump_of(tables + row("'m', 'a', 'removed', '', -5, 0, 'n', NULL, NULL") +
                              row("'m', 'b', 'removed', '', 5, 0, 'n', NULL, NULL") +
                              row("'m', 'n', 'counter', '', NULL, NULL, NULL, NULL, '\\x00'") +
                              row("'m', '', 'tag', '', NULL, NULL, NULL, NULL, NULL") +
                              row("'m', 'x', 'unheard', '', 5, 0, 'n', NULL, NULL") +
                              row("'m', 'r', 'record', '', NULL, 0, 'n', NULL, NULL"));
    const auto strict = read(*dump, false);
    REQUIRE_FALSE(strict.status);
    CHECK_THAT(strict.status.error().text(), Contains("m_extra") && Contains("no timestamp"));
    const auto lenient = read(*dump, true);
    CHECK(lenient.status);
    CHECK(lenient.report.damaged == 5);
    CHECK(lenient.lines ==
          Lines{R"({"map":"m","kind":"lww","key":"b","deleted":true,"ts":"5:0:n"})"});
}

TEST_CASE("types that are quoted, as --quote-all-identifiers has them, are known", "[pgdump]") {
    const auto dump = dump_of(R"sql(
CREATE TABLE "public"."topgun_maps" (
    "map_name" "text" NOT NULL, "key" "text" NOT NULL, "value" "bytea" NOT NULL,
    "expiration_time" bigint DEFAULT 0 NOT NULL, "is_backup" boolean DEFAULT false NOT NULL,
    "letter" "char", "own" "public"."text", "list" "json"[]);
)sql");
    REQUIRE(find_map_tables(*dump).size() == 1);
    const auto& columns = dump->tables().front().columns;
    CHECK(columns[2].type.id == TypeId::bytea);
    // One byte, and a type of somebody's own, are texts here.
    CHECK(columns[5].type.id == TypeId::text);
    CHECK(columns[6].type.id == TypeId::text);
}

TEST_CASE("one table of several is read when it is named", "[pgdump]") {
    const auto table = [](const std::string& name) {
        return "CREATE TABLE " + name +
               " (map_name text, key text, value jsonb, ts_millis bigint, ts_counter integer, "
               "ts_node_id text, is_deleted boolean);\nINSERT INTO " +
               name + " VALUES ('m', '" + name + "', '1', 5, 0, 'n', false);\n";
    };
    const auto dump = dump_of("--\n" + table("s.one") + table("t.one") + table("t.two"));
    const auto count = [&](const char* name) {
        MapReadOptions options;
        options.table = name;
        MapReadReport report;
        const auto status = read_map_ops(
            *dump, options, [](const Op&) { return Status(); }, report);
        if (status) return std::to_string(report.rows);
        CHECK(status.error().code() == Errc::not_found);
        return status.error().text();
    };
    CHECK(count("") == "3");
    CHECK(count("t.one") == "1");
    CHECK(count("one") == "2");
    CHECK_THAT(count("three"), Contains("there is no table three that holds maps; these do: s.one, "
                                        "t.one, t.two"));
}

TEST_CASE("maps of the Rust server are read, and rows that are no records are named", "[pgdump]") {
    const auto dump = sample("maps-bytea.sql");
    const auto tables = find_map_tables(*dump);
    REQUIRE(tables.size() == 1);
    CHECK(tables[0].kind == MapTableKind::bytea);
    CHECK(dump->tables()[tables[0].table].name == "my_maps");
    const auto strict = read(*dump, false);
    REQUIRE_FALSE(strict.status);
    CHECK_THAT(strict.status.error().text(),
               Contains("table app.my_maps: map users, key bad: value: byte 0"));
    const auto ops = read(*dump, true);
    REQUIRE(ops.status);
    CHECK(ops.report.rows == 14);
    CHECK(ops.report.damaged == 2);
    CHECK(ops.report.skipped == 1);
    REQUIRE(ops.report.damage.size() == 2);
    CHECK_THAT(ops.report.damage[1], Contains("key none"));
    REQUIRE(ops.lines.size() == 12);
    CHECK(ops.lines[1] == R"({"map":"users","kind":"lww","key":"minus","value":-1,)"
                          R"("ts":"1700000000000:3:node-b","ttlMs":60000})");
    CHECK_THAT(ops.lines[2], Contains(R"("value":{"$int":"-9223372036854775808"})"));
    CHECK_THAT(ops.lines[3], Contains(R"("key":"null")") && Contains(R"("deleted":true)"));
    CHECK_THAT(ops.lines[5], Contains(R"("value":1.5)"));
    CHECK_THAT(ops.lines[6], Contains(R"("value":{"$bin":"AH+A/w=="})"));
    CHECK_THAT(ops.lines[7], Contains(R"("value":{"a":[null,"x"],"b":1})"));
    CHECK_THAT(ops.lines[8], Contains(R"("value":5,"ts":"1700000000001:3:node-b")"));
    CHECK_THAT(ops.lines[9], Contains(R"("key":"one","value":7,"ts":"1700000000000:0:n1")"));
    CHECK_THAT(ops.lines[10], Contains(R"("removedTag":"1699999999999:4:n2")"));
    CHECK_THAT(ops.lines[11], Contains(R"("removedTag":"1:0:n")"));
}

TEST_CASE("a dump is a source like any other", "[pgdump][source]") {
    const auto path = testdata("pgdump/maps-jsonb.sql").string();
    auto source = must(open_source(path));
    CHECK(source.report.format == Format::dump);
    CHECK(source.report.ops == 8);
    CHECK(source.report.complete());
    REQUIRE(source.state->maps().size() == 2);
    CHECK(source.state->maps()[1].name == "users");
    CHECK(must(source.state->facts(source.state->maps()[1]))->tombstones == 3);

    ReadOptions options;
    options.maps = {"todo"};
    source = must(open_source(path, options));
    CHECK(source.state->maps().size() == 1);
    CHECK(source.report.ops == 3);

    const auto damaged = testdata("pgdump/maps-bytea.sql").string();
    CHECK_FALSE(open_source(damaged));
    options = {};
    options.keep_going = true;
    source = must(open_source(damaged, options));
    CHECK(source.report.damage.size() == 2);
    CHECK(source.report.ops == 12);
}

TEST_CASE("a dump without maps says so", "[pgdump][source]") {
    const auto source = open_source(testdata("pgdump/types-copy.sql").string());
    REQUIRE_FALSE(source);
    CHECK(source.error().code() == Errc::not_found);
    CHECK_THAT(source.error().text(), Contains("no table of TopGun's"));
}

TEST_CASE("rows of maps that are damaged in other ways are passed over one by one", "[pgdump]") {
    const std::string head =
        "CREATE TABLE m (map_name text, key text, value jsonb, ts_millis bigint, "
        "ts_counter integer, ts_node_id text, is_deleted boolean);\nCOPY m FROM stdin;\n";
    const auto dump =
        dump_of(head + "m\tgood\t1\t5\t0\tn\tf\n" + "m\tfew\n" + "m\tjson\t{\t5\t0\tn\tf\n" +
                "m\tmillis\t1\t-5\t0\tn\tf\n" + "m\tcounter\t1\t5\t4294967296\tn\tf\n" +
                "\\N\tx\t1\t5\t0\tn\tf\n" + "m\tor\t[]\t0\t0\t__ORMAP__\tf\n" +
                "m\ttype\t{\"type\":\"XX\",\"tags\":[]}\t0\t0\t__ORMAP__\tf\n" +
                "m\ttag\t{\"type\":\"OR\",\"records\":[{\"tag\":5}]}\t0\t0\t__ORMAP__\tf\n" +
                "m\tutf\\xff\t1\t5\t0\tn\tf\n" + "m\tlast\t2\t6\t0\tn\tf\n\\.\n");
    const auto ops = read(*dump, true);
    CHECK(ops.status);
    REQUIRE(ops.lines.size() == 2);
    CHECK_THAT(ops.lines[1], Contains("last"));
    CHECK(ops.report.damaged == 9);
    CHECK_THAT(ops.report.damage[0], Contains("line 4, table public.m: the row has 2 fields"));
}
