// SPDX-License-Identifier: Apache-2.0
// Which function a call means, and what it computes: PostgreSQL is the model.
#include "function.hpp"

#include <cmath>
#include <limits>

#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::sql;

namespace {

constexpr ArgumentType kUnknown{TypeId::text, true};

ArgumentType of(TypeId id) {
    return {id, false};
}

// "name(types)" of the version that is found, or the error.
std::string found(std::string_view name, const std::vector<ArgumentType>& arguments) {
    const auto resolved = resolve(name, arguments);
    if (!resolved) return "error: " + resolved.error().text();
    std::string out;
    for (const auto type : resolved->arguments) out += (out.empty() ? "" : ", ") + type_name(type);
    return out + " -> " + type_name(resolved->function->result);
}

ColumnPtr column(DataType type, const std::function<void(Column&)>& fill) {
    auto out = std::make_shared<Column>(type);
    fill(*out);
    return out;
}
ColumnPtr integers(const std::vector<std::optional<std::int64_t>>& values) {
    return column(TypeId::bigint, [&](Column& out) {
        for (const auto value : values) value ? out.add_integer(*value) : out.add_null();
    });
}
ColumnPtr reals(const std::vector<double>& values) {
    return column(TypeId::real, [&](Column& out) {
        for (const auto value : values) out.add_real(value);
    });
}

Result<ColumnPtr> call(std::string_view name, const std::vector<ColumnPtr>& arguments) {
    std::vector<ArgumentType> types;
    for (const auto& argument : arguments) types.push_back({argument->type(), false});
    const auto resolved = test::must(resolve(name, types));
    return resolved.function->kernel({}, arguments, arguments[0]->size(),
                                     resolved.function->result);
}

std::string failure(std::string_view name, const std::vector<ColumnPtr>& arguments) {
    const auto result = call(name, arguments);
    return result ? "no error" : result.error().text();
}

}  // namespace

TEST_CASE("calls find the version whose types are nearest", "[sql][function]") {
    const auto n = of(TypeId::bigint), d = of(TypeId::numeric), r = of(TypeId::real);
    CHECK(found("+", {n, n}) == "bigint, bigint -> bigint");
    CHECK(found("+", {n, d}) == "numeric, numeric -> numeric");
    CHECK(found("+", {d, r}) == "double precision, double precision -> double precision");
    CHECK(found("+", {n, kUnknown}) == "bigint, bigint -> bigint");
    CHECK(found("=", {kUnknown, of(TypeId::date)}) == "date, date -> boolean");
    CHECK(found("=", {kUnknown, kUnknown}) == "text, text -> boolean");
    CHECK(found("<", {of(TypeId::date), of(TypeId::timestamptz)}) ==
          "timestamp with time zone, timestamp with time zone -> boolean");
    CHECK(found("sqrt", {n}) == "double precision -> double precision");
    CHECK(found("^", {n, n}) == "double precision, double precision -> double precision");
    CHECK(found("round", {d, n}) == "numeric, bigint -> numeric");
    CHECK(found("abs", {n}) == "bigint -> bigint");
}

TEST_CASE("a call that finds nothing says what there is", "[sql][function]") {
    CHECK(found("+", {of(TypeId::text), of(TypeId::bigint)})
              .starts_with("error: function +(text, bigint) does not exist; there is +("));
    CHECK(found("nope", {kUnknown}) == "error: function nope(unknown) does not exist");
    CHECK(found("=", {of(TypeId::bigint), of(TypeId::text)})
              .starts_with("error: function =(bigint, text) does not exist"));
    CHECK(found("gcd", {of(TypeId::bigint)}) ==
          "error: function gcd(bigint) does not exist; there is gcd(bigint, bigint)");
}

TEST_CASE("types in common are found up the ladders", "[sql][function]") {
    const auto common = [](const std::vector<ArgumentType>& types) {
        const auto type = common_type(types);
        return type ? type_name(*type) : "none";
    };
    CHECK(common({of(TypeId::bigint), of(TypeId::real), of(TypeId::numeric)}) ==
          "double precision");
    CHECK(common({of(TypeId::date), kUnknown}) == "date");
    CHECK(common({kUnknown, kUnknown}) == "text");
    CHECK(common({of(TypeId::bigint), of(TypeId::text)}) == "none");
    CHECK(common({of(TypeId::null), of(TypeId::boolean)}) == "boolean");
}

