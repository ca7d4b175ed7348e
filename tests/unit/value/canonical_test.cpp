// SPDX-License-Identifier: Apache-2.0
// Goal: whatever encoder a value came through, it is stored as the same bytes; what cannot be
// stored is refused with its place.
#include "topgun/value/canonical.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "topgun/value/json.hpp"
#include "topgun_test/support.hpp"
#include "topgun_test/values.hpp"

using namespace topgun;
using msgpack::Fault;
using msgpack::Kind;
using test::from_hex;
using test::to_hex;

namespace {

struct Row {
    const char* hex;
    const char* canonical_hex;
};

std::string canonical_hex(std::string_view hex) {
    return to_hex(test::must(canonical(from_hex(hex))));
}

Error refusal(std::string_view hex) {
    auto result = canonical(from_hex(hex));
    if (result) FAIL(hex << " was accepted as " << to_hex(*result));
    return std::move(result).error();
}

// Writes a canonical value as another encoder might: longer headers and integers, keys in any
// order and repeated, floats in four bytes where nothing is lost, NaN with any payload.
class LooseWriter {
public:
    LooseWriter(Random& rng, Bytes& out) : rng_(rng), out_(out), writer_(out) {}

    void value(msgpack::Reader& reader) {
        msgpack::Token token;
        REQUIRE(reader.next(token));
        switch (token.kind) {
            case Kind::nil:
                rng_.chance(0.2) ? out_.append("\xd4\0\0", 3) : out_.append("\xc0");
                return;
            case Kind::integer: return integer(token);
            case Kind::real: return real(token.real);
            case Kind::string: return text(token.bytes);
            case Kind::array:
                header(token.count, 0x90, 0xdc);
                for (std::uint32_t i = 0; i < token.count; ++i) value(reader);
                return;
            case Kind::map: return map(reader, token.count);
            case Kind::boolean: return writer_.boolean(token.boolean);
            case Kind::binary: return writer_.binary(token.bytes);
            case Kind::extension: return writer_.extension(token.extension_type, token.bytes);
        }
    }

private:
    void byte(unsigned value) { out_ += static_cast<char>(value); }

    void integer(const msgpack::Token& token) {
        if (rng_.chance(0.5) && (token.negative || token.bits < 1ull << 63)) {
            byte(0xd3);
            append_be(out_, token.bits);
        } else if (rng_.chance(0.5) && !token.negative) {
            byte(0xcf);
            append_be(out_, token.bits);
        } else {
            token.negative ? writer_.signed_integer(token.as_signed())
                           : writer_.unsigned_integer(token.bits);
        }
    }

    void real(double value) {
        const auto narrow = static_cast<float>(value);
        if (std::isnan(value)) {
            byte(0xcb);
            append_be(out_, 0xfff0000000000001u | (rng_() >> 13));
        } else if (rng_.chance(0.5) && static_cast<double>(narrow) == value) {
            byte(0xca);
            append_be(out_, std::bit_cast<std::uint32_t>(narrow));
        } else {
            writer_.real(value);
        }
    }

    void text(std::string_view text) {
        if (rng_.chance(0.5)) {
            byte(0xdb);
            append_be(out_, static_cast<std::uint32_t>(text.size()));
            out_ += text;
        } else {
            writer_.string(text);
        }
    }

    void header(std::uint32_t count, unsigned small, unsigned wide) {
        if (count < 16 && rng_.chance(0.4)) {
            byte(small | count);
        } else if (count < 65536 && rng_.chance(0.5)) {
            byte(wide);
            append_be(out_, static_cast<std::uint16_t>(count));
        } else {
            byte(wide + 1);
            append_be(out_, count);
        }
    }

    void map(msgpack::Reader& reader, std::uint32_t count) {
        std::vector<Bytes> fields;
        std::vector<Bytes> overwritten;
        for (std::uint32_t i = 0; i < count; ++i) {
            std::string_view key;
            REQUIRE(reader.read_string(key));
            Bytes field;
            LooseWriter inner(rng_, field);
            inner.text(key);
            if (rng_.chance(0.2)) overwritten.push_back(field + "\xc2");
            inner.value(reader);
            fields.push_back(std::move(field));
        }
        std::shuffle(fields.begin(), fields.end(), rng_);
        fields.insert(fields.begin(), overwritten.begin(), overwritten.end());
        header(static_cast<std::uint32_t>(fields.size()), 0x80, 0xde);
        for (const auto& field : fields) out_ += field;
    }

