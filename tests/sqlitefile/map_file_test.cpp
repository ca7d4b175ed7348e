// SPDX-License-Identifier: Apache-2.0
// What rows say, the ordinary ones and those that SQLite keeps although they fit no column.
#include "sqlite_support.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

std::string read_row(const std::string& row) {
    const ScratchDir dir;
    const auto lines = read_lines(make_file(dir, insert_into() + row));
    std::string out;
    for (const auto& line : lines) out += line;
    return out;
}

}  // namespace

TEST_CASE("records, tombstones and sets are read as the server meant them", "[sqlitefile]") {
    const ScratchDir dir;
    const auto path = make_file(dir, insert_into() + R"(
        ('todos', 'a', '{"title":"milk","n":1.5}', 1700000000000, 3, 'n1', 0),
        ('todos', 'b', 'null', 1700000000001, 2, 'n2', 1),
        ('tags', 'x', '{"type":"OR","records":[
            {"value":1,"tag":"5:0:n","timestamp":{"millis":5,"counter":0,"nodeId":"n"}},
            {"value":"t","tag":"6:1:n","timestamp":{"millis":6,"counter":1,"nodeId":"n"},
             "ttlMs":7000}]}', 0, 0, '__ORMAP__', 0),
        ('tags', 'gone', '{"type":"OR","records":[]}', 0, 0, '__ORMAP__', 0),
        ('tags', '__tombstones__', '{"type":"OR_TOMBSTONES","tags":["1:0:n","2:0:n"]}', 0, 0,
         '__ORMAP__', 0))");
    const auto read = must(try_read(path));
    CHECK(read.report.rows == 5);
    CHECK(read.report.skipped == 1);
    const std::vector<std::string> expected = {
        R"({"map":"tags","kind":"or","key":"x","value":"t","ts":"6:1:n","ttlMs":7000})",
        R"({"map":"tags","kind":"or","key":"x","value":1,"ts":"5:0:n"})",
        R"({"map":"tags","kind":"or","removedTag":"1:0:n"})",
        R"({"map":"tags","kind":"or","removedTag":"2:0:n"})",
        R"({"map":"todos","kind":"lww","key":"a","value":{"n":1.5,"title":"milk"},)"
        R"("ts":"1700000000000:3:n1"})",
        R"({"map":"todos","kind":"lww","key":"b","deleted":true,"ts":"1700000000001:2:n2"})"};
    REQUIRE(read.lines.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) CHECK(read.lines[i] == expected[i] + "\n");
}

TEST_CASE("the flag of a deletion outweighs the value, and no value is one, too", "[sqlitefile]") {
    for (const auto* row :
         {"('m','k','1',5,0,'n',1)", "('m','k',NULL,5,0,'n',0)", "('m','k','null',5,0,'n',0)",
          "('m','k',NULL,5,0,'n',NULL)", "('m','k','1',5,0,'n',7)"}) {
        CAPTURE(row);
        CHECK(read_row(row) ==
              "{\"map\":\"m\",\"kind\":\"lww\",\"key\":\"k\",\"deleted\":true,\"ts\":\"5:0:n\"}\n");
    }
}

