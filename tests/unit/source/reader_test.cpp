// SPDX-License-Identifier: Apache-2.0
// Sources of every kind: found out, piped in, filtered; and what is said about them.
#include <sys/stat.h>

#include <filesystem>
#include <thread>

#include "source_support.hpp"
#include "topgun/storage/data_directory.hpp"

using namespace topgun;
using test::int_value;
using test::Lines;
using test::must;
namespace fs = std::filesystem;

namespace {

class Count final : public ConflictObserver {
public:
    void on_conflict(const Conflict& conflict) override {
        losers.push_back(test::line_of(conflict.loser));
    }
    Lines losers;
};

}  // namespace

TEST_CASE("what stands in a file outweighs its name", "[source]") {
    test::ScratchDir dir;
    const struct {
        const char *from, *to;
        Format format;
    } renamed[] = {
        {"s.tgs", "x.json", Format::snapshot},    {"s.tgs", "y.csv", Format::snapshot},
        {"s.tgl", "x.tgs", Format::log},          {"s.tgl", "z.csv", Format::log},
        {"s.msgpack", "x.txt", Format::messages}, {"s.msgpack", "x.ndjson", Format::messages},
        {"s.msgpack", "w.csv", Format::messages}, {"s.ndjson", "x.tgl", Format::ndjson},
        {"s.json", "noname", Format::json}};
    (void)test::files_of_every_format(dir);
    for (const auto& [from, to, format] : renamed) {
        CAPTURE(from, to);
        fs::copy_file(dir.file(from), dir.file(to), fs::copy_options::overwrite_existing);
        const auto source = must(open_source(dir.file(to)));
        CHECK(source.report.format == format);
        CHECK(test::lines_of(*source.state) == test::expected_lines());
    }
}

TEST_CASE("a name tells the format where the content does not", "[source]") {
    test::ScratchDir dir;
    test::spit(dir.file("a.csv"), "_map,_key,_ts,x\nm,k,1:0:n,5\n");
    CHECK(must(open_source(dir.file("a.csv"))).report.format == Format::csv);
    // A column's name may begin like JSON.
    test::spit(dir.file("b.csv"), "{x},_map,_key,_ts\n5,m,k,1:0:n\n");
    CHECK(test::state_lines(dir.file("b.csv")).size() == 2);
    // A JSON file of one object, and NDJSON that begins with a list.
    test::spit(dir.file("a.json"), R"({"map":"m","key":"k","value":1,"ts":"1:0:n"})");
    CHECK(must(open_source(dir.file("a.json"))).report.format == Format::json);
    test::spit(dir.file("a.ndjson"), R"([{"map":"m","key":"k","value":1,"ts":"1:0:n"}])");
    CHECK(must(open_source(dir.file("a.ndjson"))).report.format == Format::ndjson);
}

TEST_CASE("a named format outweighs content and name", "[source]") {
    test::ScratchDir dir;
    test::spit(dir.file("a.db"), R"({"map":"m","key":"k","value":1,"ts":"1:0:n"})");
    ReadOptions options;
    options.format = Format::ndjson;
    CHECK(must(open_source(dir.file("a.db"), options)).report.format == Format::ndjson);
    for (const auto format : {Format::snapshot, Format::log, Format::messages, Format::csv}) {
        CAPTURE(format_name(format));
        options.format = format;
        const auto error = test::refusal(dir.file("a.db"), options);
        CHECK(error.code() == Errc::bad_input);
        CHECK_THAT(error.text(), Catch::StartsWith(dir.file("a.db") + ": "));
    }
}

TEST_CASE("a file of no known format is refused with a hint", "[source]") {
    test::ScratchDir dir;
    for (const auto* text : {"hello", "key,ts\n1,2\n", "\x01\x02\x03", "PGDM"}) {
        test::spit(dir.file("x.txt"), text);
        const auto error = test::refusal(dir.file("x.txt"));
        CHECK(error.code() == Errc::bad_input);
        CHECK(error.text() == dir.file("x.txt") +
                                  ": is of no known format; name the format with --format if its "
                                  "content is right");
    }
}

