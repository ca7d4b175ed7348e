// SPDX-License-Identifier: Apache-2.0
// What aggregates have in common, so that each is the few lines that make it different.
#pragma once

#include <array>
#include <concepts>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "aggregate.hpp"

namespace topgun::sql {

// Inputs of aggregates beside plain values, which are passed over where they are NULL.

/// A row of count(*).
struct AnyRow {};
/// A row of count(x) that is not NULL.
struct Present {};
/// A value that may be NULL.
template <typename T>
struct Maybe {
    bool null = true;
    T value{};
};
/// Two floats, neither NULL.
struct RealPair {
    double y = 0, x = 0;
};
/// A row of an aggregate that reads its arguments itself, NULLs included.
struct Row {
    Arguments arguments;
    std::size_t at = 0;
};

/// Where the values of a column without constants lie.
template <typename T>
auto values_of(const Column& column) {
    if constexpr (std::is_same_v<T, std::int64_t>) {
        return [data = column.integers().data()](std::size_t row) { return data[row]; };
    } else if constexpr (std::is_same_v<T, double>) {
        return [data = column.reals().data()](std::size_t row) { return data[row]; };
    } else if constexpr (std::is_same_v<T, bool>) {
        return [data = column.integers().data()](std::size_t row) { return data[row] != 0; };
    } else {
        return [&column](std::size_t row) -> decltype(auto) { return value_at<T>(column, row); };
    }
}

/// Calls visit(row, value) for each row of [first, last) that is not NULL.
template <typename T, typename Visit>
void each_value(const Column& column, std::size_t first, std::size_t last, Visit&& visit) {
    if (first >= last) return;
    if (column.is_constant()) {
        if (column.is_null(0)) return;
        const auto value = values_of<T>(column)(0);
        for (auto row = first; row < last; ++row) visit(row, value);
        return;
    }
    const auto value = values_of<T>(column);
    if (!column.may_have_nulls()) {
        for (auto row = first; row < last; ++row) visit(row, value(row));
        return;
    }
    for (auto row = first; row < last; ++row) {
        if (!column.is_null(row)) visit(row, value(row));
    }
}

template <typename T>
inline constexpr bool kIsMaybe = false;
template <typename T>
inline constexpr bool kIsMaybe<Maybe<T>> = true;

/// Calls visit(row, input) for each row of [first, last) that an aggregate takes.
template <typename Input, typename Visit>
void each_input(Arguments arguments, std::size_t first, std::size_t last, Visit&& visit) {
    if constexpr (std::is_same_v<Input, AnyRow>) {
        for (auto row = first; row < last; ++row) visit(row, AnyRow{});
    } else if constexpr (std::is_same_v<Input, Row>) {
        for (auto row = first; row < last; ++row) visit(row, Row{arguments, row});
    } else if constexpr (std::is_same_v<Input, Present>) {
        const auto& column = *arguments[0];
        if (column.null_count() == column.size()) return;
        const bool all = !column.may_have_nulls();
        for (auto row = first; row < last; ++row) {
            if (all || !column.is_null(row)) visit(row, Present{});
        }
    } else if constexpr (std::is_same_v<Input, RealPair>) {
        const auto& y = *arguments[0];
        const auto& x = *arguments[1];
        for (auto row = first; row < last; ++row) {
            if (!y.is_null(row) && !x.is_null(row)) visit(row, RealPair{y.real(row), x.real(row)});
        }
    } else if constexpr (kIsMaybe<Input>) {
        const auto& column = *arguments[0];
        using T = decltype(Input::value);
        for (auto row = first; row < last; ++row) {
            if (column.is_null(row))
                visit(row, Input{});
            else
                visit(row, Input{false, values_of<T>(column)(column.slot(row))});
        }
    } else {
        each_value<Input>(*arguments[0], first, last, std::forward<Visit>(visit));
    }
}

/// The states of an aggregate in a vector, by group. What an Op has:
///
///   State, Input;  void add(State&, const Input&);  Status finish(const State&, Column&)
///   for partial states: void merge(State&, const State&), Status save(const State&,
///     std::span<Column>), State load(Arguments, row), std::vector<DataType> partial_types(call)
///   where rows can be taken out: void remove(State&, const Input&), bool exact(Arguments)
///   where additions take long, but in any order: kOrderFree
///   where states hold memory: std::size_t heap(const State&)
///   where one may hold too much: Status check(const State&), asked when all have much
///
/// All static; no function of an Op but finish() and save() fails, so that overflow is remembered
/// in the state and the loop over the rows is free of it.
template <typename Op>
class States final : public Accumulators {
public:
    using State = typename Op::State;
    using Input = typename Op::Input;

    void resize(std::size_t count) override { states_.resize(count); }

    Status update(const EvalContext&, Arguments arguments,
                  std::span<const std::uint32_t> groups) override {
        if (states_.size() == 1) {
            add_to(arguments, 0, groups.size(), 0);
            constexpr std::uint32_t kOnly[] = {0};
            return check(kOnly);
        }
        auto* const states = states_.data();
        const auto* const group = groups.data();
        each_input<Input>(arguments, 0, groups.size(), [&](std::size_t row, const auto& input) {
            add(states[group[row]], input);
        });
        return check(groups);
    }
    Status finish(std::size_t group, Column& out) override {
        return Op::finish(states_[group], out);
    }

