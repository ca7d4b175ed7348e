// SPDX-License-Identifier: Apache-2.0
// What rows sum up to, map by map: kept while they are read, compared with what was written.
#pragma once

#include <map>

#include "topgun/replica/replica.hpp"
#include "topgun/replica/state.hpp"

namespace topgun::pg {

struct MapTally {
    std::uint64_t rows = 0;  ///< Records and removed tags.
    Hash128 content;         ///< Sum of row_content().
    bool operator==(const MapTally&) const = default;
};

/// Sums, so that those of parts add up to that of the whole, in any order.
class Tally {
public:
    void add(const MapId& map, const Row& row) { change(map, row, 1); }
    void take_out(const MapId& map, const Row& row) { change(map, row, ~std::uint64_t{0}); }
    void add(const MapId& map, const MapTally& sums);
    void add(const Tally& other);
    const std::map<MapId, MapTally>& maps() const noexcept { return maps_; }

    /// Compares with the facts of what was written. Errors: bad_input, naming the map.
    Status check(const StateReader& written) const;

private:
    void change(const MapId& map, const Row& row, std::uint64_t sign);

    std::map<MapId, MapTally> maps_;
    Bytes scratch_;
};

/// Ops merged as they come, with the tally of what is there. Threads: one owner.
class GatheredRows final : private ConflictObserver {
public:
    GatheredRows() : replica_(std::make_unique<Replica>()) {}
    /// Errors: as Replica::apply().
    Status take(const Op& op);
    bool empty() const { return replica_->maps().empty(); }
    std::size_t memory() const { return replica_->memory(); }
    const Tally& tally() const noexcept { return tally_; }
    /// What was gathered, as a state. Nothing is gathered any more; the tally stays.
    std::unique_ptr<StateReader> take_state();

private:
    void on_conflict(const Conflict& conflict) override;
    Status take_counter(const Op& op);

    std::unique_ptr<Replica> replica_;
    MapId map_;  // of the last op
    Tally tally_, losers_;
};

}  // namespace topgun::pg
