// SPDX-License-Identifier: Apache-2.0
// Exact decimal numbers, SQL's numeric: money must not be rounded by a change of base.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "topgun/base/error.hpp"

namespace topgun {

// A type of the compiler's, which the standard does not name.
__extension__ using Int128 = __int128;

/// digits * 10^-scale, with at most 38 digits. Value type.
///
/// Scales of results are PostgreSQL's: those of sums and products follow from the operands, that of
/// a quotient gives 16 significant digits at least (numeric.c, select_div_scale()). PostgreSQL's
/// numbers have up to 131072 digits; where 38 do not suffice for the whole part, operations fail
/// with Errc::limit; where they do not for the fraction, it is rounded, half away from zero.
class TOPGUN_API Decimal {
public:
    static constexpr int kMaxDigits = 38;

    constexpr Decimal() = default;
    constexpr Decimal(std::int64_t whole) : digits_(whole) {}
    /// @pre |digits| < 10^38 and scale <= 38.
    static constexpr Decimal from_parts(Int128 digits, int scale) {
        Decimal out;
        out.digits_ = digits;
        out.scale_ = static_cast<std::uint8_t>(scale);
        return out;
    }
    /// "-12.50", "1e-3", ".5". Errors: bad_input, limit.
    static Result<Decimal> parse(std::string_view text);
    /// The shortest decimal that reads back as the same float, to 15 digits as PostgreSQL casts it.
    /// Errors: limit for NaN, infinities and what is too large.
    static Result<Decimal> from_double(double value);

    Int128 digits() const noexcept { return digits_; }
    int scale() const noexcept { return scale_; }
    bool is_negative() const noexcept { return digits_ < 0; }
    bool is_zero() const noexcept { return digits_ == 0; }
    double to_double() const noexcept;
    /// Rounded half away from zero. Empty when out of range.
    std::optional<std::int64_t> to_int64() const noexcept;
    std::string text() const;

    /// Rounded (half away from zero) or padded to a scale, which may be negative for round().
    Result<Decimal> rounded(int scale) const;
    /// Towards zero.
    Result<Decimal> truncated(int scale) const;
    Decimal negated() const noexcept { return from_parts(-digits_, scale_); }

    /// By value: 1.0 equals 1.00.
    std::strong_ordering operator<=>(const Decimal& other) const noexcept;
    bool operator==(const Decimal& other) const noexcept {
        return (*this <=> other) == std::strong_ordering::equal;
    }

private:
    Int128 digits_ = 0;
    std::uint8_t scale_ = 0;
};

// Errors: limit; bad_input for a division by zero.
TOPGUN_API Result<Decimal> add(const Decimal& a, const Decimal& b);
TOPGUN_API Result<Decimal> subtract(const Decimal& a, const Decimal& b);
TOPGUN_API Result<Decimal> multiply(const Decimal& a, const Decimal& b);
TOPGUN_API Result<Decimal> divide(const Decimal& a, const Decimal& b);
/// The sign of the dividend, as PostgreSQL has it.
TOPGUN_API Result<Decimal> remainder(const Decimal& a, const Decimal& b);

}  // namespace topgun
