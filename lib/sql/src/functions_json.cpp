// SPDX-License-Identifier: Apache-2.0
// Functions that look into JSON.
#include <algorithm>

#include "function.hpp"
#include "json_path.hpp"
#include "json_text.hpp"
#include "list.hpp"
#include "text_kernels.hpp"
#include "topgun/query/order.hpp"

namespace topgun::sql {
namespace {

using I = std::int64_t;
using T = std::string_view;
using Found = std::optional<ValueView>;
using msgpack::Kind;

bool is_container(ValueView value) {
    return value.kind() == Kind::array || value.kind() == Kind::map;
}

// What was found, as JSON or as text; views into arguments[0] are shared, not copied.
class Adder {
public:
    Adder(Arguments arguments, DataType result)
        : source_(*arguments[0]), text_(result.id == TypeId::text) {}

    void add(Found value, Column& out) {
        if (!kept_) out.keep_alive(source_);
        kept_ = true;
        if (!value || (text_ && value->is_nil())) return out.add_null();
        if (!text_) return out.add_view(value->bytes());
        if (const auto text = value->as_string()) return out.add_view(*text);
        out.add_bytes(json_as_text(*value, scratch_));
    }

private:
    const Column& source_;
    bool text_;
    bool kept_ = false;
    std::string scratch_;
};

Result<ColumnPtr> field_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                             DataType result) {
    Adder adder(arguments, result);
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        adder.add(ValueView(arguments[0]->bytes(row)).find(arguments[1]->bytes(row)), out);
        return {};
    });
}

Result<ColumnPtr> element_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                               DataType result) {
    Adder adder(arguments, result);
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const ValueView value(arguments[0]->bytes(row));
        const auto index = arguments[1]->integer(row);
        // PostgreSQL keeps a scalar as an array of one, and shows it here.
        if (!is_container(value) && (index == 0 || index == -1))
            adder.add(value, out);
        else
            adder.add(json_element(value, index), out);
        return {};
    });
}

// #> and jsonb_extract_path: the path is a list, or all arguments behind the first.
Result<ColumnPtr> path_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                            DataType result) {
    Adder adder(arguments, result);
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        JsonPath path;
        if (arguments.size() == 2 && arguments[1]->type().id == TypeId::list) {
            path = json_path_of(arguments[1]->bytes(row));
        } else {
            for (const auto& step : arguments.subspan(1)) path.push_back(step->bytes(row));
        }
        Found value(ValueView(arguments[0]->bytes(row)));
        for (const auto& step : path) value = value && step ? json_step(*value, *step) : Found();
        adder.add(value, out);
        return {};
    });
}

bool has_element(ValueView array, ValueView wanted) {
    bool found = false;
    array.for_each_element(
        [&](ValueView value) { found = found || query::compare_values(value, wanted) == 0; });
    return found;
}

bool contains(ValueView whole, ValueView part, bool top) {
    if (part.kind() == Kind::map) {
        if (whole.kind() != Kind::map) return false;
        bool all = true;
        part.for_each_field([&](T key, ValueView value) {
            const auto there = all ? whole.find(key) : std::nullopt;
            all = there && contains(*there, value, false);
        });
        return all;
    }
    if (part.kind() == Kind::array) {
        if (whole.kind() != Kind::array) return false;
        bool all = true;
        part.for_each_element([&](ValueView wanted) {
            if (!all) return;
            bool found = false;
            whole.for_each_element([&](ValueView value) {
                found = found || (is_container(value) == is_container(wanted) &&
                                  contains(value, wanted, false));
            });
            all = found;
        });
        return all;
    }
    // An array contains a scalar, but only where nothing is around it.
    if (top && whole.kind() == Kind::array) return has_element(whole, part);
    return query::compare_values(whole, part) == 0;
}

template <bool swapped>
Result<ColumnPtr> contains_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                                DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const ValueView a(arguments[0]->bytes(row)), b(arguments[1]->bytes(row));
        out.add_boolean(swapped ? contains(b, a, true) : contains(a, b, true));
        return {};
    });
}

