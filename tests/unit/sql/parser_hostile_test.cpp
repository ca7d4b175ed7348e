// SPDX-License-Identifier: Apache-2.0
// Texts that must end in an error, quickly, and never in a crash.
#include <thread>

#include "sql_support.hpp"

using namespace topgun;

namespace {

std::string repeat(std::string_view piece, std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += piece;
    return out;
}

Errc code_of(const std::string& text) {
    const auto result = sql::parse_statements(text);
    REQUIRE_FALSE(result);
    return result.error().code();
}

}  // namespace

TEST_CASE("nesting of any kind is refused before it costs the stack", "[sql]") {
    struct Shape {
        std::string_view before, piece, middle, suffix;
    };
    const std::vector<Shape> shapes = {
        {"select ", "(", "1", ")"},
        {"select ", "f(", "1", ")"},
        {"select ", "(select ", "1", ")"},
        {"select ", "not ", "a", ""},
        {"select ", "- ", "a", ""},
        {"select 1", "+1", "", ""},
        {"select 1", "::int", "", ""},
        {"select a", " isnull", "", ""},
        {"select (a)", ".b", "", ""},
        {"select (a)", "[1]", "", ""},
        {"select array", "[", "1", "]"},
        {"select a", " at time zone 'u'", "", ""},
        {"select 1", " union select 1", "", ""},
        {"select from a", " cross join a", "", ""},
        {"select from ", "(", "a cross join b", ") cross join c"},
        {"select ", "case when ", "1", " then 1 end"},
        {"select ", "case when a and ", "1", " then 1 end"},
        {"select group by ", "grouping sets (", "a", ")"},
        {"select group by ", "(a, ", "a", ")"},
        {"select 1", "+a.or", "", ""},
        {"explain ", "explain ", "select 1", ""},
    };
    const auto count = GENERATE(as<std::size_t>{}, 1300, 5000, 100000);
    for (const auto& [before, piece, middle, suffix] : shapes) {
        CAPTURE(piece, count);
        const auto text = std::string(before) + repeat(piece, count) + std::string(middle) +
                          repeat(suffix, count);
        const auto result = sql::parse_statements(text);
        // Parentheses alone vanish, as far as PostgreSQL's parser takes them.
        if (piece == "(" && middle == "1" && count == 1300) {
            CHECK(result);
        } else {
            CHECK_FALSE(result);
        }
    }
    CHECK(code_of("select 1" + repeat("+1", 1300)) == Errc::limit);
    CHECK(code_of("select 1" + repeat("+1", 100000)) == Errc::limit);
}

TEST_CASE("what is long but flat is parsed", "[sql]") {
    CHECK(sql::parse_statements("select 1 where a in (1" + repeat(", 2", 20000) + ")"));
    CHECK(sql::parse_statements("select a" + repeat(" or a = 1", 20000)));
    CHECK(sql::parse_statements("insert into t values (1)" + repeat(", (2)", 20000)));
    CHECK(sql::parse_statements("select 1" + repeat(", 2 + 3 * 4", 20000)));
    CHECK(sql::parse_statements("select '" + repeat("x", 1000000) + "'"));
    CHECK(sql::parse_statements(repeat("select 1;", 2000)));
    CHECK(sql::parse_statements("select 1" + repeat("+1", 900)));
}

TEST_CASE("a statement that is too long is refused", "[sql]") {
    const auto text = "select '" + std::string(sql::kLongestStatement, 'x') + "'";
    CHECK(code_of(text) == Errc::limit);
}

TEST_CASE("malformed UTF-8 and zero bytes are refused where they stand", "[sql]") {
    const auto message = [](std::string_view text) {
        return sql::parse_statements(text).error().text();
    };
    CHECK(message("select '\377'").starts_with("line 1, column 9: malformed UTF-8\n"));
    CHECK(message("select 1;\n'\303'").starts_with("line 2, column 2: malformed UTF-8\n"));
    CHECK(message("select \"\355\240\200\"").starts_with("line 1, column 9: malformed UTF-8\n"));
    CHECK(message({"select 1\0, 2", 12}).starts_with("line 1, column 9: zero byte in SQL text\n"));
    CHECK(message({"\0", 1}).starts_with("line 1, column 1: zero byte in SQL text\n"));
}

TEST_CASE("an empty text has no statements", "[sql]") {
    CHECK(sql::parse_statements("")->empty());
    CHECK(sql::parse_statements(" ;; -- a\n/* b */ ;")->empty());
    CHECK_FALSE(sql::parse_statement("", {0, 0}));
    CHECK_FALSE(sql::parse_statement("a", {5, 9}));
    CHECK_FALSE(sql::parse_statement("a", {1, 0}));
    CHECK_FALSE(sql::parse_statement("select 1; select 2", {0, 18}));
}

TEST_CASE("every cut of a statement is parsed or refused", "[sql]") {
    const std::string text =
        "WITH a(x) AS (SELECT E'\\'', U&'\\0061', $q$\303\251$q$ /* c */) SELECT -1, x[1:2], "
        "(y).z, "
        "sum(DISTINCT b) FILTER (WHERE c) OVER (w ROWS 1 PRECEDING) FROM a AS \"T\" LEFT JOIN f(1) "
        "USING (k) WHERE d BETWEEN 1 AND 2 OR NOT e IN (SELECT 1) ORDER BY 1 DESC NULLS LAST";
    REQUIRE(sql::parse_statements(text));
    for (std::size_t size = 0; size < text.size(); ++size) {
        const auto result = sql::parse_statements(text.substr(0, size));
        if (!result) CHECK(result.error().text().starts_with("line 1, column "));
    }
}

TEST_CASE("threads parse at the same time", "[sql]") {
    std::vector<std::string> results(4);
    std::vector<std::thread> threads;
    for (auto& result : results) {
        threads.emplace_back([&result] {
            for (int i = 0; i < 50; ++i) {
                result = test::canonical_sql("select -" + std::to_string(i) + ", a from t where b");
                if (i % 10 == 0) result += test::canonical_sql("select from where");
            }
        });
    }
    for (auto& thread : threads) thread.join();
    for (const auto& result : results) CHECK(result == "SELECT -49, a FROM t WHERE b");
}
