// SPDX-License-Identifier: Apache-2.0
// Functions that make JSON, and change it.
#include <algorithm>
#include <charconv>
#include <functional>
#include <map>

#include "cast.hpp"
#include "function.hpp"
#include "json_path.hpp"
#include "json_text.hpp"
#include "list.hpp"
#include "text_kernels.hpp"

namespace topgun::sql {
namespace {

using I = std::int64_t;
using T = std::string_view;
using msgpack::Kind;
using Elements = std::vector<BytesView>;
// Sorted by bytes, as canonical maps are.
using Fields = std::map<std::string, Bytes, std::less<>>;

Elements elements_of(ValueView array) {
    Elements out;
    array.for_each_element([&out](ValueView value) { out.push_back(value.bytes()); });
    return out;
}

Bytes array_of(const Elements& elements) {
    Bytes out;
    msgpack::Writer writer(out);
    writer.array(elements.size());
    for (const auto element : elements) writer.raw(element);
    return out;
}

Bytes object_of(const Fields& fields) {
    Bytes out;
    msgpack::Writer writer(out);
    writer.map(fields.size());
    for (const auto& [key, value] : fields) {
        writer.string(key);
        writer.raw(value);
    }
    return out;
}

Fields fields_of(ValueView object) {
    Fields out;
    object.for_each_field(
        [&out](T key, ValueView value) { out[std::string(key)] = Bytes(value.bytes()); });
    return out;
}

Bytes joined(ValueView a, ValueView b) {
    if (a.kind() == Kind::map && b.kind() == Kind::map) {
        auto fields = fields_of(a);
        b.for_each_field(
            [&](T key, ValueView value) { fields[std::string(key)] = Bytes(value.bytes()); });
        return object_of(fields);
    }
    // What is no array counts as an array of itself.
    auto elements = a.kind() == Kind::array ? elements_of(a) : Elements{a.bytes()};
    const auto others = b.kind() == Kind::array ? elements_of(b) : Elements{b.bytes()};
    elements.insert(elements.end(), others.begin(), others.end());
    return array_of(elements);
}

Error scalar(const char* what) {
    return Error(Errc::bad_input, std::string("cannot ") + what + " scalar");
}

Result<Bytes> without_keys(ValueView value, const std::function<bool(T)>& drops) {
    if (value.kind() == Kind::map) {
        auto fields = fields_of(value);
        std::erase_if(fields, [&](const auto& field) { return drops(field.first); });
        return object_of(fields);
    }
    if (value.kind() != Kind::array) return scalar("delete from");
    auto elements = elements_of(value);
    std::erase_if(elements, [&](BytesView element) {
        const auto text = ValueView(element).as_string();
        return text && drops(*text);
    });
    return array_of(elements);
}

Result<Bytes> without_element(ValueView value, I index) {
    if (value.kind() == Kind::map) {
        return Error(Errc::bad_input, "cannot delete from object using integer index");
    }
    if (value.kind() != Kind::array) return scalar("delete from");
    auto elements = elements_of(value);
    const auto size = static_cast<I>(elements.size());
    if (index < 0) index += size;
    if (index >= 0 && index < size) elements.erase(elements.begin() + index);
    return array_of(elements);
}

// What to do at the end of a path.
enum class Edit { remove, set, replace, insert_before, insert_after };

class Editor {
public:
    Editor(const JsonPath& path, Edit edit, T value) : path_(path), edit_(edit), value_(value) {}

    Result<Bytes> apply(ValueView whole) {
        if (whole.kind() != Kind::map && whole.kind() != Kind::array) {
            return scalar(edit_ == Edit::remove ? "delete path in" : "set path in");
        }
        if (path_.empty()) return Bytes(whole.bytes());
        return at(whole, 0);
    }

private:
    bool last(std::size_t depth) const { return depth + 1 == path_.size(); }
    bool inserts() const { return edit_ == Edit::insert_before || edit_ == Edit::insert_after; }

