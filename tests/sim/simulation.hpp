// SPDX-License-Identifier: Apache-2.0
// Endpoints, devices and the network between them in one thread, where a seed decides everything:
// who writes what, which frame arrives when, which link breaks, which machine crashes, how far
// clocks are apart. After the trouble all are connected, and must become equal.
//
// Frames of one direction of one link arrive in order, as TCP has it; when a link breaks, either
// side may still have got some of what was under way. An endpoint that crashes keeps what its disk
// was sure of and perhaps a little more; a device that crashes keeps its state and loses its queue.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace topgun::test {

/// What one schedule consists of, drawn from its seed.
struct Scenario {
    std::size_t endpoints = 1;
    std::size_t devices = 3;
    std::size_t steps = 300;
    bool walkers = false;     ///< Some devices sync by TopGun's walk.
    bool ring = false;        ///< Endpoints are linked in a ring rather than a line.
    bool wild_clock = false;  ///< One device's clock is minutes ahead, beyond the allowed drift.
    bool restamp = false;     ///< Endpoints stamp LWW writes in order of arrival.
};

struct SimResult {
    std::string failure;  ///< Empty: everything held.
    std::vector<std::string> trace;
    std::size_t writes = 0, frames = 0, cuts = 0, crashes = 0;
};

/// Runs one schedule. The same seed always gives the same run.
SimResult simulate(std::uint64_t seed, bool trace);

}  // namespace topgun::test