TEST_CASE("NULL in, NULL out, row by row", "[sql][function]") {
    const auto sum =
        test::must(call("+", {integers({1, std::nullopt, 3}), integers({10, 20, 30})}));
    CHECK(sum->integer(0) == 11);
    CHECK(sum->is_null(1));
    CHECK(sum->integer(2) == 33);
    const auto less = test::must(call("<", {integers({1, std::nullopt}), integers({2, 2})}));
    CHECK(less->boolean(0));
    CHECK(less->is_null(1));
}

TEST_CASE("what does not depend on rows is computed once", "[sql][function]") {
    const auto constant = [](std::int64_t value) {
        Column one(TypeId::bigint);
        one.add_integer(value);
        return ColumnPtr(Column::constant(std::move(one), 5));
    };
    const auto sum = test::must(call("+", {constant(2), constant(3)}));
    CHECK(sum->is_constant());
    CHECK(sum->size() == 5);
    CHECK(sum->integer(4) == 5);
    const auto mixed = test::must(call("*", {constant(2), integers({1, 2, 3, 4, 5})}));
    CHECK_FALSE(mixed->is_constant());
    CHECK(mixed->integer(4) == 10);
}

TEST_CASE("arithmetic fails where PostgreSQL's does, and nowhere else", "[sql][function]") {
    const auto most = integers({INT64_MAX}), least = integers({INT64_MIN}), one = integers({1});
    const auto zero = integers({0}), minus = integers({-1});
    CHECK(failure("+", {most, one}) == "bigint out of range");
    CHECK(failure("-", {least, one}) == "bigint out of range");
    CHECK(failure("*", {most, most}) == "bigint out of range");
    CHECK(failure("/", {least, minus}) == "bigint out of range");
    CHECK(failure("/", {one, zero}) == "division by zero");
    CHECK(failure("%", {one, zero}) == "division by zero");
    CHECK(test::must(call("%", {least, minus}))->integer(0) == 0);
    CHECK(test::must(call("/", {integers({-7}), integers({2})}))->integer(0) == -3);
    CHECK(test::must(call("%", {integers({-7}), integers({2})}))->integer(0) == -1);
    CHECK(failure("-", {least}) == "bigint out of range");
    CHECK(failure("*", {reals({1e308}), reals({10})}) == "value out of range: overflow");
    CHECK(failure("/", {reals({1}), reals({0})}) == "division by zero");
    CHECK(failure("sqrt", {reals({-1})}) == "cannot take square root of a negative number");
    CHECK(failure("ln", {reals({0})}) == "cannot take logarithm of zero");
    CHECK(test::must(call("round", {reals({2.5, 3.5, -0.4})}))->real(0) == 2);
    CHECK(test::must(call("round", {reals({2.345}), integers({2})}))->real(0) == 2.35);
}

TEST_CASE("floats are ordered with NaN above all and equal to itself", "[sql][function]") {
    const auto nan = std::numeric_limits<double>::quiet_NaN();
    const auto inf = std::numeric_limits<double>::infinity();
    const auto answer = [](std::string_view op, double a, double b) {
        return test::must(call(op, {reals({a}), reals({b})}))->boolean(0);
    };
    CHECK(answer("=", nan, nan));
    CHECK(answer(">", nan, inf));
    CHECK(answer("<", inf, nan));
    CHECK(answer("=", 0.0, -0.0));
    CHECK_FALSE(answer("<>", nan, nan));
    CHECK(answer(">=", nan, 1));
}

// Goal:   every comparison of every type agrees with the others and with plain integers.
TEST_CASE("the six comparisons agree with each other", "[sql][function][property]") {
    const auto seed = test::seed(3);
    CAPTURE(seed);
    Random rng(seed);
    for (int round = 0; round < 300; ++round) {
        const auto a = rng.between(-3, 3), b = rng.between(-3, 3);
        for (const auto id : {TypeId::bigint, TypeId::real, TypeId::numeric, TypeId::interval}) {
            const auto make = [id](std::int64_t value) {
                return column(id, [=](Column& out) {
                    if (id == TypeId::bigint) out.add_integer(value);
                    if (id == TypeId::real) out.add_real(static_cast<double>(value));
                    if (id == TypeId::numeric) out.add_decimal(Decimal(value));
                    if (id == TypeId::interval) out.add_interval({0, 0, value});
                });
            };
            const auto answer = [&](std::string_view op) {
                return test::must(call(op, {make(a), make(b)}))->boolean(0);
            };
            CAPTURE(type_name(id), a, b);
            CHECK(answer("=") == (a == b));
            CHECK(answer("<>") == (a != b));
            CHECK(answer("<") == (a < b));
            CHECK(answer("<=") == (a <= b));
            CHECK(answer(">") == (a > b));
            CHECK(answer(">=") == (a >= b));
        }
    }
}
