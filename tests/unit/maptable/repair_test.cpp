// SPDX-License-Identifier: Apache-2.0
// What planted faults are to become: rows in which the checker finds nothing any more.
#include "topgun/maptable/repair.hpp"

#include <algorithm>

#include "topgun/serverfiles/stored_record.hpp"
#include "topgun_test/support.hpp"
#include "topgun_test/table_rows.hpp"

using namespace topgun;
using namespace topgun::maptable;
using namespace topgun::test;

namespace {

CheckOptions planted_options() {
    CheckOptions options;
    options.now_ms = kPlantedNow;
    options.tombstone_age_ms = kPlantedAge;
    return options;
}

struct Outcome {
    std::vector<PlannedFix> fixes;
    ProblemSet found;
};

Outcome plan(Generation generation, std::vector<OwnedRow> rows, const RepairOptions& options) {
    sort_rows(generation, rows);
    Outcome out;
    RepairPlanner planner(generation, planted_options(), options,
                          [&](const PlannedFix& fix) -> Status {
                              out.fixes.push_back(fix);
                              return {};
                          });
    TableChecker checker(
        generation, planted_options(),
        [&](const Finding& finding) {
            out.found.set(static_cast<std::size_t>(finding.problem));
            return planner.finding(finding);
        },
        [&](const CheckedRow& row) { return planner.row(row); });
    for (const auto& row : rows) must(checker.row(row.view()));
    must(checker.finish());
    must(planner.finish());
    return out;
}

// Carries a fix out on rows in memory. Lists in JSON are left to the database, and to its test.
void carry_out(const PlannedFix& planned, std::vector<OwnedRow>& rows) {
    const auto seen = planned.row.view();
    const auto& fix = planned.fix;
    auto at = std::find_if(rows.begin(), rows.end(), [&](const OwnedRow& row) {
        return row.map == seen.map && row.key == seen.key && row.is_backup == seen.is_backup;
    });
    REQUIRE((at == rows.end()) == (fix.action == RowFix::Action::insert));
    if (fix.action == RowFix::Action::remove) {
        rows.erase(at);
        return;
    }
    if (fix.action == RowFix::Action::insert) {
        OwnedRow row;
        row.map = seen.map;
        row.key = seen.key;
        at = rows.insert(rows.end(), row);
    }
    if (fix.value) at->value = *fix.value;
    if (fix.null_value) at->value = "null";
    if (fix.deleted) at->deleted = fix.deleted;
    at->expiration = fix.expiration.value_or(at->expiration);
    at->created_at = fix.created_at.value_or(at->created_at);
    at->updated_at = fix.updated_at.value_or(at->updated_at);
    at->is_backup = at->is_backup && !fix.promote;
}

}  // namespace

TEST_CASE("what is safe to repair is sound afterwards, and nothing else is touched", "[maptable]") {
    const auto generation = GENERATE(Generation::jsonb, Generation::bytea);
    RepairOptions options;
    options.problems = safe_repairs();
    for (auto fault : planted_faults(generation)) {
        const auto& info = problem_info(fault.problem);
        CAPTURE(info.word, fault.rows[0].map);
        const auto planned = plan(generation, fault.rows, options);
        REQUIRE(planned.fixes.size() == (info.repair == Repair::safe ? 1 : 0));
        if (planned.fixes.empty()) continue;
        const auto& fix = planned.fixes[0].fix;
        CHECK(fix.problems == ProblemSet().set(static_cast<std::size_t>(fault.problem)));
        if (fix.kept) continue;
        carry_out(planned.fixes[0], fault.rows);
        CHECK(plan(generation, fault.rows, options).found.none());
    }
}

TEST_CASE("what changes the data is repaired when it is asked for", "[maptable]") {
    const auto generation = GENERATE(Generation::jsonb, Generation::bytea);
    RepairOptions options;
    options.problems.set();
    for (auto fault : planted_faults(generation)) {
        const auto& info = problem_info(fault.problem);
        CAPTURE(info.word, fault.rows[0].map);
        const auto planned = plan(generation, fault.rows, options);
        REQUIRE(planned.fixes.size() == (info.repair == Repair::never ? 0 : 1));
        if (planned.fixes.empty() || planned.fixes[0].fix.kept) continue;
        carry_out(planned.fixes[0], fault.rows);
        CHECK(plan(generation, fault.rows, options).found.none());
    }
}

TEST_CASE("sound rows have nothing to repair", "[maptable]") {
    const auto generation = GENERATE(Generation::jsonb, Generation::bytea);
    Random rng(seed(31));
    RepairOptions options;
    options.problems.set();
    CHECK(plan(generation, clean_rows(generation, rng, 300), options).fixes.empty());
}

TEST_CASE("an expired row is deleted, or its expiration cleared", "[maptable]") {
    auto row = lww_row("m", "k", kPlantedNow, from_hex("07"));
    row.expiration = static_cast<std::int64_t>(kPlantedNow) - 1;
    RepairOptions options;
    options.problems = safe_repairs();
    CHECK(plan(Generation::bytea, {row}, options).fixes.at(0).fix.action == RowFix::Action::remove);
    options.clear_expired = true;
    const auto cleared = plan(Generation::bytea, {row}, options).fixes.at(0).fix;
    CHECK(cleared.action == RowFix::Action::update);
    CHECK(cleared.expiration == 0);
}

TEST_CASE("a row with several faults is repaired at once", "[maptable]") {
    auto row = or_row("m", "k", {kPlantedNow, kPlantedNow}, {"1759999999999:0:n"});
    *row.value += "junk";
    row.created_at = 0;
    RepairOptions options;
    options.problems = safe_repairs();
    std::vector<OwnedRow> rows = {row};
    const auto fixes = plan(Generation::bytea, rows, options).fixes;
    REQUIRE(fixes.size() == 1);
    CHECK(fixes[0].fix.problems.count() == 3);
    carry_out(fixes[0], rows);
    CHECK(plan(Generation::bytea, rows, options).found.none());
    // The newest of the twins stays, and so do the other tags.
    const auto record = must(serverfiles::decode_stored_record(*rows[0].value));
    CHECK(record.entries.size() == 1);
    CHECK(record.removed_tags.size() == 1);
}

TEST_CASE("a policy is never moved away", "[maptable]") {
    auto row = lww_row("__topgun_policies", "p1", kPlantedNow, from_hex("07"));
    row.value = "\xc1";
    RepairOptions options;
    options.problems.set();
    for (const auto& planned : plan(Generation::bytea, {row}, options).fixes) {
        CHECK(planned.fix.action != RowFix::Action::remove);
    }
}
