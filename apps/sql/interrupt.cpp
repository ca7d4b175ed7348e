// SPDX-License-Identifier: Apache-2.0
#include "interrupt.hpp"

#include <signal.h>

#include <atomic>

#include "common/signals.hpp"

namespace topgun::cli {
namespace {

std::atomic<sql::Session*> scoped_session{nullptr};
std::atomic<bool> statement_runs{false};
std::atomic<int> presses{0};
struct sigaction old_action {};
static_assert(std::atomic<sql::Session*>::is_always_lock_free,
              "a signal handler must not take a lock");

// A statement that does not listen must not hold the terminal for ever.
constexpr int kPressesUntilDeath = 4;

extern "C" void topgun_on_interrupt(int signal) {
    const int pressed = presses.fetch_add(1) + 1;
    if (!statement_runs.load()) return;
    if (pressed >= kPressesUntilDeath) die_by_signal(signal);
    if (auto* session = scoped_session.load()) session->cancel();
}

}  // namespace

InterruptScope::InterruptScope(sql::Session& session) {
    scoped_session.store(&session);
    struct sigaction action {};
    action.sa_handler = topgun_on_interrupt;
    ::sigemptyset(&action.sa_mask);
    // Without SA_RESTART: a read from the terminal ends, and the prompt notices.
    ::sigaction(SIGINT, &action, &old_action);
}

InterruptScope::~InterruptScope() {
    ::sigaction(SIGINT, &old_action, nullptr);
    scoped_session.store(nullptr);
}

StatementScope::StatementScope() noexcept {
    presses.store(0);
    statement_runs.store(true);
}

StatementScope::~StatementScope() {
    statement_runs.store(false);
}

bool interrupted() noexcept {
    return presses.load() > 0;
}

void clear_interrupt() noexcept {
    presses.store(0);
}

}  // namespace topgun::cli
