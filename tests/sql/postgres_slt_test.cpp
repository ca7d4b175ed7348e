// SPDX-License-Identifier: Apache-2.0
// The committed SQL tests against a real PostgreSQL, so that what our engine is held to is what
// PostgreSQL says. TOPGUN_UPDATE_GOLDENS=1 writes PostgreSQL's results into the files.
#include <algorithm>
#include <cstdlib>

#include "postgres_database.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

std::vector<std::filesystem::path> files() {
    std::vector<std::filesystem::path> found;
    for (const auto& item : std::filesystem::directory_iterator(testdata("sql"))) {
        if (item.path().extension() == ".slt") found.push_back(item.path());
    }
    std::sort(found.begin(), found.end());
    return found;
}

}  // namespace

TEST_CASE("every SQL test agrees with PostgreSQL", "[sql][postgres]") {
    const auto server = must(PostgresServer::start());
    const bool update = std::getenv("TOPGUN_UPDATE_GOLDENS") != nullptr;
    std::uint64_t passed = 0;
    REQUIRE_FALSE(files().empty());
    for (const auto& path : files()) {
        const auto text = slurp(path);
        const auto database = must(slt_database(*server));
        sql::slt::Options options;
        options.engines = {"postgresql"};
        options.on_failure = [&path, update](const sql::slt::Failure& failure) {
            if (update && !failure.got.starts_with("error: ")) return;
            FAIL_CHECK(path.filename().string()
                       << ':' << failure.line << ": " << failure.statement << "\nexpected\n"
                       << failure.expected << "\ngot\n"
                       << failure.got);
        };
        sql::slt::Report report;
        const auto completed = must(sql::slt::complete(text, *database, options, report));
        if (update && completed != text) spit(path, completed);
        passed += report.passed;
    }
    // A folder that lost its files would agree with anything.
    CHECK((update || passed > 600));
}
