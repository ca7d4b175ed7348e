// SPDX-License-Identifier: Apache-2.0
// Comparisons of each type: NULL in, NULL out; what is left are plain orders.
#include <cmath>
#include <compare>

#include "function.hpp"
#include "json_text.hpp"
#include "list_order.hpp"
#include "topgun/query/order.hpp"

namespace topgun::sql {
namespace {

enum class Op { equal, unequal, less, at_most, greater, at_least };

template <Op op>
constexpr bool holds(int order) {
    switch (op) {
        case Op::equal: return order == 0;
        case Op::unequal: return order != 0;
        case Op::less: return order < 0;
        case Op::at_most: return order <= 0;
        case Op::greater: return order > 0;
        case Op::at_least: return order >= 0;
    }
    return false;
}

int order_of(std::int64_t a, std::int64_t b) {
    return a < b ? -1 : a > b ? 1 : 0;
}
// NaN equals itself and is greater than all others, as in PostgreSQL's indexes and sorts.
int order_of(double a, double b) {
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) ? (std::isnan(b) ? 0 : 1) : -1;
    return a < b ? -1 : a > b ? 1 : 0;
}
int order_of(const Decimal& a, const Decimal& b) {
    const auto order = a <=> b;
    return order < 0 ? -1 : order > 0 ? 1 : 0;
}
int order_of(const Interval& a, const Interval& b) {
    const auto x = a.span(), y = b.span();
    return x < y ? -1 : x > y ? 1 : 0;
}
int order_of(std::string_view a, std::string_view b) {
    const auto order = a.compare(b);
    return order < 0 ? -1 : order > 0 ? 1 : 0;
}

template <Op op, typename T>
Result<ColumnPtr> compare(const EvalContext&, Arguments arguments, std::size_t rows,
                          DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        out.add_boolean(
            holds<op>(order_of(value_at<T>(*arguments[0], row), value_at<T>(*arguments[1], row))));
        return {};
    });
}

// Numbers in plain arrays: no call, no branch for each row.
template <Op op, typename T>
Result<ColumnPtr> compare_plain(const EvalContext& context, Arguments arguments, std::size_t rows,
                                DataType result) {
    const auto& a = *arguments[0];
    const auto& b = *arguments[1];
    if (a.may_have_nulls() || b.may_have_nulls() || all_constant(arguments)) {
        return compare<op, T>(context, arguments, rows, result);
    }
    Column out(result);
    out.reserve(rows);
    for (std::size_t row = 0; row < rows; ++row) {
        out.add_boolean(holds<op>(order_of(value_at<T>(a, row), value_at<T>(b, row))));
    }
    return ColumnPtr(std::make_shared<const Column>(std::move(out)));
}

// Texts by bytes. Equality of a long column with a constant is decided by the length mostly.
template <Op op>
Result<ColumnPtr> compare_texts(const EvalContext&, Arguments arguments, std::size_t rows,
                                DataType result) {
    return strict_rows(arguments, rows, result,
                       [&a = *arguments[0], &b = *arguments[1]](std::size_t row, Column& out) {
                           const auto left = a.bytes(row), right = b.bytes(row);
                           if constexpr (op == Op::equal)
                               out.add_boolean(left == right);
                           else if constexpr (op == Op::unequal)
                               out.add_boolean(left != right);
                           else
                               out.add_boolean(holds<op>(order_of(left, right)));
                           return Status();
                       });
}

// JSON and lists in the one order of all values.
template <Op op>
Result<ColumnPtr> compare_json(const EvalContext&, Arguments arguments, std::size_t rows,
                               DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const auto a = arguments[0]->bytes(row), b = arguments[1]->bytes(row);
        const auto type = arguments[0]->type();
        const int order = type.id == TypeId::list
                              ? compare_lists(a, b, type.element)
                              : query::compare_values(ValueView(a), ValueView(b));
        out.add_boolean(holds<op>(order));
        return {};
    });
}

// JSON with a number, text or boolean, which counts as JSON.
template <Op op>
Result<ColumnPtr> compare_with_json(const EvalContext&, Arguments arguments, std::size_t rows,
                                    DataType result) {
    Bytes scratch[2];
    const auto value = [&](std::size_t side, std::size_t row) {
        const auto& column = *arguments[side];
        if (column.type().id == TypeId::json) return ValueView(column.bytes(row));
        scratch[side].clear();
        msgpack::Writer writer(scratch[side]);
        write_json(column, row, writer);
        return ValueView(scratch[side]);
    };
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        out.add_boolean(holds<op>(query::compare_values(value(0, row), value(1, row))));
        return {};
    });
}

template <Op op>
Kernel kernel_for(Storage storage) {
    switch (storage) {
        case Storage::integer: return compare_plain<op, std::int64_t>;
        case Storage::real: return compare_plain<op, double>;
        case Storage::decimal: return compare<op, Decimal>;
        case Storage::interval: return compare<op, Interval>;
        case Storage::bytes: return compare_texts<op>;
        case Storage::none: return nullptr;
    }
    return nullptr;
}

template <Op op>
void add_for_all(std::vector<Function>& to, std::string_view name) {
    for (const auto id : {TypeId::boolean, TypeId::bigint, TypeId::numeric, TypeId::real,
                          TypeId::text, TypeId::bytea, TypeId::date, TypeId::time,
                          TypeId::timestamp, TypeId::timestamptz, TypeId::interval}) {
        const DataType type(id);
        to.push_back({name, {type, type}, TypeId::boolean, kernel_for<op>(storage_of(type))});
    }
    const DataType json(TypeId::json);
    to.push_back({name, {json, json}, TypeId::boolean, compare_json<op>});
    to.push_back({name, {kElements, kElements}, TypeId::boolean, compare_json<op>});
    // PostgreSQL has none of these: whose data has no schema wants to compare fields all the same.
    for (const auto id :
         {TypeId::bigint, TypeId::real, TypeId::numeric, TypeId::text, TypeId::boolean}) {
        to.push_back({name, {json, id}, TypeId::boolean, compare_with_json<op>});
        to.push_back({name, {id, json}, TypeId::boolean, compare_with_json<op>});
    }
}

}  // namespace

void add_comparisons(std::vector<Function>& to) {
    add_for_all<Op::equal>(to, "=");
    add_for_all<Op::unequal>(to, "<>");
    add_for_all<Op::less>(to, "<");
    add_for_all<Op::at_most>(to, "<=");
    add_for_all<Op::greater>(to, ">");
    add_for_all<Op::at_least>(to, ">=");
}

}  // namespace topgun::sql
