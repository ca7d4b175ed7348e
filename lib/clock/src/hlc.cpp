// SPDX-License-Identifier: Apache-2.0
#include "topgun/clock/hlc.hpp"

#include <algorithm>

namespace topgun {

Result<Hlc> Hlc::create(std::string node_id, const TimeSource& time, DriftPolicy policy,
                        std::uint64_t max_drift_ms) {
    if (node_id.empty()) return Error(Errc::usage, "node id: must not be empty");
    if (node_id.find(':') != std::string::npos) {
        return Error(Errc::usage, "node id '" + node_id + "': must not contain ':'");
    }
    return Hlc(std::move(node_id), time, policy, max_drift_ms);
}

// A counter past 32 bits moves to the next millisecond: still greater than everything before. There
// is none after the last that peers can read.
void Hlc::advance(std::uint64_t millis, std::uint64_t counter) noexcept {
    if (counter > kMaxCounter && millis >= kMaxMillis) {
        counter = kMaxCounter;
    } else if (counter > kMaxCounter) {
        millis += 1;
        counter = 0;
    }
    last_millis_ = millis;
    last_counter_ = static_cast<std::uint32_t>(counter);
}

Timestamp Hlc::now() {
    const auto wall = time_->now_ms();
    if (wall > last_millis_) {
        advance(wall, 0);
    } else {
        advance(last_millis_, std::uint64_t{last_counter_} + 1);
    }
    return {last_millis_, last_counter_, node_id_};
}

Status Hlc::update(const Stamp& remote) {
    if (remote.millis > kMaxMillis) {
        return Error(Errc::bad_input, "timestamp " + format_stamp(remote) + ": above 2^53 - 1 ms");
    }
    const auto wall = time_->now_ms();
    if (remote.millis > wall && remote.millis - wall > max_drift_ms_) {
        if (policy_ == DriftPolicy::refuse) {
            return Error(Errc::limit, "Clock drift detected: Remote time " +
                                          std::to_string(remote.millis) + " is " +
                                          std::to_string(remote.millis - wall) +
                                          "ms ahead of local " + std::to_string(wall) +
                                          " (threshold: " + std::to_string(max_drift_ms_) + "ms)");
        }
        ++drift_events_;
    }
    const auto latest = std::max({last_millis_, wall, remote.millis});
    if (latest == last_millis_ && latest == remote.millis) {
        advance(latest, std::uint64_t{std::max(last_counter_, remote.counter)} + 1);
    } else if (latest == last_millis_) {
        advance(latest, std::uint64_t{last_counter_} + 1);
    } else if (latest == remote.millis) {
        advance(latest, std::uint64_t{remote.counter} + 1);
    } else {
        advance(latest, 0);
    }
    return {};
}

void Hlc::prime(const Stamp& floor) {
    if (floor.millis > last_millis_ ||
        (floor.millis == last_millis_ && floor.counter > last_counter_)) {
        last_millis_ = floor.millis;
        last_counter_ = floor.counter;
    }
}

// Wall time and so much more, within what a stamp can say.
std::uint64_t Hlc::ahead(std::uint64_t lead_ms) const {
    const auto wall = std::min(time_->now_ms(), kMaxMillis);
    return wall + std::min(lead_ms, kMaxMillis - wall);
}

void Hlc::resume(const Stamp& largest) {
    const bool own = largest.node == node_id_;
    const auto limit = ahead(max_drift_ms_);
    const auto furthest = own ? std::max(limit, ahead(kMostLeadMs)) : limit;
    prime(largest.millis <= furthest ? largest : Stamp{limit, 0, {}});
}

}  // namespace topgun
