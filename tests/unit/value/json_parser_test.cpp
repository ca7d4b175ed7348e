// SPDX-License-Identifier: Apache-2.0
// Goal: exactly the texts of RFC 8259 are accepted, with a place for every refusal, and give the
// values that another parser finds in them.
#include <cmath>
#include <nlohmann/json.hpp>

#include "topgun/base/utf.hpp"
#include "topgun/value/canonical.hpp"
#include "topgun/value/json.hpp"
#include "topgun_test/support.hpp"
#include "topgun_test/values.hpp"

using namespace topgun;
using namespace std::string_view_literals;

namespace {

std::string parsed_hex(std::string_view json) {
    return test::to_hex(test::must(parse_json(json)));
}

Error refusal(std::string_view json) {
    auto parsed = parse_json(json);
    if (parsed) FAIL(json << " was accepted as " << test::to_hex(*parsed));
    return std::move(parsed).error();
}

std::string repeat(std::string_view text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
}

}  // namespace

TEST_CASE("plain JSON becomes the canonical value", "[value][json]") {
    struct Row {
        std::string_view json, hex;
    };
    const auto row = GENERATE(values<Row>({
        {"null", "c0"},
        {"true", "c3"},
        {"false", "c2"},
        {" \t\r\n null \n", "c0"},
        {"\xef\xbb\xbfnull", "c0"},
        {"[]", "90"},
        {"[ ]", "90"},
        {"{}", "80"},
        {"{ }", "80"},
        {"[1,[2,[]],{}]", "930192029080"},
        {"\"\"", "a0"},
        {"\"abc\"", "a3616263"},
        {R"({"b":1,"a":2})", "82a16102a16201"},
        {R"( { "a" : [ 1 , 2 ] } )", "81a161920102"},
        {R"({"a":1,"a":2})", "81a16102"},
        {R"({"b":0,"a":1,"b":2,"a":3})", "82a16103a16202"},
        {R"({"a":{"z":1,"y":2},"a":{"z":3}})", "81a16181a17a03"},
        {R"({"":1})", "81a001"},
    }));
    CAPTURE(row.json);
    CHECK(parsed_hex(row.json) == row.hex);
}

TEST_CASE("a number with a point or an exponent is a float, any other an integer",
          "[value][json]") {
    struct Row {
        std::string_view json, hex;
    };
    const auto row = GENERATE(values<Row>({
        {"0", "00"},
        {"-0", "00"},
        {"5", "05"},
        {"-1", "ff"},
        {"-33", "d0df"},
        {"300", "cd012c"},
        {"9007199254740993", "cf0020000000000001"},
        {"9223372036854775808", "cf8000000000000000"},
        {"18446744073709551615", "cfffffffffffffffff"},
        {"-9223372036854775808", "d38000000000000000"},
        {"5.0", "cb4014000000000000"},
        {"0.0", "cb0000000000000000"},
        {"-0.0", "cb8000000000000000"},
        {"5e0", "cb4014000000000000"},
        {"50E-1", "cb4014000000000000"},
        {"0.5e+1", "cb4014000000000000"},
        {"0e0", "cb0000000000000000"},
        {"-0e1", "cb8000000000000000"},
        {"1e300", "cb7e37e43c8800759c"},
        {"1e+300", "cb7e37e43c8800759c"},
        {"0.1", "cb3fb999999999999a"},
        {"0.30000000000000004", "cb3fd3333333333334"},
        {"5e-324", "cb0000000000000001"},
        {"1.7976931348623157e308", "cb7fefffffffffffff"},
        {"18446744073709551616.0", "cb43f0000000000000"},
        // Nearer to zero than to any other double.
        {"1e-400", "cb0000000000000000"},
        {"-1e-400", "cb8000000000000000"},
        {"1e-99999999999999999999", "cb0000000000000000"},
        {"0e99999999999999999999", "cb0000000000000000"},
        {"0.0e400", "cb0000000000000000"},
        {"-0.00e-400", "cb8000000000000000"},
        {"1000e-400", "cb0000000000000000"},
    }));
    CAPTURE(row.json);
    CHECK(parsed_hex(row.json) == row.hex);
}

