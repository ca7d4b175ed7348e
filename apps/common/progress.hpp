// SPDX-License-Identifier: Apache-2.0
// A line that says how far a long job is, shown only where a person can see it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "common/streams.hpp"

namespace topgun::cli {

/// Shows "merging  [=====>     ]  52%  1.04 M of 2.00 M records  2.10 M/s  ETA 0:01" on
/// standard error when that is a terminal and --quiet was not given; otherwise costs one addition
/// per call. At most ten updates a second. The line is removed on destruction.
/// Threads: add() and set() from any.
class Progress {
public:
    enum class Unit { records, ops, bytes };

    /// @param total  0 when unknown: then without bar and ETA.
    Progress(Streams io, std::string label, std::uint64_t total = 0, Unit unit = Unit::records);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// `count` more are done. In a tight loop, call it once per batch.
    void add(std::uint64_t count = 1) noexcept {
        const auto before = done_.fetch_add(count, std::memory_order_relaxed);
        // The clock is read once in 1024 items, not for each.
        if (shown_ && ((before ^ (before + count)) >> 10) != 0) update();
    }
    /// `done` in all are done.
    void set(std::uint64_t done) noexcept {
        done_.store(done, std::memory_order_relaxed);
        if (shown_) update();
    }
    void set_total(std::uint64_t total) noexcept { total_.store(total, std::memory_order_relaxed); }

    /// Removes the line early. Later calls do nothing.
    void finish() noexcept;

private:
    using Clock = std::chrono::steady_clock;
    void update() noexcept;

    Messages* err_;
    std::string label_;
    Unit unit_;
    std::atomic<bool> shown_;
    std::atomic<std::uint64_t> done_{0};
    std::atomic<std::uint64_t> total_;
    Clock::time_point start_;
    std::atomic<std::int64_t> next_update_ms_;
};

/// The text of one update, `columns` wide at most. Apart so that it can be tested.
std::string progress_line(const std::string& label, std::uint64_t done, std::uint64_t total,
                          Progress::Unit unit, std::uint64_t elapsed_ms, std::size_t columns);

}  // namespace topgun::cli
