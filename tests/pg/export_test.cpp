// SPDX-License-Identifier: Apache-2.0
// Tables as snapshots: of one moment, complete or absent.
#include "topgun/pg/export.hpp"

#include <nlohmann/json.hpp>

#include "topgun_test/process.hpp"
#include "world.hpp"

namespace topgun::test {
namespace {

ProcessResult pg_export(const std::string& url, std::vector<std::string> arguments) {
    ProcessOptions options;
    options.arguments = {"pg", "export", url};
    options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
    return run_process(TOPGUN_CLI, options);
}

const std::string kManyRows =
    "INSERT INTO topgun_maps SELECT 'map' || i % 3, 'key' || i, to_jsonb(i), 1700000000000 + i, 0,"
    " 'n' || i % 5, false FROM generate_series(1, 1000) i;";

TEST_CASE("an export is what reading the database gives", "[pg]") {
    const ScratchDir folder;
    const auto name = must(postgres().make_database());
    must(connect(name)->run(kJsonbTable + kManyRows));
    const auto file = folder.file("out.tgs");
    const auto exported = pg_export(postgres().url(name), {"-o", file, "--json"});
    INFO(exported.err);
    REQUIRE(exported.status == 0);
    const auto report = nlohmann::json::parse(exported.out);
    CHECK(report["generation"] == "jsonb");
    CHECK(report["table"] == "public.topgun_maps");
    CHECK(report["rows"]["read"] == 1000);
    CHECK(report["records"] == 1000);
    CHECK(report["maps"].size() == 3);
    CHECK(report["complete"] == true);
    ProcessOptions diff;
    diff.arguments = {"diff", "--deep", postgres().url(name), file};
    CHECK(run_process(TOPGUN_CLI, diff).status == 0);
}

}  // namespace
}  // namespace topgun::test
