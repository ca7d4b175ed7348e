// SPDX-License-Identifier: Apache-2.0
// Captured traffic: the ops in it are the same however the messages are framed.
#include "topgun/wire/capture.hpp"

#include "fuzz.hpp"
#include "op_checks.hpp"
#include "topgun/wire/batch.hpp"

using namespace topgun;

namespace {

struct Read {
    std::vector<OwnedOp> ops;
    wire::CaptureCounts counts;
    std::size_t first_end = 0;  // where the first message ends, if it was sound
};

// @param keep  whether ops gather in one batch, or each message gets an empty one.
Read read_all(BytesView input, bool keep) {
    Read out;
    wire::CaptureReader reader(input);
    wire::OpBatch batch;
    std::size_t taken = 0;
    for (;;) {
        const auto before = reader.position();
        const auto more = reader.next(batch);
        for (; taken < batch.size(); ++taken) out.ops.emplace_back(batch.ops()[taken]);
        if (more && !*more) break;
        TOPGUN_FUZZ_CHECK(reader.position() > before && reader.position() <= input.size());
        if (!more) fuzz::check_offsets(more.error().text(), input.size());
        if (more && before == 0) out.first_end = reader.position();
        if (!keep) batch.reset();
        if (!keep) taken = 0;
    }
    TOPGUN_FUZZ_CHECK(reader.position() == input.size());
    out.counts = reader.counts();
    TOPGUN_FUZZ_CHECK(out.counts.ops == out.ops.size());
    std::uint64_t by_type = 0;
    for (const auto& [type, count] : out.counts.types) by_type += count;
    TOPGUN_FUZZ_CHECK(by_type == out.counts.messages);
    return out;
}

Bytes in_batch(BytesView frame, wire::BatchLayout layout) {
    Bytes data, out;
    wire::pack_batch(std::vector<Bytes>{Bytes(frame)}, layout, data);
    msgpack::Writer writer(out);
    writer.map(3);
    writer.string("type");
    writer.string("BATCH");
    writer.string("count");
    writer.unsigned_integer(1);
    writer.string("data");
    writer.binary(data);
    return out;
}

// Framing may be refused for its depth, but not change what is inside.
void check_framed(const Bytes& framed, const std::vector<OwnedOp>& expected) {
    const auto read = read_all(framed, true);
    if (read.counts.damaged != 0) return;
    TOPGUN_FUZZ_CHECK_WITH(fuzz::same_ops(read.ops, expected),
                           fuzz::describe(expected) + fuzz::describe(read.ops));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = fuzz::view_of(data, size);
    const auto all = read_all(input, true);
    const auto one_by_one = read_all(input, false);
    TOPGUN_FUZZ_CHECK(fuzz::same_ops(all.ops, one_by_one.ops));
    TOPGUN_FUZZ_CHECK(all.counts.messages == one_by_one.counts.messages &&
                      all.counts.damaged == one_by_one.counts.damaged);
    fuzz::check_ops(all.ops);
    if (all.counts.damaged == 0) {
        auto twice = all.ops;
        twice.insert(twice.end(), all.ops.begin(), all.ops.end());
        TOPGUN_FUZZ_CHECK(fuzz::same_ops(read_all(Bytes(input) + Bytes(input), true).ops, twice));
    }
    const auto message = input.substr(0, all.first_end);
    if (message.empty()) return 0;
    const auto alone = read_all(message, true);
    TOPGUN_FUZZ_CHECK(alone.counts.damaged == 0);
    check_framed(in_batch(message, wire::BatchLayout::to_client), alone.ops);
    check_framed(in_batch(message, wire::BatchLayout::to_server), alone.ops);
    check_framed("\x91" + Bytes(message), alone.ops);
    return 0;
}
