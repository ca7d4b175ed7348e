// SPDX-License-Identifier: Apache-2.0
// Ops in the wire's form, and the same bytes as events, records, counters and tags.
#include "topgun/wire/op.hpp"

#include "fuzz.hpp"
#include "op_checks.hpp"

using namespace topgun;
using msgpack::Reader;

namespace {

// Reads in one of the ways and checks what came of it.
template <typename Read>
void check_way(BytesView input, Read read) {
    wire::OpBatch batch;
    Reader reader(input);
    const bool ok = read(batch, reader);
    TOPGUN_FUZZ_CHECK(reader.position() <= input.size());
    if (!ok) {
        TOPGUN_FUZZ_CHECK(batch.size() == 0 && batch.skipped() == 0 && batch.unstamped() == 0);
        fuzz::check_offsets(batch.error(reader).text(), input.size());
        return;
    }
    std::vector<OwnedOp> first;
    for (const auto& op : batch.ops()) first.emplace_back(op);
    fuzz::check_ops(first);
    // What follows does not disturb what was read.
    Reader again(input);
    TOPGUN_FUZZ_CHECK(read(batch, again));
    TOPGUN_FUZZ_CHECK(batch.size() == 2 * first.size());
    for (std::size_t i = 0; i < first.size(); ++i) {
        TOPGUN_FUZZ_CHECK(fuzz::same_op(batch.ops()[i], first[i].view()));
        TOPGUN_FUZZ_CHECK(fuzz::same_op(batch.ops()[i + first.size()], first[i].view()));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = fuzz::view_of(data, size);
    check_way(input, [](auto& batch, Reader& r) { return batch.read(r); });
    check_way(input, [](auto& batch, Reader& r) { return batch.read_event(r); });
    check_way(input, [](auto& batch, Reader& r) { return batch.read_lww_record(r, "m", "k"); });
    check_way(input, [](auto& batch, Reader& r) { return batch.read_or_record(r, "m", "k"); });
    check_way(input, [](auto& batch, Reader& r) { return batch.read_counter_state(r, "m"); });
    check_way(input, [](auto& batch, Reader& r) { return batch.read_removed_tag(r, "m", "k"); });
    return 0;
}
