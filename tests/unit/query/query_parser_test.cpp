// SPDX-License-Identifier: Apache-2.0
#include "query_parser.hpp"

#include "states.hpp"

using namespace topgun;
using namespace topgun::query;
using test::must;

TEST_CASE("errors in a query name the place and the nearest word", "[query]") {
    struct Row {
        std::string_view text, error;
    };
    const auto row = GENERATE(values<Row>({
        {"5", "expected a map, found integer"},
        {R"({"limits":1})", "unknown member 'limits'; nearest: 'limit'"},
        {R"({"qqqqqqqq":1})", "unknown member 'qqqqqqqq'"},
        {R"({"group_by":["a"]})", "unknown member 'group_by'; nearest: 'groupBy'"},
        {R"({"where":[]})", "where: expected a map, found array"},
        {R"({"limit":-1})", "limit: expected a whole number from 0 to 4294967295"},
        {R"({"limit":4294967296})", "limit: expected a whole number from 0 to 4294967295"},
        {R"({"limit":1.5})", "limit: expected a whole number from 0 to 4294967295"},
        {R"({"limit":"1"})", "limit: expected a whole number from 0 to 4294967295"},
        {R"({"offset":-1})", "offset: expected a whole number from 0 to 9007199254740991"},
        {R"({"cursor":1})", "cursor: expected a text, found integer"},
        {R"({"fields":"a"})", "fields: expected an array, found string"},
        {R"({"fields":["a",1]})", "fields[1]: expected a text, found integer"},
        {R"({"groupBy":[null]})", "groupBy[0]: expected a text, found nil"},
        {R"({"sort":"a"})", "sort: expected an array, found string"},
        {R"({"sort":[{"direction":"asc"}]})", "sort[0]: a sort needs 'field'"},
        {R"({"sort":[{"field":"a","direction":"ASC"}]})",
         "sort[0].direction: expected 'asc' or 'desc'"},
        {R"({"sort":[{"field":"a"},{"field":"b","dir":"asc"}]})", "sort[1]: unknown member 'dir'"},
        {R"({"sort":{"a":"up"}})", "sort.a: expected 'asc' or 'desc'"},
        {R"({"aggregations":[{"field":"a"}]})", "aggregations[0]: an aggregation needs 'func'"},
        {R"({"aggregations":[{"func":"summ"}]})",
         "aggregations[0].func: unknown function 'summ'; nearest: 'sum'"},
        {R"({"predicate":{"op":"EQ"}})", "predicate.op: unknown operator 'EQ'; nearest: 'eq'"},
        {R"({"predicate":{"op":"and","children":[{},{},{"op":"startswith"}]}})",
         "predicate.children[2].op: unknown operator 'startswith'; nearest: 'startsWith'"},
        {R"({"predicate":{"op":"match"}})",
         "predicate.op: operator 'match' is known to TopGun's client only, not to its server"},
        {R"({"predicate":{"op":1}})", "predicate.op: expected a text, found integer"},
        {R"({"predicate":{"attribut":"a"}})",
         "predicate: unknown member 'attribut'; nearest: 'attribute'"},
        {R"({"predicate":{"op":"not","children":{}}})",
         "predicate.children: expected an array, found map"},
        {R"({"predicate":{"op":"not","children":[5]}})",
         "predicate.children[0]: expected a map, found integer"},
    }));
    CAPTURE(row.text);
    const auto parsed = parse_query_json(row.text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code() == Errc::bad_input);
    CHECK(parsed.error().text().find(row.error) == 0);
    // The same value as MessagePack gives the same answer.
    const auto packed = parse_query(test::value_of(row.text));
    REQUIRE_FALSE(packed);
    CHECK(packed.error().text() == parsed.error().text());
}

TEST_CASE("reading is as tolerant as TopGun's peers", "[query]") {
    CHECK(must(parse_query_json("{}")) == Query{});
    CHECK(must(parse_query_json(R"({"where":null,"sort":null,"limit":null,"fields":null,
        "cursor":null,"groupBy":null,"aggregations":null,"predicate":null})")) == Query{});
    CHECK(must(parse_query_json(R"({"limit":10.0})")).limit == 10u);
    const auto sort = must(parse_query_json(R"({"sort":[{"field":"a"},{"field":"b",
        "direction":"desc"}]})"))
                          .sort;
    CHECK(sort == std::vector<SortField>{{"a", false}, {"b", true}});
    const auto node = must(parse_predicate_json(R"({"attribute":"a","value":null})"));
    CHECK(node.op == Operator::eq);
    CHECK_FALSE(node.value);
}

TEST_CASE("unknown members are passed over when asked for, unknown operators never", "[query]") {
    ParseOptions options;
    options.ignore_unknown = true;
    const auto query = must(parse_query_json(
        R"({"limit":1,"x":2,"predicate":{"op":"eq","slop":1,"attribute":"a"}})", options));
    CHECK(query.limit == 1u);
    CHECK(query.predicate->attribute == "a");
    CHECK_FALSE(parse_query_json(R"({"predicate":{"op":"foo"}})", options));
}

TEST_CASE("a filter nested beyond its bound is refused", "[query]") {
    std::string text = "{}";
    for (int i = 0; i < 120; ++i) text = R"({"op":"not","children":[)" + text + "]}";
    CHECK(parse_predicate_json(text));
    for (int i = 0; i < 10; ++i) text = R"({"op":"not","children":[)" + text + "]}";
    const auto refused = parse_predicate_json(text);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Errc::limit);
}
