// SPDX-License-Identifier: Apache-2.0
#include "topgun/pg/connection.hpp"

#include <atomic>
#include <csignal>

#include "world.hpp"

namespace topgun::test {
namespace {

using pg::Connection;

TEST_CASE("statements give rows, and parameters need no quoting", "[pg]") {
    const auto connection = connect(must(postgres().make_database()));
    CHECK(connection->server_version() >= 150000);
    auto rows = must(connection->query("SELECT $1::text, $2::int8 + 1, NULL",
                                       {pg::Parameter("it's \\ \"quoted\""), pg::Parameter("41")}));
    REQUIRE(rows.size() == 1);
    CHECK(rows.at(0, 0) == "it's \\ \"quoted\"");
    CHECK(rows.at(0, 1) == "42");
    CHECK_FALSE(rows.text(0, 2));
    must(connection->run("CREATE TABLE t (n int); INSERT INTO t VALUES (1), (2)"));
    CHECK(must(connection->query("DELETE FROM t")).affected() == 2);
}

TEST_CASE("what is wrong is said with its place and the server's code", "[pg]") {
    const auto name = must(postgres().make_database());
    const auto connection = connect(name);
    const auto syntax = connection->run("SELEC 1");
    REQUIRE_FALSE(syntax);
    CHECK(syntax.error().code() == Errc::usage);
    CHECK(syntax.error().text().find("SQLSTATE 42601") != std::string::npos);
    CHECK(syntax.error().text().find("SELEC 1") != std::string::npos);
    CHECK(connection->failure().sqlstate == "42601");
    CHECK_FALSE(connection->failure().transient());
    CHECK(connection->run("SELECT * FROM nowhere").error().code() == Errc::not_found);
    CHECK(connection->run("SELECT 1/0").error().code() == Errc::bad_input);
    // It serves on.
    CHECK(must(connection->query("SELECT 1")).size() == 1);

    pg::ConnectOptions nowhere;
    nowhere.target = postgres().target("no_such_database");
    const auto refused = Connection::open(nowhere);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Errc::unreachable);
    CHECK(refused.error().text().find("no_such_database") != std::string::npos);
    nowhere.target = "postgres://user:s3cret@[";
    const auto unreadable = Connection::open(nowhere);
    REQUIRE_FALSE(unreadable);
    CHECK(unreadable.error().code() == Errc::usage);
    CHECK(unreadable.error().text().find("s3cret") == std::string::npos);
}

TEST_CASE("a reader cannot write", "[pg]") {
    const auto name = must(postgres().make_database());
    must(connect(name)->run("CREATE TABLE t (n int)"));
    pg::ConnectOptions options;
    options.read_only = true;
    const auto reader = connect(name, options);
    const auto refused = reader->run("INSERT INTO t VALUES (1)");
    REQUIRE_FALSE(refused);
    CHECK(reader->failure().sqlstate == "25006");
}

TEST_CASE("texts mean the same whatever the address, the database and the environment say",
          "[pg]") {
    const auto name = must(postgres().make_database());
    must(connect(name)->run("ALTER DATABASE " + name +
                            " SET standard_conforming_strings = off;"
                            "ALTER DATABASE " +
                            name +
                            " SET bytea_output = 'escape';"
                            "CREATE SCHEMA s2"));
    pg::ConnectOptions options;
    options.target = postgres().target(name) +
                     " client_encoding=LATIN1 options='-c search_path=s2 -c extra_float_digits=-5'";
    options.read_only = true;
    const auto connection = must(Connection::open(options));
    const auto rows = must(connection->query(
        "SELECT $1, 'a\\b', '\\xff'::bytea, 0.1::float8 + 0.2::float8, current_schema()",
        {pg::Parameter("sch\xc3\xb6n")}));
    CHECK(rows.at(0, 0) == "sch\xc3\xb6n");
    CHECK(rows.at(0, 1) == "a\\b");
    CHECK(rows.at(0, 2) == "\\xff");
    CHECK(rows.at(0, 3) == "0.30000000000000004");
    CHECK(rows.at(0, 4) == "s2");
    CHECK_FALSE(connection->run("CREATE TABLE t (n int)"));
}

TEST_CASE("rows go in and out by binary COPY as they are", "[pg]") {
    const auto connection = connect(must(postgres().make_database()));
    must(connection->run("CREATE TABLE t (id int8, n int4, t text, b bytea, j jsonb, f boolean)"));
    constexpr int kRows = 30'000;
    {
        auto copy = must(connection->copy_in("COPY t FROM STDIN (FORMAT binary)"));
        for (int i = 0; i < kRows; ++i) {
            must(copy.row(6));
            copy.int8(std::int64_t{i} << 33);
            copy.int4(-i);
            copy.text("text " + std::to_string(i));
            copy.bytes(std::string("\0\xff", 2) + std::to_string(i));
            copy.jsonb(R"({"i":)" + std::to_string(i) + "}");
            i % 2 == 0 ? copy.boolean(true) : copy.null();
        }
        CHECK(must(copy.finish()) == kRows);
    }
    auto copy = must(connection->copy_out(
        "COPY (SELECT id, n, t, b, j::text, f FROM t ORDER BY id) TO STDOUT (FORMAT binary)"));
    pg::CopyOut::Fields fields;
    for (int i = 0; i < kRows; ++i) {
        REQUIRE(must(copy.next(fields)));
        REQUIRE(fields.size() == 6);
        REQUIRE(must(pg::read_int8(*fields[0])) == std::int64_t{i} << 33);
        REQUIRE(must(pg::read_int4(*fields[1])) == -i);
        REQUIRE(*fields[2] == "text " + std::to_string(i));
        REQUIRE(*fields[3] == std::string("\0\xff", 2) + std::to_string(i));
        REQUIRE(*fields[4] == R"({"i": )" + std::to_string(i) + "}");
        REQUIRE(fields[5].has_value() == (i % 2 == 0));
    }
    CHECK_FALSE(must(copy.next(fields)));
    CHECK_FALSE(must(copy.next(fields)));
    CHECK_FALSE(pg::read_int8("short"));
}

TEST_CASE("a COPY that is given up leaves the connection of use, and nothing stored", "[pg]") {
    const auto connection = connect(must(postgres().make_database()));
    must(connection->run(
        "CREATE TABLE t (n int8); INSERT INTO t SELECT generate_series(1, 200000)"));
    {
        auto copy = must(connection->copy_out("COPY t TO STDOUT (FORMAT binary)"));
        pg::CopyOut::Fields fields;
        CHECK(must(copy.next(fields)));
    }
    CHECK(must(connection->query("SELECT count(*) FROM t")).at(0, 0) == "200000");
    {
        auto copy = must(connection->copy_in("COPY t FROM STDIN (FORMAT binary)"));
        must(copy.row(1));
        copy.int8(7);
    }
    CHECK(must(connection->query("SELECT count(*) FROM t")).at(0, 0) == "200000");
    auto copy = must(connection->copy_in("COPY t FROM STDIN (FORMAT binary)"));
    must(copy.row(2));
    copy.int8(7);
    copy.int8(8);
    const auto refused = copy.finish();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().text().find("COPY t") != std::string::npos);
    CHECK(must(connection->query("SELECT 1")).size() == 1);
}

