// SPDX-License-Identifier: Apache-2.0
// Variances of whole and decimal numbers, without rounding before the last step: PostgreSQL's
// digits, as far as 38 of them go.
#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>

#include "aggregate_state.hpp"

namespace topgun::sql {
namespace {

using boost::multiprecision::cpp_int;
using boost::multiprecision::int1024_t;

const cpp_int& power(int exponent) {
    // Numerators have up to 191 digits, of which 76 are decimals, and divisors up to 38: a quotient
    // of 16 significant digits has a scale below 150, and fewer than 350 digits.
    constexpr std::size_t kPowers = 512;
    static const std::vector<cpp_int> powers = [] {
        std::vector<cpp_int> all{1};
        while (all.size() < kPowers) all.push_back(all.back() * 10);
        return all;
    }();
    return powers[static_cast<std::size_t>(exponent)];
}

// @pre value >= 0.
int digit_count(const cpp_int& value) {
    if (value == 0) return 1;
    // A bit is about 0.30103 of a digit.
    int count = static_cast<int>(msb(value) * 30103 / 100000) + 1;
    while (value >= power(count)) ++count;
    return count;
}

// The first digit to the base 10000 and its weight, as PostgreSQL holds the number.
struct Leading {
    int weight = 0;
    int digit = 0;
};
Leading leading_of(const cpp_int& value, int scale) {
    constexpr int kBaseDigits = 4;
    if (value == 0) return {};
    const int exponent = digit_count(value) - 1 - scale;
    const int weight =
        exponent >= 0 ? exponent / kBaseDigits : -((-exponent + kBaseDigits - 1) / kBaseDigits);
    const int shift = scale + kBaseDigits * weight;
    const cpp_int first =
        shift >= 0 ? cpp_int(value / power(shift)) : cpp_int(value * power(-shift));
    return {weight, static_cast<int>(first)};
}

// PostgreSQL's scale of a quotient: at least 16 significant digits.
int quotient_scale(const cpp_int& value, int scale, const cpp_int& divisor) {
    constexpr int kSignificantDigits = 16, kBaseDigits = 4, kMost = 1000;
    const auto first = leading_of(value, scale), second = leading_of(divisor, 0);
    int weight = first.weight - second.weight;
    if (first.digit <= second.digit) --weight;
    return std::min(std::max({kSignificantDigits - weight * kBaseDigits, scale, 0}), kMost);
}

cpp_int rounded_quotient(const cpp_int& value, const cpp_int& divisor) {
    return (value * 2 + divisor) / (divisor * 2);
}

// With as much of its scale as a Decimal has room for.
Result<Decimal> narrow(cpp_int value, int scale) {
    const int digits = digit_count(value);
    const int drop = std::max({0, digits - Decimal::kMaxDigits, scale - Decimal::kMaxDigits});
    if (drop > scale) return Error(Errc::limit, "numeric value with more than 38 digits");
    if (drop > 0) value = rounded_quotient(value, power(drop));
    // Rounding up can make one digit more, which is a zero then.
    if (value >= power(Decimal::kMaxDigits)) {
        if (drop == scale) return Error(Errc::limit, "numeric value with more than 38 digits");
        return Decimal::from_parts((value / 10).convert_to<Int128>(), scale - drop - 1);
    }
    return Decimal::from_parts(value.convert_to<Int128>(), scale - drop);
}

// What variances follow from: rows, their sum and that of their squares, at a scale and its double.
struct Sums {
    std::int64_t count = 0;
    cpp_int sum, squares;
    int scale = 0;
};

Status add_spread(const Sums& sums, bool sample, bool root, Column& out) {
    const cpp_int count = sums.count;
    if (sums.count <= (sample ? 1 : 0)) {
        out.add_null();
        return {};
    }
    const cpp_int numerator = count * sums.squares - sums.sum * sums.sum;
    if (numerator <= 0) {
        out.add_decimal(Decimal(0));
        return {};
    }
    const cpp_int divisor = count * (sample ? cpp_int(count - 1) : count);
    const int numerator_scale = 2 * sums.scale;
    const int scale = quotient_scale(numerator, numerator_scale, divisor);
    cpp_int result = rounded_quotient(numerator * power(scale - numerator_scale), divisor);
    if (root) result = (sqrt(cpp_int(result * power(scale) * 100)) + 5) / 10;
    return add_result(out, narrow(std::move(result), scale));
}

template <typename Integer>
std::string bytes_of(const Integer& value) {
    std::string out(1, value < 0 ? '-' : '+');
    std::vector<unsigned char> digits;
    export_bits(cpp_int(abs(value)), std::back_inserter(digits), 8);
    out.append(digits.begin(), digits.end());
    return out;
}
cpp_int integer_of(std::string_view bytes) {
    cpp_int value;
    if (bytes.empty()) return value;
    const auto digits = bytes.substr(1);
    import_bits(value, digits.begin(), digits.end(), 8);
    return bytes[0] == '-' ? cpp_int(-value) : value;
}

std::vector<DataType> partial_sums() {
    return {TypeId::bigint, TypeId::bigint, TypeId::bytea, TypeId::bytea};
}
template <typename Sum, typename Squares>
Status save_sums(std::int64_t count, int scale, const Sum& sum, const Squares& squares,
                 std::span<Column> out) {
    out[0].add_integer(count);
    out[1].add_integer(scale);
    out[2].add_bytes(bytes_of(sum));
    out[3].add_bytes(bytes_of(squares));
    return {};
}

__extension__ using Unsigned128 = unsigned __int128;

// Of bigints: squares have up to 126 bits, their sum a carry beyond 128.
struct IntegerSquares {
    struct State {
        std::int64_t count = 0;
        std::uint64_t carry = 0;
        Int128 sum = 0;
        Unsigned128 squares = 0;
        cpp_int all_squares() const { return (cpp_int(carry) << 128) + cpp_int(squares); }
    };
    using Input = std::int64_t;
    static void add(State& state, std::int64_t value) {
        const auto square = static_cast<Unsigned128>(Int128{value} * value);
        ++state.count;
        state.sum += value;
        state.squares += square;
        state.carry += state.squares < square ? 1 : 0;
    }
    static void remove(State& state, std::int64_t value) {
        const auto square = static_cast<Unsigned128>(Int128{value} * value);
        --state.count;
        state.sum -= value;
        state.carry -= state.squares < square ? 1 : 0;
        state.squares -= square;
    }
    static bool exact(Arguments) { return true; }
    static void merge(State& to, const State& from) {
        to.count += from.count;
        to.sum += from.sum;
        to.squares += from.squares;
        to.carry += from.carry + (to.squares < from.squares ? 1 : 0);
    }
    static Sums sums(const State& state) {
        return {state.count, cpp_int(state.sum), state.all_squares(), 0};
    }
    static std::vector<DataType> partial_types(const AggregateCall&) { return partial_sums(); }
    static Status save(const State& state, std::span<Column> out) {
        return save_sums(state.count, 0, cpp_int(state.sum), state.all_squares(), out);
    }
    static State load(Arguments partial, std::size_t row) {
        State state;
        state.count = partial[0]->integer(row);
        state.sum = integer_of(partial[2]->bytes(row)).convert_to<Int128>();
        const auto squares = integer_of(partial[3]->bytes(row));
        state.carry = static_cast<std::uint64_t>(cpp_int(squares >> 128));
        state.squares = cpp_int(squares - (cpp_int(state.carry) << 128)).convert_to<Unsigned128>();
        return state;
    }
};

// Of decimals: numbers at one scale have up to 76 digits, squares twice as many.
struct DecimalSquares {
    struct State {
        std::int64_t count = 0;
        int scale = 0;
        int1024_t sum = 0;
        int1024_t squares = 0;
    };
    using Input = Decimal;
    static void rescale(State& state, int scale) {
        if (scale <= state.scale) return;
        const int1024_t unit(power(scale - state.scale));
        state.sum *= unit;
        state.squares *= unit * unit;
        state.scale = scale;
    }
    static void add(State& state, const Decimal& value) {
        rescale(state, value.scale());
        int1024_t digits(value.digits());
        if (value.scale() < state.scale) digits *= int1024_t(power(state.scale - value.scale()));
        ++state.count;
        state.sum += digits;
        state.squares += digits * digits;
    }
    static void merge(State& to, State from) {
        rescale(to, from.scale);
        rescale(from, to.scale);
        to.count += from.count;
        to.sum += from.sum;
        to.squares += from.squares;
    }
    static Sums sums(const State& state) {
        return {state.count, cpp_int(state.sum), cpp_int(state.squares), state.scale};
    }
    static std::vector<DataType> partial_types(const AggregateCall&) { return partial_sums(); }
    static Status save(const State& state, std::span<Column> out) {
        return save_sums(state.count, state.scale, state.sum, state.squares, out);
    }
    static State load(Arguments partial, std::size_t row) {
        return {partial[0]->integer(row), static_cast<int>(partial[1]->integer(row)),
                int1024_t(integer_of(partial[2]->bytes(row))),
                int1024_t(integer_of(partial[3]->bytes(row)))};
    }
};

template <typename Squares, bool sample, bool root>
struct Spread : Squares {
    static Status finish(const typename Squares::State& state, Column& out) {
        return add_spread(Squares::sums(state), sample, root, out);
    }
};

template <typename Squares>
void add_for(std::vector<AggregateFunction>& to, DataType type) {
    const DataType result = TypeId::numeric;
    to.push_back(aggregate<Spread<Squares, true, true>>("stddev", {type}, result));
    to.push_back(aggregate<Spread<Squares, true, true>>("stddev_samp", {type}, result));
    to.push_back(aggregate<Spread<Squares, false, true>>("stddev_pop", {type}, result));
    to.push_back(aggregate<Spread<Squares, true, false>>("variance", {type}, result));
    to.push_back(aggregate<Spread<Squares, true, false>>("var_samp", {type}, result));
    to.push_back(aggregate<Spread<Squares, false, false>>("var_pop", {type}, result));
}

}  // namespace

void add_exact_statistics(std::vector<AggregateFunction>& to) {
    add_for<IntegerSquares>(to, TypeId::bigint);
    add_for<DecimalSquares>(to, TypeId::numeric);
}

}  // namespace topgun::sql