    Random& rng_;
    Bytes& out_;
    msgpack::Writer writer_;
};

}  // namespace

TEST_CASE("what TopGun's TypeScript encoder emits for scalars becomes canonical",
          "[value][canonical]") {
    const auto row = GENERATE(values<Row>({
        {"00", "00"},
        {"7f", "7f"},
        {"cc80", "cc80"},
        {"ccff", "ccff"},
        {"cd0100", "cd0100"},
        {"cdffff", "cdffff"},
        {"ce00010000", "ce00010000"},
        {"ce7fffffff", "ce7fffffff"},
        {"ce80000000", "ce80000000"},
        {"ceffffffff", "ceffffffff"},
        // Whole numbers of 2^32 and more arrive as floats, and stay floats.
        {"cb41f0000000000000", "cb41f0000000000000"},
        {"cb4278bcfe56800000", "cb4278bcfe56800000"},
        {"cb433fffffffffffff", "cb433fffffffffffff"},
        {"cbc1e0000000200000", "cbc1e0000000200000"},
        {"ff", "ff"},
        {"e0", "e0"},
        {"d0df", "d0df"},
        {"d080", "d080"},
        {"d1ff7f", "d1ff7f"},
        {"d18000", "d18000"},
        {"d2ffff7fff", "d2ffff7fff"},
        {"d280000000", "d280000000"},
        {"cb3ff8000000000000", "cb3ff8000000000000"},
        {"cb3fb999999999999a", "cb3fb999999999999a"},
        {"cb7ff8000000000000", "cb7ff8000000000000"},
        {"cb7ff0000000000000", "cb7ff0000000000000"},
        {"cbfff0000000000000", "cbfff0000000000000"},
        {"d30000000000000005", "05"},
        {"cf8000000000000000", "cf8000000000000000"},
        {"c0", "c0"},
        {"c3", "c3"},
        {"c2", "c2"},
        {"a0", "a0"},
        {"a161", "a161"},
        {"a2c3a9", "a2c3a9"},
        {"a4f09f9880", "a4f09f9880"},
        {"90", "90"},
        {"9301c002", "9301c002"},
        {"de0000", "80"},
        {"de0001a161c0", "81a161c0"},
        {"de0003a13001a13102a13203", "83a13001a13102a13203"},
        {"d40000", "c0"},
    }));
    CAPTURE(row.hex);
    CHECK(canonical_hex(row.hex) == row.canonical_hex);
}

TEST_CASE("what TopGun's TypeScript decoder accepts becomes canonical", "[value][canonical]") {
    const auto row = GENERATE(values<Row>({
        {"ca3fc00000", "cb3ff8000000000000"},
        {"cf0000018bcfe56800", "cf0000018bcfe56800"},
        {"d30000018bcfe56800", "cf0000018bcfe56800"},
        {"81a16101", "81a16101"},
        {"de0001a16101", "81a16101"},
        {"df00000001a16101", "81a16101"},
        {"c403010203", "c403010203"},
        {"8101a178", "81a131a178"},
        {"82a16101a16102", "81a16102"},
        {"cc05", "05"},
        {"cd0005", "05"},
        {"ce00000005", "05"},
        {"d005", "05"},
        {"d07f", "7f"},
        {"d17fff", "cd7fff"},
        {"d100ff", "ccff"},
        {"d27fffffff", "ce7fffffff"},
        {"d1ff80", "d080"},
        {"d0ff", "ff"},
        {"d2ffffffe0", "e0"},
        {"d3ffffffff80000000", "d280000000"},
        {"d37fffffffffffffff", "cf7fffffffffffffff"},
        {"cbfff8000000000000", "cb7ff8000000000000"},
        {"cb7ff8000000000001", "cb7ff8000000000000"},
        {"ca00000000", "cb0000000000000000"},
        {"cf0020000000000001", "cf0020000000000001"},
        {"d6ff00000000", "d6ff00000000"},
        {"c70101ff", "d401ff"},
        {"c7010501", "d40501"},
        {"c50001aa", "c401aa"},
        {"dc0000", "90"},
        {"dd0000000105", "9105"},
        {"d90161", "a161"},
        {"da000161", "a161"},
        {"db0000000161", "a161"},
        {"c8000005", "c70005"},
    }));
    CAPTURE(row.hex);
    CHECK(canonical_hex(row.hex) == row.canonical_hex);
}

