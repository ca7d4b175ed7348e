// SPDX-License-Identifier: Apache-2.0
// The diff against a naive comparison of all rows, and what it reads to get there.
#include "topgun/reconcile/diff.hpp"

#include "reconcile_support.hpp"
#include "topgun/crdt/or_map.hpp"
#include "topgun/value/msgpack.hpp"

using namespace topgun;
using test::int_value;
using test::must;
using Lines = std::vector<std::string>;

namespace {

std::string difference_line(const MapId& map, DifferenceKind kind, const std::string& a,
                            const std::string& b) {
    return map.name + "/" + std::string(map_kind_name(map.kind)) + " " +
           std::string(difference_name(kind)) + ": " + a + " | " + b;
}

struct Told {
    DiffResult result;
    Lines lines;
    std::set<DifferenceKind> kinds;
};

Told told_by_diff(const StateReader& a, const StateReader& b, DiffOptions options = {}) {
    Told told;
    options.on_difference = [&told](const Difference& difference) {
        const auto line = [](const Row* row) { return row ? test::line_of(*row) : ""; };
        told.kinds.insert(difference.kind);
        told.lines.push_back(difference_line(difference.map, difference.kind, line(difference.a),
                                             line(difference.b)));
    };
    told.result = must(diff_states(a, b, options));
    std::sort(told.lines.begin(), told.lines.end());
    return told;
}

bool tree_tells(const test::PlainRow& a, const test::PlainRow& b) {
    const OrRecord record_a{a.stamp.view(), a.tag, a.value, a.ttl_ms};
    const OrRecord record_b{b.stamp.view(), b.tag, b.value, b.ttl_ms};
    return or_item_hash(a.key, {&record_a, 1}) != or_item_hash(b.key, {&record_b, 1});
}

std::vector<DifferenceKind> naive_kinds(const MapId& id, const test::PlainRow* a,
                                        const test::PlainRow* b, bool deep) {
    using Kind = DifferenceKind;
    if (b == nullptr) return {Kind::only_a};
    if (a == nullptr) return {Kind::only_b};
    std::vector<Kind> out;
    if (id.kind == MapKind::counter) {
        const auto [pa, na] = test::counts_of(*a);
        const auto [pb, nb] = test::counts_of(*b);
        if (pa > pb || na > nb) out.push_back(Kind::newer_a);
        if (pb > pa || nb > na) out.push_back(Kind::newer_b);
    } else if (a->stamp != b->stamp) {
        out.push_back(b->stamp < a->stamp ? Kind::newer_a : Kind::newer_b);
    } else if (a->version() != b->version()) {
        if (deep || (id.kind == MapKind::or_map && tree_tells(*a, *b)))
            out.push_back(Kind::same_stamp);
    }
    return out;
}

// All rows of both sides, place by place. What TopGun's tree cannot see is left out unless deep.
Lines naive_diff(const StateReader& a, const StateReader& b, bool deep) {
    auto rows_a = test::plain_rows(a);
    auto rows_b = test::plain_rows(b);
    std::set<MapId> ids(a.maps().begin(), a.maps().end());
    ids.insert(b.maps().begin(), b.maps().end());
    Lines out;
    for (const auto& id : ids) {
        const auto root = [&id](const StateReader& state) {
            return state.has(id) ? must(state.facts(id))->root : 0u;
        };
        const bool seen = deep || id.kind == MapKind::counter || root(a) != root(b);
        std::set<test::Place> places;
        for (const auto* rows : {&rows_a[id], &rows_b[id]}) {
            for (const auto& [place, row] : *rows) places.insert(place);
        }
        for (const auto& place : places) {
            const auto find = [&place](const test::PlainMap& rows) {
                const auto at = rows.find(place);
                return at == rows.end() ? nullptr : &at->second;
            };
            const auto* mine = find(rows_a[id]);
            const auto* theirs = find(rows_b[id]);
            if (!seen && !(mine != nullptr ? mine : theirs)->removed) continue;
            for (const auto kind : naive_kinds(id, mine, theirs, deep)) {
                out.push_back(difference_line(id, kind, mine ? mine->line() : "",
                                              theirs ? theirs->line() : ""));
            }
        }
    }
    std::sort(out.begin(), out.end());
    return out;
}

// Two keys of one hash can hide each other from TopGun's tree; the naive diff knows no such thing.
std::vector<OwnedOp> without_twins(std::vector<OwnedOp> ops) {
    std::erase_if(ops, [](const OwnedOp& op) { return op.key == "user:379192"; });
    return ops;
}

struct Pair {
    std::vector<OwnedOp> common, only_a, only_b;
    std::unique_ptr<StateReader> a() const { return test::state_of(test::concat(common, only_a)); }
    std::unique_ptr<StateReader> b() const { return test::state_of(test::concat(common, only_b)); }
};

Pair random_pair(Random& rng, std::size_t common, std::size_t differing) {
    test::OpShape shape;
    shape.maps = {"x", "y"};
    shape.keys = 1 + rng.below(common + 10);
    shape.tags = 1 + rng.below(common + 10);
    shape.nodes = 1 + rng.below(20);
    shape.millis = 1 + rng.below(4);
    shape.small_values = rng.chance(0.7);
    Pair pair;
    pair.common = without_twins(test::random_ops(rng, common, shape));
    if (rng.chance(0.3)) shape.maps = {"y", "z"};  // a map of one side
    pair.only_a = without_twins(test::random_ops(rng, rng.below(differing + 1), shape));
    if (rng.chance(0.3)) shape.maps = {"y", "w"};
    pair.only_b = without_twins(test::random_ops(rng, rng.below(differing + 1), shape));
    return pair;
}

bool sketches_suffice(const StateReader& a, const StateReader& b, const MapId& id) {
    return sketch_difference(*must(a.sketch(id)), *must(b.sketch(id))).has_value();
}

std::uint64_t total(const MapDifference& map) {
    return map.only_a + map.only_b + map.newer_a + map.newer_b + map.same_stamp +
           map.removed_only_a + map.removed_only_b;
}

std::vector<OwnedOp> numbered(std::size_t from, std::size_t to, std::uint64_t millis) {
    std::vector<OwnedOp> ops;
    for (auto i = from; i < to; ++i) {
        ops.push_back(test::put("key-" + std::to_string(i), {millis, 0, "n"},
                                int_value(static_cast<std::int64_t>(i))));
    }
    return ops;
}

const MapId kLww{"m", MapKind::lww};
const MapId kOr{"m", MapKind::or_map};

}  // namespace

