// SPDX-License-Identifier: Apache-2.0
#include "topgun/replica/replica.hpp"

#include <algorithm>

#include "topgun_test/states.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using test::int_value;

namespace {

struct Heard {
    std::string winner, loser;
    StampField decided_by;
    bool operator==(const Heard&) const = default;
};

class Listener final : public ConflictObserver {
public:
    void on_conflict(const Conflict& conflict) override {
        heard.push_back(
            {test::line_of(conflict.winner), test::line_of(conflict.loser), conflict.decided_by});
        maps.push_back(conflict.map);
    }
    std::vector<Heard> heard;
    std::vector<MapId> maps;
};

std::uint32_t root(Replica& replica, const MapId& map) {
    return replica.get(map).root();
}

const MapId kLww{"m", MapKind::lww};
const MapId kOr{"m", MapKind::or_map};

void check_tries(Replica& replica) {
    const auto state = read_replica(replica);
    for (const auto& map : state->maps()) {
        const auto& facts = *test::must(state->facts(map));
        CHECK(replica.get(map).root() == facts.root);
        if (map.kind != MapKind::counter) CHECK(replica.get(map).trie == facts.trie);
    }
}

}  // namespace

TEST_CASE("an OR-Map's roots are those of the reference as it grows and shrinks",
          "[replica][vectors]") {
    Replica replica;
    const auto work = test::string_value("work");
    const auto add = [&](std::uint32_t counter) {
        test::apply_all(replica, {test::or_add("tags", {1'000'000, counter, "A"}, work)});
    };
    add(0);
    CHECK(root(replica, kOr) == 0x84409766);
    add(1);
    CHECK(root(replica, kOr) == 0x44cd6923);
    test::apply_all(replica, {test::or_remove("1000000:0:A"), test::or_remove("1000000:1:A")});
    CHECK(root(replica, kOr) == 0);
}

TEST_CASE("merging a key's records and tombstones gives the reference's roots",
          "[replica][vectors]") {
    Replica replica;
    const auto a = test::or_add("k", {10, 0, "x"}, test::string_value("a"));
    const auto b = test::or_add("k", {11, 0, "y"}, test::string_value("b"));
    test::apply_all(replica, {a, b});
    CHECK(root(replica, kOr) == 0x5a60a7cc);
    test::apply_all(replica, {a, test::or_remove("11:0:y")});
    CHECK(root(replica, kOr) == 0x3ffdfeda);
    auto newer = a;
    newer.stamp = {12, 0, "x"};
    CHECK(test::must(replica.apply(newer.view())) == Merged::replaced);
    auto older = a;
    older.stamp = {9, 0, "x"};
    CHECK(test::must(replica.apply(older.view())) == Merged::lost);
}

TEST_CASE("LWW roots follow ties, prunes of nothing and times to live as in the reference",
          "[replica][vectors]") {
    Replica ttl;
    test::apply_all(ttl, {test::put("k", {1'000'000, 0, "n"}, test::string_value("v"), 500)});
    CHECK(root(ttl, kLww) == 0x10e50f90);
    Replica ties(TieRule::keep_first);
    test::apply_all(ties, {test::put("k", {5, 0, "a"}, test::string_value("v")),
                           test::remove("k", {5, 0, "a"}), test::remove("k", {5, 1, "a"})});
    CHECK(root(ties, kLww) == 0x538cbf27);
}

TEST_CASE("the two-record OR example has the reference's root", "[replica][vectors]") {
    Replica replica;
    test::apply_all(replica, {test::or_add("tags", {10, 0, "a"}, test::string_value("x")),
                              test::or_add("tags", {9, 0, "a"}, test::string_value("y"))});
    CHECK(root(replica, kOr) == 0x00ecbc37);
}

