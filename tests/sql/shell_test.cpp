// SPDX-License-Identifier: Apache-2.0
// Scripts, dot commands and errors, on a session that does as it is told.
#include "shell.hpp"

#include "fake_session.hpp"
#include "repl.hpp"
#include "save.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::cli;
using namespace topgun::test;

namespace {

using Statements = std::vector<std::string>;

struct Desk {
    std::string out_text, err_text;
    Output out = Output::memory(out_text);
    Messages err{Output::memory(err_text), "topgun-cli sql", false};
    FakeSession session;
    Shell shell{Streams{out, err}, session, Settings{}};

    Desk& run(const std::string& text, const std::string& name = "") {
        shell.run({name, text});
        out.flush();
        return *this;
    }
};

}  // namespace

TEST_CASE("statements of a text run in order", "[sql][shell]") {
    Desk desk;
    desk.run("SELECT 1; SELECT 2;\nchange\n  3; -- and\nSELECT 0");
    CHECK(desk.session.executed == Statements{"SELECT 1", "SELECT 2", "change\n  3", "SELECT 0"});
    CHECK(desk.shell.exit_code() == ExitCode::ok);
    CHECK(desk.out_text == " n\n---\n 1\n n\n---\n 1\n 2\n n\n---\n");
}

TEST_CASE("a semicolon in quotes ends nothing", "[sql][shell]") {
    Desk desk;
    desk.run("SELECT 1 ';\n;' ;\n/* ; */ SELECT 2;");
    CHECK(desk.session.executed == Statements{"SELECT 1 ';\n;'", "SELECT 2"});
}

TEST_CASE("the first error ends a script, and is told with its place", "[sql][shell]") {
    Desk desk;
    desk.run("SELECT 1;\n\n  fail;\nSELECT 2;", "a.sql");
    CHECK(desk.session.executed == Statements{"SELECT 1", "fail"});
    CHECK(desk.shell.exit_code() == ExitCode::damaged);
    CHECK_FALSE(desk.shell.goes_on());
    CHECK(desk.err_text == "topgun-cli sql: a.sql: line 3, column 3: it fails\n    fail;\n    ^\n");
}

TEST_CASE("without bail a script goes on, and its status tells of the error", "[sql][shell]") {
    Desk desk;
    desk.run(".bail off\nfail;\nSELECT 1;\n.nonsense\nSELECT 2;");
    CHECK(desk.session.executed == Statements{"fail", "SELECT 1", "SELECT 2"});
    CHECK(desk.shell.exit_code() == ExitCode::usage);
}

TEST_CASE("commands between statements do not move the places of errors", "[sql][shell]") {
    Desk desk;
    desk.run(".mode csv\nSELECT 1;\n.mode json\nSELECT\n\\timing on\n 1;\nfail;");
    CHECK(desk.session.executed == Statements{"SELECT 1", "SELECT\n          \n 1", "fail"});
    CHECK(desk.out_text.starts_with("n\n1\n["));
    CHECK(desk.err_text.find("line 7, column 1: it fails") != std::string::npos);
    CHECK(desk.shell.settings().timer);
}

TEST_CASE("a backslash in a text is no command", "[sql][shell]") {
    Desk desk;
    desk.run("change 1 '\n\\q\n';");
    CHECK(desk.session.executed == Statements{"change 1 '\n\\q\n'"});
    CHECK(desk.shell.goes_on());
}

TEST_CASE("settings change how results look", "[sql][shell]") {
    Desk desk;
    desk.run(
        ".mode\n.mode csv\n.headers off\nSELECT 2;\n.mode insert t\nSELECT 1;\n\\x\n.mode "
        "table\nSELECT 1;\n\\x off\n.nullvalue -\n.mode bad");
    CHECK(desk.out_text ==
          "table\n1\n2\nINSERT INTO \"t\" (\"n\") VALUES (1);\n-[ RECORD 1 ]-\nn | 1\n");
    CHECK(desk.err_text.find("unknown mode 'bad'; there are table, box, ") != std::string::npos);
}

