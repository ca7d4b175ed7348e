// SPDX-License-Identifier: Apache-2.0
// Random stored values for property tests: every kind, and the sizes and numbers where codecs err.
#pragma once

#include <string>

#include "topgun/base/bytes.hpp"
#include "topgun/base/random.hpp"

namespace topgun::test {

/// One canonical value, built in canonical form directly (append_canonical() is not involved).
/// All kinds occur, with extension types, NaN, -0.0, whole floats, 64-bit extremes, keys that start
/// with '$', text of every width; a few hundred bytes as a rule, some kilobytes now and then.
/// @param max_depth  most containers inside each other, 0 to 256. One value in sixteen is a chain
///                   exactly that deep.
Bytes random_value(Random& rng, int max_depth);

/// Well-formed UTF-8, mostly short, with quotes, control characters and all lengths of sequence;
/// lengths now and then around those where MessagePack's headers grow.
std::string random_text(Random& rng);

}  // namespace topgun::test
