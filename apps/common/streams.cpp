// SPDX-License-Identifier: Apache-2.0
// Messages and the status line share one terminal, so they share one lock.
#include "common/streams.hpp"

#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "common/signals.hpp"
#include "common/text.hpp"

namespace topgun::cli {

Messages::Messages(Output out, std::string program, bool is_terminal)
    : out_(std::move(out)), program_(std::move(program)), is_terminal_(is_terminal) {}

void Messages::error(std::string_view text) {
    say(Style::bad, "", text);
}

void Messages::warning(std::string_view text) {
    say(Style::warning, "warning: ", text);
}

void Messages::note(std::string_view text) {
    if (verbosity_ != Verbosity::quiet) say(Style::plain, "", text);
}

void Messages::detail(std::string_view text) {
    if (verbosity_ == Verbosity::verbose) say(Style::dim, "", text);
}

void Messages::plain(std::string_view text) {
    const std::lock_guard lock(mutex_);
    erase_status();
    out_ << text;
    out_.flush();
}

void Messages::say(Style style, std::string_view prefix, std::string_view text) {
    const std::lock_guard lock(mutex_);
    erase_status();
    out_ << program_ << ": " << out_.styled(style, std::string(prefix) + printable(text)) << '\n';
    out_ << status_line_;
    out_.flush();
}

void Messages::set_status_line(std::string_view line) {
    if (!is_terminal_) return;
    const std::lock_guard lock(mutex_);
    erase_status();
    status_line_ = line;
    set_status_line_shown(!line.empty());
    out_ << status_line_;
    out_.flush();
}

void Messages::erase_status() {
    if (!status_line_.empty()) out_ << "\r\x1b[K";
}

bool color_wanted(ColorChoice choice, int descriptor) {
    if (choice != ColorChoice::automatic) return choice == ColorChoice::always;
    const auto set = [](const char* name) {
        const char* value = std::getenv(name);
        return value != nullptr && *value != '\0' ? std::string_view(value) : std::string_view();
    };
    if (!set("NO_COLOR").empty()) return false;
    const auto force = set("CLICOLOR_FORCE");
    if (!force.empty() && force != "0") return true;
    return set("TERM") != "dumb" && !set("TERM").empty() && ::isatty(descriptor) == 1;
}

}  // namespace topgun::cli
