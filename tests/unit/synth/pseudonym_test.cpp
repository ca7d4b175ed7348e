// SPDX-License-Identifier: Apache-2.0
#include "pseudonym.hpp"

#include <cmath>
#include <limits>
#include <set>

#include "topgun/base/utf.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun_test/support.hpp"
#include "topgun_test/values.hpp"

using namespace topgun;
using namespace topgun::synth;

namespace {

const Prf kPrf("a secret of some length");

std::string replaced(std::string_view text, const Prf& prf = kPrf) {
    std::string out;
    replace_text(prf, text, out);
    return out;
}

Bytes encoded(std::uint64_t value) {
    Bytes out;
    msgpack::Writer(out).unsigned_integer(value);
    return out;
}
Bytes encoded_negative(std::int64_t value) {
    Bytes out;
    msgpack::Writer(out).signed_integer(value);
    return out;
}

}  // namespace

TEST_CASE("a replaced text has the length of the original and is UTF-8", "[synth][property]") {
    const auto seed = test::seed(20260817);
    CAPTURE(seed);
    Random rng(seed);
    for (int i = 0; i < 3000; ++i) {
        const auto text = test::random_text(rng);
        const auto other = replaced(text);
        CAPTURE(text, other);
        REQUIRE(other.size() == text.size());
        REQUIRE(find_invalid_utf8(other) == other.size());
        REQUIRE(replaced(text) == other);
    }
}

TEST_CASE("short texts of one alphabet never meet", "[synth]") {
    std::set<std::string> results;
    std::string text;
    for (const char a : kWordCharacters) {
        results.insert(replaced(text.assign(1, a)));
        for (const char b : kWordCharacters) results.insert(replaced(text.assign({a, b})));
    }
    CHECK(results.size() == 64 + 64 * 64);
    for (const auto& result : results) {
        for (const char c : result) CHECK(is_word_character(c));
    }
}

TEST_CASE("short texts keep punctuation, and characters keep their block", "[synth]") {
    for (const std::string text :
         {"a-b c.d", "caf\u00e9", "\u65e5\u672c", "\U0001f389", "\t\x7f", "e\u0301"}) {
        const auto other = replaced(text);
        CAPTURE(text, other);
        std::size_t length = 0;
        for (std::size_t at = 0; at < text.size(); at += length) {
            const auto before = classify(std::string_view(text).substr(at), length);
            std::size_t other_length = 0;
            const auto after = classify(std::string_view(other).substr(at), other_length);
            CHECK(before.kind == after.kind);
            CHECK(before.first == after.first);
            CHECK(length == other_length);
        }
    }
}

TEST_CASE("long texts show no punctuation", "[synth]") {
    const std::string text = "Road 17, second floor: ask for \"the key\".\n";
    const auto other = replaced(text);
    CHECK(other.size() == text.size());
    for (const char c : other) CHECK(is_word_character(c));
    CHECK(replaced(text + "a") != other + "a");
    CHECK(replaced(text, Prf("another secret")) != other);
}

TEST_CASE("every character belongs to a class, and to one place in it", "[synth]") {
    // A step that is no multiple of a block's size meets blocks at all their places.
    for (std::uint32_t cp = 0; cp <= 0x10ffff; cp += cp < 0x3000 ? 1 : 97) {
        if (cp >= 0xd800 && cp < 0xe000) continue;
        std::string text, back;
        append_utf8(text, cp);
        std::size_t length = 0;
        const auto of = classify(text, length);
        REQUIRE(length == text.size());
        REQUIRE(of.index < of.size);
        append_member(of, of.index, back);
        REQUIRE(back == text);
        for (const auto edge : {std::uint32_t{0}, of.size - 1}) {
            std::string member;
            append_member(of, edge, member);
            REQUIRE(member.size() == text.size());
            REQUIRE(find_invalid_utf8(member) == member.size());
        }
    }
}

TEST_CASE("malformed text is replaced by as many bytes", "[synth]") {
    for (const std::string text :
         {"\xff", "ab\xc3", "\xed\xa0\x80\xed\xb0\x80 and some more of it"}) {
        CHECK(replaced(text).size() == text.size());
    }
}

