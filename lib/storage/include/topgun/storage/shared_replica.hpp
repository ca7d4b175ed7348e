// SPDX-License-Identifier: Apache-2.0
// A replica that several threads use, and readers of it that never keep a writer waiting for long.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "topgun/replica/replica.hpp"

namespace topgun {

/// A shared mutex under which a stream of readers cannot keep a writer out: whoever waits first
/// holds the gate. A thread that holds it shared must not lock it again.
class FairSharedMutex {
public:
    void lock() {
        const std::lock_guard gate(gate_);
        inner_.lock();
    }
    void unlock() { inner_.unlock(); }
    void lock_shared() {
        const std::lock_guard gate(gate_);
        inner_.lock_shared();
    }
    void unlock_shared() { inner_.unlock_shared(); }

private:
    std::mutex gate_;
    std::shared_mutex inner_;
};

/// A map's positions by key hash, then key: the hash in the upper half, the position in the lower.
struct KeyOrder {
    std::uint64_t layout = 0;
    std::vector<std::uint64_t> places;
};

/// Reading `replica` takes `mutex` shared, changing it takes it exclusively.
struct SharedReplica {
    Replica replica;
    /// Changes whenever records move to other positions, which only pruning makes them do.
    std::uint64_t layout = 0;
    mutable FairSharedMutex mutex;

    // Orders that readers worked out, for the next reader; shared because cursors keep theirs while
    // a newer one takes its place here.
    mutable std::mutex orders_mutex;
    mutable std::unordered_map<const Replica::Map*, std::shared_ptr<const KeyOrder>> orders;
};

/// One row on its way; borrowed for the call.
using RowVisitor = std::function<Status(const MapId& map, const Row& row)>;

/// A replica as a state while others change it. Cursors take the lock for one batch at a time and
/// hand out copies, so a slow reader delays nobody. The price: a read sees each row as it is at
/// some moment between begin and end, not all rows at one moment. Every write that was merged
/// before the reader was made is seen, as it was or replaced by a newer one; so a snapshot of this,
/// with the writes that came since, is complete ("fuzzy"). Maps that appear later are not seen.
/// @param shared  outlives the reader and its cursors.
/// Cost: rows() sorts the keys that are new since the last reader's. Memory: 8 bytes a key.
TOPGUN_API std::unique_ptr<StateReader> read_live(const SharedReplica& shared);
/// The same for some maps. @param only  sorted; unknown ones are left out.
TOPGUN_API std::unique_ptr<StateReader> read_live(const SharedReplica& shared,
                                                  const std::vector<MapId>& only);

/// Visits all rows at one key: one of an LWW map, all of an OR-Map's key, one of a counter's node.
/// The rows are copies; no lock is held during `visit`. Errors: those of `visit`.
TOPGUN_API Status find_rows(const SharedReplica& shared, const MapId& map, std::string_view key,
                            const RowVisitor& visit);

/// The map's trie at this moment; empty for an unknown map and for counters.
/// Cost: a copy of 32 KiB; for an OR-Map also hashing the keys that changed since the last call.
TOPGUN_API Trie current_trie(SharedReplica& shared, const MapId& map);

/// Drops LWW tombstones older than `before` from memory. Their older writes will be accepted again:
/// only a caller that knows every replica has seen them may do this. @return how many went.
TOPGUN_API std::size_t prune_tombstones(SharedReplica& shared, const Stamp& before);

}  // namespace topgun