    Status save(std::size_t group, std::span<Column> out) override {
        if constexpr (kPartial) return Op::save(states_[group], out);
        return Accumulators::save(group, out);
    }
    Status merge(Arguments partial, std::span<const std::uint32_t> groups) override {
        if constexpr (kPartial) {
            for (std::size_t row = 0; row < groups.size(); ++row) {
                merge_into(states_[groups[row]], Op::load(partial, row));
            }
            return {};
        }
        return Accumulators::merge(partial, groups);
    }
    std::size_t memory() const override { return states_.capacity() * sizeof(State) + heap_; }

    Status add_rows(const EvalContext&, Arguments arguments, std::size_t first, std::size_t last,
                    std::size_t group) override {
        add_to(arguments, first, last, group);
        const std::uint32_t only[] = {static_cast<std::uint32_t>(group)};
        return check(only);
    }
    void clear(std::size_t group) override {
        if constexpr (kHeap) heap_ -= Op::heap(states_[group]);
        states_[group] = State{};
    }
    bool can_combine() const noexcept override { return kPartial; }
    void combine(std::size_t to, std::size_t from) override {
        if constexpr (kPartial) merge_into(states_[to], states_[from]);
    }
    bool can_remove(Arguments arguments) const override {
        if constexpr (kRemovable) return Op::exact(arguments);
        return Accumulators::can_remove(arguments);
    }
    void remove_rows(Arguments arguments, std::size_t first, std::size_t last,
                     std::size_t group) override {
        if constexpr (kRemovable) {
            each_input<Input>(arguments, first, last, [&](std::size_t, const auto& input) {
                Op::remove(states_[group], input);
            });
        }
    }

    static constexpr bool kPartial = requires(State & to, const State& from) {
        Op::merge(to, from);
    };

private:
    static constexpr bool kRemovable = requires(State & state, const Input& input) {
        Op::remove(state, input);
    };
    static constexpr bool kLanes = requires { Op::kOrderFree; };
    static constexpr bool kHeap = requires(const State& state) { Op::heap(state); };

    Status check(std::span<const std::uint32_t> groups) const {
        if constexpr (requires(const State& state) { Op::check(state); }) {
            if (heap_ <= kTextBytesMax) return {};
            for (const auto group : groups) TOPGUN_TRY(Op::check(states_[group]));
        }
        return {};
    }
    template <typename Value>
    void add(State& state, const Value& input) {
        if constexpr (kHeap) {
            const auto before = Op::heap(state);
            Op::add(state, input);
            heap_ += Op::heap(state) - before;
        } else {
            Op::add(state, input);
        }
    }
    void merge_into(State& to, const State& from) {
        if constexpr (kPartial && kHeap) {
            const auto before = Op::heap(to);
            Op::merge(to, from);
            heap_ += Op::heap(to) - before;
        } else if constexpr (kPartial) {
            Op::merge(to, from);
        }
    }
    void add_to(Arguments arguments, std::size_t first, std::size_t last, std::size_t group) {
        if constexpr (kLanes) {
            // Each addition waits for the one before; several sums at a time do not.
            constexpr std::size_t kLaneCount = 4, kWorthwhile = 64;
            if (last - first >= kWorthwhile) {
                std::array<State, kLaneCount> lanes{};
                each_input<Input>(arguments, first, last, [&](std::size_t row, const auto& input) {
                    Op::add(lanes[row % kLaneCount], input);
                });
                for (const auto& lane : lanes) Op::merge(states_[group], lane);
                return;
            }
        }
        if constexpr (std::is_trivially_copyable_v<State>) {
            // A copy of the state stays in registers.
            auto state = states_[group];
            each_input<Input>(arguments, first, last,
                              [&](std::size_t, const auto& input) { Op::add(state, input); });
            states_[group] = state;
        } else {
            each_input<Input>(arguments, first, last,
                              [&](std::size_t, const auto& input) { add(states_[group], input); });
        }
    }

    std::vector<State> states_;
    std::size_t heap_ = 0;
};

/// An aggregate made of an Op.
template <typename Op>
AggregateFunction aggregate(std::string_view name, std::vector<DataType> arguments,
                            DataType result) {
    AggregateFunction out;
    out.name = name;
    out.arguments = std::move(arguments);
    out.result = result;
    out.make = [](const AggregateCall&) -> std::unique_ptr<Accumulators> {
        return std::make_unique<States<Op>>();
    };
    if constexpr (States<Op>::kPartial) {
        out.partial = [](const AggregateCall& call) { return Op::partial_types(call); };
    }
    return out;
}

// Where the aggregates come from: each file adds its own.
void add_sums(std::vector<AggregateFunction>& to);
void add_truths(std::vector<AggregateFunction>& to);
void add_extremes(std::vector<AggregateFunction>& to);
void add_collectors(std::vector<AggregateFunction>& to);
void add_real_statistics(std::vector<AggregateFunction>& to);
void add_exact_statistics(std::vector<AggregateFunction>& to);
void add_ordered_sets(std::vector<AggregateFunction>& to);

/// Sees to it that `inner` takes rows that differ in the first `arguments` columns only.
std::unique_ptr<Accumulators> make_distinct(std::unique_ptr<Accumulators> inner,
                                            std::size_t arguments);
/// Buffers rows until a result is asked for; then `inner` takes the first `arguments` columns of
/// them in the order given, whose keys count all columns.
std::unique_ptr<Accumulators> make_ordered(std::unique_ptr<Accumulators> inner,
                                           std::size_t arguments, std::vector<SortSpec> order);

}  // namespace topgun::sql
