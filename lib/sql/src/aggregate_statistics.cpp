// SPDX-License-Identifier: Apache-2.0
// Variances, correlations and regressions of floats, by the recurrence of Youngs and Cramer, which
// PostgreSQL uses: the same rows in the same order give the same digits.
#include <cmath>
#include <limits>

#include "aggregate_state.hpp"

namespace topgun::sql {
namespace {

Error overflow() {
    return Error(Errc::limit, "value out of range: overflow");
}

void add_null_or(Column& out, std::optional<double> value) {
    if (value)
        out.add_real(*value);
    else
        out.add_null();
}

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Rows, their sum, and the sum of squared distances from their mean.
struct Moments {
    struct State {
        double n = 0, sum = 0, squares = 0;
        bool overflow = false;
    };
    using Input = double;
    static void add(State& state, double value) {
        const double before = state.n, sum_before = state.sum;
        state.n += 1;
        state.sum += value;
        if (before > 0) {
            const double distance = value * state.n - state.sum;
            state.squares += distance * distance / (state.n * before);
        }
        if (std::isfinite(state.sum) && std::isfinite(state.squares)) return;
        if (std::isinf(state.sum) || std::isinf(state.squares)) {
            state.overflow |= !std::isinf(sum_before) && !std::isinf(value);
        }
        state.squares = kNan;
    }
    static void merge(State& to, const State& from) {
        if (from.n == 0) return;
        if (to.n == 0) {
            to = from;
            return;
        }
        const double n = to.n + from.n;
        const double apart = to.sum / to.n - from.sum / from.n;
        to.overflow |= from.overflow;
        const bool infinite = std::isinf(to.sum) || std::isinf(from.sum);
        to.squares += from.squares + to.n * from.n * apart * apart / n;
        to.sum += from.sum;
        to.n = n;
        if (!infinite) to.overflow |= std::isinf(to.sum) || std::isinf(to.squares);
    }
    static std::vector<DataType> partial_types(const AggregateCall&) {
        return {TypeId::real, TypeId::real, TypeId::real};
    }
    static Status save(const State& state, std::span<Column> out) {
        if (state.overflow) return overflow();
        out[0].add_real(state.n);
        out[1].add_real(state.sum);
        out[2].add_real(state.squares);
        return {};
    }
    static State load(Arguments partial, std::size_t row) {
        return {partial[0]->real(row), partial[1]->real(row), partial[2]->real(row), false};
    }
};

template <bool sample, bool root>
struct Spread : Moments {
    static Status finish(const State& state, Column& out) {
        if (state.overflow) return overflow();
        const double divisor = state.n - (sample ? 1 : 0);
        if (divisor <= 0) {
            out.add_null();
            return {};
        }
        const double variance = state.squares / divisor;
        out.add_real(root ? std::sqrt(variance) : variance);
        return {};
    }
};

// The same of two variables.
struct Pairs {
    struct State {
        double n = 0, x = 0, xx = 0, y = 0, yy = 0, xy = 0;
        bool overflow = false;
    };
    using Input = RealPair;
    static void add(State& state, const RealPair& row) {
        const double before = state.n, x_before = state.x, y_before = state.y;
        state.n += 1;
        state.x += row.x;
        state.y += row.y;
        if (before > 0) {
            const double x = row.x * state.n - state.x;
            const double y = row.y * state.n - state.y;
            const double scale = 1.0 / (state.n * before);
            state.xx += x * x * scale;
            state.yy += y * y * scale;
            state.xy += x * y * scale;
        }
        settle(state, std::isinf(x_before) || std::isinf(row.x),
               std::isinf(y_before) || std::isinf(row.y));
    }
    // Infinities make NaN when they were put in, and are an error when they were not.
    static void settle(State& state, bool x_infinite, bool y_infinite) {
        const auto lost = [](double value) { return !std::isfinite(value); };
        if (!lost(state.x) && !lost(state.xx) && !lost(state.y) && !lost(state.yy) &&
            !lost(state.xy)) {
            return;
        }
        const auto overflowed = [](double value, bool infinite) {
            return std::isinf(value) && !infinite;
        };
        const bool either = x_infinite || y_infinite;
        state.overflow |= overflowed(state.x, x_infinite) || overflowed(state.xx, x_infinite) ||
                          overflowed(state.y, y_infinite) || overflowed(state.yy, y_infinite) ||
                          overflowed(state.xy, either);
        if (lost(state.x) || lost(state.xx)) state.xx = kNan;
        if (lost(state.y) || lost(state.yy)) state.yy = kNan;
        if (std::isnan(state.xx) || std::isnan(state.yy) || lost(state.xy)) state.xy = kNan;
    }
    static void merge(State& to, const State& from) {
        if (from.n == 0) return;
        if (to.n == 0) {
            to = from;
            return;
        }
        const bool x_infinite = std::isinf(to.x) || std::isinf(from.x);
        const bool y_infinite = std::isinf(to.y) || std::isinf(from.y);
        const double n = to.n + from.n;
        const double x = to.x / to.n - from.x / from.n;
        const double y = to.y / to.n - from.y / from.n;
        const double weight = to.n * from.n / n;
        to.xx += from.xx + weight * x * x;
        to.yy += from.yy + weight * y * y;
        to.xy += from.xy + weight * x * y;
        to.x += from.x;
        to.y += from.y;
        to.n = n;
        to.overflow |= from.overflow;
        settle(to, x_infinite, y_infinite);
    }
    static std::vector<DataType> partial_types(const AggregateCall&) {
        return std::vector<DataType>(6, TypeId::real);
    }
    static Status save(const State& state, std::span<Column> out) {
        if (state.overflow) return overflow();
        const double fields[] = {state.n, state.x, state.xx, state.y, state.yy, state.xy};
        for (std::size_t i = 0; i < out.size(); ++i) out[i].add_real(fields[i]);
        return {};
    }
    static State load(Arguments partial, std::size_t row) {
        const auto field = [&](std::size_t i) { return partial[i]->real(row); };
        return {field(0), field(1), field(2), field(3), field(4), field(5), false};
    }
};

enum class Of { covar_pop, covar_samp, corr, r2, slope, intercept, avgx, avgy, sxx, syy, sxy };

// Empty where there are too few rows, or all of them stand on a vertical line.
template <Of of>
std::optional<double> result_of(const Pairs::State& state) {
    if (state.n < 1) return std::nullopt;
    switch (of) {
        case Of::covar_pop: return state.xy / state.n;
        case Of::covar_samp:
            if (state.n < 2) return std::nullopt;
            return state.xy / (state.n - 1);
        case Of::avgx: return state.x / state.n;
        case Of::avgy: return state.y / state.n;
        case Of::sxx: return state.xx;
        case Of::syy: return state.yy;
        case Of::sxy: return state.xy;
        case Of::corr:
            if (state.xx == 0 || state.yy == 0) return std::nullopt;
            return state.xy / std::sqrt(state.xx * state.yy);
        case Of::r2:
            if (state.xx == 0) return std::nullopt;
            if (state.yy == 0) return 1.0;
            return state.xy * state.xy / (state.xx * state.yy);
        case Of::slope:
            if (state.xx == 0) return std::nullopt;
            return state.xy / state.xx;
        case Of::intercept:
            if (state.xx == 0) return std::nullopt;
            return (state.y - state.x * state.xy / state.xx) / state.n;
    }
    return std::nullopt;
}

template <Of of>
struct Regression : Pairs {
    static Status finish(const State& state, Column& out) {
        if (state.overflow) return overflow();
        add_null_or(out, result_of<of>(state));
        return {};
    }
};
struct RegressionCount : Pairs {
    static Status finish(const State& state, Column& out) {
        out.add_integer(static_cast<std::int64_t>(state.n));
        return {};
    }
};

template <Of of>
void add_regression(std::vector<AggregateFunction>& to, std::string_view name) {
    to.push_back(aggregate<Regression<of>>(name, {TypeId::real, TypeId::real}, TypeId::real));
}

}  // namespace

void add_real_statistics(std::vector<AggregateFunction>& to) {
    const DataType real = TypeId::real;
    to.push_back(aggregate<Spread<true, true>>("stddev", {real}, real));
    to.push_back(aggregate<Spread<true, true>>("stddev_samp", {real}, real));
    to.push_back(aggregate<Spread<false, true>>("stddev_pop", {real}, real));
    to.push_back(aggregate<Spread<true, false>>("variance", {real}, real));
    to.push_back(aggregate<Spread<true, false>>("var_samp", {real}, real));
    to.push_back(aggregate<Spread<false, false>>("var_pop", {real}, real));
    add_regression<Of::covar_pop>(to, "covar_pop");
    add_regression<Of::covar_samp>(to, "covar_samp");
    add_regression<Of::corr>(to, "corr");
    add_regression<Of::r2>(to, "regr_r2");
    add_regression<Of::slope>(to, "regr_slope");
    add_regression<Of::intercept>(to, "regr_intercept");
    add_regression<Of::avgx>(to, "regr_avgx");
    add_regression<Of::avgy>(to, "regr_avgy");
    add_regression<Of::sxx>(to, "regr_sxx");
    add_regression<Of::syy>(to, "regr_syy");
    add_regression<Of::sxy>(to, "regr_sxy");
    to.push_back(aggregate<RegressionCount>("regr_count", {real, real}, TypeId::bigint));
}

}  // namespace topgun::sql
