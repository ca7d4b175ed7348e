// SPDX-License-Identifier: Apache-2.0
#include "session_support.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

constexpr const char* kSorted =
    "SELECT a % 7 AS k, count(*) FROM generate_series(1, 50000) AS g (a) GROUP BY 1 ORDER BY 2, 1";

std::string line_with(const std::vector<std::string>& lines, const std::string& part) {
    for (const auto& line : lines) {
        if (line.find(part) != std::string::npos) return line;
    }
    return {};
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("EXPLAIN ANALYZE tells rows, time and memory of each operator", "[sql][explain]") {
    const auto session = open_session();
    const auto lines = must(rows_of(*session, "EXPLAIN ANALYZE " + std::string(kSorted)));
    const auto rows = line_with(lines, "rows 1: ");
    CHECK(contains(rows, "rows in 1, out 50000, time "));
    CHECK(contains(rows, " ms, memory 0 KiB"));
    const auto groups = line_with(lines, "aggregate 2: ");
    CHECK(contains(groups, "rows in 50000, out 7, time "));
    CHECK(contains(groups, " KiB"));
    CHECK_FALSE(contains(groups, "memory 0 KiB"));
    CHECK_FALSE(contains(line_with(lines, "sort 3: "), "memory 0 KiB"));
    CHECK(contains(lines.back(), "elapsed "));
    CHECK(contains(lines.back(), "memory "));
}

TEST_CASE("EXPLAIN ANALYZE tells of the queries of WITH as well", "[sql][explain]") {
    const auto session = open_session();
    const auto lines = must(rows_of(
        *session,
        "EXPLAIN ANALYZE WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n "
        "< 5), m AS MATERIALIZED (SELECT n FROM r) SELECT * FROM m a JOIN m b USING (n)"));
    CHECK(contains(line_with(lines, "With r, 5 rounds"), "With r, 5 rounds:"));
    CHECK(contains(line_with(lines, "With m:"), "With m:"));
    CHECK(contains(line_with(lines, "  result"), "rows in 1, out 0"));
}

TEST_CASE("EXPLAIN gives its plan as JSON", "[sql][explain]") {
    const auto session = open_session();
    const auto plan = answer(*session, "EXPLAIN (FORMAT json) SELECT 1 AS one");
    CHECK(plan == R"x([{"Plan": {"Node Type": "Project 1 AS one", "Plan Rows": 1, "Plans": [{)x"
                  R"x("Node Type": "Values (1 row)", "Plan Rows": 1}]}}])x");
    const auto costs = answer(*session, "EXPLAIN (ANALYZE, FORMAT json) " + std::string(kSorted));
    CAPTURE(costs);
    for (const auto* part :
         {R"("Name": "aggregate 2")", R"("Rows In": 50000)", R"("Rows Out": 7)", R"("Time": )",
          R"("Peak Memory Usage": )", R"("Execution Time": )", R"("Spilled": 0)"}) {
        CAPTURE(part);
        CHECK(contains(costs, part));
    }
}

TEST_CASE("options that EXPLAIN does not have are refused", "[sql][explain]") {
    const auto session = open_session();
    CHECK(contains(answer(*session, "EXPLAIN (foo) SELECT 1"),
                   "line 1, column 10: unrecognized EXPLAIN option \"foo\""));
    CHECK(contains(answer(*session, "EXPLAIN (FORMAT xml) SELECT 1"),
                   "unrecognized value for EXPLAIN option \"format\": \"xml\""));
    CHECK(contains(answer(*session, "EXPLAIN (ANALYZE maybe) SELECT 1"),
                   "analyze requires a Boolean value"));
    CHECK_FALSE(contains(answer(*session, "EXPLAIN (ANALYZE off, COSTS off) SELECT 1"), "elapsed"));
}
