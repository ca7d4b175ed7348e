// SPDX-License-Identifier: Apache-2.0
#include "topgun/crdt/or_map.hpp"

#include <limits>
#include <map>
#include <set>
#include <string>

#include "topgun/base/hash.hpp"
#include "topgun/value/json.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun_test/states.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using test::int_value;
using test::string_value;

namespace {

OrRecord record_of(const OwnedOp& op) {
    return {op.stamp.view(), op.tag, op.value, op.ttl_ms};
}

OwnedOp tagged(std::string key, std::string tag, Timestamp stamp, Bytes value,
               std::uint64_t ttl_ms = kNoTtl) {
    auto op = test::or_add(std::move(key), std::move(stamp), std::move(value), ttl_ms);
    op.tag = std::move(tag);
    return op;
}

Merged add(OrMap& map, const OwnedOp& op) {
    return map.add(op.key, record_of(op));
}

// Removed tags for the whole map, records by key and tag: what the map should be.
class Model {
public:
    Merged add(const OwnedOp& op) {
        if (removed_.contains(op.tag)) return Merged::lost;
        auto& records = keys_[op.key];
        const auto [at, inserted] = records.emplace(op.tag, op);
        if (inserted) return Merged::added;
        auto& mine = at->second;
        const auto order = op.stamp <=> mine.stamp;
        const int content = compare_content(op.value, op.ttl_ms, mine.value, mine.ttl_ms);
        if (order == 0 && content == 0) return Merged::equal;
        if (order < 0 || (order == 0 && content < 0)) return Merged::lost;
        mine = op;
        return Merged::replaced;
    }

    Merged remove(const std::string& tag) {
        if (!removed_.insert(tag).second) return Merged::equal;
        std::size_t dropped = 0;
        for (auto& [key, records] : keys_) dropped += records.erase(tag);
        std::erase_if(keys_, [](const auto& entry) { return entry.second.empty(); });
        return dropped > 0 ? Merged::replaced : Merged::added;
    }

    void check(const OrMap& map) const {
        std::size_t records = 0;
        for (const auto& [key, expected] : keys_) {
            const auto found = map.find(key);
            REQUIRE(found.size() == expected.size());
            records += found.size();
            auto at = found.begin();
            for (const auto& [tag, op] : expected) {
                CHECK(at->tag == tag);
                CHECK(at->value == op.value);
                CHECK(Timestamp(at->stamp) == op.stamp);
                CHECK(at->ttl_ms == op.ttl_ms);
                const auto single = map.find_record(key, tag);
                REQUIRE(single);
                CHECK(single->value == op.value);
                ++at;
            }
        }
        CHECK(map.keys() == keys_.size());
        CHECK(map.records() == records);
        CHECK(map.tombstones() == removed_.size());
        const auto tombstones = map.sorted_tombstones();
        CHECK(std::vector<std::string>(tombstones.begin(), tombstones.end()) ==
              std::vector<std::string>(removed_.begin(), removed_.end()));
        check_order(map);
    }

private:
    void check_order(const OrMap& map) const {
        std::vector<std::pair<std::uint32_t, std::string>> seen;
        map.for_each_sorted([&](std::string_view key, std::uint32_t hash, const auto& records) {
            CHECK(hash == fnv1a(key));
            CHECK_FALSE(records.empty());
            seen.emplace_back(hash, key);
        });
        CHECK(std::is_sorted(seen.begin(), seen.end()));
        CHECK(seen.size() == keys_.size());
    }

    std::map<std::string, std::map<std::string, OwnedOp>> keys_;
    std::set<std::string> removed_;
};

std::uint32_t entry_hash(const Bytes& value, std::uint64_t ttl_ms = kNoTtl) {
    const Timestamp stamp(100, 0, "n1");
    const OrRecord record{stamp.view(), "100:0:n1", value, ttl_ms};
    return or_item_hash("k", {&record, 1});
}

Bytes json(std::string_view text) {
    return test::must(parse_json(text));
}

Bytes real(double number) {
    Bytes out;
    msgpack::Writer(out).real(number);
    return out;
}

}  // namespace

