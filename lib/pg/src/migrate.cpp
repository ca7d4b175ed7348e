// SPDX-License-Identifier: Apache-2.0
#include "topgun/pg/migrate.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "row_form.hpp"
#include "topgun/pg/export.hpp"
#include "topgun/pg/import.hpp"
#include "topgun/storage/snapshot.hpp"

namespace topgun::pg {
namespace {

using maptable::Generation;

std::string_view generation_word(Generation generation) {
    return generation == Generation::bytea ? "bytea" : "jsonb";
}

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

class Migration {
public:
    explicit Migration(const MigrateOptions& options) : options_(options) {}

    Result<MigrateReport> run() {
        TOPGUN_TRY(open());
        if (options_.swap) TOPGUN_TRY(lock());
        TOPGUN_TRY(copy());
        TOPGUN_TRY(compare());
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
        if (report_.from.schema != report_.to.schema) {
            return Error(Errc::usage, report_.to.shown() +
                                          ": stands in another schema, so it cannot take the name");
        }
        TOPGUN_TRY(swapper_->run("BEGIN"));
        TOPGUN_TRY(swapper_->run("LOCK TABLE " + report_.from.quoted() + " IN SHARE MODE"));
        // What was written before the lock was had is to be seen.
        return reader_->run("COMMIT; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    }

    Status copy() {
        TableReadOptions reading;
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
        TOPGUN_TRY(reader_->run("COMMIT"));
        TOPGUN_TRY(writer_->finish());
        report_.written = writer_->report();
        return {};
    }

    Status compare() {
        const ScratchFolder folder(options_.scratch);
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
        deep.on_difference = [&](const Difference& one) {
            const bool left_out = options_.tombstones == TombstoneForm::none && one.b == nullptr &&
                                  one.map.kind == MapKind::lww && one.a->is_lww_tombstone();
            if (left_out) ++report_.left_out;
        };
        auto result = diff_states(**a, **b, deep);
        if (!result) return std::move(result).error();
        report_.verified = std::move(*result);
        return {};
    }

    // All names change in one transaction: those of the tables, of what stands beside them, and of
    // their indexes, which a server looks for by name.
    Status swap() {
        if (!migration_complete(report_)) {
            return Error(Errc::bad_input, "the tables differ, so nothing was renamed: compare " +
                                              report_.from.shown() + " and " + report_.to.shown());
        }
        const auto kept =
            report_.from.name + "_old_" + std::string(generation_word(report_.from.generation));
        for (const auto& [table, name] :
             {std::pair(report_.from.name, kept), std::pair(report_.to.name, report_.from.name)}) {
            TOPGUN_TRY(rename(table, name));
            auto beside = table_exists(table + "_extra");
            if (!beside) return std::move(beside).error();
            if (*beside) TOPGUN_TRY(rename(table + "_extra", name + "_extra"));
        }
        TOPGUN_TRY(swapper_->run("COMMIT"));
        report_.kept_as = report_.from.schema + "." + kept;
        return {};
    }

    Result<bool> table_exists(const std::string& name) {
        auto rows = swapper_->query("SELECT to_regclass($1)", {Parameter(quoted(name))});
        if (!rows) return std::move(rows).error();
        return rows->text(0, 0).has_value();
    }

    Status rename(const std::string& table, const std::string& name) {
        auto indexes = swapper_->query(
            "SELECT indexname FROM pg_indexes WHERE schemaname = $1 AND tablename = $2"
            " ORDER BY indexname",
            {Parameter(report_.from.schema), Parameter(table)});
        if (!indexes) return std::move(indexes).error();
        TOPGUN_TRY(
            swapper_->run("ALTER TABLE " + quoted(table) + " RENAME TO " + quoted_name(name)));
        for (std::size_t i = 0; i < indexes->size(); ++i) {
            const std::string index(indexes->at(i, 0));
            const auto at = index.find(table);
            if (at == std::string::npos) continue;
            auto renamed = index;
            renamed.replace(at, table.size(), name);
            TOPGUN_TRY(swapper_->run("ALTER INDEX " + quoted(index) + " RENAME TO " +
                                     quoted_name(renamed)));
        }
        return {};
    }

    std::string quoted(const std::string& name) const {
        return quoted_name(report_.from.schema) + "." + quoted_name(name);
    }

    const MigrateOptions& options_;
    std::string into_;
    std::unique_ptr<Connection> reader_, swapper_;
    std::unique_ptr<TableWriter> writer_;
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
