// SPDX-License-Identifier: Apache-2.0
#include "states.hpp"
#include "topgun/query/query.hpp"

using namespace topgun;
using test::must;

TEST_CASE("a query goes to the wire's form and back", "[query]") {
    const auto query = must(query::parse_query_json(
        R"({"aggregations":[{"func":"count"},{"field":"p","func":"avg"}],"cursor":"abc",
            "fields":["a"],"groupBy":["g"],"limit":10,"where":{"a":1},
            "predicate":{"op":"and","children":[{"attribute":"a","op":"in","value":[1]},
                                                {"attribute":"c","valueRef":"data.d"}]},
            "sort":[{"direction":"desc","field":"z"},{"field":"a"}]})"));
    const auto wired = query::to_wire(query);
    CHECK(wired.predicate->op == "and");
    CHECK(wired.sort->fields[0].direction == wire::SortDirection::desc);
    CHECK(must(query::from_wire(wired)) == query);
    CHECK(must(query::from_wire(query::to_wire(query::Query{}))) == query::Query{});
}

TEST_CASE("unknown words from the wire are refused with their place", "[query]") {
    wire::Query query;
    query.predicate.emplace();
    query.predicate->op = "or";
    query.predicate->children.emplace(1);
    query.predicate->children->front().op = "contains";
    const auto refused = query::from_wire(query);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().text().find("predicate.children[0].op: operator 'contains'") == 0);
    query.predicate.reset();
    query.aggregations = std::vector<wire::Aggregation>{{"median", "a"}};
    CHECK(query::from_wire(query).error().text() ==
          "aggregations[0].func: unknown function 'median'");
}

TEST_CASE("a node from the wire without operator is eq, and nil is no value", "[query]") {
    wire::PredicateNode node;
    node.attribute = "a";
    node.value.emplace();
    const auto read = must(query::from_wire(node));
    CHECK(read.op == query::Operator::eq);
    CHECK_FALSE(read.value);
}