// Goal:   merge is commutative, associative and idempotent for every kind of map.
// Method: a few hundred ops that collide in every way (equal stamps with different content and time
//         to live, tombstones, tags under two keys, one tag with two contents, removals before
//         their adds), in several orders, with repetitions, and grouped into states merged as
//         trees.
TEST_CASE("replicas that saw the same ops agree, whatever the order and grouping",
          "[replica][property]") {
    const auto seed = test::seed(20260817);
    CAPTURE(seed);
    Random rng(seed);
    for (int round = 0; round < 24; ++round) {
        test::OpShape shape;
        shape.maps = {"a", "b"};
        shape.keys = 1 + rng.below(12);
        shape.tags = 1 + rng.below(8);
        shape.millis = 1 + rng.below(6);
        shape.small_values = rng.chance(0.5);
        auto ops = test::random_ops(rng, 150 + rng.below(150), shape);
        auto first = test::replica_of(ops);
        const auto expected = test::lines_of(first);
        check_tries(first);

        std::shuffle(ops.begin(), ops.end(), rng);
        for (auto again = rng.below(50); again > 0; --again) ops.push_back(OwnedOp(ops[again]));
        auto shuffled = test::replica_of(ops);
        CHECK(test::lines_of(shuffled) == expected);
        check_tries(shuffled);

        // (a + (b + c)) + ((c + a) + b), with states as the operands.
        std::vector<Replica> parts(3);
        for (const auto& op : ops) test::apply_all(parts[rng.below(3)], {op});
        const auto sum = [](Replica& into, Replica& from) {
            test::must(into.apply(*read_replica(from)));
        };
        Replica left, right, all;
        sum(left, parts[1]);
        sum(left, parts[2]);
        sum(right, parts[2]);
        sum(right, parts[0]);
        sum(right, parts[1]);
        sum(all, parts[0]);
        sum(all, left);
        sum(all, right);
        CHECK(test::lines_of(all) == expected);
        sum(all, left);  // once more changes nothing
        CHECK(test::lines_of(all) == expected);
        check_tries(all);
    }
}

TEST_CASE("a tombstone has no time to live, however it was written", "[replica]") {
    Replica one, two;
    auto op = test::remove("k", {5, 0, "n"});
    test::apply_all(one, {op});
    op.ttl_ms = 5000;
    test::apply_all(two, {op});
    CHECK(test::lines_of(one) == test::lines_of(two));
    CHECK(test::must(one.apply(op.view())) == Merged::equal);
}

TEST_CASE("maps of one name and different kinds are different maps", "[replica]") {
    Replica replica;
    test::apply_all(replica,
                    {test::put("k", {1, 0, "n"}, int_value(1)),
                     test::or_add("k", {1, 0, "n"}, int_value(1)), test::counter("n", 1, 0)});
    CHECK(replica.maps().size() == 3);
    REQUIRE(replica.find(kLww) != nullptr);
    CHECK(std::get<LwwMap>(replica.find(kLww)->crdt).size() == 1);
    CHECK(replica.find({"n", MapKind::lww}) == nullptr);
    CHECK(replica.memory() > 0);
}

TEST_CASE("ops that contradict themselves are refused and change nothing", "[replica]") {
    Replica replica;
    OwnedOp op = test::or_add("k", {1, 0, "n"}, int_value(1));
    op.tag.clear();
    CHECK(replica.apply(op.view()).error().code() == Errc::bad_input);
    CHECK(replica.apply(test::or_remove("").view()).error().code() == Errc::bad_input);
    for (const auto* hex : {"", "c0", "9101", "92a0a0", "92ff01"}) {
        op = {};
        op.kind = OpKind::counter;
        op.value = test::from_hex(hex);
        CHECK(replica.apply(op.view()).error().code() == Errc::bad_input);
    }
    CHECK(test::lines_of(replica).empty());
}

TEST_CASE("an observer hears of each record that a merge drops, and why", "[replica]") {
    Listener listener;
    Replica replica;
    const auto apply = [&](const OwnedOp& op) {
        (void)test::must(replica.apply(op.view(), &listener));
    };
    apply(test::put("k", {5, 0, "b"}, int_value(1)));
    apply(test::put("k", {5, 0, "b"}, int_value(1)));
    CHECK(listener.heard.empty());
    const auto at_k = std::to_string(fnv1a("k")) + " 'k' at ";
    apply(test::put("k", {5, 0, "a"}, int_value(2)));
    CHECK(listener.heard.back() ==
          Heard{at_k + "5:0:b = 01", at_k + "5:0:a = 02", StampField::node});
    apply(test::put("k", {6, 0, "a"}, int_value(3)));
    CHECK(listener.heard.back() ==
          Heard{at_k + "6:0:a = 03", at_k + "5:0:b = 01", StampField::millis});
    apply(test::remove("k", {6, 1, "a"}));
    CHECK(listener.heard.back() ==
          Heard{at_k + "6:1:a tombstone", at_k + "6:0:a = 03", StampField::counter});
    apply(test::put("k", {6, 1, "a"}, int_value(9)));
    CHECK(listener.heard.back() ==
          Heard{at_k + "6:1:a = 09", at_k + "6:1:a tombstone", StampField::none});
    CHECK(listener.heard.size() == 4);
    CHECK(listener.maps.back() == kLww);
}