TEST_CASE("integers keep their width and sign, and never meet", "[synth]") {
    std::set<std::uint64_t> results;
    for (std::uint64_t v = 0; v < 70'000; ++v) {
        const auto other = replace_unsigned(kPrf, v);
        REQUIRE(encoded(other).size() == encoded(v).size());
        results.insert(other);
    }
    CHECK(results.size() == 70'000);
    std::set<std::int64_t> negative;
    for (std::int64_t v = -1; v > -40'000; --v) {
        const auto other = replace_negative(kPrf, v);
        REQUIRE(other < 0);
        REQUIRE(encoded_negative(other).size() == encoded_negative(v).size());
        negative.insert(other);
    }
    CHECK(negative.size() == 39'999);
}

TEST_CASE("integers at the edges of their width stay inside it", "[synth]") {
    for (unsigned bit = 0; bit < 64; ++bit) {
        for (const std::uint64_t v : {std::uint64_t{1} << bit, (std::uint64_t{1} << bit) - 1}) {
            CAPTURE(v);
            CHECK(encoded(replace_unsigned(kPrf, v)).size() == encoded(v).size());
            CHECK((replace_unsigned(kPrf, v) < (1ull << 53)) == (v < (1ull << 53)));
            const auto n = -1 - static_cast<std::int64_t>(v & 0x7fffffffffffffffu);
            CHECK(replace_negative(kPrf, n) < 0);
            CHECK(encoded_negative(replace_negative(kPrf, n)).size() == encoded_negative(n).size());
            CHECK((replace_negative(kPrf, n) > -(1ll << 53)) == (n > -(1ll << 53)));
        }
    }
    CHECK(encoded(replace_unsigned(kPrf, ~0ull)).size() == 9);
}

TEST_CASE("floats stay floats of their kind", "[synth]") {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    CHECK(std::isnan(replace_real(kPrf, std::nan(""))));
    CHECK(replace_real(kPrf, kInfinity) == kInfinity);
    CHECK(replace_real(kPrf, -kInfinity) == -kInfinity);
    CHECK(std::signbit(replace_real(kPrf, -0.0)));
    std::set<double> results;
    for (int i = 1; i <= 10'000; ++i) {
        const double whole = i, fraction = i / 128.0 + 1.0 / 256, large = 0x1p60 + i * 256.0;
        for (const double v : {whole, -whole, fraction, -fraction, large}) {
            const auto other = replace_real(kPrf, v);
            CAPTURE(v, other);
            REQUIRE(std::isfinite(other));
            REQUIRE(other != 0);
            REQUIRE(std::signbit(other) == std::signbit(v));
            REQUIRE((other == std::trunc(other)) == (v == std::trunc(v)));
            REQUIRE((std::fabs(other) < 0x1p53) == (std::fabs(v) < 0x1p53));
            results.insert(other);
        }
    }
    CHECK(results.size() == 50'000);
}

TEST_CASE("binary values keep their length and never meet", "[synth]") {
    std::set<Bytes> results;
    Bytes out;
    for (unsigned i = 0; i < 0x10000; ++i) {
        const Bytes bytes{static_cast<char>(i >> 8), static_cast<char>(i)};
        replace_binary(kPrf, Domain::binary, bytes, out);
        REQUIRE(out.size() == 2);
        results.insert(out);
    }
    CHECK(results.size() == 0x10000);
    for (const std::size_t size : {0u, 1u, 11u, 12u, 13u, 1000u}) {
        replace_binary(kPrf, Domain::binary, Bytes(size, 'x'), out);
        CHECK(out.size() == size);
    }
}

TEST_CASE("extensions keep their length, and timestamps stay valid", "[synth]") {
    Random rng(3);
    Bytes out;
    for (int i = 0; i < 1000; ++i) {
        Bytes stamp64, stamp96;
        append_be(stamp64, rng.below(1'000'000'000) << 34 | rng.below(std::uint64_t{1} << 34));
        append_be(stamp96, static_cast<std::uint32_t>(rng.below(1'000'000'000)));
        append_be(stamp96, rng());
        replace_extension(kPrf, -1, stamp64, out);
        REQUIRE(out.size() == 8);
        CHECK(load_be<std::uint64_t>(out.data()) >> 34 < 1'000'000'000);
        replace_extension(kPrf, -1, stamp96, out);
        REQUIRE(out.size() == 12);
        CHECK(load_be<std::uint32_t>(out.data()) < 1'000'000'000);
    }
    for (unsigned byte = 0; byte < 256; ++byte) {
        replace_extension(kPrf, 0, Bytes(1, static_cast<char>(byte)), out);
        // JavaScript's undefined is what it is, and nothing else becomes it.
        CHECK((out == Bytes(1, '\0')) == (byte == 0));
    }
}
