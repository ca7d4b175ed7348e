// SPDX-License-Identifier: Apache-2.0
// Rows of a table as ops, by COPY.
#include <charconv>

#include "extra_table.hpp"
#include "row_form.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/pg/map_table.hpp"
#include "topgun/replica/replica.hpp"
#include "topgun/replica/row.hpp"

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
        return maptable::hand_on(
            std::move(read), ops_, text(0), text(1),
            [&] { return connection_.name() + ": " + table_.shown(); }, options_.keep_going, visit_,
            report_);
    }

    // What has no row.
    Status take_extra(const CopyOut::Fields& fields) {
        const auto text = [&](std::size_t at) { return fields[at].value_or(BytesView()); };
        Op op;
        op.map = text(0);
        op.key = text(1);
        op.tag = text(3);
        auto status = extra_op(fields, op);
        ++report_.rows;
        if (status) {
            ++report_.ops;
            return visit_(op);
        }
        auto error =
            std::move(status)
                .error()
                .within(table_.shown() + "_extra: map " + repair_utf8(op.map.substr(0, 64)) +
                        ", key " + repair_utf8(op.key.substr(0, 64)))
                .within(connection_.name());
        if (!options_.keep_going) return error;
        report_.note(error.text());
        return {};
    }

    static Status extra_op(const CopyOut::Fields& fields, Op& op) {
        const auto kind = fields[2].value_or(BytesView());
        if (kind == "tag") {
            op.kind = OpKind::or_remove;
            return op.tag.empty() ? Status(bad("no tag")) : Status();
        }
        if (kind == "counter") {
            op.kind = OpKind::counter;
            op.value = fields[7].value_or(BytesView());
            double p = 0, n = 0;
            return decode_counter_entry(op.value, p, n) ? Status() : Status(bad("no two counts"));
        }
        op.kind = OpKind::remove;
        auto millis = read_int8(fields[4].value_or(BytesView()));
        if (!millis) return std::move(millis).error();
        auto counter = read_int8(fields[5].value_or(BytesView()));
        if (!counter) return std::move(counter).error();
        if (*millis < 0 || static_cast<std::uint64_t>(*millis) > kMaxMillis || *counter < 0 ||
            *counter > kMaxCounter) {
            return bad("no timestamp");
        }
        op.stamp = {static_cast<std::uint64_t>(*millis), static_cast<std::uint32_t>(*counter),
                    fields[6].value_or(BytesView())};
        return {};
    }

    static Error bad(const char* what) { return Error(Errc::bad_input, what); }

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
