// SPDX-License-Identifier: Apache-2.0
#include "topgun/query/predicate.hpp"

#include "naive.hpp"
#include "states.hpp"

using namespace topgun;
using namespace topgun::query;
using test::must;
using test::value_of;

namespace {

struct Case {
    std::string predicate, record;
    bool matches;
};

bool matches(std::string_view predicate, std::string_view record, std::string_view key = "k") {
    const auto compiled = must(Predicate::compile(must(parse_predicate_json(predicate))));
    const auto value = value_of(record);
    return compiled.matches({key, ValueView(value), {}});
}

void check(const Case& row) {
    CAPTURE(row.predicate, row.record);
    CHECK(matches(row.predicate, row.record) == row.matches);
}

// {"op":...,"attribute":"a","value":...} on the record {"a":...}.
void check_op(std::string_view op, std::string_view value, std::string_view actual, bool expected) {
    check({R"({"op":")" + std::string(op) + R"(","attribute":"a","value":)" + std::string(value) +
               "}",
           R"({"a":)" + std::string(actual) + "}", expected});
}

struct OpRow {
    std::string_view op, value, actual;
    bool matches;
};

constexpr std::string_view kNan = R"({"$float":"NaN"})";

}  // namespace

TEST_CASE("a condition on what is not there is false, and only null checks see it", "[query]") {
    for (const auto* op : {"eq", "neq", "gt", "gte", "lt", "lte", "like", "regex", "in", "between",
                           "containsAll", "containsAny", "startsWith", "endsWith"}) {
        const auto with = [op](std::string_view rest) {
            return R"({"op":")" + std::string(op) + "\"" + std::string(rest) + "}";
        };
        check({with(R"(,"value":"x")"), R"({"a":"x"})", false});      // no attribute
        check({with(R"(,"attribute":"a")"), R"({"a":"x"})", false});  // no value
        check({with(R"(,"attribute":"a","value":null)"), R"({"a":"x"})", false});
        check({with(R"(,"attribute":"b","value":"x")"), R"({"a":"x"})", false});
        check({with(R"(,"attribute":"a","value":"x")"), R"({"a":null})", false});
        check({with(R"(,"attribute":"a","value":"x")"), "5", false});
        check({with(R"(,"attribute":"a.b","value":"x")"), R"({"a":"x"})", false});
    }
    check({R"({"op":"isNull","attribute":"a"})", "{}", true});
    check({R"({"op":"isNull","attribute":"a"})", R"({"a":null})", true});
    check({R"({"op":"isNull","attribute":"a"})", R"({"a":0})", false});
    check({R"({"op":"isNull","attribute":"a"})", "5", true});
    check({R"({"op":"isNotNull","attribute":"a"})", "{}", false});
    check({R"({"op":"isNotNull","attribute":"a"})", R"({"a":null})", false});
    check({R"({"op":"isNotNull","attribute":"a"})", R"({"a":false})", true});
    check({R"({"op":"isNull"})", "{}", false});
    check({R"({"op":"isNotNull"})", "{}", false});
}

TEST_CASE("eq and neq compare numbers by value and all else by kind and content", "[query]") {
    const auto row = GENERATE(values<OpRow>({
        {"eq", "1", "1", true},
        {"eq", "1", "1.0", true},
        {"eq", "0.0", "-0.0", true},
        {"eq", "9007199254740992", "9007199254740993", false},  // the server rounds: true there
        {"eq", "9007199254740992.0", "9007199254740993", false},
        {"eq", kNan, kNan, false},
        {"neq", kNan, kNan, true},
        {"eq", R"("a")", R"("a")", true},
        {"eq", R"("a")", R"("A")", false},
        {"eq", "true", "true", true},
        {"eq", "true", "1", false},
        {"eq", R"("1")", "1", false},
        {"neq", R"("1")", "1", true},
        {"neq", "1", "1.0", false},
        {"neq", "2", "1", true},
        {"eq", "[1,2]", "[1,2]", true},
        {"eq", "[1,2]", "[2,1]", false},
        {"eq", "[1]", "[1.0]", false},  // inside containers the form counts
        {"eq", "[0.0]", "[-0.0]", true},
        {"eq", R"([{"$float":"NaN"}])", R"([{"$float":"NaN"}])", false},
        {"eq", R"({"x":1,"y":2})", R"({"y":2,"x":1})", true},
        {"eq", R"({"x":1})", R"({"x":1,"y":2})", false},
        {"eq", R"({"$bin":"AQ=="})", R"({"$bin":"AQ=="})", true},
        {"eq", R"({"$bin":"AQ=="})", R"({"$bin":"Ag=="})", false},
        {"eq", "[null]", "[null]", true},
    }));
    check_op(row.op, row.value, row.actual, row.matches);
}

