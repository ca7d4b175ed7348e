// SPDX-License-Identifier: Apache-2.0
#include "cluster_map.hpp"

namespace topgun::sync {
namespace {

constexpr std::uint32_t kVersion = 1;
// Fixed by TopGun: a key belongs to partition fnv1a(key) mod 271.
constexpr std::uint32_t kPartitions = 271;

}  // namespace

// A client that has the map already hears nothing, as from TopGun's server.
void ClusterMap::on(Connection& peer, const wire::PartitionMapRequest& message) {
    if (message.current_version.value_or(0) >= kVersion) return;
    const auto& node = hub_.options().node_id;
    wire::PartitionMap map;
    map.version = kVersion;
    map.partition_count = kPartitions;
    map.nodes.push_back({node, {hub_.options().advertised_url, {}}, wire::NodeStatus::active});
    for (std::uint32_t id = 0; id < kPartitions; ++id) map.partitions.push_back({id, node, {}});
    map.generated_at = generated_at_;
    send(peer, map);
}

}  // namespace topgun::sync
