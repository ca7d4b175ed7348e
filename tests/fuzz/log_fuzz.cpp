// SPDX-License-Identifier: Apache-2.0
// Log files: every frame that is sound is read, in order, and everything else is reported.
#include "topgun/storage/log.hpp"

#include <algorithm>

#include "fuzz.hpp"
#include "op_checks.hpp"
#include "seal.hpp"

using namespace topgun;

namespace {

struct Read {
    std::vector<OwnedOp> ops;
    std::vector<LogDamage> damage;
};

Read read_all(LogReader reader, std::size_t limit) {
    Read out;
    wire::OpBatch batch;
    for (;;) {
        const auto before = reader.position();
        const bool more = reader.next(batch, limit);
        for (const auto& op : batch.ops()) out.ops.emplace_back(op);
        TOPGUN_FUZZ_CHECK(batch.size() <= limit && reader.valid_end() <= reader.position());
        batch.reset();
        if (!more) break;
        TOPGUN_FUZZ_CHECK(reader.position() > before);
    }
    out.damage = reader.damage();
    return out;
}

void check_damage(const std::vector<LogDamage>& damage, std::size_t size) {
    std::uint64_t end = 0;
    for (const auto& stretch : damage) {
        TOPGUN_FUZZ_CHECK_WITH(stretch.offset >= end && stretch.offset <= size &&
                                   stretch.length <= size - stretch.offset,
                               stretch.text());
        end = stretch.offset + stretch.length;
        TOPGUN_FUZZ_CHECK(!stretch.torn_tail || end == size);
        fuzz::check_offsets(stretch.text(), size);
    }
}

// A log of these ops holds these ops.
void check_rewritten(const LogHeader& header, const std::vector<OwnedOp>& ops) {
    Bytes log;
    append_log_header(header, log);
    for (const auto& op : ops) TOPGUN_FUZZ_CHECK(append_log_frame(op.view(), log));
    auto reader = LogReader::open(log);
    TOPGUN_FUZZ_CHECK(reader);
    const auto back = read_all(*reader, 100);
    TOPGUN_FUZZ_CHECK(back.damage.empty() && fuzz::same_ops(back.ops, ops));
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned seed) {
    return fuzz::mutate_log(data, size, size_max, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = fuzz::view_of(data, size);
    const auto reader = LogReader::open(input);
    if (!reader) return 0;
    const auto all = read_all(*reader, 1000);
    check_damage(all.damage, size);
    const auto one_by_one = read_all(*reader, 1);
    TOPGUN_FUZZ_CHECK(fuzz::same_ops(all.ops, one_by_one.ops));
    TOPGUN_FUZZ_CHECK(all.damage.size() == one_by_one.damage.size());
    fuzz::check_ops(all.ops);
    check_rewritten(reader->header(), all.ops);
    if (!all.damage.empty() || size == 0) return 0;

    // Cut anywhere, a sound log loses the ops behind the cut and no other.
    const auto cut = static_cast<std::size_t>(data[size / 2]) * size / 256;
    const auto shorter = LogReader::open(input.substr(0, cut));
    TOPGUN_FUZZ_CHECK(shorter || cut == 0);
    if (!shorter) return 0;
    auto head = read_all(*shorter, 1000);
    // A header whose own text looks like the start of a frame cannot be told from a damaged one.
    if (!head.damage.empty() && head.damage.front().offset == 0) return 0;
    TOPGUN_FUZZ_CHECK(head.ops.size() <= all.ops.size());
    for (const auto& damage : head.damage) {
        TOPGUN_FUZZ_CHECK_WITH(damage.torn_tail, damage.text());
    }
    auto expected = all.ops;
    expected.resize(head.ops.size());
    TOPGUN_FUZZ_CHECK(fuzz::same_ops(head.ops, expected));
    return 0;
}
