// SPDX-License-Identifier: Apache-2.0
// A command that runs beside the test, to be disturbed.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace topgun::test {

/// Ends with its owner at the latest.
class Running {
public:
    explicit Running(std::vector<std::string> arguments) {
        std::vector<char*> words{const_cast<char*>(TOPGUN_CLI)};
        for (auto& word : arguments) words.push_back(word.data());
        words.push_back(nullptr);
        pid_ = ::fork();
        if (pid_ != 0) return;
        ::execv(TOPGUN_CLI, words.data());
        ::_exit(127);
    }
    ~Running() {
        if (pid_ > 0) end(SIGKILL);
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    /// Sends a signal unless it is 0, and waits. @return its status as waitpid() has it.
    int end(int signal) {
        if (signal != 0) ::kill(pid_, signal);
        int status = -1;
        ::waitpid(std::exchange(pid_, -1), &status, 0);
        return status;
    }

private:
    pid_t pid_;
};

/// Asks until it is so, or time is up.
inline bool within_seconds(unsigned seconds, const std::function<bool()>& happened) {
    for (unsigned i = 0; i < seconds * 50; ++i) {
        if (happened()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
}

}  // namespace topgun::test
