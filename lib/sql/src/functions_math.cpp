// SPDX-License-Identifier: Apache-2.0
// Roots, powers and logarithms of numeric, buckets, and chance.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <random>

#include "cast.hpp"
#include "degrees.hpp"
#include "function.hpp"
#include "list.hpp"
#include "ordering.hpp"
#include "text_kernels.hpp"
#include "topgun/base/random.hpp"

namespace topgun::sql {
namespace {

using I = std::int64_t;
using R = double;
using T = std::string_view;
using D = Decimal;
using Wide = long double;

// PostgreSQL computes these to 16 significant digits at least, which a long double has.
constexpr int kSignificantDigits = 16;

Error domain(const char* what) {
    return Error(Errc::bad_input, what);
}

Wide wide(const D& value) {
    return std::strtold(value.text().c_str(), nullptr);
}

Result<D> from_wide(Wide value, int scale) {
    if (!std::isfinite(value) || std::fabs(value) >= 1e38L) {
        return Error(Errc::limit, "numeric value with more than 38 digits");
    }
    char text[128];
    std::snprintf(text, sizeof text, "%.*Lf", std::clamp(scale, 0, D::kMaxDigits), value);
    return D::parse(text);
}

// Where the first digit of a number lies, to the base 10.
int magnitude(Wide value) {
    return value == 0 ? 0 : static_cast<int>(std::log10(std::fabs(value)));
}

Result<D> square_root(const D& value) {
    if (value.is_negative()) return domain("cannot take square root of a negative number");
    const auto number = wide(value);
    // PostgreSQL counts digits in groups of four.
    const int groups = number < 1 ? 0 : magnitude(number) / 4 + 1;
    const int scale = std::max({kSignificantDigits - (groups * 2 - 1), value.scale(), 0});
    return from_wide(std::sqrt(number), value.is_zero() ? std::max(value.scale(), 15) : scale);
}

Result<D> exponential(const D& value) {
    const auto number = wide(value);
    const int digits = static_cast<int>(std::clamp<Wide>(number * 0.434294481903252L, -40, 40));
    return from_wide(std::exp(number), std::max({kSignificantDigits - digits, value.scale(), 0}));
}

Result<Wide> logarithm_of(const D& value) {
    if (value.is_zero()) return domain("cannot take logarithm of zero");
    if (value.is_negative()) return domain("cannot take logarithm of a negative number");
    return std::log(wide(value));
}

Result<D> natural_logarithm(const D& value) {
    auto result = logarithm_of(value);
    if (!result) return std::move(result).error();
    return from_wide(*result, std::max(kSignificantDigits - magnitude(*result), value.scale()));
}

Result<D> logarithm(const D& base, const D& value) {
    auto of_base = logarithm_of(base);
    if (!of_base) return std::move(of_base).error();
    auto of_value = logarithm_of(value);
    if (!of_value) return std::move(of_value).error();
    if (*of_base == 0) return domain("division by zero");
    const auto result = *of_value / *of_base;
    const int scale =
        std::max({kSignificantDigits - magnitude(result), base.scale(), value.scale()});
    return from_wide(result, scale);
}

Result<D> power(const D& base, const D& exponent) {
    auto whole = exponent.truncated(0);
    const bool is_whole = whole && *whole == exponent;
    if (base.is_zero() && exponent.is_negative()) {
        return domain("zero raised to a negative power is undefined");
    }
    if (base.is_negative() && !is_whole) {
        return domain("a negative number raised to a non-integer power yields a complex result");
    }
    const auto number = wide(base), by = wide(exponent);
    const auto digits = base.is_zero() || is_whole ? 0 : by * std::log10(std::fabs(number));
    const int scale =
        std::max({kSignificantDigits - static_cast<int>(std::clamp<Wide>(digits, -40, 40)),
                  base.scale(), exponent.scale(), 0});
    // Whole powers are exact as long as there is room.
    constexpr I kLargest = 256;
    if (is_whole && !exponent.is_negative() && by <= kLargest) {
        D product(1);
        for (I i = 0; i < static_cast<I>(by); ++i) {
            auto next = multiply(product, base);
            if (!next) return next;
            product = *next;
        }
        return product.rounded(scale);
    }
    return from_wide(std::pow(number, by), scale);
}

Result<D> factorial(I n) {
    if (n < 0) return domain("factorial of a negative number is undefined");
    D product(1);
    for (I i = 2; i <= n; ++i) {
        auto next = multiply(product, D(i));
        if (!next) return next;
        product = *next;
    }
    return product;
}

int least_scale(const D& value) {
    auto digits = value.digits();
    int scale = value.scale();
    for (; scale > 0 && digits % 10 == 0; --scale) digits /= 10;
    return scale;
}

// Which of `count` buckets between two bounds a value falls into; 0 and count + 1 lie outside.
template <typename Number>
Result<I> bucket(const Number& value, const Number& low, const Number& high, I count,
                 Result<I> (*within)(const Number& distance, const Number& width, I count),
                 Number (*minus)(const Number&, const Number&)) {
    if (count <= 0) return domain("count must be greater than zero");
    if (low == high) return domain("lower bound cannot equal upper bound");
    const bool up = low < high;
    if (up ? value < low : value > low) return I{0};
    if (up ? value >= high : value <= high) {
        if (count == INT64_MAX) return Error(Errc::limit, "bigint out of range");
        return count + 1;
    }
    return up ? within(minus(value, low), minus(high, low), count)
              : within(minus(low, value), minus(low, high), count);
}

Result<ColumnPtr> bucket_rows(const EvalContext&, Arguments a, std::size_t rows, DataType result) {
    return strict_rows(a, rows, result, [&](std::size_t row, Column& out) -> Status {
        const auto count = a[3]->integer(row);
        if (a[0]->type().id == TypeId::real) {
            for (std::size_t i = 0; i < 3; ++i) {
                if (std::isnan(a[i]->real(row))) {
                    return domain("operand, lower bound, and upper bound cannot be NaN");
                }
            }
            return add_result(
                out, bucket<R>(
                         a[0]->real(row), a[1]->real(row), a[2]->real(row), count,
                         [](const R& distance, const R& width, I buckets) -> Result<I> {
                             return static_cast<I>(distance / width * static_cast<R>(buckets)) + 1;
                         },
                         [](const R& x, const R& y) { return x - y; }));
        }
        const auto within = [](const D& distance, const D& width, I buckets) -> Result<I> {
            auto product = multiply(distance, D(buckets));
            if (!product) return std::move(product).error();
            auto quotient = divide(*product, width);
            if (!quotient) return std::move(quotient).error();
            auto whole = quotient->truncated(0);
            if (!whole) return std::move(whole).error();
            return whole->to_int64().value_or(0) + 1;
        };
        const auto minus = [](const D& x, const D& y) {
            auto difference = subtract(x, y);
            return difference ? *difference : D(1);
        };
        return add_result(out, bucket<D>(a[0]->decimal(row), a[1]->decimal(row), a[2]->decimal(row),
                                         count, within, minus));
    });
}

// width_bucket(value, thresholds): how many of the sorted thresholds are not greater.
Result<ColumnPtr> threshold_rows(const EvalContext&, Arguments a, std::size_t rows,
                                 DataType result) {
    return strict_rows(a, rows, result, [&](std::size_t row, Column& out) -> Status {
        Column thresholds(a[1]->type().element);
        TOPGUN_TRY(append_elements(*a[1], row, thresholds));
        if (thresholds.may_have_nulls()) {
            return domain("thresholds array must not contain NULLs");
        }
        I count = 0;
        for (std::size_t i = 0; i < thresholds.size(); ++i) {
            count += compare_values(thresholds, i, *a[0], row) <= 0 ? 1 : 0;
        }
        out.add_integer(count);
        return {};
    });
}

// Each thread draws numbers of its own.
Random& generator() {
    thread_local Random random((std::uint64_t{std::random_device{}()} << 32) |
                               std::random_device{}());
    return random;
}

Result<ColumnPtr> random_rows(const EvalContext&, Arguments, std::size_t rows, DataType result) {
    Column out(result);
    out.reserve(rows);
    for (std::size_t row = 0; row < rows; ++row) out.add_real(generator().unit());
    return ColumnPtr(std::make_shared<const Column>(std::move(out)));
}

Result<ColumnPtr> seed_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                            DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const auto seed = arguments[0]->real(row);
        if (!(seed >= -1 && seed <= 1)) {
            return Error(Errc::bad_input, "setseed parameter " + real_text(seed) +
                                              " is out of allowed range [-1,1]");
        }
        generator() = Random(std::bit_cast<std::uint64_t>(seed));
        out.add_bytes("");
        return {};
    });
}

