// SPDX-License-Identifier: Apache-2.0
// The hybrid logical clock: stamps that never run back, and always follow what was heard.
#pragma once

#include <cstdint>
#include <string>

#include "topgun/base/error.hpp"
#include "topgun/base/time_source.hpp"
#include "topgun/clock/timestamp.hpp"

namespace topgun {

/// What update() does with a remote stamp that is ahead of wall time by more than the limit.
enum class DriftPolicy {
    accept,  ///< Follow it; drift_events() counts it. The reference's default.
    refuse,  ///< Return Errc::limit and leave the clock as it was.
};

/// Issues strictly increasing timestamps for one node.
/// Threads: not synchronised; one owner, or an outer lock.
/// Source: Kulkarni et al., "Logical Physical Clocks" (2014), with TopGun's rules for ties.
class TOPGUN_API Hlc {
public:
    static constexpr std::uint64_t kDefaultMaxDriftMs = 60'000;
    /// No clock that means well is further ahead: 366 days.
    static constexpr std::uint64_t kMostLeadMs = std::uint64_t{366} * 24 * 3'600'000;

    /// @param node_id  not empty, without ':' (Errc::usage otherwise).
    /// @param time     outlives the clock.
    static Result<Hlc> create(std::string node_id, const TimeSource& time = system_time(),
                              DriftPolicy policy = DriftPolicy::accept,
                              std::uint64_t max_drift_ms = kDefaultMaxDriftMs);

    /// The next stamp: greater than every earlier one and than every stamp heard. When the counter
    /// of one millisecond is used up, the clock moves to the next millisecond. The last stamp of
    /// all, at 2^53 - 1 ms, is given out again and again.
    Timestamp now();

    /// Hears a remote stamp. Errors: limit, under DriftPolicy::refuse only; bad_input when millis
    /// is above 2^53 - 1, which would pull this clock out of every peer's range.
    Status update(const Stamp& remote);

    /// Starts no lower than `floor`.
    void prime(const Stamp& floor);
    /// Starts no lower than what an earlier process stamped or heard. A stamp from beyond the limit
    /// counts as one at the limit, whoever stored it; one of our own may be kMostLeadMs ahead,
    /// since the machine's clock may have been put back.
    /// @param largest  that storage holds.
    void resume(const Stamp& largest);

    const std::string& node_id() const noexcept { return node_id_; }
    std::uint64_t last_millis() const noexcept { return last_millis_; }
    std::uint32_t last_counter() const noexcept { return last_counter_; }
    /// Remote stamps that were ahead by more than the limit.
    std::uint64_t drift_events() const noexcept { return drift_events_; }

private:
    Hlc(std::string node_id, const TimeSource& time, DriftPolicy policy, std::uint64_t max_drift_ms)
        : node_id_(std::move(node_id)),
          time_(&time),
          policy_(policy),
          max_drift_ms_(max_drift_ms) {}
    void advance(std::uint64_t millis, std::uint64_t counter) noexcept;
    std::uint64_t ahead(std::uint64_t lead_ms) const;

    std::string node_id_;
    const TimeSource* time_;
    DriftPolicy policy_;
    std::uint64_t max_drift_ms_;
    std::uint64_t last_millis_ = 0;
    std::uint32_t last_counter_ = 0;
    std::uint64_t drift_events_ = 0;
};

}  // namespace topgun
