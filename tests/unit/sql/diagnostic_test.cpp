// SPDX-License-Identifier: Apache-2.0
#include "topgun/sql/diagnostic.hpp"

#include "topgun/base/utf.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using sql::place_of;
using sql::render;

namespace {

void check_place(std::string_view text, std::size_t offset, std::size_t line, std::size_t column) {
    CAPTURE(text, offset);
    const auto place = place_of(text, offset);
    CHECK(place.line == line);
    CHECK(place.column == column);
}

}  // namespace

TEST_CASE("lines and columns count from one, columns in characters", "[sql]") {
    check_place("", 0, 1, 1);
    check_place("abc", 2, 1, 3);
    check_place("abc", 99, 1, 4);
    check_place("a\nb\nc", 4, 3, 1);
    check_place("a\r\nb", 3, 2, 1);
    check_place("a\rb", 2, 2, 1);
    check_place("a\n", 2, 2, 1);
    check_place("\303\251\342\202\254x", 5, 1, 3);
    check_place("\360\237\230\200x", 4, 1, 2);
    check_place("a\tb", 2, 1, 3);
    check_place("\377\376x", 2, 1, 3);
    check_place("\342\202\254", 1, 1, 1);  // within the character
}

TEST_CASE("the caret stands under the place", "[sql]") {
    CHECK(
        render("select titel\nfrom todos", {"unknown column \"titel\"", "perhaps \"title\"", 7}) ==
        "line 1, column 8: unknown column \"titel\"\n"
        "  select titel\n"
        "         ^\n"
        "hint: perhaps \"title\"");
    CHECK(render("a\n  b c", {"no", "", 6}) == "line 2, column 5: no\n    b c\n      ^");
    CHECK(render("abc", {"no", "", 3}) == "line 1, column 4: no\n  abc\n     ^");
    CHECK(render("", {"no", "", 0}) == "line 1, column 1: no\n  \n  ^");
}

TEST_CASE("the caret is aligned by what a terminal shows", "[sql]") {
    CHECK(render("\346\227\245\346\234\254 x", {"no", "", 7}) ==
          "line 1, column 4: no\n  \346\227\245\346\234\254 x\n       ^");
    CHECK(render("e\314\201 x", {"no", "", 4}) == "line 1, column 4: no\n  e\314\201 x\n    ^");
    CHECK(render("\ta\tb", {"no", "", 3}) ==
          "line 1, column 4: no\n          a       b\n                  ^");
}

TEST_CASE("no control character reaches the terminal", "[sql]") {
    const auto shown = render("a\033[31m b\177\302\205\377", {"bad\033 \n name\001", "x\033", 8});
    for (const char c : shown) CHECK((c == '\n' || static_cast<unsigned char>(c) >= 0x20));
    CHECK(shown.find('\177') == std::string::npos);
    CHECK(is_utf8(shown));
}

TEST_CASE("a long line is cut around the place", "[sql]") {
    std::string text = "select ";
    for (int i = 0; i < 1000; ++i) text += "column_" + std::to_string(i) + ", ";
    const auto offset = text.find("column_500");
    const auto shown = render(text, {"no", "", offset});
    const auto first = shown.find('\n') + 1;
    const auto second = shown.find('\n', first) + 1;
    const auto line = shown.substr(first, second - first - 1);
    CHECK(line.size() < 110);
    CHECK(line.starts_with("  ..."));
    CHECK(line.ends_with("..."));
    CHECK(line.substr(shown.size() - second - 1).starts_with("column_500"));
    // The same with characters of several bytes and columns.
    std::string wide;
    for (int i = 0; i < 500; ++i) wide += "\346\227\245";
    const auto cut = render(wide + "x", {"no", "", wide.size()});
    CHECK(is_utf8(cut));
    const auto row = cut.substr(cut.find('\n') + 1);
    const auto caret = row.substr(row.find('\n') + 1);
    CHECK(display_width(row.substr(0, row.find('\n'))) == caret.size());
}

TEST_CASE("a message of any length is cut", "[sql]") {
    const auto shown = render("a", {std::string(100000, 'x'), std::string(100000, 'y'), 0});
    CHECK(shown.size() < 2200);
}

TEST_CASE("a diagnostic becomes an error with its code", "[sql]") {
    const auto error = sql::diagnose("abc", {"too long", "", 1, Errc::limit});
    CHECK(error.code() == Errc::limit);
    CHECK(error.text() == "line 1, column 2: too long\n  abc\n   ^");
}
