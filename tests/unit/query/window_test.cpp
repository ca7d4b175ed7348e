// SPDX-License-Identifier: Apache-2.0
#include "topgun/query/window.hpp"

#include <map>

#include "states.hpp"

using namespace topgun;
using namespace topgun::query;
using test::kMap;
using test::kNow;
using test::must;
using test::value_of;
using wire::ChangeType;

namespace {

// A map that changes, and the window over it.
class World {
public:
    explicit World(std::string_view json, const test::Records& records = {},
                   const QueryOptions& options = {})
        : query(must(parse_query_json(json))), options_(options) {
        for (const auto& [key, value] : records) rows_[key] = value;
        window_.emplace(must(QueryWindow::open(
            kMap, query,
            [this](const Query& asked) -> Result<QueryPage> {
                ++asked_;
                if (fail) return Error(Errc::io, "the disk is gone");
                return run(asked);
            },
            options)));
    }

    QueryPage run(const Query& asked) const {
        test::Records records(rows_.begin(), rows_.end());
        return must(run_query(*test::state_of(records), kMap, asked, kNow, options_));
    }
    Result<std::vector<WindowChange>> change(const std::string& key, const Bytes& value) {
        if (value.empty()) {
            rows_.erase(key);
        } else {
            rows_[key] = value;
        }
        return window_->apply(key, value, kNow);
    }
    // One change as a line: "LEAVE b; ENTER c={...}".
    std::string tell(const std::string& key, std::string_view json) {
        std::string text;
        for (const auto& one : must(change(key, json.empty() ? Bytes() : value_of(json)))) {
            if (!text.empty()) text += "; ";
            text += std::string(wire::word(one.type)) + " " + one.key;
            if (!one.value.empty()) text += "=" + test::json_of(one.value);
        }
        return text;
    }
    QueryWindow& window() { return *window_; }
    std::size_t asked() const { return asked_; }

    Query query;
    bool fail = false;

private:
    QueryOptions options_;
    std::map<std::string, Bytes> rows_;
    std::optional<QueryWindow> window_;
    std::size_t asked_ = 0;
};

test::Records numbered(int count) {
    test::Records records;
    for (int i = 0; i < count; ++i) {
        const auto number = std::to_string(100 + i);
        records.emplace_back("k" + number, value_of("{\"n\":" + number + "}"));
    }
    return records;
}

}  // namespace

TEST_CASE("rows enter, change and leave a window without limit", "[query]") {
    World world(R"({"where":{"a":1},"fields":["b"]})", {{"x", value_of(R"({"a":1,"b":2})")}});
    const auto rows = must(world.window().reset(kNow));
    REQUIRE(rows.size() == 1);
    CHECK(test::json_of(rows[0].value) == R"({"b":2})");
    CHECK(world.tell("y", R"({"a":2})").empty());
    CHECK(world.tell("y", R"({"a":1,"b":3})") == R"(ENTER y={"b":3})");
    CHECK(world.tell("y", R"({"a":1,"b":4})") == R"(UPDATE y={"b":4})");
    CHECK(world.tell("x", R"({"a":2})") == "LEAVE x");
    CHECK(world.tell("y", "") == "LEAVE y");
    CHECK(world.tell("y", "").empty());
    CHECK(world.window().size() == 0);
    CHECK(world.asked() == 1);
}

TEST_CASE("a window with a limit pushes rows out and lets them in again", "[query]") {
    World world(R"({"sort":{"n":"asc"},"limit":2})", numbered(3));
    CHECK(must(world.window().reset(kNow)).size() == 2);
    CHECK(world.tell("new", R"({"n":1})") == R"(LEAVE k101; ENTER new={"n":1})");
    CHECK(world.tell("new", R"({"n":100})") == R"(UPDATE new={"n":100})");
    CHECK(world.tell("new", R"({"n":500})") == R"(LEAVE new; ENTER k101={"n":101})");
    CHECK(world.tell("k102", R"({"n":600})").empty());
    CHECK(world.tell("k100", "") == R"(LEAVE k100; ENTER new={"n":500})");
    CHECK(world.tell("k101", "") == R"(LEAVE k101; ENTER k102={"n":600})");
    CHECK(world.tell("new", "") == "LEAVE new");
    CHECK(world.window().size() == 1);
    CHECK(world.window().has("k102"));
    CHECK(world.asked() == 1);
}

TEST_CASE("a window never stays short while more rows match", "[query]") {
    World world(R"({"sort":{"n":"asc"},"limit":3})", numbered(400));
    static_cast<void>(must(world.window().reset(kNow)));
    for (int i = 0; i < 397; ++i) {
        const auto gone = "k" + std::to_string(100 + i);
        const auto next = std::to_string(103 + i);
        REQUIRE(world.tell(gone, "") ==
                "LEAVE " + gone + "; ENTER k" + next + "={\"n\":" + next + "}");
        REQUIRE(world.window().size() == 3);
    }
    CHECK(world.tell("k498", "") == "LEAVE k498");
    // The source is asked once for many deletions, not for each.
    CHECK(world.asked() <= 2 + 400 / QueryWindow::kReserve);
}

