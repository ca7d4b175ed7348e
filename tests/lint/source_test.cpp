// SPDX-License-Identifier: Apache-2.0
// Rules about what stands in a source file.
#include <algorithm>
#include <catch2/catch.hpp>
#include <regex>

#include "source_tree.hpp"
#include "topgun/base/utf.hpp"
#include "topgun_test/support.hpp"

using namespace topgun::test;

namespace {

std::vector<std::string> lines_of(const SourceFile& file) {
    std::vector<std::string> lines;
    const auto text = file.content();
    std::string_view rest = text;
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        lines.emplace_back(rest.substr(0, end));
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    return lines;
}

// Fails once for each line that matches; the message names the place.
void forbid(const std::regex& pattern, const std::string& why,
            const std::vector<SourceFile>& files) {
    for (const auto& file : files) {
        const auto lines = lines_of(file);
        for (std::size_t i = 0; i < lines.size(); ++i) {
            if (!std::regex_search(lines[i], pattern)) continue;
            FAIL_CHECK(file.path << ':' << i + 1 << ": " << why << ": " << lines[i]);
        }
    }
}

template <typename Predicate>
std::vector<SourceFile> files_where(Predicate predicate) {
    std::vector<SourceFile> found;
    for (const auto& file : source_tree()) {
        if (predicate(file)) found.push_back(file);
    }
    // A rule that looks at nothing proves nothing.
    REQUIRE_FALSE(found.empty());
    return found;
}

bool is_script(const SourceFile& file) {
    return file.is(".sh") || file.path == ".ci/run" || file.is(".bash") || file.is(".fish");
}

bool is_text(const SourceFile& file) {
    return file.is_cpp() || is_script(file) || file.is(".txt") || file.is(".cmake") ||
           file.is(".in") || file.is(".md") || file.is(".map");
}

}  // namespace

TEST_CASE("every source names its licence in the first line", "[lint]") {
    const std::string line = "SPDX-License-Identifier: Apache-2.0";
    for (const auto& file : files_where([](const auto& f) { return f.is_cpp() || is_script(f); })) {
        CAPTURE(file.path);
        const auto lines = lines_of(file);
        const std::size_t at =
            is_script(file) && !lines.empty() && lines[0].starts_with("#!") ? 1 : 0;
        REQUIRE(lines.size() > at);
        CHECK(lines[at] == (is_script(file) ? "# " : "// ") + line);
    }
}

TEST_CASE("every header says in its second line why it exists", "[lint]") {
    for (const auto& file : files_where([](const auto& f) { return f.is(".hpp"); })) {
        CAPTURE(file.path);
        const auto lines = lines_of(file);
        REQUIRE(lines.size() > 3);
        CHECK(lines[1].starts_with("// "));
        CHECK(std::find(lines.begin(), lines.end(), "#pragma once") != lines.end());
    }
}

TEST_CASE("lines fit 100 columns and end cleanly, so that every diff can be read", "[lint]") {
    for (const auto& file : files_where([](const auto& f) { return f.is_cpp(); })) {
        const auto lines = lines_of(file);
        CHECK(file.content().ends_with('\n'));
        for (std::size_t i = 0; i < lines.size(); ++i) {
            const auto place = file.path + ':' + std::to_string(i + 1) + ": ";
            if (topgun::display_width(lines[i]) > 100) FAIL_CHECK(place << "over 100 columns");
            if (lines[i].ends_with(' ') || lines[i].ends_with('\r'))
                FAIL_CHECK(place << "ends blank");
            if (lines[i].find('\t') != std::string::npos) FAIL_CHECK(place << "has a tab");
        }
    }
}

TEST_CASE("no file names a folder of somebody's machine", "[lint]") {
    // Built from parts, so that this file does not break its own rule.
    const std::regex pattern(std::string("(^|[^A-Za-z0-9_.~-])/(ho") + "me|ro" + "ot|Us" +
                             "ers|wo" + "rk|mn" + "t)/[a-z]");
    forbid(pattern, "path of a machine", files_where(is_text));
}

TEST_CASE("nothing is left unfinished", "[lint]") {
    const std::regex pattern(std::string("\\b(TO") + "DO|FIX" + "ME|X" + "XX|HA" + "CK|W" +
                             "IP)\\b|^(<<<<<<<|>>>>>>>) ");
    // Man pages and CLI cases may speak of to-do lists, which are what TopGun's examples keep.
    forbid(pattern, "unfinished work", files_where(is_text));
}

TEST_CASE("the library never prints, exits or aborts, because its caller decides", "[lint]") {
    const std::regex pattern(
        "#include <iostream>|std::(cout|cerr|clog)\\b|\\b(printf|fprintf|puts|perror|exit|_exit|"
        "quick_exit|abort|terminate)\\s*\\(");
    forbid(pattern, "only programs do that",
           files_where([](const auto& f) { return f.is_cpp() && f.below("lib/"); }));
}

TEST_CASE("a foreign library is known to one module only, so that it can be replaced", "[lint]") {
    struct Rule {
        const char* include;
        std::vector<std::string> folders;
    };
    const std::vector<Rule> rules = {
        {"#include [<\"]CLI/", {"apps/", "tests/"}},
        {"#include [<\"](histedit|editline/)", {"apps/sql/"}},
        {"#include [<\"]msgpack", {"lib/wire/", "tests/"}},
        {"#include [<\"](zstd|zdict)\\.h", {"lib/storage/"}},
        {"#include [<\"]xxhash", {"lib/base/"}},
        {"#include [<\"](postgresql/)?libpq", {"lib/pg/", "tests/sql/", "tests/support/"}},
        {"#include [<\"]sqlite3", {"lib/sqlitefile/", "tests/sqlitefile/", "tests/bench/"}},
        {"#include [<\"]pg_query", {"lib/sql/"}},
        {"#include [<\"]re2/", {"lib/sql/"}},
        {"#include [<\"](libstemmer|hnswlib/)", {"lib/search/"}},
        {"#include [<\"]boost/multiprecision/", {"lib/column/", "lib/sql/"}},
        {"#include [<\"]boost/(?!multiprecision/)", {"lib/net/", "tests/"}},
    };
    for (const auto& rule : rules) {
        const auto elsewhere = files_where([&rule](const auto& file) {
            return file.is_cpp() && std::none_of(rule.folders.begin(), rule.folders.end(),
                                                 [&file](const auto& f) { return file.below(f); });
        });
        forbid(std::regex(rule.include), "this library belongs elsewhere", elsewhere);
    }
}

TEST_CASE("public headers include the standard library and TopGun's own headers only", "[lint]") {
    const auto headers = files_where([](const auto& f) {
        return f.is(".hpp") && f.below("lib/") && f.path.find("/include/") != std::string::npos;
    });
    forbid(std::regex("#include \"(?!topgun/)|#include <[^>]*[/.]"), "a user would need it, too",
           headers);
}

TEST_CASE("no header opens a namespace for its users", "[lint]") {
    forbid(std::regex("^using namespace"), "every includer would get it",
           files_where([](const auto& f) { return f.is(".hpp"); }));
}