TEST_CASE("an observer hears of OR records that lose to a removal or to another version",
          "[replica]") {
    Listener listener;
    Replica replica;
    const auto apply = [&](const OwnedOp& op) {
        (void)test::must(replica.apply(op.view(), &listener));
    };
    const auto add = test::or_add("k", {5, 0, "a"}, int_value(1));
    apply(add);
    auto newer = add;
    newer.stamp.millis = 6;
    apply(newer);
    const auto at_k = std::to_string(fnv1a("k")) + " 'k' tag '5:0:a' at ";
    REQUIRE(listener.heard.size() == 1);
    CHECK(listener.heard[0] == Heard{at_k + "6:0:a = 01", at_k + "5:0:a = 01", StampField::millis});
    apply(test::or_remove("5:0:a"));  // drops the record that is there
    REQUIRE(listener.heard.size() == 2);
    CHECK(listener.heard[1] == Heard{"removed '5:0:a'", at_k + "6:0:a = 01", StampField::none});
    apply(test::or_remove("5:0:a"));
    apply(test::or_remove("unknown"));
    CHECK(listener.heard.size() == 2);
    apply(add);  // comes too late
    REQUIRE(listener.heard.size() == 3);
    CHECK(listener.heard[2] == Heard{"removed '5:0:a'", at_k + "5:0:a = 01", StampField::none});
}

TEST_CASE("a removal tells of every key that holds the tag", "[replica]") {
    Listener listener;
    Replica replica;
    auto add = test::or_add("b", {5, 0, "a"}, int_value(1));
    test::apply_all(replica, {add});
    add.key = "a";
    add.value = int_value(2);
    test::apply_all(replica, {add, test::or_add("a", {6, 0, "a"}, int_value(3))});
    (void)test::must(replica.apply(test::or_remove(add.tag).view(), &listener));
    const auto at = [](std::string_view key) {
        return std::to_string(fnv1a(key)) + " '" + std::string(key) + "' tag '5:0:a' at 5:0:a = ";
    };
    REQUIRE(listener.heard.size() == 2);
    CHECK(listener.heard[0] == Heard{"removed '5:0:a'", at("a") + "02", StampField::none});
    CHECK(listener.heard[1] == Heard{"removed '5:0:a'", at("b") + "01", StampField::none});
}

// Goal:   a batch leaves the same state and trie as its ops one by one.
TEST_CASE("ops in a batch do what they do one by one", "[replica][property]") {
    const auto seed = test::seed(3131);
    CAPTURE(seed);
    Random rng(seed);
    for (int round = 0; round < 20; ++round) {
        test::OpShape shape;
        shape.maps = {"a", "b"};
        shape.keys = 40;
        shape.small_values = true;
        shape.or_map = shape.counter = rng.chance(0.5);
        auto ops = test::random_ops(rng, 300, shape);
        for (auto& op : ops) {
            if (op.kind == OpKind::remove && rng.chance(0.5)) op.ttl_ms = 5;
        }
        std::vector<Op> views;
        for (const auto& op : ops) views.push_back(op.view());
        auto single = test::replica_of(ops);
        Replica batched;
        for (std::size_t at = 0; at < views.size();) {
            const auto count = std::min<std::size_t>(1 + rng.below(60), views.size() - at);
            test::must(batched.apply(std::span<const Op>(views).subspan(at, count)));
            at += count;
        }
        CHECK(test::lines_of(batched) == test::lines_of(single));
        check_tries(batched);
    }
}

TEST_CASE("a batch stops at an op that contradicts itself and keeps those before it", "[replica]") {
    const std::vector<OwnedOp> ops = {test::put("k", {1, 0, "n"}, int_value(1)),
                                      test::or_remove(""),
                                      test::put("l", {1, 0, "n"}, int_value(1))};
    std::vector<Op> views;
    for (const auto& op : ops) views.push_back(op.view());
    Replica replica;
    CHECK(replica.apply(std::span<const Op>(views)).error().code() == Errc::bad_input);
    CHECK(test::lines_of(replica).size() == 2);
}

TEST_CASE("an observer's presence changes no result", "[replica][property]") {
    const auto seed = test::seed(4242);
    CAPTURE(seed);
    Random rng(seed);
    test::OpShape shape;
    shape.small_values = true;
    const auto ops = test::random_ops(rng, 2000, shape);
    Listener listener;
    Replica watched, alone;
    for (const auto& op : ops) {
        const auto expected = test::must(alone.apply(op.view()));
        CHECK(test::must(watched.apply(op.view(), &listener)) == expected);
    }
    CHECK(test::lines_of(watched) == test::lines_of(alone));
    CHECK(listener.heard.size() > 100);
}
