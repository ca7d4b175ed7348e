// SPDX-License-Identifier: Apache-2.0
#include "table_rows.hpp"

#include "row_form.hpp"

namespace topgun::pg {
namespace {

using maptable::Generation;

std::string order(Generation generation, RowOrder order) {
    if (order == RowOrder::by_updated) return " ORDER BY t.updated_at";
    const std::string by_map = " ORDER BY t.map_name COLLATE \"C\", ";
    if (generation == Generation::bytea) return by_map + "t.key COLLATE \"C\", t.is_backup";
    return by_map + "t.key <> " + quoted_text(maptable::kTombstonesKey) + ", t.key COLLATE \"C\"";
}

std::string statement(const MapTable& table, const RowRequest& request) {
    auto out = "COPY (SELECT " + std::string(row_columns(table.generation));
    if (table.generation == Generation::bytea) out += ", t.is_backup";
    if (request.times) out += ", t.created_at::int8, t.updated_at::int8";
    out += " FROM " + table.quoted() + " t WHERE ";
    out += request.maps.empty() ? "true" : "t.map_name IN " + quoted_list(request.maps);
    if (request.order == RowOrder::by_updated) out += " AND NOT t.is_backup AND t.updated_at > 0";
    return out + order(table.generation, request.order) + ") TO STDOUT (FORMAT binary)";
}

// What a bytea table has beyond row_columns().
Status parse_rest(const CopyOut::Fields& fields, bool times, maptable::TableRow& out) {
    auto at = row_width(Generation::bytea);
    auto backup = read_boolean(fields[at].value_or(BytesView("\0", 1)));
    if (!backup) return std::move(backup).error();
    out.is_backup = *backup;
    if (!times) return {};
    for (auto* const time : {&out.created_at, &out.updated_at}) {
        *time = 0;
        if (!fields[++at]) continue;
        auto value = read_int8(*fields[at]);
        if (!value) return std::move(value).error();
        *time = *value;
    }
    return {};
}

}  // namespace

Status for_each_row(Connection& connection, const MapTable& table, const RowRequest& request,
                    const std::function<Status(const maptable::TableRow&, Status)>& visit) {
    return for_each_copied(connection, statement(table, request), request.progress,
                           [&](const CopyOut::Fields& fields) -> Status {
                               maptable::TableRow row;
                               auto parsed = parse_row(table.generation, fields, row);
                               if (table.generation == Generation::bytea) {
                                   TOPGUN_TRY(parse_rest(fields, request.times, row));
                               }
                               return visit(row, std::move(parsed));
                           });
}

}  // namespace topgun::pg
