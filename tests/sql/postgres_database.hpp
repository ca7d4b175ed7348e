// SPDX-License-Identifier: Apache-2.0
// A database of the tests' own server, as the runner of sqllogictest files wants it.
#pragma once

#include <memory>

#include "topgun/base/error.hpp"
#include "topgun/sql/slt.hpp"
#include "topgun_test/postgres_server.hpp"

namespace topgun::test {

/// A new, empty database, connected. @param server  outlives it.
Result<std::unique_ptr<sql::slt::Database>> slt_database(PostgresServer& server);

}  // namespace topgun::test