TEST_CASE("ordered conditions take two numbers or two strings", "[query]") {
    const auto row = GENERATE(values<OpRow>({
        {"gt", "1", "2", true},
        {"gt", "1", "1", false},
        {"gt", "1.5", "2", true},
        {"gt", "9007199254740992", "9007199254740993", true},  // false on the server
        {"gte", "1", "1.0", true},
        {"gte", "2", "1", false},
        {"lt", "1", "0.5", true},
        {"lt", "18446744073709551615", "-1", true},
        {"lte", "1", "1", true},
        {"lte", "1", "2", false},
        {"gt", R"("a")", R"("b")", true},
        {"gt", R"("b")", R"("B")", false},
        {"lt", R"("9")", R"("10")", true},
        {"gt", R"("z")", R"("é")", true},
        {"gt", "1", R"("2")", false},
        {"lt", R"("2")", "1", false},
        {"gt", "false", "true", false},
        {"gte", "true", "true", false},
        {"gte", "[1]", "[1]", false},
        {"gte", R"({"$bin":"AQ=="})", R"({"$bin":"AQ=="})", false},
        {"gt", kNan, "1", false},
        {"lt", kNan, "1", false},
        {"gte", kNan, kNan, false},
        {"lte", "1", kNan, false},
        {"between", "[1,3]", "1", true},
        {"between", "[1,3]", "3", true},
        {"between", "[1,3]", "2.5", true},
        {"between", "[1,3]", "3.5", false},
        {"between", "[3,1]", "2", false},
        {"between", R"(["a","c"])", R"("b")", true},
        {"between", R"([1,"c"])", R"("b")", false},
        {"between", "[1]", "1", false},
        {"between", "[1,2,3]", "2", false},
        {"between", "1", "1", false},
    }));
    check_op(row.op, row.value, row.actual, row.matches);
}

TEST_CASE("membership works both ways, and with arrays only", "[query]") {
    const auto row = GENERATE(values<OpRow>({
        {"in", "[1,2]", "2.0", true},
        {"in", "[1,2]", "3", false},
        {"in", "[]", "1", false},
        {"in", "1", "[2,1]", true},
        {"in", R"("x")", R"(["y"])", false},
        {"in", "1", "1", false},
        {"in", "[[1]]", "[1]", true},
        {"in", "[1]", "[1]", false},
        {"containsAll", "[1,2]", "[2,1,3]", true},
        {"containsAll", "[1,4]", "[1,2]", false},
        {"containsAll", "[]", "[1]", true},
        {"containsAll", "[]", "1", false},
        {"containsAll", "1", "[1]", true},
        {"containsAll", "[1,2]", R"("12")", false},
        {"containsAny", "[4,2]", "[1,2]", true},
        {"containsAny", "[4]", "[1,2]", false},
        {"containsAny", "[]", "[1]", false},
        {"containsAny", "1", "[1.0]", true},
        {"containsAny", R"("a")", R"("abc")", false},
    }));
    check_op(row.op, row.value, row.actual, row.matches);
}

TEST_CASE("conditions on texts are for two texts", "[query]") {
    const auto row = GENERATE(values<OpRow>({
        {"startsWith", R"("ab")", R"("abc")", true},
        {"startsWith", R"("AB")", R"("abc")", false},
        {"startsWith", R"("")", R"("abc")", true},
        {"startsWith", "1", "12", false},
        {"startsWith", R"("1")", "12", false},
        {"endsWith", R"("bc")", R"("abc")", true},
        {"endsWith", R"("ab")", R"("abc")", false},
        {"like", R"("A%")", R"("abc")", true},
        {"like", R"("b%")", R"("abc")", false},
        {"like", "1", "1", false},
        {"like", R"("1")", "1", false},
        {"regex", R"("b")", R"("abc")", true},
        {"regex", R"("^b")", R"("abc")", false},
        {"regex", R"("B")", R"("abc")", false},
        {"regex", R"("(?i)B")", R"("abc")", true},
        {"regex", R"("1")", "1", false},
        {"regex", "1", R"("1")", false},
    }));
    check_op(row.op, row.value, row.actual, row.matches);
}

