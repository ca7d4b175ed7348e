// SPDX-License-Identifier: Apache-2.0
// Queues between tasklets, and which of them a batch goes to.
#pragma once

#include <deque>
#include <mutex>
#include <vector>

#include "topgun/dag/dag.hpp"

namespace topgun::dag {

class Tasklet;

/// Batches from one processor to one other. Threads: one that puts, one that takes.
class Queue {
public:
    Queue(std::size_t capacity, Tasklet& producer, Tasklet& consumer)
        : capacity_(capacity), producer_(producer), consumer_(consumer) {}

    /// False when it is full. A closed queue takes everything and keeps nothing.
    bool put(const Batch& batch);
    bool take(Batch& to);
    /// Nothing more will be put.
    void end();
    /// Nothing more will be taken.
    void close();
    bool is_closed() const;
    /// Ended, and all has been taken.
    bool is_drained() const;

private:
    std::size_t capacity_;
    Tasklet& producer_;
    Tasklet& consumer_;
    mutable std::mutex mutex_;
    std::deque<Batch> batches_;
    bool ended_ = false;
    bool closed_ = false;
};

/// One edge as one of its producers sees it.
struct Route {
    const Edge* edge = nullptr;
    std::vector<Queue*> targets;
    std::size_t next = 0;  // where unicast goes on
};

/// Keeps what has been offered until all of it is in queues.
class RoutingOutbox final : public Outbox {
public:
    explicit RoutingOutbox(std::size_t producer) : producer_(producer) {}

    void add(const Edge& edge, std::vector<Queue*> targets);
    bool offer(std::size_t ordinal, const Batch& batch) override;
    /// Puts into queues what it can. @return whether anything went out.
    bool deliver();
    bool blocked() const noexcept { return !pending_.empty(); }
    /// There are outputs, and nobody reads any of them any more.
    bool unwanted() const;
    void end();

    std::uint64_t rows() const noexcept { return rows_; }
    std::uint64_t batches() const noexcept { return batches_; }

private:
    struct Delivery {
        Route* route;
        std::size_t target;  // kAny for unicast
        Batch batch;
    };
    static constexpr std::size_t kAny = ~std::size_t{0};
    void expand(Route& route, const Batch& batch);
    void split(Route& route, const Batch& batch);
    static bool put(Delivery& delivery);

    std::size_t producer_;
    std::deque<Route> routes_;
    std::deque<Delivery> pending_;
    std::uint64_t rows_ = 0, batches_ = 0;
};

}  // namespace topgun::dag
