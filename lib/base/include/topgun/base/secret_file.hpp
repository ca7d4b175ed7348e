// SPDX-License-Identifier: Apache-2.0
// Small files that nobody but their owner may read.
#pragma once

#include <string>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"

namespace topgun {

/// Writes a file of mode 0600, whatever the process's mask: complete or absent, and durable when
/// this returns. One that is there is replaced. Errors: not_found (no such directory), io.
/// @pre no other process writes the same path.
TOPGUN_API Status write_secret_file(const std::string& path, BytesView bytes);

}  // namespace topgun
