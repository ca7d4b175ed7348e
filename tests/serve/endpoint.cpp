// SPDX-License-Identifier: Apache-2.0
#include "endpoint.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>

namespace topgun::test {

ProcessResult run_cli(const std::filesystem::path& folder, std::vector<std::string> arguments,
                      std::string input) {
    ProcessOptions options;
    options.arguments = std::move(arguments);
    options.input = std::move(input);
    options.folder = folder;
    return run_process(TOPGUN_CLI, options);
}

Endpoint::Endpoint(const std::filesystem::path& folder, std::vector<std::string> options,
                   unsigned port) {
    std::vector<std::string> words{TOPGUN_CLI, "serve", "--quiet", "--listen",
                                   "127.0.0.1:" + std::to_string(port)};
    words.insert(words.end(), options.begin(), options.end());
    std::vector<char*> pointers;
    for (auto& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
        ::dup2(ends[1], STDOUT_FILENO);
        const int nothing = ::open("/dev/null", O_RDONLY);
        ::dup2(nothing, STDIN_FILENO);
        for (const char* name : {"JWT_SECRET", "PORT", "TOPGUN_NO_AUTH", "TOPGUN_BIND_ADDR"}) {
            ::unsetenv(name);
        }
        if (::chdir(folder.c_str()) != 0) ::_exit(126);
        ::execv(pointers[0], pointers.data());
        ::_exit(127);
    }
    ::close(ends[1]);
    std::FILE* out = ::fdopen(ends[0], "r");
    char line[64] = {};
    const bool told = std::fgets(line, sizeof line, out) != nullptr;
    std::fclose(out);
    REQUIRE(told);
    REQUIRE(std::sscanf(line, "PORT=%u", &port_) == 1);
}

Endpoint::~Endpoint() {
    if (pid_ > 0) end(SIGKILL);
}

int Endpoint::end(int signal) {
    ::kill(pid_, signal);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace topgun::test
