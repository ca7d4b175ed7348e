// SPDX-License-Identifier: Apache-2.0
#include "topgun/query/order.hpp"

#include <algorithm>

#include "naive.hpp"
#include "states.hpp"
#include "topgun_test/values.hpp"

using namespace topgun;
using namespace topgun::query;
using test::value_of;

namespace {

int sign(int order) {
    return order < 0 ? -1 : order > 0 ? 1 : 0;
}

int compare(BytesView a, BytesView b) {
    return sign(compare_values(ValueView(a), ValueView(b)));
}

}  // namespace

TEST_CASE("values ascend by kind, then by value, as the documentation lists them", "[query]") {
    // Each is less than the next.
    const std::vector<std::string> ladder = {"null",
                                             "false",
                                             "true",
                                             R"({"$float":"-Infinity"})",
                                             "-9223372036854777856.0",
                                             "-9223372036854775808",
                                             "-1",
                                             "-0.5",
                                             "0",
                                             "0.5",
                                             "1",
                                             "9007199254740992",
                                             "9007199254740993",
                                             "9007199254740994.0",
                                             "9223372036854775807",
                                             "9223372036854775808.0",
                                             "9223372036854775809",
                                             "18446744073709551615",
                                             "18446744073709551616.0",
                                             R"({"$float":"Infinity"})",
                                             R"({"$float":"NaN"})",
                                             R"("")",
                                             R"("10")",
                                             R"("9")",
                                             R"("B")",
                                             R"("a")",
                                             R"("ab")",
                                             R"("é")",
                                             R"({"$bin":""})",
                                             R"({"$bin":"AQ=="})",
                                             "[]",
                                             "[null]",
                                             "[1]",
                                             "[1,0]",
                                             "[2]",
                                             R"(["a"])",
                                             "[[]]",
                                             "{}",
                                             R"({"a":1})",
                                             R"({"a":1,"b":0})",
                                             R"({"a":2})",
                                             R"({"b":0})",
                                             R"({"$ext":[-1,"AQ=="]})",
                                             R"({"$ext":[5,""]})",
                                             R"({"$ext":[5,"AQ=="]})"};
    for (std::size_t i = 0; i < ladder.size(); ++i) {
        for (std::size_t j = 0; j < ladder.size(); ++j) {
            CAPTURE(ladder[i], ladder[j]);
            CHECK(compare(value_of(ladder[i]), value_of(ladder[j])) == (i < j ? -1 : i > j));
        }
    }
}

TEST_CASE("numbers compare by value whatever their form", "[query]") {
    CHECK(compare(value_of("1"), value_of("1.0")) == 0);
    CHECK(compare(value_of("0"), value_of("-0.0")) == 0);
    CHECK(compare(value_of("0.0"), value_of("-0.0")) == 0);
    CHECK(compare(value_of("-9223372036854775808"), value_of("-9223372036854775808.0")) == 0);
    CHECK(compare(value_of("9007199254740993"), value_of("9007199254740992.0")) == 1);
    CHECK(compare(value_of("18446744073709551615"), value_of("18446744073709551616.0")) == -1);
    CHECK(compare(value_of("-3"), value_of("-2.5")) == -1);
    CHECK(compare(value_of("-2"), value_of("-2.5")) == 1);
    CHECK(compare(value_of(R"({"$float":"NaN"})"), value_of(R"({"$float":"NaN"})")) == 0);
}

// TG-QRY-001
// Goal:   the order is total: reflexive, antisymmetric and transitive over any values.
// Method: random values, large and small ones, compared with the definition on decoded trees; then
//         all triples of a sample.
TEST_CASE("any values have one total order, and it is the one that is defined",
          "[query][property]") {
    const auto seed = test::seed(20260820);
    CAPTURE(seed);
    Random rng{seed};
    std::vector<Bytes> values;
    for (int i = 0; i < 60; ++i) values.push_back(test::random_value(rng, 4));
    for (int i = 0; i < 60; ++i) values.push_back(test::small_value(rng));
    std::vector<std::vector<int>> order(values.size(), std::vector<int>(values.size()));
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto left = test::decode(ValueView(values[i]));
        for (std::size_t j = 0; j < values.size(); ++j) {
            order[i][j] = compare(values[i], values[j]);
            const auto right = test::decode(ValueView(values[j]));
            REQUIRE(order[i][j] == test::naive_order(left, right));
        }
    }
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        wrong += order[i][i] != 0;
        for (std::size_t j = 0; j < values.size(); ++j) {
            wrong += order[i][j] != -order[j][i];
            for (std::size_t k = 0; k < values.size(); ++k) {
                wrong += order[i][j] <= 0 && order[j][k] <= 0 && order[i][k] > 0;
                wrong += order[i][j] == 0 && order[i][k] != order[j][k];
            }
        }
    }
    CHECK(wrong == 0);
}

TEST_CASE("missing and nil sort fields go where they are placed, in both directions", "[query]") {
    const auto nulls = GENERATE(NullPlacement::last, NullPlacement::first);
    const bool descending = GENERATE(false, true);
    CAPTURE(descending);
    const RowOrder order({{"a", descending}}, nulls);
    const auto some = value_of(R"({"a":1})");
    const auto nil = value_of(R"({"a":null})");
    const auto none = value_of("{}");
    Bytes has, is_nil, missing;
    order.position_of({"x", ValueView(some), {}}, has);
    order.position_of({"y", ValueView(nil), {}}, is_nil);
    order.position_of({"z", ValueView(none), {}}, missing);
    CHECK(sign(order.compare(is_nil, has)) == (nulls == NullPlacement::first ? -1 : 1));
    CHECK(sign(order.compare(has, missing)) == (nulls == NullPlacement::first ? 1 : -1));
    CHECK(order.compare(is_nil, missing) < 0);  // a tie, so by key
}

TEST_CASE("ties are broken by key and tag, ascending always", "[query]") {
    const RowOrder order({{"a", true}});
    const auto value = value_of(R"({"a":1})");
    Bytes first, second, third;
    order.position_of({"k", ValueView(value), "1"}, first);
    order.position_of({"k", ValueView(value), "2"}, second);
    order.position_of({"l", ValueView(value), "0"}, third);
    CHECK(order.compare(first, second) < 0);
    CHECK(order.compare(second, third) < 0);
    CHECK(order.compare(first, first) == 0);
    CHECK(order.key_of(second) == "k");
    CHECK(order.tag_of(second) == "2");
}

TEST_CASE("names that no field has stand for key, whole value and tag", "[query]") {
    const auto map = value_of(R"({"_key":"own","_value":7})");
    const auto number = value_of("5");
    const auto empty = value_of("{}");
    Bytes scratch;
    const auto text = [&scratch](const Record& record, std::string_view name) {
        const auto found = find_field(record, name, scratch);
        return found ? test::json_of(found->bytes()) : "missing";
    };
    CHECK(text({"k", ValueView(map), {}}, "_key") == R"("own")");
    CHECK(text({"k", ValueView(map), {}}, "_value") == "7");
    CHECK(text({"k", ValueView(empty), {}}, "_key") == R"("k")");
    CHECK(text({"k", ValueView(empty), {}}, "_value") == "missing");
    CHECK(text({"k", ValueView(number), {}}, "_value") == "5");
    CHECK(text({"k", ValueView(number), {}}, "_key") == R"("k")");
    CHECK(text({"k", ValueView(number), {}}, "_tag") == "missing");
    CHECK(text({"k", ValueView(number), "t"}, "_tag") == R"("t")");
}
