// SPDX-License-Identifier: Apache-2.0
#include "sql_support.hpp"

using namespace topgun;

namespace {

struct ErrorCase {
    std::string_view sql;
    std::string_view message;  ///< First line.
    std::string_view hint;     ///< Empty: none.
};

// First line and hint of the error of `sql`.
std::pair<std::string, std::string> error_of(std::string_view text) {
    const auto result = sql::parse_statements(text);
    if (result) return {"no error", ""};
    const auto shown = result.error().text();
    const auto hint = shown.find("\nhint: ");
    return {shown.substr(0, shown.find('\n')),
            hint == std::string::npos ? std::string() : shown.substr(hint + 7)};
}

void check_errors(const std::vector<ErrorCase>& cases) {
    for (const auto& [text, message, hint] : cases) {
        CAPTURE(text);
        const auto [first, second] = error_of(text);
        CHECK(first == message);
        CHECK(second == hint);
    }
}

constexpr std::string_view kStatements =
    "there are SELECT, VALUES, INSERT, UPDATE, DELETE, CREATE TABLE, DROP TABLE, BEGIN, COMMIT, "
    "ROLLBACK and EXPLAIN";

}  // namespace

TEST_CASE("a syntax error shows its line and a caret", "[sql]") {
    const auto result = sql::parse_statements("SELECT 1;\nSELECT '\303\251', a\n  FORM t;");
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == Errc::bad_input);
    CHECK(result.error().text() ==
          "line 3, column 8: syntax error at or near \"t\"\n"
          "    FORM t;\n"
          "         ^");
}

TEST_CASE("syntax errors stand where PostgreSQL's parser stopped", "[sql]") {
    check_errors({
        {"select from", "line 1, column 12: syntax error at end of input", ""},
        {"select from where", "line 1, column 13: syntax error at or near \"where\"", ""},
        {"select \303\251, from t", "line 1, column 11: syntax error at or near \"from\"", ""},
        {"select a from", "line 1, column 14: syntax error at end of input", ""},
        {"select (1", "line 1, column 10: syntax error at end of input", ""},
        {"select 'abc", "line 1, column 8: unterminated quoted string at or near \"'abc\"", ""},
        {"select \"abc", "line 1, column 8: unterminated quoted identifier at or near \"\"abc\"",
         ""},
        {"select $$abc", "line 1, column 8: unterminated dollar-quoted string at or near \"$$abc\"",
         ""},
        {"select 1 /* a", "line 1, column 10: unterminated /* comment at or near \"/* a\"", ""},
        {"/* a", "line 1, column 1: unterminated /* comment at or near \"/* a\"", ""},
        {"select 1)", "line 1, column 9: syntax error at or near \")\"", ""},
        {"selct 1", "line 1, column 1: syntax error at or near \"selct\"", ""},
        {"select 1; selct", "line 1, column 11: syntax error at or near \"selct\"", ""},
        {"select * from (select 1)", "line 1, column 15: subquery in FROM must have an alias", ""},
    });
}

TEST_CASE("statements that maps have no use for are refused by name", "[sql]") {
    check_errors({
        {"show all", "line 1, column 1: SHOW is not supported",
         "settings are options of the program"},
        {"select 1; set x = 1", "line 1, column 11: SET is not supported",
         "settings are options of the program"},
        {"reset all", "line 1, column 1: RESET is not supported",
         "settings are options of the program"},
        {"create view v as select 1", "line 1, column 1: CREATE VIEW is not supported",
         kStatements},
        {"alter table t add a int", "line 1, column 1: ALTER TABLE is not supported", kStatements},
        {"drop view v", "line 1, column 1: DROP VIEW is not supported", kStatements},
        {"truncate t, u", "line 1, column 1: TRUNCATE of several tables is not supported",
         "truncate them one by one"},
        {"merge into t using s on a when matched then delete",
         "line 1, column 1: MERGE is not supported", kStatements},
        {"copy t from stdin", "line 1, column 1: COPY is not supported", kStatements},
        {"begin read only", "line 1, column 1: a transaction mode is not supported",
         "write BEGIN alone"},
        {"commit and chain", "line 1, column 1: AND CHAIN is not supported",
         "write BEGIN after it"},
        {"prepare transaction 'a'", "line 1, column 1: a prepared transaction is not supported",
         "use COMMIT or ROLLBACK"},
        {"drop table t cascade", "line 1, column 1: CASCADE is not supported",
         "nothing depends on a map; leave it out"},
        {"explain (buffers 1) select 1",
         "line 1, column 10: a number as an option of EXPLAIN is not supported", "write on or off"},
    });
}

