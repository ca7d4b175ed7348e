// SPDX-License-Identifier: Apache-2.0
// The two file formats as they were first released: read for ever, written the same, and noticing
// every flipped byte. See testdata/formats/README.md.
#include <fcntl.h>
#include <unistd.h>

#include <map>

#include "frame.hpp"
#include "row_block.hpp"
#include "snapshot_layout.hpp"
#include "source_support.hpp"
#include "topgun/base/hash.hpp"
#include "topgun/replica/facts.hpp"
#include "topgun/storage/snapshot.hpp"

using namespace topgun;
using test::Lines;
using test::must;

namespace {

constexpr const char* kOrigin = "phone-7";

std::string golden(const std::string& name) {
    return test::testdata("formats/" + name).string();
}

Lines lines_of_file(const std::string& path) {
    Lines lines;
    const auto text = test::slurp(path);
    for (std::size_t at = 0; at < text.size();) {
        const auto end = text.find('\n', at);
        REQUIRE(end != std::string::npos);
        lines.push_back(text.substr(at, end + 1 - at));
        at = end + 1;
    }
    return lines;
}

// A copy of a file whose bytes are flipped one at a time, in place.
class Flipped {
public:
    Flipped(const std::string& original, std::string path)
        : path_(std::move(path)), bytes_(test::slurp(original)) {
        test::spit(path_, bytes_);
        fd_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
        REQUIRE(fd_ >= 0);
    }
    ~Flipped() { ::close(fd_); }
    Flipped(const Flipped&) = delete;
    Flipped& operator=(const Flipped&) = delete;

    const std::string& path() const { return path_; }
    const std::string& bytes() const { return bytes_; }
    // Another bit of each byte, so that all are tried somewhere.
    void flip(std::size_t at) { put(at, static_cast<char>(bytes_[at] ^ (1 << (at % 8)))); }
    void restore(std::size_t at) { put(at, bytes_[at]); }

private:
    void put(std::size_t at, char byte) {
        REQUIRE(::pwrite(fd_, &byte, 1, static_cast<off_t>(at)) == 1);
    }
    std::string path_;
    std::string bytes_;
    int fd_ = -1;
};

// A row as a number that says all of it, and its map: lines would take most of the test's time.
std::uint64_t row_number(const MapId& id, const Row& row) {
    static Bytes scratch;
    const auto content = row_content(row, scratch);
    return content.low ^ splitmix64(content.high) ^
           xxh3_64(id.name, static_cast<std::uint64_t>(id.kind));
}

using Numbers = std::vector<std::uint64_t>;

// Every row of a state, in its order.
Numbers numbers_of(const StateReader& state) {
    Numbers out;
    for (const auto& id : state.maps()) {
        const auto take = [&](const Row& row) { out.push_back(row_number(id, row)); };
        must(for_each_row(*must(state.removed_tags(id)), take));
        must(for_each_row(*must(state.StateReader::rows(id)), take));
    }
    return out;
}

// All that a strict reader can read. Empty when it is sound.
std::string strict_complaint(const std::string& path) {
    const auto snapshot = SnapshotReader::open(path);
    if (!snapshot) return snapshot.error().text();
    const auto ignore = [](const Row&) {};
    for (const auto& id : (*snapshot)->maps()) {
        if (auto facts = (*snapshot)->facts(id); !facts) return facts.error().text();
        for (const bool removed : {true, false}) {
            auto rows =
                removed ? (*snapshot)->removed_tags(id) : (*snapshot)->StateReader::rows(id);
            if (!rows) return rows.error().text();
            if (auto read = for_each_row(**rows, ignore); !read) return read.error().text();
        }
    }
    return {};
}

// A stretch of a file that stands or falls together, and what it holds.
template <typename Item>
struct Part {
    std::size_t begin = 0, end = 0;
    std::vector<Item> items;
};

// Header, frames and footer of a snapshot, one after the other without a gap.
std::vector<Part<std::uint64_t>> snapshot_parts(const std::string& bytes) {
    std::vector<Part<std::uint64_t>> parts = {{0, storage::kSnapshotHeader, {}}};
    storage::FrameDecoder decoder;
    while (parts.back().end + storage::kSnapshotFooter < bytes.size()) {
        const auto begin = parts.back().end;
        const auto header = storage::parse_frame_header(BytesView(bytes).substr(begin));
        REQUIRE(header);
        Part<std::uint64_t> part{begin, begin + storage::kFrameHeader + header->stored, {}};
        const bool removed = header->type == storage::FrameType::removed_tags;
        if (removed || header->type == storage::FrameType::rows) {
            Bytes raw;
            (void)must(decoder.decode(BytesView(bytes).substr(begin, part.end - begin), raw));
            storage::RowBlock block;
            must(block.decode(raw, removed));
            for (const auto& row : block.rows) part.items.push_back(row_number(block.map, row));
        }
        parts.push_back(std::move(part));
    }
    parts.push_back({parts.back().end, bytes.size(), {}});
    REQUIRE(parts.back().end - parts.back().begin == storage::kSnapshotFooter);
    return parts;
}

// The header and the frames of a log, each frame with its op.
std::vector<Part<std::string>> log_parts(const std::string& bytes, const Lines& ops) {
    std::vector<Part<std::string>> parts;
    std::size_t at = 16 + load_le<std::uint32_t>(bytes.data() + 12) + 8;
    parts.push_back({0, at, {}});
    for (const auto& op : ops) {
        REQUIRE(BytesView(bytes).substr(at, 4) == "TGLO");
        const auto end = at + 16 + load_le<std::uint32_t>(bytes.data() + at + 4);
        parts.push_back({at, end, {op}});
        at = end;
    }
    REQUIRE(at == bytes.size());
    return parts;
}

// What all parts but one hold.
template <typename Item>
std::vector<Item> all_but(const std::vector<Part<Item>>& parts, const Part<Item>* lost) {
    std::vector<Item> out;
    for (const auto& part : parts) {
        if (&part != lost) out.insert(out.end(), part.items.begin(), part.items.end());
    }
    return out;
}

}  // namespace

