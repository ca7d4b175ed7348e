// SPDX-License-Identifier: Apache-2.0
// Values against schemas: each rule, and each error in the very words of TopGun's server.
#include <map>
#include <string>
#include <vector>

#include "topgun/schema/schema.hpp"
#include "topgun/value/json.hpp"
#include "topgun_test/support.hpp"
#include "topgun_test/values.hpp"

using namespace topgun;
using namespace topgun::test;
using Errors = std::vector<std::string>;

namespace {

Errors check(std::string_view schema, std::string_view value) {
    const auto validator = must(SchemaValidator::compile(must(parse_schema(schema))));
    const auto bytes = must(parse_json(value));
    return validator->validate(ValueView(bytes));
}

// One field `f` of a type, with constraints, against {"f": value}.
Errors check_field(std::string_view type, std::string_view constraints, std::string_view value,
                   bool required = false) {
    std::string schema = R"({"version":1,"fields":[{"name":"f","required":)";
    schema += required ? "true" : "false";
    schema += R"(,"field_type":)";
    schema += type;
    if (!constraints.empty()) schema.append(R"(,"constraints":)").append(constraints);
    schema += "}]}";
    return check(schema, "{\"f\":" + std::string(value) + "}");
}

}  // namespace

TEST_CASE("only maps are valid", "[schema]") {
    const auto value = GENERATE("5", "null", "\"x\"", "[]", "true");
    CHECK(check(R"({"version":1,"fields":[]})", value) == Errors{"expected a Map value"});
    CHECK(check(R"({"version":1,"fields":[]})", "{}").empty());
}

TEST_CASE("required fields must be there and not null", "[schema]") {
    CHECK(check_field("\"Int\"", "", "5", true).empty());
    CHECK(check_field("\"Int\"", "", "null", true) == Errors{"field 'f' is required"});
    CHECK(check_field("\"Int\"", "", "null", false).empty());
    CHECK(
        check(
            R"({"version":1,"fields":[{"name":"a","required":true},{"name":"b","required":true}]})",
            "{}") == Errors{"field 'a' is required", "field 'b' is required"});
}

TEST_CASE("each type accepts its kinds and names what it got", "[schema]") {
    const std::vector<std::pair<std::string, std::string>> values{
        {"Bool", "true"},
        {"Int", "-3"},
        {"Float", "2.5"},
        {"String", "\"x\""},
        {"Bytes", R"({"$bin":"AQ=="})"},
        {"Array", "[1]"},
        {"Map", "{\"a\":1,\"b\":2}"},
        {"Extension", R"({"$ext":[5,"AQ=="]})"}};
    const std::map<std::string, std::vector<std::string>> accepted{
        {"String", {"String"}},
        {"Int", {"Int"}},
        {"Float", {"Float", "Int"}},
        {"Bool", {"Bool"}},
        {"Binary", {"Bytes"}},
        {"Timestamp", {"Int"}},
        {"Map", {"Map"}},
        {"Any", {"Bool", "Int", "Float", "String", "Bytes", "Array", "Map", "Extension"}}};
    for (const auto& [type, kinds] : accepted) {
        for (const auto& [kind, json] : values) {
            CAPTURE(type, kind);
            const bool sound = std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
            const auto expected =
                sound ? Errors{} : Errors{"field 'f': expected " + type + ", got \"" + kind + "\""};
            CHECK(check_field("\"" + type + "\"", "", json) == expected);
        }
    }
}

TEST_CASE("a timestamp may be a whole float, as JavaScript sends it", "[schema]") {
    CHECK(check_field("\"Timestamp\"", "", "1700000000000.0").empty());
    CHECK(check_field("\"Timestamp\"", "", "9007199254740992.0").empty());
    for (const auto* value :
         {"1.5", "9007199254740994.0", R"({"$float":"NaN"})", R"({"$float":"Infinity"})"}) {
        CHECK(check_field("\"Timestamp\"", "", value) ==
              Errors{"field 'f': expected Timestamp, got \"Float\""});
    }
    CHECK(check_field("\"Timestamp\"", R"({"minValue":10})", "5.0") ==
          Errors{"field 'f': value 5 is less than minimum 10"});
    CHECK(check_field("\"Int\"", "", "5.0") == Errors{"field 'f': expected Int, got \"Float\""});
}

TEST_CASE("arrays check each element and name it", "[schema]") {
    CHECK(check_field(R"({"Array":"Int"})", "", "[1,2,3]").empty());
    CHECK(check_field(R"({"Array":"Int"})", "", "[]").empty());
    CHECK(check_field(R"({"Array":"Int"})", "", "7") ==
          Errors{"field 'f': expected Array, got \"Int\""});
    CHECK(check_field(R"({"Array":"Int"})", "", "[1,\"x\",null]") ==
          Errors{"field 'f[1]': expected Int, got \"String\"",
                 "field 'f[2]': expected Int, got \"Null\"",
                 "field 'f': expected Array, got \"Array\""});
    CHECK(check_field(R"({"Array":{"Array":"String"}})", "", "[[\"a\"],[\"b\",5]]") ==
          Errors{"field 'f[1][1]': expected String, got \"Int\"",
                 "field 'f[1]': expected Array, got \"Array\"",
                 "field 'f': expected Array, got \"Array\""});
    CHECK(check_field(R"({"Array":"Any"})", "", "[null]")[0] ==
          "field 'f[0]': expected Any, got \"Null\"");
}

