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

TEST_CASE("an element that cannot be decoded does not take the others with it", "[maptable]") {
    RepairOptions options;
    options.problems = safe_repairs();
    const auto sound = or_row("m", "k", {kPlantedNow - 3, kPlantedNow - 2, kPlantedNow - 1});
    const auto second = sound.value->find("tag", sound.value->find("tag") + 1);
    const auto stamp = sound.value->find("timestamp", second);
    auto row = sound;
    SECTION("a field of another name") {
        row.value->replace(stamp, 9, "timestump");
    }
    SECTION("a tag that is no text") {
        const auto length = static_cast<unsigned char>((*row.value)[second + 3]) & 0x1fU;
        row.value->replace(second + 3, 1 + length, "\x07");
    }
    SECTION("a stamp beyond what clients read") {
        const auto millis = row.value->find("millis", stamp) + 6;
        row.value->replace(millis, 9, from_hex("cf0020000000000000"));
    }
    CAPTURE(to_hex(*row.value));
    const auto planned = plan(Generation::bytea, {row}, options);
    REQUIRE(planned.fixes.size() == 1);
    CHECK(planned.fixes[0].fix.action == RowFix::Action::update);
    std::vector<OwnedRow> rows{row};
    carry_out(planned.fixes[0], rows);
    const auto record = must(serverfiles::decode_stored_record(*rows[0].value));
    REQUIRE(record.entries.size() == 2);
    CHECK(record.entries[0].stamp.millis == kPlantedNow - 3);
    CHECK(record.entries[1].stamp.millis == kPlantedNow - 1);
    CHECK(plan(Generation::bytea, rows, options).found.none());
}

TEST_CASE("a record without a tag is dropped alone", "[maptable]") {
    RepairOptions options;
    options.problems = safe_repairs();
    auto record = must(serverfiles::decode_stored_record(
        *or_row("m", "k", {kPlantedNow - 2, kPlantedNow - 1}).value));
    record.entries[0].tag.clear();
    record.removed_tags.emplace_back();
    auto row = or_row("m", "k", {kPlantedNow});
    row.value->clear();
    must(serverfiles::encode_stored_record(record, *row.value));
    std::vector<OwnedRow> rows{row};
    const auto planned = plan(Generation::bytea, rows, options);
    REQUIRE(planned.fixes.size() == 1);
    carry_out(planned.fixes[0], rows);
    const auto kept = must(serverfiles::decode_stored_record(*rows[0].value));
    CHECK(kept.entries.size() == 1);
    CHECK(kept.removed_tags.empty());
    CHECK(plan(Generation::bytea, rows, options).found.none());
}

TEST_CASE("elements of a list in JSON that are no records are left out by their places",
          "[maptable]") {
    RepairOptions options;
    options.problems = safe_repairs();
    OwnedRow row;
    row.map = "m";
    row.key = "k";
    row.node = std::string(kOrMapNode);
    const std::string stamp =
        R"("timestamp": {"millis": 1759999999999, "counter": 0, "nodeId": "n"})";
    const std::string record = R"({"value": 1.0, "tag": "1759999999999:0:n", )" + stamp + "}";
    row.value = R"({"type": "OR", "records": [{"value": 1}, )" + record + R"(, 7, {"tag": "", )" +
                stamp + R"(}, {"tag": "1759999999999:0:n", "timestamp": {"millis": -1}}]})";
    const auto fixes = plan(Generation::jsonb, {row}, options).fixes;
    REQUIRE(fixes.size() == 1);
    CHECK(fixes[0].fix.action == RowFix::Action::update);
    CHECK(fixes[0].fix.list == "records");
    CHECK(fixes[0].fix.kept == std::vector<std::size_t>{2});

    row.key = std::string(kTombstonesKey);
    row.value = R"({"type": "OR_TOMBSTONES", "tags": [1, "1759999999999:0:n", "", null]})";
    const auto tags = plan(Generation::jsonb, {row}, options).fixes;
    REQUIRE(tags.size() == 1);
    CHECK(tags[0].fix.list == "tags");
    CHECK(tags[0].fix.kept == std::vector<std::size_t>{2});

    row.value = R"({"type": "OR", "records": [7]})";
    row.key = "k";
    CHECK(plan(Generation::jsonb, {row}, options).fixes.at(0).fix.action == RowFix::Action::remove);
}
