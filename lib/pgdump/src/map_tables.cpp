// SPDX-License-Identifier: Apache-2.0
#include "topgun/pgdump/map_tables.hpp"

#include <algorithm>
#include <array>

#include "decode.hpp"
#include "extra_rows.hpp"
#include "table_rows.hpp"
#include "topgun/base/utf.hpp"

namespace topgun::pgdump {
namespace {

constexpr std::array<std::string_view, 7> kJsonbColumns = {
    "map_name", "key", "value", "ts_millis", "ts_counter", "ts_node_id", "is_deleted"};
constexpr std::array<std::string_view, 5> kByteaColumns = {"map_name", "key", "value",
                                                           "expiration_time", "is_backup"};
template <std::size_t N>
bool has_columns(const DumpTable& table, const std::array<std::string_view, N>& names,
                 TypeId value_type) {
    return std::all_of(names.begin(), names.end(), [&](auto name) {
        const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                        [name](const auto& column) { return column.name == name; });
        return found != table.columns.end() &&
               (name != "value" || !table.declared || found->type.id == value_type);
    });
}

Error bad(std::string what) {
    return Error(Errc::bad_input, std::move(what));
}

Result<std::uint64_t> whole(std::string_view text, std::uint64_t most, const char* what) {
    std::uint64_t value = 0;
    if (!read_whole(text, value) || value > most) {
        return bad(std::string(what) + " is no whole number in range");
    }
    return value;
}

// Reads one table of either kind.
class MapTableReader {
public:
    MapTableReader(const Dump& dump, const MapTable& table, const MapReadOptions& options,
                   const std::function<Status(const Op&)>& visit, MapReadReport& report)
        : dump_(dump),
          table_(table),
          options_(options),
          visit_(visit),
          report_(report),
          rows_(dump, table.table, names(table.kind)) {}

    Status run() {
        if (const auto extra = find_extra(dump_, table_.table)) {
            TOPGUN_TRY(facts_.read(dump_, *extra, options_, visit_, report_));
        }
        return rows_.for_each(options_, report_, [this](std::size_t row) { return take(row); });
    }

private:
    static std::vector<std::string> names(MapTableKind kind) {
        if (kind == MapTableKind::jsonb) return {kJsonbColumns.begin(), kJsonbColumns.end()};
        return {kByteaColumns.begin(), kByteaColumns.end() - 1};
    }

    const Field& field(std::size_t column, std::size_t row) const {
        return rows_.field(column, row);
    }

    Status take(std::size_t row) {
        auto read = decode(row);
        const auto map = field(0, row), key = field(1, row);
        if (read && !facts_.empty()) facts_.add_to(map, key, ops_);
        return maptable::hand_on(
            std::move(read), ops_, map, key, [&] { return rows_.place(row); }, options_.keep_going,
            visit_, report_);
    }

    // Puts the row's ops into ops_; nothing is handed on of a row that fails in its middle.
    Status decode(std::size_t row) {
        for (std::size_t column = 0; column < 2; ++column) {
            if (is_null(field(column, row))) return bad("no map name or key");
            if (!rows_.utf8() && !is_utf8(field(column, row))) return bad("not UTF-8");
        }
        return table_.kind == MapTableKind::jsonb ? jsonb_row(row) : bytea_row(row);
    }

    Status jsonb_row(std::size_t row) {
        maptable::JsonbRow out;
        out.map = field(0, row);
        out.key = field(1, row);
        if (!is_null(field(2, row))) out.value = field(2, row);
        out.node = field(5, row);
        if (is_null(out.node)) return bad("no ts_node_id");
        if (!rows_.utf8() && !is_utf8(out.node)) return bad("ts_node_id is not UTF-8");
        if (out.node != maptable::kOrMapNode) {
            auto millis = whole(field(3, row), kMaxMillis, "ts_millis");
            if (!millis) return std::move(millis).error();
            out.millis = *millis;
            auto counter = whole(field(4, row), kMaxCounter, "ts_counter");
            if (!counter) return std::move(counter).error();
            out.counter = *counter;
        }
        const auto deleted = field(6, row);
        out.deleted = deleted == "t" || deleted == "true";
        return ops_.read(out);
    }

    Status bytea_row(std::size_t row) {
        const auto text = field(2, row);
        if (is_null(text)) return bad("no value");
        value_.resize(text.size());
        std::size_t size = 0;
        if (!decode_bytea(text, value_.data(), size)) return bad("value is no bytea");
        maptable::ByteaRow out;
        out.map = field(0, row);
        out.key = field(1, row);
        out.value = BytesView(value_).substr(0, size);
        // One below zero is none, as in the table itself.
        if (!is_null(field(3, row)) && !field(3, row).starts_with('-')) {
            auto at = whole(field(3, row), kMaxMillis, "expiration_time");
            if (!at) return std::move(at).error();
            out.expiration = *at;
        }
        return ops_.read(out);
    }

    const Dump& dump_;
    const MapTable& table_;
    const MapReadOptions& options_;
    const std::function<Status(const Op&)>& visit_;
    MapReadReport& report_;
    TableRows rows_;
    RowFacts facts_;
    maptable::RowOps ops_;  // of one row; they view value_ and rows_
    Bytes value_;
};

Status keep_named(const Dump& dump, const std::string& name, std::vector<MapTable>& tables) {
    std::string list;
    const auto is_other = [&](const MapTable& at) {
        const auto& table = dump.tables()[at.table];
        const auto full = table.schema + '.' + table.name;
        list += (list.empty() ? "" : ", ") + full;
        return name != full && name != table.name;
    };
    std::erase_if(tables, is_other);
    if (!tables.empty()) return {};
    return Error(Errc::not_found, dump.name() + ": there is no table " + name +
                                      " that holds maps; these do: " + list);
}

}  // namespace

std::vector<MapTable> find_map_tables(const Dump& dump) {
    std::vector<MapTable> found;
    const auto kind_of = [](const DumpTable& table) -> std::optional<MapTableKind> {
        if (has_columns(table, kJsonbColumns, TypeId::json)) return MapTableKind::jsonb;
        if (has_columns(table, kByteaColumns, TypeId::bytea)) return MapTableKind::bytea;
        return std::nullopt;
    };
    for (std::size_t at = 0; at < dump.tables().size(); ++at) {
        const auto& table = dump.tables()[at];
        const auto kind = kind_of(table);
        const bool within = std::any_of(
            table.parents.begin(), table.parents.end(),
            [&](std::size_t parent) { return kind_of(dump.tables()[parent]).has_value(); });
        if (kind && !within) found.push_back({at, *kind});
    }
    return found;
}

Status read_map_ops(const Dump& dump, const MapReadOptions& options,
                    const std::function<Status(const Op&)>& visit, MapReadReport& report) {
    auto tables = find_map_tables(dump);
    if (tables.empty()) {
        return Error(Errc::not_found, dump.name() +
                                          ": the dump has no table of TopGun's; its tables can be "
                                          "queried with SQL");
    }
    if (!options.table.empty()) TOPGUN_TRY(keep_named(dump, options.table, tables));
    for (const auto& table : tables) {
        TOPGUN_TRY(MapTableReader(dump, table, options, visit, report).run());
    }
    return {};
}

}  // namespace topgun::pgdump