TEST_CASE("TopGun's records decode to the same value from both encoders", "[value][canonical]") {
    struct RecordRow {
        const char* hex;
        const char* json;
    };
    const auto row = GENERATE(values<RecordRow>({
        {"de0003a66d696c6c6973cb4278bcfe56800000a7636f756e7465722aa66e6f64654964a66e6f6465"
         "2d31",
         R"({"counter":42,"millis":1700000000000.0,"nodeId":"node-1"})"},
        {"83a66d696c6c6973cf0000018bcfe56800a7636f756e7465722aa66e6f64654964a66e6f64652d31",
         R"({"counter":42,"millis":1700000000000,"nodeId":"node-1"})"},
        {"de0002a576616c7565a178a974696d657374616d70de0003a66d696c6c697364a7636f756e746572"
         "00a66e6f64654964a16e",
         R"({"timestamp":{"counter":0,"millis":100,"nodeId":"n"},"value":"x"})"},
        {"83a576616c7565a178a974696d657374616d7083a66d696c6c697364a7636f756e74657200a66e6f"
         "64654964a16ea574746c4d73c0",
         R"({"timestamp":{"counter":0,"millis":100,"nodeId":"n"},"ttlMs":null,"value":"x"})"},
        {"83a576616c7565c0a974696d657374616d7083a66d696c6c697364a7636f756e74657200a66e6f64"
         "654964a16ea574746c4d73cd1388",
         R"({"timestamp":{"counter":0,"millis":100,"nodeId":"n"},"ttlMs":5000,"value":null})"},
        {"84a576616c7565a178a974696d657374616d7083a66d696c6c697364a7636f756e74657200a66e6f"
         "64654964a16ea3746167a73130303a303a6ea574746c4d73c0",
         R"({"tag":"100:0:n","timestamp":{"counter":0,"millis":100,"nodeId":"n"},"ttlMs":null,)"
         R"("value":"x"})"},
        {"81a36c777782a576616c756581a6537472696e67a176a974696d657374616d7083a66d696c6c6973"
         "6fa7636f756e74657200a66e6f64654964a26e31",
         R"({"lww":{"timestamp":{"counter":0,"millis":111,"nodeId":"n1"},)"
         R"("value":{"String":"v"}}})"},
        {"81a56f724d617082a77265636f7264739183a576616c756581a3496e742aa3746167a83130313a30"
         "3a6e31a974696d657374616d7083a66d696c6c697365a7636f756e74657200a66e6f64654964a26e"
         "31aa746f6d6273746f6e657391a83130303a303a6e31",
         R"({"orMap":{"records":[{"tag":"101:0:n1",)"
         R"("timestamp":{"counter":0,"millis":101,"nodeId":"n1"},"value":{"Int":42}}],)"
         R"("tombstones":["100:0:n1"]}})"},
        {"81a56f724d617081a77265636f72647390", R"({"orMap":{"records":[]}})"},
        {"81ac6f72546f6d6273746f6e657381a47461677391a174", R"({"orTombstones":{"tags":["t"]}})"},
        {"de0002a170de0001a66e6f64652d31cb4025000000000000a16ede0001a66e6f64652d3103",
         R"({"n":{"node-1":3},"p":{"node-1":10.5}})"},
    }));
    const auto value = test::must(canonical(from_hex(row.hex)));
    std::string json;
    append_json(value, json);
    CHECK(json == row.json);
}

