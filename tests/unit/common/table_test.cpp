// SPDX-License-Identifier: Apache-2.0
#include "common/table.hpp"

#include <catch2/catch.hpp>

#include "topgun/base/check.hpp"
#include "topgun_test/support.hpp"

using namespace topgun::cli;

namespace {

std::string printed(const Table& table, bool color = false) {
    std::string text;
    auto out = Output::memory(text);
    out.set_color(color);
    table.print(out);
    topgun::test::must(out.finish());
    return text;
}

}  // namespace

TEST_CASE("columns line up by what a terminal shows", "[common][table]") {
    Table table({{"Map"}, {"Records", Table::Align::right}, {"Note"}});
    table.add_row({"todos", std::uint64_t{1234567}, ""});
    table.add_row({"\xe6\x97\xa5\xe6\x9c\xac", std::uint64_t{5}, "wide"});
    table.add_row({"e\xcc\x81", std::uint64_t{0}, "combining"});
    CHECK(printed(table) ==
          "Map      Records  Note\n"
          "todos  1,234,567\n"
          "\xe6\x97\xa5\xe6\x9c\xac           5  wide\n"
          "e\xcc\x81              0  combining\n");
}

TEST_CASE("colour changes no column", "[common][table]") {
    Table table({{"A"}, {"B"}});
    table.add_row({{"bad", Style::bad}, "x"});
    CHECK(printed(table, true) == "\x1b[1mA\x1b[0m    \x1b[1mB\x1b[0m\n\x1b[31mbad\x1b[0m  x\n");
}

TEST_CASE("foreign text cannot break a table", "[common][table]") {
    Table table({{"Key"}, {"B"}});
    table.add_row({"a\nb\x1b[2J", "x"});
    CHECK(printed(table) == "Key          B\na\\nb\\x1b[2J  x\n");
}

TEST_CASE("a row with the wrong number of cells is a bug", "[common][table]") {
    Table table({{"A"}, {"B"}});
    CHECK(table.empty());
    CHECK_THROWS_AS(table.add_row({"only one"}), topgun::Bug);
}