// Goal:   exactly the records that a comparison of all rows names, by whichever way they are found.
// Method: pairs of states that share most ops and differ in few or many; small sketches give up
//         early, so both ways are taken often, which is counted. Every pair is compared plain and
//         deep, as replicas, and as snapshot files now and then.
TEST_CASE("a diff names exactly the records that a naive comparison names",
          "[reconcile][property]") {
    const auto seed = test::seed(20261101);
    CAPTURE(seed);
    Random rng(seed);
    test::ScratchDir dir;
    std::set<DifferenceKind> kinds;
    int by_sketch = 0, by_leaves = 0;
    for (int round = 0; round < 60; ++round) {
        const auto pair = random_pair(rng, rng.below(1500), round % 3 == 0 ? 400 : 4);
        auto a = pair.a();
        auto b = pair.b();
        for (const auto& id : a->maps()) {
            if (b->has(id)) ++(sketches_suffice(*a, *b, id) ? by_sketch : by_leaves);
        }
        if (round % 4 == 0) {
            (void)must(write_snapshot(*a, dir.file("a.tgs")));
            (void)must(write_snapshot(*b, dir.file("b.tgs")));
            a = must(SnapshotReader::open(dir.file("a.tgs")));
            b = must(SnapshotReader::open(dir.file("b.tgs")));
        }
        for (const bool deep : {false, true}) {
            CAPTURE(round, deep);
            const auto expected = naive_diff(*a, *b, deep);
            DiffOptions options;
            options.deep = deep;
            options.costs = deep && rng.chance(0.5);
            const auto told = told_by_diff(*a, *b, options);
            CHECK(told.lines == expected);
            kinds.insert(told.kinds.begin(), told.kinds.end());
            std::uint64_t counted = 0;
            for (const auto& map : told.result.maps) counted += total(map);
            CHECK(counted == expected.size());
            if (deep) CHECK(told.result.equal == expected.empty());
        }
    }
    CHECK(kinds.size() == 5);
    CHECK(by_sketch > 20);
    CHECK(by_leaves > 20);
}

