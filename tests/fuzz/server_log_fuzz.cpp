// SPDX-License-Identifier: Apache-2.0
// Any bytes as a segment of the server's log: every sound frame is read, in order, the rest is
// named, and what the entries say are sound ops.
#include <algorithm>
#include <cstring>
#include <vector>

#include "crc32c.hpp"
#include "fuzz.hpp"
#include "op_checks.hpp"
#include "topgun/serverfiles/server_log.hpp"

using namespace topgun;
using namespace topgun::serverfiles;
using Outcome = SegmentReader::Outcome;

namespace {

constexpr std::size_t kHeader = 13;

// Corrects the checksums of frames, wherever their magic stands.
void seal(Bytes& file) {
    for (auto at = file.find("TGWL"); at != Bytes::npos; at = file.find("TGWL", at + 1)) {
        if (file.size() - at < kHeader) return;
        const auto length = load_be<std::uint32_t>(file.data() + at + 5);
        if (length > file.size() - at - kHeader) continue;
        store_be(file.data() + at + 9, crc32c({file.data() + at + kHeader, length}));
    }
}

void check_entry(const LogEntry& entry) {
    Op base;
    base.map = entry.map;
    base.key = entry.key;
    std::vector<Op> ops;
    if (!append_record_ops(entry.record, base, entry.expiry, ops)) return;
    for (const auto& op : ops) fuzz::check_op(op);
    const auto parts = entry.record.entries.size() + entry.record.removed_tags.size();
    TOPGUN_FUZZ_CHECK(ops.size() == parts);
    TOPGUN_FUZZ_CHECK(entry.kind != LogEntry::Kind::remove || parts == 0);
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned seed) {
    size = LLVMFuzzerMutate(data, size, size_max);
    if (seed % 4 == 0) return size;
    Bytes file(fuzz::view_of(data, size));
    seal(file);
    std::memcpy(data, file.data(), file.size());
    return file.size();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = fuzz::view_of(data, size);
    auto reader = SegmentReader::open(fuzz::plant("segment.log", input));
    TOPGUN_FUZZ_CHECK(reader);
    std::uint64_t last = 0;
    bool first = true;
    for (;;) {
        LogEntry entry;
        const auto outcome = reader->next(entry);
        TOPGUN_FUZZ_CHECK(outcome && reader->offset() <= size);
        TOPGUN_FUZZ_CHECK(first || reader->offset() > last);
        first = false;
        last = reader->offset();
        if (*outcome == Outcome::end) break;
        if (*outcome == Outcome::entry) {
            TOPGUN_FUZZ_CHECK(input.substr(static_cast<std::size_t>(last)).starts_with("TGWL\x01"));
            check_entry(entry);
            continue;
        }
        fuzz::check_offsets(reader->fault().substr(0, reader->fault().find(": ")), size);
        const auto more = reader->skip_damage();
        TOPGUN_FUZZ_CHECK(more);
        if (!*more) break;
    }
    return 0;
}
