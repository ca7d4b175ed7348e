// SPDX-License-Identifier: Apache-2.0
// The '$' escapes, as a reader of our JSON meets them.
#include "topgun/value/json.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;

namespace {

std::string parsed_hex(std::string_view json) {
    return test::to_hex(test::must(parse_json(json)));
}

// {"$map":[["$x",{"$map":[["$x",...innermost...]]}]]}
std::string nested_maps(int levels, const std::string& innermost) {
    std::string json;
    for (int i = 0; i < levels; ++i) json += R"({"$map":[["$x",)";
    json += innermost;
    for (int i = 0; i < levels; ++i) json += "]]}";
    return json;
}

}  // namespace

TEST_CASE("each escape gives back what it stands for", "[value][json]") {
    struct Row {
        std::string_view json, hex;
    };
    const auto row = GENERATE(values<Row>({
        {R"({"$bin":"3q2+7w=="})", "c404deadbeef"},
        {R"({"$bin":""})", "c400"},
        {R"( { "$bin" : "AQ==" } )", "c40101"},
        {R"({"\u0024bin":"AQ=="})", "c40101"},
        {R"({"$int":"9223372036854775807"})", "cf7fffffffffffffff"},
        {R"({"$int":"18446744073709551615"})", "cfffffffffffffffff"},
        {R"({"$int":"-9223372036854775808"})", "d38000000000000000"},
        {R"({"$int":"5"})", "05"},
        {R"({"$int":"0"})", "00"},
        {R"({"$int":"-0"})", "00"},
        {R"({"$float":"NaN"})", "cb7ff8000000000000"},
        {R"({"$float":"Infinity"})", "cb7ff0000000000000"},
        {R"({"$float":"-Infinity"})", "cbfff0000000000000"},
        {R"({"$ext":[5,"AQ=="]})", "d40501"},
        {R"({"$ext":[-128,""]})", "c70080"},
        {R"({"$ext":[127,"AAA="]})", "d57f0000"},
        {R"({"$ext":[0,"AA=="]})", "c0"},  // JavaScript's undefined
        {R"({"$ext":[0,"AQ=="]})", "d40001"},
        {R"({"$map":[["$bin",1]]})", "81a42462696e01"},
        {R"({"$map":[]})", "80"},
        {R"({"$map":[["b",1],["a",2]]})", "82a16102a16201"},
        {R"({"$map":[["a",1],["a",2]]})", "81a16102"},
        {R"({"$map":[["$map",{"$map":[["$map",[]]]}]]})", "81a4246d617081a4246d617090"},
        {R"([{"$int":"1"},{"a":{"$bin":""}}])", "920181a161c400"},
    }));
    CAPTURE(row.json);
    CHECK(parsed_hex(row.json) == row.hex);
}

TEST_CASE("an object with several members is plain, whatever their names", "[value][json]") {
    CHECK(parsed_hex(R"({"$bin":"AQ==","a":1})") == "82a42462696ea441513d3da16101");
    CHECK(parsed_hex(R"({"a":1,"$nonsense":2})") == "82a9246e6f6e73656e736502a16101");
    CHECK(parsed_hex(R"({"$map":[["a",1]],"x":0})") == "82a4246d61709192a16101a17800");
    CHECK(parsed_hex(R"({"a$":1})") == "81a2612401");
    // Equal names count once, as for any reader of JSON.
    CHECK(parsed_hex(R"({"$bin":"AA==","$bin":"AQ=="})") == "c40101");
}

