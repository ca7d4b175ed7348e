// SPDX-License-Identifier: Apache-2.0
// A map as a table: a row for each live record, its fields as columns.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "column_cache.hpp"
#include "table.hpp"
#include "topgun/replica/replica.hpp"
#include "topgun/replica/state.hpp"

namespace topgun::sql {

namespace ast {
struct Expr;
}

/// A column that CREATE TABLE declared.
struct DeclaredColumn {
    std::string name;
    DataType type;
    bool not_null = false;
    std::int64_t precision = 0, scale = 0;           ///< Of numeric(p, s); 0 for none.
    std::int64_t length = 0;                         ///< Of varchar(n).
    int bits = 0;                                    ///< Of smallint and integer.
    std::shared_ptr<const ast::Expr> default_value;  ///< Null: NULL.
};

/// What a column of a map's table is made of.
enum class MapSource : std::uint8_t {
    key,
    field,    ///< A top-level field of the value.
    value,    ///< A value that is no map.
    record,   ///< The whole value.
    time,     ///< The stamp's milliseconds.
    counter,  ///< The stamp's counter.
    node,
    stamp,  ///< "millis:counter:node"
    map,
    ttl,
    expires,
    tag,
    positive,  ///< Of counters.
    negative,
    sum,
};

/// Where a map's rows come from: a state, and changes on top of it. Either may be null.
struct MapRows {
    const StateReader* base = nullptr;
    const Replica* changes = nullptr;
    /// The changes, to read from. Null where nothing is beneath them: then `changes` will do.
    const StateReader* changed = nullptr;
};

/// Records that are neither tombstones nor expired at `now_ms`.
class MapTable final : public Table {
public:
    /// Columns as the data shows: integers are bigint, integers and reals double precision, what is
    /// mixed is jsonb. Errors: those of reading facts.
    /// @param cache  of the base; null: each scan decodes.
    static Result<std::shared_ptr<const MapTable>> infer(const MapId& id, MapRows rows,
                                                         std::uint64_t now_ms,
                                                         std::shared_ptr<CachedMap> cache = {});
    /// Columns as declared.
    static std::shared_ptr<const MapTable> declared(const MapId& id, MapRows rows,
                                                    std::uint64_t now_ms,
                                                    const std::vector<DeclaredColumn>& columns,
                                                    std::shared_ptr<CachedMap> cache = {});

    const std::string& name() const override { return id_.name; }
    const std::vector<TableColumn>& columns() const override { return columns_; }
    std::optional<std::uint64_t> rows() const override { return count_; }
    Result<std::unique_ptr<TableScan>> scan(std::span<const std::size_t> columns, std::size_t part,
                                            std::size_t parts,
                                            const ScanHints& hints) const override;

    const MapId& id() const noexcept { return id_; }
    const std::vector<MapSource>& sources() const noexcept { return sources_; }
    const MapRows& from() const noexcept { return rows_; }
    std::uint64_t now_ms() const noexcept { return now_ms_; }
    /// Columns are declared: a field that is missing is NULL, one that is nil is JSON's null.
    bool is_declared() const noexcept { return declared_; }

private:
    MapTable(MapId id, MapRows rows, std::uint64_t now_ms)
        : id_(std::move(id)), rows_(rows), now_ms_(now_ms) {}
    void add(std::string name, DataType type, MapSource source, bool hidden, bool not_null = false);
    void add_system(bool has_plain_values);

    MapId id_;
    bool is_changed() const;
    std::vector<CachedColumnId> cached_ids(std::span<const std::size_t> columns) const;

    MapRows rows_;
    std::uint64_t now_ms_;
    std::vector<TableColumn> columns_;
    std::vector<MapSource> sources_;
    std::optional<std::uint64_t> count_;
    bool declared_ = false;
    std::shared_ptr<CachedMap> cache_;
};

/// The column type that values of these kinds have.
DataType column_type(const KindCounts& kinds);

}  // namespace topgun::sql
