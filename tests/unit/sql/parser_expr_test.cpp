// SPDX-License-Identifier: Apache-2.0
#include "sql_support.hpp"

using namespace topgun;
using namespace topgun::sql::ast;
using test::check_expressions;

TEST_CASE("literals keep their exact value", "[sql]") {
    check_expressions({
        {"0", "0"},
        {"007", "7"},
        {"2147483647", "2147483647"},
        {"2147483648", "2147483648"},
        {"9223372036854775807", "9223372036854775807"},
        {"9223372036854775808", "9223372036854775808"},
        {"1.50", "1.50"},
        {".5", ".5"},
        {"1e400", "1e400"},
        {"TRUE, false, NULL", "TRUE, FALSE, NULL"},
        {"''", "''"},
        {"'it''s'", "'it''s'"},
        {"'a\\b'", "'a\\b'"},
        {"E'a\\tb\\\\'", "'a\tb\\'"},
        {"$q$it's$q$", "'it''s'"},
        {"U&'d\\0061t'", "'dat'"},
        {"'a'\n'b'", "'ab'"},
        {"'\303\251 \342\202\254'", "'\303\251 \342\202\254'"},
        {"DATE '2020-01-01'", "CAST('2020-01-01' AS date)"},
        {"INTERVAL '1 day'", "CAST('1 day' AS interval)"},
        {"INTERVAL '1' YEAR TO MONTH", "CAST('1' AS interval year to month)"},
        {"INTERVAL(3) '1'", "CAST('1' AS interval(3))"},
        {"INTERVAL '1' SECOND(2)", "CAST('1' AS interval second(2))"},
        {"TIMESTAMP WITH TIME ZONE 'now'", "CAST('now' AS timestamptz)"},
    });
    CHECK(std::get<Literal>(test::parse_expr("9223372036854775807").node) ==
          Literal{std::int64_t{INT64_MAX}});
    CHECK(std::get<Literal>(test::parse_expr("9223372036854775808").node) ==
          Literal{Numeric{"9223372036854775808"}});
    CHECK(std::get<Literal>(test::parse_expr("'7'").node) == Literal{std::string("7")});
}

TEST_CASE("negative integers survive, which the library's JSON leaves out", "[sql]") {
    check_expressions({
        {"-5", "-5"},
        {"- /* a 7 in a comment */ 5", "-5"},
        {"-\n--7\n5", "-5"},
        {"-(5)", "-5"},
        {"-(-(-9))", "-9"},
        {"- - 5", "5"},
        {"-0", "0"},
        {"1 - -3", "1 - (-3)"},
        {"-2147483647", "-2147483647"},
        {"-2147483648", "-2147483648"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"-1.5", "-1.5"},
        {"-1::text", "- CAST(1 AS text)"},
        {"(-1)::text", "CAST(-1 AS text)"},
        {"x::numeric(3, -2)", "CAST(x AS numeric(3, -2))"},
    });
    // Behind another statement and characters of several bytes.
    CHECK(test::canonical_sql("SELECT '\303\251'; SELECT '\303\251', -12") ==
          "SELECT '\303\251'; SELECT '\303\251', -12");
}

TEST_CASE("names fold to lower case unless quoted", "[sql]") {
    check_expressions({
        {"Abc, \"Abc\", \"a b\", \"a\"\"b\"", "abc, \"Abc\", \"a b\", \"a\"\"b\""},
        {"a.b.c.d", "a.b.c.d"},
        {"T.\"Select\"", "t.\"Select\""},
        {"\"select\", \"user\", name, value", "\"select\", \"user\", name, value"},
        {"_key, \"_Key\", \303\251t\303\251", "_key, \"_Key\", \"\303\251t\303\251\""},
        {"$1, $2[1]", "$1, $2[1]"},
        {"*, t.*, a.b.*", "*, t.*, a.b.*"},
    });
}

