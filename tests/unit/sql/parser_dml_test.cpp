// SPDX-License-Identifier: Apache-2.0
#include "sql_support.hpp"

using namespace topgun;
using namespace topgun::sql::ast;
using test::check_sql;

TEST_CASE("INSERT keeps columns, source, conflict and result", "[sql]") {
    check_sql({
        {"insert into t values (1, default), (2, 'x')",
         "INSERT INTO t VALUES (1, DEFAULT), (2, 'x')"},
        {"insert into s.t as x (a, B.c) select 1, 2", "INSERT INTO s.t AS x (a, b.c) SELECT 1, 2"},
        {"insert into t default values returning *", "INSERT INTO t DEFAULT VALUES RETURNING *"},
        {"insert into t (a) (select 1) union select 2",
         "INSERT INTO t (a) (SELECT 1) UNION (SELECT 2)"},
        {"insert into t table u on conflict do nothing",
         "INSERT INTO t SELECT * FROM u ON CONFLICT DO NOTHING"},
        {"insert into t values (1) on conflict (_key, b) do nothing",
         "INSERT INTO t VALUES (1) ON CONFLICT (_key, b) DO NOTHING"},
        {"insert into t values (1) on conflict (_key) do update set a = excluded.a, b = default "
         "where t.c returning a as x",
         "INSERT INTO t VALUES (1) ON CONFLICT (_key) DO UPDATE SET a = excluded.a, b = DEFAULT "
         "WHERE t.c RETURNING a AS x"},
        {"with w as (select 1) insert into t select from w",
         "WITH w AS (SELECT 1) INSERT INTO t SELECT FROM w"},
        {"insert into t with w as (select 1) select from w",
         "INSERT INTO t WITH w AS (SELECT 1) SELECT FROM w"},
    });
}

TEST_CASE("UPDATE keeps single and multiple assignments", "[sql]") {
    check_sql({
        {"update t set a = 1, b.c = default where d", "UPDATE t SET a = 1, b.c = DEFAULT WHERE d"},
        {"update t x set (a, b) = (1, default), c = 2, (d, e) = (select 1, 2)",
         "UPDATE t AS x SET (a, b) = ROW(1, DEFAULT), c = 2, (d, e) = (SELECT 1, 2)"},
        {"update t set (a) = row(1)", "UPDATE t SET (a) = ROW(1)"},
        {"with w as (select 1) update t set a = w.b from w, u where u.k = t._key returning t.*",
         "WITH w AS (SELECT 1) UPDATE t SET a = w.b FROM w, u WHERE u.k = t._key RETURNING t.*"},
    });
    const auto statement = test::parse_one("update t set (a, b) = (select 1, 2), c = 3");
    const auto& set = std::get<Update>(statement.node).set;
    REQUIRE(set.size() == 2);
    CHECK(set[0].multiple);
    CHECK(set[0].targets.size() == 2);
    CHECK_FALSE(set[1].multiple);
}

TEST_CASE("DELETE keeps what it joins with", "[sql]") {
    check_sql({
        {"delete from t", "DELETE FROM t"},
        {"delete from t as x using u, v where x.a = u.a returning x.a as \"A\"",
         "DELETE FROM t AS x USING u, v WHERE x.a = u.a RETURNING x.a AS \"A\""},
    });
}

TEST_CASE("tables are created, filled and dropped", "[sql]") {
    check_sql({
        {"create table if not exists s.t (id int primary key, x text not null unique null, "
         "c varchar(10)[] collate \"C\", primary key (id, x), constraint u unique (x))",
         "CREATE TABLE IF NOT EXISTS s.t (id int4 PRIMARY KEY, x text NOT NULL UNIQUE, "
         "c varchar(10)[], PRIMARY KEY (id, x), UNIQUE (x))"},
        {"create table t ()", "CREATE TABLE t ()"},
        {"create table t (a, b) as select 1, 2 with no data",
         "CREATE TABLE t (a, b) AS SELECT 1, 2 WITH NO DATA"},
        {"create table if not exists \"T\" as values (1)",
         "CREATE TABLE IF NOT EXISTS \"T\" AS VALUES (1)"},
        {"drop table a, s.\"B\"", "DROP TABLE a, s.\"B\""},
        {"drop table if exists a restrict", "DROP TABLE IF EXISTS a"},
    });
}

TEST_CASE("transactions have one spelling each", "[sql]") {
    check_sql({
        {"begin; begin work; start transaction", "BEGIN; BEGIN; BEGIN"},
        {"commit; end", "COMMIT; COMMIT"},
        {"rollback; abort", "ROLLBACK; ROLLBACK"},
        {"savepoint A; rollback to savepoint \"B\"; release savepoint c",
         "SAVEPOINT a; ROLLBACK TO \"B\"; RELEASE c"},
    });
}

TEST_CASE("EXPLAIN keeps its options and its statement", "[sql]") {
    check_sql({
        {"explain select 1", "EXPLAIN SELECT 1"},
        {"explain analyze verbose delete from t", "EXPLAIN (analyze, verbose) DELETE FROM t"},
        {"explain (analyze true, format json, plan) values (1)",
         "EXPLAIN (analyze 'true', format 'json', plan) VALUES (1)"},
        {"explain create table t as select 1", "EXPLAIN CREATE TABLE t AS SELECT 1"},
    });
}
