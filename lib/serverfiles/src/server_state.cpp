// SPDX-License-Identifier: Apache-2.0
#include "topgun/serverfiles/server_state.hpp"

#include "pending_writes.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/redb/database.hpp"

namespace topgun::serverfiles {
namespace {

constexpr std::string_view kMapPrefix = "map__", kBackupSuffix = "__backup";

std::string shown(std::string_view text) {
    return repair_utf8(text.substr(0, 64));
}

std::string place_of(std::string_view map, std::string_view key) {
    return "map " + shown(map) + ", key " + shown(key);
}

// Hands on the ops of records and notes what cannot be read.
class StateReading {
public:
    StateReading(const ServerReadOptions& options, const std::function<Status(const Op&)>& visit,
                 ServerReadReport& report)
        : options_(options), visit_(visit), report_(report) {}

    PendingWrites& pending() noexcept { return pending_; }

    Status note(Error error) {
        const bool damage = error.code() == Errc::bad_input || error.code() == Errc::limit;
        if (!options_.keep_going || !damage) return error;
        ++report_.damaged;
        if (report_.damage.size() < kMaxListedDamage) report_.damage.push_back(error.text());
        return {};
    }

    Status table(const redb::Database& database, std::size_t at);
    Status rest_of_log(const std::string& path);

private:
    Status row(std::string_view map, bool backup, BytesView key, BytesView value,
               const std::string& place);
    Status emit(std::string_view map, std::string_view key, const DurableRecord& record,
                const std::string& place);

