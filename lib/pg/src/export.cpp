// SPDX-License-Identifier: Apache-2.0
#include "topgun/pg/export.hpp"

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
    auto state = read_table_state(**connection, out.table, reading, out.read);
    if (!state) return std::move(state).error();
    auto written = write_snapshot(**state, options.output);
    if (!written) return std::move(written).error();
    out.written = *written;
    return out;
}

}  // namespace topgun::pg
