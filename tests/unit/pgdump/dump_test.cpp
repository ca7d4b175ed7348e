// SPDX-License-Identifier: Apache-2.0
// Dumps that pg_dump made, in all its forms, against what the server says of the same tables.
#include <cstdlib>

#include "pgdump_support.hpp"

using namespace topgun;
using namespace topgun::test;
using Catch::Contains;
using Words = std::vector<std::string>;

namespace {

// table -> column -> values, as the server wrote them.
using Expected = std::map<std::string, std::map<std::string, Words>>;

Expected expected_values() {
    Expected out;
    const auto text = slurp(testdata("pgdump/types.expected"));
    std::string_view rest = text;
    while (!rest.empty()) {
        const auto end = rest.find("\x1e\n");
        REQUIRE(end != std::string_view::npos);
        Words parts;
        std::string_view line = rest.substr(0, end);
        for (int i = 0; i < 3; ++i) {
            parts.emplace_back(line.substr(0, line.find('\x1f')));
            line.remove_prefix(line.find('\x1f') + 1);
        }
        // Bounds other than from 1 are not kept.
        if (line.starts_with("[0:1]=")) line.remove_prefix(6);
        out[parts[0]][parts[1]].emplace_back(line);
        rest.remove_prefix(end + 2);
    }
    return out;
}

// The rows of a table that are its own, not those of tables below it, stand first.
void check_table(const Dump& dump, const std::string& name,
                 const std::map<std::string, Words>& columns) {
    const auto table = table_at(dump, name);
    const auto& described = dump.tables()[table].columns;
    for (std::size_t at = 0; at < described.size(); ++at) {
        const auto found = columns.find(described[at].name);
        if (found == columns.end()) continue;
        CAPTURE(name, described[at].name);
        const auto rows = must(try_rows(dump, table, {at}));
        REQUIRE(rows.size() >= found->second.size());
        for (std::size_t row = 0; row < found->second.size(); ++row) {
            CAPTURE(row);
            CHECK(rows[row][0] == found->second[row]);
        }
    }
}

}  // namespace

TEST_CASE("values read from a dump are those that the server shows", "[pgdump]") {
    const auto* file = GENERATE("types-copy.sql", "types-inserts.sql", "types-column-inserts.sql",
                                "types-rows-per-insert.sql", "types.dump", "types.tar");
    CAPTURE(file);
    const auto dump = sample(file);
    const auto expected = expected_values();
    CHECK(expected.size() == 9);
    for (const auto& [table, columns] : expected) check_table(*dump, table, columns);
}

TEST_CASE("tables are described as the dump declares them", "[pgdump]") {
    const auto dump = sample("types-copy.sql");
    const auto& table = [&](const char* name) -> const DumpTable& {
        return dump->tables()[table_at(*dump, name)];
    };
    CHECK(dump->tables().size() == 14);
    CHECK(columns_of(table("everything")) == Words{"id bigint!*",
                                                   "small bigint",
                                                   "whole bigint",
                                                   "ratio double precision",
                                                   "precise double precision",
                                                   "amount numeric",
                                                   "big numeric",
                                                   "flag boolean",
                                                   "words text",
                                                   "short text",
                                                   "padded text",
                                                   "ident text",
                                                   "uid text",
                                                   "feeling text",
                                                   "address text",
                                                   "document text",
                                                   "raw bytea",
                                                   "day date",
                                                   "clock time without time zone",
                                                   "zoned_clock text",
                                                   "moment timestamp without time zone",
                                                   "instant timestamp with time zone",
                                                   "span interval",
                                                   "js jsonb",
                                                   "jsb jsonb",
                                                   "counts bigint[]",
                                                   "names text[]",
                                                   "flags boolean[]",
                                                   "amounts numeric[]",
                                                   "instants timestamp with time zone[]",
                                                   "reals double precision[]",
                                                   "docs jsonb[]",
                                                   "age bigint",
                                                   "mail text",
                                                   "ages bigint[]",
                                                   "bits text",
                                                   "money_value text",
                                                   "shape text",
                                                   "boxes text",
                                                   "place text",
                                                   "many text[]"});
    CHECK(table("everything").columns[9].type_name == "character varying(20)");
    CHECK(table("everything").columns[21].type_name == "timestamp(3) with time zone");
    const auto& odd = table("weird; name -- not ( a comment");
    CHECK(odd.schema == "Odd \"schema\"");
    CHECK(columns_of(odd) ==
          Words{"select bigint!*", "Col;umn text", "ünï text!*", "a.b bigint[]", "tab\tname text"});
    CHECK(columns_of(table("computed")) ==
          Words{"a bigint", "twice bigint=", "id bigint!", "b text"});
    CHECK(columns_of(table("typed")) == Words{"x bigint!*", "y double precision", "Z z text"});
    CHECK(columns_of(table("capitals")) == Words{"name text!*", "people bigint", "country text!"});
    CHECK(table("no_columns").columns.empty());
}

