// SPDX-License-Identifier: Apache-2.0
#include "sql_support.hpp"

using namespace topgun;
using namespace topgun::sql::ast;
using test::check_sql;

TEST_CASE("SELECT keeps all its clauses", "[sql]") {
    check_sql({
        {"select", "SELECT"},
        {"select distinct a from t", "SELECT DISTINCT a FROM t"},
        {"select all a from t", "SELECT a FROM t"},
        {"select distinct on (a, b+1) a as x, b y from t",
         "SELECT DISTINCT ON (a, b + 1) a AS x, b AS y FROM t"},
        {"select a from t where b group by a having count(*) > 1 order by 1 desc, 2 nulls first",
         "SELECT a FROM t WHERE b GROUP BY a HAVING count(*) > 1 ORDER BY 1 DESC, 2 NULLS FIRST"},
        {"select 1 limit 5 offset 2 rows", "SELECT 1 LIMIT 5 OFFSET 2"},
        {"select 1 limit all", "SELECT 1"},
        {"select 1 limit null offset null", "SELECT 1 OFFSET NULL"},
        {"select 1 limit -1", "SELECT 1 LIMIT -1"},
        {"select 1 fetch first row only", "SELECT 1 LIMIT 1"},
        {"select 1 order by 1 offset 1 fetch next 3 rows with ties",
         "SELECT 1 ORDER BY 1 OFFSET 1 FETCH FIRST 3 ROWS WITH TIES"},
        {"table t", "SELECT * FROM t"},
        {"values (1, 'a'), (2, 'b') order by 1 limit 1",
         "VALUES (1, 'a'), (2, 'b') ORDER BY 1 LIMIT 1"},
        {"select 1 as \"select\", 2 \"Two\"", "SELECT 1 AS \"select\", 2 AS \"Two\""},
        {"select sum(a) over w from t window w as (partition by b), v as (w order by c)",
         "SELECT sum(a) OVER w FROM t WINDOW w AS (PARTITION BY b), v AS (w ORDER BY c)"},
    });
}

TEST_CASE("FROM keeps tables, subqueries and functions with their aliases", "[sql]") {
    check_sql({
        {"select from T, \"T\" x, s.t as y(a, B), c.s.t",
         "SELECT FROM t, \"T\" AS x, s.t AS y(a, b), c.s.t"},
        {"select from (select 1) s(a), lateral (values (1)) as v",
         "SELECT FROM (SELECT 1) AS s(a), LATERAL (VALUES (1)) AS v"},
        {"select from f(1), g() with ordinality as o(a, n), lateral h(x) as h",
         "SELECT FROM f(1), g() WITH ORDINALITY AS o(a, n), LATERAL h(x) AS h"},
        {"select from diff('a.tgs', 'b.tgs') d", "SELECT FROM diff('a.tgs', 'b.tgs') AS d"},
        {"select from f() as t(a int, b text[]), f() as (a int)",
         "SELECT FROM f() AS t(a int4, b text[]), f() AS (a int4)"},
        {"select from current_date d, coalesce(1) c",
         "SELECT FROM CURRENT_DATE AS d, COALESCE(1) AS c"},
    });
}

TEST_CASE("joins keep their order and condition", "[sql]") {
    check_sql({
        {"select from a inner join b on true", "SELECT FROM a JOIN b ON TRUE"},
        {"select from a left outer join b using (x, Y)", "SELECT FROM a LEFT JOIN b USING (x, y)"},
        {"select from a full join b using (x) as u", "SELECT FROM a FULL JOIN b USING (x) AS u"},
        {"select from a natural right join b", "SELECT FROM a NATURAL RIGHT JOIN b"},
        {"select from a natural join b", "SELECT FROM a NATURAL JOIN b"},
        {"select from a cross join b join c on x", "SELECT FROM a CROSS JOIN b JOIN c ON x"},
        {"select from a left join (b join c on x) on y",
         "SELECT FROM a LEFT JOIN (b JOIN c ON x) ON y"},
        {"select from a left join b join c on x on y",
         "SELECT FROM a LEFT JOIN (b JOIN c ON x) ON y"},
        {"select from (a join b on x) as j(k) cross join lateral f(j.k)",
         "SELECT FROM (a JOIN b ON x) AS j(k) CROSS JOIN LATERAL f(j.k)"},
    });
}

TEST_CASE("GROUP BY keeps sets, and parentheses are sets", "[sql]") {
    check_sql({
        {"select group by a, (b, c), ()", "SELECT GROUP BY a, (b, c), ()"},
        {"select group by distinct rollup (a, (b, c)), cube (a)",
         "SELECT GROUP BY DISTINCT ROLLUP (a, (b, c)), CUBE (a)"},
        {"select group by grouping sets ((), (a, b), c, rollup (d), grouping sets ((e)))",
         "SELECT GROUP BY GROUPING SETS ((), (a, b), c, ROLLUP (d), GROUPING SETS (e))"},
        {"select group by (a, (b, c))", "SELECT GROUP BY (a, b, c)"},
        {"select group by row(a, b)", "SELECT GROUP BY ROW(a, b)"},
    });
}

TEST_CASE("set operations bind as in PostgreSQL", "[sql]") {
    check_sql({
        {"select 1 union select 2 union all select 3",
         "((SELECT 1) UNION (SELECT 2)) UNION ALL (SELECT 3)"},
        {"select 1 union select 2 intersect select 3",
         "(SELECT 1) UNION ((SELECT 2) INTERSECT (SELECT 3))"},
        {"select 1 except all select 2 order by 1 limit 1",
         "(SELECT 1) EXCEPT ALL (SELECT 2) ORDER BY 1 LIMIT 1"},
        {"(select 1 limit 1) union (values (2))", "(SELECT 1 LIMIT 1) UNION (VALUES (2))"},
        {"((select 1))", "SELECT 1"},
    });
}

TEST_CASE("WITH keeps names, columns and materialization", "[sql]") {
    check_sql({
        {"with a as (select 1), b(x, y) as materialized (table t) select from a, b",
         "WITH a AS (SELECT 1), b(x, y) AS MATERIALIZED (SELECT * FROM t) SELECT FROM a, b"},
        {"with recursive r(n) as (select 1 union all select n + 1 from r) select n from r",
         "WITH RECURSIVE r(n) AS ((SELECT 1) UNION ALL (SELECT n + 1 FROM r)) SELECT n FROM r"},
        {"with a as not materialized (select 1) select 1 union select 2",
         "WITH a AS NOT MATERIALIZED (SELECT 1) (SELECT 1) UNION (SELECT 2)"},
        {"select (with a as (select 1) select 2)", "SELECT (WITH a AS (SELECT 1) SELECT 2)"},
    });
}

TEST_CASE("a query knows where it begins", "[sql]") {
    const std::string sql = "with w as (select 1) select x from (select y) s";
    const auto statement = test::parse_one(sql);
    const auto& query = std::get<Query>(statement.node);
    CHECK(query.offset.at == sql.find("w as"));
    const auto& from = std::get<Select>(query.body).from.at(0);
    CHECK(from.offset.at == sql.find("y)"));
}