TEST_CASE("keys are sorted by bytes, and of equal keys the last wins", "[value][canonical]") {
    CHECK(canonical_hex("83a16201a16102a163c0") == "83a16102a16201a163c0");
    CHECK(canonical_hex("82a2616101a16102") == "82a16102a2616101");
    CHECK(canonical_hex("82a2c3a901a17a02") == "82a17a02a2c3a901");
    CHECK(canonical_hex("83a16101a16202a16103") == "82a16103a16202");
    CHECK(canonical_hex("84a16101a16102a16103a16104") == "81a16104");
    CHECK(canonical_hex("82a16101d9016102") == "81a16102");
    CHECK(canonical_hex("81a17882a16201a16102") == "81a17882a16102a16201");
}

TEST_CASE("a map that shrinks below sixteen keys takes the shorter header", "[value][canonical]") {
    Bytes input = from_hex("de0010");
    for (const char key : std::string("aacdefghijklmnop")) input += Bytes("\xa1") + key + '\x05';
    const auto value = test::must(canonical(input));
    CHECK(static_cast<unsigned char>(value[0]) == 0x8f);
    CHECK(value.size() == 1 + 15 * 3);
}

TEST_CASE("scalar keys become their text, as in both TopGun codecs", "[value][canonical]") {
    CHECK(canonical_hex("810102") == "81a13102");
    CHECK(canonical_hex("81ff02") == "81a22d3102");
    CHECK(canonical_hex("81cfffffffffffffffff02") ==
          "81b4313834343637343430373337303935353136313502");
    CHECK(canonical_hex("81d3800000000000000002") ==
          "81b42d3932323333373230333638353437373538303802");
    CHECK(canonical_hex("81cb401400000000000002") == "81a13502");
    CHECK(canonical_hex("81cb3ff800000000000002") == "81a3312e3502");
    CHECK(canonical_hex("81c302") == "81a47472756502");
    CHECK(canonical_hex("81c202") == "81a566616c736502");
    CHECK(canonical_hex("81c002") == "81a46e756c6c02");
    CHECK(canonical_hex("820101a13102") == "81a13102");  // {1: 1, "1": 2} is one key
    CHECK(canonical_hex("82a131010102") == "81a13102");
}

TEST_CASE("containers, bytes and extensions as keys are refused at their place",
          "[value][canonical]") {
    CHECK(refusal("819000").text() ==
          "byte 1: found array; expected a string, number, boolean or nil as a map's key");
    CHECK(refusal("818000").message().find("byte 1: found map") == 0);
    CHECK(refusal("82a16101c4017800").message().find("byte 4: found binary") == 0);
    CHECK(refusal("81d4050000").message().find("byte 1: found extension") == 0);
    CHECK(refusal("819000").code() == Errc::bad_input);
}

TEST_CASE("surrogates from JavaScript are joined or replaced, in values and keys",
          "[value][canonical]") {
    CHECK(canonical_hex("a6eda0bdedb880") == "a4f09f9880");
    CHECK(canonical_hex("a3eda080") == "a3efbfbd");
    CHECK(canonical_hex("a3edbfbf") == "a3efbfbd");
    CHECK(canonical_hex("a5"
                        "61eda0bd62") == "a561efbfbd62");
    CHECK(canonical_hex("81a6eda0bdedb88001") == "81a4f09f988001");
    CHECK(canonical_hex("82a3eda08001a3edbfbf02") == "81a3efbfbd02");  // both became one key
}

TEST_CASE("text that is malformed in any other way is refused at the string",
          "[value][canonical]") {
    const auto hex = GENERATE(as<std::string>{}, "a180", "a2c080", "a1ff", "a1c3", "a4f4908080",
                              "a3e28228", "a2eda0", "a4eda080ff", "a3ed2880");
    CAPTURE(hex);
    CHECK(refusal(hex).text() == "byte 0: a string is not valid UTF-8");
    CHECK(refusal("9205" + hex).text() == "byte 2: a string is not valid UTF-8");
    CHECK(refusal("81" + hex + "00").text() == "byte 1: a string is not valid UTF-8");
}

