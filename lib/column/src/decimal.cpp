// SPDX-License-Identifier: Apache-2.0
#include "topgun/column/decimal.hpp"

#include <algorithm>
#include <array>
#include <boost/multiprecision/cpp_int.hpp>
#include <charconv>
#include <cmath>

namespace topgun {
namespace {

// Wide enough for the product of two numbers of 38 digits, and for a dividend scaled up.
using Wide = boost::multiprecision::int512_t;

constexpr auto kPowers = [] {
    std::array<Int128, Decimal::kMaxDigits + 1> powers{};
    powers[0] = 1;
    for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
    return powers;
}();
constexpr Int128 kLimit = kPowers[Decimal::kMaxDigits];

Int128 power(int exponent) {
    return kPowers[static_cast<std::size_t>(exponent)];
}

Wide wide_power(int exponent) {
    return boost::multiprecision::pow(Wide(10), static_cast<unsigned>(exponent));
}

Error overflow() {
    return Error(Errc::limit, "numeric value with more than 38 digits");
}

bool fits(const Wide& value) {
    static const Wide limit = wide_power(Decimal::kMaxDigits);
    return value < limit && value > -limit;
}

// value / divisor, rounded half away from zero. @pre divisor > 0.
Wide divide_rounded(const Wide& value, const Wide& divisor) {
    Wide quotient, rest;
    boost::multiprecision::divide_qr(value, divisor, quotient, rest);
    if (abs(rest) * 2 >= divisor) quotient += value < 0 ? -1 : 1;
    return quotient;
}

// A result of any size, with as much of its scale as 38 digits leave room for.
Result<Decimal> narrow(Wide value, int scale) {
    while (scale > Decimal::kMaxDigits || (!fits(value) && scale > 0)) {
        // Nearly always one step; digits are dropped one by one so that rounding happens once.
        int drop = std::max(1, scale - Decimal::kMaxDigits);
        while (drop < scale && !fits(value / wide_power(drop))) ++drop;
        value = divide_rounded(value, wide_power(drop));
        scale -= drop;
    }
    if (!fits(value)) return overflow();
    return Decimal::from_parts(value.convert_to<Int128>(), scale);
}

int digit_count(Int128 value) {
    if (value < 0) value = -value;
    int count = 1;
    while (count < Decimal::kMaxDigits && value >= power(count)) ++count;
    return count;
}

// The number as PostgreSQL would hold it, in digits to the base 10000: the weight of the first
// that is not zero, and that digit.
struct Leading {
    int weight = 0;
    int digit = 0;
};
Leading leading_of(const Decimal& value) {
    if (value.is_zero()) return {};
    const auto digits = value.digits() < 0 ? -value.digits() : value.digits();
    // Decimal exponent of the first decimal digit.
    const int exponent = digit_count(digits) - 1 - value.scale();
    const int weight = exponent >= 0 ? exponent / 4 : -((-exponent + 3) / 4);
    // All decimal digits from 10^(4 * weight) upwards.
    const int shift = value.scale() + 4 * weight;
    const Int128 first =
        shift >= 0 ? digits / power(std::min(shift, Decimal::kMaxDigits)) : digits * power(-shift);
    return {weight, static_cast<int>(first)};
}

int division_scale(const Decimal& a, const Decimal& b) {
    constexpr int kSignificantDigits = 16, kBaseDigits = 4;
    const auto first = leading_of(a), second = leading_of(b);
    int quotient_weight = first.weight - second.weight;
    if (first.digit <= second.digit) --quotient_weight;
    const int scale = kSignificantDigits - quotient_weight * kBaseDigits;
    return std::max({scale, a.scale(), b.scale(), 0});
}

}  // namespace

Result<Decimal> Decimal::parse(std::string_view text) {
    const auto bad = [text] {
        return Error(Errc::bad_input,
                     "'" + std::string(text.substr(0, 64)) + "': not a decimal number");
    };
    std::size_t at = 0;
    const bool negative = !text.empty() && text[0] == '-';
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) ++at;
    Int128 digits = 0;
    int scale = 0, seen = 0;
    bool point = false;
    for (; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9') break;
        ++seen;
        // Digits of the fraction beyond those that fit are dropped, as parse is not arithmetic.
        if (digits >= kLimit / 10) {
            if (point) continue;
            return overflow();
        }
        digits = digits * 10 + (c - '0');
        if (point) ++scale;
    }
    if (seen == 0) return bad();
    int exponent = 0;
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        auto from = text.data() + at + 1;
        if (from < text.data() + text.size() && *from == '+') ++from;
        const auto [end, error] = std::from_chars(from, text.data() + text.size(), exponent);
        if (error == std::errc::result_out_of_range) return overflow();
        if (error != std::errc() || end != text.data() + text.size()) return bad();
    } else if (at != text.size()) {
        return bad();
    }
    if (negative) digits = -digits;
    if (exponent > 2 * kMaxDigits || exponent < -2 * kMaxDigits) {
        return digits == 0 || exponent < 0 ? Result<Decimal>(from_parts(0, 0)) : overflow();
    }
    scale -= exponent;
    if (scale >= 0) return narrow(Wide(digits), scale);
    return narrow(Wide(digits) * wide_power(-scale), 0);
}