TEST_CASE("tiny and huge numbers are judged by their value, not their spelling", "[value][json]") {
    const auto zeros = std::string(400, '0');
    CHECK(parsed_hex("0." + zeros + "1e401") == parsed_hex("1.0"));
    CHECK(parsed_hex("1" + zeros + ".0e-400") == parsed_hex("1.0"));
    CHECK(parsed_hex("0." + zeros + "1") == parsed_hex("0.0"));
    CHECK(parsed_hex("0." + zeros + "1e50") == parsed_hex("0.0"));
    CHECK(parsed_hex("0." + std::string(5000, '3')) == parsed_hex("0.3333333333333333"));
    CHECK(refusal("1" + zeros + ".0").text() ==
          "line 1, column 1: the number does not fit into a double");
    CHECK(refusal("1" + zeros + "e-1").code() == Errc::bad_input);
}

TEST_CASE("numbers that would be rounded away are refused", "[value][json]") {
    const auto json = GENERATE(as<std::string>{}, "18446744073709551616", "-9223372036854775809",
                               "99999999999999999999999999", "-99999999999999999999999999");
    CHECK(refusal(json).text() == "line 1, column 1: the integer does not fit into 64 bits");
    const auto real = GENERATE(as<std::string>{}, "1e309", "-1e309", "1.8e308",
                               "1e999999999999999999999", "0.1e400");
    CHECK(refusal(real).text() == "line 1, column 1: the number does not fit into a double");
}

TEST_CASE("escapes in strings are decoded", "[value][json]") {
    struct Row {
        std::string_view json, text;
    };
    const auto row = GENERATE(values<Row>({
        {R"("\"\\\/\b\f\n\r\t")", "\"\\/\b\f\n\r\t"sv},
        {R"("\u0041\u00e9\u20AC\uffff")", "A\303\251\342\202\254\357\277\277"sv},
        {R"("\u0000")", "\0"sv},
        {R"("\ud83d\ude00")", "\360\237\230\200"sv},
        {R"("\uD83D\uDE00")", "\360\237\230\200"sv},
        {R"("\ud800\udc00\udbff\udfff")", "\360\220\200\200\364\217\277\277"sv},
        // Half of a pair is no character.
        {R"("\ud83d")", "\357\277\275"sv},
        {R"("\ude00")", "\357\277\275"sv},
        {R"("\ud83dx")", "\357\277\275x"sv},
        {R"("\ud83d\n")", "\357\277\275\n"sv},
        {R"("\ud83d\u0041")", "\357\277\275A"sv},
        {R"("\ud83d\ud83d\ude00")", "\357\277\275\360\237\230\200"sv},
        {R"("\ud83d\ue000\udfff")", "\357\277\275\356\200\200\357\277\275"sv},
        {R"("\udbff\udbff\udc00")", "\357\277\275\364\217\260\200"sv},
        {R"("\ude00\ud83d")", "\357\277\275\357\277\275"sv},
        {R"("a\tlong text of more than eight bytes\nbetween escapes")",
         "a\tlong text of more than eight bytes\nbetween escapes"sv},
        {"\"caf\303\251 \\u00e9 \360\237\230\200\"", "caf\303\251 \303\251 \360\237\230\200"sv},
        {"\"\x7f\"", "\x7f"sv},
    }));
    CAPTURE(row.json);
    Bytes expected;
    msgpack::Writer(expected).string(row.text);
    CHECK(parsed_hex(row.json) == test::to_hex(expected));
    CHECK(parsed_hex("{" + std::string(row.json) + ":0}").find(test::to_hex(expected)) == 2);
}

TEST_CASE("names are compared after their escapes are decoded", "[value][json]") {
    CHECK(parsed_hex(R"({"a":1,"\u0061":2})") == "81a16102");
    CHECK(parsed_hex(R"({"\ud83d":1,"\ude00":2})") == "81a3efbfbd02");
}

