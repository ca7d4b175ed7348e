// SPDX-License-Identifier: Apache-2.0
#include "topgun/crdt/lww_map.hpp"

#include <map>
#include <string>

#include "topgun/base/hash.hpp"
#include "topgun_test/states.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using test::int_value;
using test::string_value;

namespace {

LwwRecord record_of(const OwnedOp& op) {
    return {op.stamp.view(), op.value, op.ttl_ms};
}

LwwChange merge(LwwMap& map, const OwnedOp& op) {
    return map.merge(op.key, record_of(op));
}

// What the map should do, written as plainly as can be.
class Model {
public:
    explicit Model(TieRule ties) : ties_(ties) {}

    Merged merge(const OwnedOp& op) {
        const auto found = entries_.find(op.key);
        if (found == entries_.end()) {
            entries_.emplace(op.key, op);
            return Merged::added;
        }
        auto& mine = found->second;
        const auto order = op.stamp <=> mine.stamp;
        const int content = compare_content(op.value, op.ttl_ms, mine.value, mine.ttl_ms);
        if (order == 0 && content == 0) return Merged::equal;
        if (order < 0 || (order == 0 && (content < 0 || ties_ == TieRule::keep_first))) {
            return Merged::lost;
        }
        mine = op;
        return Merged::replaced;
    }

    std::size_t prune(const Timestamp& before) {
        return std::erase_if(entries_, [&](const auto& entry) {
            return entry.second.value.empty() && entry.second.stamp < before;
        });
    }

    void check(const LwwMap& map) const {
        REQUIRE(map.size() == entries_.size());
        std::size_t tombstones = 0;
        for (const auto& [key, op] : entries_) {
            const auto record = map.find(key);
            REQUIRE(record);
            CHECK(Timestamp(record->stamp) == op.stamp);
            CHECK(record->value == op.value);
            CHECK(record->ttl_ms == op.ttl_ms);
            tombstones += op.value.empty() ? 1 : 0;
        }
        CHECK(map.tombstones() == tombstones);
        check_order(map);
    }

private:
    static void check_order(const LwwMap& map) {
        const auto positions = map.sorted_positions();
        REQUIRE(positions.size() == map.size());
        for (std::size_t i = 0; i < positions.size(); ++i) {
            const auto key = map.key_at(positions[i]);
            CHECK(map.key_hash_at(positions[i]) == fnv1a(key));
            CHECK(map.item_at(positions[i]) ==
                  lww_item_hash(fnv1a(key), map.record_at(positions[i]).stamp));
            if (i == 0) continue;
            const auto before = map.key_at(positions[i - 1]);
            CHECK(std::pair(fnv1a(before), before) < std::pair(fnv1a(key), key));
        }
    }

    TieRule ties_;
    std::map<std::string, OwnedOp> entries_;
};

}  // namespace

TEST_CASE("LWW item hashes are those of the reference", "[crdt][vectors]") {
    struct Row {
        const char* key;
        Timestamp stamp;
        std::uint32_t item;
    };
    const Row rows[] = {
        {"a", {100, 0, "test"}, 0x8ff2f1ff},
        {"b", {200, 0, "test"}, 0x0c899a63},
        {"key1", {100, 0, "test"}, 0xedbc1bee},
        {"alice", {111, 0, "n1"}, 0x446f2789},
        {"bob", {222, 3, "n2"}, 0xbc435aef},
        {"carol", {999, 7, "n3"}, 0x7f35275f},
        {"\xf0\x9f\x98\x80", {1700000000000, 42, "node-abc-123"}, 0xf8006958},
        {"user:1", {18446744073709551615u, 4294967295u, "z"}, 0xe3455c47},
        {"user:2", {9007199254740991, 0, "\xd1\x83\xd0\xb7\xd0\xb5\xd0\xbb"}, 0x5cbc0f6c},
        {"key-23", {1, 0, "n"}, 0x7cf65f83},
        {"key-33", {2, 0, "n"}, 0xb959c5cf},
        {"hello", {1700000000000, 1, "node-1"}, 715106844},
    };
    for (const auto& row : rows) {
        CAPTURE(row.key);
        CHECK(lww_item_hash(fnv1a(row.key), row.stamp.view()) == row.item);
    }
}