Result<Decimal> Decimal::from_double(double value) {
    if (!std::isfinite(value)) return Error(Errc::limit, "NaN or infinity as numeric");
    char text[40];
    const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::general, 15);
    return parse({text, static_cast<std::size_t>(end.ptr - text)});
}

double Decimal::to_double() const noexcept {
    const auto all = text();
    double value = 0;
    std::from_chars(all.data(), all.data() + all.size(), value);
    return value;
}

std::optional<std::int64_t> Decimal::to_int64() const noexcept {
    const auto divisor = power(scale_);
    auto whole = digits_ / divisor;
    const auto rest = digits_ % divisor;
    if ((rest < 0 ? -rest : rest) * 2 >= divisor && divisor > 1) whole += digits_ < 0 ? -1 : 1;
    if (whole > INT64_MAX || whole < INT64_MIN) return std::nullopt;
    return static_cast<std::int64_t>(whole);
}

std::string Decimal::text() const {
    char buffer[kMaxDigits + 1];
    char* at = buffer + sizeof buffer;
    auto rest = digits_ < 0 ? -digits_ : digits_;
    int count = 0;
    while (rest != 0 || count <= scale_) {
        *--at = static_cast<char>('0' + static_cast<int>(rest % 10));
        rest /= 10;
        ++count;
    }
    std::string out = digits_ < 0 ? "-" : "";
    out.append(at, static_cast<std::size_t>(count - scale_));
    if (scale_ > 0) {
        out += '.';
        out.append(at + count - scale_, scale_);
    }
    return out;
}

Result<Decimal> Decimal::rounded(int scale) const {
    if (scale >= scale_) {
        return narrow(Wide(digits_) * wide_power(std::min(scale, kMaxDigits) - scale_),
                      std::min(scale, kMaxDigits));
    }
    const auto unit = wide_power(std::min(scale_ - scale, 4 * kMaxDigits));
    const auto quotient = divide_rounded(Wide(digits_), unit);
    return scale >= 0 ? narrow(quotient, scale)
                      : narrow(quotient * wide_power(std::min(-scale, 2 * kMaxDigits)), 0);
}

Result<Decimal> Decimal::truncated(int scale) const {
    if (scale >= scale_) return rounded(scale);
    const auto unit = wide_power(std::min(scale_ - scale, 4 * kMaxDigits));
    const Wide quotient = Wide(digits_) / unit;
    return scale >= 0 ? narrow(quotient, scale)
                      : narrow(quotient * wide_power(std::min(-scale, 2 * kMaxDigits)), 0);
}

std::strong_ordering Decimal::operator<=>(const Decimal& other) const noexcept {
    if (scale_ == other.scale_) return digits_ <=> other.digits_;
    const int scale = std::max(scale_, other.scale_);
    const Wide a = Wide(digits_) * wide_power(scale - scale_);
    const Wide b = Wide(other.digits_) * wide_power(scale - other.scale_);
    return a < b   ? std::strong_ordering::less
           : b < a ? std::strong_ordering::greater
                   : std::strong_ordering::equal;
}

Result<Decimal> add(const Decimal& a, const Decimal& b) {
    if (a.scale() == b.scale()) {
        // Two numbers of 38 digits: their sum still fits 128 bits.
        const auto sum = a.digits() + b.digits();
        if (sum < kLimit && sum > -kLimit) return Decimal::from_parts(sum, a.scale());
    }
    const int scale = std::max(a.scale(), b.scale());
    return narrow(Wide(a.digits()) * wide_power(scale - a.scale()) +
                      Wide(b.digits()) * wide_power(scale - b.scale()),
                  scale);
}

Result<Decimal> subtract(const Decimal& a, const Decimal& b) {
    return add(a, b.negated());
}

Result<Decimal> multiply(const Decimal& a, const Decimal& b) {
    return narrow(Wide(a.digits()) * Wide(b.digits()), a.scale() + b.scale());
}

Result<Decimal> divide(const Decimal& a, const Decimal& b) {
    if (b.is_zero()) return Error(Errc::bad_input, "division by zero");
    const int scale = std::min(division_scale(a, b), 3 * Decimal::kMaxDigits);
    // a / b at the scale wanted: digits(a) * 10^(scale + scale(b) - scale(a)) / digits(b).
    const int shift = scale + b.scale() - a.scale();
    Wide dividend = a.digits();
    Wide divisor = b.digits();
    if (shift >= 0)
        dividend *= wide_power(shift);
    else
        divisor *= wide_power(-shift);
    if (divisor < 0) {
        divisor = -divisor;
        dividend = -dividend;
    }
    return narrow(divide_rounded(dividend, divisor), scale);
}

Result<Decimal> remainder(const Decimal& a, const Decimal& b) {
    if (b.is_zero()) return Error(Errc::bad_input, "division by zero");
    const int scale = std::max(a.scale(), b.scale());
    const Wide left = Wide(a.digits()) * wide_power(scale - a.scale());
    const Wide right = Wide(b.digits()) * wide_power(scale - b.scale());
    return narrow(left % right, scale);
}

}  // namespace topgun
