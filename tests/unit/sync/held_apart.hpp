// SPDX-License-Identifier: Apache-2.0
// Work that runs apart from the hub when the test says so, step by step.
#pragma once

#include <deque>
#include <functional>

#include "world.hpp"

namespace topgun::test {

class HeldApart {
public:
    explicit HeldApart(sync::Hub& hub) {
        hub.run_apart_by([this](std::function<void()> work, std::function<void()> done) {
            waiting_.push_back({std::move(work), std::move(done)});
        });
    }
    std::size_t size() const { return waiting_.size(); }
    /// The first piece of work, but not what follows it on the hub's thread.
    void work() {
        if (waiting_.empty() || !waiting_.front().work) return;
        std::exchange(waiting_.front().work, nullptr)();
    }
    /// The first piece to its end. @return false when there is none.
    bool finish() {
        if (waiting_.empty()) return false;
        work();
        const auto done = std::move(waiting_.front().done);
        waiting_.pop_front();
        done();
        return true;
    }
    void finish_all() {
        while (finish()) {
        }
    }

private:
    struct Piece {
        std::function<void()> work, done;
    };
    std::deque<Piece> waiting_;
};

/// A world in which maps of `records` are large.
struct ApartWorld : World {
    explicit ApartWorld(std::size_t records = 3, sync::HubOptions options = no_auth())
        : World(large(std::move(options), records)), apart(*hub) {}
    static sync::HubOptions large(sync::HubOptions options, std::size_t records) {
        options.limits.apart_records = records;
        return options;
    }

    HeldApart apart;
};

}  // namespace topgun::test