TEST_CASE("lengths count characters and elements", "[schema]") {
    const auto* limits = R"({"minLength":2,"maxLength":3})";
    CHECK(check_field("\"String\"", limits, "\"ab\"").empty());
    CHECK(check_field("\"String\"", limits, "\"a\"") ==
          Errors{"field 'f': length 1 is less than minimum 2"});
    CHECK(check_field("\"String\"", limits, "\"abcd\"") ==
          Errors{"field 'f': length 4 exceeds maximum 3"});
    CHECK(check_field("\"String\"", limits, "\"\xf0\x9f\x98\x80\xc3\xa9\xe2\x82\xac\"").empty());
    CHECK(check_field("\"Any\"", limits, "\"a\"").size() == 1);
    CHECK(check_field("\"Any\"", limits, "5").empty());
    CHECK(check_field(R"({"Array":"Int"})", limits, "[1]") ==
          Errors{"field 'f': array length 1 is less than minimum 2"});
    CHECK(check_field("\"Any\"", limits, "[1,2,3,4]") ==
          Errors{"field 'f': array length 4 exceeds maximum 3"});
}

TEST_CASE("ranges apply to Int and Timestamp alone", "[schema]") {
    const auto* limits = R"({"minValue":-5,"maxValue":10})";
    CHECK(check_field("\"Int\"", limits, "-5").empty());
    CHECK(check_field("\"Int\"", limits, "10").empty());
    CHECK(check_field("\"Int\"", limits, "-6") ==
          Errors{"field 'f': value -6 is less than minimum -5"});
    CHECK(check_field("\"Timestamp\"", limits, "11") ==
          Errors{"field 'f': value 11 exceeds maximum 10"});
    CHECK(check_field("\"Float\"", limits, "11").empty());
    CHECK(check_field("\"Float\"", limits, "11.5").empty());
    CHECK(check_field("\"Any\"", limits, "11").empty());
    CHECK(check_field("\"Int\"", limits, "18446744073709551615") ==
          Errors{"field 'f': value 18446744073709551615 exceeds maximum 10"});
    CHECK(check_field("\"Int\"", R"({"minValue":5})", "18446744073709551615").empty());
}

TEST_CASE("patterns and lists apply to strings", "[schema]") {
    CHECK(check_field("\"String\"", R"({"pattern":"b+"})", "\"abbc\"").empty());
    CHECK(check_field("\"String\"", R"({"pattern":"^b+$"})", "\"abbc\"") ==
          Errors{"field 'f': value does not match pattern '^b+$'"});
    CHECK(check_field("\"Any\"", R"({"pattern":"^b+$"})", "5").empty());
    CHECK(check_field("\"String\"", R"({"enumValues":["a","b"]})", "\"b\"").empty());
    CHECK(check_field("\"String\"", R"({"enumValues":["a","b"]})", "\"c\"") ==
          Errors{"field 'f': value 'c' is not in the allowed list"});
    CHECK(check_field("\"String\"", R"({"enumValues":[]})", "\"c\"").size() == 1);
    CHECK(check_field("\"String\"", R"({"minLength":9,"pattern":"x","enumValues":[]})", "\"c\"")
              .size() == 3);
}

TEST_CASE("a strict schema names fields that it does not know", "[schema]") {
    const std::string fields = R"({"version":1,"fields":[{"name":"a","required":false}],"strict":)";
    CHECK(check(fields + "false}", R"({"a":1,"z":2,"b":3})").empty());
    CHECK(check(fields + "true}", R"({"a":1,"z":2,"b":3})") ==
          Errors{"unknown field 'b'", "unknown field 'z'"});
}

TEST_CASE("errors stay bounded however bad the value is", "[schema]") {
    std::string array = "[\"x\"";
    for (int i = 1; i < 5000; ++i) array += ",\"x\"";
    const auto errors = check_field(R"({"Array":"Int"})", "", array + "]");
    REQUIRE(errors.size() == SchemaValidator::kMostErrors + 1);
    CHECK(errors.back() == "and 4001 further errors");

    const std::string long_text(100'000, 'b');
    const auto quoted =
        check_field("\"String\"", R"({"enumValues":[],"pattern":"b"})", "\"" + long_text + "\"");
    REQUIRE(quoted.size() == 2);  // too long to be matched against a pattern
    CHECK(quoted[0] == "field 'f': value does not match pattern 'b'");
    CHECK(quoted[1] ==
          "field 'f': value '" + std::string(1024, 'b') + "...' is not in the allowed list");
}

TEST_CASE("a pattern that does not compile is refused with its field", "[schema]") {
    const auto compiled = SchemaValidator::compile(
        must(parse_schema(R"({"version":1,"fields":[{"name":"f","required":false,)"
                          R"("constraints":{"pattern":"a("}}]})")));
    REQUIRE_FALSE(compiled);
    CHECK(compiled.error().code() == Errc::bad_input);
    CHECK(compiled.error().text() == "field 'f': invalid pattern 'a(': '(' without ')' at byte 3");
}

TEST_CASE("any value can be checked against any schema", "[schema][property]") {
    Random rng(seed(17));
    const auto validator = must(SchemaValidator::compile(must(parse_schema(
        R"({"version":1,"strict":true,"fields":[
            {"name":"a","required":true,"field_type":{"Array":{"Array":"Int"}},
             "constraints":{"maxLength":1}},
            {"name":"b","required":false,"field_type":"Timestamp",
             "constraints":{"minValue":0,"maxValue":1}},
            {"name":"","required":true,"field_type":"Any",
             "constraints":{"pattern":"^x*$","minLength":1}}]})"))));
    int valid = 0;
    for (int i = 0; i < 3000; ++i) {
        const auto value = random_value(rng, 8);
        valid += validator->validate(ValueView(value)).empty() ? 1 : 0;
    }
    CHECK(valid == 0);  // nothing random has an array of arrays under `a`
}
