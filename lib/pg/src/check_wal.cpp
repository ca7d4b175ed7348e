// SPDX-License-Identifier: Apache-2.0
#include "check_wal.hpp"

#include <map>
#include <utility>

#include "topgun/serverfiles/log_check.hpp"

namespace topgun::pg {
namespace {

using maptable::Problem;
using serverfiles::LogEntry;
using Kind = serverfiles::FileFinding::Kind;

Problem problem_of(Kind kind) {
    switch (kind) {
        case Kind::cut_tail: return Problem::log_tail;
        case Kind::gap:
        case Kind::order:
        case Kind::repeat: return Problem::log_order;
        case Kind::reused:
        case Kind::segment_name:
        case Kind::wrong_partition: return Problem::log_place;
        case Kind::watermark_size:
        case Kind::watermark_ahead: return Problem::log_watermark;
        default: return Problem::log_damage;
    }
}

class WalCheck {
public:
    WalCheck(Connection& connection, const MapTable& table,
             const maptable::TableChecker::Found& found)
        : connection_(connection), table_(table), found_(found) {}

    Status run(const std::string& folder) {
        serverfiles::LogCheckVisitor visitor;
        visitor.found = [this](const serverfiles::FileFinding& finding) {
            return found_(
                {problem_of(finding.kind), finding.map, finding.key, false, finding.text()});
        };
        visitor.pending = [this](const LogEntry& entry) -> Status {
            pending(entry);
            return {};
        };
        serverfiles::LogCheckReport report;
        TOPGUN_TRY(serverfiles::check_log(folder, visitor, report));
        if (report.pending > 0) {
            TOPGUN_TRY(found_({Problem::log_ahead,
                               {},
                               {},
                               false,
                               folder + ": " + std::to_string(report.pending) + " of " +
                                   std::to_string(report.frames) + " writes are above the marks"}));
        }
        for (const auto& [key, stamp] : latest_) TOPGUN_TRY(compare(key, stamp));
        return {};
    }

private:
    using Key = std::pair<std::string, std::string>;

    // What a key is to have in the end. Removals and OR-Maps have no stamp to compare.
    void pending(const LogEntry& entry) {
        const bool stamped =
            entry.kind == LogEntry::Kind::store && !entry.bare && entry.record.kind == MapKind::lww;
        Key key(entry.map, entry.key);
        if (stamped)
            latest_[std::move(key)] = entry.record.entries.front().stamp;
        else
            latest_.erase(key);
    }

    Status compare(const Key& key, const Timestamp& stamp) {
        auto rows = connection_.query("SELECT value FROM " + table_.quoted() +
                                          " WHERE map_name = $1 AND key = $2 AND NOT is_backup",
                                      {key.first, key.second});
        if (!rows) return std::move(rows).error();
        if (rows->size() == 0) return {};
        auto bytes = read_bytea_text(rows->at(0, 0));
        if (!bytes) return std::move(bytes).error();
        const auto record = serverfiles::decode_stored_record(*bytes);
        if (!record || record->kind != MapKind::lww) return {};
        const auto& row = record->entries.front().stamp;
        if (row <= stamp) return {};
        return found_({Problem::base_newer, key.first, key.second, false,
                       "the row is stamped " + format_stamp(row.view()) +
                           ", the last write to it " + format_stamp(stamp.view())});
    }

    Connection& connection_;
    const MapTable& table_;
    const maptable::TableChecker::Found& found_;
    std::map<Key, Timestamp> latest_;
};

}  // namespace

Status check_wal(Connection& connection, const MapTable& table, const std::string& folder,
                 const maptable::TableChecker::Found& found) {
    return WalCheck(connection, table, found).run(folder);
}

}  // namespace topgun::pg