TEST_CASE("the greatest stamp wins, tombstones and later values alike", "[crdt]") {
    LwwMap map;
    CHECK(merge(map, test::put("k", {5, 0, "a"}, string_value("v"))).result == Merged::added);
    CHECK(merge(map, test::put("k", {4, 9, "z"}, string_value("old"))).result == Merged::lost);
    CHECK(merge(map, test::remove("k", {5, 1, "a"})).result == Merged::replaced);
    CHECK(map.tombstones() == 1);
    CHECK_FALSE(map.get("k", 10));
    CHECK(merge(map, test::put("k", {5, 1, "b"}, string_value("again"))).result ==
          Merged::replaced);
    CHECK(map.tombstones() == 0);
    CHECK(map.get("k", 10)->value == string_value("again"));
    CHECK(merge(map, test::put("k", {5, 1, "b"}, string_value("again"))).result == Merged::equal);
    CHECK(map.size() == 1);
    CHECK_FALSE(map.find("other"));
}

TEST_CASE("node ids are compared as UTF-8 bytes", "[crdt]") {
    // U+FF5E comes before the emoji in bytes, after it in UTF-16 units, as JavaScript would sort.
    LwwMap map;
    merge(map, test::put("k", {5, 0, "\xef\xbd\x9e"}, string_value("low")));
    CHECK(merge(map, test::put("k", {5, 0, "\xf0\x9f\x98\x80"}, string_value("high"))).result ==
          Merged::replaced);
    CHECK(merge(map, test::put("k", {5, 0, "a"}, string_value("ascii"))).result == Merged::lost);
}

TEST_CASE("under keep_first an equal stamp changes nothing, as in TopGun's own maps",
          "[crdt][vectors]") {
    LwwMap map(TieRule::keep_first);
    merge(map, test::put("k", {5, 0, "a"}, string_value("v")));
    CHECK(merge(map, test::remove("k", {5, 0, "a"})).result == Merged::lost);
    CHECK(merge(map, test::put("k", {5, 0, "a"}, string_value("zzz"))).result == Merged::lost);
    CHECK(map.find("k")->value == string_value("v"));
    CHECK(merge(map, test::remove("k", {5, 1, "a"})).result == Merged::replaced);

    const auto none = [](const LwwChange&) {};
    CHECK(map.prune(Timestamp(5, 1, "a").view(), none) == 0);
    CHECK(map.prune(Timestamp(5, 1, "b").view(), none) == 1);
    CHECK(map.size() == 0);
    CHECK(merge(map, test::put("k", {5, 0, "a"}, string_value("v"))).result == Merged::added);
}

TEST_CASE("time to live hides a record from get() and from nothing else", "[crdt][vectors]") {
    LwwMap map;
    merge(map, test::put("k", {1'000'000, 0, "n"}, string_value("v"), 500));
    CHECK(map.get("k", 1'000'000));
    CHECK(map.get("k", 1'000'500));
    CHECK_FALSE(map.get("k", 1'000'501));
    CHECK(map.find("k"));
    CHECK(map.size() == 1);
}

TEST_CASE("a change tells the trie what was there and what is", "[crdt]") {
    LwwMap map;
    const auto first = merge(map, test::put("k", {1, 0, "n"}, int_value(1)));
    CHECK_FALSE(first.had_item);
    CHECK(first.has_item);
    CHECK(first.key_hash == fnv1a("k"));
    const auto second = merge(map, test::put("k", {2, 0, "n"}, int_value(1)));
    CHECK(second.had_item);
    CHECK(second.old_item == first.new_item);
    CHECK(second.new_item == lww_item_hash(fnv1a("k"), Timestamp(2, 0, "n").view()));
    const auto lost = merge(map, test::put("k", {1, 0, "n"}, int_value(1)));
    CHECK(lost.old_item == lost.new_item);
}

