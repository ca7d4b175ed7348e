// SPDX-License-Identifier: Apache-2.0
// One server for all cases, a fresh database for each, and the tables of both generations.
#pragma once

#include <string>

#include "topgun/pg/connection.hpp"
#include "topgun_test/postgres_server.hpp"
#include "topgun_test/support.hpp"

namespace topgun::test {

inline PostgresServer& postgres() {
    static const auto server = must(PostgresServer::start());
    return *server;
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

}  // namespace topgun::test
