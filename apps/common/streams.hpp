// SPDX-License-Identifier: Apache-2.0
// What a command may write to: data on standard output, everything else on standard error.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "common/output.hpp"

namespace topgun::cli {

/// How much a command says on standard error.
enum class Verbosity { quiet, normal, verbose };

/// Standard error: whole messages, one line each, with the program's name in front. Text passes
/// through printable(), because messages quote foreign input. Threads: any; messages never
/// interleave.
class Messages {
public:
    /// @param program  "topgun-cli merge".
    Messages(Output out, std::string program, bool is_terminal);

    /// "topgun-cli merge: TEXT"
    void error(std::string_view text);
    /// "topgun-cli merge: warning: TEXT"; also under --quiet, because data may be at stake.
    void warning(std::string_view text);
    /// What was done, for the person watching. Silent under --quiet.
    void note(std::string_view text);
    /// Only under --verbose.
    void detail(std::string_view text);
    /// Text as it is, such as a usage line.
    void plain(std::string_view text);

    void set_verbosity(Verbosity verbosity) noexcept { verbosity_ = verbosity; }
    Verbosity verbosity() const noexcept { return verbosity_; }
    void set_color(bool on) noexcept { out_.set_color(on); }
    const std::string& program() const noexcept { return program_; }
    /// Whether a person watches: the place for progress bars.
    bool is_terminal() const noexcept { return is_terminal_; }

    /// Shows `line` as the last line of the terminal until the next call; "" removes it.
    /// Messages appear above it. Does nothing when standard error is no terminal.
    void set_status_line(std::string_view line);

private:
    void say(Style style, std::string_view prefix, std::string_view text);
    void erase_status();

    Output out_;
    std::string program_;
    bool is_terminal_;
    Verbosity verbosity_ = Verbosity::normal;
    std::mutex mutex_;
    std::string status_line_;
};

/// Handed to Command::run(). Copies refer to the same streams.
struct Streams {
    Output& out;
    Messages& err;

    bool quiet() const noexcept { return err.verbosity() == Verbosity::quiet; }
    bool verbose() const noexcept { return err.verbosity() == Verbosity::verbose; }
};

/// The values of --color.
enum class ColorChoice { automatic, always, never };

/// Whether text for `descriptor` gets colour: the option, else NO_COLOR, CLICOLOR_FORCE, TERM=dumb
/// and whether it is a terminal, in that order.
bool color_wanted(ColorChoice choice, int descriptor);

}  // namespace topgun::cli