TEST_CASE("the first snapshot ever is read as what was put into it", "[source][golden]") {
    test::ScratchDir dir;
    const auto source = must(open_source(golden("v1.tgs")));
    CHECK(source.report.format == Format::snapshot);
    CHECK(source.report.complete());
    (void)must(write_state(*source.state, dir.file("again.ndjson"), Format::automatic));
    CHECK(test::slurp(dir.file("again.ndjson")) == test::slurp(golden("v1.ndjson")));
    const auto snapshot = must(SnapshotReader::open(golden("v1.tgs")));
    CHECK(must(snapshot->verify()).empty());
    CHECK(snapshot->blocks() > snapshot->maps().size() + 2);  // one map has several
    std::vector<const MapFacts*> facts;
    for (const auto& id : snapshot->maps()) facts.push_back(must(snapshot->facts(id)));
    CHECK(hex(state_hash(facts)) == "3d3b106f5cd199ce84a92cd2eb507b7d");
}

TEST_CASE("the first log ever is read as what was put into it", "[source][golden]") {
    const auto read = test::all_ops(golden("v1.tgl"));
    CHECK(read.lines == lines_of_file(golden("v1-ops.ndjson")));
    CHECK(read.report.format == Format::log);
    CHECK(read.report.origins == Lines{kOrigin});
    CHECK(read.report.complete());
}

TEST_CASE("the same state is written as the same snapshot, byte for byte, for ever",
          "[source][golden]") {
    test::ScratchDir dir;
    const auto source = must(open_source(golden("v1.ndjson")));
    for (const unsigned threads : {0u, 1u, 3u}) {
        SnapshotOptions options;
        options.threads = threads;
        (void)must(write_snapshot(*source.state, dir.file("again.tgs"), options));
        CHECK((test::slurp(dir.file("again.tgs")) == test::slurp(golden("v1.tgs"))));
    }
}

TEST_CASE("the same ops are written as the same log, byte for byte, for ever", "[source][golden]") {
    test::ScratchDir dir;
    auto writer = must(OpWriter::create(dir.file("again.tgl"), Format::log, kOrigin));
    (void)must(
        read_ops(golden("v1-ops.ndjson"), {}, [&writer](const Op& op) { return writer->add(op); }));
    must(writer->finish());
    CHECK((test::slurp(dir.file("again.tgl")) == test::slurp(golden("v1.tgl"))));
}

TEST_CASE("a snapshot that only a newer version can read is refused, one it may read is read",
          "[source][golden]") {
    test::ScratchDir dir;
    const auto path = dir.file("newer.tgs");
    const auto with_versions = [&path](std::uint16_t version, std::uint16_t oldest_reader) {
        auto bytes = test::slurp(golden("v1.tgs"));
        store_le(bytes.data() + 8, version);
        store_le(bytes.data() + 10, oldest_reader);
        store_le(bytes.data() + 12, storage::header_check(bytes));
        test::spit(path, bytes);
    };
    with_versions(2, 2);
    const auto error = test::refusal(path);
    CHECK(error.code() == Errc::unsupported_version);
    CHECK(error.text() == path +
                              ": snapshot format version 2 needs a reader of version 2 or later; "
                              "this one reads up to version 1. Install a newer topgun-cli.");
    with_versions(2, 1);
    CHECK(test::state_lines(path) == test::state_lines(golden("v1.tgs")));
}

