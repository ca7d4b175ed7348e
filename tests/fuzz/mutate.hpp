// SPDX-License-Identifier: Apache-2.0
// Small changes to an input, of the kinds that decoders trip over.
#pragma once

#include <string>

#include "topgun/base/random.hpp"

namespace topgun::fuzz {

/// Makes one to eight changes: flipped bits, other bytes, integers at limits, ranges removed,
/// repeated, moved or taken from `other`, a cut end.
/// @param longest  the result is cut to this many bytes.
void mutate(std::string& input, const std::string& other, std::size_t longest, Random& random);

/// The start of one and the end of the other.
void splice(std::string& input, const std::string& other, Random& random);

}  // namespace topgun::fuzz
