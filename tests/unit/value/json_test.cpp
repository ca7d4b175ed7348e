// SPDX-License-Identifier: Apache-2.0
#include "topgun/value/json.hpp"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "topgun/base/check.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/value/canonical.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun_test/support.hpp"
#include "topgun_test/values.hpp"

using namespace topgun;

namespace {

std::string json_of(BytesView canonical_value) {
    std::string out;
    append_json(canonical_value, out);
    return out;
}

std::string json_of_hex(std::string_view hex) {
    return json_of(test::must(canonical(test::from_hex(hex))));
}

std::string json_of_real(double value) {
    Bytes bytes;
    msgpack::Writer(bytes).real(value);
    return json_of(bytes);
}

}  // namespace

TEST_CASE("what JSON can say is plain JSON without spaces", "[value][json]") {
    CHECK(json_of_hex("c0") == "null");
    CHECK(json_of_hex("c3") == "true");
    CHECK(json_of_hex("c2") == "false");
    CHECK(json_of_hex("05") == "5");
    CHECK(json_of_hex("d0df") == "-33");
    CHECK(json_of_hex("a161") == "\"a\"");
    CHECK(json_of_hex("90") == "[]");
    CHECK(json_of_hex("80") == "{}");
    CHECK(json_of_hex("9301c090") == "[1,null,[]]");
    CHECK(json_of_hex("82a16281a17801a16102") == R"({"a":2,"b":{"x":1}})");
    std::string out = "kept ";
    append_json("\x91\xc0", out);
    CHECK(out == "kept [null]");
}

TEST_CASE("a float always looks like one", "[value][json]") {
    using Limits = std::numeric_limits<double>;
    const std::pair<double, const char*> rows[] = {{5.0, "5.0"},
                                                   {0.0, "0.0"},
                                                   {-0.0, "-0.0"},
                                                   {-5.0, "-5.0"},
                                                   {0.1, "0.1"},
                                                   {1.5, "1.5"},
                                                   {0.1 + 0.2, "0.30000000000000004"},
                                                   {100000.0, "100000.0"},
                                                   {1e15, "1000000000000000.0"},
                                                   {1e16, "1e+16"},
                                                   {1.5e16, "1.5e+16"},
                                                   {1e21, "1e+21"},
                                                   {1e300, "1e+300"},
                                                   {1e-5, "0.00001"},
                                                   {1e-6, "1e-06"},
                                                   {-2.5e-9, "-2.5e-09"},
                                                   {1700000000000.0, "1700000000000.0"},
                                                   {9007199254740991.0, "9007199254740991.0"},
                                                   {0x1p53, "9007199254740992.0"},
                                                   {123456789.125, "123456789.125"},
                                                   {5e-324, "5e-324"},
                                                   {Limits::max(), "1.7976931348623157e+308"}};
    for (const auto& [value, text] : rows) CHECK(json_of_real(value) == text);
}

TEST_CASE("what JSON cannot say is escaped", "[value][json]") {
    using Limits = std::numeric_limits<double>;
    CHECK(json_of_real(Limits::quiet_NaN()) == R"({"$float":"NaN"})");
    CHECK(json_of_real(Limits::infinity()) == R"({"$float":"Infinity"})");
    CHECK(json_of_real(-Limits::infinity()) == R"({"$float":"-Infinity"})");
    CHECK(json_of_hex("c404deadbeef") == R"({"$bin":"3q2+7w=="})");
    CHECK(json_of_hex("c400") == R"({"$bin":""})");
    CHECK(json_of_hex("d40501") == R"({"$ext":[5,"AQ=="]})");
    CHECK(json_of_hex("c70080") == R"({"$ext":[-128,""]})");
    CHECK(json_of_hex("cf7fffffffffffffff") == R"({"$int":"9223372036854775807"})");
    CHECK(json_of_hex("cfffffffffffffffff") == R"({"$int":"18446744073709551615"})");
    CHECK(json_of_hex("d38000000000000000") == R"({"$int":"-9223372036854775808"})");
}

TEST_CASE("integers are escaped only where other tools would round them", "[value][json]") {
    CHECK(json_of_hex("cf001fffffffffffff") == "9007199254740991");
    CHECK(json_of_hex("cf0020000000000000") == R"({"$int":"9007199254740992"})");
    CHECK(json_of_hex("d3ffe0000000000001") == "-9007199254740991");
    CHECK(json_of_hex("d3ffe0000000000000") == R"({"$int":"-9007199254740992"})");
}

TEST_CASE("only a map that looks like an escape is escaped", "[value][json]") {
    CHECK(json_of_hex("81a42462696e01") == R"({"$map":[["$bin",1]]})");
    CHECK(json_of_hex("81a12401") == R"({"$map":[["$",1]]})");
    CHECK(json_of_hex("81a22461"
                      "81a2246201") == R"({"$map":[["$a",{"$map":[["$b",1]]}]]})");
    CHECK(json_of_hex("82a42462696e01a16102") == R"({"$bin":1,"a":2})");
    CHECK(json_of_hex("81a2612401") == R"({"a$":1})");
}

TEST_CASE("strings are escaped where JSON demands it and nowhere else", "[value][json]") {
    const auto quoted = [](std::string_view text) {
        std::string out;
        append_json_string(text, out);
        return out;
    };
    CHECK(quoted("") == R"("")");
    CHECK(quoted("a\"b\\c/d") == R"("a\"b\\c/d")");
    CHECK(quoted("\b\t\n\f\r") == R"("\b\t\n\f\r")");
    CHECK(quoted(std::string_view("\0\x01\x1f", 3)) == R"("\u0000\u0001\u001f")");
    CHECK(quoted("\x7f\303\251\342\200\250\360\237\230\200") ==
          "\"\x7f\303\251\342\200\250\360\237\230\200\"");
    CHECK(quoted("plain text longer than eight bytes") == "\"plain text longer than eight bytes\"");
    CHECK(quoted("1234567\"") == R"("1234567\"")");
    CHECK(quoted("12345678\"") == R"("12345678\"")");
}

TEST_CASE("malformed text is written as the replacement character", "[value][json]") {
    std::string out;
    append_json_string("a\377\"\355\240\275\355\270\200\200", out);
    CHECK(out == "\"a\357\277\275\\\"\360\237\230\200\357\277\275\"");
    CHECK(find_invalid_utf8(out) == out.size());
}

TEST_CASE("writing what is not canonical is a bug that is caught", "[value][json]") {
    std::string out;
    CHECK_THROWS_AS(append_json("", out), Bug);
    CHECK_THROWS_AS(append_json(test::from_hex("9201"), out), Bug);
    CHECK_THROWS_AS(append_json(test::from_hex("810102"), out), Bug);
    CHECK_THROWS_AS(append_json(Bytes(100'000, '\x91') + '\xc0', out), Bug);
}

// Goal:   nothing is lost on the way through JSON.
// Method: random values of all kinds, also 256 levels deep; and nlohmann's parser, which others
//         wrote, must accept each text.
TEST_CASE("every value survives the way through JSON byte for byte", "[value][json][property]") {
    const auto seed = test::seed(20260917);
    CAPTURE(seed);
    Random rng{seed};
    for (int round = 0; round < 5000; ++round) {
        const auto value = test::random_value(rng, rng.chance(0.1) ? 256 : 10);
        const auto json = json_of(value);
        CAPTURE(json);
        REQUIRE(test::to_hex(test::must(parse_json(json))) == test::to_hex(value));
        REQUIRE(nlohmann::json::accept(json));
    }
}
