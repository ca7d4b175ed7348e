// SPDX-License-Identifier: Apache-2.0
#include "scanner.hpp"

#include "topgun_test/support.hpp"

using namespace topgun;
using sql::Scanner;
using sql::Token;

namespace {

// Each token's text after a letter for its kind.
std::string tokens(std::string_view text) {
    static constexpr std::string_view letters = "?wqsn(),;.o";
    std::string out;
    Scanner scanner(text);
    for (auto token = scanner.next(); token.kind != Token::Kind::end; token = scanner.next()) {
        if (!out.empty()) out += ' ';
        out += letters[static_cast<std::size_t>(token.kind)];
        out += text.substr(token.begin, token.end - token.begin);
    }
    return out;
}

}  // namespace

TEST_CASE("tokens are those of PostgreSQL", "[sql]") {
    CHECK(tokens("select a.\"B\", 'c' -- d") == "wselect wa .. q\"B\" ,, s'c'");
    CHECK(tokens("1.5e-3 .5 1. 1e 2..3 $12x") == "n1.5e-3 n.5 n1. n1 we n2 .. n.3 n$12 wx");
    CHECK(tokens("a->>'b' >= -/*c*/1--2") == "wa o->> s'b' o>= o- n1");
    CHECK(tokens("(a[1])::int;") == "(( wa ([ n1 )] )) o: o: wint ;;");
    CHECK(tokens("E'a\\'b' e 'c' n'd'") == "sE'a\\'b' we s'c' wn s'd'");
    CHECK(tokens("$$a$$$b$c$$d$b$ e$f") == "s$$a$$ s$b$c$$d$b$ we$f");
    CHECK(tokens("\303\251t\303\251 \\ { \001") == "w\303\251t\303\251 o\\ o{ o\001");
}

TEST_CASE("the bound of nesting follows chains, groups and words with separators", "[sql]") {
    const auto deep = [](std::string_view prefix, std::string_view piece, std::string_view suffix) {
        std::string text(prefix);
        for (int i = 0; i < 500; ++i) text += piece;
        for (int i = 0; i < 500; ++i) text += suffix;
        return sql::find_deep_nesting(text, 400).has_value();
    };
    CHECK(deep("select 1", "+1", ""));
    CHECK(deep("select a", " isnull", ""));
    CHECK(deep("select ", "(", ")"));
    CHECK(deep("select ", "(1,", ")"));
    CHECK(deep("select ", "case when a and ", " end"));
    CHECK(deep("select 1, 2", " union select 1, 2", ""));
    CHECK(deep("select from a", " join a on b and c", ""));
    CHECK(deep("select 1", "+a.or", ""));
    CHECK(deep("select ((", "1 isnull) isnull) + ((", ""));
    // Long, but flat.
    CHECK_FALSE(deep("select 1", ", 1 + 1", ""));
    CHECK_FALSE(deep("select a", " and b or c = 1", ""));
    CHECK_FALSE(deep("select 1 in (1", ", 2", ""));
    CHECK_FALSE(deep("values (1, 2)", ", (1, 2)", ""));
    CHECK_FALSE(deep("select case when 1 then 2", " when a = 1 then 2", ""));
}

// Goal: nothing is forgotten when a group closes: depth before and behind it adds up.
TEST_CASE("what follows a group lies above it", "[sql]") {
    std::string text = "select ";
    for (int i = 0; i < 30; ++i) text += "(";
    text += "1";
    for (int i = 0; i < 30; ++i) {
        for (int j = 0; j < 30; ++j) text += " isnull";
        text += ")";
    }
    CHECK(sql::find_deep_nesting(text, 900));
    CHECK_FALSE(sql::find_deep_nesting(text, 1000));
}