TEST_CASE("OR entry hashes are those of the reference", "[crdt][vectors]") {
    CHECK(entry_hash(json("\"work\"")) == 0xe9fa32be);
    CHECK(entry_hash(json("\"work\""), 5000) == 0x2842eaaa);
    CHECK(entry_hash(json("\"\"")) == 0xbbe15085);
    CHECK(entry_hash(json("null")) == 0xdf0fac32);
    CHECK(entry_hash(json("\"undefined\"")) == 0xd1794bf7);
    CHECK(entry_hash(json("true")) == 0xf3dad825);
    CHECK(entry_hash(json("\"true\"")) == 0xf3dad825);
    CHECK(entry_hash(json("false")) == 0xa94956a6);
    CHECK(entry_hash(json("0")) == 0x84fddde3);
    CHECK(entry_hash(real(-0.0)) == 0x84fddde3);
    CHECK(entry_hash(json("1")) == 0x3a18fb9a);
    CHECK(entry_hash(json("\"1\"")) == 0x3a18fb9a);
    CHECK(entry_hash(real(1)) == 0x3a18fb9a);
    CHECK(entry_hash(json("-42")) == 0xa24989e4);
    CHECK(entry_hash(json("1.5")) == 0xfcf95899);
    CHECK(entry_hash(real(1e21)) == 0x24a97415);
    CHECK(entry_hash(real(1e-7)) == 0xb3b9ee03);
    CHECK(entry_hash(real(0.1 + 0.2)) == 0x2b29408a);
    CHECK(entry_hash(real(123456789012345680000.0)) == 0x7bdd16f1);
    CHECK(entry_hash(real(std::numeric_limits<double>::quiet_NaN())) == 0xa071a7ac);
    CHECK(entry_hash(real(std::numeric_limits<double>::infinity())) == 0x573fb039);
}

