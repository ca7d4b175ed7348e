// SPDX-License-Identifier: Apache-2.0
#include "grouping.hpp"

#include <map>
#include <set>

#include "naive.hpp"
#include "states.hpp"

using namespace topgun;
using namespace topgun::query;
using test::must;
using test::value_of;

namespace {

std::vector<std::string> groups_of(std::string_view json, const test::Records& records) {
    const auto query = must(parse_query_json(json));
    const auto state = test::state_of(records);
    return test::lines_of(must(run_query(*state, test::kMap, query, test::kNow)));
}

std::string aggregate(std::string_view function, const std::vector<std::string>& numbers) {
    Accumulator all;
    for (const auto& number : numbers) all.add(ValueView(value_of(number)));
    Bytes out;
    const auto name = std::string(function);
    all.write(name == "sum"   ? AggregateFunction::sum
              : name == "min" ? AggregateFunction::min
              : name == "max" ? AggregateFunction::max
                              : AggregateFunction::avg,
              out);
    return test::json_of(out);
}

}  // namespace

TEST_CASE("groups are named after kind and value of their fields", "[query]") {
    struct Row {
        std::string_view value, key;
    };
    const auto row = GENERATE(values<Row>({
        {"{}", "N"},
        {R"({"g":null})", "N"},
        {R"({"g":false})", "B0"},
        {R"({"g":true})", "B1"},
        {R"({"g":-5})", "I-5;"},
        {R"({"g":18446744073709551615})", "I18446744073709551615;"},
        {R"({"g":1.0})", "F4607182418800017408;"},
        {R"({"g":0.0})", "F0;"},
        {R"({"g":-0.0})", "F9223372036854775808;"},
        {R"({"g":""})", "S0:"},
        {R"({"g":"é;"})", "S3:é;"},
        {R"({"g":[1,"a"]})", R"(O[1,"a"];)"},
        {"5", "N"},
    }));
    const auto state = test::state_of({{"k", value_of(row.value)}});
    Query query;
    query.group_by = {"g"};
    const auto page = must(run_query(*state, test::kMap, query, test::kNow));
    REQUIRE(page.rows.size() == 1);
    CHECK(page.rows[0].key == row.key);
    CHECK(ValueView(page.rows[0].value).find("__key")->as_string() == row.key);
}

TEST_CASE("a group holds its key, count, aggregations and fields", "[query]") {
    const test::Records records = {{"a", value_of(R"({"g":"x","h":1,"p":1})")},
                                   {"b", value_of(R"({"g":"x","h":1,"p":2.5})")},
                                   {"c", value_of(R"({"g":"y","h":null,"p":"no number"})")},
                                   {"d", value_of(R"({"g":"y"})")}};
    CHECK(groups_of(R"({"groupBy":["g","h"],"aggregations":[{"func":"count"},
            {"func":"sum","field":"p"},{"func":"min","field":"p"},{"func":"max","field":"p"},
            {"func":"avg","field":"p"}]})",
                    records) ==
          std::vector<std::string>{
              R"(S1:xI1;={"__avg_p":1.75,"__count":2,"__key":"S1:xI1;","__max_p":2.5,)"
              R"("__min_p":1,"__sum_p":3.5,"g":"x","h":1})",
              R"(S1:yN={"__avg_p":null,"__count":2,"__key":"S1:yN","__max_p":null,)"
              R"("__min_p":null,"__sum_p":0,"g":"y","h":null})"});
}

TEST_CASE("groups are filtered before, sorted, paged and projected after grouping", "[query]") {
    test::Records records;
    for (int i = 0; i < 10; ++i) {
        records.emplace_back("k" + std::to_string(i),
                             value_of("{\"g\":" + std::to_string(i % 4) + "}"));
    }
    CHECK(groups_of(R"({"groupBy":["g"],"sort":{"__count":"desc","g":"desc"},"limit":3,
                        "fields":["__count","g"],"predicate":{"op":"neq","attribute":"g",
                        "value":1}})",
                    records) == std::vector<std::string>{R"(I0;={"__count":3,"g":0})",
                                                         R"(I3;={"__count":2,"g":3})",
                                                         R"(I2;={"__count":2,"g":2})"});
}

