// SPDX-License-Identifier: Apache-2.0
// What pg_dump writes of a database reads as the database itself, in each of its forms.
#include <algorithm>
#include <sstream>

#include "topgun_test/process.hpp"
#include "world.hpp"

namespace topgun::test {
namespace {

ProcessResult run(const std::string& program, std::vector<std::string> arguments) {
    ProcessOptions options;
    options.arguments = std::move(arguments);
    return run_process(program, options);
}

std::string ndjson(const std::string& source) {
    const auto out = run(TOPGUN_CLI, {"convert", source, "-", "--to", "ndjson"});
    INFO(out.err);
    CHECK(out.status == 0);
    return out.out;
}

std::vector<std::string> sorted(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    std::sort(lines.begin(), lines.end());
    return lines;
}

std::string dump(const std::string& database, const std::string& file,
                 std::vector<std::string> how) {
    how.push_back("--file=" + file);
    how.push_back(postgres().url(database));
    const auto out = run(TOPGUN_PG_DUMP, std::move(how));
    INFO(out.err);
    REQUIRE(out.status == 0);
    return file;
}

// What an INSERT, a COPY and JSON each have to escape.
const std::string kOddJsonb =
    R"(INSERT INTO topgun_maps VALUES
       ('todos', 'a', '{"title":"it''s \"milk\" \\ more","n":1.5,"deep":[null,{"x":[]}]}',
        1700000000000, 3, 'n1', false),
       ('todos', E'tab\tline\nback\\slash''s; --', '"\u00e9\ud83d\ude00\n"', 1700000000001, 0,
        'n2', false),
       ('todos', '', NULL, 1700000000002, 0, 'n2', true),
       ('todos', '\N', 'null', 1700000000002, 0, 'n2', NULL),
       ('it''s "odd"', 'k', '12345678901234567890', 1, 2147483647, '', false),
       ('tags', 'x', '{"type":"OR","records":[{"value":{"a":1},"tag":"1700000000000:0:n1",
          "timestamp":{"millis":1700000000000,"counter":0,"nodeId":"n1"},"ttlMs":5000}]}',
        0, 0, '__ORMAP__', false),
       ('tags', '__tombstones__', '{"type":"OR_TOMBSTONES","tags":["1:0:n"]}',
        0, 0, '__ORMAP__', false);)";

// Stamp 1700000000000:3:node-b (storage reference 7.5).
const std::string kStamp =
    "83a66d696c6c6973cf0000018bcfe56800a7636f756e74657203a66e6f64654964a66e6f64652d62";

std::string bytea_row(const std::string& map, const std::string& key, const std::string& hex) {
    return "INSERT INTO topgun_maps VALUES ('" + map + "', " + key + ", '\\x" + hex +
           "', 0, false, 1, 1);";
}

std::string odd_bytea() {
    const auto lww = [](const std::string& value) {
        return "81a36c777782a576616c7565" + value + "a974696d657374616d70" + kStamp;
    };
    return bytea_row("todos", "'a'", lww("81a3496e742a")) +
           bytea_row("todos", R"(E'tab\tline\nback\\slash''s; --')",
                     lww("81a5427974657394007fcc80ccff")) +
           bytea_row("todos", "''", lww("a44e756c6c")) +
           bytea_row("tags", "'x'",
                     "81a56f724d617082a77265636f7264739183a576616c756581a3496e7407a3746167b2313730"
                     "303030303030303030303a303a6e31a974696d657374616d7083a66d696c6c6973cf0000018b"
                     "cfe56800a7636f756e74657200a66e6f64654964a26e31aa746f6d6273746f6e657391b23136"
                     "39393939393939393939393a343a6e32");
}

using Form = std::vector<std::string>;

}  // namespace

TEST_CASE("each form of a dump reads as the database, of both generations", "[pg][dump]") {
    for (const bool jsonb : {true, false}) {
        const auto name = must(postgres().make_database());
        must(connect(name)->run(jsonb ? kJsonbTable + kOddJsonb : kByteaTable + odd_bytea()));
        const auto expected = ndjson(postgres().url(name));
        REQUIRE(std::count(expected.begin(), expected.end(), '\n') > 3);
        const std::vector<Form> forms = {
            {},
            {"--inserts"},
            {"--column-inserts"},
            {"--inserts", "--rows-per-insert=3"},
            {"--data-only"},
            {"--data-only", "--column-inserts"},
            {"--clean", "--if-exists", "--create"},
            {"--table=topgun_maps", "--no-owner", "--quote-all-identifiers"},
            {"--format=custom"},
            {"--format=custom", "--compress=0"},
            {"--format=custom", "--compress=9"},
            {"--format=custom", "--inserts"},
            {"--format=tar"},
            {"--format=directory"},
            {"--format=directory", "--jobs=2", "--compress=0"}};
        for (const auto& form : forms) {
            const ScratchDir dir;
            CAPTURE(jsonb, form);
            CHECK(ndjson(dump(name, dir.file("backup.dump"), form)) == expected);
        }
        const ScratchDir dir;
        const auto file = dump(name, dir.file("backup"), {"--format=custom"});
        CHECK(run(TOPGUN_CLI, {"inspect", file}).status == 0);
        CHECK(run(TOPGUN_CLI, {"diff", file, postgres().url(name), "--deep"}).status == 0);
        CHECK(run(TOPGUN_CLI, {"inspect", "--verify", file}).status == 0);
    }
}

