// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <set>

#include "states.hpp"
#include "topgun/base/hash.hpp"
#include "topgun/storage/snapshot.hpp"
#include "topgun/value/canonical.hpp"

using namespace topgun;
using namespace topgun::synth;
using namespace topgun::test;

namespace {

GenerateOptions three_maps(std::uint64_t records) {
    GenerateOptions options;
    options.maps = {kVisits, kUsers, kTodos};
    options.records = records;
    return options;
}

}  // namespace

TEST_CASE("the same options give the same state on every machine", "[synth]") {
    // These names change only when the generator does: benchmarks and bug reports refer to them.
    auto options = three_maps(500);
    CHECK(name_of(*generate(options)) == "751c875146c6830c7d62964f42170193");
    options.conflicts = 20;
    options.same_stamp = 5;
    options.only_in = 3;
    CHECK(name_of(*generate(options)) == "e15b32856a2295d3704b933aa045561b");
    options.values = ValueShape::mixed;
    CHECK(name_of(*generate(options)) == "38991de851d96765e3fd39f83b24c51d");
    options.values = ValueShape::scalar;
    options.seed = 2;
    CHECK(name_of(*generate(options)) == "3637593bb8fe87556f5b9b58e3339d7a");
}

TEST_CASE("generated rows come in trie order, whole and in ranges", "[synth]") {
    const auto state = generate(three_maps(3000));
    const auto id = GENERATE(kUsers, kTodos, kVisits);
    const auto rows = all_rows(*state, id);
    REQUIRE_FALSE(rows.empty());
    for (std::size_t i = 1; i < rows.size(); ++i) {
        const auto& a = rows[i - 1];
        const auto& b = rows[i];
        REQUIRE(std::tie(a.key_hash, a.key, a.tag) < std::tie(b.key_hash, b.key, b.tag));
        REQUIRE(b.key_hash == fnv1a(b.key));
    }
    const auto middle = rows[rows.size() / 2].key_hash;
    const std::vector<HashRange> ranges = {
        {0, middle / 2}, {middle, middle}, {middle + (0xffffffffu - middle) / 2 + 1, 0xffffffffu}};
    std::vector<OwnedRow> expected;
    for (const auto& row : rows) {
        for (const auto& range : ranges) {
            if (row.key_hash >= range.first && row.key_hash <= range.last) expected.push_back(row);
        }
    }
    CHECK(all_rows(*must(state->rows(id, ranges))) == expected);
}

