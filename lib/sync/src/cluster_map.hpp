// SPDX-License-Identifier: Apache-2.0
// The partition map of an endpoint that is a cluster of one.
#pragma once

#include "service.hpp"

namespace topgun::sync {

/// Version 1 for ever: nobody joins or leaves.
class ClusterMap final : public Service {
public:
    explicit ClusterMap(Hub& hub) : Service(hub), generated_at_(wall_ms()) {}

    void on(Connection& peer, const wire::PartitionMapRequest& message);

private:
    std::uint64_t generated_at_;
};

}  // namespace topgun::sync
