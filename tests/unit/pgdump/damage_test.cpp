// SPDX-License-Identifier: Apache-2.0
// Damaged dumps: named with their place, never a crash, and with keep_going the rest is read.
#include "pgdump_support.hpp"
#include "topgun/base/random.hpp"
#include "topgun/pgdump/map_tables.hpp"

using namespace topgun;
using namespace topgun::test;
using Catch::Contains;

namespace {

const std::string kTable =
    "CREATE TABLE t (a integer, b text, c numeric, d timestamp, e integer[], f jsonb);\n";

// Why the one row given cannot be read.
std::string why(const std::string& row) {
    const auto dump = dump_of(kTable + "COPY t (a, b, c, d, e, f) FROM stdin;\n" +
                              "1\tx\t\\N\t\\N\t\\N\t\\N\n" + row + "\n\\.\n");
    const auto rows = try_rows(*dump, 0);
    REQUIRE_FALSE(rows);
    return rows.error().text();
}

// Reads all there is to read; only that it ends counts.
std::size_t read_all(const Dump& dump) {
    std::size_t rows = 0;
    for (std::size_t table = 0; table < dump.tables().size(); ++table) {
        for (std::size_t column = 0; column < dump.tables()[table].columns.size(); ++column) {
            auto scan = must(dump.scan(table, std::vector{column}));
            Batch batch;
            for (auto more = scan->next(batch); more && *more; more = scan->next(batch)) {
                rows += batch.rows;
            }
        }
    }
    pgdump::MapReadReport report;
    pgdump::MapReadOptions options;
    options.keep_going = true;
    (void)pgdump::read_map_ops(
        dump, options, [](const Op&) { return Status(); }, report);
    return rows;
}

}  // namespace

TEST_CASE("a value that cannot be read is named with file, byte, line, table and column",
          "[pgdump]") {
    const auto nulls = "\t\\N\t\\N\t\\N\t\\N";
    CHECK(
        why("x1\tb" + std::string(nulls)) ==
        "d.sql: byte 136, line 4, table public.t: column a: invalid input for type bigint: \"x1\"");
    CHECK_THAT(why("1\t\xff" + std::string(nulls)),
               Contains("column b: the text is not valid UTF-8"));
    CHECK_THAT(why("1\t\\xff" + std::string(nulls)), Contains("column b: the text is not valid"));
    CHECK_THAT(why("1\tb\\" + std::string(nulls)), Contains("column b ends in a backslash"));
    CHECK_THAT(why("1\tb\t123456789012345678901234567890123456789\t\\N\t\\N\t\\N"),
               Contains("column c") && Contains("more than 38 digits"));
    CHECK_THAT(why("1\tb\tNaN\t\\N\t\\N\t\\N"), Contains("has no decimal digits"));
    CHECK_THAT(why("1\tb\t\\N\tinfinity\t\\N\t\\N"), Contains("no moment that can be kept"));
    CHECK_THAT(why("1\tb\t\\N\t2024-02-30 00:00:00\t\\N\t\\N"), Contains("out of range"));
    CHECK_THAT(why("1\tb\t\\N\t\\N\t{1,x}\t\\N"), Contains("malformed array at character 5"));
    CHECK_THAT(why("1\tb\t\\N\t\\N\t\\N\t{\"a\":}"),
               Contains("column f") && Contains("line 1, column 6"));
    CHECK_THAT(why("1\tb"), Contains("the row has 2 fields, of 6"));
    CHECK_THAT(why("1\tb\t\\N\t\\N\t\\N\t\\N\t7"), Contains("more than 6 fields"));
}

