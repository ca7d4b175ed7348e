// SPDX-License-Identifier: Apache-2.0
// Aggregates that need the rows of a group: they spill where they can, and say so where not.
#include "session_support.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

std::unique_ptr<sql::Session> session_with(std::uint64_t mebibytes, std::size_t threads) {
    sql::SessionOptions options;
    options.memory_limit = mebibytes << 20;
    options.threads = threads;
    return open_session(options);
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("count(DISTINCT) and ordered aggregates spill", "[sql][spill]") {
    const std::string sql = GENERATE(
        as<std::string>{},
        "SELECT count(DISTINCT g % 200000), sum(DISTINCT g % 200000) FROM "
        "generate_series(1, 400000) g",
        "SELECT sum(n), max(n) FROM (SELECT g % 3 AS k, count(DISTINCT g) AS n FROM "
        "generate_series(1, 400000) g GROUP BY 1) s",
        "SELECT md5(string_agg(g::text, ',' ORDER BY -g)) FROM generate_series(1, 60000) g",
        "SELECT sum(cardinality(a)), sum(a[1] * 3 + a[40]), count(*) FROM (SELECT g % 5000 AS "
        "k, array_agg(g ORDER BY g DESC) AS a FROM generate_series(1, 200000) g GROUP "
        "BY 1) s");
    CAPTURE(sql);
    const auto wanted = answer(*session_with(1024, 1), sql);
    for (const std::size_t threads : {std::size_t{1}, std::size_t{3}}) {
        CHECK(answer(*session_with(4, threads), sql) == wanted);
    }
}

TEST_CASE("what holds rows and cannot spill obeys the memory limit", "[sql][spill]") {
    const std::string sql = GENERATE(
        as<std::string>{},
        "SELECT count(DISTINCT g), count(DISTINCT -g) FROM generate_series(1, 1000000) g",
        "SELECT g % 2, count(DISTINCT g), count(DISTINCT -g) FROM generate_series(1, 2000000) g "
        "GROUP BY 1",
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY g) FROM generate_series(1, 2000000) g",
        "SELECT array_agg(DISTINCT g) FROM generate_series(1, 2000000) g",
        "SELECT array_agg(g ORDER BY g) FROM generate_series(1, 9000000) g");
    CAPTURE(sql);
    const auto text = answer(*session_with(16, 2), sql);
    CAPTURE(text.substr(0, 300));
    CHECK(text.starts_with("error: "));
    CHECK(contains(text, "needs more than the memory limit of 16 MiB"));
    CHECK(contains(text, "raise it with --memory"));
    CHECK(contains(text, "line 1, column "));
}

TEST_CASE("a partition of a window obeys the memory limit", "[sql][spill]") {
    const auto text = answer(*session_with(16, 2),
                             "SELECT max(n) FROM (SELECT row_number() OVER (ORDER BY -g) AS n FROM "
                             "generate_series(1, 2000000) g) s");
    CHECK(contains(text,
                   "one partition of a window does not fit into the memory limit of 16 MiB; "
                   "raise it with --memory"));
}