TEST_CASE("parts of queries that are not supported are refused where they stand", "[sql]") {
    check_errors({
        {"select 1 for update", "line 1, column 1: FOR UPDATE or FOR SHARE is not supported",
         "a query reads one state, which no write changes"},
        {"select 1 into t", "line 1, column 1: SELECT ... INTO is not supported",
         "use CREATE TABLE name AS SELECT ..."},
        {"select from only t", "line 1, column 18: ONLY is not supported",
         "no map inherits from another"},
        {"select from t tablesample system (1)", "line 1, column 27: TABLESAMPLE is not supported",
         ""},
        {"select from rows from (f(1), g(2))", "line 1, column 24: ROWS FROM is not supported",
         "join the functions on their WITH ORDINALITY columns"},
        {"select a order by b using <", "line 1, column 19: ORDER BY ... USING is not supported",
         "use ASC or DESC"},
        {"with a as (delete from t returning *) select 1",
         "line 1, column 6: INSERT, UPDATE or DELETE within WITH is not supported",
         "run it as a statement of its own"},
        {"with recursive a as (select 1 union select 2) search depth first by x set y select 1",
         "line 1, column 47: SEARCH is not supported",
         "carry a path as an array column, and test it with = ANY (path)"},
        {"with recursive a as (select 1 union select 2) cycle x set y using z select 1",
         "line 1, column 47: CYCLE is not supported",
         "carry a path as an array column, and test it with = ANY (path)"},
        {"values (1, 2), (3)", "line 1, column 17: VALUES rows must all have the same length",
         "the first row has 2"},
    });
}

TEST_CASE("expressions that are not supported are refused where they stand", "[sql]") {
    check_errors({
        {"select b'01'", "line 1, column 8: a bit string is not supported",
         "write integers in decimal, and bytes as text in hex or base64"},
        {"select f(a => 1)", "line 1, column 10: a named argument of f() is not supported",
         "give the arguments in order"},
        {"select count(t.*)", "line 1, column 14: '*' has no meaning here",
         "it stands for all columns in SELECT and RETURNING, and in count(*)"},
        {"select (a).*", "line 1, column 9: (...).* is not supported", "name the fields"},
        {"select a + default", "line 1, column 12: DEFAULT has no meaning here",
         "it stands alone as a value of INSERT or UPDATE"},
        {"select current_user", "line 1, column 8: CURRENT_USER is not supported",
         "maps have no users and no schemas"},
        {"select a collate \"de_DE\"",
         "line 1, column 10: a collation other than \"C\" is not supported",
         "text is compared by its bytes"},
        {"select a operator(s.+) b",
         "line 1, column 10: an operator with a schema is not supported",
         "write the operator alone"},
        {"select a::s.t", "line 1, column 11: a type in a schema is not supported",
         "name the type alone"},
        {"select a::t(x)", "line 1, column 11: this modifier of a type is not supported",
         "modifiers are integers"},
        {"select $0", "line 1, column 8: parameters count from $1", ""},
        {"select xmlelement(name a)",
         "line 1, column 8: this expression (XmlExpr) is not supported", ""},
    });
}

TEST_CASE("writes that are not supported are refused where they stand", "[sql]") {
    check_errors({
        {"insert into t (a[1]) values (1)",
         "line 1, column 16: writing a part of an array is not supported",
         "write the whole array: SET a = array_append(a, x)"},
        {"insert into t overriding user value values (1)",
         "line 1, column 13: OVERRIDING is not supported", "maps have no generated columns"},
        {"insert into t values (1) on conflict on constraint c do nothing",
         "line 1, column 38: ON CONFLICT with a constraint or a condition is not supported",
         "the key is the only unique column: ON CONFLICT (_key)"},
        {"insert into t values (1) on conflict (lower(a)) do nothing",
         "line 1, column 38: ON CONFLICT on an expression is not supported",
         "the key is the only unique column: ON CONFLICT (_key)"},
        {"update t set (a, b) = 1",
         "line 1, column 23: several columns can only be set to a row or a subquery",
         "write SET (a, b) = ROW(x, y), or SET (a, b) = (SELECT x, y ...)"},
        {"update t set (a, b) = (1, 2, 3)", "line 1, column 23: 2 columns are set to 3 values", ""},
        {"create unlogged table t (a int)",
         "line 1, column 23: an unlogged table is not supported", "create a table"},
        {"create table t (a int check (a > 1))",
         "line 1, column 23: this constraint is not supported",
         "there are NOT NULL, PRIMARY KEY and UNIQUE"},
        {"create table t (a int, foreign key (a) references u)",
         "line 1, column 24: this constraint is not supported", "there are PRIMARY KEY and UNIQUE"},
        {"create table t (like u)", "line 1, column 14: LIKE in CREATE TABLE is not supported",
         "name the columns"},
        {"create table t (a int) with (fillfactor = 10)",
         "line 1, column 14: this form of CREATE TABLE (options) is not supported", ""},
        {"create materialized view v as select 1",
         "line 1, column 26: a materialized view is not supported", "use CREATE TABLE name AS"},
    });
}