TEST_CASE("\\g and \\gx run what was typed", "[sql][shell]") {
    Desk desk;
    desk.run("SELECT 1 \\gx\nSELECT\n1\n\\g\nSELECT 3");
    CHECK(desk.session.executed == Statements{"SELECT 1", "SELECT\n1", "SELECT 3"});
    CHECK(desk.out_text.starts_with("-[ RECORD 1 ]-\nn | 1\n n\n---\n 1\n"));
}

TEST_CASE("\\watch runs a statement as often as asked for", "[sql][shell]") {
    Desk desk;
    desk.run("SELECT 1 \\watch 0.001 3");
    CHECK(desk.session.executed == Statements{"SELECT 1", "SELECT 1", "SELECT 1"});
    desk.run("fail \\watch 0.001 3");
    CHECK(desk.session.executed.size() == 4);
}

TEST_CASE("results go to a file while .output names one", "[sql][shell]") {
    const ScratchDir scratch;
    Desk desk;
    desk.run(".mode csv\n.output " + scratch.file("a.csv") + "\nSELECT 1;\nSELECT 1;\n.output\n" +
             "SELECT 2;\nSELECT 3 \\g " + scratch.file("b.csv"));
    CHECK(slurp(scratch.file("a.csv")) == "n\n1\nn\n1\n");
    CHECK(slurp(scratch.file("b.csv")) == "n\n1\n2\n3\n");
    CHECK(desk.out_text == "n\n1\n2\n");
    must(desk.shell.printer().close());
}

TEST_CASE("files are read, but not for ever", "[sql][shell]") {
    const ScratchDir scratch;
    spit(scratch.file("a.sql"), "SELECT 1;\nSELECT 2");
    Desk desk;
    desk.run(".read " + scratch.file("a.sql") + "\nSELECT 3;");
    CHECK(desk.session.executed == Statements{"SELECT 1", "SELECT 2", "SELECT 3"});
    spit(scratch.file("loop.sql"), ".read " + scratch.file("loop.sql") + "\n");
    desk.run("\\i " + scratch.file("loop.sql"));
    CHECK(desk.err_text.find("more than 32 levels deep") != std::string::npos);
    Desk other;
    other.run(".read nowhere.sql");
    CHECK(other.shell.exit_code() == ExitCode::refused);
}

TEST_CASE("sources get names that do not clash", "[sql][shell]") {
    Desk desk;
    must(desk.shell.open("x/a.tgs", {}));
    must(desk.shell.open("y/a.tgs", {}));
    must(desk.shell.open("b=y/a.tgs", {}));
    CHECK(desk.shell.attached() == Statements{"a", "a_2", "b"});
    CHECK(desk.shell.open("missing.tgs", {}).error().code() == Errc::not_found);
    desk.run(".close a_2\n.open c.tgs\n\\conninfo");
    CHECK(desk.shell.attached() == Statements{"a", "b", "c"});
    CHECK(desk.out_text.find("schema c: c.tgs\n") != std::string::npos);
    desk.run(".close zzz");
    CHECK(desk.shell.exit_code() == ExitCode::refused);
}

TEST_CASE("a rule on the number of rows is checked for each result", "[sql][shell]") {
    Desk desk;
    desk.shell.expect(must(Expectation::parse("n < 2")));
    desk.run("SELECT 1;\nchange 1;\nSELECT 2;");
    CHECK(desk.shell.checked() == 2);
    CHECK(desk.shell.exit_code() == ExitCode::differences);
    CHECK(desk.err_text == "topgun-cli sql: expected n < 2, found 2 rows\n");
    CHECK(desk.out_text.ends_with(" 1\n 2\n"));
}