TEST_CASE("operators keep their structure in parentheses", "[sql]") {
    check_expressions({
        {"1 + 2 * 3", "1 + (2 * 3)"},
        {"1 * 2 + 3", "(1 * 2) + 3"},
        {"1 - 2 - 3", "(1 - 2) - 3"},
        {"2 ^ 3 ^ 2", "(2 ^ 3) ^ 2"},
        {"- a, + a, @ a, |/ a", "- a, + a, @ a, |/ a"},
        {"a != b", "a <> b"},
        {"a -> 'b' ->> 'c'", "(a -> 'b') ->> 'c'"},
        {"a #> '{x}', a #>> '{x}'", "a #> '{x}', a #>> '{x}'"},
        {"a @> b, a <@ b, a ? 'b', a ?| b, a ?& b", "a @> b, a <@ b, a ? 'b', a ?| b, a ?& b"},
        {"a ~ b, a ~* b, a !~ b, a !~* b, a || b", "a ~ b, a ~* b, a !~ b, a !~* b, a || b"},
        {"a OPERATOR(pg_catalog.+) b", "a + b"},
        {"a + b -- c\n", "a + b"},
    });
}

TEST_CASE("AND and OR are flat lists", "[sql]") {
    check_expressions({
        {"a AND b AND c", "a AND b AND c"},
        {"a AND (b AND c)", "a AND b AND c"},
        {"a OR b AND c OR d", "a OR (b AND c) OR d"},
        {"NOT a AND b", "(NOT a) AND b"},
        {"NOT (a AND b)", "NOT (a AND b)"},
        {"NOT NOT a", "NOT (NOT a)"},
    });
    const auto expr = test::parse_expr("a OR b OR c OR d");
    CHECK(std::get<Logical>(expr.node).operands.size() == 4);
    CHECK(std::get<Logical>(expr.node).any);
}

TEST_CASE("tests and comparisons of SQL are nodes of their own", "[sql]") {
    check_expressions({
        {"a ISNULL, a NOTNULL", "a IS NULL, a IS NOT NULL"},
        {"a IS TRUE, a IS NOT FALSE, a IS UNKNOWN", "a IS TRUE, a IS NOT FALSE, a IS UNKNOWN"},
        {"a IS DISTINCT FROM b", "a IS DISTINCT FROM b"},
        {"a IS NOT DISTINCT FROM NULL", "a IS NOT DISTINCT FROM NULL"},
        {"a BETWEEN 1 AND 2 AND b", "(a BETWEEN 1 AND 2) AND b"},
        {"a NOT BETWEEN SYMMETRIC -1 AND b + 1", "a NOT BETWEEN SYMMETRIC (-1) AND (b + 1)"},
        {"a IN (1, 2), a NOT IN (1)", "a IN (1, 2), a NOT IN (1)"},
        {"a IN (SELECT 1)", "a IN (SELECT 1)"},
        {"a NOT IN (SELECT 1)", "a NOT IN (SELECT 1)"},
        {"NOT a IN (SELECT 1)", "a NOT IN (SELECT 1)"},
        {"a = SOME (ARRAY[1])", "a = ANY (ARRAY[1])"},
        {"a <> ALL (b)", "a <> ALL (b)"},
        {"(a, b) = ANY (SELECT 1, 2)", "ROW(a, b) = ANY (SELECT 1, 2)"},
        {"a > ALL (VALUES (1))", "a > ALL (VALUES (1))"},
        {"a LIKE ANY (b)", "a ~~ ANY (b)"},
        {"a LIKE 'x%'", "a LIKE 'x%'"},
        {"a NOT ILIKE b || '%' ESCAPE '!'", "a NOT ILIKE (b || '%') ESCAPE '!'"},
        {"a SIMILAR TO 'x'", "a SIMILAR TO 'x'"},
        {"a NOT SIMILAR TO 'x' ESCAPE 'y'", "a NOT SIMILAR TO 'x' ESCAPE 'y'"},
    });
}

TEST_CASE("subqueries stand where PostgreSQL allows them", "[sql]") {
    check_expressions({
        {"EXISTS (SELECT FROM t)", "EXISTS (SELECT FROM t)"},
        {"(SELECT 1) + 1", "(SELECT 1) + 1"},
        {"ARRAY(SELECT a ORDER BY 1)", "ARRAY(SELECT a ORDER BY 1)"},
        {"((SELECT 1) UNION (SELECT 2))", "((SELECT 1) UNION (SELECT 2))"},
        {"((SELECT r)).x", "((SELECT r)).x"},
    });
}

