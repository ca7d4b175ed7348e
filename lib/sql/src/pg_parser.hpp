// SPDX-License-Identifier: Apache-2.0
// The only door to libpg_query: SQL in, PostgreSQL's parse tree as JSON text out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace topgun::sql {

struct PgParse {
    struct Failure {
        std::string message;
        std::optional<std::size_t> offset;  ///< Byte in the statement; none: not known.
    };
    std::string json;                ///< {"version":…,"stmts":[…]}
    std::optional<Failure> failure;  ///< Set: json is empty.
};

/// Runs PostgreSQL's parser on one statement.
/// @pre `statement` is UTF-8 without NUL, and find_deep_nesting() found nothing: the library
/// recurses by depth and checks no bound. Threads: the library keeps its state by thread; any
/// number may parse at once.
PgParse pg_parse(std::string_view statement);

}  // namespace topgun::sql
