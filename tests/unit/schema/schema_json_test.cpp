// SPDX-License-Identifier: Apache-2.0
// Schemas as JSON: the server's form in both directions, and errors that say where.
#include "topgun/schema/schema.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::test;

TEST_CASE("a schema is read with every member", "[schema][json]") {
    const auto schema = must(parse_schema(R"({
        "version": 3, "strict": true, "comment": "passed over",
        "fields": [
            {"name": "id", "required": true, "field_type": "String",
             "constraints": {"minLength": 1, "maxLength": 36,
                             "pattern": "^[a-f0-9-]+$", "enumValues": ["a"]}},
            {"name": "age", "required": false, "field_type": "Int",
             "constraints": {"minValue": -1, "maxValue": 9223372036854775807}},
            {"name": "tags", "required": false, "field_type": {"Array": {"Array": "Binary"}},
             "constraints": null},
            {"name": "rest", "required": false}
        ]})"));
    CHECK(schema.version == 3);
    CHECK(schema.strict);
    REQUIRE(schema.fields.size() == 4);
    CHECK(schema.fields[0].constraints->max_length == 36u);
    CHECK(schema.fields[0].constraints->pattern == "^[a-f0-9-]+$");
    CHECK(schema.fields[0].constraints->enum_values == std::vector<std::string>{"a"});
    CHECK(schema.fields[1].constraints->min_value == -1);
    CHECK(schema.fields[1].constraints->max_value == std::numeric_limits<std::int64_t>::max());
    CHECK(schema.fields[2].type == FieldType{FieldType::Kind::binary, 2});
    CHECK_FALSE(schema.fields[2].constraints);
    CHECK(schema.fields[3].type == FieldType{});
    CHECK(field_type_text(schema.fields[2].type) == "Array(Array(Binary))");
}

TEST_CASE("a printed schema is the server's form and reads back the same", "[schema][json]") {
    const auto* text =
        R"({"version":1,"fields":[{"name":"f","required":true,"field_type":{"Array":"Float"},)"
        R"("constraints":{"minLength":0,"maxLength":4294967295,"minValue":-5,"maxValue":5,)"
        R"("pattern":"\\d\"","enumValues":["é",""]}},)"
        R"({"name":"g","required":false,"field_type":"Any"}],"strict":false})";
    const auto schema = must(parse_schema(text));
    CHECK(print_schema(schema) == text);
    CHECK(must(parse_schema(print_schema(schema))) == schema);
    CHECK(print_schema({}) == R"({"version":0,"fields":[],"strict":false})");
}

TEST_CASE("every type has one name", "[schema][json]") {
    const std::string name =
        GENERATE("String", "Int", "Float", "Bool", "Binary", "Timestamp", "Map", "Any");
    const auto schema = must(parse_schema(
        R"({"version":1,"fields":[{"name":"f","required":false,"field_type":")" + name + "\"}]}"));
    CHECK(field_type_text(schema.fields[0].type) == name);
    CHECK(must(parse_schema(print_schema(schema))) == schema);
}

TEST_CASE("a malformed schema is refused with the place", "[schema][json]") {
    const auto field = [](const std::string& members) {
        return R"({"version":1,"fields":[{"name":"f","required":true},{)" + members + "}]}";
    };
    const std::vector<std::pair<std::string, std::string>> cases{
        {"", "parse error"},
        {"{\"version\":1,", "parse error at line 1, column"},
        {"[]", "schema: expected an object"},
        {"{}", "version: expected a whole number"},
        {R"({"version":-1,"fields":[]})", "version: expected a whole number from 0"},
        {R"({"version":4294967296,"fields":[]})", "version: expected a whole number from 0"},
        {R"({"version":1.0,"fields":[]})", "version: expected a whole number from 0"},
        {R"({"version":1})", "fields: expected an array"},
        {R"({"version":1,"fields":{}})", "fields: expected an array"},
        {R"({"version":1,"fields":[5]})", "fields[0]: expected an object"},
        {R"({"version":1,"fields":[],"strict":1})", "strict: expected true or false"},
        {field(R"("required":true)"), "fields[1].name: expected a string"},
        {field(R"("name":5,"required":true)"), "fields[1].name: expected a string"},
        {field(R"("name":"g")"), "fields[1].required: expected true or false"},
        {field(R"("name":"g","required":true,"field_type":"int")"),
         "fields[1].field_type: expected String"},
        {field(R"("name":"g","required":true,"field_type":{"Set":"Int"})"),
         "fields[1].field_type: expected"},
        {field(R"("name":"g","required":true,"field_type":{"Array":5})"),
         "fields[1].field_type: expected"},
        {field(R"("name":"g","required":true,"constraints":[])"),
         "fields[1].constraints: expected an object"},
        {field(R"("name":"g","required":true,"constraints":{"minLength":-1})"),
         "fields[1].constraints.minLength: expected a whole number from 0"},
        {field(R"("name":"g","required":true,"constraints":{"maxValue":9223372036854775808})"),
         "fields[1].constraints.maxValue: expected a whole number of 64 bits"},
        {field(R"("name":"g","required":true,"constraints":{"pattern":5})"),
         "constraints.pattern: expected"},
        {field(R"("name":"g","required":true,"constraints":{"enumValues":["a",5]})"),
         "constraints.enumValues[1]: expected a string"},
    };
    for (const auto& [text, why] : cases) {
        CAPTURE(text);
        const auto parsed = parse_schema(text);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().code() == Errc::bad_input);
        CAPTURE(parsed.error().text());
        CHECK(parsed.error().text().find(why) != std::string::npos);
    }
}

TEST_CASE("types nested without bound are refused", "[schema][json]") {
    std::string type = "\"Int\"";
    for (int i = 0; i < 32; ++i) type = "{\"Array\":" + type + "}";
    const auto schema = [](const std::string& of) {
        return R"({"version":1,"fields":[{"name":"f","required":false,"field_type":)" + of + "}]}";
    };
    CHECK(must(parse_schema(schema(type))).fields[0].type.arrays == 32);
    CHECK_FALSE(parse_schema(schema("{\"Array\":" + type + "}")));
    CHECK_FALSE(parse_schema(std::string(100'000, '[')));
}
