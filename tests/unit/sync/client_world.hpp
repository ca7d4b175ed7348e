// SPDX-License-Identifier: Apache-2.0
// A client and an endpoint with a wire of frames between them, which tests can cut.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "topgun/replica/reserved.hpp"
#include "topgun/sync/client.hpp"
#include "topgun_test/states.hpp"
#include "world.hpp"

namespace topgun::test {

/// A client with a state of its own. Frames go through one at a time.
class SyncedClient {
public:
    explicit SyncedClient(World& world, sync::ClientOptions options = {})
        : world_(world), client(std::move(options), local) {}

    void connect() {
        link_ = world_.hub->connect();
        client.connected(now);
    }
    void disconnect() {
        link_.reset();
        client.disconnected(now);
    }
    bool connected() const { return link_ != nullptr; }

    /// One frame in one direction. False when there was none.
    bool step_up() {
        if (!link_) return false;
        const auto frame = client.take();
        if (!frame) return false;
        if (!link_->closed()) must(link_->receive(*frame));
        return true;
    }
    bool step_down() {
        if (!link_) return false;
        const auto frame = link_->take();
        if (!frame) return false;
        client.receive(*frame);
        return true;
    }
    void pass_time(std::uint64_t ms) {
        now += ms;
        client.tick(now);
    }
    /// Until nothing moves any more; with time passing, at most `limit_ms` of it.
    void settle(std::uint64_t limit_ms = 0) {
        for (std::uint64_t passed = 0;;) {
            bool moved = false;
            world_.storage.release();
            world_.hub->settle();
            while (step_up()) moved = true;
            while (step_down()) moved = true;
            if (moved) continue;
            if (passed >= limit_ms || over()) return;
            pass_time(50);
            passed += 50;
        }
    }
    bool over() const {
        return client.state() == sync::ClientState::finished ||
               client.state() == sync::ClientState::failed;
    }
    /// The whole of a job on one connection.
    sync::ClientReport run(sync::SyncJob job) {
        client.start(std::move(job));
        connect();
        settle(1000);
        auto report = client.report();
        CAPTURE(report.error.value_or(""), report.last_error);
        CHECK(report.state == sync::ClientState::finished);
        disconnect();
        return report;
    }

    std::uint32_t root(const MapId& id) { return current_trie(local.shared(), id).root(); }

private:
    World& world_;
    std::unique_ptr<sync::Connection> link_;

public:
    sync::MemoryReplica local;
    sync::Client client;
    std::uint64_t now = 1'000;
};

inline void fill(SharedReplica& shared, const std::vector<OwnedOp>& ops) {
    for (const auto& op : ops) must(shared.replica.apply(op.view()));
}

inline void fill(World& world, const std::vector<OwnedOp>& ops) {
    fill(world.storage.inner.resident() != nullptr ? *world.storage.inner.resident()
                                                   : world.hub->maps().shared(),
         ops);
}

inline std::uint32_t root_of(World& world, const MapId& id) {
    return current_trie(world.hub->maps().shared(), id).root();
}

/// Without what an endpoint keeps for itself: that is no part of what two replicas share.
inline std::vector<std::string> lines_of(SharedReplica& shared) {
    std::vector<std::string> out;
    const auto state = read_live(shared);
    for (const auto& map : state->maps()) {
        if (is_reserved_name(map.name)) continue;
        out.push_back("map '" + map.name + "' " + std::string(map_kind_name(map.kind)));
        const auto rows = lines_of(*state, map);
        out.insert(out.end(), rows.begin(), rows.end());
    }
    return out;
}

/// Lines that only one of two states has, with < or > before them: readable when a test fails.
inline std::vector<std::string> differences(std::vector<std::string> a,
                                            std::vector<std::string> b) {
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    std::vector<std::string> only_a, only_b;
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(only_a));
    std::set_difference(b.begin(), b.end(), a.begin(), a.end(), std::back_inserter(only_b));
    for (auto& line : only_a) line.insert(0, "< ");
    for (auto& line : only_b) only_a.push_back("> " + line);
    return only_a;
}
inline const std::vector<std::string> kNone;

/// A job that uses the walk, whatever the server offers.
inline sync::SyncJob walk_job(sync::SyncDirection direction, std::vector<MapId> maps = {}) {
    sync::SyncJob job;
    job.direction = direction;
    job.method = sync::SyncMethod::walk;
    job.maps = std::move(maps);
    return job;
}

/// `count` records of map "m", keys "k0" and so on.
inline std::vector<OwnedOp> many_puts(std::size_t count, std::uint64_t millis = kNow,
                                      const std::string& node = "n1") {
    std::vector<OwnedOp> out;
    out.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        out.push_back(put("k" + std::to_string(i), {millis, 0, node},
                          string_value("value " + std::to_string(i))));
    }
    return out;
}

}  // namespace topgun::test
