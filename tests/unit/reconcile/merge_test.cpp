// SPDX-License-Identifier: Apache-2.0
// The streaming merge against a plain model: same rows, same bytes, every loss heard once.
#include "topgun/reconcile/merge.hpp"

#include <cmath>

#include "reconcile_support.hpp"
#include "topgun/replica/visit.hpp"

using namespace topgun;
using test::int_value;
using test::must;
using Lines = std::vector<std::string>;

namespace {

test::OpShape random_shape(Random& rng) {
    test::OpShape shape;
    shape.maps = {"a", "b"};
    shape.keys = 1 + rng.below(20);
    shape.tags = 1 + rng.below(10);
    shape.millis = 1 + rng.below(6);
    shape.small_values = rng.chance(0.5);
    return shape;
}

using States = std::vector<std::unique_ptr<StateReader>>;
using Pointers = std::vector<const StateReader*>;

Pointers pointers(const States& states) {
    Pointers out;
    for (const auto& state : states) out.push_back(state.get());
    return out;
}

// Merges two or more of the states at a time until one is left; the merges in between live in
// `keep`.
std::unique_ptr<StateReader> merge_as_tree(Pointers states, Random& rng, States& keep) {
    while (states.size() > 1) {
        std::shuffle(states.begin(), states.end(), rng);
        const auto count = 2 + rng.below(states.size() - 1);
        const auto from = states.end() - static_cast<std::ptrdiff_t>(count);
        auto merged = merge_states(Pointers(from, states.end()));
        states.erase(from, states.end());
        if (states.empty()) return merged;
        states.push_back(merged.get());
        keep.push_back(std::move(merged));
    }
    return merge_states(states);
}

// One loss as a line, so that a failed check shows it.
std::string loss(const MapId& map, const Row& winner, const Row& loser, StampField decided_by) {
    return map.name + "/" + std::string(map_kind_name(map.kind)) + ": " + test::line_of(winner) +
           " beats " + test::line_of(loser) + " by " + std::string(stamp_field_name(decided_by));
}

class Listener final : public ConflictObserver {
public:
    void on_conflict(const Conflict& conflict) override {
        heard.push_back(loss(conflict.map, conflict.winner, conflict.loser, conflict.decided_by));
        fields.insert(conflict.decided_by);
    }
    Lines sorted() const {
        auto out = heard;
        std::sort(out.begin(), out.end());
        return out;
    }
    Lines heard;
    std::set<StampField> fields;
};

// Every version of every place, from all sources; then the best of each, and who it beat.
Lines expected_conflicts(const States& states) {
    std::map<std::pair<MapId, test::Place>, std::map<std::string, test::PlainRow>> versions;
    for (const auto& state : states) {
        for (const auto& [id, rows] : test::plain_rows(*state)) {
            if (id.kind == MapKind::counter) continue;
            for (const auto& [place, row] : rows) versions[{id, place}].emplace(row.line(), row);
        }
    }
    Lines out;
    for (const auto& [at, rows] : versions) {
        const auto& id = at.first;
        const auto* best = &rows.begin()->second;
        for (const auto& [line, row] : rows) {
            if (best->version() < row.version()) best = &row;
        }
        for (const auto& [line, row] : rows) {
            if (&row == best) continue;
            out.push_back(loss(id, best->view(), row.view(),
                               deciding_field(best->stamp.view(), row.stamp.view())));
        }
        const auto tombstone = versions.find({id, test::Place{false, 0, "", best->tag}});
        if (!best->removed && id.kind == MapKind::or_map && tombstone != versions.end()) {
            const auto& removed = tombstone->second.begin()->second;
            out.push_back(loss(id, removed.view(), best->view(), StampField::none));
        }
    }
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace

// Goal:   the union is one state, whatever the order, the grouping and the readers' batches.
// Method: ops that collide in every way are dealt out to a few states; each round merges them
//         flat, as random trees, from snapshots and from readers that hand out one row at a time,
//         and compares lines with a plain model and bytes with the first snapshot.
TEST_CASE("a merge gives the same bytes in any order and grouping, and the model's rows",
          "[reconcile][property]") {
    const auto seed = test::seed(20261001);
    CAPTURE(seed);
    Random rng(seed);
    test::ScratchDir dir;
    for (int round = 0; round < 20; ++round) {
        const auto shape = random_shape(rng);
        const auto sources = 1 + rng.below(5);
        std::vector<std::vector<OwnedOp>> parts(sources);
        test::Model model;
        for (const auto& op : test::random_ops(rng, 40 + rng.below(260), shape)) {
            model.apply(op);
            parts[rng.below(sources)].push_back(op);
            if (rng.chance(0.1)) parts[rng.below(sources)].push_back(op);
        }
        States states;
        for (const auto& part : parts) states.push_back(test::state_of(part));
        const auto flat = merge_states(pointers(states));
        CHECK(test::lines_of(*flat) == model.lines());
        const auto bytes = test::snapshot_bytes(*flat, dir);

        Replica all;
        for (const auto& state : states) must(all.apply(*state));
        CHECK(test::snapshot_bytes(*read_replica(all), dir) == bytes);

        // The same sources once more, as files, and row by row.
        for (std::size_t i = 0; i < sources; ++i) {
            const auto path = dir.file(std::to_string(i) + ".tgs");
            (void)must(write_snapshot(*states[i], path));
            states.push_back(must(SnapshotReader::open(path)));
            for (auto& rows : test::row_states(*states[i])) states.push_back(std::move(rows));
        }
        for (int again = 0; again < 4; ++again) {
            States keep;
            const auto tree = merge_as_tree(pointers(states), rng, keep);
            CHECK(test::snapshot_bytes(*tree, dir) == bytes);
        }
    }
}

TEST_CASE("a merge of states with many batches of rows is complete and in order", "[reconcile]") {
    const auto seed = test::seed(20261002);
    CAPTURE(seed);
    Random rng(seed);
    test::OpShape shape;
    shape.keys = 4000;
    shape.tags = 500;
    shape.nodes = 700;
    test::Model model;
    States states;
    for (int i = 0; i < 3; ++i) {
        const auto ops = test::random_ops(rng, 4000, shape);
        model.apply(ops);
        states.push_back(test::state_of(ops));
    }
    const auto merged = merge_states(pointers(states));
    CHECK(test::lines_of(*merged) == model.lines());
    // Part of the rows is what lies in the range, no more.
    const std::vector<HashRange> ranges = {{0, 0x1fffffff}, {0x80000000, 0x8fffffff}};
    for (const auto& id : merged->maps()) {
        Lines expected;
        for (const auto& [place, row] : model.maps().at(id)) {
            const auto hash = fnv1a(row.key);
            if (!row.removed && (hash < 0x20000000 || hash >> 28 == 8))
                expected.push_back(row.line());
        }
        CHECK(test::lines_of(*must(merged->rows(id, ranges))) == expected);
    }
}

TEST_CASE("facts of a merge are those of the replica that took all sources", "[reconcile]") {
    const auto seed = test::seed(20261003);
    CAPTURE(seed);
    Random rng(seed);
    const auto shape = random_shape(rng);
    States states;
    Replica all;
    for (int i = 0; i < 3; ++i) {
        states.push_back(test::state_of(test::random_ops(rng, 150, shape)));
        must(all.apply(*states.back()));
    }
    const auto merged = merge_states(pointers(states));
    const auto expected = read_replica(all);
    REQUIRE(merged->maps() == expected->maps());
    for (const auto& id : merged->maps()) {
        CHECK(*must(merged->facts(id)) == *must(expected->facts(id)));
        CHECK(must(merged->facts(id)) == must(merged->facts(id)));  // counted once
    }
    const auto unknown = merged->facts({"nobody", MapKind::lww});
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().code() == Errc::not_found);
}

TEST_CASE("a merge of nothing, and of empty states, has no maps", "[reconcile]") {
    CHECK(merge_states({})->maps().empty());
    Replica empty;
    const auto state = read_replica(empty);
    CHECK(merge_states({state.get(), state.get()})->maps().empty());
}

TEST_CASE("one name in several kinds stays several maps", "[reconcile]") {
    const auto a = test::state_of({test::put("k", {1, 0, "n"}, int_value(1))});
    const auto b = test::state_of({test::or_add("k", {2, 0, "n"}, int_value(2))});
    const auto c = test::state_of({test::counter("n", 3, 0)});
    const auto merged = merge_states({c.get(), b.get(), a.get()});
    REQUIRE(merged->maps().size() == 3);
    for (const auto kind : {MapKind::lww, MapKind::or_map, MapKind::counter}) {
        CHECK(must(merged->facts({"m", kind}))->records == 1);
    }
}

TEST_CASE("equal stamps with different values have one winner in any order", "[reconcile]") {
    const Timestamp stamp{5, 1, "n"};
    // From the least to the greatest: tombstone, bytes, longer bytes, then the longer time to live.
    const std::vector<std::vector<OwnedOp>> ascending = {
        {test::remove("k", stamp)},
        {test::put("k", stamp, int_value(1), 10)},
        {test::put("k", stamp, int_value(2), 10)},
        {test::put("k", stamp, int_value(2), 20)},
        {test::put("k", stamp, int_value(2))},
        {test::put("k", stamp, test::string_value("x"))},
    };
    States states;
    for (const auto& ops : ascending) states.push_back(test::state_of(ops));
    for (std::size_t low = 0; low < states.size(); ++low) {
        for (std::size_t high = low + 1; high < states.size(); ++high) {
            CAPTURE(low, high);
            const auto winner = test::lines_of(*states[high]);
            CHECK(test::lines_of(*merge_states({states[low].get(), states[high].get()})) == winner);
            CHECK(test::lines_of(*merge_states({states[high].get(), states[low].get()})) == winner);
        }
    }
}

TEST_CASE("a tag removed in one source keeps its record out of the union", "[reconcile]") {
    const auto added = test::or_add("k", {1, 0, "n"}, int_value(1));
    auto elsewhere = test::or_add("other", {1, 0, "n"}, int_value(2));
    const auto a = test::state_of({added, elsewhere});
    const auto b = test::state_of({test::or_remove(added.tag)});
    const auto c = test::state_of({added, test::or_add("k", {2, 0, "n"}, int_value(3))});
    const Lines expected = {
        "map 'm' or", "removed '1:0:n'",
        test::PlainRow(test::plain_rows(*c).begin()->second.rbegin()->second).line()};
    CHECK(test::lines_of(*merge_states({a.get(), b.get(), c.get()})) == expected);
    CHECK(test::lines_of(*merge_states({c.get(), b.get(), a.get()})) == expected);
}

TEST_CASE("a counter takes the greater of each count, so neither side may win alone",
          "[reconcile]") {
    const auto a = test::state_of({test::counter("x", 5, 1), test::counter("only-a", 1.5, 0)});
    const auto b = test::state_of({test::counter("x", 2, 7)});
    Listener listener;
    MergeOptions options;
    options.observer = &listener;
    const auto merged = merge_states({a.get(), b.get()}, options);
    const auto expected =
        test::state_of({test::counter("x", 5, 7), test::counter("only-a", 1.5, 0)});
    CHECK(test::lines_of(*merged) == test::lines_of(*expected));
    CHECK(listener.heard.empty());  // counts that are joined are not lost
}

TEST_CASE("a counter entry that is no pair of counts ends the merge with its place",
          "[reconcile]") {
    test::PlainRow row;
    row.key = "node-x";
    row.value = int_value(3);
    const test::RowsState bad({"visits", MapKind::counter}, {row});
    const auto merged = merge_states({&bad});
    auto cursor = must(merged->StateReader::rows({"visits", MapKind::counter}));
    const auto rows = cursor->next();
    REQUIRE_FALSE(rows);
    CHECK(rows.error().code() == Errc::bad_input);
    CHECK(rows.error().text() == "counter 'visits', node 'node-x': its entry is not [p, n]");
}

// Goal:   no loss goes unheard, and none is heard twice.
// Method: several sources hold the same losing writes; the naive list of all versions at each
//         place says who lost to whom, and by which field of the stamp.
TEST_CASE("the observer hears of every beaten row exactly once, with the winner",
          "[reconcile][property]") {
    const auto seed = test::seed(20261004);
    CAPTURE(seed);
    Random rng(seed);
    std::set<StampField> fields;
    for (int round = 0; round < 40; ++round) {
        const auto shape = random_shape(rng);
        States states;
        for (auto sources = 2 + rng.below(4); sources > 0; --sources) {
            states.push_back(test::state_of(test::random_ops(rng, 30 + rng.below(60), shape)));
        }
        const auto expected = expected_conflicts(states);
        Listener listener;
        MergeOptions options;
        options.observer = &listener;
        const auto merged = merge_states(pointers(states), options);
        for (const auto& id : merged->maps()) (void)must(merged->facts(id));
        CHECK(listener.heard.empty());  // facts are counted quietly
        (void)test::lines_of(*merged);
        CHECK(listener.sorted() == expected);
        fields.merge(listener.fields);
    }
    CHECK(fields.size() == 4);  // time, counter, node, and equal stamps all occurred
}

TEST_CASE("merging a state into a replica tells of the same losses as a streaming merge",
          "[reconcile][property]") {
    const auto seed = test::seed(20261006);
    CAPTURE(seed);
    Random rng(seed);
    for (int round = 0; round < 30; ++round) {
        const auto shape = random_shape(rng);
        Replica replica = test::replica_of(test::random_ops(rng, 80, shape));
        const auto base = read_replica(replica);
        const auto incoming = test::state_of(test::random_ops(rng, 80, shape));
        Listener streaming, merging;
        MergeOptions options;
        options.observer = &streaming;
        (void)test::lines_of(*merge_states({base.get(), incoming.get()}, options));
        must(replica.apply(*incoming, &merging));
        CHECK(streaming.sorted() == merging.sorted());
    }
}

TEST_CASE("a losing write that several sources hold is one loss", "[reconcile]") {
    const auto old = test::put("k", {1, 0, "n"}, int_value(1));
    const auto older = test::put("k", {0, 5, "n"}, int_value(0));
    const auto a = test::state_of({old});
    const auto b = test::state_of({older});
    const auto c = test::state_of({old});
    const auto newest = test::state_of({test::put("k", {2, 0, "n"}, int_value(2))});
    Listener listener;
    MergeOptions options;
    options.observer = &listener;
    (void)test::lines_of(
        *merge_states({a.get(), b.get(), c.get(), newest.get(), b.get()}, options));
    CHECK(listener.heard.size() == 2);
}

TEST_CASE("what comes in, less what is dropped, and what is made of it, is what comes out",
          "[reconcile][property]") {
    const auto seed = test::seed(20261121);
    CAPTURE(seed);
    Random rng(seed);
    const auto line = [](const MapId& map, const Row& row) {
        return map.name + std::string(map_kind_name(map.kind)) + test::line_of(row);
    };
    for (int round = 0; round < 20; ++round) {
        const auto shape = random_shape(rng);
        States states;
        std::multiset<std::string> in, out;
        const auto collect = [&](const StateReader& state, std::multiset<std::string>& lines) {
            must(visit_all_rows(state, [&](const MapId& map, const Row& row) -> Status {
                lines.insert(line(map, row));
                return {};
            }));
        };
        for (int source = 0; source < 4; ++source) {
            states.push_back(test::state_of(test::random_ops(rng, 60, shape)));
            collect(*states.back(), in);
        }
        MergeOptions options;
        options.dropped = [&](const MapId& map, const Row& row) {
            const auto found = in.find(line(map, row));
            REQUIRE(found != in.end());
            in.erase(found);
        };
        // A counter's entry may be made before the last of those that it is made of was dropped.
        std::multiset<std::string> made;
        options.made = [&](const MapId& map, const Row& row) {
            CHECK(map.kind == MapKind::counter);
            made.insert(line(map, row));
        };
        collect(*merge_states(pointers(states), options), out);
        in.merge(made);
        CHECK(in == out);
    }
}

TEST_CASE("a filter applies before the merge, so what it hides cannot win", "[reconcile]") {
    const auto old_add = test::or_add("k", {1, 0, "n"}, int_value(1));
    const auto base = test::state_of({test::put("k", {1, 0, "n"}, int_value(1)), old_add});
    const auto late = test::state_of(
        {test::put("k", {9, 0, "n"}, int_value(9)), test::remove("gone", {9, 0, "n"}),
         test::or_remove(old_add.tag), test::or_add("k", {9, 0, "n"}, int_value(9))});
    Listener listener;
    MergeOptions options;
    options.observer = &listener;
    options.filter = [](const MapId&, const Row& row) {
        return !row.removed && row.stamp.millis <= 5;
    };
    const auto merged = merge_states({base.get(), late.get()}, options);
    CHECK(test::lines_of(*merged) == test::lines_of(*base));
    CHECK(listener.heard.empty());
    for (const auto& id : merged->maps()) CHECK(must(merged->facts(id))->records == 1);
}

// Goal:   merging filtered states is filtering first and merging then.
TEST_CASE("a filtered merge equals the merge of filtered sources", "[reconcile][property]") {
    const auto seed = test::seed(20261005);
    CAPTURE(seed);
    Random rng(seed);
    for (int round = 0; round < 20; ++round) {
        const auto shape = random_shape(rng);
        // A state keeps only the newest: what the filter passes is known of rows, not of ops.
        const auto until = 1'700'000'000'000 + rng.below(shape.millis);
        const auto wanted = [until](const Row& row) {
            return row.removed ? row.tag.size() % 2 == 0 : row.stamp.millis <= until;
        };
        States states;
        test::Model model;
        for (int i = 0; i < 3; ++i) {
            states.push_back(test::state_of(test::random_ops(rng, 80, shape)));
            for (const auto& [id, rows] : test::plain_rows(*states.back())) {
                for (const auto& [place, row] : rows) {
                    if (wanted(row.view())) model.add(id, row);
                }
            }
        }
        MergeOptions options;
        options.filter = [&wanted](const MapId&, const Row& row) { return wanted(row); };
        const auto merged = merge_states(pointers(states), options);
        std::map<MapId, Lines> expected, found;
        for (const auto& [id, rows] : model.maps()) {
            for (const auto& [place, row] : rows) expected[id].push_back(row.line());
        }
        for (const auto& id : merged->maps()) {
            auto lines = test::lines_of(*merged, id);
            if (!lines.empty()) found[id] = std::move(lines);
        }
        CHECK(found == expected);
    }
}

TEST_CASE("progress counts every row once, and its error ends the merge", "[reconcile]") {
    std::vector<OwnedOp> ops;
    for (int i = 0; i < 3000; ++i) {
        ops.push_back(test::put("k" + std::to_string(i), {1, 0, "n"}, int_value(i)));
    }
    const auto a = test::state_of(ops);
    const auto b = test::state_of({ops.begin(), ops.begin() + 1000});
    std::uint64_t rows = 0, calls = 0;
    MergeOptions options;
    options.progress = [&](std::uint64_t more) -> Status {
        CHECK(more > 0);
        rows += more;
        ++calls;
        return {};
    };
    (void)test::lines_of(*merge_states({a.get(), b.get()}, options));
    CHECK(rows == 4000);
    CHECK(calls > 3);

    rows = 0;
    options.progress = [&](std::uint64_t more) -> Status {
        rows += more;
        if (rows >= 2000) return Error(Errc::cancelled, "stopped by the user");
        return {};
    };
    const auto merged = merge_states({a.get(), b.get()}, options);
    test::ScratchDir dir;
    const auto written = write_snapshot(*merged, dir.file("out.tgs"));
    REQUIRE_FALSE(written);
    CHECK(written.error().code() == Errc::cancelled);
    CHECK_FALSE(std::filesystem::exists(dir.file("out.tgs")));
}

TEST_CASE("an error of a source ends the merge", "[reconcile]") {
    std::vector<test::PlainRow> rows(5);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i].key = "k" + std::to_string(i);
        rows[i].stamp = {1, 0, "n"};
        rows[i].value = int_value(1);
    }
    const MapId id{"m", MapKind::lww};
    test::RowsState failing(id, rows);
    failing.fail_at = 3;
    const test::RowsState sound(id, rows);
    const auto merged = merge_states({&sound, &failing});
    auto cursor = must(merged->StateReader::rows(id));
    std::size_t seen = 0;
    const auto status = for_each_row(*cursor, [&seen](const Row&) { ++seen; });
    REQUIRE_FALSE(status);
    CHECK(status.error().code() == Errc::io);
    CHECK(seen == 3);
    CHECK_FALSE(merged->facts(id));
}