    Result<Bytes> at(ValueView value, std::size_t depth) {
        const auto& step = path_[depth];
        if (!step) {
            return Error(Errc::bad_input,
                         "path element at position " + std::to_string(depth + 1) + " is null");
        }
        if (value.kind() == Kind::map) return in_object(value, *step, depth);
        if (value.kind() == Kind::array) return in_array(value, *step, depth);
        return Bytes(value.bytes());
    }

    Result<Bytes> in_object(ValueView object, T step, std::size_t depth) {
        const auto there = object.find(step);
        auto fields = fields_of(object);
        if (!last(depth)) {
            if (!there) return Bytes(object.bytes());
            auto inner = at(*there, depth + 1);
            if (!inner) return inner;
            fields[std::string(step)] = std::move(*inner);
        } else if (edit_ == Edit::remove) {
            fields.erase(std::string(step));
        } else if (inserts() && there) {
            return Error(Errc::bad_input, "cannot replace existing key");
        } else if (there || edit_ != Edit::replace) {
            fields[std::string(step)] = Bytes(value_);
        }
        return object_of(fields);
    }

    Result<Bytes> in_array(ValueView array, T step, std::size_t depth) {
        const auto given = json_index(step);
        if (!given) {
            return Error(Errc::bad_input, "path element at position " + std::to_string(depth + 1) +
                                              " is not an integer: \"" + std::string(step) + "\"");
        }
        auto elements = elements_of(array);
        const auto size = static_cast<I>(elements.size());
        const auto index = *given < 0 ? *given + size : *given;
        const bool inside = index >= 0 && index < size;
        Bytes inner;
        if (!last(depth)) {
            if (!inside) return Bytes(array.bytes());
            auto changed = at(ValueView(elements[static_cast<std::size_t>(index)]), depth + 1);
            if (!changed) return changed;
            inner = std::move(*changed);
            elements[static_cast<std::size_t>(index)] = inner;
        } else if (edit_ == Edit::remove) {
            if (inside) elements.erase(elements.begin() + index);
        } else if (edit_ == Edit::replace || edit_ == Edit::set) {
            if (inside)
                elements[static_cast<std::size_t>(index)] = value_;
            else if (edit_ == Edit::set)
                elements.insert(index < 0 ? elements.begin() : elements.end(), value_);
        } else {
            const auto place = std::clamp<I>(index, 0, size);
            const bool after = edit_ == Edit::insert_after && inside;
            elements.insert(elements.begin() + place + (after ? 1 : 0), value_);
        }
        return array_of(elements);
    }

    const JsonPath& path_;
    Edit edit_;
    T value_;
};

// (target, path, value [, flag]): the flag is create_missing of set, insert_after of insert.
template <bool insert>
Result<ColumnPtr> edit_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                            DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const bool flag = arguments.size() > 3 ? arguments[3]->boolean(row) : !insert;
        const auto edit = insert ? (flag ? Edit::insert_after : Edit::insert_before)
                                 : (flag ? Edit::set : Edit::replace);
        const auto path = json_path_of(arguments[1]->bytes(row));
        Editor editor(path, edit, arguments[2]->bytes(row));
        return add_result(out, editor.apply(ValueView(arguments[0]->bytes(row))));
    });
}

Result<Bytes> without_path(T value, T list) {
    const auto path = json_path_of(list);
    return Editor(path, Edit::remove, {}).apply(ValueView(value));
}

// jsonb_set_lax for a value that is NULL.
Result<Bytes> set_null(T target, T list, bool create, T treatment) {
    if (treatment == "return_target") return Bytes(target);
    if (treatment == "delete_key") return without_path(target, list);
    if (treatment == "raise_exception") {
        return Error(Errc::bad_input,
                     "JSON value must not be null: null_value_treatment is \"raise_exception\"");
    }
    if (treatment != "use_json_null") {
        return Error(Errc::bad_input,
                     "null_value_treatment must be \"delete_key\", \"return_target\", "
                     "\"use_json_null\", or \"raise_exception\"");
    }
    Bytes null;
    msgpack::Writer(null).nil();
    const auto path = json_path_of(list);
    return Editor(path, create ? Edit::set : Edit::replace, null).apply(ValueView(target));
}