TEST_CASE("an empty file is no source unless its name says which", "[source]") {
    test::ScratchDir dir;
    for (const auto* name : {"x", "x.tgs", "x.tgl"}) {
        CAPTURE(name);
        test::spit(dir.file(name), "");
        const auto error = test::refusal(dir.file(name));
        CHECK(error.code() == Errc::bad_input);
        CHECK_THAT(error.text(), Catch::StartsWith(dir.file(name) + ": "));
    }
    for (const auto* name : {"x.ndjson", "x.json", "x.csv", "x.msgpack"}) {
        test::spit(dir.file(name), "");
        CHECK(test::state_lines(dir.file(name)).empty());
    }
}

TEST_CASE("what does not exist is not found, by its name", "[source]") {
    test::ScratchDir dir;
    for (const auto* name : {"none", "none.tgs", "none.ndjson", "none/", "no/folder.tgl"}) {
        const auto source = open_source(dir.file(name));
        REQUIRE_FALSE(source);
        CHECK(source.error().code() == Errc::not_found);
        CHECK_THAT(source.error().text(), Catch::StartsWith(dir.file(name) + ": "));
        CHECK(test::try_read_ops(dir.file(name)).error().code() == Errc::not_found);
    }
}

TEST_CASE("a folder is a data directory or no source", "[source]") {
    test::ScratchDir dir;
    (void)must(
        write_state(*test::state_of(test::some_ops()), dir.file("data/"), Format::automatic));
    CHECK(test::state_lines(dir.file("data")) == test::expected_lines());
    CHECK(test::state_lines(dir.file("data/")) == test::expected_lines());
    ReadOptions options;
    options.format = Format::data_directory;
    CHECK(test::state_lines(dir.file("data"), options) == test::expected_lines());

    options.format = Format::snapshot;
    const auto wrong = open_source(dir.file("data"), options);
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().code() == Errc::usage);
    CHECK_THAT(wrong.error().text(), Catch::Contains("is a directory, not a file of the format"));

    fs::create_directory(dir.file("photos"));
    test::spit(dir.file("photos/a.jpg"), "x");
    const auto other = open_source(dir.file("photos"));
    REQUIRE_FALSE(other);
    CHECK_THAT(other.error().text(), Catch::Contains("photos"));
    options.format = Format::data_directory;
    CHECK(open_source(dir.file("photos/a.jpg"), options).error().code() == Errc::not_found);
}

TEST_CASE("a data directory gives its snapshot's ops, then those of its logs", "[source]") {
    test::ScratchDir dir;
    const auto later = test::put("later", {9, 0, "n"}, int_value(9));
    {
        auto data = must(DataDirectory::open(dir.file("data")));
        const auto first = test::put("first", {1, 0, "n"}, int_value(1));
        (void)must(data->append(std::vector<Op>{first.view()}));
        (void)must(data->checkpoint());
        (void)must(data->append(std::vector<Op>{later.view()}));
        must(data->flush());
    }
    const auto read = test::all_ops(dir.file("data"));
    REQUIRE(read.lines.size() == 2);
    CHECK(read.lines[1] == test::op_line(later.view()));
    CHECK(read.report.format == Format::data_directory);
    // Reading takes no lock and leaves the folder as it is.
    const auto holder = must(DataDirectory::open(dir.file("data")));
    CHECK(test::state_lines(dir.file("data")).size() == 3);
}

