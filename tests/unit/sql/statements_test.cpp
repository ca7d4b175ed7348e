// SPDX-License-Identifier: Apache-2.0
#include "topgun/sql/statements.hpp"

#include "topgun_test/support.hpp"

using namespace topgun;
using sql::split_statements;
using sql::statement_complete;

namespace {

std::vector<std::string> texts(std::string_view text) {
    std::vector<std::string> result;
    for (const auto range : split_statements(text)) {
        result.emplace_back(text.substr(range.begin, range.end - range.begin));
    }
    return result;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("statements are split at semicolons, without blanks and comments around", "[sql]") {
    CHECK(texts("").empty());
    CHECK(texts(" ;; ; -- nothing\n /* ; */ ;").empty());
    CHECK(texts("select 1") == Texts{"select 1"});
    CHECK(texts(" select 1 ; -- one\n;\n/* two */select 2;") == Texts{"select 1", "select 2"});
    CHECK(texts("a/* ; */b;c--;\n;d") == Texts{"a/* ; */b", "c", "d"});
    CHECK(texts("a (b; c); d") == Texts{"a (b; c)", "d"});
    CHECK(texts("a [b; c]; d)); e") == Texts{"a [b; c]", "d))", "e"});
    CHECK(split_statements("  ab ; c") == std::vector<sql::TextRange>{{2, 4}, {7, 8}});
}

TEST_CASE("a semicolon in quotes separates nothing", "[sql]") {
    const auto statement = GENERATE(
        as<std::string>{}, "';'", "'a'';b'", "'\\' ';'", "E'\\';'", "e'a\\\\' ';'", "\";\"",
        "\"a\"\";\"", "$$;$$", "$a$ ; $$ ; $a$", "$a_1$;$a_1$", "/* ; /* ; */ ; */ x",
        "E'a'\n'\\';'", "E'a' -- no\n\n'\\';'", "N';'", "U&';'", "B'1;'", "x$1$ 'a;'", "a--;\nb");
    CAPTURE(statement);
    CHECK(texts(statement + ";next").back() == "next");
    if (statement.find("-- no") == std::string::npos && statement[0] != '/') {
        CHECK(texts(statement + ";next") == Texts{statement, "next"});
    }
}

TEST_CASE("what only looks like a quote is none", "[sql]") {
    CHECK(texts("a$b$;c$b$") == Texts{"a$b$", "c$b$"});      // an identifier may hold dollars
    CHECK(texts("$1;$2") == Texts{"$1", "$2"});              // parameters
    CHECK(texts("ae'\\';b'") == Texts{"ae'\\'", "b'"});      // the e belongs to the name
    CHECK(texts("$1a$;$1a$") == Texts{"$1a$", "$1a$"});      // a parameter, then a name
    CHECK(texts("1-/*;*/-2;3") == Texts{"1-/*;*/-2", "3"});  // comments end operators
    CHECK(texts("'a'\n-- x\n'b';c") == Texts{"'a'\n-- x\n'b'", "c"});
}

TEST_CASE("what is not closed goes on to the end", "[sql]") {
    CHECK(texts("a; 'b; c") == Texts{"a", "'b; c"});
    CHECK(texts("a; \"b; c ") == Texts{"a", "\"b; c "});
    CHECK(texts("a; $$b; c") == Texts{"a", "$$b; c"});
    CHECK(texts("a; b /* c; ") == Texts{"a", "b /* c; "});
    CHECK(texts("a; /* c; ") == Texts{"a", "/* c; "});
    CHECK(texts("a; (b; c") == Texts{"a", "(b; c"});
    CHECK(texts("a; E'\\'; b") == Texts{"a", "E'\\'; b"});
    CHECK(texts("E'\\") == Texts{"E'\\"});
}

TEST_CASE("typed text is complete when it ends in a semicolon and nothing is open", "[sql]") {
    for (const std::string text :
         {"select 1;", "select 1; ", "select 1; -- done", "select 1; /* done */\n", "a;b;",
          "select ';';", "select (1);", "select $$'$$;", "select E'\\'';", "select 1;;", "a);"}) {
        CAPTURE(text);
        CHECK(statement_complete(text));
    }
    for (const std::string text :
         {"", " ", ";", "-- a;", "select 1", "select 1; select", "select ';", "select \";",
          "select (1;", "select [1;", "select $$;", "select $a$;$$;", "select 1; /* ;",
          "/* /* */ ;", "select E'\\';", "select 1 -- ;", "select 'a''"}) {
        CAPTURE(text);
        CHECK_FALSE(statement_complete(text));
    }
}

// Goal:   splitting costs time in proportion to the text, whatever is in it.
TEST_CASE("long and unbalanced texts are split without recursion", "[sql]") {
    const std::size_t size = 1000000;
    for (const std::string piece :
         {"(", ")", "/*", "'", "\"", "$$", "$a$", ";", "E'", "--", "a;"}) {
        std::string text;
        while (text.size() < size) text += piece;
        CAPTURE(piece);
        const auto ranges = split_statements(text);
        CHECK(ranges.size() <= text.size());
        for (const auto& range : ranges) REQUIRE(range.begin < range.end);
    }
}
