// SPDX-License-Identifier: Apache-2.0
// Numbers: sums, products and what PostgreSQL's mathematical functions make of them.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "function.hpp"

namespace topgun::sql {
namespace {

Error out_of_range(const char* type) {
    return Error(Errc::limit, std::string(type) + " out of range");
}
Error division_by_zero() {
    return Error(Errc::bad_input, "division by zero");
}

using I = std::int64_t;

Result<I> add_integers(I a, I b) {
    I sum = 0;
    if (__builtin_add_overflow(a, b, &sum)) return out_of_range("bigint");
    return sum;
}
Result<I> subtract_integers(I a, I b) {
    I difference = 0;
    if (__builtin_sub_overflow(a, b, &difference)) return out_of_range("bigint");
    return difference;
}
Result<I> multiply_integers(I a, I b) {
    I product = 0;
    if (__builtin_mul_overflow(a, b, &product)) return out_of_range("bigint");
    return product;
}
Result<I> divide_integers(I a, I b) {
    if (b == 0) return division_by_zero();
    if (b == -1) return subtract_integers(0, a);
    return a / b;
}
Result<I> modulo_integers(I a, I b) {
    if (b == 0) return division_by_zero();
    return b == -1 ? 0 : a % b;
}

// As PostgreSQL does: an infinity that was not put in, and a zero that should be a number, are
// errors.
Result<double> checked(double value, bool infinite_input) {
    if (std::isinf(value) && !infinite_input) {
        return Error(Errc::limit, "value out of range: overflow");
    }
    return value;
}
bool infinite(double a, double b) {
    return std::isinf(a) || std::isinf(b);
}
Result<double> add_reals(double a, double b) {
    return checked(a + b, infinite(a, b));
}
Result<double> subtract_reals(double a, double b) {
    return checked(a - b, infinite(a, b));
}
Result<double> multiply_reals(double a, double b) {
    return checked(a * b, infinite(a, b));
}
Result<double> divide_reals(double a, double b) {
    if (b == 0 && !std::isnan(a)) return division_by_zero();
    return checked(a / b, infinite(a, b));
}
Result<double> power_reals(double a, double b) {
    if (a < 0 && b != std::floor(b)) {
        return Error(Errc::bad_input,
                     "a negative number raised to a non-integer power yields a complex result");
    }
    if (a == 0 && b < 0) {
        return Error(Errc::bad_input, "zero raised to a negative power is undefined");
    }
    return checked(std::pow(a, b), infinite(a, b));
}
Result<double> root(double value) {
    if (value < 0) {
        return Error(Errc::bad_input, "cannot take square root of a negative number");
    }
    return std::sqrt(value);
}
Result<double> logarithm(double value, double (*of)(double)) {
    if (value == 0) return Error(Errc::bad_input, "cannot take logarithm of zero");
    if (value < 0) return Error(Errc::bad_input, "cannot take logarithm of a negative number");
    return of(value);
}

Interval negated(const Interval& value) {
    return {-value.months, -value.days, -value.micros};
}

Result<Interval> add_intervals(const Interval& a, const Interval& b) {
    Interval sum;
    if (__builtin_add_overflow(a.months, b.months, &sum.months) ||
        __builtin_add_overflow(a.days, b.days, &sum.days) ||
        __builtin_add_overflow(a.micros, b.micros, &sum.micros)) {
        return out_of_range("interval");
    }
    return sum;
}

I sign_of(I value) {
    return value < 0 ? -1 : value > 0 ? 1 : 0;
}

void add_integer_functions(std::vector<Function>& to) {
    const DataType n = TypeId::bigint;
    to.push_back({"+", {n, n}, n, kernel2<I, I>([](I a, I b) { return add_integers(a, b); })});
    to.push_back({"-", {n, n}, n, kernel2<I, I>([](I a, I b) { return subtract_integers(a, b); })});
    to.push_back({"*", {n, n}, n, kernel2<I, I>([](I a, I b) { return multiply_integers(a, b); })});
    to.push_back({"/", {n, n}, n, kernel2<I, I>([](I a, I b) { return divide_integers(a, b); })});
    to.push_back({"%", {n, n}, n, kernel2<I, I>([](I a, I b) { return modulo_integers(a, b); })});
    to.push_back({"mod", {n, n}, n, kernel2<I, I>([](I a, I b) { return modulo_integers(a, b); })});
    to.push_back({"&", {n, n}, n, kernel2<I, I>([](I a, I b) { return a & b; })});
    to.push_back({"|", {n, n}, n, kernel2<I, I>([](I a, I b) { return a | b; })});
    to.push_back({"#", {n, n}, n, kernel2<I, I>([](I a, I b) { return a ^ b; })});
    to.push_back({"~", {n}, n, kernel1<I>([](I a) { return ~a; })});
    to.push_back({"<<", {n, n}, n, kernel2<I, I>([](I a, I b) {
                      return static_cast<I>(static_cast<std::uint64_t>(a) << (b & 63));
                  })});
    to.push_back({">>", {n, n}, n, kernel2<I, I>([](I a, I b) { return a >> (b & 63); })});
    to.push_back({"-", {n}, n, kernel1<I>([](I a) { return subtract_integers(0, a); })});
    to.push_back({"+", {n}, n, kernel1<I>([](I a) { return a; })});
    to.push_back({"abs", {n}, n, kernel1<I>([](I a) -> Result<I> {
                      return a < 0 ? subtract_integers(0, a) : Result<I>(a);
                  })});
    to.push_back({"@", {n}, n, kernel1<I>([](I a) -> Result<I> {
                      return a < 0 ? subtract_integers(0, a) : Result<I>(a);
                  })});
    to.push_back({"sign", {n}, n, kernel1<I>([](I a) { return sign_of(a); })});
    to.push_back({"gcd", {n, n}, n, kernel2<I, I>([](I a, I b) -> Result<I> {
                      if (a == INT64_MIN || b == INT64_MIN) return out_of_range("bigint");
                      return std::gcd(a, b);
                  })});
    to.push_back({"lcm", {n, n}, n, kernel2<I, I>([](I a, I b) -> Result<I> {
                      if (a == 0 || b == 0) return I{0};
                      if (a == INT64_MIN || b == INT64_MIN) return out_of_range("bigint");
                      auto product = multiply_integers(a / std::gcd(a, b), b);
                      if (product && *product < 0) return -*product;
                      return product;
                  })});
}

void add_decimal_functions(std::vector<Function>& to) {
    using D = Decimal;
    const DataType n = TypeId::numeric, whole = TypeId::bigint;
    to.push_back({"+", {n, n}, n, kernel2<D, D>([](const D& a, const D& b) { return add(a, b); })});
    to.push_back(
        {"-", {n, n}, n, kernel2<D, D>([](const D& a, const D& b) { return subtract(a, b); })});
    to.push_back(
        {"*", {n, n}, n, kernel2<D, D>([](const D& a, const D& b) { return multiply(a, b); })});
    to.push_back(
        {"/", {n, n}, n, kernel2<D, D>([](const D& a, const D& b) { return divide(a, b); })});
    to.push_back(
        {"%", {n, n}, n, kernel2<D, D>([](const D& a, const D& b) { return remainder(a, b); })});
    to.push_back(
        {"mod", {n, n}, n, kernel2<D, D>([](const D& a, const D& b) { return remainder(a, b); })});
    to.push_back({"div", {n, n}, n, kernel2<D, D>([](const D& a, const D& b) -> Result<D> {
                      auto quotient = divide(a, b);
                      return quotient ? quotient->truncated(0) : std::move(quotient);
                  })});
    to.push_back({"-", {n}, n, kernel1<D>([](const D& a) { return a.negated(); })});
    to.push_back({"+", {n}, n, kernel1<D>([](const D& a) { return a; })});
    for (const auto* name : {"abs", "@"}) {
        to.push_back({name, {n}, n, kernel1<D>([](const D& a) {
                          return a.is_negative() ? a.negated() : a;
                      })});
    }
    to.push_back({"sign", {n}, n, kernel1<D>([](const D& a) {
                      return D(a.is_zero() ? 0 : a.is_negative() ? -1 : 1);
                  })});
    to.push_back({"round", {n}, n, kernel1<D>([](const D& a) { return a.rounded(0); })});
    to.push_back({"round", {n, whole}, n, kernel2<D, I>([](const D& a, I scale) {
                      return a.rounded(static_cast<int>(std::clamp<I>(scale, -100, 100)));
                  })});
    to.push_back({"trunc", {n}, n, kernel1<D>([](const D& a) { return a.truncated(0); })});
    to.push_back({"trunc", {n, whole}, n, kernel2<D, I>([](const D& a, I scale) {
                      return a.truncated(static_cast<int>(std::clamp<I>(scale, -100, 100)));
                  })});
    for (const auto* name : {"ceil", "ceiling"}) {
        to.push_back({name, {n}, n, kernel1<D>([](const D& a) -> Result<D> {
                          auto whole_part = a.truncated(0);
                          if (!whole_part || *whole_part >= a) return whole_part;
                          return add(*whole_part, D(1));
                      })});
    }
    to.push_back({"floor", {n}, n, kernel1<D>([](const D& a) -> Result<D> {
                      auto whole_part = a.truncated(0);
                      if (!whole_part || *whole_part <= a) return whole_part;
                      return subtract(*whole_part, D(1));
                  })});
    to.push_back({"scale", {n}, whole, kernel1<D>([](const D& a) { return I{a.scale()}; })});
}

void add_real_functions(std::vector<Function>& to) {
    const DataType r = TypeId::real;
    using R = double;
    to.push_back({"+", {r, r}, r, kernel2<R, R>([](R a, R b) { return add_reals(a, b); })});
    to.push_back({"-", {r, r}, r, kernel2<R, R>([](R a, R b) { return subtract_reals(a, b); })});
    to.push_back({"*", {r, r}, r, kernel2<R, R>([](R a, R b) { return multiply_reals(a, b); })});
    to.push_back({"/", {r, r}, r, kernel2<R, R>([](R a, R b) { return divide_reals(a, b); })});
    for (const auto* name : {"^", "power", "pow"}) {
        to.push_back({name, {r, r}, r, kernel2<R, R>([](R a, R b) { return power_reals(a, b); })});
    }
    to.push_back({"-", {r}, r, kernel1<R>([](R a) { return -a; })});
    to.push_back({"+", {r}, r, kernel1<R>([](R a) { return a; })});
    for (const auto* name : {"abs", "@"}) {
        to.push_back({name, {r}, r, kernel1<R>([](R a) { return std::fabs(a); })});
    }
    for (const auto* name : {"sqrt", "|/"}) {
        to.push_back({name, {r}, r, kernel1<R>([](R a) { return root(a); })});
    }
    for (const auto* name : {"cbrt", "||/"}) {
        to.push_back({name, {r}, r, kernel1<R>([](R a) { return std::cbrt(a); })});
    }
    // Half to even, unlike numeric: that is what the processor and PostgreSQL do.
    to.push_back({"round", {r}, r, kernel1<R>([](R a) { return std::nearbyint(a); })});
    // Not in PostgreSQL, where it is asked for daily: floats are what JSON holds.
    to.push_back({"round", {r, TypeId::bigint}, r, kernel2<R, I>([](R a, I digits) {
                      const auto unit =
                          std::pow(10.0, static_cast<R>(std::clamp<I>(digits, -300, 300)));
                      const auto scaled = a * unit;
                      return std::isfinite(scaled) ? std::round(scaled) / unit : a;
                  })});
    to.push_back({"trunc", {r}, r, kernel1<R>([](R a) { return std::trunc(a); })});
    to.push_back({"floor", {r}, r, kernel1<R>([](R a) { return std::floor(a); })});
    for (const auto* name : {"ceil", "ceiling"}) {
        to.push_back({name, {r}, r, kernel1<R>([](R a) { return std::ceil(a); })});
    }
    to.push_back({"sign", {r}, r, kernel1<R>([](R a) { return a < 0 ? -1.0 : a > 0 ? 1.0 : a; })});
    to.push_back(
        {"exp", {r}, r, kernel1<R>([](R a) { return checked(std::exp(a), std::isinf(a)); })});
    to.push_back({"ln", {r}, r, kernel1<R>([](R a) { return logarithm(a, std::log); })});
    for (const auto* name : {"log", "log10"}) {
        to.push_back({name, {r}, r, kernel1<R>([](R a) { return logarithm(a, std::log10); })});
    }
    to.push_back({"degrees", {r}, r, kernel1<R>([](R a) { return a * (180 / M_PI); })});
    to.push_back({"radians", {r}, r, kernel1<R>([](R a) { return a * (M_PI / 180); })});
    to.push_back({"sin", {r}, r, kernel1<R>([](R a) { return std::sin(a); })});
    to.push_back({"cos", {r}, r, kernel1<R>([](R a) { return std::cos(a); })});
    to.push_back({"tan", {r}, r, kernel1<R>([](R a) { return std::tan(a); })});
    to.push_back({"atan", {r}, r, kernel1<R>([](R a) { return std::atan(a); })});
    to.push_back({"atan2", {r, r}, r, kernel2<R, R>([](R a, R b) { return std::atan2(a, b); })});
    for (const auto* name : {"asin", "acos"}) {
        const bool sine = name[1] == 's';
        const auto of = sine ? kernel1<R>([](R a) -> Result<R> {
            if (a < -1 || a > 1) return Error(Errc::bad_input, "input is out of range");
            return std::asin(a);
        })
                             : kernel1<R>([](R a) -> Result<R> {
                                   if (a < -1 || a > 1)
                                       return Error(Errc::bad_input, "input is out of range");
                                   return std::acos(a);
                               });
        to.push_back({name, {r}, r, of});
    }
}

void add_interval_functions(std::vector<Function>& to) {
    const DataType i = TypeId::interval;
    using V = Interval;
    to.push_back({"+", {i, i}, i, kernel2<V, V>([](const V& a, const V& b) {
                      return add_intervals(a, b);
                  })});
    to.push_back({"-", {i, i}, i, kernel2<V, V>([](const V& a, const V& b) {
                      return add_intervals(a, negated(b));
                  })});
    to.push_back({"-", {i}, i, kernel1<V>([](const V& a) { return negated(a); })});
}

}  // namespace

void add_arithmetic(std::vector<Function>& to) {
    add_integer_functions(to);
    add_decimal_functions(to);
    add_real_functions(to);
    add_interval_functions(to);
}

}  // namespace topgun::sql
