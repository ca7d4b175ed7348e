// SPDX-License-Identifier: Apache-2.0
// What clig.dev and design.md ask of every command alike. Each command of the CMake list goes
// through all of it.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "common/describe.hpp"
#include "match.hpp"
#include "topgun/base/utf.hpp"
#include "topgun_test/process.hpp"
#include "topgun_test/support.hpp"

using namespace topgun::test;
using topgun::cli::CommandInfo;
using topgun::cli::OptionInfo;

namespace {

ProcessResult topgun_cli(std::vector<std::string> arguments, ProcessOptions options = {}) {
    options.arguments = std::move(arguments);
    return run_process(TOPGUN_CLI, options);
}

std::vector<std::string> all_commands() {
    return split_words(TOPGUN_COMMANDS);
}

std::string any_command() {
    return GENERATE(from_range(all_commands()));
}

CommandInfo description(const std::string& command) {
    return must(topgun::cli::parse_dump(topgun_cli({command, "--dump-options"}).out));
}

bool needs_arguments(const CommandInfo& info) {
    const auto required = [](const OptionInfo& option) { return option.required; };
    return !info.subcommands.empty() ||
           std::any_of(info.arguments.begin(), info.arguments.end(), required) ||
           std::any_of(info.options.begin(), info.options.end(), required);
}

std::vector<OptionInfo> all_options(const CommandInfo& info) {
    auto options = info.options;
    for (const auto& sub : info.subcommands) {
        options.insert(options.end(), sub.options.begin(), sub.options.end());
    }
    return options;
}

std::string source_file(const std::string& relative) {
    return slurp(testdata("").parent_path().parent_path() / relative);
}

bool has_escape(const ProcessResult& result) {
    return (result.out + result.err).find('\x1b') != std::string::npos;
}

}  // namespace

TEST_CASE("--help goes to standard output, fits 80 columns and starts with the usage", "[cli]") {
    const auto command = any_command();
    CAPTURE(command);
    const auto help = topgun_cli({command, "--help"});
    CHECK(help.status == 0);
    CHECK(help.err.empty());
    CHECK(help.out.find("Usage: topgun-cli " + command + ' ') == 0);
    CHECK(help.out.find("\nExamples:\n") != std::string::npos);
    for (const auto& line : split_lines(help.out)) {
        CAPTURE(line);
        // An example is one line, to be copied as a whole.
        const bool is_example = line.find("  topgun-cli ") == 0;
        CHECK((is_example || topgun::display_width(line) <= 80));
    }
    CHECK(topgun_cli({command, "-h"}).out == help.out);
    CHECK(topgun_cli({"help", command}).out == help.out);
}

TEST_CASE("--help wins over whatever else is wrong with the command line", "[cli]") {
    const auto command = any_command();
    CAPTURE(command);
    CHECK(topgun_cli({command, "--help", "--no-such-option"}).status == 0);
}

TEST_CASE("--version names the program and the version", "[cli]") {
    const auto command = any_command();
    CAPTURE(command);
    const auto version = topgun_cli({command, "--version"});
    CHECK(version.status == 0);
    CHECK(version.out == "topgun-" + command + " (topgun-cli) " + TOPGUN_VERSION + "\n");
}

TEST_CASE("an unknown option is refused with a hint, and nothing is printed as data", "[cli]") {
    const auto command = any_command();
    CAPTURE(command);
    const auto result = topgun_cli({command, "--no-such-option"});
    CHECK(result.status == 2);
    CHECK(result.out.empty());
    CHECK(result.err == "topgun-cli " + command +
                            ": unknown option '--no-such-option'\nTry 'topgun-cli " + command +
                            " --help'.\n");
    const auto typo = topgun_cli({command, "--verison"});
    CHECK(typo.err.find("; did you mean '--version'?") != std::string::npos);
}

TEST_CASE("a command that needs arguments shows its usage when it gets none", "[cli]") {
    const auto command = any_command();
    CAPTURE(command);
    if (!needs_arguments(description(command))) return;
    const auto result = topgun_cli({command});
    CHECK(result.status == 2);
    CHECK(result.out.empty());
    CHECK(result.err.find("\nUsage: topgun-cli " + command + ' ') != std::string::npos);
    CHECK(result.err.find("\nTry 'topgun-cli " + command + " --help'.\n") != std::string::npos);
}

