// SPDX-License-Identifier: Apache-2.0
// Signal handling in one place: only async-signal-safe calls happen here.
#include "common/signals.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <string_view>

#include "topgun/base/file.hpp"

namespace topgun::cli {
namespace {

std::atomic<int> pending_signal{0};
std::atomic<int> open_scopes{0};
std::atomic<bool> status_line_shown{false};
std::atomic<void (*)() noexcept> last_act{nullptr};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler must not take a lock");

extern "C" void topgun_on_signal(int signal) {
    int none = 0;
    const bool first = pending_signal.compare_exchange_strong(none, signal);
    if (first && signal != SIGPIPE && open_scopes.load() > 0) return;
    die_by_signal(signal);
}

// A descriptor that the parent closed would be given to the next file that is opened, and text
// meant for the terminal would end up in it. Occupied the wrong way round, each use still fails.
void occupy_standard_descriptors() {
    for (int descriptor = 0; descriptor < 3; ++descriptor) {
        if (::fcntl(descriptor, F_GETFD) >= 0) continue;
        const int mode = descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY;
        if (::open("/dev/null", mode) != descriptor) ::_exit(5);
    }
}

}  // namespace

void prepare_process() {
    occupy_standard_descriptors();
    struct sigaction action {};
    action.sa_handler = topgun_on_signal;
    ::sigemptyset(&action.sa_mask);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
        struct sigaction old {};
        // Under nohup, and in background jobs of old shells, a signal is meant to stay ignored.
        const bool ignored = ::sigaction(signal, nullptr, &old) == 0 && old.sa_handler == SIG_IGN;
        if (!ignored || signal == SIGPIPE) ::sigaction(signal, &action, nullptr);
    }
    // A file that may not grow any more is an error that names it, as a full disk is.
    std::signal(SIGXFSZ, SIG_IGN);
}

CancelScope::CancelScope() noexcept {
    open_scopes.fetch_add(1);
}
CancelScope::~CancelScope() {
    open_scopes.fetch_sub(1);
}

bool cancel_requested() noexcept {
    return pending_signal.load(std::memory_order_relaxed) != 0;
}

int cancel_signal() noexcept {
    return pending_signal.load();
}

void set_status_line_shown(bool shown) noexcept {
    status_line_shown.store(shown);
}

void at_death(void (*tidy)() noexcept) noexcept {
    last_act.store(tidy);
}

void die_by_signal(int signal) noexcept {
    remove_temporaries();
    if (const auto tidy = last_act.load()) tidy();
    constexpr std::string_view kWipe = "\r\x1b[K";
    // A failure to tidy up a terminal changes nothing.
    if (status_line_shown.load()) (void)!::write(STDERR_FILENO, kWipe.data(), kWipe.size());
    ::signal(signal, SIG_DFL);
    sigset_t only;
    ::sigemptyset(&only);
    ::sigaddset(&only, signal);
    ::sigprocmask(SIG_UNBLOCK, &only, nullptr);
    ::raise(signal);
    ::_exit(128 + signal);
}

}  // namespace topgun::cli
