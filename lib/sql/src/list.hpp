// SPDX-License-Identifier: Apache-2.0
// Lists as MessagePack arrays: between their elements, columns of those, and PostgreSQL's text.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "topgun/base/error.hpp"
#include "topgun/column/column.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::sql {

/// Writes a value as an element of a list of its type; NULL is nil.
void write_element(const Column& values, std::size_t row, msgpack::Writer& out);

/// Adds an element of a list of out's type; nil is NULL. The bytes are copied.
/// Errors: bad_input when the element is none of that type.
Status add_element(ValueView element, Column& out);

/// Adds all elements of the list in a row, those of inner lists in their order, as values of the
/// element type, which is out's.
Status append_elements(const Column& lists, std::size_t row, Column& out);

/// Adds a list of the rows [first, last) of `elements` to `out`.
void append_list(const Column& elements, std::size_t first, std::size_t last, Column& out);

/// Calls visit(element) for each element of a list, those of inner lists in their order.
/// @param element  the list's element type: arrays in a list of json are elements.
template <typename Visit>
void for_each_leaf(ValueView list, TypeId element, Visit&& visit) {
    list.for_each_element([&](ValueView value) {
        if (element != TypeId::json && value.kind() == msgpack::Kind::array)
            for_each_leaf(value, element, visit);
        else
            visit(value);
    });
}

/// How many dimensions a list has; 0 for an empty one.
std::size_t list_dimensions(ValueView list, TypeId element);

/// Appends an element as text, without the quotes that it needs within a list. @pre it is not nil.
void append_element_text(ValueView element, TypeId type, std::string& out);

/// Appends a list as PostgreSQL writes it: {1,"b c",NULL}, {{1,2},{3,4}}.
void append_list_text(BytesView list, TypeId element, std::string& out);

/// Reads what append_list_text() writes, and all else that PostgreSQL takes for a list, apart from
/// bounds in front. Errors: bad_input "malformed array literal: ...", those of the elements.
Result<Bytes> parse_list(std::string_view text, TypeId element);

/// Splits as string_to_array() and string_to_table() do: `arguments` are text, delimiter and what
/// stands for NULL. @pre the text is not NULL.
Status split_text(std::span<const ColumnPtr> arguments, std::size_t row, Column& parts);

}  // namespace topgun::sql
