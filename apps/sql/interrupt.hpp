// SPDX-License-Identifier: Apache-2.0
// Ctrl-C at a prompt: it clears the line or ends the statement, never the session.
#pragma once

#include "topgun/sql/session.hpp"

namespace topgun::cli {

/// While one lives, SIGINT only raises a flag, and cancels the statement that runs. One at a time.
class InterruptScope {
public:
    explicit InterruptScope(sql::Session& session);
    ~InterruptScope();
    InterruptScope(const InterruptScope&) = delete;
    InterruptScope& operator=(const InterruptScope&) = delete;
};

/// Tells the handler that a statement runs. Clears the flag at its beginning.
class StatementScope {
public:
    StatementScope() noexcept;
    ~StatementScope();
    StatementScope(const StatementScope&) = delete;
    StatementScope& operator=(const StatementScope&) = delete;
};

/// Waits until `descriptor` can be read or Ctrl-C is pressed, also when that was just before the
/// call. False when a signal came first: Ctrl-C (see interrupted()) or another one.
bool wait_for_input(int descriptor) noexcept;

/// Whether Ctrl-C was pressed since the flag was last cleared.
bool interrupted() noexcept;
void clear_interrupt() noexcept;

}  // namespace topgun::cli