TEST_CASE("a log that only a newer version can read is refused, one it may read is read",
          "[source][golden]") {
    test::ScratchDir dir;
    const auto path = dir.file("newer.tgl");
    const auto with_versions = [&path](std::uint16_t version, std::uint16_t oldest_reader) {
        auto bytes = test::slurp(golden("v1.tgl"));
        store_le(bytes.data() + 8, version);
        store_le(bytes.data() + 10, oldest_reader);
        const auto checked = 16 + load_le<std::uint32_t>(bytes.data() + 12);
        store_le(bytes.data() + checked, xxh3_64(BytesView(bytes).substr(0, checked)));
        test::spit(path, bytes);
    };
    with_versions(2, 2);
    const auto error = test::refusal(path);
    CHECK(error.code() == Errc::unsupported_version);
    CHECK(error.text() == path +
                              ": log format version 2 needs a reader of version 2 or later; this "
                              "one reads up to version 1. Install a newer topgun-cli.");
    with_versions(2, 1);
    CHECK(test::all_ops(path).lines == test::all_ops(golden("v1.tgl")).lines);
}

// Goal:   no single damaged byte goes unnoticed, and none costs more than its block.
// Method: each byte of the golden snapshot is flipped by itself. A strict reader that reads all
// must
//         complain and name the file; salvage must give every row of all other blocks. It takes
//         its time, so of the parts that hold no rows every fourth byte is salvaged.
TEST_CASE("every flipped byte of a snapshot is noticed, and costs its block at most",
          "[source][golden]") {
    test::ScratchDir dir;
    Flipped file(golden("v1.tgs"), dir.file("flipped.tgs"));
    CHECK(strict_complaint(file.path()).empty());
    const auto parts = snapshot_parts(file.bytes());
    const Part<std::uint64_t>* const none = nullptr;
    REQUIRE(all_but(parts, none) == numbers_of(*must(SnapshotReader::open(file.path()))));
    for (const auto& part : parts) {
        const auto expected = all_but(parts, &part);
        for (auto at = part.begin; at < part.end; ++at) {
            CAPTURE(at, part.begin, part.end);
            file.flip(at);
            const auto complaint = strict_complaint(file.path());
            if (complaint.find(file.path()) != 0) FAIL_CHECK("complaint: '" + complaint + "'");
            if (!part.items.empty() || at % 4 == 0) {
                const auto salvaged =
                    must(SnapshotReader::open(file.path(), SnapshotOpen::salvage));
                if (numbers_of(*salvaged) != expected) FAIL_CHECK("salvage kept other rows");
                if (salvaged->damage().empty()) FAIL_CHECK("salvage lists no damage");
            }
            file.restore(at);
        }
    }
    CHECK(strict_complaint(file.path()).empty());
}

// Goal:   as above, for logs. A strict reader may take the flipped length of the last frame for an
//         interrupted write, which is no error, but is told.
TEST_CASE("every flipped byte of a log is noticed, and costs its op at most", "[source][golden]") {
    test::ScratchDir dir;
    Flipped file(golden("v1.tgl"), dir.file("flipped.tgl"));
    const auto parts = log_parts(file.bytes(), lines_of_file(golden("v1-ops.ndjson")));
    ReadOptions salvage;
    salvage.keep_going = true;
    for (const auto& part : parts) {
        const auto expected = all_but(parts, &part);
        for (auto at = part.begin; at < part.end; ++at) {
            CAPTURE(at, part.begin, part.end);
            file.flip(at);
            const auto read = test::try_read_ops(file.path());
            if (!read) {
                CHECK(read.error().code() == Errc::bad_input);
                CHECK_THAT(read.error().text(), Catch::StartsWith(file.path() + ": "));
            } else {
                CHECK(&part == &parts.back());
                CHECK_FALSE(read->report.complete());
            }
            const auto kept = test::all_ops(file.path(), salvage);
            if (kept.lines != expected) FAIL_CHECK("salvage kept " << kept.lines.size());
            CHECK_FALSE(kept.report.damage.empty());
            file.restore(at);
        }
    }
    CHECK(test::all_ops(file.path()).report.complete());
}

// Hidden: run by name, with TOPGUN_GOLDEN_OUT naming a folder, when a format gets a new version.
TEST_CASE("golden files are made from their NDJSON", "[.make-golden]") {
    const char* folder = std::getenv("TOPGUN_GOLDEN_OUT");
    REQUIRE(folder != nullptr);
    const std::string out = std::string(folder) + "/";
    const auto source = must(open_source(golden("v1.ndjson")));
    (void)must(write_state(*source.state, out + "v1.tgs", Format::automatic));
    auto writer = must(OpWriter::create(out + "v1.tgl", Format::log, kOrigin));
    (void)must(
        read_ops(golden("v1-ops.ndjson"), {}, [&writer](const Op& op) { return writer->add(op); }));
    must(writer->finish());
}