TEST_CASE("odd values and names arrive unchanged", "[sqlitefile]") {
    const auto value = [](const std::string& json) {
        return read_row("('m','k','" + json + "',5,0,'n',0)");
    };
    CHECK_THAT(value("9007199254740993"), Catch::Contains(R"("$int":"9007199254740993")"));
    CHECK_THAT(value(R"("naïve 😀")"), Catch::Contains(R"("value":"naïve 😀")"));
    CHECK_THAT(value(R"({"0":1,"1":255})"), Catch::Contains(R"({"0":1,"1":255})"));
    CHECK_THAT(value(R"({"$bin":"x"})"), Catch::Contains("$bin"));
    CHECK_THAT(value("{}"), Catch::Contains(R"("value":{})"));
    CHECK_THAT(read_row("('it''s', '', '1', 5, 0, '', 0)"),
               Catch::Contains(R"("map":"it's")") && Catch::Contains(R"("key":"")"));
    CHECK_THAT(read_row("('m', 'a' || char(0) || 'b', '1', 5, 0, 'n', 0)"),
               Catch::Contains("a\\u0000b"));
    // Numbers are turned into the text of their column, as the server itself reads them.
    CHECK_THAT(read_row("(1, 2, 3, '4', 5.0, 6, 0)"),
               Catch::Contains(R"("map":"1")") && Catch::Contains(R"("value":3,"ts":"4:5:6")"));
}

TEST_CASE("a row of other types than its columns' is named, and passed over on request",
          "[sqlitefile]") {
    const struct {
        const char *row, *why;
    } hostile[] = {
        {"(x'6d', 'k', '1', 5, 0, 'n', 0)", "map_name is no text"},
        {"('m', x'6b', '1', 5, 0, 'n', 0)", "key is no text"},
        {"('m', 'k', x'31', 5, 0, 'n', 0)", "value is no text"},
        {"('m', 'k', '1', 'soon', 0, 'n', 0)", "ts_millis is no whole number in range"},
        {"('m', 'k', '1', 1.5, 0, 'n', 0)", "ts_millis is no whole number in range"},
        {"('m', 'k', '1', -5, 0, 'n', 0)", "ts_millis is no whole number in range"},
        {"('m', 'k', '1', 9223372036854775807, 0, 'n', 0)", "ts_millis is no whole number in"},
        {"('m', 'k', '1', 5, 4294967296, 'n', 0)", "ts_counter is no whole number in range"},
        {"('m', 'k', '1', 5, x'00', 'n', 0)", "ts_counter is no whole number in range"},
        {"('m', 'k', '1', 5, 0, x'6e', 0)", "ts_node_id is no text"},
        {"('m', 'k', '1', 5, 0, 'n', 'yes')", "is_deleted is no flag"},
        {"('m', CAST(x'ff' AS TEXT), '1', 5, 0, 'n', 0)", "key is not UTF-8"},
        {"('m', 'k', CAST(x'22ff22' AS TEXT), 5, 0, 'n', 0)", "UTF-8"},
        {"('m', 'k', 'undefined', 5, 0, 'n', 0)", "value: line 1, column 1"},
        {"('m', 'k', '', 5, 0, 'n', 0)", "value: "},
        {"('m', 'k', '1e400', 5, 0, 'n', 0)", "does not fit into a double"},
        {"('m', 'k', '[]', 0, 0, '__ORMAP__', 0)", "value is no object"},
        {"('m', 'k', '{\"type\":\"SET\"}', 0, 0, '__ORMAP__', 0)", "value is of no known type"},
        {"('m', 'k', '{\"type\":\"OR\",\"records\":[{\"value\":1}]}', 0, 0, '__ORMAP__', 0)",
         "tag is no text"},
    };
    for (const auto& [row, why] : hostile) {
        CAPTURE(row);
        const ScratchDir dir;
        const auto path = make_file(dir, insert_into() + "('m','sound','1',5,0,'n',0), " + row);
        const auto error = refusal(path);
        CHECK(error.code() == Errc::bad_input);
        CHECK_THAT(error.text(),
                   Catch::StartsWith(path + ": table topgun_maps: map ") && Catch::Contains(why));
        sqlitefile::MapFileOptions salvage;
        salvage.keep_going = true;
        const auto read = must(try_read(path, salvage));
        CHECK(read.lines.size() == 1);
        REQUIRE(read.report.damage.size() == 1);
        CHECK_THAT(read.report.damage[0], Catch::Contains(why));
    }
}

TEST_CASE("a deeply nested value is refused, not followed", "[sqlitefile]") {
    const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
    const ScratchDir dir;
    CHECK(refusal(make_file(dir, insert_into() + "('m','k','" + deep + "',5,0,'n',0)")).code() ==
          Errc::limit);
}

TEST_CASE("a file with texts in UTF-16 is read alike", "[sqlitefile]") {
    const ScratchDir dir;
    const SqliteWriter writer(dir.file("u.db"), "PRAGMA encoding = 'UTF-16le';" + table_ddl() +
                                                    insert_into() + "('m','é','\"😀\"',5,0,'n',0)");
    const auto lines = read_lines(dir.file("u.db"));
    REQUIRE(lines.size() == 1);
    CHECK_THAT(lines[0], Catch::Contains(R"("key":"é","value":"😀")"));
}

TEST_CASE("the table is told by its columns, its usual name, or the name that is asked for",
          "[sqlitefile]") {
    const ScratchDir dir;
    const auto named = [](const char* table) {
        sqlitefile::MapFileOptions options;
        options.table = table;
        return options;
    };
    const auto path = dir.file("apps.db");
    SqliteWriter writer(path,
                        "CREATE TABLE other (map_name, key); CREATE VIEW topgun_maps AS "
                        "SELECT * FROM other;");
    const auto none = refusal(path);
    CHECK(none.code() == Errc::not_found);
    CHECK(none.text() == path +
                             ": there is no table topgun_maps that holds maps; no table of "
                             "this file does");
    writer.run(table_ddl("one") + insert_into("one") + "('m','k','1',5,0,'n',0)");
    CHECK(read_lines(path).size() == 1);
    writer.run("CREATE TABLE \"it's \"\"two\"\"\" AS SELECT * FROM one");
    const auto several = refusal(path);
    CHECK(several.code() == Errc::usage);
    CHECK_THAT(several.text(), Catch::EndsWith("several tables hold maps: it's \"two\", one; "
                                               "name one behind '#'"));
    CHECK(read_lines(path, named("one")).size() == 1);
    CHECK(read_lines(path, named("it's \"two\"")).size() == 1);
    const auto wrong = refusal(path, named("other"));
    CHECK(wrong.code() == Errc::not_found);
    CHECK_THAT(wrong.text(), Catch::Contains("these do: it's \"two\", one"));
}

TEST_CASE("one map alone is read when one is asked for", "[sqlitefile]") {
    const ScratchDir dir;
    const auto path = make_file(dir, insert_into() +
                                         "('a','k','1',5,0,'n',0),"
                                         "('it''s','k','2',5,0,'n',0),"
                                         "('c','k','3',5,0,'n',0)");
    sqlitefile::MapFileOptions options;
    options.maps = {"it's", "c", "none"};
    CHECK(read_lines(path, options).size() == 2);
}

TEST_CASE("what is no such file is refused with its name", "[sqlitefile]") {
    const ScratchDir dir;
    CHECK(refusal(dir.file("none.db")).code() == Errc::not_found);
    spit(dir.file("text.db"), std::string(5000, 'x'));
    const auto text = refusal(dir.file("text.db"));
    CHECK(text.code() == Errc::bad_input);
    CHECK(text.text() == dir.file("text.db") + ": is no SQLite file");
    spit(dir.file("empty.db"), "");
    CHECK(refusal(dir.file("empty.db")).code() == Errc::not_found);
}

TEST_CASE("a file that is cut off is an error, or what is left of it", "[sqlitefile]") {
    const ScratchDir dir;
    std::string rows = insert_into() + "('m','k0','0',5,0,'n',0)";
    for (int i = 1; i < 2000; ++i) rows += ",('m','k" + std::to_string(i) + "','1',5,0,'n',0)";
    const auto path = make_file(dir, rows);
    const auto whole = std::filesystem::file_size(path);
    std::filesystem::resize_file(path, whole / 2);
    const auto error = refusal(path);
    CHECK(error.code() == Errc::bad_input);
    CHECK_THAT(error.text(), Catch::StartsWith(path + ": ") && Catch::Contains("malformed"));
    sqlitefile::MapFileOptions salvage;
    salvage.keep_going = true;
    const auto read = must(try_read(path, salvage));
    CHECK(read.lines.size() > 100);
    CHECK(read.lines.size() < 2000);
    REQUIRE(read.report.damage.size() == 1);
    CHECK_THAT(read.report.damage[0], Catch::StartsWith(path + ": table topgun_maps: after ") &&
                                          Catch::Contains("malformed"));
    std::vector<std::string> damage;
    must(sqlitefile::check_file(path, path, damage));
    CHECK_FALSE(damage.empty());
    // Shorter than its first page.
    std::filesystem::resize_file(path, 60);
    CHECK(refusal(path).code() == Errc::bad_input);
}

// Goal:   no byte that is wrong brings the reader down or passes for a system's fault.
// Method: bytes of a file are inverted one after the other; reading and checking end with rows or
//         with an error of the input.
TEST_CASE("any damaged byte is read past or refused", "[sqlitefile][property]") {
    const ScratchDir dir;
    const auto path = make_file(dir, insert_into() + "('m','k','\"text\"',5,0,'n',0)");
    const auto bytes = slurp(path);
    for (std::size_t at = 0; at < bytes.size(); at += at < 200 ? 1 : 37) {
        CAPTURE(at);
        auto damaged = bytes;
        damaged[at] = static_cast<char>(~damaged[at]);
        spit(path, damaged);
        const auto read = try_read(path);
        if (!read) {
            const auto code = read.error().code();
            CHECK((code == Errc::bad_input || code == Errc::not_found));
        }
        std::vector<std::string> damage;
        (void)sqlitefile::check_file(path, path, damage);
    }
}

TEST_CASE("SQLite's own check finds what reading rows does not", "[sqlitefile]") {
    const ScratchDir dir;
    const auto path = make_file(dir, insert_into() + "('m','k','1',5,0,'n',0)");
    std::vector<std::string> damage;
    must(sqlitefile::check_file(path, "the file", damage));
    CHECK(damage.empty());
    {
        SqliteWriter writer(path, "PRAGMA writable_schema = on");
        writer.run(
            "UPDATE sqlite_schema SET sql = replace(sql, 'updated_at)', 'key)') "
            "WHERE name = 'idx_topgun_maps_updated'");
    }
    CHECK(read_lines(path).size() == 1);
    must(sqlitefile::check_file(path, "the file", damage));
    REQUIRE_FALSE(damage.empty());
    CHECK_THAT(damage[0],
               Catch::StartsWith("the file: ") && Catch::Contains("idx_topgun_maps_updated"));
}
