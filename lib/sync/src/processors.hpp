// SPDX-License-Identifier: Apache-2.0
// Entry processors and conflict resolvers.
#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "service.hpp"

namespace topgun::sync {

/// Runs TopGun's built-in processors, by their names: whatever code comes with the name is not run,
/// here or anywhere. A processor reads and writes an entry of an LWW map in one go; what it writes
/// is stamped by the endpoint, is told to everybody who follows the map, the sender too, and is
/// answered when it is durable. Conflict resolvers are code of clients and refused.
class Processors final : public Service {
public:
    using Service::Service;

    void on(Connection& peer, const wire::EntryProcess& message);
    void on(Connection& peer, const wire::EntryProcessBatch& message);
    void on(Connection& peer, const wire::RegisterResolver& message);
    void on(Connection& peer, const wire::UnregisterResolver& message);
    void on(Connection& peer, const wire::ListResolvers& message);

private:
    struct Job {
        std::string key;
        wire::EntryProcessResult outcome;
        Bytes value;  // to be written; empty for a deletion
        bool writes = false;
        Timestamp stamp;
    };

    Status check(Connection& peer, const std::string& map,
                 const wire::EntryProcessor& processor) const;
    void run(Connection& peer, const std::string& map, const wire::EntryProcessor& processor,
             Job& job) const;
    std::uint64_t store(Connection& peer, const std::string& map, std::vector<Job>& jobs) const;
};

}  // namespace topgun::sync
