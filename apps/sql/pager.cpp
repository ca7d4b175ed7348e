// SPDX-License-Identifier: Apache-2.0
#include "pager.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "settings.hpp"

extern char** environ;

namespace topgun::cli {
namespace {

std::size_t number_from(const char* name, std::size_t fallback) {
    const char* text = std::getenv(name);
    const auto number = text != nullptr ? std::strtoul(text, nullptr, 10) : 0;
    return number > 0 && number < 10'000 ? number : fallback;
}

void set_handler(int signal, void (*handler)(int), struct sigaction* old) {
    struct sigaction action {};
    action.sa_handler = handler;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(signal, &action, old);
}

// Starts "sh -c COMMAND" with its own handling of signals; `input` becomes its standard input.
Result<pid_t> start(const std::string& command, int input) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_init(&attributes);
    if (input >= 0) ::posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
    sigset_t defaults;
    ::sigemptyset(&defaults);
    for (const int signal : {SIGINT, SIGPIPE, SIGQUIT}) ::sigaddset(&defaults, signal);
    ::posix_spawnattr_setsigdefault(&attributes, &defaults);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    std::string shell = "sh", option = "-c", text = command;
    char* const words[] = {shell.data(), option.data(), text.data(), nullptr};
    pid_t child = -1;
    const int failed = ::posix_spawn(&child, "/bin/sh", &files, &attributes, words, environ);
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&attributes);
    if (failed != 0)
        return Error(Errc::io, "cannot start /bin/sh: " + std::string(strerror(failed)));
    return child;
}

int wait_for(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    return status;
}

}  // namespace

Screen screen_of(int descriptor) {
    Screen screen;
    screen.is_terminal = ::isatty(descriptor) == 1;
    screen.columns = number_from("COLUMNS", screen.columns);
    screen.lines = number_from("LINES", screen.lines);
    struct winsize size {};
    if (screen.is_terminal && ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        screen.columns = size.ws_col;
        if (size.ws_row > 0) screen.lines = size.ws_row;
    }
    return screen;
}

std::string pager_command() {
    const char* chosen = std::getenv("PAGER");
    if (chosen == nullptr) return "less -FRSX";
    return std::string_view(chosen) == "cat" ? "" : chosen;
}

Status Pager::open(const std::string& command) {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        return Error(Errc::io, "cannot make a pipe: " + std::string(std::strerror(errno)));
    }
    lent_.emplace();
    auto child = start(command, ends[0]);
    ::close(ends[0]);
    if (!child) {
        ::close(ends[1]);
        lent_.reset();
        return std::move(child).error();
    }
    child_ = *child;
    pipe_ = ends[1];
    left_ = false;
    return {};
}

bool Pager::write(std::string_view text) {
    // A pager that was left is no reason to die by SIGPIPE.
    struct sigaction before {};
    set_handler(SIGPIPE, SIG_IGN, &before);
    while (!text.empty() && !left_) {
        const auto written = ::write(pipe_, text.data(), text.size());
        if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
        if (written < 0 && errno != EINTR) left_ = true;
    }
    ::sigaction(SIGPIPE, &before, nullptr);
    return !left_;
}

void Pager::close() {
    if (pipe_ < 0) return;
    ::close(pipe_);
    pipe_ = -1;
    struct sigaction before {};
    set_handler(SIGINT, SIG_IGN, &before);
    wait_for(child_);
    ::sigaction(SIGINT, &before, nullptr);
    lent_.reset();
}

Status run_on_terminal(const std::string& command) {
    const LentTerminalScope lent;
    auto child = start(command, -1);
    if (!child) return std::move(child).error();
    struct sigaction before {};
    set_handler(SIGINT, SIG_IGN, &before);
    const int status = wait_for(*child);
    ::sigaction(SIGINT, &before, nullptr);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
    return Error(Errc::io, "'" + command + "' failed");
}

}  // namespace topgun::cli
