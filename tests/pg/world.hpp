// SPDX-License-Identifier: Apache-2.0
// One server for all cases, a fresh database for each, and the tables of both generations.
#pragma once

#include <string>
#include <vector>

#include "topgun/pg/connection.hpp"
#include "topgun_test/postgres_server.hpp"
#include "topgun_test/process.hpp"
#include "topgun_test/support.hpp"
#include "topgun_test/table_rows.hpp"

namespace topgun::test {

inline PostgresServer& postgres() {
    static const auto server = must(PostgresServer::start());
    return *server;
}

inline ProcessResult cli(std::vector<std::string> arguments) {
    ProcessOptions options;
    options.arguments = std::move(arguments);
    return run_process(TOPGUN_CLI, options);
}

inline std::unique_ptr<pg::Connection> connect(const std::string& database,
                                               pg::ConnectOptions options = {}) {
    options.target = postgres().target(database);
    return must(pg::Connection::open(std::move(options)));
}

// As the two servers make them (storage reference 2.1 and 6.1).
inline const std::string kJsonbTable =
    "CREATE TABLE topgun_maps (map_name TEXT NOT NULL, key TEXT NOT NULL, value JSONB,"
    " ts_millis BIGINT NOT NULL, ts_counter INTEGER NOT NULL, ts_node_id TEXT NOT NULL,"
    " is_deleted BOOLEAN DEFAULT FALSE, PRIMARY KEY (map_name, key));";
inline const std::string kByteaTable =
    "CREATE TABLE topgun_maps (map_name TEXT NOT NULL, key TEXT NOT NULL, value BYTEA NOT NULL,"
    " expiration_time BIGINT NOT NULL DEFAULT 0, is_backup BOOLEAN NOT NULL DEFAULT FALSE,"
    " created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,"
    " PRIMARY KEY (map_name, key, is_backup));";

inline const std::string& table_of(maptable::Generation generation) {
    return generation == maptable::Generation::jsonb ? kJsonbTable : kByteaTable;
}

inline void insert_rows(pg::Connection& connection, maptable::Generation generation,
                        const std::vector<OwnedRow>& rows) {
    const auto number = [](std::int64_t value) { return pg::Parameter(std::to_string(value)); };
    const auto truth = [](bool value) { return pg::Parameter(value ? "true" : "false"); };
    must(connection.run("BEGIN"));
    for (const auto& row : rows) {
        std::vector<pg::Parameter> values{row.map, row.key};
        if (generation == maptable::Generation::jsonb) {
            values.push_back(row.value);
            for (const auto value : {row.millis, row.counter}) values.push_back(number(value));
            values.emplace_back(row.node);
            values.push_back(row.deleted ? truth(*row.deleted) : pg::Parameter());
        } else {
            values.emplace_back(pg::bytea_text(*row.value));
            values.push_back(number(row.expiration));
            values.push_back(truth(row.is_backup));
            for (const auto value : {row.created_at, row.updated_at}) {
                values.push_back(number(value));
            }
        }
        (void)must(connection.query("INSERT INTO topgun_maps VALUES ($1, $2, $3, $4, $5, $6, $7)",
                                    values));
    }
    must(connection.run("COMMIT"));
}

// A database with the table of a generation, and these rows in it.
inline std::string planted_database(maptable::Generation generation,
                                    const std::vector<OwnedRow>& rows) {
    auto name = must(postgres().make_database());
    const auto connection = connect(name);
    must(connection->run(table_of(generation)));
    insert_rows(*connection, generation, rows);
    return name;
}

}  // namespace topgun::test
