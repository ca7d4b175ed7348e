// SPDX-License-Identifier: Apache-2.0
// Databases as sources and sinks, for libtopgun, which loads this when it meets a URL.
#include "topgun/source/remote.hpp"

#include "topgun/pg/map_table.hpp"

namespace topgun::pg {
namespace {

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

    Result<WriteReport> write(const StateReader&, const std::string& url) override {
        return Error(Errc::usage, shown_name(url) + ": databases are only read by this version");
    }
    Result<std::unique_ptr<OpWriter>> writer(const std::string& url) override {
        return Error(Errc::usage, shown_name(url) + ": databases are only read by this version");
    }
};

}  // namespace
}  // namespace topgun::pg

/// Found by name when libtopgun meets its first URL. The object lives as long as the process.
extern "C" TOPGUN_API topgun::RemoteAccess* topgun_pg_remote_access() {
    static topgun::pg::Databases databases;
    return &databases;
}
