// SPDX-License-Identifier: Apache-2.0
// Databases as sources and sinks, for libtopgun, which loads this when it meets a URL.
#include "topgun/source/remote.hpp"

#include "topgun/pg/import.hpp"
#include "topgun/pg/map_table.hpp"

namespace topgun::pg {
namespace {

// What could not be written is no success, however much was.
Status refusal(const TableWriteReport& report) {
    if (report.refused == 0) return {};
    return Error(Errc::bad_input, std::to_string(report.refused) +
                                      " keys cannot be written, such as " +
                                      report.refusals.front() + "; all else is");
}

class DatabaseWriter final : public OpWriter {
public:
    explicit DatabaseWriter(std::unique_ptr<TableWriter> table) : table_(std::move(table)) {}
    Status add(const Op& op) override { return table_->add(op); }
    Status finish() override {
        TOPGUN_TRY(table_->finish());
        return refusal(table_->report());
    }
    std::uint64_t count() const override { return table_->ops(); }
    std::uint64_t bytes() const override { return 0; }

private:
    std::unique_ptr<TableWriter> table_;
};

class Databases final : public RemoteAccess {
public:
    Result<Source> open(const std::string& url, const ReadOptions& options) override {
        auto replica = std::make_unique<Replica>();
        auto report = read_ops(url, options, [&](const Op& op) -> Status {
            auto merged = replica->apply(op, options.observer);
            return merged ? Status() : Status(std::move(merged).error());
        });
        if (!report) return std::move(report).error();
        Source out;
        out.report = std::move(*report);
        out.state = own_replica(std::move(replica));
        return out;
    }

    Result<ReadReport> read_ops(const std::string& url, const ReadOptions& options,
                                const OpVisitor& visit) override {
        const auto target = split_table_url(url);
        ConnectOptions connecting;
        connecting.target = target.url;
        connecting.read_only = true;
        auto connection = Connection::open(std::move(connecting));
        if (!connection) return std::move(connection).error();
        // One picture, whatever is written meanwhile.
        TOPGUN_TRY((*connection)->run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
        auto table = choose_map_table(**connection, target.table);
        if (!table) return std::move(table).error().within((*connection)->name());
        TableReadOptions reading;
        reading.maps = options.maps;
        reading.keep_going = options.keep_going;
        reading.progress = options.progress;
        ReadReport out;
        out.path = shown_name(url);
        out.format = Format::database;
        maptable::ReadReport read;
        const auto take = [&](const Op& op) -> Status {
            const bool stamped = op.kind != OpKind::or_remove;
            if (options.until && stamped && op.stamp > options.until->view()) return {};
            ++out.ops;
            return visit(op);
        };
        TOPGUN_TRY(read_map_table(**connection, *table, reading, take, read));
        out.damage = std::move(read.damage);
        return out;
    }

    Result<WriteReport> write(const StateReader& state, const std::string& url) override {
        ImportOptions importing;
        importing.url = url;
        auto done = import_state(state, importing);
        if (!done) return std::move(done).error();
        if (auto refused = refusal(done->written); !refused) return std::move(refused).error();
        WriteReport out;
        out.rows = done->rows;
        return out;
    }

    Result<std::unique_ptr<OpWriter>> writer(const std::string& url) override {
        bool created = false;
        auto table = open_table_writer(url, maptable::Generation::bytea, {}, {}, created);
        if (!table) return std::move(table).error();
        return std::unique_ptr<OpWriter>(std::make_unique<DatabaseWriter>(std::move(*table)));
    }
};

}  // namespace
}  // namespace topgun::pg

/// Found by name when libtopgun meets its first URL. The object lives as long as the process.
extern "C" TOPGUN_API topgun::RemoteAccess* topgun_pg_remote_access() {
    static topgun::pg::Databases databases;
    return &databases;
}