TEST_CASE("a table has the rows of its partitions and of tables that inherit from it", "[pgdump]") {
    const auto* file = GENERATE("types-copy.sql", "types-inserts.sql", "types-root.sql");
    CAPTURE(file);
    const auto dump = sample(file);
    const auto measured = table_at(*dump, "measured");
    CHECK(dump->tables()[measured].rows == 4);
    auto rows = rows_of(*dump, measured);
    std::sort(rows.begin(), rows.end());
    CHECK(rows == Rows{{"2023-05-01", "Rome", "21.5"},
                       {"2024-05-01", "Rome", "22.0"},
                       {"2024-05-02", "Bern", "<NULL>"},
                       {"2030-01-01", "Oslo", "-8.5"}});
    const auto oslo = table_at(*dump, "measured_rest_oslo");
    CHECK(dump->tables()[oslo].parents == std::vector{table_at(*dump, "measured_rest")});
    if (std::string_view(file) == "types-root.sql") return;
    CHECK(rows_of(*dump, oslo) == Rows{{"2030-01-01", "Oslo", "-8.5"}});
    CHECK(rows_of(*dump, "measured_2024")[0] == Words{"22.0", "Rome", "2024-05-01"});
    CHECK(rows_of(*dump, "cities") == Rows{{"Lyon", "500000"}, {"Paris", "2000000"}});
    CHECK(rows_of(*dump, "capitals") == Rows{{"Paris", "2000000", "France"}});
}

TEST_CASE("JSON is kept as it is, whoever wrote it", "[pgdump]") {
    const auto dump = sample(GENERATE("types-copy.sql", "types-inserts.sql"));
    const auto table = table_at(*dump, "everything");
    const auto rows = must(try_rows(*dump, table, {23, 24, 31}));
    CHECK(rows[0][0] == R"({"a": [1.5, null], "b": 1})");
    CHECK_THAT(rows[0][1], Contains(R"("$bin": "x")"));
    CHECK_THAT(rows[3][0], Contains("é🎉") && Contains("1e+20") && Contains("1000"));
    CHECK(rows[2][0] == "null");
    CHECK(rows[2][1] == "[]");
    CHECK(rows[0][2] == R"({"{\"a\": 1}","\"x\"",NULL})");
}

TEST_CASE("rows without columns are counted without being read", "[pgdump]") {
    const auto dump = sample(GENERATE("types-copy.sql", "types-inserts.sql"));
    for (const auto& [name, count] : std::map<std::string, std::size_t>{
             {"everything", 7}, {"empty", 0}, {"no_columns", 2}, {"logged", 0}, {"measured", 4}}) {
        CAPTURE(name);
        const auto table = table_at(*dump, name);
        CHECK(dump->tables()[table].rows == count);
        CHECK(must(try_rows(*dump, table, {})).size() == count);
        CHECK(must(try_rows(*dump, table)).size() == count);
    }
}

TEST_CASE("a dump of data only has texts under the names that it gives", "[pgdump]") {
    const auto dump = sample("types-data-only.sql");
    const auto& table = dump->tables()[table_at(*dump, "cities")];
    CHECK_FALSE(table.declared);
    CHECK(columns_of(table) == Words{"name text", "people text"});
    CHECK(rows_of(*dump, "cities") == Rows{{"Lyon", "500000"}});
    const auto unnamed = dump_of("INSERT INTO a.t VALUES (1, f'x', 'y,(z'), (NULL, DEFAULT, 2);");
    CHECK(columns_of(unnamed->tables()[0]) ==
          Words{"column1 text", "column2 text", "column3 text"});
}

TEST_CASE("dumps of old versions are read: search paths, OIDs, escapes in plain strings",
          "[pgdump]") {
    const auto dump = sample("old.sql");
    const auto shared = table_at(*dump, "notes", "public"),
               own = table_at(*dump, "notes", "archive");
    CHECK_FALSE(dump->find("", "notes"));
    CHECK(rows_of(*dump, shared) == Rows{{"1", "with an oid"}});
    CHECK(columns_of(dump->tables()[own]) == Words{"id bigint!*", "body text", "raw bytea"});
    CHECK(rows_of(*dump, own) == Rows{{"2", "back\\slash, it's 'escaped'; é", "\\x00615c62"},
                                      {"3", "tab\there", "<NULL>"}});
}