TEST_CASE("what is not JSON is refused with its place and what should stand there",
          "[value][json]") {
    struct Row {
        std::string_view json, why;
    };
    const auto row = GENERATE(values<Row>({
        {"", "line 1, column 1: expected a value, found the end of the text"},
        {"  ", "line 1, column 3: expected a value, found the end of the text"},
        {"\xef\xbb\xbf", "line 1, column 2: expected a value, found the end of the text"},
        {"x", "line 1, column 1: expected a value, found 'x'"},
        {"\1", "line 1, column 1: expected a value, found byte 1"},
        {"\377", "line 1, column 1: expected a value, found byte 255"},
        {"NaN", "line 1, column 1: expected a value, found 'N'"},
        {"nul", "line 1, column 1: expected null, found 'n'"},
        {"True", "line 1, column 1: expected a value, found 'T'"},
        {"tru\n", "line 1, column 1: expected true, found 't'"},
        {"nullx", "line 1, column 5: unexpected text after the value"},
        {"1 2", "line 1, column 3: unexpected text after the value"},
        {"null\n\n null", "line 3, column 2: unexpected text after the value"},
        {"{\"a\":1\n\"b\":2}", "line 2, column 1: expected ',' or '}', found '\"'"},
        {"{\n  \"a\": 1,\n  \"b\": 2 x\n}", "line 3, column 10: expected ',' or '}', found 'x'"},
        {"[1,\n2", "line 2, column 2: expected ',' or ']', found the end of the text"},
        {"[1,]", "line 1, column 4: expected a value, found ']'"},
        {"[,1]", "line 1, column 2: expected a value, found ','"},
        {"[1 2]", "line 1, column 4: expected ',' or ']', found '2'"},
        {"[1}", "line 1, column 3: expected ',' or ']', found '}'"},
        {"[", "line 1, column 2: expected a value, found the end of the text"},
        {"]", "line 1, column 1: expected a value, found ']'"},
        {"{",
         "line 1, column 2: expected a member's name in double quotes, or '}', "
         "found the end of the text"},
        {"{a:1}", "line 1, column 2: expected a member's name in double quotes, or '}', found 'a'"},
        {"{'a':1}",
         "line 1, column 2: expected a member's name in double quotes, or '}', found '''"},
        {"{\"a\":1,}", "line 1, column 8: expected a member's name in double quotes, found '}'"},
        {"{1:1}", "line 1, column 2: expected a member's name in double quotes, or '}', found '1'"},
        {"{\"a\" 1}", "line 1, column 6: expected ':', found '1'"},
        {"{\"a\"}", "line 1, column 5: expected ':', found '}'"},
        {"{\"a\":}", "line 1, column 6: expected a value, found '}'"},
        {"{\"a\":1]", "line 1, column 7: expected ',' or '}', found ']'"},
        {"-", "line 1, column 2: expected a digit, found the end of the text"},
        {"+1", "line 1, column 1: expected a value, found '+'"},
        {".5", "line 1, column 1: expected a value, found '.'"},
        {"1.", "line 1, column 3: expected a digit after the point, found the end of the text"},
        {"1.e5", "line 1, column 3: expected a digit after the point, found 'e'"},
        {"1e", "line 1, column 3: expected a digit of the exponent, found the end of the text"},
        {"1e+", "line 1, column 4: expected a digit of the exponent, found the end of the text"},
        {"[01]", "line 1, column 2: a number has no leading zeros"},
        {"-012", "line 1, column 1: a number has no leading zeros"},
        {"00", "line 1, column 1: a number has no leading zeros"},
        {"0x1", "line 1, column 2: unexpected text after the value"},
        {"1_000", "line 1, column 2: unexpected text after the value"},
        {"\"abc",
         "line 1, column 5: expected '\"' at the end of the string, "
         "found the end of the text"},
        {"\"a\\", "line 1, column 4: expected the rest of the escape, found the end of the text"},
        {"\"a\nb\"", "line 1, column 3: a control character in a string must be escaped"},
        {"\"a\\t\tb\"", "line 1, column 5: a control character in a string must be escaped"},
        {"\"\\x41\"", "line 1, column 2: unknown escape in a string"},
        {"\"\\u12\"", "line 1, column 6: expected four hexadecimal digits, found '\"'"},
        {"\"\\u12G4\"", "line 1, column 6: expected four hexadecimal digits, found 'G'"},
        {"\"\\ud83d\\u12\"", "line 1, column 12: expected four hexadecimal digits, found '\"'"},
        {"\"\\u123",
         "line 1, column 7: expected four hexadecimal digits, found the end of the text"},
        {"// c\n1", "line 1, column 1: expected a value, found '/'"},
        {"[\"\303\251\360\237\230\200\" x]", "line 1, column 7: expected ',' or ']', found 'x'"},
    }));
    CAPTURE(row.json);
    const auto error = refusal(row.json);
    CHECK(error.code() == Errc::bad_input);
    CHECK(error.text() == row.why);
}