TEST_CASE("a pipe is read like a file, and its temporary goes away", "[source]") {
    test::ScratchDir dir, temporary;
    const test::TemporaryFolder folder(temporary.path().string());
    for (const auto& path : test::files_of_every_format(dir)) {
        CAPTURE(path);
        ReadOptions options;
        // A table has no first bytes that tell.
        if (path.ends_with(".csv")) options.format = Format::csv;
        {
            const test::StandardInput input(path);
            const auto source = must(open_source("-", options));
            CHECK(fs::is_empty(temporary.path()));
            CHECK(source.report.path == "-");
            CHECK(test::lines_of(*source.state) == test::expected_lines());
        }
        {
            const test::StandardInput input(path);
            CHECK(test::all_ops("-", options).lines.size() == test::some_ops().size());
        }
        const auto fifo = dir.file("pipe");
        REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
        const auto bytes = test::slurp(path);
        std::thread feeder([&] { test::spit(fifo, bytes); });
        const auto lines = test::state_lines(fifo, options);
        feeder.join();
        fs::remove(fifo);
        CHECK(lines == test::expected_lines());
        CHECK(fs::is_empty(temporary.path()));
    }
}

TEST_CASE("what is wrong with standard input is said of standard input", "[source]") {
    test::ScratchDir dir, temporary;
    const test::TemporaryFolder folder(temporary.path().string());
    Bytes damaged = test::snapshot_bytes(test::some_ops());
    damaged[60] = static_cast<char>(damaged[60] ^ 1);  // in the first block
    const Bytes log = test::log_bytes(test::some_ops());
    const Bytes texts[] = {
        "hello",       "", damaged, damaged.substr(0, 300), log.substr(0, 40) + log, "{\"map\":",
        "\x81\xa4type"};
    for (const auto& text : texts) {
        test::spit(dir.file("in"), text);
        {
            const test::StandardInput input(dir.file("in"));
            const auto error = test::refusal("-");
            CHECK(error.code() == Errc::bad_input);
            CHECK_THAT(error.text(), !Catch::Contains(temporary.path().string()));
            CHECK_THAT(error.text(), Catch::Contains("standard input"));
        }
        const test::StandardInput input(dir.file("in"));
        const auto read = test::try_read_ops("-");
        REQUIRE_FALSE(read);
        CHECK_THAT(read.error().text(), Catch::Contains("standard input"));
        CHECK(fs::is_empty(temporary.path()));
    }
}

TEST_CASE("standard input that cannot be kept is an error, not a crash", "[source]") {
    test::ScratchDir dir;
    test::spit(dir.file("in"), "{}");
    const test::TemporaryFolder folder(dir.file("none"));
    const test::StandardInput input(dir.file("in"));
    const auto source = open_source("-");
    REQUIRE_FALSE(source);
    CHECK(source.error().code() == Errc::io);
    CHECK_THAT(source.error().text(), Catch::Contains("cannot create a temporary"));
}

TEST_CASE("only the maps asked for are read, in every format", "[source]") {
    test::ScratchDir dir;
    auto ops = test::some_ops();
    auto other = test::put("k", {1, 0, "n"}, int_value(1));
    other.map = "other";
    ops.push_back(other);
    for (const auto* name : {"s.tgs", "s.tgl", "s/", "s.msgpack", "s.ndjson", "s.json", "s.csv"}) {
        CAPTURE(name);
        (void)must(write_state(*test::state_of(ops), dir.file(name), Format::automatic));
        ReadOptions options;
        options.maps = {"m", "nobody"};
        CHECK(test::state_lines(dir.file(name), options) == test::expected_lines());
        const auto read = test::all_ops(dir.file(name), options);
        CHECK(read.report.ops == test::some_ops().size());
        options.maps = {"other"};
        CHECK(test::all_ops(dir.file(name), options).lines == Lines{test::op_line(other.view())});
    }
}

