// SPDX-License-Identifier: Apache-2.0
// Functions of arrays.
#include <algorithm>

#include "characters.hpp"
#include "functions_list.hpp"
#include "text_kernels.hpp"
#include "text_maker.hpp"

namespace topgun::sql {
namespace {

using I = std::int64_t;
using T = std::string_view;
using Elements = ListElements;

// The elements, or none for NULL.
Elements elements_at(const Column& column, std::size_t row) {
    return column.is_null(row) ? Elements() : elements_of(column.bytes(row));
}

// Elements of one dimension; nothing where there is none.
std::optional<I> size_of_dimension(ValueView list, TypeId element, I dimension) {
    const auto all = static_cast<I>(list_dimensions(list, element));
    if (dimension < 1 || dimension > all) return std::nullopt;
    auto level = list;
    for (I i = 1; i < dimension; ++i) level = *level.at(0);
    return I{level.size()};
}

template <bool lower>
Result<ColumnPtr> bound_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                             DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const auto size =
            size_of_dimension(ValueView(arguments[0]->bytes(row)), arguments[0]->type().element,
                              arguments[1]->integer(row));
        if (size)
            out.add_integer(lower ? 1 : *size);
        else
            out.add_null();
        return {};
    });
}

Result<ColumnPtr> dimension_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                                 DataType result) {
    const auto element = arguments[0]->type().element;
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const ValueView list(arguments[0]->bytes(row));
        const auto count = static_cast<I>(list_dimensions(list, element));
        if (count == 0) {
            out.add_null();
        } else if (result.id == TypeId::bigint) {
            out.add_integer(count);
        } else {
            std::string text;
            for (I i = 1; i <= count; ++i) {
                text += "[1:" + std::to_string(*size_of_dimension(list, element, i)) + "]";
            }
            out.add_bytes(text);
        }
        return {};
    });
}

Result<ColumnPtr> cardinality_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                                   DataType result) {
    const auto element = arguments[0]->type().element;
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        I count = 0;
        for_each_leaf(ValueView(arguments[0]->bytes(row)), element, [&](ValueView) { ++count; });
        out.add_integer(count);
        return {};
    });
}

// array_append and array_prepend: NULL is an empty list there, and an element as any other.
template <bool behind>
Result<ColumnPtr> extend_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                              DataType result) {
    const auto& lists = *arguments[behind ? 0 : 1];
    const auto& values = *arguments[behind ? 1 : 0];
    return all_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        auto elements = elements_at(lists, row);
        if (!elements.empty() && list_dimensions(ValueView(lists.bytes(row)), result.element) > 1) {
            return Error(Errc::bad_input, "argument must be empty or one-dimensional array");
        }
        const auto value = element_bytes(values, row);
        elements.insert(behind ? elements.end() : elements.begin(), ValueView(value));
        add_list(elements, out);
        return {};
    });
}

Result<ColumnPtr> join_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                            DataType result) {
    const auto& a = *arguments[0];
    const auto& b = *arguments[1];
    return all_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        if (a.is_null(row) && b.is_null(row)) {
            out.add_null();
            return {};
        }
        auto left = elements_at(a, row);
        const auto right = elements_at(b, row);
        const auto dimensions = [&](const Column& lists, const Elements& elements) -> std::size_t {
            if (elements.empty()) return 0;
            return list_dimensions(ValueView(lists.bytes(row)), result.element);
        };
        const auto of_left = dimensions(a, left), of_right = dimensions(b, right);
        if (of_left == of_right || of_left == 0 || of_right == 0) {
            left.insert(left.end(), right.begin(), right.end());
        } else if (of_left == of_right + 1) {
            left.emplace_back(b.bytes(row));
        } else if (of_left + 1 == of_right) {
            left.assign(right.begin(), right.end());
            left.insert(left.begin(), ValueView(a.bytes(row)));
        } else {
            return Error(Errc::bad_input, "cannot concatenate incompatible arrays");
        }
        add_list(left, out);
        return {};
    });
}

Result<ColumnPtr> trim_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                            DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const auto elements = elements_of(arguments[0]->bytes(row));
        const auto count = arguments[1]->integer(row);
        if (count < 0 || count > static_cast<I>(elements.size())) {
            return Error(Errc::bad_input, "number of elements to trim must be between 0 and " +
                                              std::to_string(elements.size()));
        }
        add_list(std::span(elements).first(elements.size() - static_cast<std::size_t>(count)), out);
        return {};
    });
}

// list[i][j]...: NULL where there is no element.
Result<ColumnPtr> get_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                           DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        std::optional<ValueView> value = ValueView(arguments[0]->bytes(row));
        for (std::size_t i = 1; i < arguments.size() && value; ++i) {
            const auto index = arguments[i]->integer(row);
            const bool inside = index >= 1 && index <= static_cast<I>(value->size());
            value = inside ? value->at(static_cast<std::uint32_t>(index - 1)) : std::nullopt;
        }
        const bool inner =
            value && result.id != TypeId::json && value->kind() == msgpack::Kind::array;
        if (value && !inner) return add_element(*value, out);
        out.add_null();
        return {};
    });
}

