// SPDX-License-Identifier: Apache-2.0
// The seam through which wall time enters, so that tests and simulations can own it.
#pragma once

#include <atomic>
#include <cstdint>

#include "topgun/base/export.hpp"

namespace topgun {

/// Wall time in milliseconds since the Unix epoch. May step backwards; callers cope.
class TOPGUN_API TimeSource {
public:
    virtual ~TimeSource();
    /// Threads: safe to call from any thread.
    virtual std::uint64_t now_ms() const = 0;
};

/// The operating system's clock. One shared instance; lives as long as the process.
TOPGUN_API const TimeSource& system_time();

/// A clock that moves only when told to.
class TOPGUN_API ManualTime final : public TimeSource {
public:
    explicit ManualTime(std::uint64_t start_ms = 0) noexcept : now_(start_ms) {}
    std::uint64_t now_ms() const override { return now_.load(); }
    void set(std::uint64_t now_ms) noexcept { now_.store(now_ms); }
    void advance(std::uint64_t by_ms) noexcept { now_.fetch_add(by_ms); }

private:
    std::atomic<std::uint64_t> now_;
};

}  // namespace topgun
