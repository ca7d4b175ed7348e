// SPDX-License-Identifier: Apache-2.0
#include "topgun/wire/batch.hpp"

#include <limits>
#include <string>

#include "topgun/base/check.hpp"

namespace topgun::wire {
namespace {

constexpr std::size_t kWord = 4;

std::uint32_t load_word(const char* from, BatchLayout layout) {
    return layout == BatchLayout::to_client ? load_le<std::uint32_t>(from)
                                            : load_be<std::uint32_t>(from);
}

Error too_many(std::size_t max_frames) {
    return Error(Errc::limit, "batch: more than " + std::to_string(max_frames) + " frames");
}

}  // namespace

Result<FrameBatch> unpack_batch(BytesView data, BatchLayout layout, std::size_t max_frames) {
    FrameBatch batch{layout, {}, 0, false};
    std::uint64_t announced = std::numeric_limits<std::uint64_t>::max();
    std::size_t at = 0;
    if (layout == BatchLayout::to_client) {
        if (data.size() < kWord) {
            return Error(Errc::bad_input, "batch: " + std::to_string(data.size()) +
                                              " bytes hold no 32-bit count of frames");
        }
        announced = load_word(data.data(), layout);
        at = kWord;
    }
    while (batch.frames.size() < announced && data.size() - at >= kWord) {
        const auto length = load_word(data.data() + at, layout);
        if (length > data.size() - at - kWord) break;
        if (batch.frames.size() == max_frames) return too_many(max_frames);
        batch.frames.push_back(data.substr(at + kWord, length));
        at += kWord + length;
    }
    batch.tail = data.size() - at;
    // Frames announced but not begun leave no bytes behind, yet the batch is not whole.
    batch.complete =
        batch.tail == 0 && (layout == BatchLayout::to_server || batch.frames.size() == announced);
    return batch;
}

Result<FrameBatch> unpack_batch(BytesView data, std::size_t max_frames) {
    bool over_limit = false;
    for (const auto layout : {BatchLayout::to_client, BatchLayout::to_server}) {
        auto batch = unpack_batch(data, layout, max_frames);
        if (batch && batch->complete) return batch;
        // Zeros in the other direction's frames look like many empty ones.
        over_limit = over_limit || (!batch && batch.error().code() == Errc::limit);
    }
    if (over_limit) return too_many(max_frames);
    return Error(Errc::bad_input,
                 "batch: neither layout uses up the " + std::to_string(data.size()) + " bytes");
}

void pack_batch(std::span<const Bytes> frames, BatchLayout layout, Bytes& out) {
    const auto append_word = [&](std::size_t value) {
        TOPGUN_ASSERT(value <= 0xffffffff, "batches have 32-bit lengths");
        const auto word = static_cast<std::uint32_t>(value);
        if (layout == BatchLayout::to_client)
            append_le(out, word);
        else
            append_be(out, word);
    };
    if (layout == BatchLayout::to_client) append_word(frames.size());
    for (const auto& frame : frames) {
        append_word(frame.size());
        out += frame;
    }
}

}  // namespace topgun::wire