Result<ColumnPtr> uuid_rows(const EvalContext&, Arguments, std::size_t rows, DataType result) {
    Column out(result);
    std::random_device source;
    for (std::size_t row = 0; row < rows; ++row) {
        const auto word = [&source] { return (std::uint64_t{source()} << 32) | source(); };
        // Version 4, variant 1: RFC 4122, section 4.4.
        const auto high = (word() & 0xffffffffffff0fffu) | 0x4000u;
        const auto low = (word() & 0x3fffffffffffffffu) | 0x8000000000000000u;
        char text[40];
        std::snprintf(text, sizeof text, "%08llx-%04llx-%04llx-%04llx-%012llx",
                      static_cast<unsigned long long>(high >> 32),
                      static_cast<unsigned long long>(high >> 16 & 0xffff),
                      static_cast<unsigned long long>(high & 0xffff),
                      static_cast<unsigned long long>(low >> 48),
                      static_cast<unsigned long long>(low & 0xffffffffffffu));
        out.add_bytes(text);
    }
    return ColumnPtr(std::make_shared<const Column>(std::move(out)));
}

// A function without arguments that always says the same.
template <typename Make>
constexpr Kernel constant_kernel(Make) {
    return
        [](const EvalContext&, Arguments, std::size_t rows, DataType result) -> Result<ColumnPtr> {
            Column one(result);
            add_value(one, Make{}());
            return ColumnPtr(Column::constant(std::move(one), rows));
        };
}

