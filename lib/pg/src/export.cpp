// SPDX-License-Identifier: Apache-2.0
#include "topgun/pg/export.hpp"

#include "topgun/replica/replica.hpp"

namespace topgun::pg {

Result<ExportReport> export_table(const ExportOptions& options) {
    const auto target = split_table_url(options.url);
    ConnectOptions connecting;
    connecting.target = target.url;
    connecting.read_only = true;
    connecting.stop = options.stop;
    auto connection = Connection::open(std::move(connecting));
    if (!connection) return std::move(connection).error();
    TOPGUN_TRY((*connection)->run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    auto table = choose_map_table(**connection, target.table);
    if (!table) return std::move(table).error().within((*connection)->name());
    ExportReport out;
    out.database = (*connection)->name();
    out.table = std::move(*table);
    TableReadOptions reading;
    reading.maps = options.maps;
    reading.keep_going = options.keep_going;
    reading.progress = options.progress;
    auto replica = std::make_unique<Replica>();
    const auto take = [&](const Op& op) -> Status {
        auto merged = replica->apply(op);
        return merged ? Status() : Status(std::move(merged).error());
    };
    TOPGUN_TRY(read_map_table(**connection, out.table, reading, take, out.read));
    auto written = write_snapshot(*own_replica(std::move(replica)), options.output);
    if (!written) return std::move(written).error();
    out.written = *written;
    return out;
}

}  // namespace topgun::pg
