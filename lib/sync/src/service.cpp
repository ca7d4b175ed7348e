// SPDX-License-Identifier: Apache-2.0
#include "service.hpp"

#include "names.hpp"

namespace topgun::sync {

Status Service::may_read(Connection& peer, const MapId& map) {
    if (const char* fault = name_fault(map.name)) return Error(Errc::usage, fault);
    const auto& guard = peer.hub_.options().guard;
    return guard ? guard(map, MapAccess::read, peer.context_) : Status();
}

void Service::follow(Connection& peer, const std::string& map) {
    if (!peer.follow(map)) return;
    peer.announce(map, MapKind::lww);
    peer.announce(map, MapKind::or_map);
}

}  // namespace topgun::sync
