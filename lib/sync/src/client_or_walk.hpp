// SPDX-License-Identifier: Apache-2.0
// The walk through an OR-Map: records by tag both ways, and removed tags where they matter.
#pragma once

#include "client_walk.hpp"

namespace topgun::sync::client {

class OrWalk final : public Walk {
public:
    using Walk::Walk;
    void hear_root_message(const wire::OrMapSyncRespRoot& message);
    void hear_leaf(const wire::OrMapSyncRespLeaf& message, std::size_t frame_bytes);

private:
    void ask_root() override;
    void ask_path(const std::string& path) override;
    void take_local_only(const Row& row, bool answered) override;
    void finish() override;
    void compare(const Row& theirs, const OrMap* map, std::vector<Op>& wins);
    void note_epoch(std::optional<std::uint64_t> epoch);

    std::unordered_set<std::string> told_removed_;  // tags that the server says are removed
    std::optional<std::uint64_t> epoch_;
    bool full_resync_ = false;
};

}  // namespace topgun::sync::client
