// SPDX-License-Identifier: Apache-2.0
// Errors of running statements point at what failed, whatever kind of call it is.
#include "session_support.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

struct Case {
    const char* sql;
    const char* place;
    const char* message;
};

const Case kCases[] = {
    {"SELECT *\nFROM generate_series(1, 5, 0)", "line 2, column 6", "step size cannot equal zero"},
    {"SELECT 1, generate_series(1, 5, 0)", "line 1, column 11", "step size cannot equal zero"},
    {"SELECT * FROM jsonb_array_elements('{}')", "line 1, column 15",
     "cannot extract elements from an object"},
    {"SELECT 1 + sum(9223372036854775807 + 0 * a)::bigint FROM generate_series(1, 2) g (a)",
     "line 1", "bigint out of range"},
    {"SELECT percentile_cont(2) WITHIN GROUP (ORDER BY a) FROM generate_series(1, 2) g (a)",
     "line 1, column 8", "percentile value 2 is not between 0 and 1"},
    {"SELECT a FROM generate_series(1, 2) g (a) GROUP BY a\n"
     "HAVING jsonb_object_agg(NULL::text, a) IS NULL",
     "line 2, column 8", "field name must not be null"},
    {"SELECT (SELECT a FROM generate_series(1, 2) g (a))", "line 1, column 8",
     "more than one row returned by a subquery used as an expression"},
    {"SELECT ntile(0) OVER ()", "line 1, column 8", "argument of ntile must be greater than zero"},
    {"SELECT a, jsonb_object_agg(NULL::text, a) OVER () FROM generate_series(1, 2) g (a)",
     "line 1, column 11", "field name must not be null"},
};

}  // namespace

TEST_CASE("errors of aggregates, windows and set functions point at the call", "[sql]") {
    const auto& one = GENERATE(from_range(std::begin(kCases), std::end(kCases)));
    CAPTURE(one.sql);
    for (const std::size_t threads : {std::size_t{1}, std::size_t{3}}) {
        sql::SessionOptions options;
        options.threads = threads;
        const auto session = open_session(options);
        const auto text = answer(*session, one.sql);
        CAPTURE(text);
        CHECK(text.find(one.place) != std::string::npos);
        CHECK(text.find(one.message) != std::string::npos);
        CHECK(text.find("vertex") == std::string::npos);
        CHECK(text.find('^') != std::string::npos);
    }
}