TEST_CASE("of several tables in a dump one can be named", "[pg][dump]") {
    const auto name = must(postgres().make_database());
    must(connect(name)->run("CREATE SCHEMA shop; SET search_path = shop; " + kByteaTable +
                            odd_bytea() +
                            "ALTER TABLE shop.topgun_maps RENAME TO app_maps;"
                            "SET search_path = public; CREATE TABLE other (n int);" +
                            kJsonbTable + kOddJsonb));
    for (const auto& form : {Form{}, Form{"--inserts"}, Form{"--format=directory"}}) {
        const ScratchDir dir;
        CAPTURE(form);
        const auto file = dump(name, dir.file("backup"), form);
        CHECK(ndjson(file + "#shop.app_maps") == ndjson(postgres().url(name) + "#shop.app_maps"));
        CHECK(ndjson(file + "#app_maps") == ndjson(postgres().url(name) + "#shop.app_maps"));
        CHECK(ndjson(file + "#topgun_maps") == ndjson(postgres().url(name)));
        const auto wrong = run(TOPGUN_CLI, {"inspect", file + "#other"});
        CHECK(wrong.status == 5);
        CHECK_THAT(wrong.err, Catch::Contains("public.topgun_maps, shop.app_maps") ||
                                  Catch::Contains("shop.app_maps, public.topgun_maps"));
    }
}

TEST_CASE("a dump without tables of maps, or cut short, is refused with its name", "[pg][dump]") {
    const auto name = must(postgres().make_database());
    must(connect(name)->run("CREATE TABLE other (map_name text, key text, value jsonb)"));
    const ScratchDir dir;
    const auto none = run(TOPGUN_CLI, {"inspect", dump(name, dir.file("none.dump"), {"-Fc"})});
    CHECK(none.status == 5);
    CHECK_THAT(none.err, Catch::Contains("none.dump: the dump has no table of TopGun's"));
    must(connect(name)->run(kJsonbTable + kOddJsonb));
    // Without names of columns, and without the table that would have them.
    const auto unnamed =
        dump(name, dir.file("unnamed.sql"), {"--data-only", "--inserts", "-t", "topgun_maps"});
    const auto refused = run(TOPGUN_CLI, {"inspect", unnamed});
    CHECK(refused.status != 0);
    CHECK_THAT(refused.err, Catch::Contains("unnamed.sql: "));
    for (const auto* form : {"--format=custom", "--format=plain"}) {
        CAPTURE(form);
        const auto file = dump(name, dir.file("cut.dump"), {form});
        std::filesystem::resize_file(file, std::filesystem::file_size(file) * 2 / 3);
        const auto cut = run(TOPGUN_CLI, {"inspect", file});
        CHECK(cut.status == 3);
        CHECK_THAT(cut.err, Catch::Contains("cut.dump: "));
    }
}

TEST_CASE("a tar dump that is cut short anywhere is refused as damaged", "[pg][dump]") {
    const auto name = must(postgres().make_database());
    must(connect(name)->run(
        kJsonbTable +
        "INSERT INTO topgun_maps SELECT 'm', 'k' || n, '1', 1700000000000, 0, 'n', false"
        " FROM generate_series(1, 500) n"));
    const ScratchDir dir;
    const auto file = dump(name, dir.file("cut.tar"), {"--format=tar"});
    const auto size = std::filesystem::file_size(file);
    // From the end: its mark, the last member, and the rows themselves in the middle.
    for (const auto kept : {size - 1, size - 512, size - 1024, size - 4096, size * 2 / 3, size / 2,
                            size / 3, size / 512 / 2 * 512, std::uintmax_t{2048}}) {
        CAPTURE(size, kept);
        REQUIRE(kept < std::filesystem::file_size(file));
        const auto copy = dir.file("copy.tar");
        std::filesystem::copy_file(file, copy, std::filesystem::copy_options::overwrite_existing);
        std::filesystem::resize_file(copy, kept);
        const auto cut = run(TOPGUN_CLI, {"inspect", copy});
        CHECK(cut.status == 3);
        CHECK_THAT(cut.err, Catch::Contains("copy.tar: ") && Catch::Contains("cut short"));
    }
    CHECK(run(TOPGUN_CLI, {"inspect", file}).status == 0);
}

TEST_CASE("a dump of a table and the one beside it reads as the database", "[pg][dump]") {
    const auto* kind = GENERATE("rust", "typescript");
    const ScratchDir dir;
    const auto source = dir.file("made.tgs");
    REQUIRE(cli({"generate", "-o", source, "--seed", "5", "--records", "300", "--map", "users",
                 "--map", "todos:or", "--map", "visits:counter", "--values", "mixed"})
                .status == 0);
    const auto name = must(postgres().make_database());
    REQUIRE(cli({"pg", "import", source, postgres().url(name), "--create", kind}).status == 0);
    for (const auto& form : {Form{}, Form{"--inserts"}, Form{"--format=custom"}}) {
        CAPTURE(kind, form);
        const auto file = dump(name, dir.file("backup"), form);
        CHECK(sorted(ndjson(file)) == sorted(ndjson(postgres().url(name))));
        CHECK(cli({"diff", "--deep", file, source}).status == 0);
    }
}

}  // namespace topgun::test