TEST_CASE("explain shows plans instead of rows", "[sql][shell]") {
    Desk desk;
    desk.run(".explain dag\nSELECT 1;\n.explain off\nSELECT 1;\n.explain what");
    CHECK(desk.session.executed == Statements{"SELECT 1"});
    CHECK(desk.out_text.starts_with("plan 2 of SELECT 1\n n\n"));
    CHECK(desk.shell.exit_code() == ExitCode::usage);
}

TEST_CASE("parameters can be set and shown", "[sql][shell]") {
    Desk desk;
    desk.run(".set 2 'a b'\n.set 1\n.params\n.set zero");
    CHECK(desk.session.parameters.at(2) == "a b");
    CHECK_FALSE(desk.session.parameters.at(1).has_value());
    CHECK(desk.out_text == "$1 NULL\n$2 a b\n");
}

TEST_CASE("echo, notices and the timer go to standard error", "[sql][shell]") {
    Desk desk;
    desk.run(".echo on\n.timer on\nSELECT\n1;\nnotice;");
    CHECK(desk.err_text.starts_with("SELECT\n1\nTime: "));
    CHECK(desk.err_text.find("topgun-cli sql: take notice\n") != std::string::npos);
    CHECK(desk.out_text == " n\n---\n 1\n");
}

TEST_CASE("lists of tables and functions answer to both spellings", "[sql][shell]") {
    Desk desk;
    desk.session.tables_made = {table_info("a", "users", {"id"})};
    desk.run(".tables\n\\dt us\n\\df low\n.schema users\n\\d a.users\n\\dn\n.maps\n\\d\n.help");
    CHECK(desk.out_text.starts_with("a.users\na.users\nlower\nCREATE TABLE \"a\".\"users\" ("));
    desk.run("\\d nothing");
    CHECK(desk.err_text == "topgun-cli sql: no table 'nothing'\n");
}

TEST_CASE("at a prompt errors keep the session, and unsaved changes are told", "[sql][shell]") {
    Desk desk;
    desk.shell.settings().bail = false;
    desk.shell.set_interactive(true);
    desk.run("fail;\nwait;\nSELECT 1; fail; SELECT 2;\nchange 3;\n.quit\n");
    CHECK(desk.shell.goes_on());
    CHECK(desk.session.executed == Statements{"fail", "wait", "SELECT 1", "fail", "change 3"});
    CHECK(desk.err_text.starts_with("error: line 1, column 1: it fails\n"));
    CHECK(desk.err_text.find("\ncancelled\n") != std::string::npos);
    CHECK(desk.err_text.find("3 changes are not saved: ") != std::string::npos);
    CHECK(desk.out_text.find("change 3\n") != std::string::npos);
    desk.run("change 1;\n.quit\n");
    CHECK(desk.shell.goes_on());
    desk.run("\\q\n");
    CHECK_FALSE(desk.shell.goes_on());
    CHECK(desk.shell.exit_code() == ExitCode::ok);
}

TEST_CASE("changes are saved as ops, and then forgotten", "[sql][shell]") {
    const ScratchDir scratch;
    Desk desk;
    desk.run("change 2;\n.save " + scratch.file("fix.ndjson"));
    CHECK(desk.err_text == "topgun-cli sql: " + scratch.file("fix.ndjson") + ": 2 ops\n");
    CHECK(desk.session.changes == 0);
    CHECK(slurp(scratch.file("fix.ndjson")).find("key-1") != std::string::npos);
    desk.run("change 2;\n.save " + scratch.file("data/"));
    CHECK(std::filesystem::is_directory(scratch.file("data")));
    desk.run(".save x.unknown");
    CHECK(desk.shell.exit_code() == ExitCode::usage);
}

