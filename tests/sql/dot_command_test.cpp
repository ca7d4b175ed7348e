// SPDX-License-Identifier: Apache-2.0
#include "dot_command.hpp"

#include <set>

#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::cli;
using namespace topgun::test;

namespace {
using Words = std::vector<std::string>;
}

TEST_CASE("commands are told from statements", "[sql][dot]") {
    CHECK(is_dot_command(".tables", true));
    CHECK(is_dot_command("  .mode csv", true));
    CHECK(is_dot_command("\\d users", false));
    CHECK_FALSE(is_dot_command(".tables", false));
    CHECK_FALSE(is_dot_command(".5 + 1", true));
    CHECK_FALSE(is_dot_command("SELECT 1", true));
    CHECK_FALSE(is_dot_command("", true));
}

TEST_CASE("arguments may stand in quotes, and a semicolon does no harm", "[sql][dot]") {
    const auto open = must(parse_dot_command(".open 'my file.tgs'"));
    CHECK(open.id == DotId::open);
    CHECK(open.words == Words{"my file.tgs"});
    CHECK(must(parse_dot_command(".mode insert \"a b\"")).words == Words{"insert", "a b"});
    CHECK(must(parse_dot_command(".nullvalue ''")).words == Words{""});
    CHECK(must(parse_dot_command(" .quit; ")).id == DotId::quit);
    CHECK(must(parse_dot_command("\\x on;")).words == Words{"on"});
}

TEST_CASE("both spellings mean the same", "[sql][dot]") {
    CHECK(must(parse_dot_command("\\q")).id == must(parse_dot_command(".exit")).id);
    CHECK(must(parse_dot_command("\\timing")).id == must(parse_dot_command(".timer on")).id);
    CHECK(must(parse_dot_command("\\i a.sql")).id == must(parse_dot_command(".read a.sql")).id);
    std::set<std::string> names;
    for (const auto& spec : dot_specs()) {
        for (const auto& name : spec.names) CHECK(names.insert(name).second);
    }
}

TEST_CASE("what is no command is refused with the nearest one", "[sql][dot]") {
    CHECK(parse_dot_command(".tabels").error().text() ==
          "unknown command '.tabels'; did you mean '.tables'?");
    CHECK(parse_dot_command(".xyzzyplugh").error().text().ends_with("try .help"));
    CHECK(parse_dot_command(".open 'a").error().text() == ".open: a quote is not closed");
    CHECK(parse_dot_command(".quit now").error().text() ==
          ".quit: too many arguments; it is: .quit");
}

TEST_CASE("a command may stand behind a statement", "[sql][dot]") {
    CHECK(find_trailing_command("", "SELECT 1 \\gx") == 9);
    CHECK(find_trailing_command("", "SELECT 1; \\watch 2") == 10);
    CHECK(find_trailing_command("SELECT '\n", "' \\g") == 2);
    CHECK(find_trailing_command("", "SELECT '\\gx'") == std::string::npos);
    CHECK(find_trailing_command("", "SELECT E'a\\n'") == std::string::npos);
    CHECK(find_trailing_command("SELECT '\n", "\\g") == std::string::npos);
}

TEST_CASE("switches have several words", "[sql][dot]") {
    CHECK(must(parse_switch("on")));
    CHECK_FALSE(must(parse_switch("off")));
    CHECK(parse_switch("maybe").error().text() == "'maybe' is neither on nor off");
}

TEST_CASE("the help lists every command", "[sql][dot]") {
    const auto help = dot_help();
    for (const auto& spec : dot_specs()) {
        for (const auto& name : spec.names) CHECK(help.find(name) != std::string::npos);
    }
}
