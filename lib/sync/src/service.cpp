// SPDX-License-Identifier: Apache-2.0
#include "service.hpp"

#include "names.hpp"

namespace topgun::sync {
namespace {

Status counted(Status status, Counters& counters) {
    if (!status) ++counters.denied;
    return status;
}

}  // namespace

Status Service::may_read(Connection& peer, const MapId& map) {
    if (const char* fault = name_fault(map.name)) return Error(Errc::usage, fault);
    const auto& gate = *peer.hub_.gate_;
    if (!gate.closed()) return {};
    return counted(gate.may_read(map, peer.context_), peer.hub_.counters_);
}

Status Service::may_read_partly(Connection& peer, const MapId& map) {
    if (const char* fault = name_fault(map.name)) return Error(Errc::usage, fault);
    const auto& gate = *peer.hub_.gate_;
    if (!gate.closed()) return {};
    return counted(gate.may_read_partly(map, peer.context_), peer.hub_.counters_);
}

Status Service::may_read_counter(Connection& peer, const std::string& name) {
    const auto& gate = *peer.hub_.gate_;
    if (!gate.closed()) return {};
    return counted(gate.may_read({name, MapKind::counter}, peer.context_), peer.hub_.counters_);
}

Status Service::may_use(Connection& peer, PolicyAction action, const std::string& name) {
    return counted(peer.hub_.gate_->may_use(action, name, peer.context_), peer.hub_.counters_);
}

bool Service::may_see(Connection& peer, std::string_view map,
                      const std::optional<wire::AnyValue>& value) {
    const auto& gate = *peer.hub_.gate_;
    if (!gate.closed()) return true;
    if (!gate.may_read_partly({std::string(map), MapKind::lww}, peer.context_)) return false;
    return gate.shows(map, value ? BytesView(value->bytes) : BytesView(), peer.context_);
}

Status Service::may_change(const Op& op, const RequestContext& context) const {
    if (!hub_.gate_->closed()) return {};
    return counted(hub_.may_change(op, context), hub_.counters_);
}

const std::shared_ptr<const void>& Service::always() {
    static const std::shared_ptr<const void> subject = std::make_shared<int>(0);
    return subject;
}

void Service::follow(Connection& peer, const std::string& map) {
    if (!peer.follow(map)) return;
    peer.announce(map, MapKind::lww);
    peer.announce(map, MapKind::or_map);
}

}  // namespace topgun::sync
