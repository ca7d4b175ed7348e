// SPDX-License-Identifier: Apache-2.0
// Rules about what was built: what the library exports, and what programs load.
#include <algorithm>
#include <catch2/catch.hpp>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

#include "topgun_test/process.hpp"

using namespace topgun::test;

namespace {

std::vector<std::string> lines_from(const std::string& program,
                                    std::vector<std::string> arguments) {
    ProcessOptions options;
    options.arguments = std::move(arguments);
    const auto result = run_process(program, options);
    CAPTURE(result.err);
    REQUIRE(result.status == 0);
    std::istringstream in(result.out);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

std::vector<std::string> all_commands() {
    std::istringstream words{TOPGUN_COMMANDS};
    return {std::istream_iterator<std::string>(words), {}};
}

// Libraries that a file asks the loader for, as "libzstd.so".
std::set<std::string> needed_by(const std::string& file) {
    static const std::regex pattern("\\(NEEDED\\).*\\[(.*?\\.so)");
    std::set<std::string> names;
    for (const auto& line : lines_from(TOPGUN_READELF, {"--dynamic", "--wide", file})) {
        std::smatch match;
        if (std::regex_search(line, match, pattern)) names.insert(match[1]);
    }
    return names;
}

const std::set<std::string> kHeavyLibraries = {
    "libpq.so",   "libsqlite3.so",  "libssl.so",         "libcrypto.so",
    "libcurl.so", "libpg_query.so", "libboost_system.so"};

}  // namespace

TEST_CASE("libtopgun exports names of TopGun only", "[lint][binary]") {
    // Anything else could meet the same name of another library in one process.
    const std::regex own(
        "^_Z(N[KVRO]*|GVN|T[ISVTC]N[KVRO]*|Th?n?[0-9_]*N[KVRO]*|Tv0_n[0-9_]*N[KVRO]*)6topgun");
    std::size_t count = 0;
    for (const auto& line :
         lines_from(TOPGUN_NM, {"-D", "--defined-only", "--format=posix", TOPGUN_LIBRARY})) {
        const auto name = line.substr(0, line.find(' '));
        ++count;
        if (!std::regex_search(name, own)) FAIL_CHECK("exported: " << name);
    }
    CHECK(count > 10);
}

TEST_CASE("programs that need no network load no library for it", "[lint][binary]") {
    const std::set<std::string> with_network = {"pg", "serve", "sync"};
    for (const auto& command : all_commands()) {
        CAPTURE(command);
        const auto needed = needed_by(std::string(TOPGUN_LIBEXEC) + "/topgun-" + command);
        CHECK(needed.count("libtopgun.so") == 1);
        if (with_network.count(command) == 1) continue;
        for (const auto& name : needed) CHECK(kHeavyLibraries.count(name) == 0);
    }
    for (const auto& name : needed_by(TOPGUN_LIBRARY)) CHECK(kHeavyLibraries.count(name) == 0);
}

TEST_CASE("the front program loads nothing of ours, to start at once", "[lint][binary]") {
    const auto needed = needed_by(TOPGUN_CLI);
    CHECK(needed.count("libtopgun.so") == 0);
    for (const auto& name : needed) CHECK(kHeavyLibraries.count(name) == 0);
}

TEST_CASE("programs find the library beside themselves, wherever the tree was moved",
          "[lint][binary]") {
    for (const auto& command : all_commands()) {
        CAPTURE(command);
        const auto lines =
            lines_from(TOPGUN_READELF,
                       {"--dynamic", "--wide", std::string(TOPGUN_LIBEXEC) + "/topgun-" + command});
        const auto is_path = [](const std::string& line) {
            return line.find("(RUNPATH)") != std::string::npos ||
                   line.find("(RPATH)") != std::string::npos;
        };
        const auto path = std::find_if(lines.begin(), lines.end(), is_path);
        REQUIRE(path != lines.end());
        CHECK(path->find("[$ORIGIN/") != std::string::npos);
        CHECK(path->find(":/") == std::string::npos);
    }
}
