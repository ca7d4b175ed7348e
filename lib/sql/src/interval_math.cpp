// SPDX-License-Identifier: Apache-2.0
#include "interval_math.hpp"

#include <cmath>
#include <cstdint>

#include "moment.hpp"

namespace topgun::sql {
namespace {

constexpr double kDaysPerMonth = 30, kSecondsPerDay = 86'400;

// To whole microseconds, so that noise of the division does not add up.
double to_micros(double seconds) {
    return std::rint(seconds * static_cast<double>(kMicrosPerSecond)) /
           static_cast<double>(kMicrosPerSecond);
}

bool fits(double value, double limit) {
    return value >= -limit && value < limit;
}

constexpr double kLimit32 = 2147483648.0, kLimit64 = 9223372036854775808.0;

// The interval whose parts are `of` those of `value`, as exact as floats are.
template <typename Of>
Result<Interval> scaled(const Interval& value, Of&& of) {
    const double exact_months = of(static_cast<double>(value.months));
    const double exact_days = of(static_cast<double>(value.days));
    if (!fits(exact_months, kLimit32) || !fits(exact_days, kLimit32)) {
        return interval_out_of_range();
    }
    const double months = std::trunc(exact_months);
    double days = std::trunc(exact_days);
    const double month_days = to_micros((exact_months - months) * kDaysPerMonth);
    double seconds =
        to_micros((exact_days - days + month_days - std::trunc(month_days)) * kSecondsPerDay);
    // Both remainders together can make a day.
    if (std::fabs(seconds) >= kSecondsPerDay) {
        const double whole = std::trunc(seconds / kSecondsPerDay);
        days += whole;
        seconds -= whole * kSecondsPerDay;
    }
    days += std::trunc(month_days);
    const double micros = std::rint(of(static_cast<double>(value.micros)) +
                                    seconds * static_cast<double>(kMicrosPerSecond));
    if (!fits(days, kLimit32) || !fits(micros, kLimit64)) return interval_out_of_range();
    return Interval{static_cast<std::int32_t>(months), static_cast<std::int32_t>(days),
                    static_cast<std::int64_t>(micros)};
}

}  // namespace

Error interval_out_of_range() {
    return Error(Errc::limit, "interval out of range");
}

Result<Interval> multiplied(const Interval& value, double factor) {
    return scaled(value, [factor](double part) { return part * factor; });
}

Result<Interval> divided(const Interval& value, double divisor) {
    if (divisor == 0) return Error(Errc::bad_input, "division by zero");
    return scaled(value, [divisor](double part) { return part / divisor; });
}

Result<Interval> sum_of(const Interval& a, const Interval& b) {
    Interval sum;
    if (__builtin_add_overflow(a.months, b.months, &sum.months) ||
        __builtin_add_overflow(a.days, b.days, &sum.days) ||
        __builtin_add_overflow(a.micros, b.micros, &sum.micros)) {
        return interval_out_of_range();
    }
    return sum;
}

Result<Interval> difference_of(const Interval& a, const Interval& b) {
    Interval difference;
    if (__builtin_sub_overflow(a.months, b.months, &difference.months) ||
        __builtin_sub_overflow(a.days, b.days, &difference.days) ||
        __builtin_sub_overflow(a.micros, b.micros, &difference.micros)) {
        return interval_out_of_range();
    }
    return difference;
}

}  // namespace topgun::sql