// Goal:   the map behaves as a std::map with the merge rule spelled out, through merges one by one
//         and in batches, prunes, and the moves and compactions that follow.
// Method: random ops with many collisions in key, stamp and content; after each round the whole map
//         is compared.
TEST_CASE("an LWW map agrees with a plain model", "[crdt][property]") {
    const auto seed = test::seed(20260817);
    CAPTURE(seed);
    Random rng(seed);
    for (const auto ties : {TieRule::by_content, TieRule::keep_first}) {
        LwwMap map(ties);
        Model model(ties);
        test::OpShape shape;
        shape.or_map = shape.counter = false;
        for (int round = 0; round < 60; ++round) {
            shape.keys = 1 + rng.below(300);
            shape.millis = 1 + rng.below(40);
            shape.small_values = rng.chance(0.5);
            const auto ops = test::random_ops(rng, rng.below(100), shape);
            std::vector<Merged> expected, got;
            for (const auto& op : ops) expected.push_back(model.merge(op));
            if (rng.chance(0.5)) {
                for (const auto& op : ops) got.push_back(merge(map, op).result);
            } else {
                std::vector<Op> views;
                for (const auto& op : ops) views.push_back(op.view());
                map.merge_batch(views,
                                [&](const LwwChange& change) { got.push_back(change.result); });
            }
            REQUIRE(got == expected);
            if (rng.chance(0.3)) {
                const auto before = test::random_op(rng, shape).stamp;
                std::size_t changes = 0;
                const auto dropped = map.prune(before.view(), [&](const LwwChange& change) {
                    ++changes;
                    CHECK(change.had_item);
                    CHECK_FALSE(change.has_item);
                });
                CHECK(dropped == model.prune(before));
                CHECK(changes == dropped);
            }
            model.check(map);
        }
    }
}

TEST_CASE("overwritten values are reclaimed, and nothing else moves", "[crdt][property]") {
    const auto seed = test::seed(5);
    CAPTURE(seed);
    Random rng(seed);
    LwwMap map;
    Model model(TieRule::by_content);
    std::size_t most = 0;
    // 20 MB of writes over half a megabyte of live values.
    for (std::uint64_t i = 0; i < 4000; ++i) {
        const auto key = "key-" + std::to_string(rng.below(100));
        const auto size = rng.below(10'000);
        auto op = test::put(key, {i, 0, "n"},
                            string_value(std::string(size, static_cast<char>('a' + i % 26))));
        if (rng.chance(0.05)) op = test::remove(key, op.stamp);
        model.merge(op);
        merge(map, op);
        most = std::max(most, map.memory());
    }
    model.check(map);
    CHECK(most < 6'000'000);
}

TEST_CASE("pruned tombstones give their memory back in the end", "[crdt]") {
    LwwMap map;
    const std::string long_key(1000, 'k');
    for (int round = 0; round < 30; ++round) {
        for (std::uint64_t i = 0; i < 200; ++i) {
            merge(map, test::remove(long_key + std::to_string(i), {i, 0, "n"}));
        }
        CHECK(map.prune(Timestamp(1000, 0, "").view(), [](const LwwChange&) {}) == 200);
        CHECK(map.size() == 0);
    }
    CHECK(map.memory() < 4'000'000);
}

TEST_CASE("keys with equal trie hashes live side by side", "[crdt]") {
    LwwMap map;
    merge(map, test::put("user:162789", {1, 0, "n"}, int_value(1)));
    merge(map, test::put("user:379192", {2, 0, "n"}, int_value(2)));
    REQUIRE(map.size() == 2);
    CHECK(map.find("user:162789")->value == int_value(1));
    CHECK(map.find("user:379192")->value == int_value(2));
    CHECK(map.key_at(map.sorted_positions()[0]) == "user:162789");
}
