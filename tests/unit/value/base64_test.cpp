// SPDX-License-Identifier: Apache-2.0
#include "topgun/value/json.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;

TEST_CASE("base64 gives the vectors of RFC 4648", "[value][base64]") {
    struct Row {
        std::string_view bytes, text;
    };
    const auto row = GENERATE(values<Row>({{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"},
                                           {"\377\377\376", "///+"},
                                           {"\xde\xad\xbe\xef", "3q2+7w=="}}));
    CHECK(base64_encode(row.bytes) == row.text);
    CHECK(test::must(base64_decode(row.text)) == row.bytes);
}

TEST_CASE("base64 survives the round trip for random bytes of every small length",
          "[value][base64]") {
    const auto seed = test::seed(20260910);
    CAPTURE(seed);
    Random rng{seed};
    for (std::size_t size = 0; size < 200; ++size) {
        Bytes bytes(size, '\0');
        for (auto& byte : bytes) byte = static_cast<char>(rng());
        const auto text = base64_encode(bytes);
        REQUIRE(text.size() == (size + 2) / 3 * 4);
        REQUIRE(test::must(base64_decode(text)) == bytes);
    }
}

TEST_CASE("base64 refuses every other spelling, and says where", "[value][base64]") {
    struct Row {
        std::string_view text, why;
    };
    const auto row = GENERATE(values<Row>({
        {"Z", "character 2: the text ends inside a group of four"},
        {"Zg", "character 3: the text ends inside a group of four"},
        {"Zg=", "character 4: the text ends inside a group of four"},
        {"Zm9vY", "character 6: the text ends inside a group of four"},
        {"Zm9v=", "character 6: the text ends inside a group of four"},
        {"Zm9v==", "character 7: the text ends inside a group of four"},
        {"Z===", "character 2: not a base64 digit"},
        {"====", "character 1: not a base64 digit"},
        {"=", "character 2: the text ends inside a group of four"},
        {"Zg==Zg==", "character 3: not a base64 digit"},
        {"Zm 9", "character 3: not a base64 digit"},
        {"Zm9\n", "character 4: not a base64 digit"},
        {"Zm9-", "character 4: not a base64 digit"},
        {"Zm9_", "character 4: not a base64 digit"},
        {"Zm\303\251", "character 3: not a base64 digit"},
        {"Zh==", "character 2: unused bits are not zero"},
        {"Zm9=", "character 3: unused bits are not zero"},
    }));
    CAPTURE(row.text);
    const auto decoded = base64_decode(row.text);
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().code() == Errc::bad_input);
    CHECK(decoded.error().text() == "base64, " + std::string(row.why));
}