    const ServerReadOptions& options_;
    const std::function<Status(const Op&)>& visit_;
    ServerReadReport& report_;
    PendingWrites pending_;
    std::vector<Op> ops_;
};

Status StateReading::table(const redb::Database& database, std::size_t at) {
    const auto& table = database.tables()[at];
    const auto place = database.name() + ": table " + shown(table.name);
    if (table.multimap || table.key_type != "&str" || table.value_type != "&[u8]") {
        return note(Error(Errc::bad_input, place + ": its types are " + shown(table.key_type) +
                                               " and " + shown(table.value_type) +
                                               " instead of &str and &[u8]"));
    }
    std::string_view map = std::string_view(table.name).substr(kMapPrefix.size());
    const bool backup = map.ends_with(kBackupSuffix);
    if (backup) map.remove_suffix(kBackupSuffix.size());
    auto cursor = database.cursor(at);
    if (!cursor) return std::move(cursor).error();
    std::uint64_t told = 0, rows = 0;
    bool whole = true;
    for (;;) {
        auto more = (*cursor)->next();
        if (!more) {
            whole = false;
            TOPGUN_TRY(note(std::move(more).error()));
            continue;
        }
        if (!*more) break;
        ++rows;
        ++report_.rows;
        TOPGUN_TRY(row(map, backup, (*cursor)->key(), (*cursor)->value(), place));
        if (const auto read = (*cursor)->bytes_read(); options_.progress && read > told) {
            TOPGUN_TRY(options_.progress(read - told));
            told = read;
        }
    }
    if (!whole || rows == table.length) return {};
    return note(Error(Errc::bad_input, place + ": has " + std::to_string(rows) +
                                           " rows instead of " + std::to_string(table.length)));
}

Status StateReading::row(std::string_view map, bool backup, BytesView key, BytesView value,
                         const std::string& place) {
    const auto at = place + ", key " + shown(key);
    if (!is_utf8(key)) return note(Error(Errc::bad_input, at + ": the key is not UTF-8"));
    std::optional<DurableRecord> record;
    auto stored = decode_stored_record(value);
    if (stored) {
        record = {std::move(*stored), 0};
    } else {
        TOPGUN_TRY(note(std::move(stored).error().within("value").within(at)));
    }
    // Only the primary is written through the log.
    if (!backup) {
        for (const auto& entry : pending_.take(map, key)) apply_entry(entry, record);
    }
    return record ? emit(map, key, *record, at) : Status();
}

Status StateReading::emit(std::string_view map, std::string_view key, const DurableRecord& record,
                          const std::string& place) {
    ops_.clear();
    Op base;
    base.map = map;
    base.key = key;
    auto status = append_record_ops(record.record, base, record.expiry, ops_);
    // Nothing is handed on of a record that is wrong in its middle.
    if (!status) return note(std::move(status).error().within(place));
    for (const auto& op : ops_) {
        ++report_.ops;
        TOPGUN_TRY(visit_(op));
    }
    return {};
}

Status StateReading::rest_of_log(const std::string& path) {
    for (const auto& [key, entries] : pending_.rest()) {
        std::optional<DurableRecord> record;
        for (const auto& entry : entries) apply_entry(entry, record);
        if (!record) continue;
        TOPGUN_TRY(
            emit(key.first, key.second, *record, path + ": " + place_of(key.first, key.second)));
    }
    return {};
}

void note_commit(const redb::Database& database, ServerReadReport& report) {
    const auto& commit = database.commit();
    if (commit.closed && !commit.rolled_back) return;
    std::string text = database.name() + ": ";
    if (!commit.closed) text += "was not closed; ";
    text += "read at commit " + std::to_string(commit.id);
    if (commit.rolled_back) text += ", because the one after it is not whole";
    report.notes.push_back(std::move(text));
}

void note_log(const std::string& path, ServerReadReport& report) {
    if (report.frames == 0) return;
    report.notes.push_back(path + ": " + std::to_string(report.pending) + " of " +
                           std::to_string(report.frames) + " writes folded in");
}

}  // namespace

Status read_server_ops(const std::string& database, const std::string& log, const std::string& name,
                       const ServerReadOptions& options,
                       const std::function<Status(const Op&)>& visit, ServerReadReport& report) {
    StateReading reading(options, visit, report);
    // The log goes first: a server that runs moves writes from there into the database, so that
    // what was not there yet is here still.
    if (!log.empty()) {
        auto files = list_log_files(log);
        if (!files) return std::move(files).error();
        TOPGUN_TRY(reading.pending().read(*files, false, options, report));
    }
    redb::OpenOptions opening;
    opening.name = name;
    opening.keep_going = options.keep_going;
    auto opened = redb::Database::open(database, opening);
    if (!opened) return std::move(opened).error();
    const auto& file = **opened;
    note_commit(file, report);
    note_log(log, report);
    report.damaged += file.damage().size();
    report.damage.insert(report.damage.end(), file.damage().begin(), file.damage().end());
    std::size_t maps = 0;
    for (std::size_t at = 0; at < file.tables().size(); ++at) {
        if (!file.tables()[at].name.starts_with(kMapPrefix)) continue;
        ++maps;
        TOPGUN_TRY(reading.table(file, at));
    }
    if (maps == 0 && !file.tables().empty()) {
        return Error(Errc::not_found, file.name() + ": has no table of TopGun's");
    }
    return reading.rest_of_log(log);
}

Status read_log_state(const std::string& log, const ServerReadOptions& options,
                      const std::function<Status(const Op&)>& visit, ServerReadReport& report) {
    auto files = list_log_files(log);
    if (!files) return std::move(files).error();
    StateReading reading(options, visit, report);
    TOPGUN_TRY(reading.pending().read(*files, true, options, report));
    return reading.rest_of_log(log);
}

Status read_log_ops(const std::string& log, const ServerReadOptions& options,
                    const std::function<Status(const Op&)>& visit, ServerReadReport& report) {
    auto files = list_log_files(log);
    if (!files) return std::move(files).error();
    std::vector<Op> ops;
    const auto take = [&](const LogPartition&, const LogEntry& entry) -> Status {
        ++report.pending;
        // To forget a removed tag is no change of state.
        if (entry.kind == LogEntry::Kind::or_prune) return {};
        if (entry.kind == LogEntry::Kind::remove) {
            ++report.unstamped;
            return {};
        }
        ops.clear();
        Op base;
        base.map = entry.map;
        base.key = entry.key;
        auto status = append_record_ops(entry.record, base, entry.expiry, ops);
        if (!status) {
            auto error =
                std::move(status).error().within(log + ": " + place_of(entry.map, entry.key));
            if (!options.keep_going) return error;
            ++report.damaged;
            if (report.damage.size() < kMaxListedDamage) report.damage.push_back(error.text());
            return {};
        }
        for (const auto& op : ops) {
            ++report.ops;
            TOPGUN_TRY(visit(op));
        }
        return {};
    };
    return read_log_entries(*files, options, report, take);
}

}  // namespace topgun::serverfiles
