// SPDX-License-Identifier: Apache-2.0
// The mode of the terminal between two lines of the prompt, so that no key is lost.
#pragma once

namespace topgun::cli {

/// While one lives, keys typed while a statement runs wait for the prompt unchanged: the terminal
/// neither collects lines nor echoes. (Collecting, it would turn an early Ctrl-D into something
/// that is no key any more.) Ctrl-C and Ctrl-Z work as usual. The old mode comes back at the end,
/// also when a signal ends the process. Does nothing when standard input is no terminal. One at a
/// time, and it must outlive libedit's use of the terminal.
class TypeAheadScope {
public:
    TypeAheadScope() noexcept;
    ~TypeAheadScope();
    /// After libedit, which ends each line by making the terminal collect lines again.
    void renew() noexcept;
    TypeAheadScope(const TypeAheadScope&) = delete;
    TypeAheadScope& operator=(const TypeAheadScope&) = delete;
};

/// While one lives, the terminal is in the mode that it had before TypeAheadScope, for a program
/// that is given the terminal.
class LentTerminalScope {
public:
    LentTerminalScope() noexcept;
    ~LentTerminalScope();
    LentTerminalScope(const LentTerminalScope&) = delete;
    LentTerminalScope& operator=(const LentTerminalScope&) = delete;
};

}  // namespace topgun::cli
