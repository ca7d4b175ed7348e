// SPDX-License-Identifier: Apache-2.0
#include "topgun/schema/text_pattern.hpp"

#include "topgun_test/support.hpp"

using namespace topgun;

TEST_CASE("a compiled pattern and its copies find it anywhere in a text", "[schema]") {
    const auto pattern = test::must(TextPattern::compile("^a(b|c)+\\d"));
    const auto copy = pattern;
    for (const auto& each : {pattern, copy}) {
        CHECK(each.matches("abcb7 and more"));
        CHECK_FALSE(each.matches("xab7"));
        CHECK_FALSE(each.matches("a7"));
    }
    CHECK(test::must(TextPattern::compile("(?i)B$")).matches("ab"));
}

TEST_CASE("a pattern that does not compile says where and why", "[schema]") {
    const auto refused = TextPattern::compile("ab(c");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Errc::bad_input);
    CHECK(refused.error().text() == "'(' without ')' at byte 5");
    CHECK(TextPattern::compile("(?=a)").error().code() == Errc::bad_input);
    CHECK(TextPattern::compile(std::string(5000, 'a')).error().code() == Errc::limit);
}