TEST_CASE("a file for one schema leaves the changes of others", "[sql][shell]") {
    const ScratchDir scratch;
    Desk desk;
    desk.run("change 2;\nother 1;\n.save other=" + scratch.file("other.tgl"));
    CHECK(desk.err_text.find("other.tgl: 1 op\n") != std::string::npos);
    CHECK(desk.err_text.find("not saved yet: 2 changes\n") != std::string::npos);
    CHECK(desk.session.changes == 2);
    CHECK(desk.session.other_changes == 0);
    desk.run("other 3;\n\\conninfo");
    CHECK(desk.out_text.find("not saved: 2 changes of schema main, 3 changes of schema other\n") !=
          std::string::npos);
    desk.run(".save " + scratch.file("all.tgl"));
    CHECK(desk.session.unsaved().empty());
}

TEST_CASE("nothing is written when some changes would be in no file", "[sql][shell]") {
    const ScratchDir scratch;
    FakeSession session;
    session.changes = 2;
    session.other_changes = 1;
    const auto main = scratch.file("main.tgl"), other = scratch.file("other.tgl");
    auto saved = save_all_changes(session, {{"other", other}}, "", {"main", "other"});
    REQUIRE_FALSE(saved);
    CHECK(saved.error().code() == Errc::usage);
    CHECK(saved.error().text().find("changes of main would be lost") != std::string::npos);
    CHECK(saved.error().text().find("--write main=FILE") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(other));
    const auto lines = must(
        save_all_changes(session, {{"other", other}, {"main", main}, {"", scratch.file("all.tgl")}},
                         "", {"main", "other"}));
    REQUIRE(lines.size() == 3);
    CHECK(lines[2].ends_with("all.tgl: 3 ops"));
    CHECK(session.unsaved().empty());
}

TEST_CASE("with bail a file that a prompt reads ends at its first error", "[sql][shell]") {
    const ScratchDir scratch;
    const auto inner = scratch.file("inner.sql"), file = scratch.file("file.sql");
    spit(inner, "SELECT 1;\nfail; SELECT 2;\nSELECT 3;\n");
    spit(file, ".read " + inner + "\nSELECT 4;\n");
    Desk desk;
    desk.shell.set_interactive(true);
    desk.run(".bail on\n.read " + file + "\nSELECT 5;\nfail; SELECT 6;\nSELECT 7;\n");
    CHECK(desk.shell.goes_on());
    CHECK(desk.session.executed == Statements{"SELECT 1", "fail", "SELECT 5", "fail", "SELECT 7"});
    desk.session.executed.clear();
    desk.run(".bail off\n.read " + file + "\nSELECT 5;\n");
    CHECK(desk.shell.goes_on());
    CHECK(desk.session.executed ==
          Statements{"SELECT 1", "fail", "SELECT 2", "SELECT 3", "SELECT 4", "SELECT 5"});
}

TEST_CASE(".quit in a file leaves, and Ctrl-C ends the file", "[sql][shell]") {
    const ScratchDir scratch;
    const auto file = scratch.file("file.sql");
    for (const bool bail : {false, true}) {
        Desk desk;
        desk.shell.settings().bail = bail;
        desk.shell.set_interactive(true);
        spit(file, "wait;\nSELECT 1;\n");
        desk.run(".read " + file + "\nSELECT 2;\n");
        CHECK(desk.session.executed == Statements{"wait", "SELECT 2"});
        CHECK(desk.shell.goes_on());
        spit(file, bail ? "SELECT 3;\n.quit\n" : "fail;\n.quit\n");
        desk.run(".read " + file + "\nSELECT 4;\n");
        CHECK_FALSE(desk.shell.goes_on());
    }
}

TEST_CASE("a text can be thrown away before it runs", "[sql][shell]") {
    Desk desk;
    desk.run("SELECT 1,\n\\p\n\\r\nSELECT 2;");
    CHECK(desk.session.executed == Statements{"SELECT 2"});
    CHECK(desk.out_text.starts_with("SELECT 1,\n"));
}

TEST_CASE("the prompt tells what is open", "[sql][shell]") {
    CHECK(prompt_text("a", false, false) == "a=> ");
    CHECK(prompt_text("a", false, true) == "a-> ");
    CHECK(prompt_text("a", true, false) == "a*> ");
}
