// SPDX-License-Identifier: Apache-2.0
#include "topgun/pg/migrate.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <span>
#include <utility>

#include "extra_table.hpp"
#include "row_form.hpp"
#include "table_swap.hpp"
#include "topgun/pg/export.hpp"
#include "topgun/pg/import.hpp"
#include "topgun/storage/snapshot.hpp"

namespace topgun::pg {
namespace {

using maptable::Generation;

std::string_view server_word(Generation generation) {
    return generation == Generation::bytea ? "rust" : "typescript";
}

// A folder for the snapshots that are compared, gone with this.
class ScratchFolder {
public:
    explicit ScratchFolder(const std::string& inside) {
        std::error_code ignored;
        path_ = std::filesystem::path(inside) / ("topgun-migrate-" + std::to_string(::getpid()));
        std::filesystem::create_directories(path_, ignored);
    }
    ~ScratchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    std::string file(const char* name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

// Of a row.
struct TableKey {
    std::string map, key;
    bool operator==(const TableKey&) const = default;
};

constexpr std::size_t kKeysAtOnce = 1000;

// A condition on a table that the statement calls t. @pre not empty.
std::string any_of(std::span<const TableKey> keys) {
    std::string out = "(t.map_name, t.key) IN (";
    for (const auto& one : keys) {
        if (out.back() != '(') out += ", ";
        out += "(" + quoted_text(one.map) + ", " + quoted_text(one.key) + ")";
    }
    return out + ")";
}

class Migration {
public:
    explicit Migration(const MigrateOptions& options) : options_(options) {}

    Result<MigrateReport> run() {
        TOPGUN_TRY(open());
        if (options_.swap) TOPGUN_TRY(lock());
        TOPGUN_TRY(copy({}));
        TOPGUN_TRY(compare());
        if (options_.prune && !surplus_.empty()) {
            TOPGUN_TRY(prune());
            TOPGUN_TRY(compare());
        }
        // The names cannot change while this still reads.
        TOPGUN_TRY(reader_->run("COMMIT"));
        if (options_.swap) TOPGUN_TRY(swap());
        return std::move(report_);
    }

private:
    Status open() {
        const auto from = split_table_url(options_.from);
        auto connection = connect(from.url, true);
        if (!connection) return std::move(connection).error();
        reader_ = std::move(*connection);
        TOPGUN_TRY(reader_->run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
        auto table = choose_map_table(*reader_, from.table);
        if (!table) return std::move(table).error().within(reader_->name());
        report_.from = std::move(*table);
        report_.from_database = reader_->name();
        if (report_.from.generation == options_.to) {
            return Error(Errc::usage, report_.from.shown() + ": is a table of that server already");
        }
        if (options_.swap && options_.keep_going) {
            return Error(Errc::usage,
                         "a table with rows that are left out does not take the old "
                         "one's name: repair them first");
        }
        into_ = options_.into;
        if (into_.empty()) {
            into_ =
                from.url + "#" + report_.from.name + "_" + std::string(server_word(options_.to));
        } else if (options_.swap) {
            return Error(Errc::usage, "only a table beside the old one can take its name");
        }
        TableWriteOptions writing;
        writing.tombstones = options_.tombstones;
        auto writer = open_table_writer(into_, options_.to, std::move(writing), options_.stop,
                                        report_.created);
        if (!writer) return std::move(writer).error();
        writer_ = std::move(*writer);
        report_.to = writer_->table();
        report_.to_database = writer_->database();
        if (report_.to.generation == options_.to) return {};
        return Error(Errc::usage, report_.to.shown() + ": is a table of the other server");
    }

    Result<std::unique_ptr<Connection>> connect(const std::string& url, bool read_only) const {
        ConnectOptions connecting;
        connecting.target = url;
        connecting.read_only = read_only;
        connecting.stop = options_.stop;
        return Connection::open(std::move(connecting));
    }

    // Keeps writers of the old table waiting until the end.
    Status lock() {
        auto connection = connect(split_table_url(options_.from).url, false);
        if (!connection) return std::move(connection).error();
        swapper_ = std::move(*connection);
        renames_.emplace(*swapper_, report_.from, report_.to);
        TOPGUN_TRY(renames_->check());
        report_.left_behind = renames_->left_behind();
        TOPGUN_TRY(swapper_->run("BEGIN"));
        auto beside = has_extra(*swapper_, report_.from);
        if (!beside) return std::move(beside).error();
        TOPGUN_TRY(swapper_->run("LOCK TABLE " + report_.from.quoted() +
                                 (*beside ? ", " + quoted_extra(report_.from) : std::string()) +
                                 " IN SHARE MODE"));
        // What was written before the lock was had is to be seen.
        return reader_->run("COMMIT; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    }

    /// @param where  as TableReadOptions has it.
    Status copy(std::string where) {
        TableReadOptions reading;
        if (!where.empty()) reading.part = TablePart::rows;
        reading.where = std::move(where);
        reading.keep_going = options_.keep_going;
        reading.progress = options_.progress;
        const auto take = [&](const Op& op) -> Status {
            if (options_.stop && options_.stop()) {
                return Error(Errc::cancelled, "interrupted; run it again to go on");
            }
            if (op.kind == OpKind::remove) {
                ++report_.tombstones;
                if (options_.tombstones == TombstoneForm::none) return {};
            }
            return writer_->add(op);
        };
        TOPGUN_TRY(read_map_table(*reader_, report_.from, reading, take, report_.read));
        TOPGUN_TRY(writer_->finish());
        report_.written = writer_->report();
        return {};
    }

    // Takes the keys with anything that the old table has not out of the new one, and what the old
    // one has of them in again.
    Status prune() {
        auto connection = connect(split_table_url(into_).url, false);
        if (!connection) return std::move(connection).error();
        auto beside = has_extra(**connection, report_.to);
        if (!beside) return std::move(beside).error();
        report_.pruned = report_.surplus;
        for (std::size_t at = 0; at < surplus_.size(); at += kKeysAtOnce) {
            const auto keys =
                std::span(surplus_).subspan(at, std::min(kKeysAtOnce, surplus_.size() - at));
            auto gone = "BEGIN; DELETE FROM " + report_.to.quoted() + " t WHERE " + any_of(keys);
            if (*beside) {
                gone += "; DELETE FROM " + quoted_extra(report_.to) + " t WHERE " + any_of(keys) +
                        " AND t.kind IN ('removed', 'record')";
            }
            TOPGUN_TRY((*connection)->run(gone + "; COMMIT"));
            TOPGUN_TRY(copy(any_of(keys)));
        }
        return {};
    }

    Status compare() {
        const ScratchFolder folder(options_.scratch);
        report_.left_out = report_.surplus = 0;
        surplus_.clear();
        const auto snapshot = [&](const std::string& url, const MapTable& table,
                                  const char* name) -> Result<std::unique_ptr<SnapshotReader>> {
            ExportOptions reading;
            reading.url = split_table_url(url).url + "#" + table.shown();
            reading.output = folder.file(name);
            reading.keep_going = options_.keep_going;
            reading.stop = options_.stop;
            auto done = export_table(reading);
            if (!done) return std::move(done).error().within("comparing");
            return SnapshotReader::open(reading.output);
        };
        auto a = snapshot(options_.from, report_.from, "old.tgs");
        if (!a) return std::move(a).error();
        auto b = snapshot(into_, report_.to, "new.tgs");
        if (!b) return std::move(b).error();
        DiffOptions deep;
        deep.deep = true;
        deep.on_difference = [this](const Difference& one) { take_difference(one); };
        auto result = diff_states(**a, **b, deep);
        if (!result) return std::move(result).error();
        report_.verified = std::move(*result);
        return {};
    }

    // Tombstones that were to be left out, and live records that only the new table has.
    void take_difference(const Difference& one) {
        const bool tagged = one.map.kind == MapKind::or_map;
        if (one.map.kind == MapKind::counter) return;
        const bool live = one.b != nullptr && !one.b->removed && !one.b->is_lww_tombstone();
        const bool left_out = options_.tombstones == TombstoneForm::none && !tagged &&
                              one.a != nullptr && one.a->is_lww_tombstone() &&
                              one.kind != DifferenceKind::newer_b;
        if (left_out) ++report_.left_out;
        const bool more = one.kind == DifferenceKind::only_b || one.kind == DifferenceKind::newer_b;
        if (!live || !(more || left_out)) return;
        ++report_.surplus;
        TableKey key{one.map.name, std::string(one.b->key)};
        if (surplus_.empty() || surplus_.back() != key) surplus_.push_back(std::move(key));
    }

    Status swap() {
        if (report_.read.damaged != 0) {
            return Error(Errc::bad_input,
                         report_.from.shown() + ": " + std::to_string(report_.read.damaged) +
                             " rows are not in the new table, so nothing was renamed: repair them "
                             "first, such as " +
                             report_.read.damage.front());
        }
        if (!migration_complete(report_)) {
            return Error(Errc::bad_input, "the tables differ, so nothing was renamed: compare " +
                                              report_.from.shown() + " and " + report_.to.shown());
        }
        if (report_.surplus != 0) {
            return Error(Errc::bad_input,
                         report_.to.shown() + ": has " + std::to_string(report_.surplus) +
                             " records that " + report_.from.shown() +
                             " has not (removed there since the last run, or written here), so "
                             "nothing was renamed: --prune removes them");
        }
        auto kept = renames_->run();
        if (!kept) return std::move(kept).error();
        TOPGUN_TRY(swapper_->run("COMMIT"));
        report_.kept_as = std::move(*kept);
        return {};
    }

    const MigrateOptions& options_;
    std::string into_;
    std::unique_ptr<Connection> reader_, swapper_;
    std::unique_ptr<TableWriter> writer_;
    std::optional<TableSwap> renames_;
    std::vector<TableKey> surplus_;
    MigrateReport report_;
};

}  // namespace

Result<MigrateReport> migrate_table(const MigrateOptions& options) {
    return Migration(options).run();
}

bool migration_complete(const MigrateReport& report) {
    std::uint64_t missing = 0;
    for (const auto& map : report.verified.maps) {
        missing += map.only_a + map.newer_a + map.same_stamp + map.removed_only_a;
    }
    return missing == report.left_out && report.written.refused == 0 && report.read.damaged == 0;
}

}  // namespace topgun::pg
