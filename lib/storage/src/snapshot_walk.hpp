// SPDX-License-Identifier: Apache-2.0
// Reading a damaged snapshot: a walk from frame to frame that trusts nothing but each frame's own
// checks, and names for what it had to leave out.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "frame.hpp"
#include "topgun/base/file.hpp"
#include "topgun/replica/row.hpp"
#include "topgun/storage/snapshot.hpp"

namespace topgun::storage {

struct WalkEvents {
    /// A frame whose checks are right. `raw` is its unpacked content, valid during the call.
    std::function<void(const FrameRef&, const FrameHeader&, BytesView raw)> on_frame;
    std::function<void(std::uint64_t offset, std::uint64_t length, std::string what)> on_damage;
};

/// Visits every byte behind the file's header. Errors: those of reading the file, not damage.
/// Cost: O(bytes); damage costs more, but never above a small multiple of the bytes.
Status walk_frames(const InputFile& file, const WalkEvents& events);

/// What is known of a stretch of the file.
struct Mark {
    std::uint64_t offset = 0;
    std::uint64_t end = 0;
    const MapId* map = nullptr;  ///< Null for sections met in a walk, which do not name their map.
    FrameType type = FrameType::rows;
    std::uint32_t first_hash = 0;  ///< Of rows.
    std::uint32_t last_hash = 0;
};

/// Says which map and which key hashes each damage may have hit.
/// @param marks  in ascending order: the frames that should stand in the file, as far as an index
///               tells, and those that do.
void name_damage(const std::vector<Mark>& marks, std::vector<SnapshotDamage>& damage);

}  // namespace topgun::storage
