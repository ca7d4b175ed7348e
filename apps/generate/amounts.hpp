// SPDX-License-Identifier: Apache-2.0
// Shares, and amounts that are a share or a count, as options of generate take them.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "topgun/base/error.hpp"

namespace topgun::cli {

/// A number of records, or a part of them.
struct Amount {
    std::uint64_t count = 0;
    double share = 0;

    std::uint64_t of(std::uint64_t records) const noexcept;
};

/// "0.02" or "2%". Errors: usage.
Result<double> parse_share(std::string_view text);
/// "100" and "1k" are counts; "0.01" and "1%" are shares. Errors: usage.
Result<Amount> parse_amount(std::string_view text);

CLI::Option* add_share_option(CLI::App& app, const std::string& names, double& share,
                              const std::string& description);
CLI::Option* add_amount_option(CLI::App& app, const std::string& names, Amount& amount,
                               const std::string& description);

}  // namespace topgun::cli
