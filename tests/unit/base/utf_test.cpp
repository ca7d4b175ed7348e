// SPDX-License-Identifier: Apache-2.0
#include "topgun/base/utf.hpp"

#include <vector>

#include "topgun_test/support.hpp"

using namespace topgun;
using namespace std::string_view_literals;

namespace {

std::u16string to_utf16(std::string_view text) {
    std::u16string out;
    for (std::size_t at = 0; at < text.size();) {
        const auto decoded = decode_utf8(text.substr(at));
        at += decoded.length;
        const auto c = decoded.code_point;
        if (c >= 0x10000) out += static_cast<char16_t>(0xd800 + ((c - 0x10000) >> 10));
        out += static_cast<char16_t>(c >= 0x10000 ? 0xdc00 + (c & 0x3ff) : c);
    }
    return out;
}

int sign(int value) {
    return value < 0 ? -1 : value > 0 ? 1 : 0;
}

struct Malformed {
    std::string_view bytes;
    std::size_t first_bad;
    std::string_view repaired;
};

constexpr auto kFffd = "\357\277\275"sv;

const std::vector<Malformed> kMalformed = {
    {"\200"sv, 0, "\357\277\275"},  // a continuation alone
    {"ab\277c"sv, 2, "ab\357\277\275c"},
    {"\300\200"sv, 0, "\357\277\275\357\277\275"},  // overlong NUL
    {"\301\277"sv, 0, "\357\277\275\357\277\275"},
    {"\340\237\277"sv, 0, "\357\277\275\357\277\275\357\277\275"},  // overlong in three bytes
    {"\360\217\277\277"sv, 0, "\357\277\275\357\277\275\357\277\275\357\277\275"},
    {"\364\220\200\200"sv, 0, "\357\277\275\357\277\275\357\277\275\357\277\275"},  // U+110000
    {"\365\200\200\200"sv, 0, "\357\277\275\357\277\275\357\277\275\357\277\275"},
    {"\376\377"sv, 0, "\357\277\275\357\277\275"},
    {"\303"sv, 0, "\357\277\275"},  // cut off after one, two, three bytes
    {"x\342\202"sv, 1, "x\357\277\275"},
    {"\360\237\230"sv, 0, "\357\277\275"},
    {"\303x"sv, 0, "\357\277\275x"},
    {"12345678\303"sv, 8, "12345678\357\277\275"},  // beyond the step of eight bytes
    {"1234567\377"sv, 7, "1234567\357\277\275"},
    {"\355\240\275"sv, 0, "\357\277\275"},  // lone surrogates
    {"\355\270\200"sv, 0, "\357\277\275"},
    {"\355\240\275x"sv, 0, "\357\277\275x"},
    {"\355\240\275\355\270\200"sv, 0, "\360\237\230\200"},          // a pair is one character
    {"\355\270\200\355\240\275"sv, 0, "\357\277\275\357\277\275"},  // the wrong way round
    {"\355\240\275\355\240\275\355\270\200"sv, 0, "\357\277\275\360\237\230\200"},
    {"\355\240"sv, 0, "\357\277\275\357\277\275"},
};

}  // namespace

TEST_CASE("every character survives encoding and decoding", "[base][utf]") {
    std::size_t wrong = 0;
    for (std::uint32_t c = 0; c <= 0x10ffff; ++c) {
        if (c >= 0xd800 && c <= 0xdfff) continue;
        std::string text;
        append_utf8(text, c);
        const auto decoded = decode_utf8(text);
        const bool same = decoded.valid && decoded.code_point == c && decoded.length == text.size();
        wrong += same && find_invalid_utf8(text) == text.size() ? 0 : 1;
    }
    CHECK(wrong == 0);
}

TEST_CASE("what is no character is written as U+FFFD", "[base][utf]") {
    const auto c =
        GENERATE(as<std::uint32_t>{}, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0x110000, 0xffffffff);
    std::string text;
    append_utf8(text, c);
    CHECK(text == kFffd);
}

TEST_CASE("malformed UTF-8 is found at its first byte, and repaired", "[base][utf]") {
    for (const auto& row : kMalformed) {
        CAPTURE(test::to_hex(row.bytes));
        CHECK(find_invalid_utf8(row.bytes) == row.first_bad);
        CHECK_FALSE(decode_utf8(row.bytes.substr(row.first_bad)).valid);
        CHECK(repair_utf8(row.bytes) == row.repaired);
    }
}

TEST_CASE("well-formed text has nothing to find or to repair", "[base][utf]") {
    const auto text = GENERATE(as<std::string>{}, "", "plain", "12345678", "123456789abcdefgh",
                               "\303\251\342\202\254\360\237\230\200",
                               "a\xef\xbf\xbf"
                               "b",
                               "\355\237\277\356\200\200");
    CHECK(find_invalid_utf8(text) == text.size());
    CHECK(repair_utf8(text) == text);
}

