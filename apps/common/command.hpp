// SPDX-License-Identifier: Apache-2.0
// One program per subcommand: options first, then the work, then one exit status.
#pragma once

#include <memory>

#include "common/exit_code.hpp"
#include "common/streams.hpp"
#include "topgun/base/error.hpp"

namespace CLI {
class App;
}

namespace topgun::cli {

/// What `topgun-<name>` does. One object lives for one run of the program.
class Command {
public:
    virtual ~Command();
    /// The word after "topgun-cli".
    virtual const char* name() const noexcept = 0;
    /// One line without a full stop, "Compare two sources"; also the NAME line of the man page.
    virtual const char* summary() const noexcept = 0;
    /// Lines for --help, each a command line as a user would type it.
    virtual const char* examples() const noexcept { return ""; }
    /// Registers options and arguments. --help, --version, -q, -v and --color are there already.
    virtual void add_options(CLI::App& app) = 0;
    /// Does the work. Options are checked by now, nothing has been opened yet. All text goes
    /// through `io`. An Error is printed and mapped by exit_status(Errc).
    virtual Result<ExitCode> run(Streams io) = 0;
};

/// Parses the command line, runs the command, reports what failed. The value is main's.
/// Bugs and exceptions end in status 70, a write error on standard output in 5.
int run_program(std::unique_ptr<Command> (*make)(), int argc, char** argv) noexcept;

template <typename T>
int run_command(int argc, char** argv) noexcept {
    return run_program([]() -> std::unique_ptr<Command> { return std::make_unique<T>(); }, argc,
                       argv);
}

}  // namespace topgun::cli
