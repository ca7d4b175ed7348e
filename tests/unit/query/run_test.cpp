// SPDX-License-Identifier: Apache-2.0
#include "topgun/query/run.hpp"

#include <algorithm>

#include "naive.hpp"
#include "states.hpp"

using namespace topgun;
using namespace topgun::query;
using test::kMap;
using test::kNow;
using test::must;
using test::value_of;

namespace {

using Keys = std::vector<std::string>;

Query query_of(std::string_view json) {
    return must(parse_query_json(json));
}

QueryPage run(const StateReader& state, std::string_view json, const QueryOptions& options = {}) {
    return must(run_query(state, kMap, query_of(json), kNow, options));
}

// Rows that a plain evaluator gives: everything decoded, filtered, sorted as a whole.
Keys naive_keys(const test::Records& records, const Query& query, NullPlacement nulls) {
    struct Row {
        std::string key;
        test::Tree value;
    };
    std::vector<Row> rows;
    for (const auto& [key, value] : records) {
        auto tree = test::decode(ValueView(value));
        if (query.predicate && !test::naive_matches(*query.predicate, tree)) continue;
        rows.push_back({key, std::move(tree)});
    }
    std::sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
        for (const auto& field : query.sort) {
            const auto* left = test::naive_find(a.value, field.field);
            const auto* right = test::naive_find(b.value, field.field);
            const bool no_left = left == nullptr || left->kind == msgpack::Kind::nil;
            const bool no_right = right == nullptr || right->kind == msgpack::Kind::nil;
            if (no_left && no_right) continue;
            if (no_left || no_right) return no_left == (nulls == NullPlacement::first);
            if (const int order = test::naive_order(*left, *right)) {
                return field.descending ? order > 0 : order < 0;
            }
        }
        return a.key < b.key;
    });
    Keys keys;
    for (const auto& row : rows) keys.push_back(row.key);
    return keys;
}

}  // namespace

TEST_CASE("without sort rows come in the order of their keys", "[query]") {
    const auto state = test::state_of({{"b", value_of("{}")},
                                       {"é", value_of("{}")},
                                       {"a", value_of("5")},
                                       {"aa", value_of("null")},
                                       {"", value_of("[]")}});
    const auto page = run(*state, "{}");
    CHECK(test::keys_of(page) == Keys{"", "a", "aa", "b", "é"});
    CHECK_FALSE(page.has_more);
    CHECK_FALSE(page.next_cursor);
    CHECK(page.counts.rows == 5);
    CHECK(page.counts.matched == 5);
}

TEST_CASE("sorts are by several fields, mixed types in their one order", "[query]") {
    const auto state = test::state_of({{"a", value_of(R"({"x":true,"y":1})")},
                                       {"b", value_of(R"({"x":"s","y":1})")},
                                       {"c", value_of(R"({"x":2,"y":2})")},
                                       {"d", value_of(R"({"x":2.0,"y":1})")},
                                       {"e", value_of(R"({"y":1})")},
                                       {"f", value_of(R"({"x":null})")},
                                       {"g", value_of(R"({"x":[1]})")},
                                       {"h", value_of("7")}});
    CHECK(test::keys_of(run(*state, R"({"sort":{"x":"asc","y":"desc"}})")) ==
          Keys{"a", "c", "d", "b", "g", "e", "f", "h"});
    CHECK(test::keys_of(run(*state, R"({"sort":{"x":"desc"}})")) ==
          Keys{"g", "b", "c", "d", "a", "e", "f", "h"});
    QueryOptions first;
    first.nulls = NullPlacement::first;
    CHECK(test::keys_of(run(*state, R"({"sort":{"x":"desc"}})", first)) ==
          Keys{"e", "f", "h", "g", "b", "c", "d", "a"});
    CHECK(test::keys_of(run(*state, R"({"sort":{"_key":"desc"},"limit":2})")) == Keys{"h", "g"});
    CHECK(test::keys_of(run(*state, R"({"sort":{"_value":"asc"},"limit":2})")) == Keys{"h", "a"});
}

TEST_CASE("a limit tells whether there is more, down to a limit of 0", "[query]") {
    const auto state =
        test::state_of({{"a", value_of("1")}, {"b", value_of("2")}, {"c", value_of("3")}});
    CHECK(run(*state, R"({"limit":2})").has_more);
    CHECK_FALSE(run(*state, R"({"limit":3})").has_more);
    CHECK_FALSE(run(*state, R"({"limit":4294967295})").has_more);
    const auto none = run(*state, R"({"limit":0})");
    CHECK(none.rows.empty());
    CHECK(none.has_more);
    CHECK_FALSE(none.next_cursor);
    CHECK_FALSE(run(*state, R"({"limit":0,"where":{"x":1}})").has_more);
}