TEST_CASE("keys, tombstones and times to live are in the shares asked for", "[synth]") {
    GenerateOptions options;
    options.records = 20'000;
    options.tombstones = 0.1;
    options.ttl = 0.3;
    options.nodes = 5;
    const auto state = generate(options);
    const auto& facts = *must(state->facts(kUsers));
    CHECK(facts.keys == 20'000);
    CHECK(facts.records == 20'000);
    CHECK(facts.nodes.size() == 5);
    CHECK(facts.tombstones > 1800);
    CHECK(facts.tombstones < 2200);
    CHECK(facts.expiry.total() > 5000);
    CHECK(facts.expiry.total() < 5800);
    for (const auto& [node, part] : facts.nodes) {
        CHECK(part.records > 3600);
        CHECK(part.first.millis >= options.start_ms);
        CHECK(part.last.millis < options.start_ms + options.span_ms);
    }
}

TEST_CASE("an OR-Map has as many records and removed tags as asked for", "[synth]") {
    GenerateOptions options;
    options.maps = {kTodos};
    options.records = 5000;
    options.or_records = 3;
    options.removed_tags = 0.4;
    const auto state = generate(options);
    const auto& facts = *must(state->facts(kTodos));
    CHECK(facts.keys == 5000);
    CHECK(facts.records > 14'500);
    CHECK(facts.records < 15'500);
    CHECK(facts.tombstones > 9500);
    CHECK(facts.tombstones < 10'500);
    std::set<std::string> tags;
    std::string last;
    for (const auto& row : all_removed(*state, kTodos)) {
        CHECK(row.removed);
        CHECK(last < row.tag);
        last = row.tag;
        tags.insert(row.tag);
    }
    for (const auto& row : all_rows(*state, kTodos)) {
        CHECK(row.tag == format_stamp(row.stamp.view()));
        CHECK(tags.insert(row.tag).second);
    }
}

TEST_CASE("a counter has one entry per node", "[synth]") {
    auto options = three_maps(10);
    options.nodes = 37;
    const auto state = generate(options);
    const auto& facts = *must(state->facts(kVisits));
    CHECK(facts.records == 37);
    CHECK(facts.positive > 0);
    CHECK(facts.negative > 0);
}

TEST_CASE("conflicts change exactly the keys asked for, in every way", "[synth]") {
    GenerateOptions options;
    options.records = 5000;
    const auto base = generate(options);
    options.conflicts = GENERATE(0, 1, 100, 4900);
    options.same_stamp = GENERATE(0, 60);
    options.only_in = 30;
    const auto other = generate(options);
    const auto difference = deep_diff(*base, *other);
    CHECK(difference.only_a == 0);
    CHECK(difference.only_b == 30);
    CHECK(difference.newer_a + difference.newer_b == options.conflicts);
    CHECK(difference.same_stamp == options.same_stamp);
    if (options.conflicts >= 100) {
        CHECK(difference.newer_a > options.conflicts / 3);
        CHECK(difference.newer_b > options.conflicts / 3);
    }
}

TEST_CASE("conflicts are decided by time, counter and node id", "[synth]") {
    GenerateOptions options;
    options.records = 2000;
    options.nodes = GENERATE(1, 6);
    const auto base = generate(options);
    options.conflicts = 1000;
    const auto other = generate(options);
    std::map<StampField, int> decided;
    DiffOptions diff;
    diff.on_difference = [&decided](const Difference& d) {
        REQUIRE(d.a != nullptr);
        REQUIRE(d.b != nullptr);
        CHECK(d.a->stamp.node != d.b->stamp.node);
        ++decided[deciding_field(d.a->stamp, d.b->stamp)];
    };
    must(diff_states(*base, *other, diff));
    CHECK(decided[StampField::millis] == 800);
    CHECK(decided[StampField::counter] == 100);
    CHECK(decided[StampField::node] == 100);
}

TEST_CASE("conflicts in an OR-Map are single adds and removals", "[synth]") {
    GenerateOptions options;
    options.maps = {kTodos};
    options.records = 2000;
    const auto base = generate(options);
    options.conflicts = 500;
    options.same_stamp = 50;
    options.only_in = 7;
    const auto other = generate(options);
    const auto difference = deep_diff(*base, *other);
    CHECK(difference.only_a == 200);          // removed in the other one,
    CHECK(difference.removed_only_b >= 200);  // which knows the tag as removed
    CHECK(difference.only_b >= 300 + 7);      // 300 adds, and all records of 7 keys
    CHECK(difference.only_b <= 300 + 7 * 3);
    CHECK(difference.newer_a + difference.newer_b == 0);
    CHECK(difference.same_stamp == 50);
}

TEST_CASE("conflicts in a counter raise some counts and lower others", "[synth]") {
    GenerateOptions options;
    options.maps = {kVisits};
    options.nodes = 200;
    const auto base = generate(options);
    options.conflicts = 80;
    const auto difference = deep_diff(*base, *generate(options));
    CHECK(difference.newer_a + difference.newer_b == 80);
    CHECK(difference.newer_a > 20);
    CHECK(difference.newer_b > 20);
}

TEST_CASE("variants change other keys of one base", "[synth]") {
    GenerateOptions options;
    options.records = 4000;
    options.conflicts = 100;
    options.only_in = 10;
    const auto first = generate(options);
    options.variant = 2;
    const auto second = generate(options);
    const auto difference = deep_diff(*first, *second);
    CHECK(difference.only_a == 10);
    CHECK(difference.only_b == 10);
    CHECK(difference.newer_a + difference.newer_b > 180);
    CHECK(difference.newer_a + difference.newer_b <= 200);
}

TEST_CASE("maps without keys are not there, and unknown ones are an error", "[synth]") {
    auto options = three_maps(0);
    const auto state = generate(options);
    CHECK(state->maps() == std::vector<MapId>{kVisits});
    CHECK(must(state->facts(kVisits))->records == options.nodes);
    for (const auto& id : {kUsers, MapId{"visits", MapKind::lww}}) {
        CHECK(state->facts(id).error().code() == Errc::not_found);
        CHECK(state->rows(id, {HashRange{}}).error().code() == Errc::not_found);
        CHECK(state->removed_tags(id).error().code() == Errc::not_found);
    }
}

TEST_CASE("two hundred thousand records go into a snapshot that reads back the same", "[synth]") {
    auto options = three_maps(100'000);
    options.or_records = 1;
    options.value_bytes = 80;
    ScratchDir folder;
    const auto state = generate(options);
    const auto info = must(write_snapshot(*state, folder.file("a.tgs")));
    CHECK(info.rows >= 200'000 + options.nodes);
    const auto snapshot = must(SnapshotReader::open(folder.file("a.tgs")));
    CHECK(must(snapshot->verify()).empty());
    CHECK(hex(info.state) == name_of(*state));
    CHECK(must(snapshot->facts(kUsers))->root == must(state->facts(kUsers))->root);
}
