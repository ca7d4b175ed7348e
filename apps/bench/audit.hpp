// SPDX-License-Identifier: Apache-2.0
// Kills an endpoint under load, again and again, and looks for every write that it acknowledged.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger.hpp"
#include "server_process.hpp"
#include "session.hpp"
#include "workload.hpp"

namespace topgun::cli {

struct AuditOptions {
    std::string data;     ///< The data directory; made when missing.
    std::string program;  ///< Another topgun-serve than the one beside this program.
    std::string fsync = "batch";
    std::uint64_t checkpoint_bytes = 1'000'000;
    std::uint64_t kills = 10;
    std::uint64_t kill_within_ms = 500;  ///< Of the first acknowledgement; at least 1.
    std::uint64_t connections = 8, batch = 100, in_flight = 4;
    WorkloadOptions workload{};
};

struct AuditRound {
    std::uint64_t killed_after_us = 0;  ///< Since the load began.
    std::uint64_t acknowledged = 0;     ///< Ops.
    std::uint64_t unacknowledged = 0;   ///< Ops that were under way.
    Verdict verdict;                    ///< Of everything so far, after the restart.
};

struct AuditResult {
    std::vector<AuditRound> rounds;
    std::uint64_t acknowledged = 0, lost = 0, rejected = 0;
    /// Acknowledged ops by what was claimed; the last place: nothing.
    AckLevels levels{};
    std::string trouble;  ///< Why it ended early; empty when it did not.
};

/// Threads: one at a time.
class Audit {
public:
    struct Hooks {
        std::function<bool()> stop{};
        std::function<void(const AuditRound&)> round{};
        /// Between a kill and the restart: a test damages the data there.
        std::function<void(const std::string& data)> killed{};
    };
    Audit(AuditOptions options, Hooks hooks);

    /// Errors: those of starting the server and of reading back.
    Result<AuditResult> run();

private:
    class Assault;
    Result<ServerProcess> start() const;
    Status load_and_kill(ServerProcess server, AuditRound& round);
    Result<ReadBack> read_back(const net::Url& url) const;

    AuditOptions options_;
    Hooks hooks_;
    Random random_;
    Ledger ledger_;
    // They outlive the connections: numbers and stamps go on over a restart.
    std::vector<std::unique_ptr<Workload>> workloads_;
    AuditResult result_;
};

}  // namespace topgun::cli
