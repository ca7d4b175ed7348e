// SPDX-License-Identifier: Apache-2.0
// One query that somebody watches.
#pragma once

#include <atomic>
#include <chrono>
#include <set>

#include "live_queries.hpp"

namespace topgun::sync {

inline std::uint64_t now_in_us() {
    const auto passed = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(passed).count());
}

struct LiveQueries::Subscription {
    std::uint64_t peer = 0;
    std::string id;
    MapId map;
    RequestContext context;
    query::Query query;
    wire::CursorStatus cursor_status = wire::CursorStatus::none;
    // One of the two; neither for a page from a cursor, which is answered once.
    std::optional<query::QueryWindow> window;
    bool grouped = false;
    bool answered = false;
    // To be run again: the map has changed since groups were sent, or what may be read has.
    bool stale = false;
    std::uint64_t next_run_us = 0;  // not before
    // The digest of the groups that were sent last, or of the word that the map is closed.
    Bytes last_sent;
    std::uint64_t began_ms = 0;  // the time by which records have expired or not
    // While it waits for its run, or runs, apart. The run alone touches the window then, and reads
    // by `reading`.
    bool apart = false;
    bool counted = false;                        // among the runs that the peer waits for
    bool cut = false;                            // the answer was a part of what the window holds
    std::set<std::string, std::less<>> changed;  // keys, since the run began; still to be told
    std::unique_ptr<StateReader> reading;
    std::atomic<bool> ended{false};
    // What frames on their way are about: ends with it, even while a run still holds it.
    std::shared_ptr<const void> subject = std::make_shared<char>();

    bool is_paged() const { return !window && !grouped; }
    /// When it has ended: a window of many rows takes long to be freed, too.
    void let_go(Hub& hub) {
        if (!window || window->size() < hub.options().limits.apart_records) return;
        const auto last = std::make_shared<std::optional<query::QueryWindow>>(std::move(window));
        window.reset();
        hub.run_apart([last] { last->reset(); }, [] {});
    }
};

}  // namespace topgun::sync