// (target, path, value [, create_missing [, treatment]]): a NULL value is not simply NULL.
Result<ColumnPtr> set_lax_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                               DataType result) {
    return all_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const bool null = arguments[0]->is_null(row) || arguments[1]->is_null(row) ||
                          (arguments.size() > 3 && arguments[3]->is_null(row));
        if (null) {
            out.add_null();
            return {};
        }
        const auto target = arguments[0]->bytes(row), list = arguments[1]->bytes(row);
        const bool create = arguments.size() < 4 || arguments[3]->boolean(row);
        T treatment = "use_json_null";
        if (arguments.size() > 4) {
            treatment = arguments[4]->is_null(row) ? T() : arguments[4]->bytes(row);
        }
        if (arguments[2]->is_null(row) || treatment.data() == nullptr) {
            return add_result(out, set_null(target, list, create, treatment));
        }
        const auto path = json_path_of(list);
        Editor editor(path, create ? Edit::set : Edit::replace, arguments[2]->bytes(row));
        return add_result(out, editor.apply(ValueView(target)));
    });
}

void strip_nulls(ValueView value, msgpack::Writer& out) {
    if (value.kind() == Kind::array) {
        out.array(value.size());
        value.for_each_element([&out](ValueView element) { strip_nulls(element, out); });
    } else if (value.kind() == Kind::map) {
        std::size_t kept = 0;
        value.for_each_field([&kept](T, ValueView field) { kept += field.is_nil() ? 0 : 1; });
        out.map(kept);
        value.for_each_field([&out](T key, ValueView field) {
            if (field.is_nil()) return;
            out.string(key);
            strip_nulls(field, out);
        });
    } else {
        out.raw(value.bytes());
    }
}

Result<ColumnPtr> build_array(const EvalContext&, Arguments arguments, std::size_t rows,
                              DataType result) {
    return all_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        Bytes bytes;
        msgpack::Writer writer(bytes);
        writer.array(arguments.size());
        for (const auto& argument : arguments) write_json(*argument, row, writer);
        out.add_bytes(bytes);
        return {};
    });
}

Result<ColumnPtr> build_object(const EvalContext&, Arguments arguments, std::size_t rows,
                               DataType result) {
    if (arguments.size() % 2 != 0) {
        return Error(Errc::usage, "argument list must have even number of elements");
    }
    return all_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        Fields fields;
        for (std::size_t i = 0; i < arguments.size(); i += 2) {
            if (arguments[i]->is_null(row)) {
                return Error(Errc::bad_input,
                             "argument " + std::to_string(i + 1) + ": key must not be null");
            }
            Bytes value;
            msgpack::Writer writer(value);
            write_json(*arguments[i + 1], row, writer);
            fields[value_text(*arguments[i], row)] = std::move(value);
        }
        out.add_bytes(object_of(fields));
        return {};
    });
}

// jsonb_object: keys and values in turn, in pairs, or in two lists.
Result<ColumnPtr> object_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                              DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        std::vector<ValueView> keys, values;
        const auto into = [](std::vector<ValueView>& to) {
            return [&to](ValueView value) { to.push_back(value); };
        };
        for_each_leaf(ValueView(arguments[0]->bytes(row)), TypeId::text, into(keys));
        if (arguments.size() > 1) {
            for_each_leaf(ValueView(arguments[1]->bytes(row)), TypeId::text, into(values));
            if (keys.size() != values.size()) {
                return Error(Errc::bad_input, "mismatched array dimensions");
            }
        } else {
            if (keys.size() % 2 != 0) {
                return Error(Errc::bad_input, "array must have even number of elements");
            }
            const auto all = std::move(keys);
            keys.clear();
            for (std::size_t i = 0; i < all.size(); ++i)
                (i % 2 == 0 ? keys : values).push_back(all[i]);
        }
        Fields fields;
        for (std::size_t i = 0; i < keys.size(); ++i) {
            const auto key = keys[i].as_string();
            if (!key) return Error(Errc::bad_input, "null value not allowed for object key");
            fields[std::string(*key)] = Bytes(values[i].bytes());
        }
        out.add_bytes(object_of(fields));
        return {};
    });
}