TEST_CASE("a dump of a cluster keeps the databases apart", "[pgdump]") {
    const auto dump = sample("cluster.sql");
    Words found;
    for (const auto& table : dump->tables()) found.push_back(table.database + "." + table.name);
    CHECK(found == Words{"odd \"name's.shared", "odd \"name's.t", "second.shared"});
    CHECK(rows_of(*dump, 0) == Rows{{"odd"}});
    CHECK(rows_of(*dump, 2) == Rows{{"second"}});
}

TEST_CASE("rows may be read in parts that together have each once", "[pgdump]") {
    std::string text = "CREATE TABLE t (a integer, b text);\n";
    const bool inserts = GENERATE(false, true);
    if (!inserts) text += "COPY t (a, b) FROM stdin;\n";
    constexpr int kRows = 30'000;
    for (int i = 0; i < kRows; ++i) {
        const auto number = std::to_string(i);
        const auto value = std::string(static_cast<std::size_t>(i % 70), 'x');
        text += inserts ? "INSERT INTO t VALUES (" + number + ", '" + value + "');\n"
                        : number + '\t' + value + '\n';
    }
    if (!inserts) text += "\\.\n";
    const auto dump = dump_of(text);
    CHECK(dump->tables()[0].rows == kRows);
    for (const std::size_t parts : {1U, 2U, 3U, 7U, 50U}) {
        Rows all;
        for (std::size_t part = 0; part < parts; ++part) {
            const auto rows = must(try_rows(*dump, 0, {1, 0}, part, parts));
            if (parts < 4) CHECK(rows.size() > kRows / 8);
            CHECK(rows.size() == must(try_rows(*dump, 0, {}, part, parts)).size());
            all.insert(all.end(), rows.begin(), rows.end());
        }
        REQUIRE(all.size() == kRows);
        for (std::size_t i = 0; i < all.size(); ++i) {
            REQUIRE(all[i] == Words{std::string(i % 70, 'x'), std::to_string(i)});
        }
    }
}

TEST_CASE("what begins like a dump is taken for one", "[pgdump]") {
    using pgdump::looks_like_dump;
    for (const auto* head :
         {"--\n-- PostgreSQL", "\n\n-- x", "SET x = 1;", "COPY t FROM stdin;", "CREATE TABLE",
          "PGDMP\x01\x0e", "\\connect a", "\\restrict b", "\xef\xbb\xbf--", "INSERT INTO t"}) {
        CHECK(looks_like_dump(head));
    }
    for (const auto* head :
         {"", "  ", "{\"a\":1}", "key,value", "TGSNAP\r\n", "PGDM", "SETTER,x", "toc.dat", "-"}) {
        CHECK_FALSE(looks_like_dump(head));
    }
    CHECK(looks_like_dump(slurp(testdata("pgdump/types.tar")).substr(0, 512)));
}

TEST_CASE("without pg_restore the other formats say what is needed", "[pgdump]") {
    const std::string path = std::getenv("PATH");
    ::setenv("PATH", "/nonexistent", 1);
    const auto dump = Dump::open(testdata("pgdump/types.dump").string());
    ::setenv("PATH", path.c_str(), 1);
    REQUIRE_FALSE(dump);
    CHECK(dump.error().code() == Errc::usage);
    CHECK_THAT(dump.error().text(), Contains("pg_restore, which is not installed"));
}

TEST_CASE("a damaged archive shows what pg_restore says of it", "[pgdump]") {
    ScratchDir scratch;
    spit(scratch.file("x.dump"), slurp(testdata("pgdump/types.dump")).substr(0, 2000));
    const auto dump = Dump::open(scratch.file("x.dump"));
    REQUIRE_FALSE(dump);
    CHECK(dump.error().code() == Errc::bad_input);
    CHECK_THAT(dump.error().text(), Contains("pg_restore failed: pg_restore: error"));
}

TEST_CASE("a dump that is not there is not found", "[pgdump]") {
    const auto dump = Dump::open("/nonexistent/a.sql");
    REQUIRE_FALSE(dump);
    CHECK(dump.error().code() == Errc::not_found);
}
