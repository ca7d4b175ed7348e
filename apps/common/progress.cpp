// SPDX-License-Identifier: Apache-2.0
// Progress: measured by the steady clock, so that a step of wall time cannot confuse it.
#include "common/progress.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "common/text.hpp"
#include "topgun/base/utf.hpp"

namespace topgun::cli {
namespace {

// A job that ends within this time shows nothing: a flashing line only distracts.
constexpr std::int64_t kDelayMs = 300;
constexpr std::int64_t kIntervalMs = 100;
// The bar takes what the numbers leave, within these bounds; below the lower one it says nothing.
constexpr std::size_t kBarColumnsMax = 24;
constexpr std::size_t kBarColumnsMin = 6;

std::string_view unit_name(Progress::Unit unit) {
    switch (unit) {
        case Progress::Unit::records: return "records";
        case Progress::Unit::ops: return "ops";
        case Progress::Unit::bytes: return "bytes";
    }
    return "";
}

std::string amount(std::uint64_t count, Progress::Unit unit) {
    return unit == Progress::Unit::bytes ? human_bytes(count) : short_count(count);
}

std::string bar(std::uint64_t done, std::uint64_t total, std::size_t columns) {
    const auto share = static_cast<double>(done) / static_cast<double>(total);
    const auto filled = static_cast<std::size_t>(share * static_cast<double>(columns));
    std::string text(columns, ' ');
    std::fill_n(text.begin(), filled, '=');
    if (filled < columns) text[filled] = '>';
    return '[' + text + "] ";
}

std::string percent(std::uint64_t done, std::uint64_t total) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "%3.0f%%",
                  100 * static_cast<double>(done) / static_cast<double>(total));
    return text.data();
}

std::string clock_text(std::uint64_t seconds) {
    std::array<char, 32> text{};
    if (seconds < 3600) {
        std::snprintf(text.data(), text.size(), "%u:%02u", static_cast<unsigned>(seconds / 60),
                      static_cast<unsigned>(seconds % 60));
    } else {
        std::snprintf(text.data(), text.size(), "%llu:%02u:%02u",
                      static_cast<unsigned long long>(seconds / 3600),
                      static_cast<unsigned>(seconds / 60 % 60),
                      static_cast<unsigned>(seconds % 60));
    }
    return text.data();
}

std::size_t terminal_columns() {
    struct winsize size {};
    const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : 80;
}

}  // namespace

std::string progress_line(const std::string& label, std::uint64_t done, std::uint64_t total,
                          Progress::Unit unit, std::uint64_t elapsed_ms, std::size_t columns) {
    const double rate =
        elapsed_ms == 0 ? 0 : static_cast<double>(done) * 1000 / static_cast<double>(elapsed_ms);
    // The total may have been a guess; a share above all of it would look broken.
    const auto shown = std::min(done, total);
    std::string numbers = total > 0 ? percent(shown, total) + "  " : "";
    numbers += amount(done, unit);
    if (total > 0) numbers += " of " + amount(std::max(done, total), unit);
    if (unit != Progress::Unit::bytes) numbers += ' ' + std::string(unit_name(unit));
    numbers += "  " + amount(static_cast<std::uint64_t>(rate), unit) + "/s";
    if (total > done && rate > 0) {
        const double left = static_cast<double>(total - done) / rate;
        numbers += "  ETA " + clock_text(static_cast<std::uint64_t>(std::min(left, 3.6e8)) + 1);
    }
    auto line = label + "  ";
    const auto used = display_width(line) + display_width(numbers) + 3;  // brackets and a blank
    // A terminal that is full to its last column starts a new line.
    const auto room = columns > used + 1 ? std::min(columns - used - 1, kBarColumnsMax) : 0;
    if (total > 0 && room >= kBarColumnsMin) line += bar(shown, total, room);
    line += numbers;
    return display_width(line) < columns ? line : printable(line, columns > 1 ? columns - 1 : 0);
}

Progress::Progress(Streams io, std::string label, std::uint64_t total, Unit unit)
    : err_(&io.err),
      label_(std::move(label)),
      unit_(unit),
      shown_(io.err.is_terminal() && !io.quiet()),
      total_(total),
      start_(Clock::now()),
      next_update_ms_(kDelayMs) {}

Progress::~Progress() {
    finish();
}

void Progress::update() noexcept {
    const auto elapsed =
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start_).count();
    auto due = next_update_ms_.load(std::memory_order_relaxed);
    // Whoever moves the deadline prints; other threads go on with their work.
    if (elapsed < due || !next_update_ms_.compare_exchange_strong(due, elapsed + kIntervalMs))
        return;
    try {
        err_->set_status_line(progress_line(label_, done_.load(), total_.load(), unit_,
                                            static_cast<std::uint64_t>(elapsed),
                                            terminal_columns()));
    } catch (...) {
        // Decoration must not stop the work, not even when memory is short.
        shown_ = false;
    }
}

void Progress::finish() noexcept {
    if (!shown_) return;
    shown_ = false;
    try {
        err_->set_status_line("");
    } catch (...) {
        return;
    }
}

}  // namespace topgun::cli