TEST_CASE("a diff is its own mirror image", "[reconcile][property]") {
    const auto seed = test::seed(20261102);
    CAPTURE(seed);
    Random rng(seed);
    for (int round = 0; round < 12; ++round) {
        const auto pair = random_pair(rng, 200, 60);
        const auto a = pair.a();
        const auto b = pair.b();
        const DiffOptions deep{true, false, {}, {}};
        const auto there = must(diff_states(*a, *b, deep));
        const auto back = must(diff_states(*b, *a, deep));
        CHECK(there.equal == back.equal);
        CHECK(there.cost.rows_read == back.cost.rows_read);
        REQUIRE(there.maps.size() == back.maps.size());
        for (std::size_t i = 0; i < there.maps.size(); ++i) {
            const auto& one = there.maps[i];
            const auto& other = back.maps[i];
            CHECK(one.map == other.map);
            CHECK(one.root_a == other.root_b);
            CHECK(one.root_b == other.root_a);
            CHECK(one.only_a == other.only_b);
            CHECK(one.newer_a == other.newer_b);
            CHECK(one.same_stamp == other.same_stamp);
            CHECK(one.removed_only_a == other.removed_only_b);
            CHECK(one.content_equal == other.content_equal);
        }
    }
}

// Goal:   what a diff names is all that a sync has to move.
// Method: ops of a's records that b lacks or has older, applied to b, give the merge of both; when
//         b has nothing of its own, that is a itself.
TEST_CASE("applying the differences' ops to b brings it to the merge of a and b",
          "[reconcile][property]") {
    const auto seed = test::seed(20261103);
    CAPTURE(seed);
    Random rng(seed);
    for (int round = 0; round < 30; ++round) {
        auto pair = random_pair(rng, 300, round % 2 == 0 ? 200 : 3);
        if (round % 3 == 0) pair.only_b.clear();
        const bool deep = round % 5 != 0;
        CAPTURE(round, deep);
        const auto a = pair.a();
        const auto b = pair.b();
        Replica patched = test::replica_of(test::concat(pair.common, pair.only_b));
        DiffOptions options;
        options.deep = deep;
        options.on_difference = [&](const Difference& difference) {
            const auto kind = difference.kind;
            const bool wanted = kind == DifferenceKind::only_a || kind == DifferenceKind::newer_a ||
                                (kind == DifferenceKind::same_stamp &&
                                 compare_version(*difference.a, *difference.b) > 0);
            if (wanted) (void)must(patched.apply(row_op(difference.map, *difference.a)));
        };
        (void)must(diff_states(*a, *b, options));
        const auto merged = merge_states({a.get(), b.get()});
        const auto result = read_replica(patched);
        if (deep) CHECK(test::lines_of(*result) == test::lines_of(*merged));
        if (deep && pair.only_b.empty()) CHECK(test::lines_of(*result) == test::lines_of(*a));
        for (const auto& id : merged->maps()) {
            const auto root = must(merged->facts(id))->root;
            CHECK((result->has(id) ? must(result->facts(id))->root : 0) == root);
        }
    }
}

TEST_CASE("identical states are equal without a row being read", "[reconcile]") {
    Random rng(7);
    test::OpShape shape;
    shape.maps = {"a", "b"};
    const auto ops = test::random_ops(rng, 500, shape);
    const auto a = test::row_states(*test::state_of(ops));
    const auto b = test::row_states(*test::state_of(ops));
    REQUIRE(a.size() == 6);
    for (std::size_t i = 0; i < a.size(); ++i) {
        for (const bool deep : {false, true}) {
            DiffOptions options;
            options.deep = deep;
            options.costs = true;
            const auto told = told_by_diff(*a[i], *b[i], options);
            CHECK(told.result.equal);
            CHECK(told.lines.empty());
            CHECK(told.result.cost.rows_read == 0);
            CHECK(a[i]->given + b[i]->given == 0);
        }
    }
}