TEST_CASE("text is accepted as it stands, repaired, or refused", "[value][canonical]") {
    Bytes scratch;
    const std::string plain = "caf\303\251";
    std::string_view text = plain;
    CHECK(accept_text(text, scratch));
    CHECK(text.data() == plain.data());
    text = "x\355\240\275\355\270\200";
    CHECK(accept_text(text, scratch));
    CHECK(text == "x\360\237\230\200");
    text = "\355\240\275\377";
    CHECK_FALSE(accept_text(text, scratch));
}

TEST_CASE("damaged values are refused, and leave the output as it was", "[value][canonical]") {
    const auto hex =
        GENERATE(as<std::string>{}, "", "c1", "82a16101", "9201", "a361", "dbffffffff",
                 "ddffffffff", "df7fffffff", "92a16182a162", "d90261", "cb40", "81a161c1");
    const auto bytes = from_hex(hex);
    CAPTURE(hex);
    msgpack::Reader reader(bytes);
    Bytes out = "before";
    CHECK_FALSE(append_canonical(reader, out));
    CHECK(reader.fault() != Fault::none);
    CHECK(out == "before");
    CHECK_FALSE(canonical(bytes));
}

TEST_CASE("bytes after the value are refused whole, but left for a stream's reader",
          "[value][canonical]") {
    CHECK(refusal("c0c0").text() == "byte 1: unexpected bytes after the value");
    const auto bytes = from_hex("c005");
    msgpack::Reader reader(bytes);
    Bytes out;
    REQUIRE(append_canonical(reader, out));
    REQUIRE(append_canonical(reader, out));
    CHECK(reader.at_end());
    CHECK(to_hex(out) == "c005");
}

TEST_CASE("256 levels are stored, 257 are not", "[value][canonical]") {
    const auto nested = [](int levels, std::string_view each, std::string_view innermost) {
        Bytes bytes;
        for (int i = 0; i < levels; ++i) bytes += from_hex(each);
        return bytes + from_hex(innermost);
    };
    const auto level = GENERATE(as<std::string>{}, "91", "81a161", "dd00000001");
    CHECK(canonical(nested(256, level, "c0")));
    CHECK(canonical(nested(256, level, "80")));
    for (const int depth : {257, 300, 200'000}) {
        const auto refused = canonical(nested(depth, level, "c0"));
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code() == Errc::limit);
    }
}

TEST_CASE("canonical values stay as they are", "[value][canonical][property]") {
    const auto seed = test::seed(20260913);
    CAPTURE(seed);
    Random rng{seed};
    for (int round = 0; round < 3000; ++round) {
        const auto value = test::random_value(rng, rng.chance(0.1) ? 256 : 8);
        REQUIRE(to_hex(test::must(canonical(value))) == to_hex(value));
    }
}

// Goal:   one form per value.
// Method: a canonical value written in some other legal way must come back as the same bytes.
TEST_CASE("every spelling of a value becomes the same bytes", "[value][canonical][property]") {
    const auto seed = test::seed(20260914);
    CAPTURE(seed);
    Random rng{seed};
    for (int round = 0; round < 5000; ++round) {
        const auto value = test::random_value(rng, 8);
        Bytes loose;
        msgpack::Reader reader(value);
        LooseWriter(rng, loose).value(reader);
        CAPTURE(to_hex(loose));
        REQUIRE(to_hex(test::must(canonical(loose))) == to_hex(value));
    }
}

TEST_CASE("what is accepted from damaged input is canonical", "[value][canonical][property]") {
    const auto seed = test::seed(20260915);
    CAPTURE(seed);
    Random rng{seed};
    int accepted = 0;
    for (int round = 0; round < 20'000; ++round) {
        auto bytes = test::random_value(rng, 5);
        for (auto n = rng.below(3); n > 0; --n) {
            bytes[rng.below(bytes.size())] = static_cast<char>(rng());
        }
        const auto once = canonical(bytes);
        if (!once) continue;
        ++accepted;
        const auto twice = canonical(*once);
        CAPTURE(to_hex(bytes));
        REQUIRE(twice);
        REQUIRE(to_hex(*twice) == to_hex(*once));
    }
    CHECK(accepted > 1000);
}
