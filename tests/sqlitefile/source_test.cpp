// SPDX-License-Identifier: Apache-2.0
// The file as a source of commands.
#include "sqlite_support.hpp"
#include "topgun_test/process.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

ProcessResult cli(std::vector<std::string> arguments, const std::string& input = {}) {
    ProcessOptions options;
    options.arguments = std::move(arguments);
    options.input = input;
    return run_process(TOPGUN_CLI, options);
}

const std::string kRows = insert_into() + R"(
    ('todos', 'a', '{"title":"milk","n":1}', 1700000000000, 0, 'n1', 0),
    ('todos', 'b', NULL, 1700000000001, 2, 'n2', 1),
    ('tags', 'x', '{"type":"OR","records":[{"value":1,"tag":"1700000000000:0:n1",
        "timestamp":{"millis":1700000000000,"counter":0,"nodeId":"n1"}}]}', 0, 0, '__ORMAP__', 0),
    ('tags', '__tombstones__', '{"type":"OR_TOMBSTONES","tags":["1:0:n"]}', 0, 0, '__ORMAP__', 0))";

}  // namespace

TEST_CASE("commands read the file by its content, whatever it is called", "[sqlitefile]") {
    const ScratchDir dir;
    const auto path = make_file(dir, kRows, "backup");
    const auto overview = cli({"inspect", path, "--json"});
    CHECK(overview.status == 0);
    CHECK_THAT(overview.out, Catch::Contains(R"("format": "sqlite")"));
    CHECK(cli({"convert", path, dir.file("a.tgs")}).status == 0);
    CHECK(cli({"diff", path, dir.file("a.tgs"), "--deep"}).status == 0);
    CHECK(cli({"merge", path, "-o", dir.file("b.tgs")}).status == 0);
    CHECK(slurp(dir.file("a.tgs")) == slurp(dir.file("b.tgs")));
    const auto rows = cli({"sql", path, "-c", "SELECT title FROM todos"});
    CHECK_THAT(rows.out, Catch::Contains("milk"));
    CHECK(cli({"convert", "-", "-", "--to", "ndjson"}, slurp(path)).out ==
          cli({"convert", path, "-", "--to", "ndjson", "--format", "sqlite"}).out);
    CHECK(cli({"convert", dir.file("a.tgs"), dir.file("new.db")}).status == 2);
}

TEST_CASE("what a server that runs has committed is read", "[sqlitefile]") {
    const ScratchDir dir;
    const auto path = make_file(dir, kRows);
    const SqliteWriter writer(path, insert_into() +
                                        "('todos','c','1',1700000000002,0,'n1',0);"
                                        "BEGIN IMMEDIATE; DELETE FROM topgun_maps");
    const auto before = picture_of(dir);
    const auto out = cli({"convert", path, "-", "--to", "ndjson"});
    CHECK(out.err == "");
    CHECK(std::count(out.out.begin(), out.out.end(), '\n') == 5);
    CHECK(picture_of(dir) == before);
}

TEST_CASE("a table is named behind the hash sign", "[sqlitefile]") {
    const ScratchDir dir;
    const auto path = dir.file("topgun.db");
    const SqliteWriter writer(path, table_ddl() + table_ddl("app_maps") + insert_into("app_maps") +
                                        "('m','k','1',5,0,'n',0)");
    CHECK(cli({"convert", path, "-", "--to", "ndjson"}).out == "");
    CHECK_THAT(cli({"convert", path + "#app_maps", "-", "--to", "ndjson"}).out,
               Catch::Contains(R"("key":"k")"));
    const auto wrong = cli({"inspect", path + "#none"});
    CHECK(wrong.status == 5);
    CHECK_THAT(wrong.err, Catch::Contains("these do: app_maps, topgun_maps"));
    // A file of just that name comes first.
    spit(path + "#app_maps", "{\"map\":\"m\",\"key\":\"other\",\"value\":1,\"ts\":\"1:0:n\"}\n");
    CHECK_THAT(cli({"convert", path + "#app_maps", "-", "--to", "ndjson"}).out,
               Catch::Contains("other"));
    CHECK_THAT(cli({"inspect", dir.file("none.db#x")}).err, Catch::Contains("none.db#x"));
}

TEST_CASE("damaged rows and files end with the status that says so", "[sqlitefile]") {
    const ScratchDir dir;
    const auto path = make_file(dir, kRows + ",('todos','bad',x'00',5,0,'n',0)");
    const auto strict = cli({"inspect", path});
    CHECK(strict.status == 3);
    CHECK_THAT(strict.err, Catch::Contains("table topgun_maps: map todos, key bad: value is no"));
    CHECK(cli({"inspect", path, "--salvage"}).status == 4);
    std::filesystem::resize_file(path, 9000);
    const auto cut = cli({"inspect", path});
    CHECK(cut.status == 3);
    CHECK_THAT(cut.err, Catch::Contains(path + ": "));
    const SqliteWriter other(dir.file("other.db"), "CREATE TABLE t (n)");
    CHECK(cli({"inspect", dir.file("other.db")}).status == 5);
}
