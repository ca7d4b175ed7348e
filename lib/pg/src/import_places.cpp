// SPDX-License-Identifier: Apache-2.0
#include "import_places.hpp"

#include <charconv>
#include <utility>

#include "extra_table.hpp"
#include "row_form.hpp"

namespace topgun::pg {
namespace {

std::string places_table(const MapTable& table) {
    return quoted_name(table.schema) + "." + quoted_name(table.name + "_imports");
}

// What names the rows of a table: its oid, and the files of all its partitions, which are others
// after TRUNCATE. NULL without such a table.
std::string rows_of(const std::string& table) {
    const auto oid = "to_regclass(" + quoted_text(table) + ")";
    return oid + "::oid::text || '/' || coalesce(pg_relation_filenode(" + oid +
           "), 0) || coalesce((SELECT string_agg('/' || pg_relation_filenode(p.relid), ''"
           " ORDER BY p.relid) FROM pg_partition_tree(" +
           oid + ") p WHERE p.isleaf AND p.relid <> " + oid + "), '')";
}

// Said of rows of which there were some: when none is left, they were deleted.
constexpr std::string_view kFilled = " filled";

std::string any_in(const std::string& table) {
    return "EXISTS (SELECT 1 FROM " + table + ")";
}

std::uint64_t number(std::string_view text) {
    std::uint64_t out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

}  // namespace

ImportPlaces::ImportPlaces(const MapTable& table, std::string source, bool overwrite,
                           unsigned parts)
    : rows_(table.quoted()),
      beside_(quoted_extra(table)),
      table_(places_table(table)),
      state_(std::move(source)),
      source_(state_ + (overwrite ? " overwrite" : "")),
      parts_(parts) {}

Result<std::map<unsigned, ImportPlace>> ImportPlaces::load(Connection& connection, bool& gone) {
    // The columns are lacking where an older version of this made it.
    TOPGUN_TRY(connection.run(create_in_turn(table_, create() + "; ALTER TABLE " + table_ +
                                                         " ADD COLUMN IF NOT EXISTS in_rows text,"
                                                         " ADD COLUMN IF NOT EXISTS beside text")));
    auto dropped = drop_stale(connection);
    if (!dropped) return std::move(dropped).error();
    gone = *dropped;
    auto rows = connection.query(
        "SELECT part, map_kind, in_map, hash FROM " + table_ + " WHERE source = $1 AND parts = $2",
        {Parameter(source_), Parameter(std::to_string(parts_))});
    if (!rows) return std::move(rows).error();
    std::map<unsigned, ImportPlace> out;
    for (std::size_t i = 0; i < rows->size(); ++i) {
        ImportPlace place;
        place.map.name = rows->at(i, 2);
        for (const auto kind : {MapKind::lww, MapKind::or_map, MapKind::counter}) {
            if (map_kind_name(kind) == rows->at(i, 1)) place.map.kind = kind;
        }
        place.hash = static_cast<std::uint32_t>(number(rows->at(i, 3)));
        out[static_cast<unsigned>(number(rows->at(i, 0)))] = std::move(place);
    }
    return out;
}

std::string ImportPlaces::keep(unsigned part, const ImportPlace& place) const {
    // Of such a map nothing is written, so the place before it is as good.
    if (place.map.name.find('\0') != std::string::npos) return {};
    // Another import of the same state that ends first takes the table away.
    return create() + "; INSERT INTO " + table_ +
           " AS p (source, parts, part, map_kind, in_map, hash, in_rows, beside) VALUES (" +
           quoted_text(source_) + ", " + std::to_string(parts_) + ", " + std::to_string(part) +
           ", " + quoted_text(map_kind_name(place.map.kind)) + ", " + quoted_text(place.map.name) +
           ", " + std::to_string(place.hash) + ", " + rows_of(rows_) + " || CASE WHEN " +
           any_in(rows_) + " THEN '" + std::string(kFilled) + "' ELSE '' END, " + rows_of(beside_) +
           ") ON CONFLICT (source, parts, part) DO UPDATE SET map_kind = excluded.map_kind,"
           " in_map = excluded.in_map, hash = excluded.hash, at = excluded.at,"
           " in_rows = excluded.in_rows, beside = excluded.beside";
}

Status ImportPlaces::forget(Connection& connection) const {
    TOPGUN_TRY(connection.run(
        create_in_turn(table_, create() + "; DELETE FROM " + table_ + " WHERE source IN " +
                                   quoted_list({state_, state_ + " overwrite"}))));
    auto left = connection.query("SELECT 1 FROM " + table_ + " LIMIT 1");
    if (!left) return std::move(left).error();
    return left->size() != 0 ? Status() : connection.run("DROP TABLE IF EXISTS " + table_);
}

std::string ImportPlaces::create() const {
    return "CREATE TABLE IF NOT EXISTS " + table_ +
           " (source text NOT NULL, parts int4 NOT NULL, part int4 NOT NULL,"
           " map_kind text NOT NULL, in_map text NOT NULL, hash int8 NOT NULL,"
           " at timestamptz NOT NULL DEFAULT now(), in_rows text, beside text,"
           " PRIMARY KEY (source, parts, part))";
}

// Forgets the places of rows that are not there any more, of this source, however many parts.
// The table beside may have been made since; it may not have been made anew.
// @return whether there were any.
Result<bool> ImportPlaces::drop_stale(Connection& connection) const {
    const auto rows = rows_of(rows_);
    auto stale = connection.query(
        "DELETE FROM " + table_ + " p WHERE source = $1 AND ((p.in_rows = " + rows +
            " OR p.in_rows = " + rows + " || '" + std::string(kFilled) + "' AND " + any_in(rows_) +
            ") AND (p.beside IS NULL OR p.beside = " + rows_of(beside_) + ")) IS NOT TRUE",
        {Parameter(source_)});
    if (!stale) return std::move(stale).error();
    return stale->affected() != 0;
}

}  // namespace topgun::pg
