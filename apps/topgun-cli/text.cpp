// SPDX-License-Identifier: Apache-2.0
// What the front program says about itself, and the two ways in which it says anything.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "front.hpp"

namespace topgun::cli::front {
namespace {

constexpr Entry kBuiltins[] = {
    {"help", "Show how to use a command"},
    {"commands", "List the names of all commands, one a line"},
    {"completion", "Print the completion script of a shell"},
};

constexpr std::string_view kIntroduction =
    "Usage: topgun-cli COMMAND [ARGUMENT]...\n"
    "\n"
    "Look into, compare, merge and repair the maps of TopGun.\n"
    "\n"
    "Examples:\n"
    "  topgun-cli help hlc\n"
    "  topgun-cli hlc parse 1700000000000:3:phone-1\n"
    "  topgun-cli completion bash > ~/.local/share/bash-completion/completions/topgun-cli\n";

constexpr std::string_view kEnding =
    "\n"
    "Options:\n"
    "  -h, --help     Show this help and exit\n"
    "      --version  Show the version and exit\n"
    "\n"
    "A program named topgun-NAME on PATH can be run as 'topgun-cli NAME'.\n"
    "'topgun-cli help COMMAND' shows more about a command.\n";

void append_rows(std::string& out, std::string_view heading, std::span<const Entry> entries,
                 std::size_t width) {
    out.append("\n").append(heading).append(":\n");
    for (const auto& entry : entries) {
        out.append("  ").append(entry.name);
        if (!entry.summary.empty()) {
            out.append(width - entry.name.size() + 2, ' ').append(entry.summary);
        }
        out += '\n';
    }
}

bool write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace

std::span<const Entry> builtins() {
    return kBuiltins;
}

std::string help_text() {
    std::size_t width = 0;
    for (const auto& entry : commands()) width = std::max(width, entry.name.size());
    for (const auto& entry : builtins()) width = std::max(width, entry.name.size());
    std::string out(kIntroduction);
    append_rows(out, "Commands", commands(), width);
    append_rows(out, "About this program", builtins(), width);
    const auto found = plug_ins();
    const std::vector<Entry> entries = [&found] {
        std::vector<Entry> list;
        for (const auto& name : found) list.push_back({name, ""});
        return list;
    }();
    if (!entries.empty()) append_rows(out, "Found on PATH", entries, width);
    return out.append(kEnding);
}

std::string dump_text() {
    std::string names, shells;
    for (const auto& entry : commands()) names.append(names.empty() ? "" : ",").append(entry.name);
    for (const auto& entry : completions()) {
        shells.append(shells.empty() ? "" : ",").append(entry.name);
    }
    std::string out =
        "command\ttopgun-cli\tLook into, compare, merge and repair the maps of TopGun\n"
        "option\t-h,--help\tnone\t\t\t\t\tOptions\tShow this help and exit\n"
        "option\t--version\tnone\t\t\t\t\tOptions\tShow the version and exit\n";
    for (const auto& entry : builtins()) {
        out.append("subcommand\t").append(entry.name).append("\t").append(entry.summary) += '\n';
        if (entry.name == "help") {
            out.append("argument\tCOMMAND\tchoice\t\t" + names + "\t\t\tOptions\tThe command\n");
        }
        if (entry.name == "completion") {
            out.append("argument\tSHELL\tchoice\t\t" + shells +
                       "\trequired\t\tOptions\tThe shell\n");
        }
    }
    return out;
}

int print(std::string_view text) {
    if (write_all(STDOUT_FILENO, text)) return 0;
    return complain(std::string("standard output: cannot write: ") + std::strerror(errno), 5);
}

int complain(std::string_view text, int status) {
    std::string line = "topgun-cli: ";
    // Nothing can be done about a failure to report a failure.
    (void)write_all(STDERR_FILENO, line.append(text).append("\n"));
    return status;
}

}  // namespace topgun::cli::front
