// SPDX-License-Identifier: Apache-2.0
#include "row_form.hpp"

namespace topgun::pg {
namespace {

using maptable::Generation;

Error bad(const char* what) {
    return Error(Errc::bad_input, what);
}

// NULL is 0, as the servers' defaults are.
Status number(const std::optional<BytesView>& field, std::int64_t& out) {
    out = 0;
    if (!field) return {};
    auto value = read_int8(*field);
    if (!value) return std::move(value).error();
    out = *value;
    return {};
}

Status parse_jsonb(const CopyOut::Fields& fields, maptable::TableRow& out) {
    if (!fields[3] || !fields[4] || !fields[5]) return bad("no timestamp");
    TOPGUN_TRY(number(fields[3], out.millis));
    TOPGUN_TRY(number(fields[4], out.counter));
    out.node = *fields[5];
    out.deleted.reset();
    if (!fields[6]) return {};
    auto deleted = read_boolean(*fields[6]);
    if (!deleted) return std::move(deleted).error();
    out.deleted = *deleted;
    return {};
}

}  // namespace

std::string quoted_text(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') out += '\'';
        out += c;
    }
    return out + '\'';
}

std::string quoted_list(const std::vector<std::string>& texts) {
    std::string out;
    for (const auto& text : texts) out += (out.empty() ? "(" : ", ") + quoted_text(text);
    return out + ')';
}

std::string create_in_turn(const std::string& name, const std::string& statements) {
    return "SELECT pg_advisory_xact_lock(hashtextextended(" + quoted_text("topgun " + name) +
           ", 0)); " + statements;
}

std::string_view row_columns(Generation generation) {
    return generation == Generation::jsonb
               ? "t.map_name, t.key, t.value::text, t.ts_millis::int8, t.ts_counter::int8, "
                 "t.ts_node_id, t.is_deleted"
               : "t.map_name, t.key, t.value, t.expiration_time::int8";
}

std::size_t row_width(Generation generation) {
    return generation == Generation::jsonb ? 7 : 4;
}

Status parse_row(Generation generation, const CopyOut::Fields& fields, maptable::TableRow& out) {
    if (fields.size() < row_width(generation)) return bad("a row with too few fields");
    out.map = fields[0].value_or(BytesView());
    out.key = fields[1].value_or(BytesView());
    out.value = fields[2];
    if (!fields[0] || !fields[1]) return bad("no map name or key");
    if (generation == Generation::jsonb) return parse_jsonb(fields, out);
    if (!fields[2]) return bad("no value");
    return number(fields[3], out.expiration);
}

Status read_row(Generation generation, const CopyOut::Fields& fields, maptable::RowOps& ops) {
    maptable::TableRow row;
    TOPGUN_TRY(parse_row(generation, fields, row));
    return ops.read(generation, row);
}

}  // namespace topgun::pg
