// SPDX-License-Identifier: Apache-2.0
// Proves the text that TopGun's client hashes for OR-Map values: one wrong character and a client
// never finds its tree equal to ours.
#include "topgun/value/js_text.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "topgun/base/hash.hpp"
#include "topgun/value/json.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;

namespace {

// `json` in our notation; what it holds is then printed as JavaScript would.
std::string text_of(std::string_view json) {
    std::string out;
    append_js_value_text(test::must(parse_json(json)), out);
    return out;
}

std::uint32_t entry_hash(const std::string& text) {
    return fnv1a("key:k|100:0:n1:" + text + ":100:0:n1");
}

}  // namespace

TEST_CASE("values print and hash as in TopGun's client", "[value][js]") {
    struct Row {
        std::string_view json, text;
        std::uint32_t hash;
    };
    const auto row = GENERATE(values<Row>({
        {R"("work")", "work", 0xe9fa32be},
        {R"("")", "", 0xbbe15085},
        {"null", "null", 0xdf0fac32},
        {"true", "true", 0xf3dad825},
        {R"("true")", "true", 0xf3dad825},
        {"false", "false", 0xa94956a6},
        {"0", "0", 0x84fddde3},
        {"0.0", "0", 0x84fddde3},
        {"-0.0", "0", 0x84fddde3},
        {"1", "1", 0x3a18fb9a},
        {"1.0", "1", 0x3a18fb9a},
        {R"("1")", "1", 0x3a18fb9a},
        {"-42", "-42", 0xa24989e4},
        {"1.5", "1.5", 0xfcf95899},
        {"1e21", "1e+21", 0x24a97415},
        {"1e-7", "1e-7", 0xb3b9ee03},
        {"0.30000000000000004", "0.30000000000000004", 0x2b29408a},
        {"123456789012345680000.0", "123456789012345680000", 0x7bdd16f1},
        {R"({"$float":"NaN"})", "NaN", 0xa071a7ac},
        {R"({"$float":"Infinity"})", "Infinity", 0x573fb039},
        {R"([1,"two"])", R"([1,"two"])", 0x657fe178},
        {"[[1,2],[3]]", "[[1,2],[3]]", 0xc73f23ed},
        {R"([{"x":1}])", "[{}]", 0x4081ceb5},
        {"{}", "{}", 0xd3937965},
        {R"({"b":"test","a":1})", R"({"a":1,"b":"test"})", 0x74c14de1},
        {R"({"z":1,"a":{"c":3,"b":2}})", R"({"a":{},"z":1})", 0x6fdd2633},
        {R"({"z":1,"a":{"z":9,"q":8}})", R"({"a":{"z":9},"z":1})", 0xa053695a},
        {R"({"a":{"x":1}})", R"({"a":{}})", 0xb024a6c8},
        {R"({"a":{"x":2}})", R"({"a":{}})", 0xb024a6c8},
        {R"({"10":1,"9":2,"a":3})", R"({"10":1,"9":2,"a":3})", 0x2e9cc310},
        {R"({"a":null})", R"({"a":null})", 0xd3381661},
        {R"({"$bin":"3q0="})", R"({"0":222,"1":173})", 0x9b960317},
        {R"("q\"\\\n\u0001\u007f\u00e9\ud83d\ude00/")", "q\"\\\n\001\177\303\251\360\237\230\200/",
         0x641368fb},
    }));
    CAPTURE(row.json);
    CHECK(text_of(row.json) == row.text);
    CHECK(entry_hash(text_of(row.json)) == row.hash);
}

TEST_CASE("a record's time to live is hashed after its text", "[value][js]") {
    CHECK(fnv1a("key:k|100:0:n1:work:100:0:n1:ttl=5000") == 0x2842eaaau);
    CHECK(fnv1a("key:k|100:0:n1:work:100:0:n1:ttl=null") == 0xf322e3a2u);
    CHECK(fnv1a("key:tags|10:0:a:x:10:0:a|9:0:a:y:9:0:a") == 0x709c885cu);
    CHECK(fnv1a("key:hello|1700000000000:1:node-1:x:1700000000000:1:node-1") == 3902516736u);
}

