// SPDX-License-Identifier: Apache-2.0
// Readers of text records, JSON and CSV alike: what they promise about damage and about ops.
#pragma once

#include <string>
#include <vector>

#include "topgun/storage/owned_op.hpp"
#include "topgun/storage/text_formats.hpp"

namespace topgun::fuzz {

using TextReader = Status (*)(BytesView, const TextReadOptions&, const OpSink&, TextCounts&,
                              std::vector<TextDamage>&);

/// Reads strictly and with keep_going, with and without defaults, and checks one against the other.
/// @return the ops that keep_going with defaults yields.
std::vector<OwnedOp> check_text_reader(TextReader reader, BytesView text);

}  // namespace topgun::fuzz
