// SPDX-License-Identifier: Apache-2.0
// A table of a server's as what stands behind an endpoint, for libtopgun, which loads this.
#include "extra_table.hpp"
#include "topgun/pg/map_table.hpp"
#include "topgun/pg/table_writer.hpp"
#include "topgun/storage/backing.hpp"

namespace topgun::pg {
namespace {

constexpr std::string_view kApplication = "topgun-cli serve";

class TableBacking final : public Backing {
public:
    TableBacking(ConnectOptions connecting, std::string name, MapTable table,
                 std::size_t batch_keys)
        : connecting_(std::move(connecting)),
          name_(std::move(name) + " " + table.shown()),
          table_(std::move(table)) {
        writing_.batch_keys = batch_keys;
        // Whoever feeds this tries again, after a look at whom it has met.
        writing_.attempts = 1;
    }

    const std::string& name() const override { return name_; }

    Result<std::string> identity() override {
        auto connection = Connection::open(connecting_);
        if (!connection) return std::move(connection).error();
        // The cluster; how often it was restored or failed over; the database; the table; the file
        // with its rows, which is another one after TRUNCATE.
        auto row = (*connection)
                       ->query(
                           "SELECT (SELECT system_identifier FROM pg_control_system()) || '/' ||"
                           " substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) || '/' ||"
                           " (SELECT oid FROM pg_database WHERE datname = current_database())"
                           " || '/' || $1::regclass::oid"
                           " || '/' || coalesce(pg_relation_filenode($1::regclass), 0)",
                           {table_.quoted()});
        if (!row) return std::move(row).error();
        return std::string(row->at(0, 0));
    }

    Status load(const std::function<Status(const Op&)>& visit, BackingRead& read) override {
        auto connecting = connecting_;
        connecting.read_only = true;
        auto connection = Connection::open(std::move(connecting));
        if (!connection) return std::move(connection).error();
        TOPGUN_TRY((*connection)->run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
        TableReadOptions reading;
        reading.keep_going = true;
        maptable::ReadReport report;
        TOPGUN_TRY(read_map_table(**connection, table_, reading, visit, report));
        read.rows = report.rows;
        read.unread = report.damaged;
        read.damage = std::move(report.damage);
        return {};
    }

    Result<BackingRefusals> merge(std::span<const Op> ops) override {
        auto written = write(ops);
        // What a failed one holds is handed over again.
        if (!written) writer_ = nullptr;
        return written;
    }

private:
    Result<BackingRefusals> write(std::span<const Op> ops) {
        if (writer_ == nullptr) {
            auto writer = TableWriter::open(connecting_, table_, writing_);
            if (!writer) return std::move(writer).error();
            writer_ = std::move(*writer);
        }
        for (const auto& op : ops) TOPGUN_TRY(writer_->add(op));
        TOPGUN_TRY(writer_->finish());
        auto report = writer_->take_report();
        return BackingRefusals{report.refused, std::move(report.refusals)};
    }

    ConnectOptions connecting_;
    std::string name_;
    MapTable table_;
    TableWriteOptions writing_;
    std::unique_ptr<TableWriter> writer_;
};

// Now, and not when the first write is on its way.
Status check_rights(Connection& connection, const MapTable& table) {
    const auto refuse = [&](const std::string& what, const std::string& advice) {
        return Error(Errc::unreachable, what + ", and an endpoint has to write; " + advice)
            .within(connection.name());
    };
    auto mode = connection.query("SHOW transaction_read_only");
    if (!mode) return std::move(mode).error();
    if (mode->at(0, 0) == "on") {
        return refuse("transactions are read-only here",
                      "name a server that is no standby, and a user without"
                      " default_transaction_read_only");
    }
    auto beside = has_extra(connection, table);
    if (!beside) return std::move(beside).error();
    auto rights = connection.query(
        "SELECT r.name, current_user FROM (VALUES"
        " ('SELECT', has_table_privilege($1::text, 'SELECT')),"
        " ('INSERT', has_table_privilege($1::text, 'INSERT')),"
        " ('UPDATE', has_table_privilege($1::text, 'UPDATE')),"
        " ('DELETE', has_table_privilege($1::text, 'DELETE')),"
        " ('TEMPORARY in the database',"
        "  has_database_privilege(current_database(), 'TEMPORARY')),"
        " ('CREATE in the schema', $3::bool OR has_schema_privilege($2::text, 'CREATE')))"
        " AS r(name, given) WHERE NOT r.given",
        {table.quoted(), table.schema, *beside ? "true" : "false"});
    if (!rights) return std::move(rights).error();
    std::string missing;
    for (std::size_t i = 0; i < rights->size(); ++i) {
        missing += (missing.empty() ? "" : ", ") + std::string(rights->at(i, 0));
    }
    if (missing.empty()) return {};
    return refuse("user " + std::string(rights->at(0, 1)) + " lacks rights for table " +
                      table.shown() + ": " + missing,
                  "GRANT them, or name another user");
}

class Opener final : public BackingOpener {
public:
    Result<std::unique_ptr<Backing>> open(const std::string& url, BackingOptions options) override {
        const auto target = split_table_url(url);
        ConnectOptions connecting;
        connecting.target = target.url;
        connecting.application = kApplication;
        connecting.stop = std::move(options.stop);
        auto connection = Connection::open(connecting);
        if (!connection) return std::move(connection).error();
        bool created = false;
        auto table = choose_or_create_table(**connection, target.table, maptable::Generation::bytea,
                                            created);
        if (!table) return std::move(table).error().within((*connection)->name());
        TOPGUN_TRY(check_rights(**connection, *table));
        return std::unique_ptr<Backing>(std::make_unique<TableBacking>(
            std::move(connecting), (*connection)->name(), std::move(*table), options.batch_keys));
    }
};

}  // namespace
}  // namespace topgun::pg

/// Found by name. The object lives as long as the process.
extern "C" TOPGUN_API topgun::BackingOpener* topgun_pg_backing_opener() {
    static topgun::pg::Opener opener;
    return &opener;
}
