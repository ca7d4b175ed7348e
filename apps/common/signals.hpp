// SPDX-License-Identifier: Apache-2.0
// Ctrl-C, SIGTERM and closed pipes: outputs stay complete or absent, and the shell learns why.
#pragma once

#include <csignal>

namespace topgun::cli {

/// Installs the handlers for SIGINT, SIGTERM, SIGHUP and SIGPIPE. By default a signal removes
/// unfinished output files and ends the process by that very signal (a shell shows 128 + n).
/// Also makes sure that descriptors 0 to 2 are taken, so that no data file gets one of them.
void prepare_process();

/// While one lives, the first signal only raises the flag that cancel_requested() reads; a second
/// one ends the process as usual. For a command that has a partial result worth reporting, or a
/// place to resume from: poll, then return Errc::cancelled.
class CancelScope {
public:
    CancelScope() noexcept;
    ~CancelScope();
    CancelScope(const CancelScope&) = delete;
    CancelScope& operator=(const CancelScope&) = delete;
};

/// Whether the user or the system asked to stop. Cost: one relaxed load. Threads: any.
bool cancel_requested() noexcept;

/// The signal that asked, or 0.
int cancel_signal() noexcept;

/// Says whether a status line stands on the terminal, to be wiped when a signal ends the process.
void set_status_line_shown(bool shown) noexcept;

/// Has `tidy` called when a signal ends the process; null takes it back. It must be safe within a
/// signal handler.
void at_death(void (*tidy)() noexcept) noexcept;

/// Removes unfinished output files, then ends the process by `signal`, as if nobody caught it.
[[noreturn]] void die_by_signal(int signal) noexcept;

}  // namespace topgun::cli
