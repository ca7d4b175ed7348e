// SPDX-License-Identifier: Apache-2.0
// The front program: finding commands and plug-ins, help, completion scripts, mistakes in names.
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>

#include "match.hpp"
#include "topgun_test/process.hpp"
#include "topgun_test/support.hpp"

using namespace topgun::test;
namespace fs = std::filesystem;

namespace {

ProcessResult topgun_cli(std::vector<std::string> arguments, ProcessOptions options = {}) {
    options.arguments = std::move(arguments);
    return run_process(TOPGUN_CLI, options);
}

void make_program(const fs::path& path, const std::string& script) {
    spit(path, "#!/bin/sh\n" + script + "\n");
    fs::permissions(path, fs::perms::owner_all);
}

ProcessOptions with_path(const fs::path& folder) {
    ProcessOptions options;
    options.environment["PATH"] = folder.string() + ":/usr/bin:/bin";
    return options;
}

}  // namespace

TEST_CASE("--help lists every command and the words of the front program", "[cli][front]") {
    const auto help = topgun_cli({"--help"});
    CHECK(help.status == 0);
    CHECK(help.err.empty());
    for (const auto& command : split_words(TOPGUN_COMMANDS)) {
        CHECK(help.out.find("\n  " + command + ' ') != std::string::npos);
    }
    CHECK(help.out.find("\n  completion ") != std::string::npos);
    CHECK(topgun_cli({"help"}).out == help.out);
    CHECK(topgun_cli({"-h"}).out == help.out);
    CHECK(topgun_cli({"help", "completion"}).out == help.out);
}

TEST_CASE("--version is one line", "[cli][front]") {
    const auto version = topgun_cli({"--version"});
    CHECK(version.status == 0);
    CHECK(version.out == std::string("topgun-cli ") + TOPGUN_VERSION + "\n");
}

TEST_CASE("without a command the usage goes to standard error", "[cli][front]") {
    const auto result = topgun_cli({});
    CHECK(result.status == 2);
    CHECK(result.out.empty());
    CHECK(result.err ==
          "topgun-cli: a command is required\nUsage: topgun-cli COMMAND [ARGUMENT]...\n"
          "Try 'topgun-cli --help'.\n");
}

TEST_CASE("a mistyped command is answered with the nearest one", "[cli][front]") {
    const auto typo = GENERATE(as<std::string>{}, "hcl", "hllc", "hl", "HLC");
    CAPTURE(typo);
    const auto result = topgun_cli({typo, "now"});
    CHECK(result.status == 2);
    const bool near = typo != "HLC";
    CHECK((result.err.find("; did you mean 'hlc'?") != std::string::npos) == near);
    CHECK(result.err.find("topgun-cli: unknown command '" + typo + '\'') == 0);
}

TEST_CASE("what is nowhere near a command gets no guess", "[cli][front]") {
    const auto result = topgun_cli({"frobnicate\x1b[31m"});
    CHECK(result.status == 2);
    CHECK(result.err ==
          "topgun-cli: unknown command 'frobnicate?[31m'\nTry 'topgun-cli --help'.\n");
    CHECK(topgun_cli({"--frobnicate"}).status == 2);
    CHECK(topgun_cli({""}).status == 2);
    CHECK(topgun_cli({"../bin/topgun-cli"}).status == 2);
}

TEST_CASE("a program on PATH is a command, with its arguments and status", "[cli][front]") {
    const ScratchDir scratch;
    make_program(scratch.path() / "topgun-hello", "echo \"hello $# $1\"; exit 7");
    spit(scratch.path() / "topgun-not-executable", "");
    const auto options = with_path(scratch.path());
    const auto result = topgun_cli({"hello", "big world"}, options);
    CHECK(result.status == 7);
    CHECK(result.out == "hello 1 big world\n");
    CHECK(topgun_cli({"help", "hello"}, options).out == "hello 1 --help\n");
    CHECK(topgun_cli({"--help"}, options).out.find("Found on PATH:\n  hello\n") !=
          std::string::npos);
    const auto names = topgun_cli({"commands"}, options).out;
    CHECK(names.find("hello\n") != std::string::npos);
    CHECK(names.find("not-executable") == std::string::npos);
    const auto typo = topgun_cli({"helo"}, options);
    CHECK(typo.status == 2);
    CHECK(typo.err.find("did you mean 'hel") != std::string::npos);
}

TEST_CASE("a program on PATH cannot stand in for a command of this build", "[cli][front]") {
    const ScratchDir scratch;
    make_program(scratch.path() / "topgun-hlc", "echo intruder");
    CHECK(topgun_cli({"hlc", "--summary"}, with_path(scratch.path())).out.find("intruder") ==
          std::string::npos);
}

TEST_CASE("the current folder is not searched, not even when PATH has an empty entry",
          "[cli][front]") {
    const ScratchDir scratch;
    make_program(scratch.path() / "topgun-hello", "echo hello");
    ProcessOptions options;
    options.folder = scratch.path();
    options.environment["PATH"] = ":/usr/bin";
    CHECK(topgun_cli({"hello"}, options).status == 2);
}

TEST_CASE("completion prints the scripts of the source tree", "[cli][front]") {
    const auto root = testdata("").parent_path().parent_path();
    CHECK(topgun_cli({"completion", "bash"}).out == slurp(root / "completions/topgun-cli.bash"));
    CHECK(topgun_cli({"completion", "zsh"}).out == slurp(root / "completions/_topgun-cli"));
    CHECK(topgun_cli({"completion", "fish"}).out == slurp(root / "completions/topgun-cli.fish"));
    CHECK(topgun_cli({"completion", "tcsh"}).status == 2);
    CHECK(topgun_cli({"completion"}).status == 2);
}

TEST_CASE("text that cannot be written is an error of the front program, too", "[cli][front]") {
    ProcessOptions options;
    options.output_path = "/dev/full";
    const auto result = topgun_cli({"--version"}, options);
    CHECK(result.status == 5);
    CHECK(result.err == "topgun-cli: standard output: cannot write: No space left on device\n");
}

TEST_CASE("sql ends quietly when nobody reads its rows any more", "[cli][front]") {
    for (const auto* output : {"csv", "table", "ndjson"}) {
        CAPTURE(output);
        ProcessOptions options;
        options.output_limit = 1;
        options.time_limit = std::chrono::seconds(20);
        const auto result = topgun_cli({"sql", "--output", output, "--timeout", "30s", "-c",
                                        "SELECT g FROM generate_series(1, 300000) g"},
                                       options);
        CHECK(result.status == 128 + SIGPIPE);
        CHECK_FALSE(result.timed_out);
        CHECK(result.err.empty());
    }
}
