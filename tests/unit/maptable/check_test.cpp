// SPDX-License-Identifier: Apache-2.0
// Every fault that a reader of one table can see is found, and nothing in what the servers write.
#include "topgun/maptable/check.hpp"

#include <algorithm>
#include <set>

#include "topgun_test/support.hpp"
#include "topgun_test/table_rows.hpp"

using namespace topgun;
using namespace topgun::maptable;
using namespace topgun::test;

namespace {

std::vector<std::string> findings(Generation generation, std::vector<OwnedRow> rows,
                                  bool suspicious = false) {
    sort_rows(generation, rows);
    CheckOptions options;
    options.now_ms = kPlantedNow;
    options.tombstone_age_ms = kPlantedAge;
    options.suspicious = suspicious;
    std::vector<std::string> out;
    TableChecker checker(generation, options, [&](const Finding& finding) -> Status {
        out.push_back(std::string(problem_info(finding.problem).word) + " " +
                      std::string(finding.map) + "/" + std::string(finding.key));
        CHECK_FALSE(finding.what.empty());
        return {};
    });
    for (const auto& row : rows) must(checker.row(row.view()));
    must(checker.finish());
    CHECK(checker.rows() == rows.size());
    return out;
}

std::string word_of(const std::string& finding) {
    return finding.substr(0, finding.find(' '));
}

}  // namespace

TEST_CASE("each planted fault gives its finding and no other", "[maptable]") {
    const auto generation = GENERATE(Generation::jsonb, Generation::bytea);
    std::set<std::string> ids;
    for (const auto& fault : planted_faults(generation)) {
        const auto& info = problem_info(fault.problem);
        CAPTURE(info.word, fault.rows[0].map);
        const auto found = findings(generation, fault.rows);
        REQUIRE(found.size() == 1);
        CHECK(word_of(found[0]) == info.word);
        ids.emplace(info.id);
    }
    const std::set<std::string> jsonb = {"D2", "D5",  "D6",  "D7",  "D8",
                                         "D9", "D10", "D11", "D14", "D18"};
    const std::set<std::string> bytea = {"D4",  "D7",  "D8",  "D9",  "D10", "D11", "D13", "D15",
                                         "D16", "D17", "D18", "D19", "D20", "D26", "D27"};
    CHECK(ids == (generation == Generation::jsonb ? jsonb : bytea));
}

TEST_CASE("all planted faults together are found among sound rows", "[maptable]") {
    const auto generation = GENERATE(Generation::jsonb, Generation::bytea);
    Random rng(seed(5));
    auto rows = clean_rows(generation, rng, 300);
    // The server's own maps are there already, sound; the planted ones would collide.
    std::erase_if(rows, [](const auto& row) { return row.map.find("_topgun_") < 2; });
    std::vector<std::string> expected;
    std::string last_reserved;
    for (const auto& fault : planted_faults(generation)) {
        if (fault.problem == Problem::reserved_key) continue;
        rows.insert(rows.end(), fault.rows.begin(), fault.rows.end());
        expected.emplace_back(problem_info(fault.problem).word);
    }
    std::vector<std::string> words;
    for (const auto& one : findings(generation, rows)) words.push_back(word_of(one));
    std::sort(words.begin(), words.end());
    std::sort(expected.begin(), expected.end());
    CHECK(words == expected);
}

TEST_CASE("nothing is found in what the servers write", "[maptable][property]") {
    const auto generation = GENERATE(Generation::jsonb, Generation::bytea);
    const auto start = seed(20261121);
    for (std::uint64_t round = 0; round < 20; ++round) {
        CAPTURE(start, round);
        Random rng(start + round);
        CHECK(findings(generation, clean_rows(generation, rng, 200)) == std::vector<std::string>());
    }
}

TEST_CASE("values that a conversion may have made are named only on request", "[maptable]") {
    const auto wide = from_hex("d38000000000000000");
    const std::vector rows = {lww_row("m", "k", kPlantedNow, wide)};
    CHECK(findings(Generation::bytea, rows).empty());
    CHECK(findings(Generation::bytea, rows, true) ==
          std::vector<std::string>{"suspicious-value m/k"});
}

TEST_CASE("several rows of one key are found", "[maptable]") {
    const auto row = lww_row("m", "k", kPlantedNow, from_hex("07"));
    CHECK(findings(Generation::bytea, {row, row}) == std::vector<std::string>{"duplicate-row m/k"});
}

TEST_CASE("what a row has many times is one finding", "[maptable]") {
    auto row = lww_row("m", "k", kPlantedNow, from_hex("07"));
    row.created_at = row.updated_at = 0;
    CHECK(findings(Generation::bytea, {row}) == std::vector<std::string>{"row-times m/k"});
}

TEST_CASE("problems are asked for by class or by word, and the manual page has them all",
          "[maptable]") {
    const auto set = must(parse_problems({"D13", "d5", "expired"}));
    CHECK(set.count() == 6);
    CHECK(set[static_cast<std::size_t>(Problem::undecodable)]);
    CHECK(set[static_cast<std::size_t>(Problem::expired)]);
    CHECK_FALSE(set[static_cast<std::size_t>(Problem::expiration_unit)]);
    for (const auto* word : {"D28", "", "D1x", "un", "13"}) CHECK_FALSE(parse_problems({word}));
    std::set<std::string_view> words;
    const auto page = slurp(testdata("../man/topgun-cli-pg.1.md"));
    for (const auto& info : problem_infos()) {
        const auto name = "**" + std::string(info.id) + " " + std::string(info.word) + "** (" +
                          std::string(severity_name(info.severity));
        CAPTURE(name);
        CHECK(page.find(name) != std::string::npos);
        CHECK(words.insert(info.word).second);
        CHECK(problem_info(info.problem).word == info.word);
    }
}