TEST_CASE("numbers print by ECMAScript's rules", "[value][js]") {
    using Limits = std::numeric_limits<double>;
    const std::pair<double, const char*> rows[] = {
        {0.0, "0"},
        {-0.0, "0"},
        {5, "5"},
        {-5, "-5"},
        {100, "100"},
        {123.456, "123.456"},
        {0.1, "0.1"},
        {0.000001, "0.000001"},
        {0.0000012, "0.0000012"},
        {1e-7, "1e-7"},
        {1.5e-7, "1.5e-7"},
        {-1.5e-7, "-1.5e-7"},
        {1e20, "100000000000000000000"},
        {1e21, "1e+21"},
        {-1e21, "-1e+21"},
        {1.25e22, "1.25e+22"},
        {123456789012345680000.0, "123456789012345680000"},
        {1700000000000, "1700000000000"},
        {9007199254740991, "9007199254740991"},
        {0x1p53, "9007199254740992"},
        {4294967296, "4294967296"},
        {1.0 / 3, "0.3333333333333333"},
        {2.0 / 3, "0.6666666666666666"},
        {1e300, "1e+300"},
        {5e-324, "5e-324"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {Limits::max(), "1.7976931348623157e+308"},
        {Limits::infinity(), "Infinity"},
        {-Limits::infinity(), "-Infinity"},
        {Limits::quiet_NaN(), "NaN"},
        {999999999999999900000.0, "999999999999999900000"},
        {0.5, "0.5"},
        {1e-6, "0.000001"},
        {9.5e-7, "9.5e-7"}};
    for (const auto& [value, text] : rows) CHECK(js_number_text(value) == text);
}

TEST_CASE("a number's text reads back as the same number", "[value][js][property]") {
    const auto seed = test::seed(20260916);
    CAPTURE(seed);
    Random rng{seed};
    for (int round = 0; round < 50'000; ++round) {
        const auto value = std::bit_cast<double>(rng());
        if (!std::isfinite(value)) continue;
        const auto text = js_number_text(value);
        double again = 0;
        std::from_chars(text.data(), text.data() + text.size(), again);
        CAPTURE(text);
        REQUIRE(again == value);
    }
}

TEST_CASE("integers that JavaScript cannot hold print as the double it holds", "[value][js]") {
    CHECK(text_of("9007199254740992") == "9007199254740992");
    CHECK(text_of("9007199254740993") == "9007199254740992");
    CHECK(text_of("18446744073709551615") == "18446744073709552000");
    CHECK(text_of("-9223372036854775808") == "-9223372036854776000");
    CHECK(text_of("-9007199254740991") == "-9007199254740991");
    CHECK(text_of("[9007199254740993]") == "[9007199254740992]");
}

TEST_CASE("inside containers, what JSON lacks prints as null", "[value][js]") {
    CHECK(text_of(R"([{"$float":"NaN"},{"$float":"-Infinity"},-0.0,1e21])") ==
          "[null,null,0,1e+21]");
    CHECK(text_of(R"({"$float":"-Infinity"})") == "-Infinity");
    CHECK(text_of(R"([{"$ext":[5,"AQ=="]},null,true,false])") == "[null,null,true,false]");
    CHECK(text_of(R"({"$ext":[5,"AQ=="]})") == "null");
}

TEST_CASE("the top level's names filter every level, in their UTF-16 order", "[value][js]") {
    CHECK(text_of(R"({"a":{"a":{"a":1,"b":2},"b":3},"b":{"c":4}})") ==
          R"({"a":{"a":{"a":1,"b":2},"b":3},"b":{}})");
    CHECK(text_of(R"([{"0":"kept","1":{"0":1,"2":2},"2":"dropped"},0])") ==
          R"([{"0":"kept","1":{"0":1}},0])");
    CHECK(text_of(R"({"list":[{"list":1,"x":2},[{"list":3}]]})") ==
          R"({"list":[{"list":1},[{"list":3}]]})");
    // By bytes U+FF5E comes first, by UTF-16 units U+1F600 does.
    CHECK(text_of("{\"\357\275\236\":1,\"\360\237\230\200\":2}") ==
          "{\"\360\237\230\200\":2,\"\357\275\236\":1}");
    CHECK(text_of(R"({"$map":[["$bin",1]]})") == R"({"$bin":1})");
}

TEST_CASE("bytes inside containers keep only the indices that are names above", "[value][js]") {
    CHECK(text_of(R"([{"$bin":"AQID"},0])") == R"([{"0":1,"1":2},0])");
    CHECK(text_of(R"({"a":{"$bin":"AQID"}})") == R"({"a":{}})");
    CHECK(text_of(R"({"a":{"$bin":"AQID"},"1":0,"01":0,"9":0})") ==
          R"({"01":0,"1":0,"9":0,"a":{"1":2}})");
    CHECK(text_of(R"({"$bin":""})") == "{}");
}

TEST_CASE("strings inside containers are escaped as JSON.stringify does", "[value][js]") {
    CHECK(text_of(R"(["\"\\/\b\t\n\f\r\u0000\u001f\u007f\u2028\u00e9"])") ==
          "[\"\\\"\\\\/\\b\\t\\n\\f\\r\\u0000\\u001f\177\342\200\250\303\251\"]");
    std::string out = "kept ";
    append_js_string("a\"b", out);
    CHECK(out == R"(kept "a\"b")");
}
