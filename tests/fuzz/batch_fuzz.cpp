// SPDX-License-Identifier: Apache-2.0
// The inside of BATCH messages, when the direction is known and when it is not.
#include "topgun/wire/batch.hpp"

#include "fuzz.hpp"
#include "topgun/wire/capture.hpp"

using namespace topgun;

namespace {

Bytes packed(const std::vector<BytesView>& frames, wire::BatchLayout layout) {
    const std::vector<Bytes> owned(frames.begin(), frames.end());
    Bytes out;
    wire::pack_batch(owned, layout, out);
    return out;
}

void check_frames(const wire::FrameBatch& batch, BytesView input) {
    std::size_t sum = 0;
    for (const auto frame : batch.frames) {
        TOPGUN_FUZZ_CHECK(frame.data() >= input.data());
        TOPGUN_FUZZ_CHECK(frame.data() + frame.size() <= input.data() + input.size());
        sum += frame.size() + 4;
    }
    TOPGUN_FUZZ_CHECK(sum + batch.tail <= input.size());
    if (batch.complete) {
        TOPGUN_FUZZ_CHECK(batch.tail == 0 && packed(batch.frames, batch.layout) == input);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = fuzz::view_of(data, size);
    bool complete = false;
    for (const auto layout : {wire::BatchLayout::to_client, wire::BatchLayout::to_server}) {
        const auto batch = wire::unpack_batch(input, layout, 16);
        if (!batch) continue;
        TOPGUN_FUZZ_CHECK(batch->layout == layout && batch->frames.size() <= 16);
        check_frames(*batch, input);
        complete = complete || batch->complete;
    }
    const auto guessed = wire::unpack_batch(input, 16);
    TOPGUN_FUZZ_CHECK(bool(guessed) == complete || (guessed && guessed->complete));
    const auto split = wire::split_batch(input);
    if (guessed) {
        check_frames(*guessed, input);
        TOPGUN_FUZZ_CHECK(guessed->complete && split && split->size() == guessed->frames.size());
    }
    return 0;
}
