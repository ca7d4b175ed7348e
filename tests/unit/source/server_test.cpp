// SPDX-License-Identifier: Apache-2.0
// The files of TopGun's own server as sources: its database, its log, and both in one folder.
#include <filesystem>

#include "source_support.hpp"
#include "topgun_test/runs.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

// What a server left when it was killed: some writes are in its log only.
void plant_killed(const ScratchDir& dir, bool with_log = true) {
    spit(dir.file("topgun.redb"), unpack_runs(testdata("serverfiles/killed/topgun.redb.runs")));
    if (!with_log) return;
    std::filesystem::copy(testdata("serverfiles/killed/topgun-wal"), dir.file("topgun-wal"));
}

// Of the maps that were asked for; others hold the devices that were connected.
ReadOptions our_maps() {
    ReadOptions options;
    options.maps = {"todos", "tags", "fresh"};
    return options;
}

std::size_t count_starting(const Lines& lines, const std::string& start) {
    return static_cast<std::size_t>(std::count_if(
        lines.begin(), lines.end(), [&](const auto& line) { return line.starts_with(start); }));
}

}  // namespace

TEST_CASE("a killed server's files are read as what it has when it starts again", "[source]") {
    const ScratchDir dir;
    plant_killed(dir);
    const auto expected = state_lines(testdata("serverfiles/killed/live.ndjson"));
    CHECK(state_lines(dir.file("topgun.redb"), our_maps()) == expected);
    // The folder that has the file is the same source.
    CHECK(state_lines(dir.path().string(), our_maps()) == expected);
    CHECK(state_lines(dir.path().string() + "/", our_maps()) == expected);
    const auto source = must(open_source(dir.file("topgun.redb")));
    CHECK(source.report.format == Format::redb);
    CHECK(source.report.complete());
    REQUIRE(source.report.notes.size() == 2);
    CHECK_THAT(source.report.notes[0], Catch::Contains("topgun.redb: was not closed; read at"));
    CHECK_THAT(source.report.notes[1],
               Catch::Contains("topgun-wal: ") && Catch::EndsWith("writes folded in"));
}

TEST_CASE("a server's file is read without the log where there is none", "[source]") {
    const ScratchDir dir;
    plant_killed(dir, false);
    const auto source = must(open_source(dir.file("topgun.redb"), our_maps()));
    CHECK(source.report.notes.size() == 1);
    const auto lines = lines_of(*source.state);
    CHECK(lines != state_lines(testdata("serverfiles/killed/live.ndjson")));
    for (const auto& id : source.state->maps()) CHECK(id.name != "fresh");
}

TEST_CASE("a server's file is known by its content, and through a pipe has nothing beside it",
          "[source]") {
    const ScratchDir dir;
    plant_killed(dir);
    std::filesystem::rename(dir.file("topgun.redb"), dir.file("backup"));
    CHECK(state_lines(dir.file("backup"), our_maps()) ==
          state_lines(testdata("serverfiles/killed/live.ndjson")));
    const StandardInput input(dir.file("backup"));
    const auto source = must(open_source("-", our_maps()));
    CHECK(source.report.format == Format::redb);
    REQUIRE(source.report.notes.size() == 1);
    CHECK_THAT(source.report.notes[0], Catch::StartsWith("standard input: was not closed"));
}

TEST_CASE("a server's log alone is a state, and a history op by op", "[source]") {
    const ScratchDir dir;
    plant_killed(dir);
    const auto log = dir.file("topgun-wal");
    const auto source = must(open_source(log, our_maps()));
    CHECK(source.report.format == Format::server_log);
    CHECK(source.report.complete());
    const auto read = all_ops(log, our_maps());
    CHECK(read.report.format == Format::server_log);
    // The removal of a whole key has no stamp.
    CHECK(read.report.skipped == 1);
    CHECK(count_starting(read.lines, R"({"map":"todos")") == 2);
    CHECK(count_starting(read.lines, R"({"map":"fresh")") == 1);
    CHECK(count_starting(read.lines, R"({"map":"tags")") > 2);
}

TEST_CASE("ops of a server's file are those of its state", "[source]") {
    const ScratchDir dir;
    plant_killed(dir);
    const auto read = all_ops(dir.file("topgun.redb"), our_maps());
    CHECK(read.report.ops == read.lines.size());
    CHECK(read.report.notes.size() == 2);
    ReadOptions until = our_maps();
    until.until = Timestamp(1'700'000'500'000, 0, "~");
    // LWW writes were stamped by the server when they came; only the OR-Map's are of that time.
    CHECK(all_ops(dir.file("topgun.redb"), until).lines.size() < read.lines.size());
}

TEST_CASE("the formats of a server's files can be asked for", "[source]") {
    const ScratchDir dir;
    plant_killed(dir);
    ReadOptions options = our_maps();
    options.format = Format::redb;
    CHECK(must(open_source(dir.path().string(), options)).report.format == Format::redb);
    options.format = Format::server_log;
    CHECK(must(open_source(dir.file("topgun-wal"), options)).report.format == Format::server_log);
    CHECK(open_source(dir.file("topgun.redb"), options).error().code() == Errc::not_found);
    options.format = Format::data_directory;
    CHECK_FALSE(open_source(dir.file("topgun-wal"), options));
}

TEST_CASE("a damaged log is an error, or what is sound of it", "[source]") {
    const ScratchDir dir;
    plant_killed(dir);
    const auto segment = dir.file("topgun-wal/partition-109-00000000000000000007.log");
    auto bytes = slurp(segment);
    bytes[1] = 'X';
    spit(segment, bytes);
    const auto error = refusal(dir.file("topgun.redb"), our_maps());
    CHECK(error.code() == Errc::bad_input);
    CHECK_THAT(error.text(), Catch::Contains("partition-109-00000000000000000007.log: byte 0: is "
                                             "no frame"));
    auto salvage = our_maps();
    salvage.keep_going = true;
    const auto source = must(open_source(dir.file("topgun.redb"), salvage));
    CHECK(source.report.damage.size() == 1);
    CHECK_FALSE(source.report.complete());
}
