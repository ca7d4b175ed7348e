// SPDX-License-Identifier: Apache-2.0
#include "extra_rows.hpp"

#include <algorithm>

#include "decode.hpp"
#include "table_rows.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/maptable/extra_row.hpp"

namespace topgun::pgdump {
namespace {

const std::vector<std::string> kColumns = {"map_name", "key",  "kind",   "tag",  "millis",
                                           "counter",  "node", "ttl_ms", "value"};

std::string place_of(std::string_view map, std::string_view key) {
    std::string out(map);
    out += '\0';
    out += key;
    return out;
}

// Fields of one row as maptable has them. @param value  receives the bytes that the row views.
Status parse(const TableRows& rows, std::size_t at, Bytes& value, maptable::ExtraRow& out) {
    const auto bad = [](const char* what) { return Error(Errc::bad_input, what); };
    std::size_t column = 0;
    for (auto* const text : {&out.map, &out.key, &out.kind, &out.tag}) {
        *text = rows.field(column++, at);
        if (is_null(*text)) return bad("NULL where the table takes none");
        if (!rows.utf8() && !is_utf8(*text)) return bad("not UTF-8");
    }
    out.node = rows.field(6, at);
    if (!rows.utf8() && !is_utf8(out.node)) return bad("node is not UTF-8");
    for (const auto& [field, number] :
         {std::pair(4, &out.millis), std::pair(5, &out.counter), std::pair(7, &out.ttl_ms)}) {
        const auto& text = rows.field(static_cast<std::size_t>(field), at);
        number->reset();
        if (is_null(text)) continue;
        if (!read_whole(text, number->emplace())) return bad("a number that is none");
    }
    out.value.reset();
    const auto& bytes = rows.field(8, at);
    if (is_null(bytes)) return {};
    value.resize(bytes.size());
    std::size_t size = 0;
    if (!decode_bytea(bytes, value.data(), size)) return bad("value is no bytea");
    out.value = BytesView(value).substr(0, size);
    return {};
}

}  // namespace

std::optional<std::size_t> find_extra(const Dump& dump, std::size_t table) {
    const auto& tables = dump.tables();
    const auto name = tables[table].name + std::string(maptable::kExtraSuffix);
    const auto is_it = [&](const DumpTable& one) {
        if (one.name != name || one.schema != tables[table].schema ||
            one.database != tables[table].database) {
            return false;
        }
        return std::all_of(kColumns.begin(), kColumns.end(), [&](const std::string& wanted) {
            return std::any_of(one.columns.begin(), one.columns.end(),
                               [&](const DumpColumn& column) { return column.name == wanted; });
        });
    };
    const auto found = std::find_if(tables.begin(), tables.end(), is_it);
    if (found == tables.end()) return std::nullopt;
    return static_cast<std::size_t>(found - tables.begin());
}

Status RowFacts::read(const Dump& dump, std::size_t extra, const MapReadOptions& options,
                      const std::function<Status(const Op&)>& visit, MapReadReport& report) {
    TableRows rows(dump, extra, kColumns);
    Bytes value;
    maptable::ExtraRow row;
    const auto one = [&](std::size_t at) -> Result<std::optional<Op>> {
        TOPGUN_TRY(parse(rows, at, value, row));
        if (row.is_fact()) {
            auto fact = maptable::extra_fact(row);
            if (!fact) return std::move(fact).error();
            facts_[place_of(row.map, row.key)].push_back(std::move(*fact));
            return std::optional<Op>();
        }
        auto op = maptable::extra_op(row);
        if (!op) return std::move(op).error();
        return std::optional<Op>(*op);
    };
    return rows.for_each(options, report, [&](std::size_t at) -> Status {
        auto op = one(at);
        if (!op) {
            auto error = std::move(op).error().within(rows.place(at));
            if (!options.keep_going) return error;
            report.note(error.text());
            return {};
        }
        if (!*op) return {};
        ++report.rows;
        ++report.ops;
        return visit(**op);
    });
}

void RowFacts::add_to(std::string_view map, std::string_view key, maptable::RowOps& ops) const {
    const auto found = facts_.find(place_of(map, key));
    if (found == facts_.end()) return;
    for (const auto& fact : found->second) ops.add(fact);
}

}  // namespace topgun::pgdump
