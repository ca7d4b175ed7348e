// SPDX-License-Identifier: Apache-2.0
// A comparison that is too kind would let every CLI case pass.
#include "match.hpp"

#include <catch2/catch.hpp>
#include <stdexcept>

using namespace topgun::test;

TEST_CASE("without wildcards only the same bytes match", "[cli][match]") {
    CHECK(matches("a\nb\n", "a\nb\n"));
    CHECK_FALSE(matches("a\nb\n", "a\nb"));
    CHECK_FALSE(matches("", "a"));
    CHECK_FALSE(matches("a\n", ""));
    CHECK_FALSE(matches("a\n", "a\na\n"));
}

TEST_CASE("<*> stands for text within one line", "[cli][match]") {
    CHECK(matches("took <*> ms\n", "took 12 ms\n"));
    CHECK(matches("<*>\n", "\n"));
    CHECK(matches("<*>b<*>d\n", "abbcd\n"));
    CHECK_FALSE(matches("took <*> ms\n", "took 12 s\n"));
    CHECK_FALSE(matches("<*>\n", "a\nb\n"));
    CHECK_FALSE(matches("a<*>a\n", "a\n"));
}

TEST_CASE("<...> stands for any number of lines", "[cli][match]") {
    CHECK(matches("a\n<...>\nz\n", "a\nz\n"));
    CHECK(matches("a\n<...>\nz\n", "a\nb\nc\nz\n"));
    CHECK(matches("<...>\n", ""));
    CHECK(matches("<...>\nb\n<...>\n", "a\nb\nc\n"));
    CHECK_FALSE(matches("a\n<...>\nz\n", "a\nb\n"));
    CHECK_FALSE(matches("x<...>\n", "xyz\n"));
}

TEST_CASE("a difference names the line and both sides", "[cli][match]") {
    CHECK(first_difference("a\n<*>\n", "a\nb\n").empty());
    CHECK(first_difference("a\nb\n", "a\nc\n") == "line 2: expected 'b', found 'c'");
    CHECK(first_difference("a\n", "a\nc\n") == "line 2: expected the end, found 'c'");
    CHECK_FALSE(first_difference("a\n", "a").empty());
}

TEST_CASE("words are split as a shell does it", "[cli][match]") {
    using Words = std::vector<std::string>;
    CHECK(split_words("a  b\nc\n") == Words{"a", "b", "c"});
    CHECK(split_words("'a b' \"c d\"e '' f\\ g") == Words{"a b", "c de", "", "f g"});
    CHECK(split_words("'\\' \"\\\"\"") == Words{"\\", "\""});
    CHECK(split_words(" \n").empty());
    CHECK_THROWS_AS(split_words("'a"), std::runtime_error);
}
