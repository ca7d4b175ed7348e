// SPDX-License-Identifier: Apache-2.0
// One endpoint kept equal to another: anti-entropy, and what changes meanwhile at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "topgun/sync/client.hpp"
#include "topgun/sync/hub.hpp"
#include "topgun/sync/local_replica.hpp"

namespace topgun::sync {

struct PeerOptions {
    std::string token;  ///< For the other endpoint; empty where it asks for none.
    /// From the end of one comparison to the next: mends what was missed. Equal endpoints of ours
    /// compare in one round trip of a few hundred bytes.
    std::uint64_t resync_ms = 5'000;
    /// Changes that may wait for the other's acknowledgement; beyond it they are left to the next
    /// comparison, which then follows at once.
    std::size_t queue_bytes = std::size_t{8} << 20;
};

/// Keeps what a hub serves and what another endpoint serves equal, in both directions. One side is
/// enough; a ring or any other connected graph of endpoints converges, because a change that is
/// there already goes no further (TG-SYN-003).
///
/// The other endpoint is trusted: what comes from it is merged without asking for permission here,
/// while it applies its own permissions to our token. Clocks that are further apart than the
/// allowed drift keep the two from agreeing on fresh writes until time has passed.
///
/// The host carries client() as it carries any, and makes a new link when it has failed.
/// Threads: the hub's, construction and destruction too.
class TOPGUN_API PeerLink final : private ChangeListener {
public:
    /// @param hub  outlives this.
    PeerLink(Hub& hub, PeerOptions options);
    ~PeerLink() override;
    PeerLink(const PeerLink&) = delete;
    PeerLink& operator=(const PeerLink&) = delete;

    Client& client() noexcept { return client_; }
    /// Changes passed on since the beginning.
    std::uint64_t passed_on() const noexcept { return passed_on_; }

private:
    void on_changes(const std::vector<OwnedOp>& ops, std::uint64_t writer) override;

    Hub& hub_;
    PeerOptions options_;
    HubReplica replica_;
    Client client_;
    std::uint64_t passed_on_ = 0;
};

}  // namespace topgun::sync
