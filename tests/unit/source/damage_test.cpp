// SPDX-License-Identifier: Apache-2.0
// Damaged, cut and newer sources: an error that says where, and salvage that keeps the rest.
#include <filesystem>

#include "source_support.hpp"
#include "topgun/base/hash.hpp"
#include "topgun/storage/data_directory.hpp"

using namespace topgun;
using test::int_value;
using test::must;
namespace fs = std::filesystem;

TEST_CASE("damage is an error that names file and place; salvage keeps the rest", "[source]") {
    test::ScratchDir dir;
    const auto ops = test::many_puts(2'000);
    const auto expected = test::lines_of(*test::state_of(ops));
    const struct {
        const char* name;
        const char* place;  // what the message must say of where
        std::size_t least;  // rows that salvage keeps
    } cases[] = {{"s.tgs", "byte", 1'000},
                 {"s.tgl", "bytes", 1'999},
                 {"s.msgpack", "byte", 1'000},
                 {"s.ndjson", "line ", 1'998},
                 {"s.csv", "line ", 1'998}};
    for (const auto& [name, place, least] : cases) {
        CAPTURE(name);
        const auto path = dir.file(name);
        (void)must(write_state(*test::state_of(ops), path, Format::automatic));
        auto bytes = test::slurp(path);
        // In a block of a snapshot, in a key elsewhere.
        const auto at = name == std::string("s.tgs") ? 2'000 : bytes.find("k1000");
        for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = '\xc1';
        test::spit(path, bytes);
        const auto error = test::refusal(path);
        CHECK(error.code() == Errc::bad_input);
        CHECK_THAT(error.text(), Catch::StartsWith(path + ": "));
        CHECK_THAT(error.text(), Catch::Contains(place));
        CHECK(test::try_read_ops(path).error().code() == Errc::bad_input);

        ReadOptions salvage;
        salvage.keep_going = true;
        const auto source = must(open_source(path, salvage));
        CHECK_FALSE(source.report.complete());
        REQUIRE_FALSE(source.report.damage.empty());
        CHECK_THAT(source.report.damage[0], Catch::StartsWith(path + ": "));
        const auto kept = test::lines_of(*source.state);
        CHECK(kept.size() - 1 >= least);
        CHECK(kept.size() < expected.size());
        CHECK(std::includes(expected.begin() + 1, expected.end(), kept.begin() + 1, kept.end(),
                            [&expected](const std::string& a, const std::string& b) {
                                const auto find = [&expected](const std::string& line) {
                                    return std::find(expected.begin(), expected.end(), line);
                                };
                                return find(a) < find(b);
                            }));
        CHECK(test::all_ops(path, salvage).lines.size() == kept.size() - 1);
    }
}

TEST_CASE("damage in a data directory names the file in it", "[source]") {
    test::ScratchDir dir;
    (void)must(
        write_state(*test::state_of(test::many_puts(500)), dir.file("data/"), Format::automatic));
    std::string snapshot;
    for (const auto& item : fs::directory_iterator(dir.file("data"))) {
        if (item.path().extension() == ".tgs") snapshot = item.path().string();
    }
    auto bytes = test::slurp(snapshot);
    bytes[300] = static_cast<char>(bytes[300] ^ 0x10);
    test::spit(snapshot, bytes);
    const auto error = test::refusal(dir.file("data"));
    CHECK(error.code() == Errc::bad_input);
    CHECK_THAT(error.text(), Catch::StartsWith(snapshot + ": "));
    ReadOptions salvage;
    salvage.keep_going = true;
    CHECK_FALSE(must(open_source(dir.file("data"), salvage)).report.damage.empty());
}

TEST_CASE("a log that a data directory has lost is an error that names it", "[source]") {
    test::ScratchDir dir;
    const auto path = dir.file("data");
    const auto log = path + "/log-00000002.tgl";
    const auto op = test::put("m", {1, 0, "n"}, int_value(1));
    {
        const auto data = must(DataDirectory::open(path));
        (void)must(data->append(std::vector<Op>{op.view()}));
        (void)must(data->checkpoint());
    }
    CHECK(must(open_source(path)).report.complete());
    ReadOptions salvage;
    salvage.keep_going = true;
    const auto refused_and_salvaged = [&](std::string_view why) {
        const auto error = test::refusal(path);
        CHECK(error.code() == Errc::bad_input);
        CHECK_THAT(error.text(), Catch::StartsWith(log + ": " + std::string(why)));
        const auto source = must(open_source(path, salvage));
        CHECK(source.report.damage.size() == 1);
        CHECK(source.report.ops == 1);
    };
    const auto whole = test::slurp(log);
    test::spit(log, "");
    refused_and_salvaged("empty, without even the header");
    test::spit(log, whole.substr(0, 12));
    refused_and_salvaged("bytes 0");
    fs::remove(log);
    refused_and_salvaged("missing; what was written after snapshot-00000002.tgs is lost");
}

TEST_CASE("a torn end of a log is told, but no error", "[source]") {
    test::ScratchDir dir;
    const auto whole = test::log_bytes(test::some_ops());
    const auto shorter = test::log_bytes({test::some_ops().begin(), test::some_ops().end() - 1});
    for (auto size = shorter.size() + 1; size < whole.size(); ++size) {
        test::spit(dir.file("a.tgl"), whole.substr(0, size));
        const auto source = must(open_source(dir.file("a.tgl")));
        CHECK(source.report.ops == test::some_ops().size() - 1);
        REQUIRE(source.report.damage.size() == 1);
        CHECK_THAT(source.report.damage[0], Catch::Contains("an interrupted write"));
        CHECK_FALSE(source.report.complete());
    }
}

// Goal:   a file cut anywhere is an error or a shorter source, never a crash, and never told whole.
TEST_CASE("a file cut anywhere is never taken for the whole", "[source]") {
    test::ScratchDir dir;
    const auto expected = test::expected_lines();
    for (const auto& path : test::files_of_every_format(dir)) {
        const auto bytes = test::slurp(path);
        const auto cut = path + "-cut" + fs::path(path).extension().string();
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            if (size > 150 && size + 150 < bytes.size() && size % 37 != 0) continue;
            CAPTURE(path, size);
            test::spit(cut, bytes.substr(0, size));
            ReadOptions salvage;
            salvage.keep_going = true;
            (void)open_source(cut, salvage);
            const auto source = open_source(cut);
            if (!source) {
                CHECK(source.error().code() == Errc::bad_input);
                continue;
            }
            // Frames, messages and lines end where they end: only whole ones are there.
            const bool last_newline = size + 1 == bytes.size() && bytes.back() == '\n';
            if (!last_newline) CHECK(test::lines_of(*source->state) != expected);
        }
    }
}

TEST_CASE("files of a newer version are refused with what to do", "[source]") {
    test::ScratchDir dir;
    auto snapshot = test::snapshot_bytes(test::some_ops());
    store_le<std::uint16_t>(snapshot.data() + 8, 7);
    store_le<std::uint16_t>(snapshot.data() + 10, 7);
    store_le(snapshot.data() + 12,
             static_cast<std::uint32_t>(xxh3_64(BytesView(snapshot).substr(0, 12))));
    test::spit(dir.file("a.tgs"), snapshot);
    Bytes log = test::log_bytes({});
    store_le<std::uint16_t>(log.data() + 8, 7);
    store_le<std::uint16_t>(log.data() + 10, 7);
    store_le(log.data() + log.size() - 8, xxh3_64(BytesView(log).substr(0, log.size() - 8)));
    test::spit(dir.file("a.tgl"), log);
    for (const auto* name : {"a.tgs", "a.tgl"}) {
        const auto error = test::refusal(dir.file(name));
        CHECK(error.code() == Errc::unsupported_version);
        CHECK_THAT(error.text(), Catch::StartsWith(dir.file(name) + ": ") &&
                                     Catch::Contains("needs a reader of version 7") &&
                                     Catch::Contains("Install a newer topgun-cli"));
    }
}
