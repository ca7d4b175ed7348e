// SPDX-License-Identifier: Apache-2.0
// A running `topgun-cli serve`, and other commands run beside it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "topgun_test/process.hpp"

namespace topgun::test {

/// Runs topgun-cli in a folder.
ProcessResult run_cli(const std::filesystem::path& folder, std::vector<std::string> arguments,
                      std::string input = {});

/// Serves from construction to the end of its life.
class Endpoint {
public:
    /// @param port  0 for any.
    Endpoint(const std::filesystem::path& folder, std::vector<std::string> options,
             unsigned port = 0);
    ~Endpoint();
    Endpoint(const Endpoint&) = delete;
    Endpoint& operator=(const Endpoint&) = delete;

    unsigned port() const noexcept { return port_; }
    std::string url() const { return "ws://127.0.0.1:" + std::to_string(port_); }
    /// Sends a signal and waits for the end. @return the status as a shell shows it.
    int end(int signal);

private:
    pid_t pid_ = -1;
    unsigned port_ = 0;
};

}  // namespace topgun::test
