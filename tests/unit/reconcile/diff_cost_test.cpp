// SPDX-License-Identifier: Apache-2.0
// Estimated transfers against the messages of a real walk, encoded by the codec.
#include "diff_cost.hpp"

#include <cmath>

#include "reconcile_support.hpp"
#include "topgun/wire/codec.hpp"
#include "topgun/wire/op.hpp"

using namespace topgun;
using test::int_value;
using test::must;

namespace {

std::vector<OwnedOp> user_puts(std::size_t from, std::size_t to, std::uint64_t later = 0) {
    std::vector<OwnedOp> ops;
    for (auto i = from; i < to; ++i) {
        ops.push_back(test::put("user:" + std::to_string(i),
                                {1'700'000'000'000 + later, 0, "device-a"},
                                test::string_value("value " + std::to_string(i))));
        ops.back().map = "users";
    }
    return ops;
}

std::vector<OwnedOp> user_adds(std::size_t from, std::size_t to, std::uint64_t later = 0) {
    auto ops = user_puts(from, to, later);
    for (auto& op : ops) {
        op.kind = OpKind::or_add;
        op.tag = format_stamp(op.stamp.view());
    }
    return ops;
}

DiffResult diff_with_costs(const StateReader& a, const StateReader& b, bool deep = false) {
    DiffOptions options;
    options.deep = deep;
    options.costs = true;
    return must(diff_states(a, b, options));
}

// A walk of one map as the protocol has it: b asks, a answers, all messages encoded.
struct Walk {
    std::uint64_t bytes = 0, messages = 0, round_trips = 0;

    template <typename T>
    void say(const T& message) {
        bytes += wire::encoded(message).size();
        ++messages;
    }
};

struct LwwWords {
    using Request = wire::MerkleReqBucket;
    using Buckets = wire::SyncRespBuckets;
    using Leaf = wire::SyncRespLeaf;
    static void begin(Walk& walk, const MapFacts& facts) {
        walk.say(wire::SyncInit{facts.id.name, std::nullopt});
        walk.say(wire::SyncRespRoot{facts.id.name, facts.root, {{1'700'000'000'000, 0, "server"}}});
    }
    static void add(Leaf& leaf, const Row& row) {
        leaf.records.push_back(
            {std::string(row.key), {{Bytes(row.value)}, Timestamp(row.stamp), {}}});
    }
};

struct OrWords {
    using Request = wire::OrMapMerkleReqBucket;
    using Buckets = wire::OrMapSyncRespBuckets;
    using Leaf = wire::OrMapSyncRespLeaf;
    static void begin(Walk& walk, const MapFacts& facts) {
        walk.say(wire::OrMapSyncInit{facts.id.name, 0xdeadbeef, {}, {}, {}});
        walk.say(wire::OrMapSyncRespRoot{
            facts.id.name, facts.root, {1'700'000'000'000, 0, "server"}, {}, false});
    }
    static void add(Leaf& leaf, const Row& row) {
        wire::OrMapEntry entry;
        entry.key = row.key;
        entry.records.push_back(
            {{Bytes(row.value)}, Timestamp(row.stamp), std::string(row.tag), {}});
        leaf.entries.push_back(std::move(entry));
    }
};

template <typename Words>
Walk real_walk(const StateReader& a, const StateReader& b, const MapId& id) {
    Walk walk;
    const auto& facts_a = *must(a.facts(id));
    const auto& facts_b = *must(b.facts(id));
    Words::begin(walk, facts_a);
    walk.round_trips = 1;
    std::vector<std::string> paths;
    if (facts_a.root != facts_b.root) paths.emplace_back();
    for (unsigned level = 0; !paths.empty(); ++level) {
        ++walk.round_trips;
        std::vector<std::string> below;
        for (const auto& path : paths) {
            typename Words::Request request;
            request.map_name = id.name;
            request.path = path;
            walk.say(request);
            if (level == Trie::kWireDepth) {
                typename Words::Leaf reply;
                reply.map_name = id.name;
                reply.path = path;
                must(for_each_row(*must(a.StateReader::rows(id)), [&](const Row& row) {
                    if (leaf_path(facts_a.trie.leaf_of(row.key_hash), 3) == path)
                        Words::add(reply, row);
                }));
                walk.say(reply);
                continue;
            }
            typename Words::Buckets reply;
            reply.map_name = id.name;
            reply.path = path;
            for (const auto& bucket : must(facts_a.trie.buckets(path))) {
                const auto child = path + bucket.label;
                reply.buckets.set(std::string(1, bucket.label), bucket.hash);
                if (must(facts_b.trie.node(child)) != bucket.hash) below.push_back(child);
            }
            walk.say(reply);
        }
        paths = std::move(below);
    }
    return walk;
}

void check_near(std::uint64_t estimate, std::uint64_t real, double tolerance) {
    CAPTURE(estimate, real);
    CHECK(std::abs(static_cast<double>(estimate) - static_cast<double>(real)) <=
          tolerance * static_cast<double>(real));
}

const MapId kUsers{"users", MapKind::lww};

}  // namespace

