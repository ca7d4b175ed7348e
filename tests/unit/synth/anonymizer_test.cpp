// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "states.hpp"
#include "topgun/base/hash.hpp"
#include "topgun/synth/anonymize.hpp"
#include "topgun/value/json.hpp"

using namespace topgun;
using namespace topgun::synth;
using namespace topgun::test;

namespace {

AnonymizeOptions with_secret(std::string secret = "sixteen bytes and more") {
    AnonymizeOptions options;
    options.secret = std::move(secret);
    return options;
}

Anonymizer anonymizer(AnonymizeOptions options = with_secret()) {
    return must(Anonymizer::create(std::move(options)));
}

Op put(std::string_view key, const Stamp& stamp, BytesView value) {
    Op op;
    op.map = "users";
    op.key = key;
    op.stamp = stamp;
    op.value = value;
    return op;
}

template <typename Check>
void map_one(const Anonymizer& anon, const Op& op, Check&& check) {
    bool called = false;
    must(anon.map_op(op, [&](const Op& mapped) -> Status {
        called = true;
        check(mapped);
        return {};
    }));
    REQUIRE(called);
}

const Bytes kValue = "\x81\xa4name\xa6Talora";

}  // namespace

TEST_CASE("an op keeps its structure and nothing that can be read", "[synth]") {
    auto anon = anonymizer();
    auto op = put("user-17", {5000, 3, "phone-1"}, kValue);
    op.ttl_ms = 60'000;
    op.id = "42";
    anon.learn(op);
    must(anon.finish());
    map_one(anon, op, [&](const Op& mapped) {
        CHECK(mapped.kind == OpKind::put);
        CHECK(mapped.map.size() == 5);
        CHECK(mapped.map != "users");
        CHECK(mapped.key.size() == 7);
        CHECK(mapped.key != "user-17");
        CHECK(fnv1a(mapped.key) >> 20 == fnv1a("user-17") >> 20);
        CHECK(mapped.stamp.millis == 5000);
        CHECK(mapped.stamp.counter == 3);
        CHECK(mapped.stamp.node.size() == 7);
        CHECK(mapped.stamp.node != "phone-1");
        CHECK(mapped.value.size() == kValue.size());
        CHECK(mapped.value.find("Talora") == BytesView::npos);
        CHECK(mapped.ttl_ms == 60'000);
        CHECK(mapped.id == "42");
        CHECK(mapped.key == anon.key("user-17"));
        CHECK(mapped.map == anon.map_name("users"));
        CHECK(mapped.stamp.node == must(anon.node("phone-1")));
        CHECK(mapped.value == anon.value(kValue));
    });
    CHECK(anon.report().keys == 1);
    CHECK(anon.report().nodes == 1);
}

TEST_CASE("removals stay removals, and op ids that are no numbers are replaced", "[synth]") {
    auto anon = anonymizer();
    auto op = put("user-17", {5000, 0, "phone-1"}, {});
    op.kind = OpKind::remove;
    op.id = "b1946ac9-2487";
    anon.learn(op);
    must(anon.finish());
    map_one(anon, op, [&](const Op& mapped) {
        CHECK(mapped.kind == OpKind::remove);
        CHECK(mapped.value.empty());
        CHECK(mapped.id.size() == op.id.size());
        CHECK(mapped.id != op.id);
    });
}

TEST_CASE("node ids keep their order, their length and what TypeScript makes of them",
          "[synth][property]") {
    const auto seed = test::seed(20260817);
    CAPTURE(seed);
    Random rng(seed);
    std::vector<std::string> nodes = {"B",          "a",     "phone-1", "phone-10", "phone-1\u00e9",
                                      "\U0001f389", "\uff5e"};
    for (int i = 0; i < 200; ++i) {
        std::string node = "n";
        for (auto length = rng.below(30); length > 0; --length) {
            node += static_cast<char>(rng.chance(0.1) ? 'A' + rng.below(26) : 'a' + rng.below(26));
        }
        nodes.push_back(node);
    }
    auto anon = anonymizer();
    for (const auto& node : nodes) anon.learn_node(node);
    must(anon.finish());
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const auto a = must(anon.node(nodes[i]));
        CHECK(node_id_is_portable(a) == node_id_is_portable(nodes[i]));
        if (nodes[i].size() > 3) CHECK(a.size() == nodes[i].size());
        for (std::size_t j = 0; j < i; ++j) {
            const auto b = must(anon.node(nodes[j]));
            REQUIRE((a < b) == (nodes[i] < nodes[j]));
            REQUIRE((a == b) == (nodes[i] == nodes[j]));
        }
    }
    CHECK(anon.report().lengthened_nodes >= 2);
}

TEST_CASE("a tag that is a stamp stays its record's stamp, another one stays one text", "[synth]") {
    auto anon = anonymizer();
    Op add;
    add.kind = OpKind::or_add;
    add.map = "todos";
    add.key = "todo-1";
    add.stamp = {7000, 1, "phone-1"};
    add.value = kValue;
    add.tag = "7000:1:phone-1";
    auto remove = add;
    remove.kind = OpKind::or_remove;
    remove.value = {};
    auto odd = remove;
    odd.tag = "not a stamp";
    auto foreign = remove;
    foreign.tag = "6999:0:tablet";  // a node that no stamp names
    for (const auto& op : {add, remove, odd, foreign}) anon.learn(op);
    must(anon.finish());
    const auto node = must(anon.node("phone-1"));
    map_one(anon, add, [&](const Op& mapped) {
        CHECK(mapped.tag == "7000:1:" + node);
        CHECK(mapped.stamp == Stamp{7000, 1, node});
    });
    map_one(anon, remove, [&](const Op& mapped) {
        CHECK(mapped.tag == "7000:1:" + node);
        CHECK(mapped.key == anon.key("todo-1"));
    });
    map_one(anon, odd, [&](const Op& mapped) {
        CHECK(mapped.tag.size() == odd.tag.size());
        CHECK(mapped.tag != odd.tag);
    });
    map_one(anon, foreign,
            [&](const Op& mapped) { CHECK(mapped.tag == "6999:0:" + must(anon.node("tablet"))); });
}

