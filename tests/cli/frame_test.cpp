// SPDX-License-Identifier: Apache-2.0
// What every command gets from apps/common: statuses, messages, signals, full disks. Seen through a
// program that misbehaves on request.
#include <signal.h>

#include <catch2/catch.hpp>

#include "topgun_test/process.hpp"
#include "topgun_test/support.hpp"

using namespace topgun::test;

namespace {

ProcessResult probe(std::vector<std::string> arguments, ProcessOptions options = {}) {
    options.arguments = std::move(arguments);
    return run_process(TOPGUN_PROBE, options);
}

}  // namespace

TEST_CASE("each kind of failure has its exit status", "[cli][frame]") {
    const auto [code, status] = GENERATE(table<std::string, int>({{"usage", 2},
                                                                  {"bad_input", 3},
                                                                  {"unsupported_version", 3},
                                                                  {"limit", 3},
                                                                  {"not_found", 5},
                                                                  {"already_exists", 5},
                                                                  {"locked", 5},
                                                                  {"io", 5},
                                                                  {"unreachable", 5},
                                                                  {"cancelled", 130}}));
    CAPTURE(code);
    const auto result = probe({"--deed", "fail", "--code", code});
    CHECK(result.status == status);
    CHECK(result.out == "found before\n");
    const std::string message = "topgun-cli probe: probe.tgs: failed on request \\x1b[31m\n";
    CHECK(result.err == message + (status == 2 ? "Try 'topgun-cli probe --help'.\n" : ""));
}

TEST_CASE("bugs and exceptions end in a message, not in a crash", "[cli][frame]") {
    const auto bug = probe({"--deed", "bug"});
    CHECK(bug.status == 70);
    CHECK(bug.err.find("topgun-cli probe: internal error, please report it: tests/cli/probe/") ==
          0);
    const auto exception = probe({"--deed", "exception"});
    CHECK(exception.status == 70);
    CHECK(exception.err ==
          "topgun-cli probe: internal error, please report it: thrown on request\n");
    const auto memory = probe({"--deed", "memory"});
    CHECK(memory.status == 5);
    CHECK(memory.err == "topgun-cli probe: not enough memory\n");
}

TEST_CASE("a full disk on standard output is an error", "[cli][frame]") {
    ProcessOptions options;
    options.output_path = "/dev/full";
    const auto result = probe({"--deed", "flood"}, options);
    CHECK(result.status == 5);
    CHECK(result.err ==
          "topgun-cli probe: standard output: cannot write: No space left on device\n");
}

TEST_CASE("a reader that goes away ends the program quietly", "[cli][frame]") {
    ProcessOptions options;
    options.output_limit = 10;
    const auto result = probe({"--deed", "flood"}, options);
    CHECK(result.status == 128 + SIGPIPE);
    CHECK(result.err.empty());
}

TEST_CASE("a signal removes unfinished files and shows in the status", "[cli][frame]") {
    const auto signal = GENERATE(SIGINT, SIGTERM, SIGHUP);
    const ScratchDir scratch;
    ProcessOptions options;
    options.folder = scratch.path();
    options.signal = signal;
    const auto result = probe({"--deed", "hold", "-o", "result.tgs"}, options);
    CHECK(result.status == 128 + signal);
    CHECK(is_empty(scratch.path()));
}

TEST_CASE("a signal leaves an existing output as it was", "[cli][frame]") {
    const ScratchDir scratch;
    spit(scratch.path() / "result.tgs", "precious");
    ProcessOptions options;
    options.folder = scratch.path();
    options.signal = SIGINT;
    CHECK(probe({"--deed", "hold", "-o", "result.tgs"}, options).status == 130);
    CHECK(slurp(scratch.path() / "result.tgs") == "precious");
}

TEST_CASE("a command may end in order when it is asked to stop", "[cli][frame]") {
    ProcessOptions options;
    options.signal = SIGTERM;
    const auto result = probe({"--deed", "poll"}, options);
    CHECK(result.status == 128 + SIGTERM);
    CHECK(result.out == "ready\nstopped in order\n");
    CHECK(result.err == "topgun-cli probe: stopped; run it again to go on\n");
}

TEST_CASE("notes, details and warnings follow --quiet and --verbose", "[cli][frame]") {
    const std::string note = "topgun-cli probe: a note\n";
    const std::string detail = "topgun-cli probe: a detail\n";
    const std::string warning = "topgun-cli probe: warning: a warning\n";
    CHECK(probe({}).err == note + warning);
    CHECK(probe({"--quiet"}).err == warning);
    CHECK(probe({"-v"}).err == note + detail + warning);
    CHECK(probe({"-q", "-v"}).status == 2);
}

TEST_CASE("a repeated option takes one value each time and leaves arguments alone",
          "[cli][frame]") {
    CHECK(probe({"-q", "-m", "a", "word", "--map", "b"}).out == "map a\nmap b\nword word\n");
    CHECK(probe({"-q", "--map=a", "--", "--map"}).out == "map a\nword --map\n");
    CHECK(probe({"-q", "-"}).out == "word -\n");
}

TEST_CASE("colour follows the option, then the environment", "[cli][frame]") {
    const std::string green = "\x1b[32mgood\x1b[0m\n";
    const auto colors = [](std::vector<std::string> more, std::map<std::string, std::string> env) {
        ProcessOptions options;
        options.environment = std::move(env);
        more.insert(more.begin(), {"--deed", "colors"});
        return probe(std::move(more), options).out;
    };
    CHECK(colors({}, {}) == "good\n");
    CHECK(colors({}, {{"TERM", "xterm"}}) == "good\n");
    CHECK(colors({}, {{"CLICOLOR_FORCE", "1"}}) == green);
    CHECK(colors({}, {{"CLICOLOR_FORCE", "0"}}) == "good\n");
    CHECK(colors({}, {{"CLICOLOR_FORCE", "1"}, {"NO_COLOR", "1"}}) == "good\n");
    CHECK(colors({"--color=always"}, {{"NO_COLOR", "1"}}) == green);
    CHECK(colors({"--color=never"}, {{"CLICOLOR_FORCE", "1"}}) == "good\n");
}

TEST_CASE("a moment without counter means the end of its millisecond", "[cli][frame]") {
    CHECK(probe({"-q", "--until", "5:7:n"}).out == "until 5 7\n");
    CHECK(probe({"-q", "--until", "5"}).out == "until 5 4294967295\n");
    CHECK(probe({"-q", "--until", "1970-01-01T00:00:01Z"}).out == "until 1000 4294967295\n");
    const auto bad = GENERATE(as<std::string>{}, "", "x", "5:n", "9007199254740992", "1970-13-01");
    CAPTURE(bad);
    const auto result = probe({"--until", bad});
    CHECK(result.status == 2);
    CHECK(result.err.find("topgun-cli probe: --until: ") == 0);
}

TEST_CASE("an option with a choice of words lists them when given another", "[cli][frame]") {
    const auto result = probe({"--color", "purple"});
    CHECK(result.status == 2);
    CHECK(result.err ==
          "topgun-cli probe: --color: purple not in {auto,always,never}\n"
          "Try 'topgun-cli probe --help'.\n");
}
