// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <set>

#include "states.hpp"
#include "topgun/reconcile/merge.hpp"
#include "topgun/synth/anonymize.hpp"

using namespace topgun;
using namespace topgun::synth;
using namespace topgun::test;

namespace {

Anonymizer learned(const std::vector<const StateReader*>& states, AnonymizeOptions options = {}) {
    if (options.secret.empty()) options.secret = "sixteen bytes and more";
    auto anon = must(Anonymizer::create(std::move(options)));
    for (const auto* state : states) must(anon.learn(*state));
    MergeOptions merge;
    merge.observer = &anon.losers();
    const auto merged = merge_states(states, merge);
    for (const auto& id : merged->maps()) {
        all_removed(*merged, id);
        all_rows(*merged, id);
    }
    must(anon.finish());
    return anon;
}

GenerateOptions base_options(std::uint64_t seed) {
    GenerateOptions options;
    options.maps = {kUsers, kTodos, kVisits};
    options.records = 1500;
    options.seed = seed;
    options.unicode = 0.1;
    options.values = seed % 2 == 0 ? ValueShape::profile : ValueShape::mixed;
    return options;
}

MapId image(const Anonymizer& anon, const MapId& id) {
    return {anon.map_name(id.name), id.kind};
}

}  // namespace

// Goal:   a bug in merging shows on anonymized files as it does on the real ones.
// Method: three replicas of one base with conflicts of every kind, same-stamp ones too; merging
//         what was anonymized must give, byte for byte, what anonymizing the merge gives.
TEST_CASE("merging anonymized states equals anonymizing the merge", "[synth][property]") {
    const auto seed = test::seed(GENERATE(20, 21, 22, 23));
    CAPTURE(seed);
    auto options = base_options(seed);
    options.conflicts = 300;
    options.same_stamp = 100;
    options.only_in = 20;
    std::vector<std::unique_ptr<StateReader>> owned;
    std::vector<const StateReader*> states;
    for (options.variant = 0; options.variant < 3; ++options.variant) {
        owned.push_back(generate(options));
        states.push_back(owned.back().get());
    }
    const auto anon = learned(states);
    CHECK(anon.report().ties > 150);
    CHECK(anon.report().unordered_ties == 0);
    std::vector<std::unique_ptr<StateReader>> masked;
    std::vector<const StateReader*> masks;
    for (const auto* state : states) {
        masked.push_back(anonymize_state(anon, *state));
        masks.push_back(masked.back().get());
    }
    const auto merge = merge_states(states);
    const auto merged_masks = merge_states(masks);
    CHECK(name_of(*anonymize_state(anon, *merge)) == name_of(*merged_masks));
    CHECK(name_of(*merge) != name_of(*merged_masks));
}

TEST_CASE("an anonymized state has the sizes, times, tombstones and leaves of the original",
          "[synth]") {
    const auto state = generate(base_options(2));
    const auto anon = learned({state.get()});
    const auto masked = anonymize_state(anon, *state);
    CHECK(masked->maps().size() == 3);
    for (const auto& id : state->maps()) {
        CAPTURE(id.name);
        const auto& before = *must(state->facts(id));
        const auto& after = *must(masked->facts(image(anon, id)));
        CHECK(before.records == after.records);
        CHECK(before.keys == after.keys);
        CHECK(before.tombstones == after.tombstones);
        CHECK(before.key_bytes == after.key_bytes);
        CHECK(before.value_bytes == after.value_bytes);
        CHECK(before.expiry.buckets() == after.expiry.buckets());
        CHECK(before.positive == after.positive);
        CHECK(std::equal(before.trie.leaf_keys().begin(), before.trie.leaf_keys().end(),
                         after.trie.leaf_keys().begin(), after.trie.leaf_keys().end()));
        CHECK(before.content != after.content);
        REQUIRE(before.nodes.size() == after.nodes.size());
        auto node = after.nodes.begin();
        for (const auto& [name, facts] : before.nodes) {
            // In order of their ids, the nodes have written the same.
            CHECK(must(anon.node(name)) == node->first);
            CHECK(facts.records == node->second.records);
            CHECK(facts.last.millis == node->second.last.millis);
            ++node;
        }
    }
}

