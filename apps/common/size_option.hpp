// SPDX-License-Identifier: Apache-2.0
// Options that take a size in bytes: --memory 256M.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "topgun/base/error.hpp"

namespace topgun::cli {

/// "65536", "512k", "256M", "1G", also as kB or KiB and so on: powers of 1024. Errors: usage.
Result<std::uint64_t> parse_size(std::string_view text);

/// An option that takes a size, read by parse_size().
CLI::Option* add_size_option(CLI::App& app, const std::string& names, std::uint64_t& bytes,
                             const std::string& description);

}  // namespace topgun::cli
