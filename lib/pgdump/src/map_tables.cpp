// SPDX-License-Identifier: Apache-2.0
#include "topgun/pgdump/map_tables.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "decode.hpp"
#include "row_reader.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/serverfiles/stored_record.hpp"
#include "topgun/value/json.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::pgdump {
namespace {

constexpr std::array<std::string_view, 7> kJsonbColumns = {
    "map_name", "key", "value", "ts_millis", "ts_counter", "ts_node_id", "is_deleted"};
constexpr std::array<std::string_view, 5> kByteaColumns = {"map_name", "key", "value",
                                                           "expiration_time", "is_backup"};
// Where a row of the TypeScript server has a node id, if it is one of an OR-Map.
constexpr std::string_view kOrMapNode = "__ORMAP__";

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
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() || value > most) {
        return bad(std::string(what) + " is no whole number in range");
    }
    return value;
}

Result<std::uint64_t> whole_field(const ValueView& record, std::string_view name,
                                  std::uint64_t most) {
    const auto field = record.find(name);
    const auto value = field ? field->as_uint64() : std::nullopt;
    if (!value || *value > most) return bad(std::string(name) + " is no whole number in range");
    return *value;
}

Result<std::string_view> text_field(const ValueView& record, std::string_view name) {
    const auto field = record.find(name);
    const auto text = field ? field->as_string() : std::nullopt;
    if (!text) return bad(std::string(name) + " is no text");
    return *text;
}

// Reads one table of either kind.
class MapTableReader {
public:
    MapTableReader(const Dump& dump, const MapTable& table, const MapReadOptions& options,
                   const std::function<Status(const Op&)>& visit, MapReadReport& report)
        : table_(table),
          options_(options),
          visit_(visit),
          report_(report),
          reader_(state_of(dump), table.table, names(table.kind), 0, 1) {}

    Status run() {
        std::uint64_t told = 0;
        for (;;) {
            auto more = reader_.next(rows_);
            // What stands in front of a damaged row is whole.
            for (std::size_t row = 0; row < rows_.rows; ++row) TOPGUN_TRY(take(row));
            if (!more) {
                if (!options_.keep_going || more.error().code() == Errc::io) {
                    return std::move(more).error();
                }
                const auto lost = reader_.recover();
                note(more.error().text(), lost);
            }
            if (options_.progress && reader_.bytes_read() > told) {
                TOPGUN_TRY(options_.progress(reader_.bytes_read() - told));
                told = reader_.bytes_read();
            }
            if (more && !*more) return {};
        }
    }

private:
    static std::vector<std::string> names(MapTableKind kind) {
        if (kind == MapTableKind::jsonb) return {kJsonbColumns.begin(), kJsonbColumns.end()};
        return {kByteaColumns.begin(), kByteaColumns.end() - 1};
    }

    const Field& field(std::size_t column, std::size_t row) const {
        return rows_.columns[column][row];
    }

    void note(std::string what, std::uint64_t rows = 1) {
        report_.damaged += rows;
        if (report_.damage.size() < kMaxListedDamage) report_.damage.push_back(std::move(what));
    }

    Status take(std::size_t row) {
        ++report_.rows;
        auto status = decode(row);
        if (!status) {
            const auto place = reader_.place(rows_.chunk_of(row), rows_.starts[row]);
            const auto shown = [](Field text) { return repair_utf8(text.substr(0, 64)); };
            auto error =
                std::move(status)
                    .error()
                    .within("map " + shown(field(0, row)) + ", key " + shown(field(1, row)))
                    .within(place);
            if (!options_.keep_going) return error;
            note(error.text());
            return {};
        }
        if (ops_.empty()) ++report_.skipped;
        for (const auto& op : ops_) {
            ++report_.ops;
            TOPGUN_TRY(visit_(op));
        }
        return {};
    }

    // Puts the row's ops into ops_; nothing is handed on of a row that fails in its middle.
    Status decode(std::size_t row) {
        ops_.clear();
        for (std::size_t column = 0; column < 2; ++column) {
            if (is_null(field(column, row))) return bad("no map name or key");
            if (!rows_.utf8 && !is_utf8(field(column, row))) return bad("not UTF-8");
        }
        base_ = {};
        base_.map = field(0, row);
        base_.key = field(1, row);
        return table_.kind == MapTableKind::jsonb ? jsonb_row(row) : bytea_row(row);
    }

