// SPDX-License-Identifier: Apache-2.0
#include "row_form.hpp"

namespace topgun::pg {
namespace {

using maptable::Generation;

Error bad(const char* what) {
    return Error(Errc::bad_input, what);
}

Result<std::uint64_t> whole(BytesView field, const char* name) {
    auto value = read_int8(field);
    if (!value) return std::move(value).error().within(name);
    if (*value < 0) return bad("a number below zero").within(name);
    return static_cast<std::uint64_t>(*value);
}

Status read_jsonb(const CopyOut::Fields& fields, maptable::RowOps& ops) {
    if (!fields[3] || !fields[4] || !fields[5]) return bad("no timestamp");
    maptable::JsonbRow row;
    row.map = *fields[0];
    row.key = *fields[1];
    row.value = fields[2];
    row.node = *fields[5];
    auto millis = whole(*fields[3], "ts_millis");
    if (!millis) return std::move(millis).error();
    row.millis = *millis;
    auto counter = whole(*fields[4], "ts_counter");
    if (!counter) return std::move(counter).error();
    row.counter = *counter;
    auto deleted = read_boolean(fields[6].value_or(BytesView("\0", 1)));
    if (!deleted) return std::move(deleted).error();
    row.deleted = *deleted;
    return ops.read(row);
}

Status read_bytea(const CopyOut::Fields& fields, maptable::RowOps& ops) {
    if (!fields[2]) return bad("no value");
    maptable::ByteaRow row;
    row.map = *fields[0];
    row.key = *fields[1];
    row.value = *fields[2];
    if (fields[3]) {
        auto expiration = whole(*fields[3], "expiration_time");
        if (!expiration) return std::move(expiration).error();
        row.expiration = *expiration;
    }
    return ops.read(row);
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

std::string_view row_columns(Generation generation) {
    return generation == Generation::jsonb
               ? "t.map_name, t.key, t.value::text, t.ts_millis::int8, t.ts_counter::int8, "
                 "t.ts_node_id, coalesce(t.is_deleted, false)"
               : "t.map_name, t.key, t.value, t.expiration_time::int8";
}

std::size_t row_width(Generation generation) {
    return generation == Generation::jsonb ? 7 : 4;
}

Status read_row(Generation generation, const CopyOut::Fields& fields, maptable::RowOps& ops) {
    if (fields.size() < row_width(generation)) return bad("a row with too few fields");
    if (!fields[0] || !fields[1]) return bad("no map name or key");
    return generation == Generation::jsonb ? read_jsonb(fields, ops) : read_bytea(fields, ops);
}

}  // namespace topgun::pg