// Goal:   the estimate is what a walk would really take.
// Method: the walk is made, message by message, with the codec; messages and round trips must be
//         right, bytes within three per cent, because records count with their mean size.
TEST_CASE("the trie's costs are those of the real messages of a walk", "[reconcile]") {
    const auto differing = GENERATE(as<std::size_t>{}, 0, 1, 7, 60, 400);
    const auto kind = GENERATE(MapKind::lww, MapKind::or_map);
    CAPTURE(differing, kind);
    const auto make = kind == MapKind::lww ? user_puts : user_adds;
    const auto common = make(0, 6'000, 0);
    const auto a = test::state_of(test::concat(common, make(6'000, 6'000 + differing, 5)));
    const auto b = test::state_of(common);
    const MapId id{"users", kind};
    const auto walk =
        kind == MapKind::lww ? real_walk<LwwWords>(*a, *b, id) : real_walk<OrWords>(*a, *b, id);
    const auto cost = diff_with_costs(*a, *b).cost;
    CHECK(cost.by_trie.messages == walk.messages);
    CHECK(cost.by_trie.round_trips == walk.round_trips);
    CHECK(cost.by_trie.round_trips == (differing == 0 ? 1 : 5));
    check_near(cost.by_trie.bytes, walk.bytes, 0.03);
}

TEST_CASE("a map that one side lacks costs a walk over everything", "[reconcile]") {
    const auto a = test::state_of(user_puts(0, 5'000));
    const auto cost = diff_with_costs(*a, *test::state_of({})).cost;
    CHECK(cost.by_trie.round_trips == 5);
    CHECK(cost.leaves_differing > 2'500);
    std::uint64_t records = 0;
    Bytes scratch;
    must(for_each_row(*must(a->StateReader::rows(kUsers)), [&](const Row& row) {
        records += reconcile::row_wire_bytes(kUsers, row, scratch);
    }));
    CHECK(cost.by_trie.bytes > records);
    CHECK_FALSE(cost.by_sketch.possible);  // there is nothing to compare a sketch with
}

TEST_CASE("equal states cost one exchange by either way", "[reconcile]") {
    const auto ops = test::concat(user_puts(0, 100), {test::counter("n", 1, 0)});
    const auto cost = diff_with_costs(*test::state_of(ops), *test::state_of(ops)).cost;
    CHECK(cost.rows_read == 0);
    CHECK(cost.leaves_differing == 0);
    CHECK(cost.by_sketch.possible);
    CHECK(cost.by_sketch.round_trips == 1);
    CHECK(cost.by_sketch.messages == 4);  // two maps, a question and an answer each
    CHECK(cost.sketch_cells == 2);
    CHECK(cost.by_trie.round_trips == 1);
    CHECK(cost.by_trie.messages == 2);  // counters have no trie
}

TEST_CASE("more differences cost more by either way, and the sketch moves far less",
          "[reconcile]") {
    const auto kind = GENERATE(MapKind::lww, MapKind::or_map);
    const auto make = kind == MapKind::lww ? user_puts : user_adds;
    const auto common = make(0, 40'000, 0);
    const auto base = test::state_of(common);
    DiffCost last;
    for (const std::size_t differing : {0, 1, 2, 5, 20, 100, 300}) {
        CAPTURE(differing);
        const auto a = test::state_of(test::concat(common, make(0, differing, 5)));
        const auto cost = diff_with_costs(*a, *base).cost;
        REQUIRE(cost.by_sketch.possible);
        CHECK(cost.by_sketch.bytes >= last.by_sketch.bytes);
        CHECK(cost.by_trie.bytes >= last.by_trie.bytes);
        CHECK(cost.by_trie.messages >= last.by_trie.messages);
        CHECK(cost.leaves_differing >= last.leaves_differing);
        CHECK(cost.leaves_differing <= differing);
        CHECK(cost.rows_read >= last.rows_read);
        if (differing > 0) {
            CHECK(cost.sketch_cells >= differing);
            CHECK(cost.by_sketch.round_trips == 2);
            CHECK(cost.by_sketch.messages == 4);
            if (differing >= 20) CHECK(cost.by_sketch.bytes * 4 < cost.by_trie.bytes);
        }
        last = cost;
    }
}

TEST_CASE("when the sketch is too short its transfer is not possible", "[reconcile]") {
    const auto common = user_puts(0, 6'000);
    const auto a = test::state_of(test::concat(common, user_puts(0, 3'000, 5)));
    const auto b = test::state_of(test::concat(common, {test::counter("n", 1, 0)}));
    const auto cost = diff_with_costs(*a, *b).cost;
    CHECK_FALSE(cost.by_sketch.possible);
    CHECK(cost.by_trie.possible);
}

TEST_CASE("a sketch's transfer is its cells and the records that win", "[reconcile]") {
    auto a_ops = user_puts(0, 200);
    auto b_ops = user_puts(0, 200);
    const auto newer_in_a = user_puts(10, 13, 5);
    const auto newer_in_b = user_puts(100, 101, 6);
    const auto a = test::state_of(test::concat(a_ops, newer_in_a));
    const auto b = test::state_of(test::concat(b_ops, newer_in_b));
    const auto cost = diff_with_costs(*a, *b).cost;
    Bytes records;
    for (const auto& ops : {newer_in_a, newer_in_b}) {
        for (const auto& op : ops) wire::encode_op(op.view(), records);
    }
    DiffCost expected;
    reconcile::add_sketch_cost(cost.sketch_cells, records.size(), 4, expected);
    CHECK(cost.by_sketch.bytes == expected.by_sketch.bytes);
    CHECK(cost.by_sketch.bytes > records.size() + cost.sketch_cells * 24);
    // Twice the cells and twice the records cost more, by as much as they take.
    DiffCost twice;
    reconcile::add_sketch_cost(2 * cost.sketch_cells, 2 * records.size(), 8, twice);
    CHECK(twice.by_sketch.bytes - expected.by_sketch.bytes >=
          records.size() + cost.sketch_cells * 24);
}

TEST_CASE("records that differ in content alone are moved by the sketch, not by the trie",
          "[reconcile]") {
    auto other = user_puts(7, 8);
    other[0].value = test::string_value("zzz, which is greater than any value");
    const auto a = test::state_of(test::concat(user_puts(0, 100), other));
    const auto b = test::state_of(user_puts(0, 100));
    const auto plain = diff_with_costs(*a, *b);
    CHECK(plain.equal);
    CHECK(plain.cost.by_trie.round_trips == 1);
    CHECK(plain.cost.by_sketch.round_trips == 2);
    const auto deep = diff_with_costs(*a, *b, true);
    CHECK_FALSE(deep.equal);
    CHECK(deep.cost.by_sketch.bytes == plain.cost.by_sketch.bytes);
    CHECK(deep.cost.rows_read == 2);
}

TEST_CASE("costs are counted only when they are asked for", "[reconcile]") {
    const auto a = test::state_of(user_puts(0, 100));
    const auto b = test::state_of(user_puts(0, 90));
    const auto cost = must(diff_states(*a, *b)).cost;
    CHECK(cost.rows_read > 0);
    CHECK(cost.by_trie.bytes + cost.by_sketch.bytes + cost.sketch_cells == 0);
}
