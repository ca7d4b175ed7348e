// SPDX-License-Identifier: Apache-2.0
// Each class of fault in a log is found with its place, and none in a sound one.
#include "topgun/serverfiles/log_check.hpp"

#include "log_writer.hpp"

using namespace topgun;
using namespace topgun::serverfiles;
using namespace topgun::test;
using Kind = FileFinding::Kind;

namespace {

// The partition of m:k.
const std::uint32_t kPartition = log_partition_of("m", "k");

Bytes write_of(std::uint64_t sequence, const std::string& key = "k") {
    return frame(payload("m", key, op_remove(), sequence));
}

std::string segment_of(std::uint64_t first) {
    return segment_name(kPartition, first);
}

void applied(const ScratchDir& dir, std::uint64_t sequence) {
    LogFolder(dir.path()).applied("m", "k", sequence);
}

struct Checked {
    std::vector<FileFinding> findings;
    LogCheckReport report;
    std::uint64_t handed_on = 0;
};

Checked checked(const std::filesystem::path& path) {
    Checked out;
    LogCheckVisitor visitor;
    visitor.found = [&out](const FileFinding& finding) -> Status {
        out.findings.push_back(finding);
        return {};
    };
    visitor.pending = [&out](const LogEntry&) -> Status {
        ++out.handed_on;
        return {};
    };
    must(check_log(path.string(), visitor, out.report));
    CHECK(out.handed_on == out.report.pending);
    return out;
}
Checked checked(const ScratchDir& dir) {
    return checked(dir.path());
}

std::vector<std::string> kinds(const ScratchDir& dir) {
    std::vector<std::string> out;
    for (const auto& finding : checked(dir).findings) out.emplace_back(finding_name(finding.kind));
    return out;
}

using Kinds = std::vector<std::string>;

}  // namespace

TEST_CASE("nothing is found in what servers leave", "[serverfiles]") {
    const auto killed = checked(testdata("serverfiles/killed/topgun-wal"));
    CHECK(killed.findings.empty());
    CHECK(killed.report.frames == 10);
    CHECK(killed.report.pending == 10);
    CHECK(killed.report.files == 14);

    const ScratchDir dir;
    LogFolder log(dir.path());
    std::uint64_t last = 0;
    for (int i = 0; i < 200; ++i) {
        const auto key = "k" + std::to_string(i % 50);
        last = log.write("m", key, op_store(stored_lww(i, {5, 0, "n"})), stored_stamp({5, 0, "n"}));
        // Up to here everything was flushed.
        if (i < 100) log.applied("m", key, last);
    }
    const auto sound = checked(dir);
    CHECK(sound.findings.empty());
    CHECK(sound.report.frames == 200);
    CHECK(sound.report.pending == 100);
    // What was applied may be dropped.
    const ScratchDir dropped;
    spit(dropped.file(segment_of(8)), write_of(8) + write_of(11));
    spit(dropped.file(segment_of(12)), "");
    applied(dropped, 11);
    CHECK(kinds(dropped).empty());
    std::filesystem::remove(dropped.file(segment_of(8)));
    CHECK(kinds(dropped).empty());
    LogCheckReport report;
    CHECK(check_log(dir.file("none"), {}, report).error().code() == Errc::not_found);
}

TEST_CASE("damaged frames are told apart, with their byte", "[serverfiles]") {
    const auto three = write_of(1) + write_of(2) + write_of(3);
    const auto size = write_of(1).size();
    const auto found = [&](const Bytes& content) {
        const ScratchDir dir;
        spit(dir.file(segment_of(0)), content);
        const auto check = checked(dir);
        REQUIRE_FALSE(check.findings.empty());
        const auto& first = check.findings.front();
        CHECK(first.file == dir.file(segment_of(0)));
        return std::string(finding_name(first.kind)) + " " + std::to_string(first.offset.value()) +
               (check.findings.size() > 1 ? " and more" : "");
    };
    const auto with = [&](std::size_t at, char byte) {
        auto content = three;
        content[at] = byte;
        return found(content);
    };
    const auto second = std::to_string(size);
    CHECK(found(three.substr(0, 3 * size - 1)) == "cut-tail " + std::to_string(2 * size));
    CHECK(with(size, 'X') == "bad-magic " + second);
    CHECK(with(size + 4, '\x02') == "unknown-version " + second);
    CHECK(with(size + 20, 'X') == "corrupt " + second);
    CHECK(with(size + 5, '\x7f') == "corrupt " + second);
    CHECK(found(write_of(1) + frame("\xc1") + write_of(2)) == "corrupt " + second);
}

TEST_CASE("a tail may be cut in a partition's last segment only, which is said", "[serverfiles]") {
    const ScratchDir dir;
    spit(dir.file(segment_of(0)), write_of(1) + write_of(2).substr(0, 20));
    spit(dir.file(segment_of(2)), write_of(2));
    const auto check = checked(dir);
    REQUIRE(check.findings.size() == 1);
    CHECK(check.findings[0].kind == Kind::corrupt);
    CHECK_THAT(check.findings[0].text(),
               Catch::Contains(segment_of(0) + ": byte ") && Catch::Contains("last segment only"));
}