TEST_CASE("malformed UTF-8 is refused where it stands", "[value][json]") {
    const auto bytes =
        GENERATE(as<std::string>{}, "\200", "\303", "\300\200", "\355\240\275",
                 "\355\240\275\355\270\200", "\364\220\200\200", "\377", "\360\237\230");
    CAPTURE(test::to_hex(bytes));
    CHECK(refusal("[\"" + bytes + "\"]").text() == "line 1, column 3: the text is not valid UTF-8");
    CHECK(refusal("[\"long enough for a step" + bytes + "\"]").text() ==
          "line 1, column 25: the text is not valid UTF-8");
    CHECK(refusal("[\"\\n" + bytes + "\"]").text() ==
          "line 1, column 5: the text is not valid UTF-8");
    CHECK(refusal("{\"" + bytes + "\":1}").text() ==
          "line 1, column 3: the text is not valid UTF-8");
}

TEST_CASE("a text that is cut anywhere is refused", "[value][json]") {
    const std::string json =
        R"( {"a":[1,-2.5e3,"x\u00e9\ud83d\ude00y"],"b":{"$bin":"AQ=="},"c":{"d":null,"e":true}} )";
    REQUIRE(parse_json(json));
    for (std::size_t size = 0; size + 1 < json.size(); ++size) {
        CAPTURE(size);
        const auto part = json.substr(0, size);
        CHECK(refusal(part).code() == Errc::bad_input);
    }
}