void add_numeric(std::vector<Function>& to) {
    const DataType n(TypeId::numeric), whole(TypeId::bigint);
    to.push_back({"sqrt", {n}, n, kernel1<D>([](const D& a) { return square_root(a); })});
    to.push_back({"exp", {n}, n, kernel1<D>([](const D& a) { return exponential(a); })});
    to.push_back({"ln", {n}, n, kernel1<D>([](const D& a) { return natural_logarithm(a); })});
    for (const auto* name : {"log", "log10"}) {
        to.push_back({name, {n}, n, kernel1<D>([](const D& a) { return logarithm(D(10), a); })});
    }
    to.push_back(
        {"log", {n, n}, n, kernel2<D, D>([](const D& a, const D& b) { return logarithm(a, b); })});
    for (const auto* name : {"^", "power", "pow"}) {
        to.push_back(
            {name, {n, n}, n, kernel2<D, D>([](const D& a, const D& b) { return power(a, b); })});
    }
    // Without these the version for doubles, which PostgreSQL does not have, would be nearer.
    to.push_back({"round", {whole, whole}, n, kernel2<I, I>([](I a, I scale) {
                      return D(a).rounded(static_cast<int>(std::clamp<I>(scale, -100, 100)));
                  })});
    to.push_back({"trunc", {whole, whole}, n, kernel2<I, I>([](I a, I scale) {
                      return D(a).truncated(static_cast<int>(std::clamp<I>(scale, -100, 100)));
                  })});
    to.push_back({"factorial", {whole}, n, kernel1<I>([](I a) { return factorial(a); })});
    to.push_back(
        {"min_scale", {n}, whole, kernel1<D>([](const D& a) { return I{least_scale(a)}; })});
    to.push_back(
        {"trim_scale", {n}, n, kernel1<D>([](const D& a) { return a.rounded(least_scale(a)); })});
    to.push_back({"width_bucket", {n, n, n, whole}, whole, bucket_rows});
    const DataType r(TypeId::real);
    to.push_back({"width_bucket", {r, r, r, whole}, whole, bucket_rows});
    to.push_back({"width_bucket", {kElement, kElements}, whole, threshold_rows});
}

void add_hyperbolic(std::vector<Function>& to) {
    const DataType r(TypeId::real);
    to.push_back({"sinh", {r}, r, kernel1<R>([](R a) { return std::sinh(a); })});
    to.push_back({"cosh", {r}, r, kernel1<R>([](R a) { return std::cosh(a); })});
    to.push_back({"tanh", {r}, r, kernel1<R>([](R a) { return std::tanh(a); })});
    to.push_back({"asinh", {r}, r, kernel1<R>([](R a) { return std::asinh(a); })});
    to.push_back({"cot", {r}, r, kernel1<R>([](R a) { return 1 / std::tan(a); })});
    add_degrees(to);
}

void add_facts(std::vector<Function>& to) {
    const DataType text(TypeId::text);
    to.push_back({"pi", {}, TypeId::real, constant_kernel([] { return M_PI; })});
    to.push_back({"version", {}, text, constant_kernel([] {
                      return T("topgun-cli " TOPGUN_VERSION " (PostgreSQL 15 dialect)");
                  })});
    for (const auto* name : {"current_user", "session_user", "user", "current_role"}) {
        to.push_back({name, {}, text, constant_kernel([] { return T("topgun"); })});
    }
    for (const auto* name : {"current_database", "current_catalog"}) {
        to.push_back({name, {}, text, constant_kernel([] { return T("topgun"); })});
    }
    to.push_back({"current_schema", {}, text, constant_kernel([] { return T("public"); })});
    to.push_back({"pg_typeof",
                  {kAny},
                  text,
                  [](const EvalContext&, Arguments arguments, std::size_t rows,
                     DataType result) -> Result<ColumnPtr> {
                      Column one(result);
                      one.add_bytes(type_name(arguments[0]->type()));
                      return ColumnPtr(Column::constant(std::move(one), rows));
                  }});
    to.push_back({"bit_count", {TypeId::bytea}, TypeId::bigint, kernel1<T>([](T bytes) {
                      I count = 0;
                      for (const char c : bytes)
                          count += std::popcount(static_cast<unsigned char>(c));
                      return count;
                  })});
}

}  // namespace

void add_mathematics(std::vector<Function>& to) {
    add_numeric(to);
    add_hyperbolic(to);
    add_facts(to);
    to.push_back({"random", {}, TypeId::real, random_rows, false, true});
    to.push_back({"setseed", {TypeId::real}, TypeId::text, seed_rows, false, true});
    to.push_back({"gen_random_uuid", {}, TypeId::text, uuid_rows, false, true});
}

}  // namespace topgun::sql
