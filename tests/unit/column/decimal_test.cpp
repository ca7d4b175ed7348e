// SPDX-License-Identifier: Apache-2.0
// The expected texts are what PostgreSQL 15 prints for the same expressions.
#include "topgun/column/decimal.hpp"

#include "topgun_test/support.hpp"

using namespace topgun;

namespace {

Decimal d(std::string_view text) {
    return test::must(Decimal::parse(text));
}

std::string text(Result<Decimal> result) {
    return result ? result->text() : "error: " + result.error().text();
}

}  // namespace

TEST_CASE("decimals are read and written with their scale", "[column][decimal]") {
    const std::vector<std::pair<std::string, std::string>> rows{
        {"0", "0"},
        {"-0", "0"},
        {"12.50", "12.50"},
        {"-0.001", "-0.001"},
        {".5", "0.5"},
        {"5.", "5"},
        {"+7", "7"},
        {"1e3", "1000"},
        {"1.5e3", "1500"},
        {"1.5e-3", "0.0015"},
        {"12345E-2", "123.45"},
        {"99999999999999999999999999999999999999", "99999999999999999999999999999999999999"},
    };
    for (const auto& [in, out] : rows) {
        CAPTURE(in);
        CHECK(d(in).text() == out);
    }
}

TEST_CASE("what is no decimal, or too long for one, is refused", "[column][decimal]") {
    for (const auto* bad : {"", "-", ".", "abc", "1.2.3", "1e", "1ex", " 1", "1 ", "0x10", "NaN"}) {
        CAPTURE(bad);
        CHECK_FALSE(Decimal::parse(bad));
    }
    for (const auto* large :
         {"100000000000000000000000000000000000000", "1e38", "1e999999999999"}) {
        CAPTURE(large);
        const auto parsed = Decimal::parse(large);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().code() == Errc::limit);
    }
    CHECK(d("1e-99").is_zero());
}

TEST_CASE("arithmetic has PostgreSQL's scales", "[column][decimal]") {
    CHECK(text(add(d("1.5"), d("2.25"))) == "3.75");
    CHECK(text(subtract(d("1"), d("0.10"))) == "0.90");
    CHECK(text(multiply(d("1.50"), d("2.0"))) == "3.000");
    CHECK(text(divide(d("1"), d("3"))) == "0.33333333333333333333");
    CHECK(text(divide(d("10"), d("3"))) == "3.3333333333333333");
    CHECK(text(divide(d("3"), d("2"))) == "1.5000000000000000");
    CHECK(text(divide(d("-1"), d("3"))) == "-0.33333333333333333333");
    CHECK(text(divide(d("1"), d("7.00"))) == "0.14285714285714285714");
    CHECK(text(divide(d("100"), d("7"))) == "14.2857142857142857");
    CHECK(text(divide(d("123456789"), d("1000"))) == "123456.789000000000");
    CHECK(text(divide(d("0.05"), d("3"))) == "0.01666666666666666667");
    CHECK(text(remainder(d("7.5"), d("2"))) == "1.5");
    CHECK(text(remainder(d("-7"), d("2"))) == "-1");
    CHECK(text(divide(d("1"), d("0.0"))) == "error: division by zero");
    CHECK(text(remainder(d("1"), d("0"))) == "error: division by zero");
}

TEST_CASE("results too large are errors, results too fine are rounded", "[column][decimal]") {
    const auto large = d("99999999999999999999999999999999999999");
    CHECK(text(add(large, d("1"))).starts_with("error: "));
    CHECK(text(multiply(large, d("2"))).starts_with("error: "));
    CHECK(text(add(large, d("0.4"))) == large.text());
    CHECK(text(multiply(d("0.00000000000000000001"), d("0.00000000000000000001"))) ==
          "0.00000000000000000000000000000000000000");
}

TEST_CASE("rounding is half away from zero, at any scale", "[column][decimal]") {
    CHECK(text(d("2.345").rounded(2)) == "2.35");
    CHECK(text(d("-2.345").rounded(2)) == "-2.35");
    CHECK(text(d("2.5").rounded(0)) == "3");
    CHECK(text(d("1250").rounded(-2)) == "1300");
    CHECK(text(d("49").rounded(-2)) == "0");
    CHECK(text(d("2.5").rounded(3)) == "2.500");
    CHECK(text(d("-2.99").truncated(1)) == "-2.9");
    CHECK(text(d("1299").truncated(-2)) == "1200");
    CHECK(d("2.5").to_int64() == 3);
    CHECK(d("-2.5").to_int64() == -3);
    CHECK(d("9223372036854775807.4").to_int64() == INT64_MAX);
    CHECK_FALSE(d("9223372036854775807.5").to_int64());
}

TEST_CASE("decimals are compared by value", "[column][decimal]") {
    CHECK(d("1.0") == d("1.000"));
    CHECK(d("1.01") > d("1.001"));
    CHECK(d("-5") < d("0.1"));
    CHECK(d("99999999999999999999999999999999999999") >
          d("0.00000000000000000000000000000000000001"));
}

TEST_CASE("floats become decimals of 15 digits, and decimals the nearest float",
          "[column][decimal]") {
    CHECK(text(Decimal::from_double(0.1)) == "0.1");
    CHECK(text(Decimal::from_double(1e20)) == "100000000000000000000");
    CHECK(text(Decimal::from_double(1.0 / 3)) == "0.333333333333333");
    CHECK_FALSE(Decimal::from_double(std::numeric_limits<double>::quiet_NaN()));
    CHECK_FALSE(Decimal::from_double(1e300));
    CHECK(d("0.1").to_double() == 0.1);
    CHECK(d("123456789012345678901234567890").to_double() == 123456789012345678901234567890.0);
}

// Goal:   what is computed with decimals is what integers of 128 bits say.
TEST_CASE("sums, products and remainders agree with whole numbers", "[column][decimal][property]") {
    const auto seed = test::seed(8);
    CAPTURE(seed);
    Random rng(seed);
    for (int round = 0; round < 2000; ++round) {
        const auto a = rng.between(-1'000'000'000, 1'000'000'000);
        const auto b = rng.between(-1'000'000'000, 1'000'000'000);
        const int scale = static_cast<int>(rng.below(6));
        const auto x = Decimal::from_parts(a, scale), y = Decimal::from_parts(b, scale);
        CAPTURE(a, b, scale);
        CHECK(test::must(add(x, y)) == Decimal::from_parts(a + b, scale));
        CHECK(test::must(multiply(x, y)) == Decimal::from_parts(Int128{a} * b, 2 * scale));
        if (b != 0) {
            CHECK(test::must(remainder(x, y)) == Decimal::from_parts(a % b, scale));
            const auto quotient = test::must(divide(x, y));
            const auto back = test::must(multiply(quotient, y));
            const auto error = test::must(subtract(back, x)).to_double();
            CHECK(std::abs(error) <= std::abs(y.to_double()) * 1e-14);
        }
        CHECK(d(x.text()) == x);
        CHECK((x <=> y) == (a <=> b));
    }
}
