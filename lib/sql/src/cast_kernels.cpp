// SPDX-License-Identifier: Apache-2.0
// Casts between types: what CAST, `::` and the ladders of implicit casts run.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "cast.hpp"
#include "function.hpp"
#include "json_text.hpp"
#include "list.hpp"
#include "moment.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::sql {
namespace {

Error out_of_range(DataType type) {
    return Error(Errc::limit, type_name(type) + " out of range");
}

// The whole number nearest to a float, halves to the even one.
Result<std::int64_t> real_to_integer(double value) {
    const auto rounded = std::nearbyint(value);
    if (!(rounded >= -9223372036854775808.0 && rounded < 9223372036854775808.0)) {
        return out_of_range(TypeId::bigint);
    }
    return static_cast<std::int64_t>(rounded);
}

// Kernels. From and to text they go row by row through the functions above.
Result<ColumnPtr> from_text(const EvalContext&, Arguments arguments, std::size_t rows,
                            DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) {
        return add_parsed(out, arguments[0]->bytes(row));
    });
}
Result<ColumnPtr> to_text(const EvalContext&, Arguments arguments, std::size_t rows,
                          DataType result) {
    const auto& from = *arguments[0];
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        if (from.type().id == TypeId::bigint) {
            char digits[20];
            const auto end = std::to_chars(digits, std::end(digits), from.integer(row)).ptr;
            out.add_bytes({digits, static_cast<std::size_t>(end - digits)});
            return {};
        }
        out.add_bytes(value_text(from, row));
        return {};
    });
}

// Types that are kept alike: only the name changes.
Result<ColumnPtr> relabel(const EvalContext&, Arguments arguments, std::size_t rows,
                          DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        out.add_from(*arguments[0], row);
        return {};
    });
}

// A scalar inside of JSON; null is NULL, and what does not fit is an error.
Result<ColumnPtr> from_json(const EvalContext&, Arguments arguments, std::size_t rows,
                            DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const ValueView value(arguments[0]->bytes(row));
        if (value.is_nil()) {
            out.add_null();
            return {};
        }
        const auto cannot = [&value, result] {
            return Error(Errc::bad_input, "cannot cast jsonb " +
                                              std::string(msgpack::kind_name(value.kind())) +
                                              " to type " + type_name(result));
        };
        if (result.id == TypeId::boolean) {
            const auto truth = value.as_bool();
            if (!truth) return cannot();
            out.add_boolean(*truth);
            return {};
        }
        const auto whole = value.as_int64();
        const auto real = value.as_double();
        if (!real) return cannot();
        switch (result.id) {
            case TypeId::bigint:
                return whole ? add_result(out, *whole) : add_result(out, real_to_integer(*real));
            case TypeId::real: return add_result(out, *real);
            default:
                return whole ? add_result(out, Decimal(*whole))
                             : add_result(out, Decimal::from_double(*real));
        }
    });
}

// The time of an infinite moment is NULL.
Result<ColumnPtr> to_time(const EvalContext&, Arguments arguments, std::size_t rows,
                          DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const auto moment = arguments[0]->integer(row);
        if (is_infinite(moment))
            out.add_null();
        else
            out.add_integer(split(moment).micros);
        return {};
    });
}

Result<ColumnPtr> from_null(const EvalContext&, Arguments, std::size_t rows, DataType result) {
    return ColumnPtr(Column::nulls(result, rows));
}

// Writes a list with the elements of `leaves`, from `at` on, in the places of its own.
void rebuild_list(ValueView list, TypeId element, const Column& leaves, std::size_t& at,
                  msgpack::Writer& out) {
    out.array(list.size());
    list.for_each_element([&](ValueView value) {
        if (element != TypeId::json && value.kind() == msgpack::Kind::array)
            rebuild_list(value, element, leaves, at, out);
        else
            write_element(leaves, at++, out);
    });
}