TEST_CASE("empty states are equal, and an empty side lacks everything", "[reconcile]") {
    const auto nothing = test::state_of({});
    const auto something = test::state_of({test::put("k", {1, 0, "n"}, int_value(1)),
                                           test::remove("gone", {2, 0, "n"}),
                                           test::or_add("k", {3, 0, "n"}, int_value(1)),
                                           test::or_remove("t"), test::counter("n", 1, 0)});
    const auto none = must(diff_states(*nothing, *nothing));
    CHECK(none.equal);
    CHECK(none.maps.empty());
    const auto left = told_by_diff(*something, *nothing);
    CHECK_FALSE(left.result.equal);
    CHECK(left.lines.size() == 5);
    CHECK(left.kinds == std::set{DifferenceKind::only_a});
    const auto right = told_by_diff(*nothing, *something);
    CHECK(right.kinds == std::set{DifferenceKind::only_b});
    REQUIRE(right.result.maps.size() == 3);
    CHECK(right.result.maps[1].removed_only_b == 1);
    CHECK(right.result.maps[0].root_a == 0);
    CHECK(right.result.maps[0].root_b == must(something->facts(kLww))->root);
}

TEST_CASE("one name in two kinds is two maps, each missing on one side", "[reconcile]") {
    const auto a = test::state_of({test::put("k", {1, 0, "n"}, int_value(1))});
    const auto b = test::state_of({test::or_add("k", {1, 0, "n"}, int_value(1))});
    const auto told = told_by_diff(*a, *b);
    REQUIRE(told.result.maps.size() == 2);
    CHECK(told.result.maps[0].map == kLww);
    CHECK(told.result.maps[0].only_a == 1);
    CHECK(told.result.maps[1].map == kOr);
    CHECK(told.result.maps[1].only_b == 1);
    CHECK_FALSE(told.result.equal);
}

TEST_CASE("values that differ under one stamp are hidden from a plain LWW diff", "[reconcile]") {
    const auto a = test::state_of({test::put("k", {1, 0, "n"}, int_value(1))});
    const auto b = test::state_of({test::put("k", {1, 0, "n"}, int_value(2))});
    const auto plain = told_by_diff(*a, *b);
    CHECK(plain.result.equal);
    CHECK(plain.lines.empty());
    CHECK_FALSE(plain.result.maps[0].content_equal);
    DiffOptions deep;
    deep.deep = true;
    const auto told = told_by_diff(*a, *b, deep);
    CHECK_FALSE(told.result.equal);
    CHECK(told.result.maps[0].same_stamp == 1);
}

TEST_CASE("values that differ under one stamp show in the trie of an OR-Map", "[reconcile]") {
    const auto a = test::state_of({test::or_add("k", {1, 0, "n"}, int_value(1))});
    const auto b = test::state_of({test::or_add("k", {1, 0, "n"}, int_value(2))});
    const auto told = told_by_diff(*a, *b);
    CHECK_FALSE(told.result.equal);
    CHECK(told.result.maps[0].same_stamp == 1);  // unequal without a name would help nobody
}

TEST_CASE("removed tags that one side lacks are counted apart", "[reconcile]") {
    const auto record = test::or_add("k", {1, 0, "n"}, int_value(1));
    const auto a = test::state_of({record, test::or_remove("x"), test::or_remove("y")});
    const auto b = test::state_of({record, test::or_remove("y"), test::or_remove("z")});
    const auto plain = told_by_diff(*a, *b);
    CHECK(plain.result.equal);  // TopGun's tree does not cover them
    CHECK(plain.result.maps[0].removed_only_a == 1);
    CHECK(plain.result.maps[0].removed_only_b == 1);
    DiffOptions deep;
    deep.deep = true;
    const auto told = told_by_diff(*a, *b, deep);
    CHECK_FALSE(told.result.equal);
    CHECK(told.lines == plain.lines);
    CHECK(told.result.maps[0].only_a == 0);
}

TEST_CASE("counts that each lead on one side are newer on both", "[reconcile]") {
    const auto a = test::state_of({test::counter("n", 5, 1), test::counter("same", 1, 1)});
    const auto b = test::state_of({test::counter("n", 2, 3), test::counter("same", 1, 1)});
    const auto result = must(diff_states(*a, *b));
    CHECK(result.maps[0].newer_a == 1);
    CHECK(result.maps[0].newer_b == 1);
    CHECK_FALSE(result.equal);
}

