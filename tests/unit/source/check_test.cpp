// SPDX-License-Identifier: Apache-2.0
// Checks that go beyond what a state needs: redb's own tables, a server's log, its indexes.
#include "topgun/source/check.hpp"

#include <filesystem>

#include "source_support.hpp"
#include "topgun/redb/database.hpp"
#include "topgun_test/runs.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

SourceCheck checked(const std::string& path) {
    return must(check_source(path, {}));
}

Lines findings(const std::string& path) {
    Lines out;
    for (const auto& finding : checked(path).findings) {
        out.push_back(std::string(serverfiles::finding_name(finding.kind)) + " " +
                      std::filesystem::path(finding.file).filename().string() + ": " +
                      finding.what);
    }
    return out;
}

void plant_server(const ScratchDir& dir) {
    spit(dir.file("topgun.redb"), unpack_runs(testdata("serverfiles/killed/topgun.redb.runs")));
    std::filesystem::copy(testdata("serverfiles/killed/topgun-wal"), dir.file("topgun-wal"));
}

std::string index_on(const std::string& map, const std::string& attribute) {
    return R"([{"mapName":")" + map + R"(","attribute":")" + attribute + R"("}])";
}

}  // namespace

TEST_CASE("nothing is found in what a killed server left, and how much is unflushed is said",
          "[source]") {
    const ScratchDir dir;
    plant_server(dir);
    for (const auto& path :
         {dir.file("topgun.redb"), dir.path().string(), dir.file("topgun-wal")}) {
        CAPTURE(path);
        const auto check = checked(path);
        CHECK(check.sound());
        CHECK(check.report.ops > 0);
        REQUIRE_FALSE(check.report.notes.empty());
        CHECK_THAT(check.report.notes.back(), Catch::Contains("10 of 10 writes are above"));
    }
    CHECK(checked(dir.file("topgun.redb#base")).report.notes.size() == 1);
}

TEST_CASE("a fault in the log is a finding of the log and of the file beside it", "[source]") {
    const ScratchDir dir;
    plant_server(dir);
    spit(dir.file("topgun-wal/partition-109.applied"), "short");
    const Lines expected = {
        "watermark-size partition-109.applied: has 5 bytes instead of 8; a server takes it for "
        "none and replays all"};
    CHECK(findings(dir.file("topgun-wal")) == expected);
    CHECK(findings(dir.file("topgun.redb")) == expected);
    CHECK(findings(dir.file("topgun.redb#base")).empty());
    CHECK(checked(dir.file("topgun-wal")).report.damage.empty());
}

TEST_CASE("definitions of indexes are held against the maps", "[source]") {
    const ScratchDir dir;
    plant_server(dir);
    const auto path = dir.file("topgun.redb");
    spit(dir.file("scalar_indexes.json"), index_on("todos", "done"));
    spit(dir.file("vector_indexes.json"), "[]");
    CHECK(findings(path).empty());
    // The log alone is not all that there is.
    spit(dir.file("vector_indexes.json"), index_on("none", "x"));
    CHECK(findings(dir.file("topgun-wal")).empty());
    CHECK(findings(path) ==
          Lines{"index-target vector_indexes.json: an index on map none, which is not there"});
    spit(dir.file("vector_indexes.json"), index_on("todos", "done.deep"));
    CHECK(findings(path) == Lines{"index-target vector_indexes.json: an index on done.deep, "
                                  "which no record of map todos has"});
    spit(dir.file("vector_indexes.json"), "[{]");
    const auto found = findings(path);
    REQUIRE(found.size() == 1);
    CHECK_THAT(found[0], Catch::StartsWith("index-file vector_indexes.json: line 1, column 3"));
}

// Goal:   a page of redb's own tables that is damaged does not pass for sound.
// Method: the first byte of each page is inverted, one after the other. Some damage keeps the maps
//         readable, and is found all the same.
TEST_CASE("redb's own tables are checked with the maps", "[source]") {
    const ScratchDir dir;
    const auto path = dir.file("a.redb");
    const auto sound = unpack_runs(testdata("redb/savepoint.redb.runs"));
    spit(path, sound);
    CHECK(checked(path).sound());
    std::size_t unseen_by_reading = 0;
    for (std::size_t at = 4096; at < sound.size(); at += 4096) {
        auto damaged = sound;
        damaged[at] = static_cast<char>(~damaged[at]);
        spit(path, damaged);
        const auto check = check_source(path, {});
        if (check && !check->sound() && try_read_ops(path)) {
            ++unseen_by_reading;
            CHECK_THAT(check->report.damage.front(), Catch::StartsWith(path + ": "));
        }
    }
    CHECK(unseen_by_reading > 0);
}

TEST_CASE("a check of what holds no more than its state finds what reading does", "[source]") {
    const ScratchDir dir;
    for (const auto& path : files_of_every_format(dir)) {
        CAPTURE(path);
        CHECK(checked(path).sound());
    }
    spit(dir.file("bad.ndjson"),
         "{\"map\":\"m\",\"key\":\"k\",\"value\":1,\"ts\":\"1:0:n\"}\n{]\n");
    const auto check = checked(dir.file("bad.ndjson"));
    CHECK(check.report.damage.size() == 1);
    CHECK(check.report.ops == 1);
}