TEST_CASE("a dump that was cut short is refused, or read up to there", "[pgdump]") {
    const auto* file = GENERATE("types-copy.sql", "types-inserts.sql", "types-rows-per-insert.sql");
    const auto text = slurp(testdata(std::string("pgdump/") + file));
    const auto whole = dump_of(text);
    const auto last = text.rfind("-- PostgreSQL database dump complete");
    for (std::size_t size = 40; size < text.size(); size += 61) {
        CAPTURE(file, size);
        const auto cut = text.substr(0, size);
        const auto strict = try_dump_of(cut);
        if (size < last) {
            REQUIRE_FALSE(strict);
            CHECK(strict.error().code() == Errc::bad_input);
            CHECK_THAT(strict.error().text(), Contains("line "));
        }
        DumpOptions options;
        options.keep_going = true;
        const auto lax = dump_of(cut, options);
        if (size < last) CHECK(lax->damage().size() >= 1);
        for (const auto& table : lax->tables()) {
            const auto all = whole->find(table.schema, table.name);
            REQUIRE(all);
            CHECK(table.rows <= whole->tables()[*all].rows);
            if (table.columns.size() == whole->tables()[*all].columns.size()) {
                CHECK(try_rows(*lax, *lax->find(table.schema, table.name)));
            }
        }
    }
}

TEST_CASE("random damage never crashes or hangs the reader", "[pgdump][property]") {
    const auto* file = GENERATE("types-copy.sql", "types-rows-per-insert.sql", "old.sql",
                                "cluster.sql", "maps-jsonb.sql", "maps-bytea.sql");
    const auto seed = test::seed(20261121);
    CAPTURE(file, seed);
    Random rng(seed);
    const auto text = slurp(testdata(std::string("pgdump/") + file));
    constexpr std::string_view kSpecial = "'\"\\$;(){},\n\t-/*\0\xff";
    std::size_t rows = 0;
    for (int round = 0; round < 150; ++round) {
        auto damaged = text;
        for (auto flips = rng.below(8) + 1; flips > 0; --flips) {
            auto& byte = damaged[static_cast<std::size_t>(rng.below(damaged.size()))];
            byte = rng.below(2) == 0
                       ? static_cast<char>(rng.below(256))
                       : kSpecial[static_cast<std::size_t>(rng.below(kSpecial.size()))];
        }
        DumpOptions options;
        options.keep_going = rng.below(2) == 0;
        if (const auto dump = try_dump_of(damaged, options)) rows += read_all(**dump);
    }
    CHECK(rows > 0);
}

TEST_CASE("other encodings are refused with what to do", "[pgdump]") {
    for (const auto* line : {"SET client_encoding = 'LATIN1';\n", "\\encoding WIN1252\n"}) {
        const auto dump = try_dump_of(line);
        REQUIRE_FALSE(dump);
        CHECK_THAT(dump.error().text(),
                   Contains("d.sql: byte 0, line 1") && Contains("pg_dump --encoding=UTF8"));
    }
    CHECK(try_dump_of("SET client_encoding = 'SQL_ASCII';\nSET client_encoding TO utf8;\n"));
}

TEST_CASE("tables that inherit from each other in a circle are read once each", "[pgdump]") {
    const auto dump = dump_of(
        "CREATE TABLE a (x integer) INHERITS (b);\nCREATE TABLE b (x integer) INHERITS (a);\n"
        "CREATE DOMAIN d AS e; CREATE DOMAIN e AS d; CREATE TABLE c (x d);\n"
        "INSERT INTO a VALUES (1);\nINSERT INTO b VALUES (2);\n");
    CHECK(rows_of(*dump, "a").size() == dump->tables()[0].rows);
    CHECK(rows_of(*dump, "b").size() == dump->tables()[1].rows);
}

TEST_CASE("progress is told, and can end the reading", "[pgdump]") {
    const auto text = slurp(testdata("pgdump/types-copy.sql"));
    std::uint64_t told = 0;
    DumpOptions options;
    options.progress = [&told](std::uint64_t bytes) {
        told += bytes;
        return Status();
    };
    (void)dump_of(text, options);
    CHECK(told == text.size());
    options.progress = [](std::uint64_t) -> Status { return Error(Errc::cancelled, "enough"); };
    const auto stopped = try_dump_of(text, options);
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().code() == Errc::cancelled);
}
