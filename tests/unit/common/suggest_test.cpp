// SPDX-License-Identifier: Apache-2.0
#include "common/suggest.hpp"

#include <catch2/catch.hpp>

using namespace topgun::cli;

TEST_CASE("each of the four typing mistakes is one edit", "[common][suggest]") {
    CHECK(edit_distance("merge", "merge") == 0);
    CHECK(edit_distance("mergee", "merge") == 1);
    CHECK(edit_distance("mrge", "merge") == 1);
    CHECK(edit_distance("nerge", "merge") == 1);
    CHECK(edit_distance("mereg", "merge") == 1);
    CHECK(edit_distance("", "merge") == 5);
    CHECK(edit_distance("merge", "") == 5);
    CHECK(edit_distance("ca", "abc") == 3);
}

TEST_CASE("the distance is symmetric and obeys the triangle rule for near words",
          "[common][suggest]") {
    const std::vector<std::string> words = {"", "a", "ab", "ba", "abc", "diff", "dfif", "inspect"};
    for (const auto& a : words) {
        for (const auto& b : words) {
            CAPTURE(a, b);
            CHECK(edit_distance(a, b) == edit_distance(b, a));
            CHECK((edit_distance(a, b) == 0) == (a == b));
            CHECK(edit_distance(a, b) <= std::max(a.size(), b.size()));
        }
    }
}

TEST_CASE("only a near word is suggested, and the nearest one", "[common][suggest]") {
    const std::vector<std::string> commands = {"diff", "hlc", "inspect", "log", "merge", "why"};
    CHECK(suggest("insepct", commands) == "inspect");
    CHECK(suggest("difff", commands) == "diff");
    CHECK(suggest("lgo", commands) == "log");
    CHECK(suggest("frobnicate", commands).empty());
    CHECK(suggest("xyz", commands).empty());
    CHECK(suggest("", commands).empty());
    CHECK(suggest(std::string(1'000'000, 'a'), commands).empty());
    CHECK(suggest("diff", {}).empty());
}
