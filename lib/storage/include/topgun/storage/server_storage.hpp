// SPDX-License-Identifier: Apache-2.0
// The seam between an endpoint and where its maps are kept for good.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/clock/timestamp.hpp"
#include "topgun/storage/outcome.hpp"
#include "topgun/storage/shared_replica.hpp"

namespace topgun {

/// Hears when writes become durable. Calls come from any thread, one at a time for each storage;
/// they should return soon and must not call the storage.
class TOPGUN_API DurabilityListener {
public:
    virtual ~DurabilityListener();
    /// Everything up to `sequence` is durable. Rises with every call.
    virtual void on_durable(std::uint64_t sequence) = 0;
    /// A write failed. Some storages try again, others have failed for good: see
    /// StorageStats::failed.
    virtual void on_failed(const Error& error) = 0;
    /// An op that was `queued` turned out to be one that cannot be stored. `on_durable` passes it.
    virtual void on_refused(const Op& op, const Error& error);
};

struct StorageStats {
    std::uint64_t sequence = 0;   ///< Last one given out.
    std::uint64_t durable = 0;    ///< Everything up to here is durable.
    std::uint64_t queued = 0;     ///< Records that wait to be written.
    std::uint64_t coalesced = 0;  ///< Ops that were beaten while they waited, and never written.
    std::uint64_t failures = 0;   ///< Attempts to write that failed.
    std::uint64_t log_bytes = 0;  ///< What a recovery would replay; 0 where there is no log.
    bool failed = false;          ///< Nothing can be made durable any more.
    std::string last_error;       ///< Of the last failed attempt; empty after a successful one.
};

/// Keeps CRDT state. Storing merges: storing twice, or in another order, changes nothing, and a
/// deletion is an op like any other (OpKind::remove, or_remove). Sequences start at 0 with each
/// opening and never fall.
/// Threads: all members may be called from any thread, except that nothing may run during or after
/// close() but durable() and stats().
class TOPGUN_API ServerStorage {
public:
    virtual ~ServerStorage();

    /// Visits what is stored, map by map, a row perhaps more than once; merging them gives the
    /// state.
    /// @param only  these maps, sorted; empty for all. Errors: those of reading, and of `visit`.
    virtual Status load(const std::vector<MapId>& only, const RowVisitor& visit) = 0;
    Status load(const RowVisitor& visit) { return load({}, visit); }

    /// Takes ops. They are durable once durable() has reached the report's sequence; a writer may
    /// be told so only then. May wait for room. @pre values are canonical. Errors: limit (no room
    /// in time), io (nothing can be stored); then none of the ops is taken.
    virtual Result<StoreReport> store(std::span<const Op> ops) = 0;

    virtual std::uint64_t durable() const = 0;
    /// Waits until everything stored so far is durable, or an attempt fails.
    virtual Status flush() = 0;
    /// Tidies up what makes a restart slow. A storage that needs none returns at once.
    virtual Status checkpoint() = 0;
    /// Drops LWW tombstones older than `before`; see prune_tombstones() for who may do this.
    virtual Result<std::uint64_t> prune(const Timestamp& before) = 0;
    /// Takes nothing more and writes what waits, for at most about `within_ms`.
    /// Errors: those of writing; limit when something is left unwritten.
    virtual Status close(std::uint64_t within_ms) = 0;
    virtual StorageStats stats() const = 0;

    /// The state, when the storage keeps all of it in memory anyway; store() merges into it. Null
    /// otherwise. Lives as long as the storage.
    virtual SharedReplica* resident() { return nullptr; }
    /// The greatest stamp stored, when that is known without reading everything.
    virtual std::optional<Timestamp> largest_stamp() const { return std::nullopt; }
    /// Set before the first store(); outlives the storage, or is replaced by null after close().
    virtual void listen(DurabilityListener* listener) = 0;
};

/// Visits every row of some maps (all when `only` is empty), removed tags included.
TOPGUN_API Status visit_rows(const SharedReplica& shared, const std::vector<MapId>& only,
                             const RowVisitor& visit);

}  // namespace topgun