TEST_CASE("ops up to a moment are read, and with them the state of that moment", "[source]") {
    test::ScratchDir dir;
    const std::vector<OwnedOp> ops = {test::put("k", {1, 0, "n"}, int_value(1)),
                                      test::put("k", {5, 0, "n"}, int_value(5)),
                                      test::put("k", {5, 1, "n"}, int_value(6)),
                                      test::or_add("k", {2, 0, "n"}, int_value(2)),
                                      test::or_remove("2:0:n"),
                                      test::or_remove("9:0:n"),
                                      test::counter("n", 3, 0)};
    test::spit(dir.file("a.tgl"), test::log_bytes(ops));
    ReadOptions options;
    options.until = Timestamp(5, 0, "n");
    CHECK(test::state_lines(dir.file("a.tgl"), options) ==
          test::lines_of(*test::state_of({ops[0], ops[1], ops[3], ops[4], ops[6]})));
    CHECK(test::all_ops(dir.file("a.tgl"), options).report.ops == 5);
    // A snapshot has only the newest: what came later hides what was before.
    test::spit(dir.file("a.tgs"), test::snapshot_bytes(ops));
    CHECK(test::state_lines(dir.file("a.tgs"), options) ==
          test::lines_of(*test::state_of({ops[4], ops[6]})));
}

TEST_CASE("text without map or stamp takes those that are named", "[source]") {
    test::ScratchDir dir;
    test::spit(dir.file("a.ndjson"), R"({"key":"k","value":1})");
    const auto error = test::refusal(dir.file("a.ndjson"));
    CHECK(error.code() == Errc::bad_input);
    CHECK_THAT(error.text(), Catch::StartsWith(dir.file("a.ndjson") + ": line 1, column "));
    ReadOptions options;
    options.default_map = "m";
    options.default_stamp = Timestamp(1, 0, "n");
    const auto expected =
        test::lines_of(*test::state_of({test::put("k", {1, 0, "n"}, int_value(1))}));
    CHECK(test::state_lines(dir.file("a.ndjson"), options) == expected);
    test::spit(dir.file("a.csv"), "id,_value\nk,1\n");
    options.key_column = "id";
    CHECK(test::state_lines(dir.file("a.csv"), options) == expected);
    options.key_column = "nobody";
    CHECK(test::refusal(dir.file("a.csv"), options).code() == Errc::bad_input);
}

TEST_CASE("writes that lose within a source are heard of", "[source]") {
    test::ScratchDir dir;
    test::spit(dir.file("a.tgl"), test::log_bytes({test::put("k", {5, 0, "n"}, int_value(5)),
                                                   test::put("k", {1, 0, "n"}, int_value(1)),
                                                   test::or_add("k", {2, 0, "n"}, int_value(2)),
                                                   test::or_remove("2:0:n")}));
    Count count;
    ReadOptions options;
    options.observer = &count;
    (void)must(open_source(dir.file("a.tgl"), options));
    REQUIRE(count.losers.size() == 2);
    CHECK_THAT(count.losers[0], Catch::Contains("at 1:0:n"));
    CHECK_THAT(count.losers[1], Catch::Contains("at 2:0:n"));
}

TEST_CASE("an error of the visitor or of progress ends the reading", "[source]") {
    test::ScratchDir dir;
    for (const auto* name : {"s.tgs", "s.tgl", "s/", "s.msgpack", "s.ndjson", "s.json", "s.csv"}) {
        CAPTURE(name);
        (void)must(write_state(*test::state_of(test::many_puts(5'000)), dir.file(name),
                               Format::automatic));
        std::size_t seen = 0;
        const auto stopped = read_ops(dir.file(name), {}, [&seen](const Op&) -> Status {
            if (++seen == 3) return Error(Errc::cancelled, "enough");
            return {};
        });
        REQUIRE_FALSE(stopped);
        CHECK(stopped.error().code() == Errc::cancelled);
        CHECK(seen == 3);

        std::uint64_t told = 0;
        ReadOptions options;
        options.progress = [&told](std::uint64_t amount) -> Status {
            told += amount;
            return {};
        };
        CHECK(test::all_ops(dir.file(name), options).report.ops == 5'000);
        CHECK(told > 0);
        options.progress = [](std::uint64_t) -> Status { return Error(Errc::cancelled, "stop"); };
        CHECK(test::try_read_ops(dir.file(name), options).error().code() == Errc::cancelled);
    }
}
