// SPDX-License-Identifier: Apache-2.0
// Options of commands that talk to a live endpoint.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "topgun/base/error.hpp"

namespace topgun::cli {

struct ConnectOptions {
    std::string token;
    std::string token_file;
    std::string tls_authorities, tls_certificate, tls_key;
    std::uint64_t attempts = 3;
    std::uint64_t timeout_ms = 5'000;

    /// --token, --token-file, --tls-ca, --tls-cert, --tls-key, --attempts, --connect-timeout.
    /// @param retries  false leaves out --attempts, for a command that tries once.
    void add_to(CLI::App& app, bool retries = true);
    /// The token from the option, the file, or the variable TOPGUN_TOKEN; empty without one.
    /// Errors: those of reading the file; usage when both options are given.
    Result<std::string> read_token() const;
};

}  // namespace topgun::cli
