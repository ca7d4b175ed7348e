// SPDX-License-Identifier: Apache-2.0
// States and ops into every format, and back without loss; complete or absent.
#include <filesystem>

#include "source_support.hpp"
#include "topgun/replica/facts.hpp"
#include "topgun/storage/data_directory.hpp"
#include "topgun/storage/snapshot.hpp"

using namespace topgun;
using test::int_value;
using test::Lines;
using test::must;
namespace fs = std::filesystem;

namespace {

struct Target {
    Format format;
    const char* name;
};
constexpr Target kTargets[] = {
    {Format::snapshot, "state.tgs"},   {Format::log, "state.tgl"},
    {Format::data_directory, "data/"}, {Format::messages, "state.msgpack"},
    {Format::ndjson, "state.ndjson"},  {Format::json, "state.json"},
    {Format::csv, "state.csv"}};

std::vector<OwnedOp> random_state_ops(Random& rng) {
    test::OpShape shape;
    shape.maps = {"users", "\xc3\xa9:1", "a,b\"c"};
    shape.keys = 1 + rng.below(60);
    shape.tags = 1 + rng.below(40);
    shape.nodes = 1 + rng.below(10);
    shape.value_depth = 3;
    return test::random_ops(rng, rng.below(400), shape);
}

std::uint64_t rows_of(const StateReader& state) {
    return test::lines_of(state).size() - state.maps().size();
}

std::vector<std::string> names_in(const fs::path& folder) {
    std::vector<std::string> names;
    for (const auto& item : fs::directory_iterator(folder)) names.push_back(item.path().filename());
    return names;
}

}  // namespace

// Goal:   every format holds everything that a state says.
// Method: random states with values, keys, tags and times of every kind are written in each
//         format, found out by content and name, and read again; the rows must be the same. Then
//         each file is converted into each other format once more.
TEST_CASE("a state written in any format and read again is the same state", "[source][property]") {
    const auto seed = test::seed(20270101);
    CAPTURE(seed);
    Random rng(seed);
    for (int round = 0; round < 12; ++round) {
        test::ScratchDir dir;
        const auto state = test::state_of(random_state_ops(rng));
        const auto expected = test::lines_of(*state);
        for (const auto& [format, name] : kTargets) {
            CAPTURE(round, name);
            const auto path = dir.file(name);
            const auto report = must(write_state(*state, path, Format::automatic));
            CHECK(report.rows == rows_of(*state));
            const auto source = must(open_source(path));
            CHECK(source.report.format == format);
            CHECK(source.report.complete());
            CHECK(test::lines_of(*source.state) == expected);
            if (format != Format::data_directory) {
                CHECK(report.bytes == fs::file_size(path));
                // The same state gives the same bytes, from wherever it was read.
                const auto again = dir.file("again-" + std::string(name));
                (void)must(write_state(*source.state, again, format));
                CHECK(test::slurp(again) == test::slurp(path));
            }
        }
        const auto& from = kTargets[rng.below(std::size(kTargets))];
        const auto source = must(open_source(dir.file(from.name)));
        for (const auto& [format, name] : kTargets) {
            const auto path = dir.file("from-" + std::string(name));
            (void)must(write_state(*source.state, path, Format::automatic));
            CHECK(test::state_lines(path) == expected);
        }
    }
}

// Goal:   logs, messages and text hand on ops as they came, in their order.
TEST_CASE("ops written in any format are read again in their order", "[source][property]") {
    const auto seed = test::seed(20270102);
    CAPTURE(seed);
    Random rng(seed);
    test::ScratchDir dir;
    for (const auto& [format, name] : kTargets) {
        if (format == Format::snapshot || format == Format::data_directory ||
            format == Format::csv) {
            continue;
        }
        CAPTURE(name);
        auto ops = random_state_ops(rng);
        // Messages gather counts by counter, and have no ids for them.
        if (format == Format::messages)
            std::erase_if(ops, [](const OwnedOp& op) { return op.kind == OpKind::counter; });
        Lines expected;
        auto writer = must(OpWriter::create(dir.file(name), Format::automatic, "phone-7"));
        for (const auto& op : ops) {
            must(writer->add(op.view()));
            expected.push_back(test::op_line(op.view()));
        }
        CHECK(writer->count() == ops.size());
        CHECK_FALSE(fs::exists(dir.file(name)));
        must(writer->finish());
        CHECK(writer->bytes() == fs::file_size(dir.file(name)));
        const auto read = test::all_ops(dir.file(name));
        CHECK(read.lines == expected);
        CHECK(read.report.ops == ops.size());
        CHECK(read.report.path == dir.file(name));
        CHECK(read.report.origins == (format == Format::log ? Lines{"phone-7"} : Lines{}));
    }
}

TEST_CASE("a writer that is dropped leaves the old file and nothing else", "[source]") {
    test::ScratchDir dir;
    for (const auto* name : {"out.tgl", "out.msgpack", "out.ndjson", "out.json"}) {
        test::spit(dir.file(name), "precious");
        {
            auto writer = must(OpWriter::create(dir.file(name), Format::automatic));
            must(writer->add(test::put("k", {1, 0, "n"}, int_value(1)).view()));
        }
        CHECK(test::slurp(dir.file(name)) == "precious");
    }
    CHECK(names_in(dir.path()).size() == 4);
}

