// SPDX-License-Identifier: Apache-2.0
// Whole processes, as a user starts them.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "data.hpp"

extern char** environ;

namespace topgun::bench {
namespace {

bool run(std::vector<std::string> words) {
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t child = 0;
    const int failed =
        posix_spawn(&child, words[0].c_str(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    if (failed != 0 || waitpid(child, &status, 0) != child) return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void process_version(benchmark::State& state) {
    for (auto _ : state) {
        if (!run({TOPGUN_PROGRAM, "--version"})) return state.SkipWithError("failed");
    }
}
BENCHMARK(process_version)->Unit(benchmark::kMicrosecond)->UseRealTime();

void process_inspect(benchmark::State& state) {
    const auto& path = snapshot_of(static_cast<std::size_t>(state.range(0)), 0);
    for (auto _ : state) {
        if (!run({TOPGUN_PROGRAM, "inspect", path})) return state.SkipWithError("failed");
    }
}
BENCHMARK(process_inspect)->Arg(1000)->Arg(1'000'000)->Unit(benchmark::kMicrosecond)->UseRealTime();

}  // namespace
}  // namespace topgun::bench
