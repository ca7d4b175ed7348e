// SPDX-License-Identifier: Apache-2.0
// A source attached to a session: its tables, and what the session has changed in them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "column_cache.hpp"
#include "map_table.hpp"
#include "memory_table.hpp"
#include "topgun/source/source.hpp"
#include "topgun/storage/owned_op.hpp"

namespace topgun::sql {

/// What CREATE TABLE said of a map.
struct TableDefinition {
    std::vector<DeclaredColumn> columns;
    std::vector<std::size_t> primary;              ///< Columns; empty for none.
    std::vector<std::vector<std::size_t>> unique;  ///< Each a set of columns.
};

/// Threads: one owner, while no plan runs.
class Schema {
public:
    Schema(std::string name, std::shared_ptr<CacheBudget> budget)
        : name_(std::move(name)), cache_(std::move(budget)) {}

    /// Errors: those of opening.
    Status open(const std::string& path, const ReadOptions& options, ReadReport* report);
    void open(std::unique_ptr<StateReader> state) { source_.state = std::move(state); }

    const std::string& name() const noexcept { return name_; }
    const std::string& path() const noexcept { return path_; }
    /// Maps with records, or declared; not those that were dropped.
    std::vector<MapId> maps() const;
    const pgdump::Dump* dump() const noexcept { return dump_.get(); }
    std::shared_ptr<const pgdump::Dump> shared_dump() const { return dump_; }
    /// The name that a map has as a table: its own, with "$or" or "$counter" where an LWW map has
    /// that name, too.
    std::string table_name(const MapId& id) const;
    std::optional<MapId> find_map(std::string_view table) const;
    Result<std::shared_ptr<const MapTable>> map_table(const MapId& id, std::uint64_t now_ms) const;
    const TableDefinition* definition(const MapId& id) const;
    void define(const MapId& id, TableDefinition definition);
    void drop(const MapId& id);

    // Changes.
    const std::vector<OwnedOp>& ops() const noexcept { return ops_; }
    Status apply(OwnedOp op);
    /// Forgets ops from the one at `count` on.
    void truncate(std::size_t count);
    /// Forgets the ops of one map. @return how many.
    std::size_t forget(const MapId& id);
    /// The greatest stamp of a map's records.
    Result<Stamp> newest(const MapId& id) const;
    /// @param alone  the map is the session's own: nothing is beneath the changes.
    MapRows rows(bool alone = false) const;
    bool is_own(const MapId& id) const {
        return id.kind == MapKind::lww && (!source_.state || !source_.state->has(id));
    }
    const StateReader* base() const noexcept { return source_.state.get(); }
    /// The state with its changes.
    std::unique_ptr<StateReader> state() const;

    std::map<MapId, TableDefinition> definitions;
    std::set<MapId> dropped;

private:
    void rebuild();
    std::shared_ptr<CachedMap> cache_of(const MapId& id, std::uint64_t now_ms) const;

    std::string name_, path_;
    Source source_;
    std::shared_ptr<const pgdump::Dump> dump_;
    mutable ColumnCache cache_;
    std::vector<OwnedOp> ops_;
    std::unique_ptr<Replica> changes_ = std::make_unique<Replica>();
    mutable std::unique_ptr<StateReader> changed_;  // of changes_, made when first asked for
};

}  // namespace topgun::sql
