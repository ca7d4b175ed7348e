// SPDX-License-Identifier: Apache-2.0
// Positive-negative counters, kept like maps.
#pragma once

#include <memory>
#include <set>
#include <unordered_map>

#include "service.hpp"
#include "topgun/crdt/pn_counter.hpp"
#include "topgun/storage/owned_op.hpp"

namespace topgun::sync {

/// A counter is a map of kind counter, with an entry for each node. Both messages about one make
/// the sender hear of its changes.
class PnCounters final : public Service {
public:
    using Service::Service;

    void on(Connection& peer, const wire::CounterRequest& message);
    void on(Connection& peer, const wire::CounterSync& message);
    void changed(const Change& change, Outbox& outbox);
    void gone(Connection& peer);

private:
    bool admit(Connection& peer, const std::string& name, const char* type);
    bool subscribe(Connection& peer, const std::string& name, const char* type);
    wire::CounterState state_of(const std::string& name) const;
    Result<std::vector<OwnedOp>> news_of(const wire::CounterSync& message) const;

    std::unordered_map<std::string, std::set<std::uint64_t>> subscribers_;
    std::unordered_map<std::uint64_t, std::set<std::string>> names_;  // of each connection
    const std::string* merging_ = nullptr;  // a counter whose subscribers get the whole state
};

}  // namespace topgun::sync
