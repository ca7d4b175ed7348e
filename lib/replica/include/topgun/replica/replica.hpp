// SPDX-License-Identifier: Apache-2.0
// A set of maps in memory with their tries: what ops are merged into.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/crdt/lww_map.hpp"
#include "topgun/crdt/or_map.hpp"
#include "topgun/crdt/pn_counter.hpp"
#include "topgun/merkle/trie.hpp"
#include "topgun/replica/state.hpp"

namespace topgun {

/// Two records met at one place, and one of them is gone.
struct Conflict {
    MapId map;
    Row winner;  ///< Borrowed for the time of the call. For a removed tag: the tombstone.
    Row loser;
    /// Why: the field of the stamp that decided; `none` means equal stamps, decided by content, or
    /// a removed tag (winner.removed).
    StampField decided_by = StampField::none;
};

/// Hears of every record that a merge drops. Called during the merge; must not touch the replica.
class TOPGUN_API ConflictObserver {
public:
    virtual ~ConflictObserver();
    virtual void on_conflict(const Conflict& conflict) = 0;
};

/// All maps of one node. Threads: not synchronised; const members may run concurrently.
class TOPGUN_API Replica {
public:
    struct Map {
        MapId id;
        std::variant<LwwMap, OrMap, PnCounter> crdt;
        Trie trie;

        /// The client-form root; 0 for counters.
        std::uint32_t root();
    };

    explicit Replica(TieRule ties = TieRule::by_content) : ties_(ties) {}

    /// Merges one op. Creates the map when needed. Errors: bad_input for an op that contradicts
    /// itself (a counter entry that is not [p, n], an OR op without tag).
    /// Cost: O(key + value), plus a copy of what is dropped when an observer listens.
    Result<Merged> apply(const Op& op, ConflictObserver* observer = nullptr);

    /// Merges ops in order; runs of ops on one LWW map let their memory fetches overlap, which
    /// makes large batches about twice as fast.
    /// @param outcomes  gets one for each op that was merged; may be null.
    /// Errors: as above; the ops before the bad one stay merged.
    Status apply(std::span<const Op> ops, ConflictObserver* observer = nullptr,
                 std::vector<Merged>* outcomes = nullptr);

    /// Merges all rows of another state. Errors: those of reading it.
    Status apply(const StateReader& state, ConflictObserver* observer = nullptr);

    /// Maps in order of name and kind.
    std::vector<const Map*> maps() const;
    const Map* find(const MapId& id) const;
    Map& get(const MapId& id);
    std::size_t memory() const;

private:
    Map& map_of(const Op& op);
    static void apply_lww_run(Map& map, std::span<const Op> ops, std::vector<Merged>* outcomes);
    Merged apply_lww(Map& map, const Op& op, ConflictObserver* observer);
    Result<Merged> apply_or(Map& map, const Op& op, ConflictObserver* observer);
    Result<Merged> apply_counter(Map& map, const Op& op);

    TieRule ties_;
    std::map<MapId, std::unique_ptr<Map>> maps_;
    Map* last_ = nullptr;
};

/// A replica as a state to read from. Takes a view in trie order when made, and must not outlive
/// the replica or see it change.
TOPGUN_API std::unique_ptr<StateReader> read_replica(Replica& replica);
/// The same, owning the replica.
TOPGUN_API std::unique_ptr<StateReader> own_replica(std::unique_ptr<Replica> replica);

}  // namespace topgun