TEST_CASE("conditional expressions keep their arms", "[sql]") {
    check_expressions({
        {"CASE WHEN a THEN 1 WHEN b THEN 2 END", "CASE WHEN a THEN 1 WHEN b THEN 2 END"},
        {"CASE a + 1 WHEN 1 THEN 2 ELSE 3 END", "CASE a + 1 WHEN 1 THEN 2 ELSE 3 END"},
        {"COALESCE(a, b), NULLIF(a, b)", "COALESCE(a, b), NULLIF(a, b)"},
        {"GREATEST(a), LEAST(a, 1)", "GREATEST(a), LEAST(a, 1)"},
    });
}

TEST_CASE("types are named as PostgreSQL's catalogue names them", "[sql]") {
    check_expressions({
        {"a::int, a::bigint, a::smallint", "CAST(a AS int4), CAST(a AS int8), CAST(a AS int2)"},
        {"a::double precision, a::real, a::decimal(10, 2)",
         "CAST(a AS float8), CAST(a AS float4), CAST(a AS numeric(10, 2))"},
        {"a::text, a::varchar(5), a::char(3), a::\"char\"",
         "CAST(a AS text), CAST(a AS varchar(5)), CAST(a AS bpchar(3)), CAST(a AS \"char\")"},
        {"a::bool, a::jsonb, a::uuid", "CAST(a AS bool), CAST(a AS jsonb), CAST(a AS uuid)"},
        {"a::int[], a::int[3][]", "CAST(a AS int4[]), CAST(a AS int4[][])"},
        {"a::timestamp, a::timestamp(3) with time zone, a::time, a::timetz",
         "CAST(a AS timestamp), CAST(a AS timestamptz(3)), CAST(a AS time), CAST(a AS timetz)"},
        {"a::interval day to second(2)", "CAST(a AS interval day to second(2))"},
        {"CAST(a + 1 AS MyType)", "CAST(a + 1 AS mytype)"},
        {"a::bit(3), a::bit varying", "CAST(a AS \"bit\"(3)), CAST(a AS varbit)"},
    });
    const auto expr = test::parse_expr("a::decimal(10, 2)[]");
    const auto& type = std::get<Cast>(expr.node).type;
    CHECK(type.name == "numeric");
    CHECK(type.modifiers == std::vector<std::int64_t>{10, 2});
    CHECK(type.dimensions == 1);
}

TEST_CASE("what SQL writes in words becomes the function that it is", "[sql]") {
    check_expressions({
        {"a AT TIME ZONE 'utc'", "timezone('utc', a)"},
        {"EXTRACT(year FROM d)", "\"extract\"('year', d)"},
        {"POSITION('a' IN b)", "\"position\"(b, 'a')"},
        {"SUBSTRING(a FROM 2 FOR 3)", "\"substring\"(a, 2, 3)"},
        {"substring(a, 2)", "\"substring\"(a, 2)"},
        {"TRIM(a), TRIM(LEADING 'x' FROM a)", "btrim(a), ltrim(a, 'x')"},
        {"OVERLAY(a PLACING b FROM 1)", "\"overlay\"(a, b, 1)"},
        {"CURRENT_DATE, CURRENT_TIME(0)", "CURRENT_DATE, CURRENT_TIME(0)"},
        {"CURRENT_TIMESTAMP(3), LOCALTIME, LOCALTIMESTAMP",
         "CURRENT_TIMESTAMP(3), LOCALTIME, LOCALTIMESTAMP"},
    });
}

TEST_CASE("calls keep every clause", "[sql]") {
    check_expressions({
        {"f(), s.F(1), \"F\"(a, b)", "f(), s.f(1), \"F\"(a, b)"},
        {"count(*), count(DISTINCT a)", "count(*), count(DISTINCT a)"},
        {"f(VARIADIC a), f(a, VARIADIC b)", "f(VARIADIC a), f(a, VARIADIC b)"},
        {"string_agg(a, ',' ORDER BY b DESC NULLS LAST, c)",
         "string_agg(a, ',' ORDER BY b DESC NULLS LAST, c)"},
        {"count(*) FILTER (WHERE a > 1)", "count(*) FILTER (WHERE a > 1)"},
        {"percentile_cont(0.5) WITHIN GROUP (ORDER BY a)",
         "percentile_cont(0.5) WITHIN GROUP (ORDER BY a)"},
        {"sum(a) OVER (), sum(a) OVER w, sum(a) OVER (w)",
         "sum(a) OVER (), sum(a) OVER w, sum(a) OVER (w)"},
        {"GROUPING(a, b)", "GROUPING(a, b)"},
        {"a COLLATE \"C\"", "a COLLATE \"C\""},
    });
}

