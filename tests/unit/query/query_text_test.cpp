// SPDX-License-Identifier: Apache-2.0
#include "states.hpp"
#include "topgun/query/query.hpp"
#include "topgun/value/canonical.hpp"

using namespace topgun;
using namespace topgun::query;
using test::must;

namespace {

constexpr std::string_view kEverything =
    R"({"aggregations":[{"func":"count"},{"field":"p","func":"avg"}],"cursor":"abc",)"
    R"("fields":["a","b"],"groupBy":["g"],"limit":10,"offset":3,)"
    R"("predicate":{"children":[{"attribute":"a.b","op":"in","value":[1,2.5]},)"
    R"({"attribute":"c","op":"neq","valueRef":"data.d"}],"op":"and"},)"
    R"("sort":[{"direction":"desc","field":"z"},{"direction":"asc","field":"a"}],)"
    R"("where":{"a":9223372036854775807}})";

}  // namespace

TEST_CASE("a query is written canonically, and read back from both forms", "[query]") {
    const auto query = must(parse_query_json(kEverything));
    CHECK(query.sort == std::vector<SortField>{{"z", true}, {"a", false}});
    CHECK(query.offset == 3);
    CHECK(query.aggregations[1] == Aggregation{AggregateFunction::avg, "p"});
    const auto text = format_query_json(query);
    CHECK(must(parse_query_json(text)) == query);
    const auto packed = format_query(query);
    CHECK(must(parse_query(packed)) == query);
    CHECK(must(canonical(packed)) == packed);
    CHECK(test::value_of(text) == packed);
}

TEST_CASE("a sort written as an object keeps its order in both forms", "[query]") {
    const std::vector<SortField> expected = {{"z", true}, {"a", false}, {"m", true}};
    CHECK(must(parse_query_json(R"({"sort":{"z":"desc","a":"asc","m":"desc"},"limit":1})")).sort ==
          expected);
    Bytes packed;
    msgpack::Writer writer(packed);
    writer.map(2);
    writer.string("limit");
    writer.unsigned_integer(1);
    writer.string("sort");
    writer.map(3);
    for (const auto& field : expected) {
        writer.string(field.field);
        writer.string(field.descending ? "desc" : "asc");
    }
    CHECK(must(parse_query(packed)).sort == expected);
}

TEST_CASE("a filter survives being written and read", "[query][property]") {
    const auto seed = test::seed(20260823);
    CAPTURE(seed);
    Random rng{seed};
    const auto random_node = [&rng](auto& self, int depth) -> PredicateNode {
        PredicateNode node;
        node.op = static_cast<Operator>(rng.below(19));
        if (rng.chance(0.8)) node.attribute = rng.chance(0.5) ? "a" : "é.b";
        // Nil is absent: it would not come back.
        if (auto value = test::small_value(rng); value != "\xc0") node.value = std::move(value);
        if (rng.chance(0.2)) node.value_ref = "data.a";
        for (auto i = depth == 0 ? 0 : rng.below(3); i > 0; --i) {
            node.children.push_back(self(self, depth - 1));
        }
        return node;
    };
    for (int i = 0; i < 300; ++i) {
        const auto node = random_node(random_node, 4);
        REQUIRE(must(parse_predicate(format_predicate(node))) == node);
        REQUIRE(must(parse_predicate_json(format_predicate_json(node))) == node);
    }
}

TEST_CASE("text that is no JSON and bytes that are no MessagePack are refused", "[query]") {
    for (const auto* text : {"", "{", R"({"limit":})", R"({"a":1} x)"}) {
        CAPTURE(text);
        const auto parsed = parse_query_json(text);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().text().find("query: ") == 0);
        CHECK_FALSE(parse_predicate_json(text));
    }
    const auto packed = format_query(must(parse_query_json(kEverything)));
    for (std::size_t size = 0; size < packed.size(); ++size) {
        REQUIRE_FALSE(parse_query(BytesView(packed).substr(0, size)));
    }
}
