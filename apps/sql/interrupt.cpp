// SPDX-License-Identifier: Apache-2.0
#include "interrupt.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

#include "common/signals.hpp"

namespace topgun::cli {
namespace {

std::atomic<sql::Session*> scoped_session{nullptr};
std::atomic<bool> statement_runs{false};
std::atomic<int> presses{0};
// Readable while presses is not 0: a wait that begins after the handler ran must end as well.
int wake = -1;
struct sigaction old_action {};
static_assert(std::atomic<sql::Session*>::is_always_lock_free,
              "a signal handler must not take a lock");

// A statement that does not listen must not hold the terminal for ever.
constexpr int kPressesUntilDeath = 4;

extern "C" void topgun_on_interrupt(int signal) {
    const int pressed = presses.fetch_add(1) + 1;
    const int error = errno;
    const std::uint64_t one = 1;
    (void)!::write(wake, &one, sizeof one);
    errno = error;
    if (!statement_runs.load()) return;
    if (pressed >= kPressesUntilDeath) die_by_signal(signal);
    if (auto* session = scoped_session.load()) session->cancel();
}

}  // namespace

InterruptScope::InterruptScope(sql::Session& session) {
    scoped_session.store(&session);
    wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct sigaction action {};
    action.sa_handler = topgun_on_interrupt;
    ::sigemptyset(&action.sa_mask);
    // Without SA_RESTART: a read from the terminal ends, and the prompt notices.
    ::sigaction(SIGINT, &action, &old_action);
}

InterruptScope::~InterruptScope() {
    ::sigaction(SIGINT, &old_action, nullptr);
    scoped_session.store(nullptr);
    if (wake >= 0) ::close(wake);
    wake = -1;
}

StatementScope::StatementScope() noexcept {
    clear_interrupt();
    statement_runs.store(true);
}

StatementScope::~StatementScope() {
    statement_runs.store(false);
}

bool wait_for_input(int descriptor) noexcept {
    pollfd waiting[2] = {{descriptor, POLLIN, 0}, {wake, POLLIN, 0}};
    return ::poll(waiting, 2, -1) > 0 && waiting[1].revents == 0;
}

bool interrupted() noexcept {
    return presses.load() > 0;
}

void clear_interrupt() noexcept {
    std::uint64_t count = 0;
    (void)!::read(wake, &count, sizeof count);
    presses.store(0);
}

}  // namespace topgun::cli