// A key of an object, a text in an array, or the text itself.
bool has_key(ValueView value, T key) {
    if (value.kind() == Kind::map) return value.find(key).has_value();
    if (const auto text = value.as_string()) return *text == key;
    bool found = false;
    value.for_each_element([&](ValueView element) { found = found || element.as_string() == key; });
    return found;
}

template <bool all>
Result<ColumnPtr> has_keys_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                                DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const ValueView value(arguments[0]->bytes(row));
        bool truth = all;
        for_each_leaf(ValueView(arguments[1]->bytes(row)), TypeId::text, [&](ValueView key) {
            if (const auto text = key.as_string()) {
                truth = all ? truth && has_key(value, *text) : truth || has_key(value, *text);
            }
        });
        out.add_boolean(truth);
        return {};
    });
}

T json_type(ValueView value) {
    switch (value.kind()) {
        case Kind::nil: return "null";
        case Kind::boolean: return "boolean";
        case Kind::integer:
        case Kind::real: return "number";
        case Kind::string: return "string";
        case Kind::array: return "array";
        case Kind::map: return "object";
        // JSON has none of these; they are printed as objects.
        case Kind::binary:
        case Kind::extension: return "object";
    }
    return "null";
}

Result<I> array_size(ValueView value) {
    if (value.kind() == Kind::array) return I{value.size()};
    return Error(Errc::bad_input, value.kind() == Kind::map
                                      ? "cannot get array length of a non-array"
                                      : "cannot get array length of a scalar");
}

}  // namespace

Found json_element(ValueView value, I index) {
    const auto size = static_cast<I>(value.kind() == Kind::array ? value.size() : 0);
    if (index < 0) index += size;
    if (index < 0 || index >= size) return std::nullopt;
    return value.at(static_cast<std::uint32_t>(index));
}

void add_json(std::vector<Function>& to) {
    const DataType json(TypeId::json), text(TypeId::text), whole(TypeId::bigint);
    const DataType truth(TypeId::boolean);
    const auto texts = DataType::list_of(TypeId::text);
    to.push_back({"->", {json, text}, json, field_rows});
    to.push_back({"->", {json, whole}, json, element_rows});
    to.push_back({"->>", {json, text}, text, field_rows});
    to.push_back({"->>", {json, whole}, text, element_rows});
    to.push_back({"jsonb_get", {json, text}, json, field_rows});
    to.push_back({"jsonb_get", {json, whole}, json, element_rows});
    to.push_back({"#>", {json, texts}, json, path_rows});
    to.push_back({"#>>", {json, texts}, text, path_rows});
    to.push_back({"@>", {json, json}, truth, contains_rows<false>});
    to.push_back({"<@", {json, json}, truth, contains_rows<true>});
    to.push_back({"?", {json, text}, truth, kernel2<T, T>([](T value, T key) {
                      return has_key(ValueView(value), key);
                  })});
    to.push_back({"?|", {json, texts}, truth, has_keys_rows<false>});
    to.push_back({"?&", {json, texts}, truth, has_keys_rows<true>});
    for (const auto* name : {"jsonb_extract_path", "json_extract_path"}) {
        to.push_back({name, {json, text}, json, path_rows, true});
    }
    for (const auto* name : {"jsonb_extract_path_text", "json_extract_path_text"}) {
        to.push_back({name, {json, text}, text, path_rows, true});
    }
    for (const auto* name : {"jsonb_typeof", "json_typeof"}) {
        to.push_back(
            {name, {json}, text, kernel1<T>([](T value) { return json_type(ValueView(value)); })});
    }
    for (const auto* name : {"jsonb_array_length", "json_array_length"}) {
        to.push_back({name, {json}, whole, kernel1<T>([](T value) {
                          return array_size(ValueView(value));
                      })});
    }
    for (const auto* name : {"jsonb_pretty", "json_pretty"}) {
        to.push_back({name, {json}, text, kernel1<T>([](T value) { return pretty_json(value); })});
    }
    for (const auto* name : {"to_jsonb", "to_json"}) {
        to.push_back({name, {kAny}, json, to_json_rows});
    }
}

}  // namespace topgun::sql