TEST_CASE("an offset passes over rows, and a cursor beats it", "[query]") {
    const auto state = test::state_of(
        {{"a", value_of("1")}, {"b", value_of("2")}, {"c", value_of("3")}, {"d", value_of("4")}});
    const auto page = run(*state, R"({"limit":2,"offset":1})");
    CHECK(test::keys_of(page) == Keys{"b", "c"});
    CHECK(page.has_more);
    auto next = query_of(R"({"limit":2,"offset":1})");
    next.cursor = page.next_cursor;
    CHECK(test::keys_of(must(run_query(*state, kMap, next, kNow))) == Keys{"d"});
    CHECK(run(*state, R"({"offset":4})").rows.empty());
    CHECK(run(*state, R"({"offset":9007199254740991,"limit":4294967295})").rows.empty());
    CHECK(test::keys_of(run(*state, R"({"offset":3})")) == Keys{"d"});
}

TEST_CASE("fields are kept by name at the top, whatever else the sort needs", "[query]") {
    const auto state = test::state_of({{"a", value_of(R"({"x":1,"y":{"z":1},"w":3})")},
                                       {"b", value_of("5")},
                                       {"c", value_of(R"({"y":1,"x":0})")}});
    CHECK(test::lines_of(run(*state, R"({"fields":["y","x","nothing"],"sort":{"w":"asc"}})")) ==
          Keys{R"(a={"x":1,"y":{"z":1}})", "b=5", R"(c={"x":0,"y":1})"});
    CHECK(test::lines_of(run(*state, R"({"fields":["y.z","_key"]})")) ==
          Keys{"a={}", "b=5", "c={}"});
    CHECK(test::lines_of(run(*state, R"({"fields":[]})")) == Keys{"a={}", "b=5", "c={}"});
}

TEST_CASE("tombstones and records past their time to live are no rows", "[query]") {
    auto replica = std::make_unique<Replica>();
    const Timestamp stamp{1000, 0, "n"};
    const auto value = value_of("1");
    test::apply_all(*replica,
                    {test::put("live", stamp, value), test::remove("gone", stamp),
                     test::put("old", stamp, value, 500), test::put("young", stamp, value, 501),
                     test::put("forever", stamp, value, 0)});
    const auto state = own_replica(std::move(replica));
    const auto page = must(run_query(*state, kMap, {}, 1501));
    CHECK(test::keys_of(page) == Keys{"forever", "live", "young"});
    CHECK(page.counts.rows == 5);
    CHECK(page.counts.tombstones == 1);
    CHECK(page.counts.expired == 1);
    CHECK(page.counts.matched == 3);
}

TEST_CASE("the where map is used and the predicate is not, where both are given", "[query]") {
    const auto state = test::state_of({{"a", value_of(R"({"x":1})")}, {"b", value_of("{}")}});
    CHECK(test::keys_of(run(*state, R"({"where":{"x":1},"predicate":{"op":"or"}})")) == Keys{"a"});
}

TEST_CASE("the records of an OR-Map are rows of their own, paged by key and tag", "[query]") {
    auto replica = std::make_unique<Replica>();
    for (std::uint32_t i = 0; i < 6; ++i) {
        test::apply_all(*replica, {test::or_add(i < 4 ? "a" : "b", Timestamp{1000, i, "n"},
                                                test::int_value(i % 2))});
    }
    test::apply_all(*replica, {test::or_remove("1000:1:n")});
    const auto state = own_replica(std::move(replica));
    const MapId map{"m", MapKind::or_map};
    auto query = query_of(R"({"limit":2})");
    Keys seen;
    for (int i = 0; i < 5; ++i) {
        const auto page = must(run_query(*state, map, query, kNow));
        for (const auto& row : page.rows) seen.push_back(row.key + "/" + row.tag);
        query.cursor = page.next_cursor;
        if (!page.has_more) break;
    }
    CHECK(seen == Keys{"a/1000:0:n", "a/1000:2:n", "a/1000:3:n", "b/1000:4:n", "b/1000:5:n"});
    const auto tagged = query_of(R"({"where":{"_tag":"1000:3:n","_value":1}})");
    CHECK(test::keys_of(must(run_query(*state, map, tagged, kNow))) == Keys{"a"});
}