TEST_CASE("OR entry hashes of containers are those of the reference", "[crdt][vectors]") {
    CHECK(entry_hash(json(R"([1,"two"])")) == 0x657fe178);
    CHECK(entry_hash(json("[[1,2],[3]]")) == 0xc73f23ed);
    CHECK(entry_hash(json(R"([{"x":1}])")) == 0x4081ceb5);
    CHECK(entry_hash(json("{}")) == 0xd3937965);
    CHECK(entry_hash(json(R"({"b":"test","a":1})")) == 0x74c14de1);
    CHECK(entry_hash(json(R"({"z":1,"a":{"c":3,"b":2}})")) == 0x6fdd2633);
    CHECK(entry_hash(json(R"({"z":1,"a":{"z":9,"q":8}})")) == 0xa053695a);
    CHECK(entry_hash(json(R"({"a":{"x":1}})")) == 0xb024a6c8);
    CHECK(entry_hash(json(R"({"a":{"x":2}})")) == 0xb024a6c8);
    CHECK(entry_hash(json(R"({"10":1,"9":2,"a":3})")) == 0x2e9cc310);
    CHECK(entry_hash(json(R"({"a":null})")) == 0xd3381661);
    CHECK(entry_hash(json(R"({"$bin":"3q0="})")) == 0x9b960317);
    CHECK(entry_hash(json(R"("q\"\\\n\u0001\u007f\u00e9\ud83d\ude00/")")) == 0x641368fb);
}

TEST_CASE("several records of a key are hashed with their tags in UTF-16 order",
          "[crdt][vectors]") {
    const Timestamp x(10, 0, "a"), y(9, 0, "a");
    const Bytes value_x = string_value("x"), value_y = string_value("y");
    const OrRecord records[] = {{y.view(), "9:0:a", value_y}, {x.view(), "10:0:a", value_x}};
    CHECK(or_item_hash("tags", records) == 0x709c885c);

    const Timestamp stamp(1700000000000, 1, "node-1");
    const OrRecord hello{stamp.view(), "1700000000000:1:node-1", value_x};
    CHECK(or_item_hash("hello", {&hello, 1}) == 3902516736);
}

TEST_CASE("a removed tag never comes back, in whatever order the news arrive", "[crdt]") {
    OrMap map;
    CHECK(map.remove("1:0:n") == Merged::added);
    CHECK(add(map, tagged("k", "1:0:n", {1, 0, "n"}, int_value(1))) == Merged::lost);
    CHECK(add(map, tagged("k", "2:0:n", {2, 0, "n"}, int_value(2))) == Merged::added);
    CHECK(map.remove("2:0:n") == Merged::replaced);
    CHECK(map.remove("2:0:n") == Merged::equal);
    CHECK(map.is_removed("2:0:n"));
    CHECK_FALSE(map.is_removed("3:0:n"));
    CHECK(map.find("k").empty());
    CHECK(map.keys() == 0);
    CHECK(map.records() == 0);
    CHECK(map.tombstones() == 2);
}

TEST_CASE("of one tag the newer record counts, then the greater content", "[crdt]") {
    OrMap map;
    const auto with = [](std::uint64_t millis, int value, std::uint64_t ttl = kNoTtl) {
        return tagged("k", "t", {millis, 0, "n"}, int_value(value), ttl);
    };
    CHECK(add(map, with(10, 1)) == Merged::added);
    CHECK(add(map, with(9, 5)) == Merged::lost);
    CHECK(add(map, with(10, 1)) == Merged::equal);
    CHECK(add(map, with(10, 0)) == Merged::lost);
    CHECK(add(map, with(10, 2, 5)) == Merged::replaced);
    CHECK(add(map, with(10, 2)) == Merged::replaced);  // without an end beats with one
    CHECK(add(map, with(12, 0)) == Merged::replaced);
    CHECK(map.find("k").size() == 1);
    CHECK(map.find_record("k", "t")->stamp.millis == 12);
    CHECK_FALSE(map.find_record("k", "s"));
    CHECK_FALSE(map.find_record("other", "t"));
}

TEST_CASE("a tag that stands under several keys goes from all of them", "[crdt]") {
    OrMap map;
    for (const auto* key : {"a", "b", "c"}) add(map, tagged(key, "t", {1, 0, "n"}, int_value(1)));
    add(map, tagged("b", "own", {1, 0, "n"}, int_value(2)));
    CHECK(map.records() == 4);
    CHECK(map.remove("t") == Merged::replaced);
    CHECK(map.records() == 1);
    CHECK(map.keys() == 1);
    CHECK(map.find("b").front().tag == "own");
}

TEST_CASE("the records of a tag are found with their keys until it is removed", "[crdt]") {
    OrMap map;
    CHECK(map.find_tagged("t").empty());
    for (const auto* key : {"c", "a", "b"}) add(map, tagged(key, "t", {1, 0, "n"}, int_value(1)));
    add(map, tagged("b", "own", {2, 0, "n"}, int_value(2)));
    const auto own = map.find_tagged("own");
    REQUIRE(own.size() == 1);
    CHECK(own[0].key == "b");
    CHECK(own[0].record.stamp == Stamp{2, 0, "n"});
    const auto shared = map.find_tagged("t");
    REQUIRE(shared.size() == 3);
    CHECK(shared[0].key == "a");
    CHECK(shared[2].key == "c");
    map.remove("t");
    CHECK(map.find_tagged("t").empty());
    CHECK(shared[1].record.value == int_value(1));  // still readable
    map.remove("never seen");
    CHECK(map.find_tagged("never seen").empty());
}

// Goal:   the map behaves as the plain model, and the trie fed with its changes equals one built
//         anew from its records.
// Method: random adds and removes over few tags and keys, changes collected at random moments.
TEST_CASE("an OR-Map agrees with a plain model, and its changes add up to its trie",
          "[crdt][property]") {
    const auto seed = test::seed(123);
    CAPTURE(seed);
    Random rng(seed);
    for (int run = 0; run < 8; ++run) {
        OrMap map;
        Model model;
        std::map<std::uint32_t, std::uint32_t> sums, rebuilt;  // by key hash: a trie without levels
        test::OpShape shape;
        shape.lww = shape.counter = false;
        shape.keys = 1 + rng.below(40);
        shape.tags = 1 + rng.below(60);
        shape.millis = 1 + rng.below(50);
        shape.small_values = rng.chance(0.5);
        for (int step = 0; step < 400; ++step) {
            const auto op = test::random_op(rng, shape);
            if (op.kind == OpKind::or_add)
                REQUIRE(add(map, op) == model.add(op));
            else
                REQUIRE(map.remove(op.tag) == model.remove(op.tag));
            if (step % 40 != 39) continue;
            model.check(map);
            map.collect_changes([&](const OrChange& change) {
                auto& sum = sums[change.key_hash];
                if (change.had_item) sum -= mix(change.old_item);
                if (change.has_item) sum += mix(change.new_item);
            });
            rebuilt.clear();
            map.for_each_sorted([&](std::string_view key, std::uint32_t hash, const auto& records) {
                rebuilt[hash] += mix(or_item_hash(key, records));
            });
            std::erase_if(sums, [](const auto& entry) { return entry.second == 0; });
            REQUIRE(sums == rebuilt);
            map.collect_changes([](const OrChange&) { FAIL("no change is reported twice"); });
        }
    }
}

TEST_CASE("a key that came and went between two collections is not a change", "[crdt]") {
    OrMap map;
    add(map, tagged("k", "t", {1, 0, "n"}, int_value(1)));
    map.remove("t");
    std::size_t changes = 0;
    map.collect_changes([&](const OrChange&) { ++changes; });
    CHECK(changes == 0);
}
