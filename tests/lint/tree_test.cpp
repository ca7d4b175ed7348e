// SPDX-License-Identifier: Apache-2.0
// Rules about which files there are: the CMake list of commands, apps, man pages and cases in step.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <stdexcept>

#include "source_tree.hpp"

namespace fs = std::filesystem;

namespace topgun::test {

bool is_ignored(const std::string& name) {
    return name == ".git" || name == "out" || name.starts_with("build");
}

std::string SourceFile::content() const {
    std::ifstream in(fs::path(TOPGUN_SOURCE) / path, std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + path);
    return {std::istreambuf_iterator<char>(in), {}};
}

const std::vector<SourceFile>& source_tree() {
    static const std::vector<SourceFile> files = [] {
        std::vector<SourceFile> found;
        for (const auto& top : fs::directory_iterator(TOPGUN_SOURCE)) {
            const auto name = top.path().filename().string();
            if (is_ignored(name)) continue;
            if (top.is_regular_file()) found.push_back({name});
            if (!top.is_directory()) continue;
            for (const auto& item : fs::recursive_directory_iterator(top)) {
                if (!item.is_regular_file()) continue;
                found.push_back({fs::relative(item.path(), TOPGUN_SOURCE).generic_string()});
            }
        }
        std::sort(found.begin(), found.end(),
                  [](const auto& a, const auto& b) { return a.path < b.path; });
        return found;
    }();
    return files;
}

}  // namespace topgun::test

using namespace topgun::test;

namespace {

using Names = std::set<std::string>;

Names commands() {
    std::istringstream words{TOPGUN_COMMANDS};
    return {std::istream_iterator<std::string>(words), {}};
}

Names folders_in(const std::string& folder) {
    Names names;
    for (const auto& item : fs::directory_iterator(fs::path(TOPGUN_SOURCE) / folder)) {
        if (item.is_directory()) names.insert(item.path().filename().string());
    }
    return names;
}

// Names of man pages "topgun-cli-NAME<ending>" in a folder.
Names pages_in(const std::string& folder, const std::string& ending) {
    const std::string prefix = "topgun-cli-";
    Names names;
    for (const auto& item : fs::directory_iterator(fs::path(TOPGUN_SOURCE) / folder)) {
        const auto name = item.path().filename().string();
        if (!name.starts_with(prefix) || !name.ends_with(ending)) continue;
        names.insert(name.substr(prefix.size(), name.size() - prefix.size() - ending.size()));
    }
    return names;
}

}  // namespace

TEST_CASE("the top of the tree holds only what a reader expects there", "[lint]") {
    const Names allowed = {"CMakeLists.txt", "README.md", "LICENSE", "apps",        "lib",
                           "tests",          "testdata",  "man",     "completions", ".ci",
                           ".clang-format",  ".gitignore"};
    for (const auto& item : fs::directory_iterator(TOPGUN_SOURCE)) {
        const auto name = item.path().filename().string();
        CAPTURE(name);
        CHECK((is_ignored(name) || allowed.count(name) == 1));
    }
}

TEST_CASE("folders of programs are the commands of the CMake list", "[lint]") {
    auto expected = commands();
    expected.insert({"common", "docs", "topgun-cli"});
    CHECK(folders_in("apps") == expected);
}

TEST_CASE("each command has cases, and no case is without command", "[lint]") {
    CHECK(folders_in("testdata/cli") == commands());
    for (const auto& command : commands()) {
        CAPTURE(command);
        CHECK_FALSE(folders_in("testdata/cli/" + command).empty());
    }
}

TEST_CASE("each command has a man page in Markdown and in roff, and no page is left over",
          "[lint]") {
    CHECK(pages_in("man", ".1.md") == commands());
    CHECK(pages_in("man/man1", ".1") == commands());
}

TEST_CASE("data files hold no code", "[lint]") {
    for (const auto& file : source_tree()) {
        if (!file.below("testdata/")) continue;
        CAPTURE(file.path);
        CHECK_FALSE((file.is_cpp() || file.is(".txt.in") || file.is(".sh") || file.is(".py")));
    }
}

TEST_CASE("no temporary or backup file lies about", "[lint]") {
    for (const auto& file : source_tree()) {
        CAPTURE(file.path);
        CHECK_FALSE((file.is("~") || file.is(".orig") || file.is(".rej") || file.is(".tmp") ||
                     file.is(".swp") || file.is(".bak")));
    }
}
