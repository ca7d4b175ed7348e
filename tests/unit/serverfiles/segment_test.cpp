// SPDX-License-Identifier: Apache-2.0
// Segments of the log: where they end, and what is sound of damaged ones.
#include "log_writer.hpp"

using namespace topgun;
using namespace topgun::serverfiles;
using namespace topgun::test;
using Outcome = SegmentReader::Outcome;

namespace {

struct Read {
    std::vector<std::uint64_t> sequences;
    std::vector<Outcome> faults;
    std::vector<std::string> texts;
};

Read read_all(const ScratchDir& dir, const Bytes& content) {
    spit(dir.file("s"), content);
    auto reader = must(SegmentReader::open(dir.file("s")));
    Read out;
    LogEntry entry;
    for (;;) {
        const auto outcome = must(reader.next(entry));
        if (outcome == Outcome::end) return out;
        if (outcome == Outcome::entry) {
            out.sequences.push_back(entry.sequence);
            continue;
        }
        out.faults.push_back(outcome);
        out.texts.push_back(reader.fault());
        if (!must(reader.skip_damage())) return out;
    }
}

Bytes numbered(std::uint64_t sequence) {
    return frame(payload("m", "k", op_remove(), sequence));
}

const Bytes kThree = numbered(1) + numbered(2) + numbered(3);
const std::size_t kSize = numbered(1).size();

}  // namespace

TEST_CASE("a sound segment is read to its end", "[serverfiles]") {
    const ScratchDir dir;
    CHECK(read_all(dir, "").faults.empty());
    const auto read = read_all(dir, kThree);
    CHECK(read.sequences == std::vector<std::uint64_t>{1, 2, 3});
    CHECK(read.faults.empty());
}

TEST_CASE("a segment that ends within a frame has a cut tail", "[serverfiles]") {
    const ScratchDir dir;
    for (std::size_t size = 2 * kSize + 1; size < 3 * kSize; ++size) {
        CAPTURE(size);
        const auto read = read_all(dir, kThree.substr(0, size));
        CHECK(read.sequences == std::vector<std::uint64_t>{1, 2});
        CHECK(read.faults == std::vector<Outcome>{Outcome::cut_tail});
        CHECK(read.texts[0] ==
              "byte " + std::to_string(2 * kSize) + ": the file ends within a frame");
    }
}

TEST_CASE("damage is told apart, with its place, and passed over", "[serverfiles]") {
    const ScratchDir dir;
    const auto damaged = [&](std::size_t at, char byte) {
        auto content = kThree;
        content[at] = byte;
        return read_all(dir, content);
    };
    const auto place = "byte " + std::to_string(kSize) + ": ";
    const std::vector<std::uint64_t> others = {1, 3};

    const auto magic = damaged(kSize, 'X');
    CHECK(magic.faults == std::vector<Outcome>{Outcome::bad_magic});
    CHECK(magic.texts[0] == place + "is no frame");
    CHECK(magic.sequences == others);

    const auto version = damaged(kSize + 4, '\x02');
    CHECK(version.faults == std::vector<Outcome>{Outcome::unknown_version});
    CHECK(version.texts[0] == place + "a frame of version 2; 1 is known");
    CHECK(version.sequences == others);

    const auto checksum = damaged(kSize + 20, 'X');
    CHECK(checksum.faults == std::vector<Outcome>{Outcome::corrupt});
    CHECK(checksum.texts[0] == place + "the checksum of a frame differs");
    CHECK(checksum.sequences == others);

    // A length that leads out of the file looks like a writer that died.
    CHECK(damaged(kSize + 5, '\x7f').faults == std::vector<Outcome>{Outcome::cut_tail});
    CHECK(damaged(kSize + 5, '\x7f').sequences == others);

    const auto last = damaged(2 * kSize + 20, 'X');
    CHECK(last.faults == std::vector<Outcome>{Outcome::cut_tail});
    CHECK(last.sequences == std::vector<std::uint64_t>{1, 2});

    const auto undecodable = read_all(dir, numbered(1) + frame("\xc1") + numbered(3));
    CHECK(undecodable.faults == std::vector<Outcome>{Outcome::corrupt});
    CHECK_THAT(undecodable.texts[0], Catch::Contains(place + "a frame cannot be decoded: "));
    CHECK(undecodable.sequences == others);
}

// Goal:   no damage invents a write or hides that one is missing.
// Method: each byte of a segment is inverted, one after the other; what is read are frames that
//         were written, in order, and a fault is told.
TEST_CASE("any damaged byte of a segment is told, and costs its frame only",
          "[serverfiles][property]") {
    const ScratchDir dir;
    for (std::size_t at = 0; at < kThree.size(); ++at) {
        CAPTURE(at);
        auto content = kThree;
        content[at] = static_cast<char>(~content[at]);
        const auto read = read_all(dir, content);
        std::vector<std::uint64_t> expected = {1, 2, 3};
        expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(at / kSize));
        CHECK(read.sequences == expected);
        CHECK(read.faults.size() == 1);
    }
}

TEST_CASE("what looks like many frames in each other is given up after a stated cost",
          "[serverfiles]") {
    const ScratchDir dir;
    Bytes content = "damage";
    for (int i = 0; i < 20'000; ++i) {
        content += "TGWL\x01";
        append_be(content, std::uint32_t{300'000});
        append_be(content, std::uint32_t{0});
    }
    content += Bytes(700'000, 'x') + numbered(9);
    const auto read = read_all(dir, content);
    CHECK(read.faults.size() == 1);
    CHECK(read.sequences.empty());
}

TEST_CASE("a frame behind a long damaged part is found, wherever its magic lies", "[serverfiles]") {
    const ScratchDir dir;
    for (std::size_t gap = (std::size_t{256} << 10) - 20; gap < (std::size_t{256} << 10) + 4;
         ++gap) {
        CAPTURE(gap);
        const auto read = read_all(dir, Bytes(gap, 'T') + numbered(9));
        CHECK(read.sequences == std::vector<std::uint64_t>{9});
    }
}
