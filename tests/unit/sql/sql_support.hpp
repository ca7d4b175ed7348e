// SPDX-License-Identifier: Apache-2.0
// What the tests of the parser share: SQL in, canonical SQL out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parser.hpp"
#include "topgun_test/support.hpp"

namespace topgun::test {

/// SQL, and what it is printed as.
struct SqlCase {
    std::string_view sql;
    std::string_view text;
};

inline std::string canonical_sql(std::string_view sql) {
    const auto statements = sql::parse_statements(sql);
    if (!statements) return statements.error().text();
    std::string out;
    for (const auto& statement : *statements) {
        if (!out.empty()) out += "; ";
        out += to_text(statement);
    }
    return out;
}

/// Checks each case, and that its text means the same again.
inline void check_sql(const std::vector<SqlCase>& cases) {
    for (const auto& [sql, text] : cases) {
        CAPTURE(sql);
        const auto first = sql::parse_statements(sql);
        CHECK(canonical_sql(sql) == text);
        if (!first) continue;
        const auto again = sql::parse_statements(text);
        REQUIRE(again);
        CHECK(*again == *first);
    }
}

/// The same for expressions: each is the only item of a SELECT.
inline void check_expressions(const std::vector<SqlCase>& cases) {
    for (const auto& [sql, text] : cases) {
        const auto query = "SELECT " + std::string(sql), printed = "SELECT " + std::string(text);
        check_sql({{query, printed}});
    }
}

inline sql::ast::Statement parse_one(std::string_view sql) {
    auto statements = must(sql::parse_statements(sql));
    REQUIRE(statements.size() == 1);
    return std::move(statements.front());
}

/// The one expression of "SELECT sql".
inline sql::ast::Expr parse_expr(std::string_view sql) {
    auto statement = parse_one("SELECT " + std::string(sql));
    auto& query = std::get<sql::ast::Query>(statement.node);
    return std::get<sql::ast::Select>(query.body).items.at(0).value;
}

}  // namespace topgun::test