TEST_CASE("no ops make a file of each format that reads as nothing", "[source]") {
    test::ScratchDir dir;
    const auto nothing = test::state_of({});
    for (const auto& [format, name] : kTargets) {
        CAPTURE(name);
        const auto report = must(write_state(*nothing, dir.file(name), Format::automatic));
        CHECK(report.rows == 0);
        const auto source = must(open_source(dir.file(name)));
        CHECK(source.report.format == format);
        CHECK(source.state->maps().empty());
    }
}

TEST_CASE("formats that hold states take no ops one by one", "[source]") {
    test::ScratchDir dir;
    for (const auto* name : {"a.tgs", "a.csv", "a/"}) {
        const auto writer = OpWriter::create(dir.file(name), Format::automatic);
        REQUIRE_FALSE(writer);
        CHECK(writer.error().code() == Errc::usage);
    }
    CHECK(OpWriter::create(dir.file("a.txt"), Format::automatic).error().code() == Errc::usage);
    CHECK(names_in(dir.path()).empty());
    // A name does not matter when the format is given.
    must(must(OpWriter::create(dir.file("a.txt"), Format::ndjson))->finish());
    CHECK(test::slurp(dir.file("a.txt")).empty());
}

TEST_CASE("standard output gets the bytes that a file would have", "[source]") {
    test::ScratchDir dir;
    Random rng(11);
    const auto state = test::state_of(random_state_ops(rng));
    for (const auto& [format, name] : kTargets) {
        if (format == Format::data_directory) continue;
        CAPTURE(name);
        std::string out;
        const auto put = [&out](BytesView bytes) {
            out += bytes;
            return Status();
        };
        const auto to_stdout = must(write_state(*state, "-", format, put));
        const auto to_file = must(write_state(*state, dir.file(name), format));
        CHECK(out == test::slurp(dir.file(name)));
        CHECK(to_stdout.rows == to_file.rows);
        CHECK(to_stdout.bytes == to_file.bytes);
        CHECK(to_stdout.state == to_file.state);
    }
    CHECK(write_state(*state, "-", Format::automatic).error().code() == Errc::usage);
    CHECK(write_state(*state, "-", Format::ndjson).error().code() == Errc::usage);
}

TEST_CASE("an error of standard output ends the writing", "[source]") {
    std::vector<OwnedOp> ops;
    for (int i = 0; i < 100; ++i) {
        ops.push_back(test::put("k" + std::to_string(i), {1, 0, "n"}, int_value(i)));
    }
    const auto state = test::state_of(ops);
    const auto full = [](BytesView) -> Status { return Error(Errc::io, "no space left"); };
    for (const auto& [format, name] : kTargets) {
        if (format == Format::data_directory) continue;
        CAPTURE(name);
        const auto written = write_state(*state, "-", format, full);
        REQUIRE_FALSE(written);
        CHECK(written.error().message() == "no space left");
    }
}

TEST_CASE("a snapshot's report names its state", "[source]") {
    test::ScratchDir dir;
    const auto state = test::state_of({test::put("k", {1, 0, "n"}, int_value(1))});
    const auto report = must(write_state(*state, dir.file("a.tgs"), Format::automatic));
    REQUIRE(report.state);
    CHECK(*report.state == state_hash({must(state->facts({"m", MapKind::lww}))}));
    CHECK_FALSE(must(write_state(*state, dir.file("a.tgl"), Format::automatic)).state);
}

TEST_CASE("an existing data directory is merged into, an existing file is replaced", "[source]") {
    test::ScratchDir dir;
    const auto first = test::put("k", {1, 0, "n"}, int_value(1));
    const auto second = test::put("l", {2, 0, "n"}, int_value(2));
    for (const auto& [format, name] : kTargets) {
        CAPTURE(name);
        (void)must(write_state(*test::state_of({first}), dir.file(name), format));
        (void)must(write_state(*test::state_of({second}), dir.file(name), format));
        const auto expected = format == Format::data_directory ? test::state_of({first, second})
                                                               : test::state_of({second});
        CHECK(test::state_lines(dir.file(name)) == test::lines_of(*expected));
    }
}

TEST_CASE("a data directory that someone writes to is not written to", "[source]") {
    test::ScratchDir dir;
    const auto holder = must(DataDirectory::open(dir.file("data")));
    const auto written = write_state(*test::state_of({test::put("k", {1, 0, "n"}, int_value(1))}),
                                     dir.file("data/"), Format::automatic);
    REQUIRE_FALSE(written);
    CHECK(written.error().code() == Errc::locked);
}

TEST_CASE("a folder that does not exist is an error that names it", "[source]") {
    test::ScratchDir dir;
    const auto state = test::state_of({});
    for (const auto* name : {"none/a.tgs", "none/a.tgl", "none/a.ndjson", "none/a.csv"}) {
        const auto written = write_state(*state, dir.file(name), Format::automatic);
        REQUIRE_FALSE(written);
        CHECK(written.error().code() == Errc::not_found);
        CHECK_THAT(written.error().text(), Catch::Contains(name));
    }
}

TEST_CASE("many ops come out whole, whatever the buffers", "[source]") {
    test::ScratchDir dir;
    const Bytes value = test::string_value(std::string(5'000, 'x'));
    for (const auto* name : {"a.tgl", "a.msgpack", "a.ndjson", "a.json"}) {
        CAPTURE(name);
        auto writer = must(OpWriter::create(dir.file(name), Format::automatic));
        for (std::uint64_t i = 0; i < 400; ++i) {
            must(writer->add(test::put("k" + std::to_string(i), {i, 0, "n"}, value).view()));
        }
        must(writer->finish());
        CHECK(fs::file_size(dir.file(name)) > 2'000'000);
        CHECK(test::all_ops(dir.file(name)).report.ops == 400);
    }
}