TEST_CASE("rows of an anonymized state come in trie order, whole and in ranges", "[synth]") {
    const auto state = generate(base_options(2));
    const auto anon = learned({state.get()});
    const auto masked = anonymize_state(anon, *state);
    const auto id = image(anon, GENERATE(kUsers, kTodos, kVisits));
    const auto rows = all_rows(*masked, id);
    for (std::size_t i = 1; i < rows.size(); ++i) {
        const auto& a = rows[i - 1];
        const auto& b = rows[i];
        REQUIRE(std::tie(a.key_hash, a.key, a.tag) < std::tie(b.key_hash, b.key, b.tag));
    }
    // Ranges that begin and end inside of leaves, two of them in one leaf.
    const auto middle = rows[rows.size() / 2].key_hash;
    const std::vector<HashRange> ranges = {
        {0x00012345, middle - 2}, {middle, middle}, {middle + 1, middle + 0x00100000}};
    std::vector<OwnedRow> expected;
    for (const auto& row : rows) {
        for (const auto& range : ranges) {
            if (row.key_hash >= range.first && row.key_hash <= range.last) expected.push_back(row);
        }
    }
    CHECK(all_rows(*must(masked->rows(id, ranges))) == expected);
    CHECK(all_rows(*must(masked->rows(id, {{middle, middle}}))).size() >= 1);
    const auto removed = all_removed(*masked, id);
    for (std::size_t i = 1; i < removed.size(); ++i) CHECK(removed[i - 1].tag < removed[i].tag);
}

TEST_CASE("nothing readable of the original is left in an anonymized state", "[synth]") {
    const auto state = generate(base_options(2));
    const auto anon = learned({state.get()});
    const auto masked = anonymize_state(anon, *state);
    std::set<std::string> keys, nodes;
    for (const auto& row : all_rows(*state, kUsers)) {
        keys.insert(row.key);
        nodes.insert(row.stamp.node_id);
    }
    for (const auto& row : all_rows(*masked, image(anon, kUsers))) {
        CHECK_FALSE(keys.contains(row.key));
        CHECK_FALSE(nodes.contains(row.stamp.node_id));
        CHECK(row.value.find("example.com") == std::string::npos);
        CHECK(row.value.find("address") == std::string::npos);
    }
}

TEST_CASE("a diff of anonymized states names as many keys, of each kind", "[synth]") {
    auto options = base_options(2);
    options.maps = {kUsers};
    const auto a = generate(options);
    options.conflicts = 120;
    options.same_stamp = 30;
    options.only_in = 9;
    const auto b = generate(options);
    const auto anon = learned({a.get(), b.get()});
    const auto before = deep_diff(*a, *b);
    const auto after = deep_diff(*anonymize_state(anon, *a), *anonymize_state(anon, *b));
    CHECK(before.newer_a == after.newer_a);
    CHECK(before.newer_b == after.newer_b);
    CHECK(before.only_b == after.only_b);
    CHECK(before.same_stamp == after.same_stamp);
}

TEST_CASE("a shift moves every stamp and tag of a state", "[synth]") {
    const auto state = generate(base_options(2));
    AnonymizeOptions options;
    options.shift_back_ms = 1'690'000'000'000;  // from 13 digits to 11: tags sort anew
    const auto anon = learned({state.get()}, std::move(options));
    const auto masked = anonymize_state(anon, *state);
    const auto before = all_rows(*state, kTodos);
    std::multiset<std::uint64_t> times, shifted;
    for (const auto& row : before) times.insert(row.stamp.millis - 1'690'000'000'000);
    for (const auto& row : all_rows(*masked, image(anon, kTodos))) {
        shifted.insert(row.stamp.millis);
        CHECK(row.tag == format_stamp(row.stamp.view()));
    }
    CHECK(times == shifted);
    const auto removed = all_removed(*masked, image(anon, kTodos));
    for (std::size_t i = 1; i < removed.size(); ++i) CHECK(removed[i - 1].tag < removed[i].tag);
}

TEST_CASE("a state with nodes that were not learned is an error when it is read", "[synth]") {
    const auto state = generate(base_options(2));
    const auto anon = learned({});
    const auto masked = anonymize_state(anon, *state);
    const auto cursor = must(masked->rows(image(anon, kUsers), {HashRange{}}));
    CHECK(cursor->next().error().code() == Errc::usage);
    CHECK(masked->rows(kUsers, {HashRange{}}).error().code() == Errc::not_found);
    CHECK(masked->removed_tags(kUsers).error().code() == Errc::not_found);
    CHECK(masked->facts(kUsers).error().code() == Errc::not_found);
}
