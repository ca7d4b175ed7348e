// SPDX-License-Identifier: Apache-2.0
#include "history_file.hpp"

#include <sys/stat.h>

#include <cstdlib>

#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::cli;
using namespace topgun::test;

namespace {
using Lines = std::vector<std::string>;
}

TEST_CASE("history is kept below the state folder", "[sql][history]") {
    ::setenv("XDG_STATE_HOME", "/state", 1);
    CHECK(history_path() == "/state/topgun/sql_history");
    ::setenv("XDG_STATE_HOME", "relative", 1);
    ::setenv("HOME", "/h", 1);
    CHECK(history_path() == "/h/.local/state/topgun/sql_history");
    ::unsetenv("XDG_STATE_HOME");
    ::unsetenv("HOME");
    CHECK(history_path().empty());
}

TEST_CASE("entries come back in order, and only their owner may read them", "[sql][history]") {
    const ScratchDir scratch;
    const HistoryFile history(scratch.file("new/folder/history"));
    CHECK(history.load().empty());
    must(history.add("SELECT 1;"));
    must(history.add("SELECT 2;"));
    CHECK(history.load() == Lines{"SELECT 1;", "SELECT 2;"});
    struct stat facts {};
    REQUIRE(::stat(scratch.file("new/folder/history").c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777) == 0600);
}

TEST_CASE("a history that has grown is cut", "[sql][history]") {
    const ScratchDir scratch;
    const HistoryFile history(scratch.file("history"));
    std::string text;
    while (text.size() <= HistoryFile::kBytesMax) {
        text += "entry " + std::to_string(text.size()) + std::string(1000, 'x') + '\n';
    }
    spit(scratch.file("history"), text + "last\n");
    const auto entries = history.load();
    CHECK(entries.size() == HistoryFile::kEntriesMax);
    CHECK(entries.back() == "last");
    CHECK(slurp(scratch.file("history")).size() <= HistoryFile::kBytesMax);
    CHECK(history.load() == entries);
}

TEST_CASE("no path means no history, and no error", "[sql][history]") {
    const HistoryFile history("");
    must(history.add("SELECT 1;"));
    CHECK(history.load().empty());
}

TEST_CASE("a statement of several lines is one entry where that keeps its meaning",
          "[sql][history]") {
    CHECK(history_entries("SELECT 1\n  FROM t;\n") == Lines{"SELECT 1 FROM t;"});
    CHECK(history_entries("SELECT 1 -- one\n, 2;\n") == Lines{"SELECT 1 -- one", ", 2;"});
    CHECK(history_entries(" \n\n").empty());
}
