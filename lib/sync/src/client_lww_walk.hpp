// SPDX-License-Identifier: Apache-2.0
// The walk through an LWW map, both ways, also with a server that stamps anew and keeps no
// tombstones.
#pragma once

#include "client_walk.hpp"

namespace topgun::sync::client {

class LwwWalk final : public Walk {
public:
    using Walk::Walk;
    void hear_leaf(const wire::SyncRespLeaf& message, std::size_t frame_bytes);

private:
    void ask_root() override;
    void ask_path(const std::string& path) override;
    void take_local_only(const Row& row, bool answered) override;
    void finish_walk() override;
    void finish() override;
    void compare(const Op& remote, const std::optional<LwwRecord>& local, std::vector<Op>& wins);
    bool was_seen(const Row& row) const;
    void remember(const Op& remote, const Stamp& local);
    void settle_vanished();

    std::vector<std::pair<std::string, Timestamp>> vanished_;  // keys, with their stamps here
    std::vector<std::uint64_t> seen_;  // what the next sync can take for known to the server
    bool keeps_tombstones_ = false;
};

}  // namespace topgun::sync::client
