// SPDX-License-Identifier: Apache-2.0
// Aggregates whose result is one of the values: min, max, first, last, any_value.
#include <string>

#include "aggregate_state.hpp"
#include "list_order.hpp"
#include "order_of.hpp"

namespace topgun::sql {
namespace {

// A value of JSON, or a list of these elements, each of which has an order of its own.
template <TypeId element>
struct Encoded {
    std::string_view bytes;
};
template <typename T>
inline constexpr bool kIsEncoded = false;
template <TypeId element>
inline constexpr bool kIsEncoded<Encoded<element>> = true;

template <typename T>
int compare(const T& a, const T& b) {
    return order_of(a, b);
}
template <TypeId element>
int compare(const Encoded<element>& a, const Encoded<element>& b) {
    return compare_lists(a.bytes, b.bytes, element);
}

// How states keep a value of type T, and how columns take it.
template <typename T>
struct Kept {
    T value{};
    bool seen = false;
    bool null = false;  // of aggregates that keep NULLs
    T get() const { return value; }
    void set(const T& from) { value = from; }
};
template <typename T>
struct KeptBytes {
    std::string value;
    bool seen = false;
    bool null = false;
    T get() const { return T{value}; }
    void set(const T& from) {
        if constexpr (kIsEncoded<T>)
            value.assign(from.bytes);
        else
            value.assign(from);
    }
};
template <>
struct Kept<std::string_view> : KeptBytes<std::string_view> {};
template <TypeId element>
struct Kept<Encoded<element>> : KeptBytes<Encoded<element>> {};

template <typename T>
void add_kept(Column& out, const Kept<T>& kept) {
    if (!kept.seen || kept.null)
        out.add_null();
    else
        add_value(out, kept.value);
}

template <typename T>
T read_value(const Column& column, std::size_t row) {
    if constexpr (kIsEncoded<T>)
        return T{column.bytes(row)};
    else
        return value_at<T>(column, row);
}

// States of one value each, the column's type their own: what partial states and memory need.
template <typename T>
struct OneValue {
    using State = Kept<T>;
    static Status finish(const State& state, Column& out) {
        add_kept(out, state);
        return {};
    }
    static std::vector<DataType> partial_types(const AggregateCall& call) { return {call.result}; }
    static Status save(const State& state, std::span<Column> out) { return finish(state, out[0]); }
    static State load(Arguments partial, std::size_t row) {
        State state;
        if (partial[0]->is_null(row)) return state;
        state.set(read_value<T>(*partial[0], row));
        state.seen = true;
        return state;
    }
    static std::size_t heap(const State& state) requires requires { state.value.capacity(); }
    { return state.value.capacity(); }
};

template <typename T>
struct InputOf {
    using Type = T;
};
// Encoded values are read as bytes.
template <TypeId element>
struct InputOf<Encoded<element>> {
    using Type = std::string_view;
};

template <typename T, bool largest>
struct Extreme : OneValue<T> {
    using State = Kept<T>;
    using Input = typename InputOf<T>::Type;
    static void add(State& state, const Input& input) {
        const T value{input};
        if (state.seen) {
            const int order = compare(value, state.get());
            if (largest ? order <= 0 : order >= 0) return;
        }
        state.set(value);
        state.seen = true;
    }
    static void merge(State& to, const State& from) {
        if (from.seen) add(to, from.value);
    }
};
template <typename T>
struct Smallest : Extreme<T, false> {};
template <typename T>
struct Largest : Extreme<T, true> {};

template <typename T>
struct AnyValue : OneValue<T> {
    using State = Kept<T>;
    using Input = typename InputOf<T>::Type;
    static void add(State& state, const Input& input) {
        if (state.seen) return;
        state.set(T{input});
        state.seen = true;
    }
    static void merge(State& to, const State& from) {
        if (from.seen && !to.seen) to = from;
    }
};

// The result depends on the order of rows, or on there being no second one: no partial states.
template <typename T>
struct Positional {
    using State = Kept<T>;
    using Input = Maybe<typename InputOf<T>::Type>;
    static Status finish(const State& state, Column& out) {
        add_kept(out, state);
        return {};
    }
    static std::size_t heap(const State& state) requires requires { state.value.capacity(); }
    { return state.value.capacity(); }
    static void take(State& state, const Input& input) {
        state.seen = true;
        state.null = input.null;
        if (!input.null) state.set(T{input.value});
    }
};
template <typename T>
struct First : Positional<T> {
    static void add(Kept<T>& state, const typename Positional<T>::Input& input) {
        if (!state.seen) Positional<T>::take(state, input);
    }
};
template <typename T>
struct Last : Positional<T> {
    static void add(Kept<T>& state, const typename Positional<T>::Input& input) {
        Positional<T>::take(state, input);
    }
};
template <typename T>
struct Single : Positional<T> {
    struct State : Kept<T> {
        bool second = false;
    };
    static void add(State& state, const typename Positional<T>::Input& input) {
        state.second = state.seen;
        if (!state.seen) Positional<T>::take(state, input);
    }
    static Status finish(const State& state, Column& out) {
        if (state.second) {
            return Error(Errc::usage,
                         "more than one row returned by a subquery used as an expression");
        }
        return Positional<T>::finish(state, out);
    }
};

template <template <typename> typename Op>
std::unique_ptr<Accumulators> make_for(const AggregateCall& call) {
    const auto type = call.arguments[0];
    switch (storage_of(type)) {
        case Storage::none:
        case Storage::integer: return std::make_unique<States<Op<std::int64_t>>>();
        case Storage::real: return std::make_unique<States<Op<double>>>();
        case Storage::decimal: return std::make_unique<States<Op<Decimal>>>();
        case Storage::interval: return std::make_unique<States<Op<Interval>>>();
        case Storage::bytes: break;
    }
    const auto encoded = type.id == TypeId::list ? type.element : type.id;
    if (encoded == TypeId::json) return std::make_unique<States<Op<Encoded<TypeId::json>>>>();
    if (type.id != TypeId::list) return std::make_unique<States<Op<std::string_view>>>();
    switch (encoded) {
        case TypeId::numeric: return std::make_unique<States<Op<Encoded<TypeId::numeric>>>>();
        case TypeId::interval: return std::make_unique<States<Op<Encoded<TypeId::interval>>>>();
        // All others stand in lists as what they are compared by.
        default: return std::make_unique<States<Op<Encoded<TypeId::text>>>>();
    }
}

template <template <typename> typename Op>
void add_for_all(std::vector<AggregateFunction>& to, std::string_view name) {
    for (const auto type : {kElement, kElements}) {
        AggregateFunction out;
        out.name = name;
        out.arguments = {type};
        out.result = type;
        out.make = make_for<Op>;
        if constexpr (States<Op<std::int64_t>>::kPartial) {
            out.partial = Op<std::int64_t>::partial_types;
        }
        to.push_back(out);
    }
}

}  // namespace

void add_extremes(std::vector<AggregateFunction>& to) {
    add_for_all<Smallest>(to, "min");
    add_for_all<Largest>(to, "max");
    add_for_all<AnyValue>(to, "any_value");
    add_for_all<First>(to, "first");
    add_for_all<Last>(to, "last");
    add_for_all<Single>(to, "$single");
}

}  // namespace topgun::sql