TEST_CASE("logic has two values, and every operator its answer to no children", "[query]") {
    const std::string five = R"({"attribute":"a","value":5})";  // eq is what no operator means
    check({five, R"({"a":5})", true});
    check({R"({"op":"and"})", "{}", true});
    check({R"({"op":"or"})", "{}", false});
    check({R"({"op":"not"})", "{}", true});
    check({R"({"op":"not","children":[)" + five + "]}", R"({"a":5})", false});
    check({R"({"op":"not","children":[)" + five + "]}", "{}", true});  // missing is not unknown
    // Only the first child of "not" counts.
    check({R"({"op":"not","children":[)" + five + R"(,{"op":"and"}]})", "{}", true});
    check({R"({"op":"and","children":[)" + five + R"(,{"op":"or"}]})", R"({"a":5})", false});
    check({R"({"op":"or","children":[{"op":"or"},)" + five + "]}", R"({"a":5})", true});
}

TEST_CASE("paths descend maps only, and names with dots cannot be reached", "[query]") {
    const std::string path = R"({"attribute":"a.b","value":1})";
    check({path, R"({"a":{"b":1}})", true});
    check({path, R"({"a.b":1})", false});
    check({path, R"({"a":[{"b":1}]})", false});
    check({R"({"attribute":"a.0","value":1})", R"({"a":[1]})", false});
    check({R"({"attribute":"a.","value":1})", R"({"a":{"":1}})", true});
    check({R"({"attribute":"","value":1})", R"({"":1})", true});
    CHECK(matches(R"({"attribute":"_key","value":"k"})", "{}"));
    CHECK(matches(R"({"attribute":"_key","value":"k"})", "5"));
    CHECK_FALSE(matches(R"({"attribute":"_key","value":"k"})", R"({"_key":"own"})"));
    CHECK(matches(R"({"attribute":"_value","value":5})", "5"));
    CHECK_FALSE(matches(R"({"attribute":"_value","value":5})", R"({"a":5})"));
}