TEST_CASE("a counter's counts stay, its node is replaced", "[synth]") {
    auto anon = anonymizer();
    Bytes counts;
    encode_counter_entry(17, 3, counts);
    Op op;
    op.kind = OpKind::counter;
    op.map = "visits";
    op.key = "phone-1";
    op.value = counts;
    anon.learn(op);
    must(anon.finish());
    map_one(anon, op, [&](const Op& mapped) {
        CHECK(mapped.key == must(anon.node("phone-1")));
        CHECK(mapped.value == counts);
    });
}

TEST_CASE("all times move by one amount, and not below zero", "[synth]") {
    auto options = with_secret();
    options.shift_back_ms = 1000;
    auto anon = anonymizer(options);
    auto op = put("user-17", {1000, 3, "phone-1"}, kValue);
    anon.learn(op);
    must(anon.finish());
    map_one(anon, op, [](const Op& mapped) { CHECK(mapped.stamp.millis == 0); });

    auto too_far = anonymizer(options);
    op.stamp.millis = 999;
    too_far.learn(op);
    CHECK(too_far.finish().error().code() == Errc::usage);
}

TEST_CASE("short keys get distinct replacements, whatever the order they come in", "[synth]") {
    std::vector<std::string> keys;
    for (int i = 0; i < 3000; ++i) keys.push_back(std::to_string(i));
    auto forwards = anonymizer();
    auto backwards = anonymizer();
    for (const auto& key : keys) forwards.learn(put(key, {1, 0, "n"}, kValue));
    std::reverse(keys.begin(), keys.end());
    for (const auto& key : keys) {
        for (int twice = 0; twice < 2; ++twice) backwards.learn(put(key, {1, 0, "n"}, kValue));
    }
    must(forwards.finish());
    must(backwards.finish());
    std::set<std::string> replacements;
    std::size_t longer = 0;
    for (const auto& key : keys) {
        const auto other = forwards.key(key);
        CHECK(other == backwards.key(key));
        CHECK(fnv1a(other) >> 20 == fnv1a(key) >> 20);
        longer += other.size() > key.size();
        replacements.insert(other);
    }
    CHECK(replacements.size() == keys.size());
    CHECK(forwards.report().keys == 3000);
    CHECK(forwards.report().lengthened_keys == longer);
    CHECK(backwards.report().keys == 3000);
    // All of the ten keys of one digit; few of those with three or four.
    CHECK(longer >= 10);
    CHECK(longer < 300);
}

TEST_CASE("with one secret two runs agree, with another they do not", "[synth]") {
    auto first = anonymizer();
    auto second = anonymizer();
    auto third = anonymizer(with_secret("some other secret, as long"));
    for (auto* anon : {&first, &second, &third}) must(anon->finish());
    CHECK(first.key("some-key-of-mine") == second.key("some-key-of-mine"));
    CHECK(first.value(kValue) == second.value(kValue));
    CHECK(first.key("some-key-of-mine") != third.key("some-key-of-mine"));
    CHECK(first.value(kValue) != third.value(kValue));
    CHECK(must(random_secret()).size() >= kMinSecret);
    CHECK(must(random_secret()) != must(random_secret()));
}

TEST_CASE("of two values under one stamp the same one wins", "[synth][property]") {
    const auto seed = test::seed(20260817);
    CAPTURE(seed);
    Random rng(seed);
    for (int round = 0; round < 40; ++round) {
        auto anon = anonymizer();
        Replica replica;
        std::vector<Bytes> values;
        for (int i = 0; i < 3; ++i) {
            std::string json = R"({"name":")" + std::to_string(rng.below(1000)) + R"(","on":)" +
                               (rng.chance(0.5) ? "true" : "false") + "}";
            values.push_back(must(parse_json(json)));
        }
        for (const auto& value : values) {
            const auto op = put("user-17", {5000, 0, "phone-1"}, value);
            anon.learn(op);
            must(replica.apply(op, &anon.losers()));
        }
        must(anon.finish());
        CHECK(anon.report().unordered_ties == 0);
        std::vector<Bytes> mapped;
        for (const auto& value : values) {
            map_one(anon, put("user-17", {5000, 0, "phone-1"}, value),
                    [&](const Op& op) { mapped.emplace_back(op.value); });
        }
        for (std::size_t i = 0; i < 3; ++i) {
            for (std::size_t j = 0; j < 3; ++j) {
                REQUIRE((mapped[i] < mapped[j]) == (values[i] < values[j]));
                REQUIRE((mapped[i] == mapped[j]) == (values[i] == values[j]));
            }
        }
    }
}

TEST_CASE("what cannot be mapped is an error, not a leak", "[synth]") {
    CHECK(Anonymizer::create(with_secret("too short")).error().code() == Errc::usage);
    auto anon = anonymizer();
    const auto op = put("user-17", {1, 0, "phone-1"}, kValue);
    const auto ignore = [](const Op&) -> Status { return {}; };
    CHECK_THROWS_AS(static_cast<void>(anon.map_op(op, ignore)), Bug);
    must(anon.finish());
    CHECK(anon.map_op(op, ignore).error().code() == Errc::usage);
    CHECK(anon.node("phone-1").error().code() == Errc::usage);
}