TEST_CASE("a deep diff counts what TopGun's own sync would leave as it is", "[reconcile]") {
    Bytes binary;
    msgpack::Writer(binary).binary("\x01\x02");
    auto blob_a = test::or_add("blob", {1, 0, "n"}, binary);
    auto blob_b = test::or_add("blob", {2, 0, "n"}, binary);
    blob_b.tag = blob_a.tag;
    const auto a = test::state_of({test::put("upper", {1, 0, "Node"}, int_value(1)),
                                   test::put("lower", {1, 0, "node-a"}, int_value(1)),
                                   test::put("time", {1, 0, "Node"}, int_value(1)), blob_a});
    const auto b = test::state_of({test::put("upper", {1, 0, "node"}, int_value(1)),
                                   test::put("lower", {1, 0, "node-b"}, int_value(1)),
                                   test::put("time", {2, 0, "node"}, int_value(1)), blob_b});
    DiffOptions deep;
    deep.deep = true;
    const auto result = must(diff_states(*a, *b, deep));
    REQUIRE(result.maps.size() == 2);
    CHECK(result.maps[0].unportable_ties == 1);
    CHECK(result.maps[0].unhashable_values == 0);
    CHECK(result.maps[1].unhashable_values == 1);
    CHECK(must(diff_states(*a, *b)).maps[0].unportable_ties == 0);
}

TEST_CASE("few differences read few rows, many read their leaves alone", "[reconcile]") {
    const auto common = numbered(0, 20'000, 1);
    const auto a = test::state_of(test::concat(common, numbered(50, 60, 2)));
    const auto b = test::state_of(test::concat(common, numbered(19'995, 20'005, 3)));
    const auto few = told_by_diff(*a, *b);
    CHECK(few.lines.size() == 20);
    CHECK(few.result.cost.rows_read == 35);  // 15 of them on both sides, 5 on one
    CHECK(few.result.maps[0].newer_a == 10);
    CHECK(few.result.maps[0].newer_b == 5);
    CHECK(few.result.maps[0].only_b == 5);

    // Too many for 1024 cells, in fewer than half of the leaves.
    const auto c = test::state_of(test::concat(common, numbered(0, 1'500, 2)));
    REQUIRE_FALSE(sketches_suffice(*c, *b, kLww));
    const auto base = test::state_of(common);
    const auto many = told_by_diff(*c, *base);
    CHECK(many.lines.size() == 1'500);
    CHECK(many.result.cost.rows_read >= 3'000);
    CHECK(many.result.cost.rows_read < 20'000);
}

TEST_CASE("a diff of snapshots reads a small part of their files", "[reconcile]") {
    test::ScratchDir dir;
    const auto common = numbered(0, 60'000, 1);
    (void)must(write_snapshot(*test::state_of(common), dir.file("a.tgs")));
    (void)must(write_snapshot(*test::state_of(test::concat(common, numbered(70, 75, 2))),
                              dir.file("b.tgs")));
    const auto a = must(SnapshotReader::open(dir.file("a.tgs")));
    const auto b = must(SnapshotReader::open(dir.file("b.tgs")));
    CHECK(told_by_diff(*a, *b).lines.size() == 5);
    CHECK(a->bytes_read() * 6 < a->file_bytes());
    CHECK(b->bytes_read() * 6 < b->file_bytes());
}

TEST_CASE("progress counts the rows compared, and its error ends the diff", "[reconcile]") {
    const auto a = test::state_of(numbered(0, 30'000, 1));
    const auto b = test::state_of(numbered(0, 30'000, 2));
    std::uint64_t rows = 0, calls = 0;
    DiffOptions options;
    options.progress = [&](std::uint64_t more) -> Status {
        rows += more;
        ++calls;
        return {};
    };
    CHECK(must(diff_states(*a, *b, options)).cost.rows_read == rows);
    CHECK(rows == 60'000);
    CHECK(calls > 4);
    options.progress = [](std::uint64_t) -> Status {
        return Error(Errc::cancelled, "stopped by the user");
    };
    const auto stopped = diff_states(*a, *b, options);
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().code() == Errc::cancelled);
}

TEST_CASE("an error of reading names the map", "[reconcile]") {
    test::PlainRow row;
    row.key = "k";
    row.stamp = {1, 0, "n"};
    row.value = int_value(1);
    test::RowsState failing({"todos", MapKind::lww}, {row});
    failing.fail_at = 0;
    const auto result = diff_states(failing, *test::state_of({}));
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == Errc::io);
    CHECK(result.error().text() == "map 'todos': the disk is gone");
}
