// SPDX-License-Identifier: Apache-2.0
// count, sum and avg: the aggregates whose cost is felt, so that a row costs a few additions.
#include <cmath>

#include "aggregate_state.hpp"
#include "interval_math.hpp"

namespace topgun::sql {
namespace {

template <typename In>
struct Count {
    struct State {
        std::int64_t count = 0;
    };
    using Input = In;
    static void add(State& state, const Input&) { ++state.count; }
    static void remove(State& state, const Input&) { --state.count; }
    static bool exact(Arguments) { return true; }
    static void merge(State& to, const State& from) { to.count += from.count; }
    static Status finish(const State& state, Column& out) {
        out.add_integer(state.count);
        return {};
    }
    static std::vector<DataType> partial_types(const AggregateCall&) { return {TypeId::bigint}; }
    static Status save(const State& state, std::span<Column> out) { return finish(state, out[0]); }
    static State load(Arguments partial, std::size_t row) { return {partial[0]->integer(row)}; }
};

// 128 bits hold the sum of as many 64-bit integers as there can be, so that only the result can be
// out of range, whatever the order of rows.
struct IntegerTotal {
    struct State {
        Int128 sum = 0;
        std::int64_t count = 0;
    };
    using Input = std::int64_t;
    static void add(State& state, std::int64_t value) {
        state.sum += value;
        ++state.count;
    }
    static void remove(State& state, std::int64_t value) {
        state.sum -= value;
        --state.count;
    }
    static bool exact(Arguments) { return true; }
    static void merge(State& to, const State& from) {
        to.sum += from.sum;
        to.count += from.count;
    }
    static std::vector<DataType> partial_types(const AggregateCall&) {
        return {TypeId::numeric, TypeId::bigint};
    }
    static Status save(const State& state, std::span<Column> out) {
        out[0].add_decimal(Decimal::from_parts(state.sum, 0));
        out[1].add_integer(state.count);
        return {};
    }
    static State load(Arguments partial, std::size_t row) {
        return {partial[0]->decimal(row).digits(), partial[1]->integer(row)};
    }
};
struct IntegerSum : IntegerTotal {
    static Status finish(const State& state, Column& out) {
        if (state.count == 0) {
            out.add_null();
            return {};
        }
        const auto sum = static_cast<std::int64_t>(state.sum);
        if (sum != state.sum) return Error(Errc::limit, "bigint out of range");
        out.add_integer(sum);
        return {};
    }
};
struct IntegerAverage : IntegerTotal {
    static Status finish(const State& state, Column& out) {
        if (state.count == 0) {
            out.add_null();
            return {};
        }
        return add_result(out, divide(Decimal::from_parts(state.sum, 0), Decimal(state.count)));
    }
};

// Knuth's TwoSum keeps what each addition rounds off, without a branch: sums in any order agree to
// the last digit or so. `specials` becomes NaN with an infinity or NaN in the input, for which the
// rounding errors are none.
struct RealTotal {
    struct State {
        double sum = 0;
        double rest = 0;
        double specials = 0;
        std::int64_t count = 0;
    };
    using Input = double;
    static constexpr bool kOrderFree = true;
    static void add(State& state, double value) {
        const double sum = state.sum + value;
        const double part = sum - state.sum;
        state.rest += (state.sum - (sum - part)) + (value - part);
        state.sum = sum;
        state.specials += value - value;
        ++state.count;
    }
    static void merge(State& to, const State& from) {
        // An overflow of `from` is not special: only what was put in is.
        const auto specials = to.specials + from.specials;
        const auto count = to.count + from.count;
        add(to, from.sum);
        to.rest += from.rest;
        to.specials = specials;
        to.count = count;
    }
    static Result<double> total(const State& state) {
        // Infinities add up as they do, NaN stays.
        if (std::isnan(state.specials)) return state.sum;
        if (!std::isfinite(state.sum)) return Error(Errc::limit, "value out of range: overflow");
        return state.sum + state.rest;
    }
    static std::vector<DataType> partial_types(const AggregateCall&) {
        return {TypeId::real, TypeId::real, TypeId::real, TypeId::bigint};
    }
    static Status save(const State& state, std::span<Column> out) {
        out[0].add_real(state.sum);
        out[1].add_real(state.rest);
        out[2].add_real(state.specials);
        out[3].add_integer(state.count);
        return {};
    }
    static State load(Arguments partial, std::size_t row) {
        return {partial[0]->real(row), partial[1]->real(row), partial[2]->real(row),
                partial[3]->integer(row)};
    }
};
struct RealSum : RealTotal {
    static Status finish(const State& state, Column& out) {
        if (state.count > 0) return add_result(out, total(state));
        out.add_null();
        return {};
    }
};
struct RealAverage : RealTotal {
    static Status finish(const State& state, Column& out) {
        if (state.count == 0) {
            out.add_null();
            return {};
        }
        auto sum = total(state);
        if (!sum) return std::move(sum).error();
        out.add_real(*sum / static_cast<double>(state.count));
        return {};
    }
};

struct DecimalTotal {
    struct State {
        Int128 digits = 0;
        std::int64_t count = 0;
        std::uint8_t scale = 0;
        bool overflow = false;
        Decimal sum() const { return Decimal::from_parts(digits, scale); }
    };
    using Input = Decimal;
    static void add_sum(State& state, const Decimal& value) {
        constexpr Int128 kSafe = Int128{1} << 125;  // below 10^38
        if (value.scale() == state.scale) {
            const auto sum = state.digits + value.digits();
            if (sum < kSafe && sum > -kSafe) {
                state.digits = sum;
                return;
            }
        }
        const auto sum = topgun::add(state.sum(), value);
        if (!sum) {
            state.overflow = true;
            return;
        }
        state.digits = sum->digits();
        state.scale = static_cast<std::uint8_t>(sum->scale());
    }
    static void add(State& state, const Decimal& value) {
        add_sum(state, value);
        ++state.count;
    }
    static void remove(State& state, const Decimal& value) {
        add_sum(state, value.negated());
        // The scale is that of the rows which are there.
        if (--state.count == 0) state = State{};
    }
    // With scales that differ, or room that might not suffice, removal would leave traces.
    static bool exact(Arguments arguments) {
        const auto& column = *arguments[0];
        constexpr Int128 kMost = Int128{1} << 90;
        std::optional<int> scale;
        for (std::size_t row = 0; row < column.size(); ++row) {
            if (column.is_null(row)) continue;
            const auto& value = column.decimal(row);
            if (value.digits() > kMost || value.digits() < -kMost) return false;
            if (scale && *scale != value.scale()) return false;
            scale = value.scale();
        }
        return true;
    }
    static void merge(State& to, const State& from) {
        to.overflow = to.overflow || from.overflow;
        add_sum(to, from.sum());
        to.count += from.count;
    }
    static Status check(const State& state) {
        if (state.overflow) return Error(Errc::limit, "numeric value with more than 38 digits");
        return {};
    }
    static std::vector<DataType> partial_types(const AggregateCall&) {
        return {TypeId::numeric, TypeId::bigint};
    }
    static Status save(const State& state, std::span<Column> out) {
        TOPGUN_TRY(check(state));
        out[0].add_decimal(state.sum());
        out[1].add_integer(state.count);
        return {};
    }
    static State load(Arguments partial, std::size_t row) {
        const auto& sum = partial[0]->decimal(row);
        return {sum.digits(), partial[1]->integer(row), static_cast<std::uint8_t>(sum.scale()),
                false};
    }
};
template <bool average>
struct DecimalResult : DecimalTotal {
    static Status finish(const State& state, Column& out) {
        TOPGUN_TRY(check(state));
        if (state.count == 0) {
            out.add_null();
            return {};
        }
        if (average) return add_result(out, divide(state.sum(), Decimal(state.count)));
        out.add_decimal(state.sum());
        return {};
    }
};

struct IntervalTotal {
    struct State {
        std::int64_t months = 0, days = 0, count = 0;
        Int128 micros = 0;
    };
    using Input = Interval;
    static void add(State& state, const Interval& value) {
        state.months += value.months;
        state.days += value.days;
        state.micros += value.micros;
        ++state.count;
    }
    static void remove(State& state, const Interval& value) {
        state.months -= value.months;
        state.days -= value.days;
        state.micros -= value.micros;
        --state.count;
    }
    static bool exact(Arguments) { return true; }
    static void merge(State& to, const State& from) {
        to.months += from.months;
        to.days += from.days;
        to.micros += from.micros;
        to.count += from.count;
    }
    static Result<Interval> total(const State& state) {
        const Interval sum{static_cast<std::int32_t>(state.months),
                           static_cast<std::int32_t>(state.days),
                           static_cast<std::int64_t>(state.micros)};
        if (sum.months != state.months || sum.days != state.days || sum.micros != state.micros) {
            return interval_out_of_range();
        }
        return sum;
    }
    static std::vector<DataType> partial_types(const AggregateCall&) {
        return {TypeId::bigint, TypeId::bigint, TypeId::numeric, TypeId::bigint};
    }
    static Status save(const State& state, std::span<Column> out) {
        out[0].add_integer(state.months);
        out[1].add_integer(state.days);
        out[2].add_decimal(Decimal::from_parts(state.micros, 0));
        out[3].add_integer(state.count);
        return {};
    }
    static State load(Arguments partial, std::size_t row) {
        return {partial[0]->integer(row), partial[1]->integer(row), partial[3]->integer(row),
                partial[2]->decimal(row).digits()};
    }
};
template <bool average>
struct IntervalResult : IntervalTotal {
    static Status finish(const State& state, Column& out) {
        if (state.count == 0) {
            out.add_null();
            return {};
        }
        auto sum = total(state);
        if (sum && average) sum = divided(*sum, static_cast<double>(state.count));
        return add_result(out, std::move(sum));
    }
};

}  // namespace

void add_sums(std::vector<AggregateFunction>& to) {
    const DataType whole = TypeId::bigint, real = TypeId::real, numeric = TypeId::numeric,
                   interval = TypeId::interval;
    to.push_back(aggregate<Count<AnyRow>>("count", {}, whole));
    to.push_back(aggregate<Count<Present>>("count", {kAny}, whole));
    to.push_back(aggregate<IntegerSum>("sum", {whole}, whole));
    to.push_back(aggregate<RealSum>("sum", {real}, real));
    to.push_back(aggregate<DecimalResult<false>>("sum", {numeric}, numeric));
    to.push_back(aggregate<IntervalResult<false>>("sum", {interval}, interval));
    to.push_back(aggregate<IntegerAverage>("avg", {whole}, numeric));
    to.push_back(aggregate<RealAverage>("avg", {real}, real));
    to.push_back(aggregate<DecimalResult<true>>("avg", {numeric}, numeric));
    to.push_back(aggregate<IntervalResult<true>>("avg", {interval}, interval));
}

}  // namespace topgun::sql