TEST_CASE("a source that does not exist is named, with status 5, and nothing is written", "[cli]") {
    const auto command = any_command();
    CAPTURE(command);
    const auto info = description(command);
    const auto is_file = [](const OptionInfo& argument) {
        return argument.kind == topgun::cli::ValueKind::file;
    };
    const auto is_required = [](const OptionInfo& option) { return option.required; };
    // Where arguments mean other things than files, or more is required, the case is not about
    // them.
    if (info.arguments.empty() || !is_file(info.arguments.front()) ||
        std::any_of(info.arguments.begin(), info.arguments.end(),
                    [&](const auto& one) { return one.required && !is_file(one); }) ||
        std::any_of(info.options.begin(), info.options.end(), is_required)) {
        return;
    }
    std::vector<std::string> words = {command};
    for (const auto& argument : info.arguments) {
        // The first one stands for what the command is about, also where it may be left out.
        if (!argument.required && &argument != &info.arguments.front()) continue;
        words.insert(words.end(), argument.repeatable ? 2 : 1, "no-such-file.tgs");
    }
    for (const auto& option : info.options) {
        if (option.names.front() == "-o") words.insert(words.end(), {"-o", "result.tgs"});
    }
    const ScratchDir scratch;
    ProcessOptions options;
    options.folder = scratch.path();
    const auto result = topgun_cli(words, options);
    CHECK(result.status == 5);
    CHECK(result.out.empty());
    CHECK(result.err.find("no-such-file.tgs") != std::string::npos);
    CHECK(result.err.find("No such file or directory") != std::string::npos);
    CHECK(std::filesystem::is_empty(scratch.path()));
}

TEST_CASE("no escape codes appear in a pipe", "[cli]") {
    const auto command = any_command();
    CAPTURE(command);
    ProcessOptions options;
    options.environment["TERM"] = "xterm-256color";
    CHECK_FALSE(has_escape(topgun_cli({command, "--help"}, options)));
    CHECK_FALSE(has_escape(topgun_cli({command, "--no-such-option"}, options)));
}

TEST_CASE("text that cannot be written is an error", "[cli]") {
    const auto command = any_command();
    CAPTURE(command);
    ProcessOptions options;
    options.output_path = "/dev/full";
    const auto result = topgun_cli({command, "--help"}, options);
    CHECK(result.status == 5);
    CHECK(result.err.find("No space left on device") != std::string::npos);
}

TEST_CASE("every command has the common options", "[cli]") {
    const auto command = any_command();
    CAPTURE(command);
    const auto info = description(command);
    for (const std::string name : {"--help", "--version", "--quiet", "--verbose", "--color"}) {
        CAPTURE(name);
        CHECK(
            std::count_if(info.options.begin(), info.options.end(), [&](const OptionInfo& option) {
                return std::find(option.names.begin(), option.names.end(), name) !=
                       option.names.end();
            }) == 1);
    }
}

TEST_CASE("options are described by one line that starts like a sentence", "[cli]") {
    const auto command = any_command();
    for (const auto& option : all_options(description(command))) {
        CAPTURE(command, option.names.front(), option.description);
        REQUIRE_FALSE(option.description.empty());
        CHECK_FALSE(std::islower(static_cast<unsigned char>(option.description.front())));
        CHECK(option.description.back() != '.');
        // A short name alone cannot be understood in a script.
        CHECK(option.names.back().substr(0, 2) == "--");
    }
}

TEST_CASE("the summary is the same in the program, its man page and the front program", "[cli]") {
    const auto command = any_command();
    CAPTURE(command);
    auto summary = topgun_cli({command, "--summary"}).out;
    REQUIRE_FALSE(summary.empty());
    summary.pop_back();
    const auto page = source_file("man/topgun-cli-" + command + ".1.md");
    CHECK(page.find("# NAME\n\ntopgun-cli-" + command + " - " + summary + "\n") == 0);
    CHECK(topgun_cli({"--help"}).out.find(summary + "\n") != std::string::npos);
    CHECK(summary.back() != '.');
}

TEST_CASE("man pages have the sections that readers look for", "[cli]") {
    const auto command = any_command();
    const auto page = source_file("man/topgun-cli-" + command + ".1.md");
    for (const std::string section :
         {"SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "EXAMPLES", "SEE ALSO"}) {
        CAPTURE(command, section);
        CHECK(page.find("\n# " + section + "\n") != std::string::npos);
    }
}

TEST_CASE("every option stands in the built man page and in all completions", "[cli]") {
    const auto command = any_command();
    const auto page = source_file("man/man1/topgun-cli-" + command + ".1");
    const auto bash = source_file("completions/topgun-cli.bash");
    const auto zsh = source_file("completions/_topgun-cli");
    const auto fish = source_file("completions/topgun-cli.fish");
    for (const auto& option : all_options(description(command))) {
        for (const auto& name : option.names) {
            CAPTURE(command, name);
            std::string roff;
            for (const char c : name) roff += c == '-' ? "\\-" : std::string(1, c);
            CHECK(page.find(roff) != std::string::npos);
            CHECK(bash.find(name) != std::string::npos);
            CHECK(zsh.find(name) != std::string::npos);
            const bool is_long = name.starts_with("--");
            CHECK(fish.find((is_long ? " -l " : " -s ") + name.substr(is_long ? 2 : 1)) !=
                  std::string::npos);
        }
    }
}
