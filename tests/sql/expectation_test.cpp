// SPDX-License-Identifier: Apache-2.0
#include "expectation.hpp"

#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::cli;
using namespace topgun::test;

TEST_CASE("a rule compares the number of rows", "[sql][expect]") {
    const auto [rule, rows, holds] = GENERATE(table<std::string, std::uint64_t, bool>({
        {"n = 0", 0, true},
        {"n == 1", 0, false},
        {"n != 1", 0, true},
        {"n <> 1", 1, false},
        {"n<10", 9, true},
        {"n < 10", 10, false},
        {"n <= 10", 10, true},
        {"n > 10", 10, false},
        {"n >= 10", 10, true},
        {"n >= 2 and n <= 4", 3, true},
        {"n >= 2 and n <= 4", 5, false},
        {"n = 0 or n = 7", 7, true},
        {"n = 0 or n > 1 and n < 3", 2, true},
        {"n > 1 and n < 3 or n = 9", 9, true},
    }));
    CAPTURE(rule, rows);
    CHECK(must(Expectation::parse(rule)).holds(rows) == holds);
}

TEST_CASE("what is no rule is refused with its place", "[sql][expect]") {
    const auto [rule, message] = GENERATE(table<std::string, std::string>({
        {"", "expected n at column 1"},
        {"m < 1", "expected n at column 1"},
        {"n", "expected a comparison at column 2"},
        {"n < x", "expected a whole number at column 5"},
        {"n < -1", "expected a whole number at column 5"},
        {"n < 99999999999999999999", "expected a whole number at column 5"},
        {"n < 1 xor n > 2", "expected 'and' or 'or' at column 7"},
        {"n < 1 android", "expected 'and' or 'or' at column 7"},
        {"n < 1 and", "expected n at column 10"},
    }));
    CAPTURE(rule);
    const auto parsed = Expectation::parse(rule);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code() == Errc::usage);
    CHECK(parsed.error().text().find(message) != std::string::npos);
}
