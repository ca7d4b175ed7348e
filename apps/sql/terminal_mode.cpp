// SPDX-License-Identifier: Apache-2.0
#include "terminal_mode.hpp"

#include <termios.h>
#include <unistd.h>

#include <atomic>

#include "common/signals.hpp"

namespace topgun::cli {
namespace {

struct termios found_mode {};
struct termios own_mode {};
std::atomic<bool> changed{false};

void set(const struct termios& mode) noexcept {
    // A terminal that went away has no mode to keep.
    (void)::tcsetattr(STDIN_FILENO, TCSADRAIN, &mode);
}

void restore() noexcept {
    if (changed.load()) set(found_mode);
}

}  // namespace

TypeAheadScope::TypeAheadScope() noexcept {
    if (::tcgetattr(STDIN_FILENO, &found_mode) != 0) return;
    own_mode = found_mode;
    own_mode.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    own_mode.c_cc[VMIN] = 1;
    own_mode.c_cc[VTIME] = 0;
    changed.store(true);
    at_death(restore);
    set(own_mode);
}

TypeAheadScope::~TypeAheadScope() {
    restore();
    changed.store(false);
    at_death(nullptr);
}

void TypeAheadScope::renew() noexcept {
    if (changed.load()) set(own_mode);
}

LentTerminalScope::LentTerminalScope() noexcept {
    restore();
}

LentTerminalScope::~LentTerminalScope() {
    if (changed.load()) set(own_mode);
}

}  // namespace topgun::cli
