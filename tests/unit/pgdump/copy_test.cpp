// SPDX-License-Identifier: Apache-2.0
// Any table written as COPY or as INSERT is read back equal.
#include "pgdump_support.hpp"
#include "topgun/base/random.hpp"
#include "topgun_test/values.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

// PostgreSQL's texts have no NUL.
std::string random_words(Random& rng) {
    auto text = random_text(rng);
    std::erase(text, '\0');
    constexpr std::string_view kOdd = "\\\t\n\r'\".N\b";
    for (auto extra = rng.below(4); extra > 0; --extra) {
        text.insert(0, 1, kOdd[static_cast<std::size_t>(rng.below(kOdd.size()))]);
    }
    return text;
}

// As COPY writes it; some characters in ways that it only reads.
std::string copy_text(const std::string& text, Random& rng) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '\\': out += "\\\\"; break;
            case '\t': out += "\\t"; break;
            case '\n': out += rng.below(2) == 0 ? "\\n" : "\\012"; break;
            case '\r': out += rng.below(2) == 0 ? "\\r" : "\\x0d"; break;
            case '\b': out += "\\b"; break;
            default: out += c; break;
        }
    }
    return out;
}

std::string quoted(const std::string& text, bool escapes) {
    std::string out = escapes ? "E'" : "'";
    for (const char c : text) {
        if (c == '\'') out += '\'';
        if (c == '\\' && escapes) out += '\\';
        out += c;
    }
    return out + "'";
}

}  // namespace

TEST_CASE("random texts come back from COPY and INSERT as they were", "[pgdump][property]") {
    const auto seed = test::seed(20261122);
    CAPTURE(seed);
    Random rng(seed);
    for (int round = 0; round < 40; ++round) {
        const auto width = static_cast<std::size_t>(rng.below(5)) + 1;
        const auto count = static_cast<std::size_t>(rng.below(300)) + 1;
        std::string declared = "CREATE TABLE t (", copy = "COPY t FROM stdin;\n", insert;
        for (std::size_t i = 0; i < width; ++i) {
            declared += (i == 0 ? "c" : ", c") + std::to_string(i) + " text";
        }
        Rows rows(count);
        for (auto& row : rows) {
            insert += "INSERT INTO t VALUES (";
            for (std::size_t i = 0; i < width; ++i) {
                const bool null = rng.below(5) == 0;
                row.push_back(null ? "<NULL>" : random_words(rng));
                copy += (i == 0 ? "" : "\t") + (null ? "\\N" : copy_text(row[i], rng));
                insert +=
                    (i == 0 ? "" : ", ") + (null ? "NULL" : quoted(row[i], rng.below(2) == 0));
            }
            copy += '\n';
            insert += ");\n";
        }
        declared += ");\n";
        REQUIRE(rows_of(*dump_of(declared + copy + "\\.\n"), "t") == rows);
        REQUIRE(rows_of(*dump_of(declared + insert), "t") == rows);
    }
}

TEST_CASE("lines may end in CR LF, and the last line of a file may lack its end", "[pgdump]") {
    const auto dump = dump_of(
        "CREATE TABLE t (a text, b text);\r\nCOPY t (a, b) FROM stdin;\r\n"
        "x\ty\r\n\\N\t\r\n\\.");
    CHECK(rows_of(*dump, "t") == Rows{{"x", "y"}, {"<NULL>", ""}});
}

TEST_CASE("columns of rows go by their names, whatever their order", "[pgdump]") {
    const auto dump = dump_of(
        "CREATE TABLE t (a integer, b text, c boolean);\n"
        "COPY t (c, a) FROM stdin;\nt\t1\n\\.\n"
        "INSERT INTO t (b, c) VALUES ('x', false), ('y', NULL) ON CONFLICT DO NOTHING;\n"
        "INSERT INTO t DEFAULT VALUES;\nINSERT INTO t VALUES (-5, B'01', true)\n;\n"
        "INSERT INTO t VALUES ('7'::integer, 'z'::pg_catalog.text, DEFAULT);\n");
    CHECK(rows_of(*dump, "t") == Rows{{"1", "<NULL>", "true"},
                                      {"<NULL>", "x", "false"},
                                      {"<NULL>", "y", "<NULL>"},
                                      {"<NULL>", "<NULL>", "<NULL>"},
                                      {"-5", "01", "true"},
                                      {"7", "z", "<NULL>"}});
}

TEST_CASE("rows longer than what is read at once are whole", "[pgdump]") {
    const std::string big(3'000'000, 'x'), mark(1'200'000, '\'');
    std::string copy = "CREATE TABLE t (a text, b integer);\nCOPY t (a, b) FROM stdin;\n";
    std::string insert = "INSERT INTO t VALUES ('" + big + "', 4), ('" + mark + mark + "', 5);\n";
    for (int i = 0; i < 3; ++i) copy += big + '\t' + std::to_string(i) + '\n';
    const auto dump = dump_of(copy + "\\.\n" + insert + insert);
    const auto rows = rows_of(*dump, "t");
    REQUIRE(rows.size() == 7);
    CHECK(rows[2] == std::vector<std::string>{big, "2"});
    CHECK(rows[3] == std::vector<std::string>{big, "4"});
    CHECK(rows[6] == std::vector<std::string>{mark, "5"});
}

TEST_CASE("statements that only look like rows bring none", "[pgdump]") {
    const auto dump = dump_of(
        "CREATE TABLE t (a text);\n"
        "/* INSERT INTO t VALUES ('no'); /* nested */ */\n"
        "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $_$ INSERT INTO t VALUES ('no'); $_$;\n"
        "create or replace procedure p() begin atomic insert into t values ('no'); end;\n"
        "CREATE RULE r AS ON INSERT TO t DO INSTEAD (INSERT INTO t VALUES ('no'); SELECT 1);\n"
        "COMMENT ON TABLE t IS 'INSERT INTO t VALUES (1);\n';\n"
        "CREATE TABLE \"x;\nCOPY t FROM stdin;\" (a text DEFAULT E'it\\'s;');\n"
        "INSERT INTO t VALUES ('yes');");
    CHECK(rows_of(*dump, "t") == Rows{{"yes"}});
    CHECK(dump->tables().size() == 2);
}
