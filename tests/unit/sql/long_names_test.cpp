// SPDX-License-Identifier: Apache-2.0
#include "long_names.hpp"

#include "sql_support.hpp"

using namespace topgun;

TEST_CASE("names of any length are kept whole", "[sql]") {
    const auto length = GENERATE(as<std::size_t>{}, 62, 63, 64, 65, 200, 5000);
    const std::string plain(length, 'n'), upper(length, 'N');
    const auto quoted = "\"" + std::string(length, 'Q') + "\"\"\303\251\"";
    CAPTURE(length);
    CHECK(test::canonical_sql("select " + upper + " from " + plain) ==
          "SELECT " + plain + " FROM " + plain);
    const auto sql = "SELECT t." + quoted + ", " + plain + "(1) AS " + quoted + " FROM " + quoted +
                     " AS t JOIN " + plain + "2 USING (" + quoted + ") WHERE a = '\1" + "0'";
    CHECK(test::canonical_sql(sql) == sql);
}

TEST_CASE("a long name moves no offset and stays in messages", "[sql]") {
    const std::string name(100, 'n');
    const auto text = "select \"" + name + "\", -17, from";
    const auto result = sql::parse_statements(text);
    REQUIRE_FALSE(result);
    const auto column = std::to_string(text.find("from") + 1);
    CHECK(result.error().text().starts_with("line 1, column " + column + ": syntax error"));
    const auto other = sql::parse_statements("select a b " + name);
    REQUIRE_FALSE(other);
    CHECK(other.error().text().starts_with("line 1, column 12: syntax error at or near \"\"" +
                                           name + "\"\"\n"));
    const auto statement = test::parse_one("SELECT " + name + ", -17");
    CHECK(to_text(statement) == "SELECT " + name + ", -17");
}

TEST_CASE("a long name that is not closed stays an error", "[sql]") {
    const auto result = sql::parse_statements("select \"" + std::string(100, 'n'));
    REQUIRE_FALSE(result);
    CHECK(result.error().text().starts_with("line 1, column 8: unterminated quoted identifier"));
}

TEST_CASE("names that cannot be carried are refused, never cut", "[sql]") {
    const std::string name(100, 'n');
    for (const auto& sql : {"select U&\"" + name + "\"", std::string("select \"\1\", 2"),
                            "select \"\1" + name + "\""}) {
        const auto result = sql::parse_statements(sql);
        REQUIRE_FALSE(result);
        CHECK(result.error().text().find("this name is not supported") != std::string::npos);
    }
    CHECK(test::canonical_sql("select U&\"d\\0061t\"") == "SELECT dat");
}
