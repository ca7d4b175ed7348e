// SPDX-License-Identifier: Apache-2.0
// What functions of arrays have in common.
#pragma once

#include <vector>

#include "function.hpp"
#include "list.hpp"

namespace topgun::sql {

using ListElements = std::vector<ValueView>;

inline ListElements elements_of(std::string_view list) {
    ListElements out;
    ValueView(list).for_each_element([&out](ValueView value) { out.push_back(value); });
    return out;
}

inline void add_list(std::span<const ValueView> elements, Column& out) {
    Bytes bytes;
    msgpack::Writer writer(bytes);
    writer.array(elements.size());
    for (const auto element : elements) writer.raw(element.bytes());
    out.add_bytes(bytes);
}

inline Bytes element_bytes(const Column& column, std::size_t row) {
    Bytes bytes;
    msgpack::Writer writer(bytes);
    write_element(column, row, writer);
    return bytes;
}

inline ListElements leaves_of(const Column& lists, std::size_t row) {
    ListElements out;
    for_each_leaf(ValueView(lists.bytes(row)), lists.type().element,
                  [&out](ValueView value) { out.push_back(value); });
    return out;
}

/// Functions that look for elements: array_position(), array_remove(), @> ...
void add_list_searches(std::vector<Function>& to);
/// array_fill(), and what else makes lists.
void add_list_makers(std::vector<Function>& to);

}  // namespace topgun::sql