TEST_CASE("window frames keep unit, bounds and exclusion", "[sql]") {
    check_expressions({
        {"f() OVER (PARTITION BY a, b ORDER BY c ROWS UNBOUNDED PRECEDING)",
         "f() OVER (PARTITION BY a, b ORDER BY c ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT "
         "ROW)"},
        {"f() OVER (w GROUPS BETWEEN 1 PRECEDING AND 2 FOLLOWING EXCLUDE GROUP)",
         "f() OVER (w GROUPS BETWEEN 1 PRECEDING AND 2 FOLLOWING EXCLUDE GROUP)"},
        {"f() OVER (RANGE BETWEEN a + 1 FOLLOWING AND UNBOUNDED FOLLOWING EXCLUDE TIES)",
         "f() OVER (RANGE BETWEEN (a + 1) FOLLOWING AND UNBOUNDED FOLLOWING EXCLUDE TIES)"},
        {"f() OVER (ROWS BETWEEN 5 PRECEDING AND 3 PRECEDING EXCLUDE CURRENT ROW)",
         "f() OVER (ROWS BETWEEN 5 PRECEDING AND 3 PRECEDING EXCLUDE CURRENT ROW)"},
        {"f() OVER (ROWS BETWEEN CURRENT ROW AND CURRENT ROW EXCLUDE NO OTHERS)",
         "f() OVER (ROWS BETWEEN CURRENT ROW AND CURRENT ROW)"},
    });
}

TEST_CASE("constructors, brackets and fields are chains from left to right", "[sql]") {
    check_expressions({
        {"ARRAY[1, 2], ARRAY[[1], [2]]", "ARRAY[1, 2], ARRAY[ARRAY[1], ARRAY[2]]"},
        {"ARRAY[]::int[]", "CAST(ARRAY[] AS int4[])"},
        {"ROW(), ROW(1), (1, 2)", "ROW(), ROW(1), ROW(1, 2)"},
        {"a[1], a.b[1][2], a[1:2], a[:], a[1:]", "a[1], a.b[1][2], a[1 : 2], a[ : ], a[1 : ]"},
        {"(a[1])[2]", "(a[1])[2]"},
        {"(a).b, (f(x)).y[1].z", "(a).b, (((f(x)).y)[1]).z"},
        {"(ARRAY[1])[1]", "(ARRAY[1])[1]"},
    });
    CHECK_FALSE(test::parse_expr("(a[1])[2]") == test::parse_expr("a[1][2]"));
}

TEST_CASE("every expression knows where it stands", "[sql]") {
    const std::string sql = "SELECT 1; SELECT '\303\251', a + f(b.c[1])";
    const auto statements = test::must(sql::parse_statements(sql));
    const auto& select = std::get<Select>(std::get<Query>(statements.at(1).node).body);
    CHECK(statements[1].offset.at == 10);
    CHECK(select.items.at(1).offset.at == sql.find("a +"));
    const auto& sum = std::get<Binary>(select.items[1].value.node);
    CHECK(select.items[1].value.offset.at == sql.find('+'));
    const auto& call = std::get<FunctionCall>(sum.right->node);
    CHECK(sum.right->offset.at == sql.find("f("));
    CHECK(call.arguments.at(0).offset.at == sql.find("b.c"));
}

TEST_CASE("trees are equal when they say the same, wherever they stand", "[sql]") {
    CHECK(test::parse_expr("a+b") == test::parse_expr("  a  +  (b)"));
    CHECK_FALSE(test::parse_expr("a + b") == test::parse_expr("b + a"));
    CHECK_FALSE(test::parse_expr("f(a)") == test::parse_expr("f(DISTINCT a)"));
    const auto original = test::parse_expr("CASE WHEN a THEN f(b) OVER (ORDER BY c) END");
    const auto copy = original;
    CHECK(copy == original);
}
