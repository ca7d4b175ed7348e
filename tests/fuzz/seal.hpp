// SPDX-License-Identifier: Apache-2.0
// Checksums made right again: behind them lies what a blind change never reaches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "topgun/base/bytes.hpp"

namespace topgun::fuzz {

/// Corrects the checks of a snapshot's header, footer and frames, wherever a frame's magic stands.
/// Lengths stay as they are, so that wrong ones are met too.
void seal_snapshot(Bytes& file);
/// The same for a log's header and frames.
void seal_log(Bytes& file);

/// Changes the unpacked content of one frame of a snapshot, packs it again, and moves everything
/// that points behind it: the file stays whole, but says something else.
/// @return false when there is no frame that can be unpacked.
bool change_snapshot_frame(Bytes& file, unsigned seed);

/// What LLVMFuzzerCustomMutator() does for these files: some changes are left unsealed.
std::size_t mutate_snapshot(std::uint8_t* data, std::size_t size, std::size_t size_max,
                            unsigned seed);
std::size_t mutate_log(std::uint8_t* data, std::size_t size, std::size_t size_max, unsigned seed);

}  // namespace topgun::fuzz
