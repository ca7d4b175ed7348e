// SPDX-License-Identifier: Apache-2.0
// The key by which an endpoint knows devices again that it has given an identity.
#pragma once

#include <string>

#include "topgun/base/error.hpp"
#include "topgun/sync/entropy.hpp"

namespace topgun::sync {

/// 32 unpredictable bytes.
TOPGUN_API std::string draw_device_key(Entropy& entropy);

/// The key in a file, which is drawn and written, readable by its owner alone, where there is none
/// or an empty one. For HubOptions::device_key of an endpoint whose tokens are checked without a
/// secret. Errors: bad_input for a file that holds something else; those of reading and writing.
/// @pre no other process uses the path at the time.
TOPGUN_API Result<std::string> keep_device_key(const std::string& path,
                                               Entropy& entropy = system_entropy());

}  // namespace topgun::sync