Result<ColumnPtr> slice_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                             DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const auto elements = elements_of(arguments[0]->bytes(row));
        const auto size = static_cast<I>(elements.size());
        const auto first = std::clamp<I>(arguments[1]->integer(row), 1, size + 1);
        const auto last = std::clamp<I>(arguments[2]->integer(row), first - 1, size);
        add_list(std::span(elements).subspan(static_cast<std::size_t>(first - 1),
                                             static_cast<std::size_t>(last - first + 1)),
                 out);
        return {};
    });
}

Result<ColumnPtr> join_text_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                                 DataType result) {
    const auto type = arguments[0]->type().element;
    return all_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        if (arguments[0]->is_null(row) || arguments[1]->is_null(row)) {
            out.add_null();
            return {};
        }
        const bool shows_null = arguments.size() > 2 && !arguments[2]->is_null(row);
        TextMaker text;
        std::string word;
        bool first = true;
        for (const auto element : leaves_of(*arguments[0], row)) {
            if (element.is_nil() && !shows_null) continue;
            if (!first) TOPGUN_TRY(text.add(arguments[1]->bytes(row)));
            first = false;
            word.clear();
            if (!element.is_nil()) append_element_text(element, type, word);
            TOPGUN_TRY(text.add(element.is_nil() ? arguments[2]->bytes(row) : word));
            TOPGUN_TRY(check_stop());
        }
        out.add_bytes(text.text());
        return {};
    });
}

// A NULL delimiter makes an element of each character.
Result<ColumnPtr> split_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                             DataType result) {
    return all_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        if (arguments[0]->is_null(row)) {
            out.add_null();
            return {};
        }
        Column parts(TypeId::text);
        TOPGUN_TRY(split_text(arguments, row, parts));
        append_list(parts, 0, parts.size(), out);
        return {};
    });
}

}  // namespace

Status split_text(Arguments arguments, std::size_t row, Column& parts) {
    auto text = arguments[0]->bytes(row);
    const bool has_null = arguments.size() > 2 && !arguments[2]->is_null(row);
    // A part takes more than its text.
    constexpr std::size_t kPartBytes = 8;
    std::size_t bytes = 0;
    Pace pace;
    const auto add = [&](T part) -> Status {
        bytes += part.size() + kPartBytes;
        if (bytes > kTextBytesMax) return value_too_large();
        if (has_null && part == arguments[2]->bytes(row))
            parts.add_null();
        else
            parts.add_bytes(part);
        return pace.after(part.size() + kPartBytes);
    };
    if (text.empty()) return {};
    if (arguments[1]->is_null(row)) {
        while (!text.empty()) TOPGUN_TRY(add(take_character(text)));
        return {};
    }
    const auto delimiter = arguments[1]->bytes(row);
    while (!delimiter.empty()) {
        const auto at = find_part(text, delimiter);
        if (at == T::npos) break;
        TOPGUN_TRY(add(text.substr(0, at)));
        text.remove_prefix(at + delimiter.size());
    }
    return add(text);
}

void add_lists(std::vector<Function>& to) {
    const DataType text(TypeId::text), whole(TypeId::bigint);
    const auto texts = DataType::list_of(TypeId::text);
    to.push_back({"array_length", {kElements, whole}, whole, bound_rows<false>});
    to.push_back({"array_upper", {kElements, whole}, whole, bound_rows<false>});
    to.push_back({"array_lower", {kElements, whole}, whole, bound_rows<true>});
    to.push_back({"array_ndims", {kElements}, whole, dimension_rows});
    to.push_back({"array_dims", {kElements}, text, dimension_rows});
    to.push_back({"cardinality", {kElements}, whole, cardinality_rows});
    for (const auto* name : {"array_append", "||"}) {
        to.push_back({name, {kElements, kElement}, kElements, extend_rows<true>});
    }
    for (const auto* name : {"array_prepend", "||"}) {
        to.push_back({name, {kElement, kElements}, kElements, extend_rows<false>});
    }
    for (const auto* name : {"array_cat", "||"}) {
        to.push_back({name, {kElements, kElements}, kElements, join_rows});
    }
    to.push_back({"trim_array", {kElements, whole}, kElements, trim_rows});
    to.push_back({"array_get", {kElements, whole}, kElement, get_rows, true});
    to.push_back({"array_slice", {kElements, whole, whole}, kElements, slice_rows});
    add_list_searches(to);
    add_list_makers(to);
    to.push_back({"array_to_string", {kElements, text}, text, join_text_rows});
    to.push_back({"array_to_string", {kElements, text, text}, text, join_text_rows});
    to.push_back({"string_to_array", {text, text}, texts, split_rows});
    to.push_back({"string_to_array", {text, text, text}, texts, split_rows});
}

}  // namespace topgun::sql
