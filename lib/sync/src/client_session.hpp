// SPDX-License-Identifier: Apache-2.0
// What the parts of a client have in common: options, state, link, and where they report to.
#pragma once

#include <optional>
#include <span>

#include "client_link.hpp"
#include "topgun/sync/client.hpp"

namespace topgun::sync::client {

struct Session {
    Session(ClientOptions client_options, LocalReplica& replica)
        : options(std::move(client_options)),
          local(replica),
          memory(std::move(options.memory)),
          link(options, report.traffic) {
        report.device_token = options.device_token;
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    bool own_server() const noexcept { return report.server == ServerKind::own; }
    bool pulls() const noexcept {
        return !job.estimate &&
               (job.direction == SyncDirection::pull || job.direction == SyncDirection::both);
    }
    bool pushes() const noexcept {
        return !job.estimate &&
               (job.direction == SyncDirection::push || job.direction == SyncDirection::both);
    }
    bool compares() const noexcept {
        return !job.estimate && job.direction == SyncDirection::compare;
    }

    /// The client cannot go on. The first reason counts.
    void fail(const Error& error) {
        if (report.error) return;
        report.error = error.text();
        report.code = error.code();
    }
    bool failed() const noexcept { return report.error.has_value(); }

    /// A stamp of the host's clock that beats what is there. @pre options.clock is set.
    Timestamp stamp_after(const Stamp& there) {
        // Refused only by a clock that may not be pulled so far ahead: then it stays, and may lose.
        static_cast<void>(options.clock->update(there));
        return options.clock->now();
    }
    /// Merges records that came, and counts what became of them.
    void store(std::span<const Op> ops, MapReport& map);
    void tell(const DifferingRow& row, MapReport& map) {
        ++map.differing;
        if (options.on_difference) options.on_difference(row);
    }

    ClientOptions options;
    LocalReplica& local;
    SyncJob job;
    ClientReport report;
    PeerMemory memory;
    /// Up to which epoch of removed tags everything has been merged, over all maps of the pass.
    std::optional<std::uint64_t> covered_epoch;
    Link link;
};

/// A stamp that a record may have; peers can send any.
inline bool usable_stamp(const Stamp& stamp) noexcept {
    return !stamp.node.empty() && stamp.node.find(':') == std::string_view::npos &&
           stamp.millis <= kMaxMillis;
}

}  // namespace topgun::sync::client
