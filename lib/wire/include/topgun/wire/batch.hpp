// SPDX-License-Identifier: Apache-2.0
// The inside of BATCH messages: frames with lengths, in a layout of its own for each direction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"

namespace topgun::wire {

enum class BatchLayout : std::uint8_t {
    to_client,  ///< Count, then length and bytes of each frame; 32 bits, least significant first.
    to_server,  ///< Length and bytes of each frame up to the end; 32 bits, most significant first.
};

/// TopGun's server refuses batches of more frames.
inline constexpr std::size_t kMaxBatchFrames = 8192;

/// Views into the batch's data.
struct FrameBatch {
    BatchLayout layout = BatchLayout::to_client;
    std::vector<BytesView> frames{};
    std::size_t tail = 0;   ///< Bytes after the last frame.
    bool complete = false;  ///< No tail, and as many frames as announced.
};

/// Takes the `data` of a BATCH apart when the direction is not known, as in a captured file: the
/// layout that uses up all bytes exactly; to_client if both do.
/// Errors: bad_input when neither does; limit: more than `max_frames`. Cost: O(frames).
TOPGUN_API Result<FrameBatch> unpack_batch(BytesView data,
                                           std::size_t max_frames = kMaxBatchFrames);

/// The same for a known direction. A batch that ends too early gives the frames before that, as
/// peers read it, and is not `complete`. Errors: limit; bad_input when even the count is cut.
TOPGUN_API Result<FrameBatch> unpack_batch(BytesView data, BatchLayout layout,
                                           std::size_t max_frames = kMaxBatchFrames);

/// Appends the `data` of a BATCH. @pre frames of less than 4 GiB each.
TOPGUN_API void pack_batch(std::span<const Bytes> frames, BatchLayout layout, Bytes& out);

}  // namespace topgun::wire
