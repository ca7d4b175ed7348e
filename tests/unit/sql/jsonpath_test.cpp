// SPDX-License-Identifier: Apache-2.0
#include "jsonpath.hpp"

#include "topgun/value/json.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::sql;

namespace {

Bytes value_of(std::string_view json) {
    return test::must(parse_json(json));
}

/// What a path finds, as JSON with "; " between, or the error behind what was found before it.
std::string found(std::string_view path, std::string_view json, std::string_view vars = "{}") {
    const auto parsed = jsonpath::parse(path);
    if (!parsed) return "path: " + parsed.error().text();
    const auto document = value_of(json), variables = value_of(vars);
    jsonpath::Executor executor(**parsed, ValueView(variables));
    std::vector<ValueView> values;
    const auto status = executor.run(ValueView(document), values);
    std::string out;
    for (const auto& value : values) {
        if (!out.empty()) out += "; ";
        append_json(value.bytes(), out);
    }
    return status ? out : out + "error: " + status.error().text();
}

constexpr const char* kShop =
    R"({"items": [{"name": "pen", "price": 3, "tags": ["a", "b"]},)"
    R"( {"name": "ink", "price": 12.5}, {"name": "cap"}], "open": true, "none": null})";

struct Case {
    const char *path, *found;
};

}  // namespace

TEST_CASE("steps of a path find members, elements and all beneath", "[sql][jsonpath]") {
    for (const auto& [path, expected] : std::vector<Case>{
             {"$.open", "true"},
             {"$.none", "null"},
             {"$.missing", ""},
             {"$.items[1].name", "\"ink\""},
             {"$.items[last].name", "\"cap\""},
             {"$.items[last - 1, 0].name", "\"ink\"; \"pen\""},
             {"$.items[0 to 1].name", "\"pen\"; \"ink\""},
             {"$.items[*].price", "3; 12.5"},
             {"$.items.name", "\"pen\"; \"ink\"; \"cap\""},
             {"$.items.tags[1]", "\"b\""},
             {"$.items[0].*", "\"pen\"; 3; [\"a\",\"b\"]"},
             {"$.**.price", "3; 12.5; 3; 12.5"},
             {"strict $.**{2}.name", "\"pen\"; \"ink\"; \"cap\""},
             {"$.\"open\"", "true"},
             {"$.items[9]", ""},
         }) {
        CAPTURE(path);
        CHECK(found(path, kShop) == expected);
    }
}

TEST_CASE("filters keep what is true, and only that", "[sql][jsonpath]") {
    for (const auto& [path, expected] : std::vector<Case>{
             {"$.items[*] ? (@.price > 10).name", "\"ink\""},
             {"$.items[*] ? (!(@.price > 10)).name", "\"pen\"; \"cap\""},
             {"$.items[*] ? (exists(@.price)).name", "\"pen\"; \"ink\""},
             {"$.items[*] ? (@.name starts with \"p\").price", "3"},
             {"$.items[*] ? (@.name like_regex \"^[A-I]\" flag \"i\").name", "\"ink\"; \"cap\""},
             {"$.items[*] ? (@.price == 3 || @.price == 12.5) ? (@.price < 5).name", "\"pen\""},
             // Text is no number: unknown, which is not true.
             {"$.items[*] ? (@.name > 1).name", ""},
             {"$.items[*] ? ((@.name > 1) is unknown).name", "\"pen\"; \"ink\"; \"cap\""},
             {"$ ? (@.none == null).open", "true"},
             {"$.items[*] ? (@.tags[*] == \"b\").name", "\"pen\""},
         }) {
        CAPTURE(path);
        CHECK(found(path, kShop) == expected);
    }
}

TEST_CASE("paths count, convert and calculate", "[sql][jsonpath]") {
    for (const auto& [path, expected] : std::vector<Case>{
             {"$.items.size()", "3"},
             {"$.open.type()", "\"boolean\""},
             {"$.items[0].price * 2 + 1", "7"},
             {"-$.items[0].price", "-3"},
             {"7 % 4", "3"},
             {"(1 + 2) * 3 - 4", "5"},
             {"$.items[1].price.floor()", "12"},
             {"$.items[1].price.ceiling()", "13"},
             {"(-7).abs()", "7"},
             {"$.items[0].name.size()", "1"},
             {"$v + 1", "6"},
             {"$.items[*] ? (@.price < $v).name", "\"pen\""},
         }) {
        CAPTURE(path);
        CHECK(found(path, kShop, R"({"v": 5})") == expected);
    }
}

TEST_CASE("strict paths mind what is missing", "[sql][jsonpath]") {
    for (const auto& [path, expected] : std::vector<Case>{
             {"strict $.missing", "error: JSON object does not contain key \"missing\""},
             {"strict $.open.more",
              "error: jsonpath member accessor can only be applied to an object"},
             {"strict $.items[7]", "error: jsonpath array subscript is out of bounds"},
             {"strict $.open[*]",
              "error: jsonpath wildcard array accessor can only be applied to an array"},
             {"$ ? (strict == 1)", nullptr},
             {"1 / 0", "error: division by zero"},
             {"$w", "error: could not find jsonpath variable \"w\""},
             {"\"x\" + 1",
              "error: left operand of jsonpath operator + is not a single numeric value"},
         }) {
        CAPTURE(path);
        const auto text = found(path, kShop);
        if (expected == nullptr)
            CHECK(text.starts_with("path: "));
        else
            CHECK(text == expected);
    }
}

TEST_CASE("what is no path is refused with the place", "[sql][jsonpath]") {
    const std::string path =
        GENERATE(as<std::string>{}, "", "$.", "$[", "$[1", "$ ? (@ > )", "$ ? (@.a", "$.a b", "@",
                 "last", "$ ? (@ like_regex \"(\")", "$.**{2 to", "$.size(", "\"open", "$.nosuch()",
                 "$[last", "strict", "$ ? @");
    CAPTURE(path);
    const auto parsed = jsonpath::parse(path);
    REQUIRE_FALSE(parsed);
    CHECK_FALSE(parsed.error().text().empty());
}

TEST_CASE("paths that are too deep are refused, not followed", "[sql][jsonpath]") {
    const std::string deep = GENERATE_COPY(as<std::string>{}, std::string(100'000, '('),
                                           std::string(100'000, '-') + "1");
    CHECK_FALSE(jsonpath::parse(deep));
    std::string many = "$";
    for (int i = 0; i < 100'000; ++i) many += ".a";
    CHECK_FALSE(jsonpath::parse(many));
}