TEST_CASE("a statement ends when the host says so, or when it takes too long", "[pg]") {
    const auto name = must(postgres().make_database());
    std::atomic<bool> stop{false};
    pg::ConnectOptions options;
    options.stop = [&stop] { return stop.load(); };
    const auto connection = connect(name, options);
    stop = true;
    const auto stopped = connection->run("SELECT pg_sleep(600)");
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().code() == Errc::cancelled);
    stop = false;
    CHECK(must(connection->query("SELECT 1")).size() == 1);

    pg::ConnectOptions hasty;
    hasty.statement_ms = 50;
    const auto late = connect(name, hasty)->run("SELECT pg_sleep(600)");
    REQUIRE_FALSE(late);
    CHECK(late.error().code() == Errc::unreachable);
}

TEST_CASE("a connection that the server ends is known as lost", "[pg]") {
    const auto name = must(postgres().make_database());
    const auto connection = connect(name);
    const std::string pid(must(connection->query("SELECT pg_backend_pid()")).at(0, 0));
    must(connect(name)->query("SELECT pg_terminate_backend($1::int)", {pg::Parameter(pid)}));
    const auto lost = connection->run("SELECT 1");
    REQUIRE_FALSE(lost);
    CHECK(lost.error().code() == Errc::unreachable);
    CHECK(connection->failure().lost());
    CHECK(connection->failure().transient());
}

}  // namespace
}  // namespace topgun::test
