// SPDX-License-Identifier: Apache-2.0
// The bash script at work: what it offers for a command line. (Scripts for zsh and fish are made of
// the same data; conventions_test checks that they name every option.)
#include <catch2/catch.hpp>
#include <set>

#include "match.hpp"
#include "topgun_test/process.hpp"
#include "topgun_test/support.hpp"

using namespace topgun::test;

namespace {

// Offers for the last of `words`, split as readline splits a line.
std::set<std::string> offers(const std::vector<std::string>& words, ProcessOptions options = {}) {
    const auto script = testdata("").parent_path().parent_path() / "completions/topgun-cli.bash";
    options.arguments = {"--norc", "-c",
                         "source \"$0\"; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _topgun_cli; "
                         "printf '%s\\n' \"${COMPREPLY[@]}\"",
                         script.string()};
    options.arguments.insert(options.arguments.end(), words.begin(), words.end());
    const auto result = run_process("/bin/bash", options);
    CAPTURE(result.err);
    CHECK(result.status == 0);
    const auto lines = split_lines(result.out);
    std::set<std::string> found(lines.begin(), lines.end());
    found.erase("");
    return found;
}

using Words = std::set<std::string>;

}  // namespace

TEST_CASE("bash completes commands", "[cli][completion]") {
    const auto all = offers({"topgun-cli", ""});
    for (const auto& command : split_words(TOPGUN_COMMANDS)) CHECK(all.count(command) == 1);
    CHECK(all.count("completion") == 1);
    CHECK(offers({"topgun-cli", "hl"}) == Words{"hlc"});
    CHECK(offers({"topgun-cli", "--v"}) == Words{"--version"});
}

TEST_CASE("bash completes the words and options of a command", "[cli][completion]") {
    CHECK(offers({"topgun-cli", "hlc", ""}) == Words{"parse", "compare", "to", "from", "now"});
    CHECK(offers({"topgun-cli", "hlc", "compare", "--ch"}) == Words{"--check"});
    CHECK(offers({"topgun-cli", "hlc", "parse", "--ch"}).empty());
    CHECK(offers({"topgun-cli", "help", "hl"}) == Words{"hlc"});
    CHECK(offers({"topgun-cli", "completion", ""}) == Words{"bash", "zsh", "fish"});
}

TEST_CASE("bash completes the values of options", "[cli][completion]") {
    CHECK(offers({"topgun-cli", "hlc", "--color", "a"}) == Words{"auto", "always"});
    CHECK(offers({"topgun-cli", "hlc", "--color", "="}) == Words{"auto", "always", "never"});
    CHECK(offers({"topgun-cli", "hlc", "--color", "=", "n"}) == Words{"never"});
    CHECK(offers({"topgun-cli", "hlc", "compare", "--check", "l"}) == Words{"less"});
    CHECK(offers({"topgun-cli", "hlc", "now", "--node", ""}).empty());
}

TEST_CASE("bash completes files for a command that it does not know", "[cli][completion]") {
    const ScratchDir scratch;
    spit(scratch.path() / "a.tgs", "");
    ProcessOptions options;
    options.folder = scratch.path();
    CHECK(offers({"topgun-cli", "some-plug-in", ""}, options) == Words{"a.tgs"});
}
