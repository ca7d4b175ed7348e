// SPDX-License-Identifier: Apache-2.0
// Tokens of clients that are kept in files, so that no list of processes shows them.
#pragma once

#include <string>

#include "topgun/base/error.hpp"

namespace topgun::sync {

/// The token in a file, without blanks and line ends after it.
/// Errors: those of read_file(), limit for more than 64 KiB; usage when there is none in it.
TOPGUN_API Result<std::string> read_token_file(const std::string& path);

}  // namespace topgun::sync