TEST_CASE("an escape of the wrong shape is refused at its object, with what it takes",
          "[value][json]") {
    struct Row {
        std::string_view json, why;
    };
    const auto row = GENERATE(values<Row>({
        {R"({"$bin":5})", R"("$bin" takes a string of base64)"},
        {R"({"$bin":"AQ"})",
         R"("$bin": base64, character 3: the text ends inside a group of four)"},
        {R"({"$bin":"A*=="})", R"("$bin": base64, character 2: not a base64 digit)"},
        {R"({"$int":5})", R"("$int" takes a string of decimal digits, up to 64 bits)"},
        {R"({"$int":""})", R"("$int" takes a string of decimal digits, up to 64 bits)"},
        {R"({"$int":"-"})", R"("$int" takes a string of decimal digits, up to 64 bits)"},
        {R"({"$int":"+5"})", R"("$int" takes a string of decimal digits, up to 64 bits)"},
        {R"({"$int":"05"})", R"("$int" takes a string of decimal digits, up to 64 bits)"},
        {R"({"$int":"5.0"})", R"("$int" takes a string of decimal digits, up to 64 bits)"},
        {R"({"$int":"18446744073709551616"})",
         R"("$int" takes a string of decimal digits, up to 64 bits)"},
        {R"({"$int":"-9223372036854775809"})",
         R"("$int" takes a string of decimal digits, up to 64 bits)"},
        {R"({"$float":"nan"})", R"("$float" takes "NaN", "Infinity" or "-Infinity")"},
        {R"({"$float":1.5})", R"("$float" takes "NaN", "Infinity" or "-Infinity")"},
        {R"({"$ext":[128,""]})", R"("$ext" takes [type from -128 to 127, "base64"])"},
        {R"({"$ext":[-129,""]})", R"("$ext" takes [type from -128 to 127, "base64"])"},
        {R"({"$ext":[18446744073709551615,""]})",
         R"("$ext" takes [type from -128 to 127, "base64"])"},
        {R"({"$ext":[5.0,""]})", R"("$ext" takes [type from -128 to 127, "base64"])"},
        {R"({"$ext":[5]})", R"("$ext" takes [type from -128 to 127, "base64"])"},
        {R"({"$ext":[5,"",0]})", R"("$ext" takes [type from -128 to 127, "base64"])"},
        {R"({"$ext":{"5":""}})", R"("$ext" takes [type from -128 to 127, "base64"])"},
        {R"({"$ext":[5,"A"]})",
         R"("$ext": base64, character 2: the text ends inside a group of four)"},
        {R"({"$map":{"a":1}})", R"("$map" takes an array of ["key", value] pairs)"},
        {R"({"$map":[1]})", R"("$map" takes an array of ["key", value] pairs)"},
        {R"({"$map":[["a"]]})", R"("$map" takes an array of ["key", value] pairs)"},
        {R"({"$map":[["a",1,2]]})", R"("$map" takes an array of ["key", value] pairs)"},
        {R"({"$map":[[1,2]]})", R"("$map" takes an array of ["key", value] pairs)"},
        {R"({"$date":5})", R"(unknown escape "$date"; a map with only this key is written )"
                           R"({"$map":[["$date",...]]})"},
        {R"({"$":5})",
         R"(unknown escape "$"; a map with only this key is written {"$map":[["$",...]]})"},
    }));
    CAPTURE(row.json);
    const auto parsed = parse_json(" [" + std::string(row.json) + "]");
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code() == Errc::bad_input);
    CHECK(parsed.error().text() == "line 1, column 3: " + std::string(row.why));
}

TEST_CASE("an escaped map counts as one level, though it takes three brackets", "[value][json]") {
    CHECK(parse_json(nested_maps(256, "1")));
    CHECK(parse_json(nested_maps(256, "[]")));
    const auto too_deep = {nested_maps(257, "1"), nested_maps(256, "[1]"),
                           nested_maps(100'000, "1")};
    for (const auto& json : too_deep) {
        const auto parsed = parse_json(json);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().code() == Errc::limit);
    }
}

TEST_CASE("arrays that only look like an escaped map count fully", "[value][json]") {
    // 100 levels of {"$map":[[...]],"x":0}: three real levels each.
    const auto pretended = [](int levels) {
        std::string json;
        for (int i = 0; i < levels; ++i) json += R"({"$map":[["k",)";
        json += "0";
        for (int i = 0; i < levels; ++i) json += R"(]],"x":0})";
        return json;
    };
    CHECK(parse_json(pretended(85)));  // 255 levels
    const auto parsed = parse_json(pretended(86));
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code() == Errc::limit);
    const auto deepest = parse_json(pretended(256));
    REQUIRE_FALSE(deepest);
    CHECK(deepest.error().code() == Errc::limit);
}
