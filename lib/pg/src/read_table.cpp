// SPDX-License-Identifier: Apache-2.0
// Rows of a table as ops, by COPY.
#include <charconv>

#include "extra_table.hpp"
#include "row_form.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/maptable/check.hpp"
#include "topgun/maptable/extra_row.hpp"
#include "topgun/pg/map_table.hpp"
#include "topgun/replica/replica.hpp"

namespace topgun::pg {
namespace {

std::string among(const std::string& column, const std::vector<std::string>& maps) {
    return maps.empty() ? "true" : column + " IN " + quoted_list(maps);
}

// Rows of the table, called t, that are wanted.
std::string wanted_rows(const TableReadOptions& options) {
    auto out = " WHERE " + among("t.map_name", options.maps);
    if (!options.where.empty()) out += " AND (" + options.where + ")";
    return out;
}

std::string wanted_entries(const MapTable& table, const TableReadOptions& options) {
    return " FROM " + quoted_extra(table) + " e WHERE e.kind <> 'record' AND " +
           among("e.map_name", options.maps);
}

std::string rows_statement(const MapTable& table, const TableReadOptions& options,
                           bool with_facts) {
    auto out = "COPY (SELECT " + std::string(row_columns(table.generation));
    if (with_facts) out += ", f.facts";
    out += " FROM " + table.quoted() + " t";
    if (with_facts) {
        const auto facts = std::string(kPackedFacts) + " AS facts FROM " + quoted_extra(table) +
                           " e WHERE e.kind = 'record' AND ";
        // For some rows it is better to look for the facts of each than to gather all.
        out += options.where.empty()
                   ? " LEFT JOIN (SELECT e.map_name, e.key, " + facts +
                         among("e.map_name", options.maps) +
                         " GROUP BY 1, 2) f ON f.map_name = t.map_name AND f.key = t.key"
                   : " LEFT JOIN LATERAL (SELECT " + facts +
                         "e.map_name = t.map_name AND e.key = t.key) f ON true";
    }
    return out + wanted_rows(options) + ") TO STDOUT (FORMAT binary)";
}

Result<std::uint64_t> count(Connection& connection, const std::string& what) {
    auto rows = connection.query("SELECT count(*)" + what);
    if (!rows) return std::move(rows).error();
    const auto text = rows->at(0, 0);
    std::uint64_t out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

class TableReader {
public:
    TableReader(Connection& connection, const MapTable& table, const TableReadOptions& options,
                const std::function<Status(const Op&)>& visit, maptable::ReadReport& report)
        : connection_(connection),
          table_(table),
          options_(options),
          visit_(visit),
          report_(report) {}

    Status run() {
        auto extra = has_extra(connection_, table_);
        if (!extra) return std::move(extra).error();
        if (options_.part != TablePart::beside) TOPGUN_TRY(read_rows(*extra));
        if (!*extra || options_.part == TablePart::rows) return {};
        return copy(
            "COPY (SELECT e.map_name, e.key, e.kind, e.tag, e.millis, e.counter, e.node,"
            " e.value" +
                wanted_entries(table_, options_) + ") TO STDOUT (FORMAT binary)",
            [&](const CopyOut::Fields& fields) { return take_extra(fields); });
    }

private:
    Status read_rows(bool extra) {
        bool facts = false;
        if (extra) {
            auto any = connection_.query("SELECT 1 FROM " + quoted_extra(table_) +
                                         " WHERE kind = 'record' LIMIT 1");
            if (!any) return std::move(any).error();
            facts = any->size() != 0;
        }
        // Before its statistics are there, the table beside looks small to the planner.
        const bool gather = facts && options_.where.empty();
        if (gather) TOPGUN_TRY(connection_.run("SET enable_nestloop = off"));
        TOPGUN_TRY(copy(rows_statement(table_, options_, facts),
                        [&](const CopyOut::Fields& fields) { return take(fields); }));
        return gather ? connection_.run("RESET enable_nestloop") : Status();
    }

    template <typename Take>
    Status copy(const std::string& statement, Take&& take) {
        return for_each_copied(connection_, statement, options_.progress, take);
    }

    Status take(const CopyOut::Fields& fields) {
        auto read = read_row(table_.generation, fields, ops_);
        const auto width = row_width(table_.generation);
        if (read && fields.size() > width && fields[width]) {
            facts_.clear();
            read = decode_facts(*fields[width], facts_);
            for (auto& fact : facts_) ops_.add(std::move(fact));
        }
        const auto text = [&](std::size_t at) { return fields[at].value_or("NULL"); };
        const bool pass = options_.keep_going || (!read && beyond_limits(fields));
        return maptable::hand_on(
            std::move(read), ops_, text(0), text(1),
            [&] { return connection_.name() + ": " + table_.shown(); }, pass, visit_, report_);
    }

    bool beyond_limits(const CopyOut::Fields& fields) const {
        maptable::TableRow row;
        return parse_row(table_.generation, fields, row) &&
               maptable::is_beyond_limits(table_.generation, row);
    }

    // What has no row.
    Status take_extra(const CopyOut::Fields& fields) {
        ++report_.rows;
        maptable::ExtraRow row;
        auto parsed = parse_extra(fields, row);
        auto op = parsed ? maptable::extra_op(row) : Result<Op>(std::move(parsed).error());
        if (op) {
            ++report_.ops;
            return visit_(*op);
        }
        auto error =
            std::move(op)
                .error()
                .within(table_.shown() + "_extra: map " + repair_utf8(row.map.substr(0, 64)) +
                        ", key " + repair_utf8(row.key.substr(0, 64)))
                .within(connection_.name());
        if (!options_.keep_going) return error;
        report_.note(error.text());
        return {};
    }

    static Status parse_extra(const CopyOut::Fields& fields, maptable::ExtraRow& row) {
        const auto text = [&](std::size_t at) { return fields[at].value_or(BytesView()); };
        row.map = text(0);
        row.key = text(1);
        row.kind = text(2);
        row.tag = text(3);
        row.node = text(6);
        row.value = fields[7];
        for (const auto& [at, number] : {std::pair(4, &row.millis), std::pair(5, &row.counter)}) {
            const auto& field = fields[static_cast<std::size_t>(at)];
            if (!field) continue;
            auto value = read_int8(*field);
            if (!value) return std::move(value).error();
            *number = *value;
        }
        return {};
    }

    Connection& connection_;
    const MapTable& table_;
    const TableReadOptions& options_;
    const std::function<Status(const Op&)>& visit_;
    maptable::ReadReport& report_;
    maptable::RowOps ops_;
    std::vector<maptable::Fact> facts_;
};

}  // namespace

Status read_map_table(Connection& connection, const MapTable& table,
                      const TableReadOptions& options,
                      const std::function<Status(const Op&)>& visit, maptable::ReadReport& report) {
    return TableReader(connection, table, options, visit, report).run();
}

Result<std::uint64_t> count_rows(Connection& connection, const MapTable& table,
                                 const TableReadOptions& options) {
    std::uint64_t sum = 0;
    if (options.part != TablePart::beside) {
        auto rows = count(connection, " FROM " + table.quoted() + " t" + wanted_rows(options));
        if (!rows) return rows;
        sum += *rows;
    }
    auto extra = has_extra(connection, table);
    if (!extra) return std::move(extra).error();
    if (!*extra || options.part == TablePart::rows) return sum;
    auto entries = count(connection, wanted_entries(table, options));
    if (!entries) return entries;
    return sum + *entries;
}

Result<std::unique_ptr<StateReader>> read_table_state(Connection& connection, const MapTable& table,
                                                      const TableReadOptions& options,
                                                      maptable::ReadReport& report) {
    auto replica = std::make_unique<Replica>();
    const auto take = [&](const Op& op) -> Status {
        auto merged = replica->apply(op);
        return merged ? Status() : Status(std::move(merged).error());
    };
    TOPGUN_TRY(read_map_table(connection, table, options, take, report));
    return own_replica(std::move(replica));
}

}  // namespace topgun::pg
