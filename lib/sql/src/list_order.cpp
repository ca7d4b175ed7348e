// SPDX-License-Identifier: Apache-2.0
#include "list_order.hpp"

#include <algorithm>

#include "list.hpp"
#include "order_of.hpp"
#include "topgun/query/order.hpp"

namespace topgun::sql {
namespace {

int compare_elements(ValueView a, ValueView b, TypeId type) {
    const bool arrays = a.kind() == msgpack::Kind::array && b.kind() == msgpack::Kind::array;
    if (arrays) return compare_lists(a.bytes(), b.bytes(), type);
    // NULL comes last, as PostgreSQL has it within arrays.
    if (a.is_nil() || b.is_nil()) return a.is_nil() == b.is_nil() ? 0 : a.is_nil() ? 1 : -1;
    const bool texts = type == TypeId::numeric || type == TypeId::interval;
    if (texts) {
        Column one(type), other(type);
        // What a list holds was checked when it was made.
        if (add_element(a, one) && add_element(b, other)) {
            if (type == TypeId::numeric) return order_of(one.decimal(0), other.decimal(0));
            return order_of(one.interval(0), other.interval(0));
        }
    }
    return query::compare_values(a, b);
}

}  // namespace

int compare_lists(BytesView a, BytesView b, TypeId element) noexcept {
    if (element == TypeId::json) return query::compare_values(ValueView(a), ValueView(b));
    msgpack::Reader left(a), right(b);
    std::uint32_t left_size = 0, right_size = 0;
    if (!left.read_array(left_size) || !right.read_array(right_size)) return 0;
    for (std::uint32_t i = 0; i < std::min(left_size, right_size); ++i) {
        BytesView x, y;
        if (!left.skip(x) || !right.skip(y)) return 0;
        if (x == y) continue;
        const int order = compare_elements(ValueView(x), ValueView(y), element);
        if (order != 0) return order;
    }
    return left_size < right_size ? -1 : left_size > right_size ? 1 : 0;
}

}  // namespace topgun::sql
