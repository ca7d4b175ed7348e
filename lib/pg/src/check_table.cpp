// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <unordered_map>

#include "check_structure.hpp"
#include "check_wal.hpp"
#include "index_files.hpp"
#include "row_form.hpp"
#include "table_rows.hpp"
#include "topgun/replica/reserved.hpp"

namespace topgun::pg {
namespace {

using maptable::Finding;
using maptable::Generation;
using maptable::Problem;
using maptable::TableRow;

// Nodes that are watched for clocks going back. A table has a few that write LWW records.
constexpr std::size_t kWatchedNodesMax = 10'000;

Result<bool> has_times(Connection& connection, const MapTable& table) {
    auto rows = connection.query(
        "SELECT count(*) FROM pg_catalog.pg_attribute WHERE attrelid = " +
        quoted_text(table.quoted()) +
        "::regclass AND attname IN ('created_at', 'updated_at') AND NOT attisdropped");
    if (!rows) return std::move(rows).error();
    return rows->at(0, 0) == "2";
}

// Sees rows by the time of their last write. A server stamps LWW records itself, not before that
// time; so a row that was stamped at its write, and a later one stamped well before it, are of a
// clock that went back. Rows that waited for the database are stamped later than their time, and
// prove nothing.
class ClockWatch {
public:
    explicit ClockWatch(std::uint64_t drift_ms) : drift_ms_(drift_ms) {}

    // @return what there is to say, or an empty text.
    std::string see(const TableRow& row) {
        if (is_reserved_name(row.map)) return {};
        const auto record = maptable::decode_row(Generation::bytea, row);
        if (!record || record->kind != MapKind::lww) return {};
        const auto& stamp = record->entries.front().stamp;
        auto latest = latest_.find(stamp.node_id);
        if (latest == latest_.end()) {
            if (latest_.size() == kWatchedNodesMax) return {};
            latest = latest_.emplace(stamp.node_id, 0).first;
        }
        const bool back = stamp.millis + drift_ms_ < latest->second;
        if (stamp.millis <= static_cast<std::uint64_t>(*row.updated_at) + drift_ms_) {
            latest->second = std::max(latest->second, stamp.millis);
        }
        if (!back) return {};
        return "stamped " + std::to_string(latest->second - stamp.millis) +
               " ms before an earlier row of node '" + stamp.node_id + "'";
    }

private:
    std::uint64_t drift_ms_;
    std::unordered_map<std::string, std::uint64_t> latest_;
};

class TableCheck {
public:
    TableCheck(Connection& connection, const MapTable& table, const TableCheckOptions& options,
               TableCheckReport& report)
        : connection_(connection), table_(table), options_(options), report_(report) {}

    Status run() {
        report_.now_ms = options_.rows.now_ms;
        if (report_.now_ms == 0) {
            auto now = server_now(connection_);
            if (!now) return std::move(now).error();
            report_.now_ms = *now;
        }
        const maptable::TableChecker::Found found = [this](const Finding& finding) {
            return take(finding);
        };
        const bool side_files = !options_.wal.empty() || !options_.index_files.empty();
        if (side_files && table_.generation == Generation::jsonb) {
            return Error(Errc::usage, table_.shown() + " is of the former server, which had no " +
                                          "write-ahead log and no files for indexes");
        }
        for (const auto& path : options_.index_files) TOPGUN_TRY(indexes_.load(path, found));
        TOPGUN_TRY(check_structure(connection_, table_, options_, found, report_.unchecked));
        RowRequest request;
        request.maps = options_.maps;
        request.progress = options_.progress;
        if (table_.generation == Generation::bytea) {
            auto times = has_times(connection_, table_);
            if (!times) return std::move(times).error();
            request.times = *times;
        }
        TOPGUN_TRY(check_rows(request, found));
        TOPGUN_TRY(indexes_.finish(found));
        if (!options_.wal.empty()) {
            TOPGUN_TRY(check_wal(connection_, table_, options_.wal, found));
        }
        const bool clocks = options_.wanted[static_cast<std::size_t>(Problem::clock_back)];
        return clocks && request.times ? check_clocks(request) : Status();
    }

private:
    Status take(const Finding& finding) {
        const auto problem = static_cast<std::size_t>(finding.problem);
        if (!options_.wanted[problem]) return {};
        ++report_.counts[problem];
        return options_.found ? options_.found(finding) : Status();
    }

    Status check_rows(RowRequest request, const maptable::TableChecker::Found& found) {
        auto rows = options_.rows;
        rows.now_ms = report_.now_ms;
        rows.dimensions = indexes_.dimensions();
        maptable::TableChecker checker(
            table_.generation, rows, found, [this](const maptable::CheckedRow& checked) -> Status {
                if (!indexes_.empty()) indexes_.see(checked);
                return options_.checked ? options_.checked(checked) : Status();
            });
        request.order = RowOrder::by_key;
        TOPGUN_TRY(
            for_each_row(connection_, table_, request, [&](const TableRow& row, Status parsed) {
                return parsed ? checker.row(row)
                              : checker.unreadable(row.map, row.key, parsed.error().text());
            }));
        TOPGUN_TRY(checker.finish());
        report_.rows = checker.rows();
        report_.maps = checker.maps();
        return {};
    }

    Status check_clocks(RowRequest request) {
        ClockWatch watch(options_.rows.drift_ms);
        request.order = RowOrder::by_updated;
        return for_each_row(
            connection_, table_, request, [&](const TableRow& row, Status parsed) -> Status {
                if (!parsed) return {};
                auto what = watch.see(row);
                if (what.empty()) return {};
                return take({Problem::clock_back, row.map, row.key, false, std::move(what)});
            });
    }

    Connection& connection_;
    const MapTable& table_;
    const TableCheckOptions& options_;
    TableCheckReport& report_;
    IndexFiles indexes_;
};

}  // namespace

Result<std::uint64_t> server_now(Connection& connection) {
    auto rows = connection.query("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::int8");
    if (!rows) return std::move(rows).error();
    std::uint64_t now = 0;
    const auto text = rows->at(0, 0);
    std::from_chars(text.data(), text.data() + text.size(), now);
    return now;
}

Status check_table(Connection& connection, const MapTable& table, const TableCheckOptions& options,
                   TableCheckReport& report) {
    return TableCheck(connection, table, options, report).run();
}

}  // namespace topgun::pg
