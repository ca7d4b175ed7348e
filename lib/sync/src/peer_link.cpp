// SPDX-License-Identifier: Apache-2.0
#include "topgun/sync/peer_link.hpp"

#include <utility>

namespace topgun::sync {
namespace {

ClientOptions client_options(std::string token) {
    ClientOptions out;
    out.token = std::move(token);
    return out;
}

SyncJob peer_job(std::uint64_t resync_ms) {
    SyncJob out;
    out.follow = true;
    out.resync_ms = resync_ms;
    return out;
}

}  // namespace

PeerLink::PeerLink(Hub& hub, PeerOptions options)
    : hub_(hub),
      options_(std::move(options)),
      replica_(hub),
      client_(client_options(options_.token), replica_) {
    client_.start(peer_job(options_.resync_ms));
    hub_.listen(*this);
}

PeerLink::~PeerLink() {
    hub_.forget(*this);
}

void PeerLink::on_changes(const std::vector<OwnedOp>& ops, std::uint64_t writer) {
    // What came from there is there.
    if (writer == replica_.writer()) return;
    const auto state = client_.state();
    // Connecting compares, so nothing need be kept for somebody who is away.
    if (state != ClientState::working && state != ClientState::following) return;
    if (client_.queued_bytes() > options_.queue_bytes) return client_.pass_again();
    std::vector<Op> views;
    views.reserve(ops.size());
    for (const auto& op : ops) views.push_back(op.view());
    if (!client_.send(views)) return client_.pass_again();
    passed_on_ += views.size();
}

}  // namespace topgun::sync