// Casts all elements of all rows at once.
Result<ColumnPtr> list_to_list(const EvalContext& context, Arguments arguments, std::size_t rows,
                               DataType result) {
    const auto& lists = *arguments[0];
    const auto from = lists.type().element;
    Column all(from);
    const std::size_t slots = lists.is_constant() ? std::min<std::size_t>(rows, 1) : rows;
    for (std::size_t row = 0; row < slots; ++row) {
        if (!lists.is_null(row)) TOPGUN_TRY(append_elements(lists, row, all));
    }
    const auto count = all.size();
    ColumnPtr leaves = std::make_shared<const Column>(std::move(all));
    if (const auto kernel = find_cast(from, result.element); kernel != nullptr && count > 0) {
        auto cast = kernel(context, Arguments(&leaves, 1), count, result.element);
        if (!cast) return cast;
        leaves = std::move(*cast);
    }
    std::size_t at = 0;
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        Bytes bytes;
        msgpack::Writer writer(bytes);
        rebuild_list(ValueView(lists.bytes(row)), from, *leaves, at, writer);
        out.add_bytes(bytes);
        return {};
    });
}

using I = std::int64_t;

struct Cast {
    TypeId from, to;
    Kernel kernel;
};

const Cast kCasts[] = {
    {TypeId::bigint, TypeId::numeric, kernel1<I>([](I a) { return Decimal(a); })},
    {TypeId::bigint, TypeId::real, kernel1<I>([](I a) { return static_cast<double>(a); })},
    {TypeId::bigint, TypeId::boolean, kernel1<I>([](I a) { return a != 0; })},
    {TypeId::boolean, TypeId::bigint, relabel},
    {TypeId::numeric, TypeId::bigint, kernel1<Decimal>([](const Decimal& a) -> Result<I> {
         const auto whole = a.to_int64();
         if (!whole) return out_of_range(TypeId::bigint);
         return *whole;
     })},
    {TypeId::numeric, TypeId::real,
     kernel1<Decimal>([](const Decimal& a) { return a.to_double(); })},
    {TypeId::real, TypeId::bigint, kernel1<double>([](double a) { return real_to_integer(a); })},
    {TypeId::real, TypeId::numeric,
     kernel1<double>([](double a) { return Decimal::from_double(a); })},
    {TypeId::date, TypeId::timestamp, kernel1<I>([](I a) { return midnight_of(a); })},
    {TypeId::date, TypeId::timestamptz, kernel1<I>([](I a) { return midnight_of(a); })},
    {TypeId::timestamp, TypeId::timestamptz, relabel},
    {TypeId::timestamptz, TypeId::timestamp, relabel},
    {TypeId::timestamp, TypeId::date, kernel1<I>([](I a) { return date_of(a); })},
    {TypeId::timestamptz, TypeId::date, kernel1<I>([](I a) { return date_of(a); })},
    {TypeId::timestamp, TypeId::time, to_time},
    {TypeId::timestamptz, TypeId::time, to_time},
    {TypeId::time, TypeId::interval, kernel1<I>([](I a) {
         return Interval{0, 0, a};
     })},
    {TypeId::interval, TypeId::time,
     kernel1<Interval>([](const Interval& a) { return split(a.micros).micros; })},
    {TypeId::json, TypeId::boolean, from_json},
    {TypeId::json, TypeId::bigint, from_json},
    {TypeId::json, TypeId::real, from_json},
    {TypeId::json, TypeId::numeric, from_json},
};

}  // namespace

Kernel find_cast(DataType from, DataType to) noexcept {
    for (const auto& cast : kCasts) {
        if (DataType(cast.from) == from && DataType(cast.to) == to) return cast.kernel;
    }
    if (to.id == TypeId::null) return nullptr;
    if (from.id == TypeId::null) return from_null;
    if (to.id == TypeId::text) return to_text;
    if (from.id == TypeId::text) return from_text;
    if (to.id == TypeId::json) return to_json_rows;
    if (from.id != TypeId::list || to.id != TypeId::list || from == to) return nullptr;
    const bool castable = from.element == to.element || find_cast(from.element, to.element);
    return castable ? list_to_list : nullptr;
}

}  // namespace topgun::sql
