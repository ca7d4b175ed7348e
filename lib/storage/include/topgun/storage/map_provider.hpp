// SPDX-License-Identifier: Apache-2.0
// How queries and sync come by maps: by name, on somebody's behalf, wherever they are kept.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "topgun/merkle/trie.hpp"
#include "topgun/storage/request_context.hpp"
#include "topgun/storage/server_storage.hpp"

namespace topgun {

/// Read access to maps. A map that nobody wrote to is empty, not an error.
/// Threads: any. Errors of all members: usage when the request's principal may not read the map
/// (where a guard says so); those of loading a map.
class TOPGUN_API MapProvider {
public:
    virtual ~MapProvider();

    /// The maps that the request may read, sorted.
    virtual Result<std::vector<MapId>> maps(const RequestContext& context) = 0;
    /// Several maps as one state, in trie order; writers go on meanwhile (see read_live()). A map
    /// without rows is not in it. Must not outlive the provider.
    virtual Result<std::unique_ptr<StateReader>> state(std::vector<MapId> maps,
                                                       const RequestContext& context) = 0;
    /// All rows at one key; see find_rows().
    virtual Status find(const MapId& map, std::string_view key, const RequestContext& context,
                        const RowVisitor& visit) = 0;
    /// The trie at this moment; see current_trie().
    virtual Result<Trie> trie(const MapId& map, const RequestContext& context) = 0;
};

enum class MapAccess : std::uint8_t { read, write };

/// Says whether a request may do something with a map; an error is the answer it gets.
using MapGuard =
    std::function<Status(const MapId& map, MapAccess access, const RequestContext& context)>;

/// Maps of a storage, held in memory: the storage's own state where it has one, otherwise a replica
/// that is loaded when this is opened and kept up to date by apply(). It knows no tenants: they are
/// for the guard to tell apart.
class TOPGUN_API StoredMaps final : public MapProvider {
public:
    /// Loads what must be loaded. @param storage  outlives this. @param guard  asked before every
    /// access; empty allows everything. Errors: those of loading.
    static Result<std::unique_ptr<StoredMaps>> open(ServerStorage& storage, MapGuard guard = {});

    Result<std::vector<MapId>> maps(const RequestContext& context) override;
    Result<std::unique_ptr<StateReader>> state(std::vector<MapId> maps,
                                               const RequestContext& context) override;
    Status find(const MapId& map, std::string_view key, const RequestContext& context,
                const RowVisitor& visit) override;
    Result<Trie> trie(const MapId& map, const RequestContext& context) override;

    /// Stores ops, then merges them. Ops that the guard forbids, or that are malformed, are refused
    /// one by one. The outcomes are those of the merge, never `queued`. A batch is durable once the
    /// storage's durable() has reached the report's sequence.
    /// Errors: those of ServerStorage::store(); then nothing is merged.
    Result<StoreReport> apply(std::span<const Op> ops, const RequestContext& context);
    /// The same for a caller that has asked the guard itself, or needs no leave.
    Result<StoreReport> apply_checked(std::span<const Op> ops);

    SharedReplica& shared() noexcept { return *shared_; }
    ServerStorage& storage() noexcept { return storage_; }
    /// The greatest stamp that was loaded or applied, for Hlc::prime().
    Timestamp largest_stamp() const;

private:
    StoredMaps(ServerStorage& storage, MapGuard guard);
    Status allow(const MapId& map, MapAccess access, const RequestContext& context) const;
    Status load();
    void note(std::span<const Op> ops, const StoreReport& report);

    ServerStorage& storage_;
    MapGuard guard_;
    std::unique_ptr<SharedReplica> own_;  // null when the storage is resident
    SharedReplica* shared_ = nullptr;
    mutable std::mutex largest_mutex_;
    Timestamp largest_;
};

}  // namespace topgun