TEST_CASE("aggregations take numbers only, exactly where integers allow", "[query]") {
    CHECK(aggregate("sum", {}) == "0");
    CHECK(aggregate("min", {}) == "null");
    CHECK(aggregate("max", {R"("z")", "true", "null"}) == "null");
    CHECK(aggregate("avg", {R"("z")"}) == "null");
    CHECK(aggregate("sum", {"1", R"("5")", "2"}) == "3");
    CHECK(aggregate("sum", {"9007199254740993", "1", "-1"}) == R"({"$int":"9007199254740993"})");
    CHECK(aggregate("sum", {"18446744073709551615"}) == R"({"$int":"18446744073709551615"})");
    CHECK(aggregate("sum", {"-9223372036854775808", "1"}) == R"({"$int":"-9223372036854775807"})");
    CHECK(aggregate("sum", {"1.5", "1.5"}) == "3");  // whole sums are integers
    CHECK(aggregate("sum", {"1.5", "1"}) == "2.5");
    CHECK(aggregate("sum", {"1e100", "1.0", "-1e100"}) == "1");  // compensated
    CHECK(aggregate("sum", {R"({"$float":"Infinity"})", "1.5"}) == R"({"$float":"Infinity"})");
    CHECK(aggregate("sum", {R"({"$float":"NaN"})", "1"}) == R"({"$float":"NaN"})");
    CHECK(aggregate("min", {"2", "1.0", "1"}) == "1.0");  // the first of equal ones
    CHECK(aggregate("max", {"1", "9007199254740992.0", "9007199254740993"}) ==
          R"({"$int":"9007199254740993"})");
    CHECK(aggregate("max", {"1", R"({"$float":"NaN"})"}) == R"({"$float":"NaN"})");
    CHECK(aggregate("min", {R"({"$float":"NaN"})", "1"}) == "1");
    CHECK(aggregate("avg", {"1", "2"}) == "1.5");
    CHECK(aggregate("avg", {"2", "2"}) == "2.0");
}

TEST_CASE("a sum beyond 64 bits becomes a double and a warning says so", "[query]") {
    const auto state = test::state_of({{"a", value_of(R"({"p":18446744073709551615})")},
                                       {"b", value_of(R"({"p":18446744073709551615})")},
                                       {"c", value_of(R"({"g":1,"p":1})")}});
    const auto query = must(parse_query_json(
        R"({"groupBy":["g"],"aggregations":[{"func":"sum","field":"p"}],"fields":["__sum_p"]})"));
    const auto page = must(run_query(*state, test::kMap, query, test::kNow));
    CHECK(test::lines_of(page) ==
          std::vector<std::string>{R"(I1;={"__sum_p":1})",
                                   R"(N={"__sum_p":3.6893488147419103e+19})"});
    REQUIRE(page.warnings.size() == 1);
    CHECK(page.warnings[0] == "__sum_p leaves 64 bits in a group, so it is a double there");
}

TEST_CASE("parts of a query without effect are named in warnings", "[query]") {
    const auto state = test::state_of({{"a", value_of("{}")}});
    const auto warnings = [&state](std::string_view json) {
        const auto query = must(parse_query_json(json));
        return must(run_query(*state, test::kMap, query, test::kNow)).warnings;
    };
    CHECK(warnings("{}").empty());
    CHECK(warnings(R"({"aggregations":[{"func":"count"}]})").size() == 1);
    CHECK(warnings(R"({"groupBy":["a"],"aggregations":[{"func":"count"}]})").empty());
    CHECK(warnings(R"({"groupBy":["a"],"aggregations":[{"func":"sum"}]})") ==
          std::vector<std::string>{"aggregations[0] has no effect: sum needs a field"});
    CHECK(warnings(R"({"where":{},"predicate":{"op":"or"}})").size() == 1);
}

TEST_CASE("a field named like an output does not replace it", "[query]") {
    CHECK(groups_of(R"({"groupBy":["__count"]})", {{"a", value_of(R"({"__count":7})")}}) ==
          std::vector<std::string>{R"(I7;={"__count":1,"__key":"I7;"})"});
}

// Goal:   every row is in one group, and the numbers are those of a plain pass.
// Method: small random records grouped by two fields, compared with sums over decoded values.
TEST_CASE("grouping random records agrees with a plain pass over them", "[query][property]") {
    const auto seed = test::seed(20260824);
    CAPTURE(seed);
    Random rng{seed};
    const auto query = must(
        parse_query_json(R"({"groupBy":["a","b"],"aggregations":[{"func":"max","field":"c"}]})"));
    for (int round = 0; round < 30; ++round) {
        const auto records = test::small_records(rng, 60);
        struct Expected {
            std::uint64_t count = 0;
            std::optional<Bytes> most;
        };
        std::map<std::pair<Bytes, Bytes>, Expected> expected;
        for (const auto& [key, value] : records) {
            const auto cell = [&value](const char* name) {
                return Bytes(ValueView(value).find(name).value_or(ValueView()).bytes());
            };
            auto& group = expected[{cell("a"), cell("b")}];
            ++group.count;
            const auto c = cell("c");
            const auto tree = test::decode(ValueView(c));
            const auto most = group.most ? test::decode(ValueView(*group.most)) : test::Tree{};
            if (tree.is_number() && (!group.most || test::naive_order(tree, most) > 0))
                group.most = c;
        }
        const auto state = test::state_of(records);
        const auto page = must(run_query(*state, test::kMap, query, test::kNow));
        REQUIRE(page.rows.size() == expected.size());
        CHECK(page.counts.groups == expected.size());
        std::set<std::string> keys;
        for (const auto& row : page.rows) {
            const ValueView value(row.value);
            keys.insert(row.key);
            const auto& group =
                expected.at({Bytes(value.find("a")->bytes()), Bytes(value.find("b")->bytes())});
            CHECK(value.find("__count")->as_uint64() == group.count);
            // Of equal maxima either form may be the first scanned.
            CHECK(compare_values(*value.find("__max_c"),
                                 group.most ? ValueView(*group.most) : ValueView()) == 0);
        }
        CHECK(keys.size() == page.rows.size());
    }
}