TEST_CASE("sequences that are missing, given twice or given anew are found", "[serverfiles]") {
    const ScratchDir gap;
    spit(gap.file(segment_of(0)), write_of(4) + write_of(7));
    const auto check = checked(gap);
    REQUIRE(check.findings.size() == 1);
    CHECK(check.findings[0].text() ==
          gap.file(segment_of(0)) + ": byte " + std::to_string(write_of(4).size()) +
              ": sequences 5 to 6 before this one are in no partition: lost, or never written "
              "because the server died");
    // Another partition has them.
    LogFolder(gap.path())
        .append(segment_name(log_partition_of("m", "other"), 0),
                write_of(5, "other") + write_of(6, "other"));
    CHECK(kinds(gap).empty());

    const ScratchDir twice;
    spit(twice.file(segment_of(0)), write_of(1) + write_of(2) + write_of(2));
    CHECK(kinds(twice) == Kinds{"repeat"});
    spit(twice.file(segment_of(0)), write_of(1) + write_of(3) + write_of(2));
    const auto back = checked(twice);
    REQUIRE(back.findings.size() == 1);
    CHECK(back.findings[0].kind == Kind::order);
    CHECK(back.findings[0].map == "m");
    CHECK(back.findings[0].key == "k");

    const ScratchDir anew;
    spit(anew.file(segment_of(100)), write_of(3));
    applied(anew, 99);
    const auto reused = checked(anew);
    REQUIRE(reused.findings.size() == 1);
    CHECK(reused.findings[0].kind == Kind::reused);
    CHECK_THAT(reused.findings[0].what, Catch::Contains("the watermark is 99"));
}

TEST_CASE("writes in the wrong segment or partition are found", "[serverfiles]") {
    const ScratchDir name;
    spit(name.file(segment_of(5)), write_of(4) + write_of(5));
    CHECK(kinds(name) == Kinds{"segment-name"});
    const ScratchDir partition;
    spit(partition.file(segment_name((kPartition + 1) % 271, 0)), write_of(1));
    const auto check = checked(partition);
    REQUIRE(check.findings.size() == 1);
    CHECK(check.findings[0].kind == Kind::wrong_partition);
    CHECK(check.findings[0].offset == 0);
    CHECK_THAT(check.findings[0].what,
               Catch::EndsWith("belongs into partition " + std::to_string(kPartition)));
}

TEST_CASE("watermarks that cannot be right are found", "[serverfiles]") {
    const ScratchDir size;
    spit(size.file(segment_of(0)), write_of(1));
    spit(size.file(segment_of(0).substr(0, 13) + ".applied"), "short");
    const auto check = checked(size);
    REQUIRE(check.findings.size() == 1);
    CHECK(check.findings[0].kind == Kind::watermark_size);
    CHECK_THAT(check.findings[0].text(), Catch::Contains(".applied: has 5 bytes instead of 8"));
    const ScratchDir ahead;
    spit(ahead.file(segment_of(0)), write_of(1) + write_of(2));
    applied(ahead, 3);
    CHECK(kinds(ahead) == Kinds{"watermark-ahead"});
    applied(ahead, 2);
    CHECK(kinds(ahead).empty());
}

// Goal:   nothing that is wrong with a log's bytes goes unseen.
// Method: each byte of what a killed server left is inverted, one after the other, in segments and
//         watermarks.
TEST_CASE("any damaged byte of a log is found", "[serverfiles][property]") {
    const ScratchDir dir;
    std::filesystem::copy(testdata("serverfiles/killed/topgun-wal"), dir.path(),
                          std::filesystem::copy_options::overwrite_existing);
    for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
        if (entry.path().extension() != ".log") continue;
        const auto sound = slurp(entry.path());
        for (std::size_t at = 0; at < sound.size(); ++at) {
            CAPTURE(entry.path().string(), at);
            auto damaged = sound;
            damaged[at] = static_cast<char>(~damaged[at]);
            spit(entry.path(), damaged);
            CHECK_FALSE(checked(dir).findings.empty());
        }
        spit(entry.path(), sound);
    }
    CHECK(kinds(dir).empty());
}

TEST_CASE("definitions of indexes are read, or refused with the place", "[serverfiles]") {
    const ScratchDir dir;
    const auto path = dir.file("scalar_indexes.json");
    spit(path, R"([{"mapName":"m","attribute":"a.b","indexType":"hash","createdAt":1}])");
    const auto found = must(read_index_file(path));
    REQUIRE(found.size() == 1);
    CHECK(found[0].map == "m");
    CHECK(found[0].attribute == "a.b");
    spit(path, "[]");
    CHECK(must(read_index_file(path)).empty());
    for (const auto* text : {"", "{}", "[{}]", R"([{"mapName":"m"}])", R"([{"mapName":1}])", "[1]",
                             R"([{"mapName":"m","attribute":"a")"}) {
        CAPTURE(text);
        spit(path, text);
        const auto refused = read_index_file(path);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code() == Errc::bad_input);
        CHECK_THAT(refused.error().text(), Catch::StartsWith(path + ": "));
    }
}
