// SPDX-License-Identifier: Apache-2.0
#include "routing.hpp"

#include <algorithm>

#include "tasklet.hpp"
#include "topgun/column/hash.hpp"

namespace topgun::dag {

bool Queue::put(const Batch& batch) {
    {
        const std::lock_guard lock(mutex_);
        if (closed_) return true;
        if (batches_.size() >= capacity_) return false;
        batches_.push_back(batch);
    }
    consumer_.wake();
    return true;
}

bool Queue::take(Batch& to) {
    {
        const std::lock_guard lock(mutex_);
        if (batches_.empty()) return false;
        to = std::move(batches_.front());
        batches_.pop_front();
    }
    producer_.wake();
    return true;
}

void Queue::end() {
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
    }
    consumer_.wake();
}

void Queue::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        batches_.clear();
    }
    producer_.wake();
}

bool Queue::is_closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
}

bool Queue::is_drained() const {
    const std::lock_guard lock(mutex_);
    return ended_ && batches_.empty();
}

void RoutingOutbox::add(const Edge& edge, std::vector<Queue*> targets) {
    Route route;
    route.edge = &edge;
    route.targets = std::move(targets);
    // Producers start at different places, so that the first batches of all do not meet in one.
    route.next = producer_ % route.targets.size();
    routes_.push_back(std::move(route));
}

bool RoutingOutbox::offer(std::size_t ordinal, const Batch& batch) {
    if (blocked()) return false;
    if (batch.rows == 0) return true;
    rows_ += batch.rows;
    ++batches_;
    for (auto& route : routes_) {
        if (route.edge->from_ordinal == ordinal) expand(route, batch);
    }
    deliver();
    return true;
}

void RoutingOutbox::expand(Route& route, const Batch& batch) {
    switch (route.edge->routing) {
        case Routing::unicast: pending_.push_back({&route, kAny, batch}); break;
        case Routing::isolated: pending_.push_back({&route, producer_, batch}); break;
        case Routing::to_one: pending_.push_back({&route, 0, batch}); break;
        case Routing::broadcast:
            for (std::size_t target = 0; target < route.targets.size(); ++target) {
                pending_.push_back({&route, target, batch});
            }
            break;
        case Routing::partitioned: split(route, batch); break;
    }
}

void RoutingOutbox::split(Route& route, const Batch& batch) {
    const auto count = route.targets.size();
    if (count == 1) {
        pending_.push_back({&route, 0, batch});
        return;
    }
    std::vector<std::uint64_t> hashes;
    hash_rows(batch, route.edge->keys, hashes);
    std::vector<std::vector<std::uint32_t>> rows(count);
    for (std::size_t row = 0; row < hashes.size(); ++row) {
        // The high half: the low one places rows in the hash tables of the receivers.
        rows[(hashes[row] >> 32) % count].push_back(static_cast<std::uint32_t>(row));
    }
    for (std::size_t target = 0; target < count; ++target) {
        if (rows[target].empty()) continue;
        const bool all = rows[target].size() == batch.rows;
        pending_.push_back({&route, target, all ? batch : batch.gather(rows[target])});
    }
}

bool RoutingOutbox::put(Delivery& delivery) {
    auto& route = *delivery.route;
    if (delivery.target != kAny) return route.targets[delivery.target]->put(delivery.batch);
    for (std::size_t tried = 0; tried < route.targets.size(); ++tried) {
        auto* const queue = route.targets[route.next];
        route.next = (route.next + 1) % route.targets.size();
        // A closed queue would swallow what another consumer still wants.
        if (!queue->is_closed() && queue->put(delivery.batch)) return true;
    }
    return std::all_of(route.targets.begin(), route.targets.end(),
                       [](const Queue* queue) { return queue->is_closed(); });
}

bool RoutingOutbox::deliver() {
    // All of one offer, so none of them overtakes another of the same queue.
    const auto before = pending_.size();
    std::erase_if(pending_, [](Delivery& delivery) { return put(delivery); });
    return pending_.size() < before;
}

bool RoutingOutbox::unwanted() const {
    if (routes_.empty()) return false;
    return std::all_of(routes_.begin(), routes_.end(), [](const Route& route) {
        return std::all_of(route.targets.begin(), route.targets.end(),
                           [](const Queue* queue) { return queue->is_closed(); });
    });
}

void RoutingOutbox::end() {
    for (auto& route : routes_) {
        for (auto* queue : route.targets) queue->end();
    }
}

}  // namespace topgun::dag
