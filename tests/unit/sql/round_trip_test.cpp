// SPDX-License-Identifier: Apache-2.0
#include "random_statement.hpp"
#include "sql_support.hpp"

using namespace topgun;
using namespace topgun::sql::ast;

// Goal:   what is printed means what was printed, whatever the tree.
// Method: random trees of all node kinds, printed, parsed, compared; and printed again.
TEST_CASE("a printed tree is parsed to an equal one", "[sql][property]") {
    const auto seed = test::seed(20261121);
    CAPTURE(seed);  // TOPGUN_TEST_SEED=<seed> replays a failure exactly
    Random random{seed};
    test::RandomStatement make{random};
    std::size_t longest = 0;
    for (int round = 0; round < 4000; ++round) {
        const auto statement = make.statement();
        const auto text = to_text(statement);
        longest = std::max(longest, text.size());
        CAPTURE(round, text);
        const auto parsed = sql::parse_statements(text);
        if (!parsed) FAIL(parsed.error().text());
        REQUIRE(parsed->size() == 1);
        const auto again = to_text(parsed->front());
        REQUIRE(again == text);
        REQUIRE(parsed->front() == statement);
    }
    // The trees are no trifles.
    CHECK(longest > 1000);
}

// Goal:   a statement means the same in the middle of a script, and its offsets move with it.
TEST_CASE("statements of a script are those that stand alone", "[sql][property]") {
    const auto seed = test::seed(7);
    CAPTURE(seed);
    Random random{seed};
    test::RandomStatement make{random};
    for (int round = 0; round < 100; ++round) {
        std::vector<Statement> statements;
        std::string script = "-- \303\251\n";
        std::vector<std::size_t> begins;
        for (int i = 0; i < 3; ++i) {
            statements.push_back(make.statement());
            begins.push_back(script.size());
            script += to_text(statements.back()) + ";\n/* ; */ ";
        }
        const auto parsed = test::must(sql::parse_statements(script));
        REQUIRE(parsed == statements);
        for (std::size_t i = 0; i < parsed.size(); ++i) CHECK(parsed[i].offset.at == begins[i]);
        CHECK(sql::statement_complete(script));
    }
}
