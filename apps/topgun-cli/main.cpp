// SPDX-License-Identifier: Apache-2.0
// topgun-cli: finds topgun-<command> and becomes it. Links no library of ours, to start at once.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "common/suggest.hpp"
#include "front.hpp"

namespace topgun::cli::front {
namespace {

constexpr int kUsage = 2;
constexpr int kRefused = 5;

int refuse(const std::string& text) {
    return complain(text + "\nTry 'topgun-cli --help'.", kUsage);
}

// A word of the user, fit for a terminal and a single line.
std::string quoted(std::string_view word) {
    std::string text;
    for (const char c : word.substr(0, 64)) {
        text += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    }
    return '\'' + text + '\'';
}

int become(const std::string& path, char** arguments) {
    ::execv(path.c_str(), arguments);
    return complain(path + ": cannot run: " + std::strerror(errno), kRefused);
}

bool is_command(std::string_view name) {
    return std::any_of(commands().begin(), commands().end(),
                       [name](const Entry& entry) { return entry.name == name; });
}

int unknown(std::string_view word) {
    if (is_command(word)) {
        return complain("command " + quoted(word) + " is not installed: neither " +
                            program_folder() + '/' + std::string(libexec_from_bin()) +
                            " nor PATH has topgun-" + std::string(word),
                        kRefused);
    }
    auto known = plug_ins();
    for (const auto& entry : builtins()) known.emplace_back(entry.name);
    for (const auto& entry : commands()) known.emplace_back(entry.name);
    std::sort(known.begin(), known.end());
    const auto nearest = suggest(word, known);
    const auto hint = nearest.empty() ? "" : "; did you mean '" + nearest + "'?";
    return refuse("unknown command " + quoted(word) + hint);
}

// The installed man page of `name`, or "" when there is none, or nobody to read it.
std::string man_page(std::string_view name) {
    if (::isatty(STDOUT_FILENO) != 1) return "";
    const auto page =
        program_folder() + '/' + std::string(man_from_bin()) + "/man1/" + std::string(name) + ".1";
    for (const auto& path : {page, page + ".gz"}) {
        struct stat status {};
        if (::stat(path.c_str(), &status) == 0) return path;
    }
    return "";
}

int help(int argc, char** argv) {
    if (argc > 3) return refuse("help takes one command");
    const std::string_view word = argc == 3 ? argv[2] : "";
    const auto page = man_page(word.empty() ? "topgun-cli" : "topgun-cli-" + std::string(word));
    const auto man = page.empty() ? "" : find_on_path("man");
    if (!man.empty()) {
        char* arguments[] = {argv[0], const_cast<char*>(page.c_str()), nullptr};
        return become(man, arguments);
    }
    const bool is_builtin = std::any_of(builtins().begin(), builtins().end(),
                                        [word](const Entry& entry) { return entry.name == word; });
    if (word.empty() || is_builtin) return print(help_text());
    const auto path = find_program(word);
    if (path.empty()) return unknown(word);
    char option[] = "--help";
    char* arguments[] = {argv[2], option, nullptr};
    return become(path, arguments);
}

int completion(int argc, char** argv) {
    if (argc != 3) return refuse("completion takes the name of a shell: bash, zsh or fish");
    for (const auto& entry : completions()) {
        if (entry.name == argv[2]) return print(entry.summary);
    }
    return refuse("no completion script for " + quoted(argv[2]) + "; there are bash, zsh and fish");
}

int list_commands() {
    std::string names;
    for (const auto& entry : commands()) names.append(entry.name) += '\n';
    for (const auto& name : plug_ins()) names.append(name) += '\n';
    return print(names);
}

int run(int argc, char** argv) {
    if (argc < 2) {
        return refuse("a command is required\nUsage: topgun-cli COMMAND [ARGUMENT]...");
    }
    const std::string_view word = argv[1];
    if (word == "-h" || word == "--help") return print(help_text());
    if (word == "--version") return print("topgun-cli " + std::string(version()) + '\n');
    if (word == "--dump-options") return print(dump_text());
    if (word == "help") return help(argc, argv);
    if (word == "completion") return completion(argc, argv);
    if (word == "commands") return list_commands();
    if (word.starts_with('-')) return refuse("unknown option " + quoted(word));
    const auto path = find_program(word);
    return path.empty() ? unknown(word) : become(path, argv + 1);
}

}  // namespace
}  // namespace topgun::cli::front

int main(int argc, char** argv) {
    try {
        return topgun::cli::front::run(argc, argv);
    } catch (const std::exception& error) {
        return topgun::cli::front::complain(error.what(), 70);
    }
}
