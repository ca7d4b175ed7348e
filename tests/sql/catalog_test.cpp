// SPDX-License-Identifier: Apache-2.0
#include "catalog.hpp"

#include "fake_session.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::cli;
using namespace topgun::test;

namespace {

std::vector<sql::TableInfo> tables() {
    auto users = table_info("a", "users", {"id", "name", "_ts"});
    users.rows = 1200;
    return {users, table_info("b", "users", {"id"}), table_info("b", "no\nte", {"\"x"})};
}

}  // namespace

TEST_CASE("a table is found by its name, with or without schema", "[sql][catalog]") {
    CHECK(tables_named(tables(), "users").size() == 2);
    CHECK(tables_named(tables(), "a.users").size() == 1);
    CHECK(tables_named(tables(), "").size() == 3);
    CHECK(tables_named(tables(), "none").empty());
}

TEST_CASE("lists of tables name schema, kind and rows", "[sql][catalog]") {
    CHECK(table_names(tables(), "users") == "a.users\nb.users\n");
    CHECK(table_names(tables(), "") == "a.users\nb.users\nb.no\\nte\n");
    CHECK(table_list(tables()) ==
          "Schema  Table   Kind   Rows\n"
          "a       users   lww   1,200\n"
          "b       users   lww       -\n"
          "b       no\\nte  lww       -\n");
    CHECK(table_list({}).empty());
    CHECK(schema_list(tables(), {"empty"}) ==
          "Schema  Tables\na            1\nb            2\nempty        0\n");
}

TEST_CASE("a schema reads as CREATE TABLE, without hidden columns", "[sql][catalog]") {
    CHECK(create_statements({tables()[0]}) ==
          "CREATE TABLE \"a\".\"users\" (\n"
          "    \"id\" bigint NOT NULL,\n"
          "    \"name\" text\n"
          ");\n");
    CHECK(create_statements({tables()[2]}).find("\"\"\"x\" text") != std::string::npos);
}

TEST_CASE("a description has all columns", "[sql][catalog]") {
    CHECK(column_list({tables()[0]}) ==
          "a.users (lww)\n"
          "Column  Type    Note\n"
          "id      bigint  not null\n"
          "name    text\n"
          "_ts     text    not part of *\n");
}