    Status jsonb_row(std::size_t row) {
        const auto json = field(2, row), node = field(5, row);
        if (is_null(node)) return bad("no ts_node_id");
        if (!rows_.utf8 && !is_utf8(node)) return bad("ts_node_id is not UTF-8");
        value_.clear();
        if (!is_null(json)) {
            auto value = parse_plain_json(json);
            if (!value) return std::move(value).error().within("value");
            value_ = std::move(*value);
        }
        if (node == kOrMapNode) return jsonb_or_row(ValueView(value_));
        auto millis = whole(field(3, row), kMaxMillis, "ts_millis");
        if (!millis) return std::move(millis).error();
        auto counter = whole(field(4, row), kMaxCounter, "ts_counter");
        if (!counter) return std::move(counter).error();
        base_.stamp = {*millis, static_cast<std::uint32_t>(*counter), node};
        const auto deleted = field(6, row);
        const bool removed =
            deleted == "t" || deleted == "true" || value_.empty() || ValueView(value_).is_nil();
        put(base_, removed ? BytesView() : BytesView(value_));
        return {};
    }

    Status jsonb_or_row(const ValueView& value) {
        if (value_.empty() || value.kind() != msgpack::Kind::map) return bad("value is no object");
        auto type = text_field(value, "type");
        if (!type) return std::move(type).error();
        const auto list = value.find(*type == "OR" ? "records" : "tags");
        if ((*type != "OR" && *type != "OR_TOMBSTONES") || !list ||
            list->kind() != msgpack::Kind::array) {
            return bad("value is of no known type");
        }
        Status status;
        list->for_each_element([&](const ValueView& element) {
            if (!status) return;
            status = *type == "OR" ? jsonb_or_record(element) : removed_tag(element.as_string());
        });
        return status;
    }

    Status jsonb_or_record(const ValueView& record) {
        auto op = base_;
        op.kind = OpKind::or_add;
        auto tag = text_field(record, "tag");
        if (!tag) return std::move(tag).error();
        const auto stamp = record.find("timestamp").value_or(ValueView());
        auto millis = whole_field(stamp, "millis", kMaxMillis);
        if (!millis) return std::move(millis).error();
        auto counter = whole_field(stamp, "counter", kMaxCounter);
        if (!counter) return std::move(counter).error();
        auto node = text_field(stamp, "nodeId");
        if (!node) return std::move(node).error();
        op.tag = *tag;
        op.stamp = {*millis, static_cast<std::uint32_t>(*counter), *node};
        op.value = record.find("value").value_or(ValueView()).bytes();
        if (const auto ttl = record.find("ttlMs"); ttl && !ttl->is_nil()) {
            auto millis_to_live = whole_field(record, "ttlMs", kMaxMillis);
            if (!millis_to_live) return std::move(millis_to_live).error();
            op.ttl_ms = *millis_to_live;
        }
        return op.tag.empty() ? bad("a record has no tag") : add(op);
    }

    Status bytea_row(std::size_t row) {
        const auto text = field(2, row);
        if (is_null(text)) return bad("no value");
        value_.resize(text.size());
        std::size_t size = 0;
        if (!decode_bytea(text, value_.data(), size)) return bad("value is no bytea");
        auto record = serverfiles::decode_stored_record(BytesView(value_).substr(0, size));
        if (!record) return std::move(record).error().within("value");
        record_ = std::move(*record);
        std::uint64_t expiry = 0;
        if (!is_null(field(3, row))) {
            auto at = whole(field(3, row), kMaxMillis, "expiration_time");
            if (!at) return std::move(at).error();
            expiry = *at;
        }
        return serverfiles::append_record_ops(record_, base_, expiry, ops_);
    }

    void put(Op op, BytesView value) {
        op.kind = value.empty() ? OpKind::remove : OpKind::put;
        if (value.empty()) op.ttl_ms = kNoTtl;
        op.value = value;
        ops_.push_back(op);
    }
    Status add(const Op& op) {
        ops_.push_back(op);
        return {};
    }
    Status removed_tag(std::optional<std::string_view> tag) {
        if (!tag || tag->empty()) return bad("a removed tag is no text");
        auto op = base_;
        op.kind = OpKind::or_remove;
        op.key = {};
        op.tag = *tag;
        return add(op);
    }

    const MapTable& table_;
    const MapReadOptions& options_;
    const std::function<Status(const Op&)>& visit_;
    MapReadReport& report_;
    RowReader reader_;
    RawRows rows_;
    Op base_;
    std::vector<Op> ops_;  // of one row; they view value_, record_ and rows_
    Bytes value_;
    serverfiles::StoredRecord record_;
};

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
    const auto tables = find_map_tables(dump);
    if (tables.empty()) {
        return Error(Errc::not_found, dump.name() +
                                          ": the dump has no table of TopGun's; its tables can be "
                                          "queried with SQL");
    }
    for (const auto& table : tables) {
        TOPGUN_TRY(MapTableReader(dump, table, options, visit, report).run());
    }
    return {};
}

}  // namespace topgun::pgdump
