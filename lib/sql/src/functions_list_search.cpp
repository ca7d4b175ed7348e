// SPDX-License-Identifier: Apache-2.0
// Functions that look for elements of arrays.
#include <algorithm>

#include "functions_list.hpp"
#include "ordering.hpp"
#include "text_kernels.hpp"
#include "topgun/query/order.hpp"

namespace topgun::sql {
namespace {

using I = std::int64_t;
using Elements = ListElements;

// Some types stand in lists as texts which differ for equal values: 1.0 and 1.00.
bool same_element(ValueView a, ValueView b, TypeId type) {
    if (type == TypeId::numeric || type == TypeId::interval) {
        Column one(type), other(type);
        if (add_element(a, one) && add_element(b, other) && !one.is_null(0) && !other.is_null(0)) {
            return compare_values(one, 0, other, 0) == 0;
        }
    }
    return query::compare_values(a, b) == 0;
}

// True when all leaves of one list, NULLs apart, are in another.
bool contains(const Elements& whole, const Elements& part, TypeId type) {
    return std::all_of(part.begin(), part.end(), [&](ValueView wanted) {
        return !wanted.is_nil() && std::any_of(whole.begin(), whole.end(), [&](ValueView value) {
            return same_element(value, wanted, type);
        });
    });
}
bool overlap(const Elements& a, const Elements& b, TypeId type) {
    return std::any_of(b.begin(), b.end(), [&](ValueView wanted) {
        return !wanted.is_nil() && std::any_of(a.begin(), a.end(), [&](ValueView value) {
            return same_element(value, wanted, type);
        });
    });
}

enum class SetTest { contains, contained, overlap };
template <SetTest test>
Result<ColumnPtr> set_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                           DataType result) {
    const auto type = arguments[0]->type().element;
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const auto a = leaves_of(*arguments[0], row), b = leaves_of(*arguments[1], row);
        switch (test) {
            case SetTest::contains: out.add_boolean(contains(a, b, type)); break;
            case SetTest::contained: out.add_boolean(contains(b, a, type)); break;
            case SetTest::overlap: out.add_boolean(overlap(a, b, type)); break;
        }
        return {};
    });
}

// Where an element stands: the first place, or all of them.
Result<ColumnPtr> position_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                                DataType result) {
    const auto type = arguments[0]->type().element;
    return all_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        if (arguments[0]->is_null(row)) {
            out.add_null();
            return {};
        }
        const auto elements = elements_of(arguments[0]->bytes(row));
        const auto wanted = element_bytes(*arguments[1], row);
        Column places(TypeId::bigint);
        const auto start = static_cast<std::size_t>(
            std::clamp<I>(integer_or(arguments, 2, row, 1), 1, static_cast<I>(INT32_MAX)));
        for (std::size_t i = start - 1; i < elements.size(); ++i) {
            if (!same_element(elements[i], ValueView(wanted), type)) continue;
            places.add_integer(static_cast<I>(i) + 1);
            if (result.id == TypeId::bigint) break;
        }
        if (result.id == TypeId::list)
            append_list(places, 0, places.size(), out);
        else if (places.size() > 0)
            out.add_integer(places.integer(0));
        else
            out.add_null();
        return {};
    });
}

// array_remove, and array_replace with a third argument.
Result<ColumnPtr> replace_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                               DataType result) {
    return all_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        if (arguments[0]->is_null(row)) {
            out.add_null();
            return {};
        }
        const bool replaces = arguments.size() > 2;
        const auto wanted = element_bytes(*arguments[1], row);
        const auto other = replaces ? element_bytes(*arguments[2], row) : Bytes();
        Elements kept;
        for (const auto element : elements_of(arguments[0]->bytes(row))) {
            if (!same_element(element, ValueView(wanted), result.element))
                kept.push_back(element);
            else if (replaces)
                kept.emplace_back(other);
        }
        add_list(kept, out);
        return {};
    });
}

}  // namespace

void add_list_searches(std::vector<Function>& to) {
    const DataType whole(TypeId::bigint), truth(TypeId::boolean);
    to.push_back({"array_position", {kElements, kElement}, whole, position_rows});
    to.push_back({"array_position", {kElements, kElement, whole}, whole, position_rows});
    to.push_back({"array_remove", {kElements, kElement}, kElements, replace_rows});
    to.push_back({"array_replace", {kElements, kElement, kElement}, kElements, replace_rows});
    to.push_back({"@>", {kElements, kElements}, truth, set_rows<SetTest::contains>});
    to.push_back({"<@", {kElements, kElements}, truth, set_rows<SetTest::contained>});
    to.push_back({"&&", {kElements, kElements}, truth, set_rows<SetTest::overlap>});
    to.push_back({"array_positions",
                  {kElements, kElement},
                  DataType::list_of(TypeId::bigint),
                  position_rows});
}

}  // namespace topgun::sql
