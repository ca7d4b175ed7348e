// SPDX-License-Identifier: Apache-2.0
// Aggregates over booleans and bits.
#include "aggregate_state.hpp"

namespace topgun::sql {
namespace {

enum class Fold { all, any, bit_and, bit_or, bit_xor };

template <Fold fold>
constexpr std::int64_t folded(std::int64_t a, std::int64_t b) {
    switch (fold) {
        case Fold::all:
        case Fold::bit_and: return a & b;
        case Fold::any:
        case Fold::bit_or: return a | b;
        case Fold::bit_xor: return a ^ b;
    }
    return a;
}

// Booleans are kept as 0 and 1, so that they fold as bits do.
template <Fold fold>
struct Folded {
    static constexpr bool kBoolean = fold == Fold::all || fold == Fold::any;
    struct State {
        std::int64_t value = 0;
        bool seen = false;
    };
    using Input = std::int64_t;
    static void add(State& state, std::int64_t value) {
        state.value = state.seen ? folded<fold>(state.value, value) : value;
        state.seen = true;
    }
    static void merge(State& to, const State& from) {
        if (from.seen) add(to, from.value);
    }
    static Status finish(const State& state, Column& out) {
        if (state.seen)
            out.add_integer(state.value);
        else
            out.add_null();
        return {};
    }
    static std::vector<DataType> partial_types(const AggregateCall&) {
        return {kBoolean ? TypeId::boolean : TypeId::bigint};
    }
    static Status save(const State& state, std::span<Column> out) { return finish(state, out[0]); }
    static State load(Arguments partial, std::size_t row) {
        if (partial[0]->is_null(row)) return {};
        return {partial[0]->integer(row), true};
    }
};

// OR, or AND, of three-valued logic: `decided` of any row settles it, else NULL does.
template <bool decided>
struct ThreeValued {
    struct State {
        bool decides = false;
        bool null = false;
    };
    using Input = Maybe<bool>;
    static void add(State& state, const Input& input) {
        if (input.null)
            state.null = true;
        else
            state.decides |= input.value == decided;
    }
    static void merge(State& to, const State& from) {
        to.decides |= from.decides;
        to.null |= from.null;
    }
    static Status finish(const State& state, Column& out) {
        if (state.null && !state.decides)
            out.add_null();
        else
            out.add_boolean(state.decides == decided);
        return {};
    }
    static std::vector<DataType> partial_types(const AggregateCall&) { return {TypeId::boolean}; }
    static Status save(const State& state, std::span<Column> out) { return finish(state, out[0]); }
    static State load(Arguments partial, std::size_t row) {
        State state;
        if (partial[0]->is_null(row))
            state.null = true;
        else
            state.decides = partial[0]->boolean(row) == decided;
        return state;
    }
};

}  // namespace

void add_truths(std::vector<AggregateFunction>& to) {
    const DataType truth = TypeId::boolean, bits = TypeId::bigint;
    to.push_back(aggregate<Folded<Fold::all>>("bool_and", {truth}, truth));
    to.push_back(aggregate<Folded<Fold::all>>("every", {truth}, truth));
    to.push_back(aggregate<Folded<Fold::any>>("bool_or", {truth}, truth));
    to.push_back(aggregate<Folded<Fold::bit_and>>("bit_and", {bits}, bits));
    to.push_back(aggregate<Folded<Fold::bit_or>>("bit_or", {bits}, bits));
    to.push_back(aggregate<Folded<Fold::bit_xor>>("bit_xor", {bits}, bits));
    to.push_back(aggregate<ThreeValued<true>>("$any_true", {truth}, truth));
    to.push_back(aggregate<ThreeValued<false>>("$all_true", {truth}, truth));
}

}  // namespace topgun::sql