TEST_CASE("256 levels are read, 257 are not, and none exhausts the stack", "[value][json]") {
    CHECK(parse_json(repeat("[", 256) + repeat("]", 256)));
    CHECK(parse_json(repeat("[", 256) + "1" + repeat("]", 256)));
    CHECK(parse_json(repeat("{\"a\":", 256) + "{}" + repeat("}", 256)));
    CHECK(parse_json(repeat("[", 257) + repeat("]", 257)));  // the innermost, empty, adds no level
    const auto deep = refusal(repeat("[", 257) + "1" + repeat("]", 257));
    CHECK(deep.code() == Errc::limit);
    CHECK(deep.text() == "line 1, column 257: nested deeper than 256 levels");
    CHECK(refusal(repeat("{\"a\":", 257) + "1" + repeat("}", 257)).code() == Errc::limit);
    CHECK(refusal(repeat("[", 1'000'000)).code() == Errc::limit);
    CHECK(refusal(repeat("{\"a\":[", 500'000)).code() == Errc::limit);
    CHECK(refusal(repeat("{\"$map\":[[", 500'000)).code() == Errc::limit);
}

TEST_CASE("containers of every header size are read", "[value][json]") {
    for (const int size : {15, 16, 17, 65535, 65536}) {
        std::string array = "[";
        std::string object = "{";
        Bytes expected_array;
        Bytes expected_object;
        msgpack::Writer arrays(expected_array);
        msgpack::Writer objects(expected_object);
        arrays.array(static_cast<std::size_t>(size));
        objects.map(static_cast<std::size_t>(size));
        for (int i = 0; i < size; ++i) {
            const auto key = std::to_string(1'000'000 + i);
            array += (i > 0 ? "," : "") + std::to_string(i % 3);
            object += (i > 0 ? ",\"" : "\"") + key + "\":null";
            arrays.signed_integer(i % 3);
            objects.string(key);
            objects.nil();
        }
        CHECK((test::must(parse_json(array + "]")) == expected_array));
        CHECK((test::must(parse_json(object + "}")) == expected_object));
    }
}

// Goal:   our parser finds in a text what nlohmann's finds.
// Method: random values as JSON, parsed and re-encoded to MessagePack by the peer, made canonical.
//         Values whose JSON needs our escapes are left to the round trip in json_test.cpp.
TEST_CASE("another parser finds the same values", "[value][json][property]") {
    const auto seed = test::seed(20260918);
    CAPTURE(seed);
    Random rng{seed};
    int compared = 0;
    for (int round = 0; round < 5000; ++round) {
        std::string json;
        append_json(test::random_value(rng, 6), json);
        if (json.find("\"$") != std::string::npos) continue;
        ++compared;
        const auto tree = nlohmann::json::parse(json);
        const auto packed = nlohmann::json::to_msgpack(tree);
        const auto expected =
            test::must(canonical({reinterpret_cast<const char*>(packed.data()), packed.size()}));
        CAPTURE(json);
        REQUIRE(test::to_hex(test::must(parse_json(json))) == test::to_hex(expected));
        REQUIRE(test::to_hex(test::must(parse_json(tree.dump(2)))) == test::to_hex(expected));
        REQUIRE(test::to_hex(test::must(parse_json(tree.dump(-1, ' ', true)))) ==
                test::to_hex(expected));
    }
    CHECK(compared > 1000);
}

// Goal:   both accept the same texts.
// Method: short random texts over JSON's own alphabet, where the two have no reason to differ: no
//         surrogates, no number beyond 64 bits, no '$'.
TEST_CASE("another parser accepts the same texts", "[value][json][property]") {
    const auto seed = test::seed(20260919);
    CAPTURE(seed);
    Random rng{seed};
    static constexpr std::string_view kPieces[] = {
        "[", "]",  "{",  "}",     ",",   ":",        "\"",   "\"a\"", "\"b\":", "1",
        "0", "-",  ".5", "e1",    "E",   "+",        "true", "false", "null",   "nul",
        " ", "\n", "\\", "u0041", "\\n", "\303\251", "\303", "\t"};
    int accepted = 0;
    for (int round = 0; round < 60'000; ++round) {
        std::string text;
        for (auto n = 1 + rng.below(7); n > 0; --n) text += kPieces[rng.below(std::size(kPieces))];
        const bool ours = parse_json(text).has_value();
        CAPTURE(text);
        REQUIRE(ours == nlohmann::json::accept(text));
        accepted += ours ? 1 : 0;
    }
    CHECK(accepted > 300);
}

TEST_CASE("damaged texts are refused or give a canonical value", "[value][json][property]") {
    const auto seed = test::seed(20260920);
    CAPTURE(seed);
    Random rng{seed};
    for (int round = 0; round < 20'000; ++round) {
        std::string json;
        append_json(test::random_value(rng, 6), json);
        for (auto n = 1 + rng.below(3); n > 0; --n) {
            const auto at = rng.below(json.size());
            if (rng.chance(0.5))
                json[at] = json[rng.below(json.size())];
            else
                json[at] = static_cast<char>(rng());
        }
        if (rng.chance(0.2)) json.resize(rng.below(json.size()));
        const std::vector<char> exact(json.begin(), json.end());  // ASan sees its end
        const auto parsed = parse_json({exact.data(), exact.size()});
        CAPTURE(json);
        if (parsed) {
            REQUIRE(test::to_hex(test::must(canonical(*parsed))) == test::to_hex(*parsed));
        } else {
            REQUIRE(parsed.error().text().find("line ") == 0);
        }
    }
}

TEST_CASE("JSON of others has no escapes, and large integers become doubles", "[value][json]") {
    const auto text = [](std::string_view json) {
        std::string out;
        append_json(test::must(parse_plain_json(json)), out);
        return out;
    };
    CHECK(text(R"({"$oid": "5f"})") == R"({"$map":[["$oid","5f"]]})");
    CHECK(text(R"({"$bin": "AQ=="})") == R"({"$map":[["$bin","AQ=="]]})");
    CHECK(text("100000000000000000000") == "1e+20");
    CHECK(text("-9223372036854775809") == "-9.223372036854776e+18");
    CHECK(text("18446744073709551615") == R"({"$int":"18446744073709551615"})");
    CHECK_FALSE(parse_plain_json("1e400"));
    CHECK_FALSE(parse_json(R"({"$oid": "5f"})"));
    CHECK_FALSE(parse_json("100000000000000000000"));
    CHECK(parse_plain_json(R"({"a": [1, 2.5, null]})").value() ==
          parse_json(R"({"a": [1, 2.5, null]})").value());
}