TEST_CASE("a reference compares two fields, beats the value, and knows no user", "[query]") {
    const auto row = GENERATE(values<Case>({
        {R"({"attribute":"a","valueRef":"data.b"})", R"({"a":1,"b":1.0})", true},
        {R"({"attribute":"a","valueRef":"data.b","value":1})", R"({"a":1,"b":2})", false},
        {R"({"op":"gt","attribute":"a","valueRef":"data.b.c"})", R"({"a":3,"b":{"c":2}})", true},
        {R"({"op":"neq","attribute":"a","valueRef":"data.b"})", R"({"a":1})", false},
        {R"({"op":"neq","attribute":"a","valueRef":"data.b"})", R"({"a":1,"b":null})", true},
        {R"({"op":"regex","attribute":"a","valueRef":"data.b"})", R"({"a":"xy","b":"^x"})", true},
        {R"({"op":"regex","attribute":"a","valueRef":"data.b"})", R"({"a":"(","b":"("})", false},
        {R"({"op":"in","attribute":"a","valueRef":"data.b"})", R"({"a":1,"b":[1]})", true},
        {R"({"op":"neq","attribute":"a","valueRef":"auth.id"})", R"({"a":1,"auth":{"id":2}})",
         false},
        {R"({"attribute":"a","valueRef":"b","value":1})", R"({"a":1,"b":1})", false},
        {R"({"op":"isNull","attribute":"auth"})", R"({"auth":1})", true},
        {R"({"op":"isNotNull","attribute":"auth.id"})", R"({"auth":{"id":1}})", false},
        {R"({"attribute":"auth.id","value":1})", R"({"auth":{"id":1}})", true},
    }));
    check(row);
}

TEST_CASE("a where map asks for equality in every field, by path", "[query]") {
    struct WhereRow {
        std::string_view where, record;
        bool matches;
    };
    const auto row = GENERATE(values<WhereRow>({
        {"{}", "{}", true},
        {"{}", "5", true},
        {R"({"a":1})", R"({"a":1.0,"b":2})", true},
        {R"({"a":1,"b":2})", R"({"a":1})", false},
        {R"({"a.b":1})", R"({"a":{"b":1}})", true},
        {R"({"a.b":1})", R"({"a.b":1})", false},
        {R"({"a":null})", R"({"a":null})", false},
        {R"({"a":null})", "{}", false},
        {R"({"_value":5})", "5", true},
        {R"({"a":5})", "5", false},
        {R"({"_key":"k"})", "{}", true},
        {R"({"a":{"$map":[["$gt",1]]}})", R"({"a":2})", false},  // no operators in here
        {R"({"a":{"$map":[["$gt",1]]}})", R"({"a":{"$map":[["$gt",1]]}})", true},
        {R"({"a":{"x":1}})", R"({"a":{"x":1}})", true},
    }));
    CAPTURE(row.where, row.record);
    const auto compiled = must(Predicate::compile(where_predicate(value_of(row.where))));
    const auto value = value_of(row.record);
    CHECK(compiled.matches({"k", ValueView(value), {}}) == row.matches);
}

TEST_CASE("a pattern that does not compile is an error, or matches nothing as on the server",
          "[query]") {
    const auto node = must(parse_predicate_json(
        R"({"op":"and","children":[{"op":"and"},{"op":"regex","attribute":"a","value":"("}]})"));
    const auto refused = Predicate::compile(node);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Errc::bad_input);
    CHECK(refused.error().text() == "predicate.children[1].value: '(' without ')' at byte 2");
    const auto lenient = must(Predicate::compile(node, BadPattern::match_nothing));
    const auto value = value_of(R"({"a":"("})");
    CHECK_FALSE(lenient.matches({"k", ValueView(value), {}}));
    CHECK(lenient.node() == node);
}

TEST_CASE("a filter has bounds on nodes, patterns and depth", "[query]") {
    PredicateNode wide;
    wide.op = Operator::any_of;
    wide.children.resize(Predicate::kMostNodes);
    CHECK(Predicate::compile(wide).error().code() == Errc::limit);
    wide.children.pop_back();
    CHECK(Predicate::compile(wide));
    PredicateNode pattern;
    pattern.op = Operator::regex;
    pattern.attribute = "a";
    pattern.value = value_of(R"("x")");
    wide.children.assign(Predicate::kMostPatterns + 1, pattern);
    CHECK(Predicate::compile(wide).error().code() == Errc::limit);
    PredicateNode deep;
    for (std::size_t i = 0; i <= Predicate::kDeepest; ++i) {
        PredicateNode around;
        around.op = Operator::negate;
        around.children.push_back(std::move(deep));
        deep = std::move(around);
    }
    CHECK(Predicate::compile(deep).error().code() == Errc::limit);
    CHECK(Predicate::compile(deep.children[0]));
}

// Goal:   evaluation in place answers as the rules do on decoded values.
// Method: random trees over all operators but patterns, on records where values meet often.
TEST_CASE("random filters answer as a plain evaluator does", "[query][property]") {
    const auto seed = test::seed(20260822);
    CAPTURE(seed);
    Random rng{seed};
    const auto random_node = [&rng](auto& self, int depth) -> PredicateNode {
        PredicateNode node;
        do {
            node.op = static_cast<Operator>(rng.below(19));
        } while (node.op == Operator::like || node.op == Operator::regex ||
                 node.op == Operator::starts_with || node.op == Operator::ends_with);
        static constexpr std::string_view kPaths[] = {"a", "b", "c", "a.x", "b.y"};
        if (rng.chance(0.97)) node.attribute = kPaths[rng.below(5)];
        if (rng.chance(0.95)) node.value = test::small_value(rng);
        if (rng.chance(0.2)) node.value_ref = "data." + std::string(kPaths[rng.below(5)]);
        if ((node.op == Operator::between || node.op == Operator::in) && rng.chance(0.7)) {
            Bytes array;
            msgpack::Writer(array).array(2);
            node.value = array + test::small_value(rng) + test::small_value(rng);
        }
        if (depth == 0) return node;
        for (auto i = rng.below(4); i > 0; --i) node.children.push_back(self(self, depth - 1));
        return node;
    };
    std::size_t matched = 0;
    for (int round = 0; round < 2'000; ++round) {
        const auto node = random_node(random_node, 3);
        const auto compiled = must(Predicate::compile(node));
        CAPTURE(format_predicate_json(node));
        for (int i = 0; i < 15; ++i) {
            const auto value = test::small_record(rng);
            CAPTURE(test::json_of(value));
            const bool expected = test::naive_matches(node, test::decode(ValueView(value)));
            matched += expected ? 1 : 0;
            REQUIRE(compiled.matches({"k", ValueView(value), {}}) == expected);
        }
    }
    CHECK(matched > 3'000);
}