TEST_CASE("a window of limit 0 stays empty, and one over no rows begins empty", "[query]") {
    World none(R"({"limit":0})", numbered(3));
    CHECK(must(none.window().reset(kNow)).empty());
    CHECK(none.tell("x", "{}").empty());
    World empty(R"({"limit":1})");
    CHECK(must(empty.window().reset(kNow)).empty());
    CHECK(empty.tell("", "{}") == "ENTER ={}");
    CHECK(must(empty.window().reset(kNow)).size() == 1);
}

TEST_CASE("after an error of its source a window must be filled afresh", "[query]") {
    World world(R"({"limit":1})", numbered(200));
    CHECK(world.change("x", value_of("{}")).error().code() == Errc::usage);
    static_cast<void>(must(world.window().reset(kNow)));
    world.fail = true;
    std::optional<Error> error;
    for (int i = 0; i < 199 && !error; ++i) {
        auto changes = world.change("k" + std::to_string(100 + i), {});
        if (!changes) error = std::move(changes).error();
    }
    REQUIRE(error);
    CHECK(error->code() == Errc::io);
    CHECK(world.change("x", value_of("{}")).error().code() == Errc::usage);
    world.fail = false;
    CHECK(must(world.window().reset(kNow)).size() == 1);
    CHECK(world.change("x", value_of("{}")));
}

TEST_CASE("queries without a live form are refused", "[query]") {
    const auto open = [](std::string_view json, MapId map = kMap) {
        return QueryWindow::open(std::move(map), must(parse_query_json(json)),
                                 [](const Query&) -> Result<QueryPage> { return QueryPage{}; });
    };
    CHECK(open("{}"));
    for (const auto* json : {R"({"groupBy":["a"]})", R"({"cursor":"x"})", R"({"offset":1})"}) {
        CHECK(open(json).error().code() == Errc::usage);
    }
    CHECK(open("{}", {"m", MapKind::or_map}).error().code() == Errc::usage);
    CHECK(open(R"({"limit":1000001})").error().code() == Errc::limit);
    CHECK(open(R"({"predicate":{"op":"regex","attribute":"a","value":"("}})").error().code() ==
          Errc::bad_input);
}

// TG-QRY-003
// Goal:   a watcher who applies the changes always holds what the query would give.
// Method: random writes and deletions over few keys; after each the watcher's rows are compared
//         with the query run from scratch, and never exceed the limit on the way.
TEST_CASE("a watched result equals the query run afresh, after any changes", "[query][property]") {
    const auto seed = test::seed(20260827);
    CAPTURE(seed);
    Random rng{seed};
    for (int round = 0; round < 40; ++round) {
        Query query;
        if (rng.chance(0.8)) query.limit = static_cast<std::uint32_t>(1 + rng.below(6));
        if (rng.chance(0.7)) query.sort.push_back({"a", rng.chance(0.5)});
        if (rng.chance(0.5)) query.sort.push_back({"b", rng.chance(0.5)});
        if (rng.chance(0.5)) {
            query.predicate = must(parse_predicate_json(R"({"op":"isNotNull","attribute":"a"})"));
        }
        if (rng.chance(0.3)) query.fields = std::vector<std::string>{"b"};
        QueryOptions options;
        options.nulls = rng.chance(0.5) ? NullPlacement::last : NullPlacement::first;
        test::Records start;
        const auto key = [&rng] { return "k" + std::to_string(rng.below(150)); };
        for (int i = 0; i < 120; ++i) start.emplace_back(key(), test::small_record(rng));
        World world(format_query_json(query), start, options);
        std::map<std::string, Bytes> held;
        for (auto& row : must(world.window().reset(kNow))) held[row.key] = row.value;
        // First mostly deletions, until the window must look behind what it knows.
        const double removals = rng.chance(0.5) ? 0.7 : 0.3;
        for (int i = 0; i < 150; ++i) {
            const auto changed = key();
            const auto value = rng.chance(removals) ? Bytes() : test::small_record(rng);
            const auto changes = must(world.change(changed, value));
            for (const auto& change : changes) {
                const bool is_held = held.count(change.key) != 0;
                REQUIRE(is_held == (change.type != ChangeType::enter));
                if (change.type == ChangeType::leave) {
                    held.erase(change.key);
                } else {
                    held[change.key] = change.value;
                }
                if (query.limit) REQUIRE(held.size() <= *query.limit);
            }
            std::map<std::string, Bytes> expected;
            for (auto& row : world.run(query).rows) expected[row.key] = row.value;
            REQUIRE(held == expected);
            REQUIRE(world.window().size() == expected.size());
        }
    }
}
