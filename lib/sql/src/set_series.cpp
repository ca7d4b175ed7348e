// SPDX-License-Identifier: Apache-2.0
// generate_series() and its like: rows out of numbers and moments, made as they are read.
#include "moment.hpp"
#include "set_function.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::sql {
namespace {

using Rows = Result<std::unique_ptr<SetRows>>;
using I = std::int64_t;

Error zero_step() {
    return Error(Errc::bad_input, "step size cannot equal zero");
}

bool any_null(Arguments arguments, std::size_t row) {
    for (const auto& argument : arguments) {
        if (argument->is_null(row)) return true;
    }
    return false;
}

class IntegerSeries final : public SetRows {
public:
    IntegerSeries(I from, I to, I step) : at_(from), to_(to), step_(step) {}
    Result<std::size_t> next(std::span<Column> out, std::size_t most) override {
        std::size_t count = 0;
        for (; count < most && !done_ && (step_ > 0 ? at_ <= to_ : at_ >= to_); ++count) {
            out[0].add_integer(at_);
            // The last number of all has none behind it.
            done_ = __builtin_add_overflow(at_, step_, &at_);
        }
        return count;
    }

private:
    I at_, to_, step_;
    bool done_ = false;
};

class NumericSeries final : public SetRows {
public:
    NumericSeries(const Decimal& from, const Decimal& to, const Decimal& step)
        : at_(from), to_(to), step_(step) {}
    Result<std::size_t> next(std::span<Column> out, std::size_t most) override {
        std::size_t count = 0;
        for (; count < most && (step_.is_negative() ? at_ >= to_ : at_ <= to_); ++count) {
            out[0].add_decimal(at_);
            auto sum = add(at_, step_);
            if (!sum) return std::move(sum).error();
            at_ = *sum;
        }
        return count;
    }

private:
    Decimal at_, to_, step_;
};

class MomentSeries final : public SetRows {
public:
    MomentSeries(I from, I to, const Interval& step)
        : at_(from), to_(to), step_(step), down_(step.span() < 0) {}
    Result<std::size_t> next(std::span<Column> out, std::size_t most) override {
        std::size_t count = 0;
        for (; count < most && (down_ ? at_ >= to_ : at_ <= to_); ++count) {
            out[0].add_integer(at_);
            auto sum = add_interval(at_, step_);
            if (!sum) return std::move(sum).error();
            at_ = *sum;
        }
        return count;
    }

private:
    I at_, to_;
    Interval step_;
    bool down_;
};

Rows integer_series(const EvalContext&, Arguments arguments, std::size_t row) {
    if (any_null(arguments, row)) return no_rows();
    const I step = arguments.size() > 2 ? arguments[2]->integer(row) : 1;
    if (step == 0) return zero_step();
    return std::unique_ptr<SetRows>(std::make_unique<IntegerSeries>(
        arguments[0]->integer(row), arguments[1]->integer(row), step));
}

Rows numeric_series(const EvalContext&, Arguments arguments, std::size_t row) {
    if (any_null(arguments, row)) return no_rows();
    const Decimal step = arguments.size() > 2 ? arguments[2]->decimal(row) : Decimal(1);
    if (step.is_zero()) return zero_step();
    return std::unique_ptr<SetRows>(std::make_unique<NumericSeries>(
        arguments[0]->decimal(row), arguments[1]->decimal(row), step));
}

Rows moment_series(const EvalContext&, Arguments arguments, std::size_t row) {
    if (any_null(arguments, row)) return no_rows();
    const auto& step = arguments[2]->interval(row);
    if (step.span() == 0) return zero_step();
    return std::unique_ptr<SetRows>(std::make_unique<MomentSeries>(
        arguments[0]->integer(row), arguments[1]->integer(row), step));
}

// The indexes of one dimension of a list; dimensions that it lacks have none.
Rows subscripts(const EvalContext&, Arguments arguments, std::size_t row) {
    if (any_null(arguments, row)) return no_rows();
    auto level = ValueView(arguments[0]->bytes(row));
    const I dimension = arguments[1]->integer(row);
    if (dimension < 1) return no_rows();
    for (I i = 1; i < dimension && level.size() > 0; ++i) level = *level.at(0);
    const bool list = level.kind() == msgpack::Kind::array;
    const I size = list ? level.size() : 0;
    const bool reverse = arguments.size() > 2 && arguments[2]->boolean(row);
    return std::unique_ptr<SetRows>(reverse ? std::make_unique<IntegerSeries>(size, 1, -1)
                                            : std::make_unique<IntegerSeries>(1, size, 1));
}

}  // namespace

void add_series(std::vector<SetFunction>& to) {
    const auto series = [&to](DataType type, DataType step, bool step_needed, auto open) {
        const std::vector<SetColumn> columns{{"generate_series", type}};
        if (!step_needed) to.push_back({"generate_series", {type, type}, columns, open});
        to.push_back({"generate_series", {type, type, step}, columns, open});
    };
    series(TypeId::bigint, TypeId::bigint, false, integer_series);
    series(TypeId::numeric, TypeId::numeric, false, numeric_series);
    series(TypeId::timestamp, TypeId::interval, true, moment_series);
    series(TypeId::timestamptz, TypeId::interval, true, moment_series);
    const std::vector<SetColumn> indexes{{"generate_subscripts", TypeId::bigint}};
    to.push_back({"generate_subscripts", {kElements, TypeId::bigint}, indexes, subscripts});
    to.push_back(
        {"generate_subscripts", {kElements, TypeId::bigint, TypeId::boolean}, indexes, subscripts});
}

}  // namespace topgun::sql