Result<Bytes> without_listed(T value, T list) {
    std::vector<T> keys;
    for_each_leaf(ValueView(list), TypeId::text, [&keys](ValueView key) {
        if (const auto text = key.as_string()) keys.push_back(*text);
    });
    return without_keys(ValueView(value), [&keys](T key) {
        return std::find(keys.begin(), keys.end(), key) != keys.end();
    });
}

}  // namespace

JsonPath json_path_of(std::string_view list) {
    JsonPath out;
    for_each_leaf(ValueView(list), TypeId::text,
                  [&out](ValueView step) { out.push_back(step.as_string()); });
    return out;
}

std::optional<std::int64_t> json_index(std::string_view step) {
    std::int64_t index = 0;
    const auto end = step.data() + step.size();
    const auto [at, error] = std::from_chars(step.data(), end, index);
    if (error != std::errc() || at != end) return std::nullopt;
    return index;
}

std::optional<ValueView> json_step(ValueView value, std::string_view step) {
    if (value.kind() == Kind::map) return value.find(step);
    const auto index = json_index(step);
    return index ? json_element(value, *index) : std::nullopt;
}

void add_json_changes(std::vector<Function>& to) {
    const DataType json(TypeId::json), text(TypeId::text), whole(TypeId::bigint);
    const DataType truth(TypeId::boolean);
    const auto texts = DataType::list_of(TypeId::text);
    to.push_back({"||", {json, json}, json, kernel2<T, T>([](T a, T b) {
                      return joined(ValueView(a), ValueView(b));
                  })});
    to.push_back({"-", {json, text}, json, kernel2<T, T>([](T value, T name) {
                      return without_keys(ValueView(value), [name](T key) { return key == name; });
                  })});
    to.push_back({"-", {json, whole}, json, kernel2<T, I>([](T value, I index) {
                      return without_element(ValueView(value), index);
                  })});
    to.push_back({"-", {json, texts}, json, kernel2<T, T>([](T value, T list) {
                      return without_listed(value, list);
                  })});
    for (const auto* name : {"#-", "jsonb_delete_path"}) {
        to.push_back({name, {json, texts}, json, kernel2<T, T>([](T value, T list) {
                          return without_path(value, list);
                      })});
    }
    for (const auto* name : {"jsonb_set", "json_set"}) {
        to.push_back({name, {json, texts, json}, json, edit_rows<false>});
        to.push_back({name, {json, texts, json, truth}, json, edit_rows<false>});
    }
    to.push_back({"jsonb_set_lax", {json, texts, json}, json, set_lax_rows});
    to.push_back({"jsonb_set_lax", {json, texts, json, truth}, json, set_lax_rows});
    to.push_back({"jsonb_set_lax", {json, texts, json, truth, text}, json, set_lax_rows});
    for (const auto* name : {"jsonb_insert", "json_insert"}) {
        to.push_back({name, {json, texts, json}, json, edit_rows<true>});
        to.push_back({name, {json, texts, json, truth}, json, edit_rows<true>});
    }
    for (const auto* name : {"jsonb_strip_nulls", "json_strip_nulls"}) {
        to.push_back({name, {json}, json, kernel1<T>([](T value) {
                          Bytes out;
                          msgpack::Writer writer(out);
                          strip_nulls(ValueView(value), writer);
                          return out;
                      })});
    }
    for (const auto* name : {"jsonb_build_array", "json_build_array"}) {
        to.push_back({name, {kAny}, json, build_array, true});
    }
    for (const auto* name : {"jsonb_build_object", "json_build_object"}) {
        to.push_back({name, {kAny}, json, build_object, true});
    }
    for (const auto* name : {"jsonb_object", "json_object"}) {
        to.push_back({name, {texts}, json, object_rows});
        to.push_back({name, {texts, texts}, json, object_rows});
    }
}

}  // namespace topgun::sql