// Goal:   no byte string makes decoding stand still, read past the end, or accept what it refuses.
// Method: random bytes from those that matter; the model accepts a sequence only if encoding the
//         decoded character gives the same bytes back.
TEST_CASE("random bytes are decoded to their end, and repaired text is well-formed",
          "[base][utf][property]") {
    const auto seed = test::seed(20260902);
    CAPTURE(seed);
    Random rng{seed};
    constexpr auto kBytes =
        "az\200\217\220\237\240\277\300\301\302\337\340\341\354\355\356\357\360\361\364\365\377"sv;
    for (int round = 0; round < 20'000; ++round) {
        std::string text;
        for (auto n = rng.below(14); n > 0; --n) text += kBytes[rng.below(kBytes.size())];
        CAPTURE(test::to_hex(text));
        std::size_t at = 0;
        std::size_t first_bad = text.size();
        while (at < text.size()) {
            const auto decoded = decode_utf8(std::string_view(text).substr(at));
            REQUIRE(decoded.length >= 1);
            REQUIRE(at + decoded.length <= text.size());
            std::string again;
            append_utf8(again, decoded.code_point);
            REQUIRE(decoded.valid == (text.compare(at, decoded.length, again) == 0));
            if (!decoded.valid) first_bad = std::min(first_bad, at);
            at += decoded.length;
        }
        REQUIRE(find_invalid_utf8(text) == first_bad);
        const auto repaired = repair_utf8(text);
        REQUIRE(find_invalid_utf8(repaired) == repaired.size());
        REQUIRE((repaired == text) == (first_bad == text.size()));
    }
}

TEST_CASE("order by UTF-16 units and by bytes is as TopGun's cores found it", "[base][utf]") {
    struct Row {
        std::string_view a, b;
        int by_bytes, by_utf16;
    };
    static constexpr Row kRows[] = {
        {"a"sv, "b"sv, -1, -1},
        {"A"sv, "B"sv, -1, -1},
        {"a"sv, "B"sv, 1, 1},
        {"A"sv, "a"sv, -1, -1},
        {"node-1"sv, "node-10"sv, -1, -1},
        {"node-2"sv, "node-10"sv, 1, 1},
        {"node_1"sv, "node-1"sv, 1, 1},
        {"Node-1"sv, "node-1"sv, -1, -1},
        {"Zed"sv, "alice"sv, -1, -1},
        {"z"sv, "\303\251"sv, -1, -1},
        {"\303\251"sv, "e\314\201"sv, 1, 1},
        {"a\000"sv, "a"sv, 1, 1},
        {"\357\275\236"sv, "\360\237\230\200"sv, -1, 1},
        {"\357\277\275"sv, "\360\237\230\200"sv, -1, 1},
        {"550e8400"sv, "550E8400"sv, 1, 1},
    };
    for (const auto& row : kRows) {
        CAPTURE(row.a, row.b);
        CHECK(sign(row.a.compare(row.b)) == row.by_bytes);
        CHECK(sign(compare_utf16(row.a, row.b)) == row.by_utf16);
        CHECK(sign(compare_utf16(row.b, row.a)) == -row.by_utf16);
        CHECK(compare_utf16(row.a, row.a) == 0);
    }
}

TEST_CASE("comparing UTF-8 equals comparing real UTF-16", "[base][utf][property]") {
    const auto seed = test::seed(20260903);
    CAPTURE(seed);
    Random rng{seed};
    // Neighbours of each border, so that characters often share their leading bytes.
    constexpr std::uint32_t kFirsts[] = {0x61,   0x7e,   0xe9,    0x7fe,   0xd7fd,
                                         0xe000, 0xfffd, 0x10000, 0x10fffd};
    const auto random_text = [&] {
        std::string text;
        for (auto n = rng.below(5); n > 0; --n) {
            append_utf8(text, kFirsts[rng.below(9)] + static_cast<std::uint32_t>(rng.below(3)));
        }
        return text;
    };
    for (int round = 0; round < 50'000; ++round) {
        const auto a = random_text();
        const auto b = random_text();
        CAPTURE(test::to_hex(a), test::to_hex(b));
        REQUIRE(sign(compare_utf16(a, b)) == sign(to_utf16(a).compare(to_utf16(b))));
    }
}

TEST_CASE("display width counts terminal columns", "[base][utf]") {
    CHECK(display_width("") == 0);
    CHECK(display_width("abc") == 3);
    CHECK(display_width("\303\251") == 1);
    CHECK(display_width("e\314\201") == 1);
    CHECK(display_width("\346\227\245\346\234\254") == 4);
    CHECK(display_width("\360\237\230\200") == 2);
    CHECK(display_width("a\tb\033") == 2);
    CHECK(display_width("\377") == 1);
}

TEST_CASE("one byte with its top bit set, wherever it stands, makes a text not ASCII",
          "[base][utf]") {
    for (std::size_t size = 0; size < 40; ++size) {
        std::string text(size, 'x');
        CHECK(is_ascii(text));
        for (auto& c : text) {
            c = '\200';
            CHECK_FALSE(is_ascii(text));
            c = '\177';
            CHECK(is_ascii(text));
        }
    }
}
