// SPDX-License-Identifier: Apache-2.0
// Runs a program as a shell would, with everything that could vary under the test's control.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace topgun::test {

/// What a program is to be run with.
struct ProcessOptions {
    std::vector<std::string> arguments;
    std::string input;             ///< Standard input, then end of file.
    std::filesystem::path folder;  ///< Working directory; empty for this process's own.
    std::map<std::string, std::string> environment;  ///< On top of clean_environment().
    /// A file or device that is standard output instead of a pipe: "/dev/full".
    std::string output_path;
    /// Bytes of standard output to read before the reader goes away, as `| head` does.
    std::size_t output_limit = ~std::size_t{0};
    /// A signal to send once the program has written a line, 0 for none.
    int signal = 0;
    std::chrono::seconds time_limit{60};
};

struct ProcessResult {
    int status = 0;  ///< As a shell shows it: 128 + n for a signal.
    std::string out, err;
    bool timed_out = false;
};

/// LC_ALL=C.UTF-8, TZ=UTC, TERM=dumb, PATH, HOME and sanitizer options; nothing about colours.
std::map<std::string, std::string> clean_environment();

/// Errors to start it give status 127 and a message in `err`.
ProcessResult run_process(const std::filesystem::path& program, const ProcessOptions& options);

}  // namespace topgun::test
