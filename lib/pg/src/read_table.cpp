// SPDX-License-Identifier: Apache-2.0
// Rows of a table as ops, by COPY.
#include "topgun/pg/map_table.hpp"

namespace topgun::pg {
namespace {

using maptable::Generation;

constexpr std::uint64_t kRowsBetweenReports = 4096;

std::string literal(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') out += '\'';
        out += c;
    }
    return out + '\'';
}

std::string statement(const MapTable& table, const std::vector<std::string>& maps) {
    std::string out = "COPY (SELECT map_name, key, ";
    out += table.generation == Generation::jsonb
               ? "value::text, ts_millis::int8, ts_counter::int8, ts_node_id, "
                 "coalesce(is_deleted, false)"
               : "value, expiration_time::int8";
    out += " FROM " + table.quoted();
    if (!maps.empty()) {
        out += " WHERE map_name IN (";
        for (std::size_t i = 0; i < maps.size(); ++i)
            out += (i == 0 ? "" : ", ") + literal(maps[i]);
        out += ')';
    }
    return out + ") TO STDOUT (FORMAT binary)";
}

Error bad(const char* what) {
    return Error(Errc::bad_input, what);
}

class TableReader {
public:
    TableReader(const MapTable& table, const TableReadOptions& options,
                const std::function<Status(const Op&)>& visit, maptable::ReadReport& report)
        : table_(table), options_(options), visit_(visit), report_(report) {}

    Status run(Connection& connection) {
        auto copy = connection.copy_out(statement(table_, options_.maps));
        if (!copy) return std::move(copy).error();
        CopyOut::Fields fields;
        for (std::uint64_t untold = 0;;) {
            auto more = copy->next(fields);
            if (!more) return std::move(more).error();
            if (*more) TOPGUN_TRY(take(fields));
            untold += *more ? 1 : 0;
            if (options_.progress && (!*more || untold >= kRowsBetweenReports)) {
                TOPGUN_TRY(options_.progress(std::exchange(untold, 0)));
            }
            if (!*more) return {};
        }
    }

private:
    Status take(const CopyOut::Fields& fields) {
        auto read =
            table_.generation == Generation::jsonb ? read_jsonb(fields) : read_bytea(fields);
        const auto text = [&](std::size_t at) { return fields[at].value_or("NULL"); };
        return maptable::hand_on(
            std::move(read), ops_, text(0), text(1), [&] { return table_.shown(); },
            options_.keep_going, visit_, report_);
    }

    Status read_jsonb(const CopyOut::Fields& fields) {
        if (fields.size() != 7) return bad("a row with another number of fields");
        if (!fields[0] || !fields[1]) return bad("no map name or key");
        if (!fields[3] || !fields[4] || !fields[5]) return bad("no timestamp");
        maptable::JsonbRow row;
        row.map = *fields[0];
        row.key = *fields[1];
        row.value = fields[2];
        row.node = *fields[5];
        auto millis = whole(*fields[3]);
        if (!millis) return std::move(millis).error().within("ts_millis");
        row.millis = *millis;
        auto counter = whole(*fields[4]);
        if (!counter) return std::move(counter).error().within("ts_counter");
        row.counter = *counter;
        auto deleted = read_boolean(fields[6].value_or(BytesView("\0", 1)));
        if (!deleted) return std::move(deleted).error();
        row.deleted = *deleted;
        return ops_.read(row);
    }

    Status read_bytea(const CopyOut::Fields& fields) {
        if (fields.size() != 4) return bad("a row with another number of fields");
        if (!fields[0] || !fields[1]) return bad("no map name or key");
        if (!fields[2]) return bad("no value");
        maptable::ByteaRow row;
        row.map = *fields[0];
        row.key = *fields[1];
        row.value = *fields[2];
        if (fields[3]) {
            auto expiration = whole(*fields[3]);
            if (!expiration) return std::move(expiration).error().within("expiration_time");
            row.expiration = *expiration;
        }
        return ops_.read(row);
    }

    static Result<std::uint64_t> whole(BytesView field) {
        auto value = read_int8(field);
        if (!value) return std::move(value).error();
        if (*value < 0) return bad("a number below zero");
        return static_cast<std::uint64_t>(*value);
    }

    const MapTable& table_;
    const TableReadOptions& options_;
    const std::function<Status(const Op&)>& visit_;
    maptable::ReadReport& report_;
    maptable::RowOps ops_;
};

}  // namespace

Status read_map_table(Connection& connection, const MapTable& table,
                      const TableReadOptions& options,
                      const std::function<Status(const Op&)>& visit, maptable::ReadReport& report) {
    auto status = TableReader(table, options, visit, report).run(connection);
    if (status) return {};
    return std::move(status).error().within(connection.name());
}

}  // namespace topgun::pg