TEST_CASE("what cannot be queried is said", "[query]") {
    const auto state = test::state_of({{"a", value_of("1")}});
    const auto page = must(run_query(*state, {"other", MapKind::lww}, {}, kNow));
    CHECK(page.rows.empty());
    CHECK(page.warnings == Keys{"map 'other' has no rows"});
    CHECK(run_query(*state, {"m", MapKind::counter}, {}, kNow).error().code() == Errc::usage);
    const auto bad = query_of(R"({"predicate":{"op":"regex","attribute":"a","value":"["}})");
    CHECK(run_query(*state, kMap, bad, kNow).error().code() == Errc::bad_input);
}

TEST_CASE("a result beyond the memory allowed is an error, never a short result", "[query]") {
    test::Records records;
    for (int i = 0; i < 200; ++i) {
        records.emplace_back("k" + std::to_string(i), value_of("{\"x\":\"" + std::string(100, 'x') +
                                                               std::to_string(i) + "\"}"));
    }
    const auto state = test::state_of(records);
    QueryOptions options;
    options.memory_max = 10'000;
    CHECK(run_query(*state, kMap, {}, kNow, options).error().code() == Errc::limit);
    CHECK(run_query(*state, kMap, query_of(R"({"groupBy":["x"]})"), kNow, options).error().code() ==
          Errc::limit);
    // A page of few rows needs little, however many rows there are.
    CHECK(run(*state, R"({"limit":5,"sort":{"x":"desc"}})", options).rows.size() == 5);
}

TEST_CASE("a query stops when asked to", "[query]") {
    const auto state = test::state_of({{"a", value_of("1")}});
    QueryOptions options;
    options.stop = [] { return true; };
    CHECK(run_query(*state, kMap, {}, kNow, options).error().code() == Errc::cancelled);
}

TEST_CASE("a cursor of another query, damaged or expired, is an error that says so", "[query]") {
    const auto state = test::state_of({{"a", value_of("1")}, {"b", value_of("2")}});
    auto query = query_of(R"({"limit":1})");
    query.cursor = run(*state, R"({"limit":1})").next_cursor;
    CHECK(check_cursor(kMap, query, kNow) == CursorState::valid);
    CHECK_FALSE(check_cursor(kMap, query_of("{}"), kNow));
    QueryOptions options;
    options.cursor_life_ms = 5;
    const auto expired = run_query(*state, kMap, query, kNow + 6, options);
    REQUIRE_FALSE(expired);
    CHECK(expired.error().text() == "cursor: expired");
    CHECK(check_cursor(kMap, query, kNow + 6, options) == CursorState::expired);
    query.where = value_of("{}");
    const auto other = run_query(*state, kMap, query, kNow);
    REQUIRE_FALSE(other);
    CHECK(other.error().code() == Errc::bad_input);
    CHECK(check_cursor(kMap, query, kNow) == CursorState::invalid);
}

// TG-QRY-002
// Goal:   paging loses no row and repeats none, whatever the values are; the order is the one that
//         is defined.
// Method: random records of bools, missing, nil, mixed and equal values; random sorts and filters;
//         the whole result is compared with a plain evaluator, then with pages of 1 to 5 rows.
TEST_CASE("pages put together are the whole result, over any data", "[query][property]") {
    const auto seed = test::seed(20260825);
    CAPTURE(seed);
    Random rng{seed};
    static constexpr std::string_view kFilters[] = {
        "", R"({"op":"isNotNull","attribute":"a"})", R"({"op":"gte","attribute":"b","value":1})",
        R"({"op":"not","children":[{"attribute":"a","value":1}]})"};
    for (int round = 0; round < 60; ++round) {
        const auto records = test::small_records(rng, 40);
        const auto state = test::state_of(records);
        Query query;
        for (const auto* name : {"a", "b", "c"}) {
            if (rng.chance(0.5)) query.sort.push_back({name, rng.chance(0.5)});
        }
        const auto filter = kFilters[rng.below(std::size(kFilters))];
        if (!filter.empty()) query.predicate = must(parse_predicate_json(filter));
        if (rng.chance(0.5)) query.fields = std::vector<std::string>{"c"};
        QueryOptions options;
        options.nulls = rng.chance(0.5) ? NullPlacement::last : NullPlacement::first;
        CAPTURE(format_query_json(query));
        const auto whole = must(run_query(*state, kMap, query, kNow, options));
        REQUIRE(test::keys_of(whole) == naive_keys(records, query, options.nulls));
        for (std::uint32_t size = 1; size <= 5; ++size) {
            query.limit = size;
            query.cursor.reset();
            std::vector<ResultRow> rows;
            for (bool more = true; more && rows.size() <= records.size();) {
                auto page = must(run_query(*state, kMap, query, kNow, options));
                REQUIRE(page.rows.size() <= size);
                REQUIRE(page.has_more == page.next_cursor.has_value());
                std::move(page.rows.begin(), page.rows.end(), std::back_inserter(rows));
                query.cursor = page.next_cursor;
                more = page.has_more;
            }
            REQUIRE(rows == whole.rows);
        }
    }
}

TEST_CASE("groups are paged as rows are", "[query][property]") {
    const auto seed = test::seed(20260826);
    CAPTURE(seed);
    Random rng{seed};
    const auto state = test::state_of(test::small_records(rng, 300));
    auto query = query_of(R"({"groupBy":["a","b"],"aggregations":[{"func":"avg","field":"c"}],
                              "sort":{"__count":"desc","__avg_c":"asc"}})");
    const auto whole = must(run_query(*state, kMap, query, kNow));
    CHECK(whole.rows.size() > 50);
    query.limit = 7;
    std::vector<ResultRow> rows;
    for (bool more = true; more && rows.size() <= whole.rows.size();) {
        auto page = must(run_query(*state, kMap, query, kNow));
        std::move(page.rows.begin(), page.rows.end(), std::back_inserter(rows));
        query.cursor = page.next_cursor;
        more = page.has_more;
    }
    CHECK(rows == whole.rows);
}
