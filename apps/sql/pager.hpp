// SPDX-License-Identifier: Apache-2.0
// Results that are taller than the screen go through the user's pager.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "terminal_mode.hpp"
#include "topgun/base/error.hpp"

namespace topgun::cli {

/// $PAGER, or less. Empty when the user wants none (PAGER empty or "cat").
std::string pager_command();

/// A pager that runs. Signals that reach the whole terminal are its business until it ends.
class Pager {
public:
    Pager() = default;
    ~Pager() { close(); }
    Pager(const Pager&) = delete;
    Pager& operator=(const Pager&) = delete;

    bool is_open() const noexcept { return pipe_ >= 0; }
    /// Errors: io.
    Status open(const std::string& command);
    /// False when the user has left it: nobody reads what follows.
    bool write(std::string_view text);
    /// Waits until the user leaves it.
    void close();

private:
    int pipe_ = -1;
    pid_t child_ = -1;
    bool left_ = false;
    std::optional<LentTerminalScope> lent_;
};

/// Runs a shell command on the terminal and waits for it. Errors: io.
Status run_on_terminal(const std::string& command);

}  // namespace topgun::cli
