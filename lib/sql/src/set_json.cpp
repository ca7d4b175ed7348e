// SPDX-License-Identifier: Apache-2.0
// Rows out of lists and JSON: unnest(), jsonb_each() and their like.
#include "json_text.hpp"
#include "list.hpp"
#include "set_function.hpp"

namespace topgun::sql {
namespace {

using Rows = Result<std::unique_ptr<SetRows>>;
using msgpack::Kind;

// Members of a container in place, one after the other. The bytes belong to the arguments.
class Members {
public:
    explicit Members(BytesView container) : reader_(container) {
        std::uint32_t count = 0;
        pairs_ = reader_.peek() == Kind::map;
        left_ = (pairs_ ? reader_.read_map(count) : reader_.read_array(count)) ? count : 0;
    }
    bool next(std::string_view& key, BytesView& value) {
        if (left_ == 0) return false;
        --left_;
        return (!pairs_ || reader_.read_string(key)) && reader_.skip(value);
    }

private:
    msgpack::Reader reader_;
    std::uint32_t left_ = 0;
    bool pairs_ = false;
};

void add_json_value(BytesView value, Column& out) {
    if (out.type().id != TypeId::text) return out.add_bytes(value);
    if (ValueView(value).is_nil()) return out.add_null();
    std::string scratch;
    out.add_bytes(json_as_text(ValueView(value), scratch));
}

enum class What { elements, pairs, keys };

template <What what>
class JsonRows final : public SetRows {
public:
    explicit JsonRows(BytesView container) : members_(container) {}
    Result<std::size_t> next(std::span<Column> out, std::size_t most) override {
        std::size_t count = 0;
        std::string_view key;
        BytesView value;
        for (; count < most && members_.next(key, value); ++count) {
            if constexpr (what != What::elements) out[0].add_bytes(key);
            if constexpr (what == What::elements) add_json_value(value, out[0]);
            if constexpr (what == What::pairs) add_json_value(value, out[1]);
        }
        return count;
    }

private:
    Members members_;
};

// Elements of a list, those of inner lists in their order.
class ListRows final : public SetRows {
public:
    ListRows(BytesView list, TypeId element) : element_(element) { levels_.emplace_back(list); }
    Result<std::size_t> next(std::span<Column> out, std::size_t most) override {
        std::size_t count = 0;
        std::string_view key;
        BytesView value;
        while (count < most && !levels_.empty()) {
            if (!levels_.back().next(key, value)) {
                levels_.pop_back();
            } else if (element_ != TypeId::json && ValueView(value).kind() == Kind::array) {
                levels_.emplace_back(value);
            } else {
                TOPGUN_TRY(add_element(ValueView(value), out[0]));
                ++count;
            }
        }
        return count;
    }

private:
    std::vector<Members> levels_;
    TypeId element_;
};

Rows list_rows(const EvalContext&, Arguments arguments, std::size_t row) {
    const auto& lists = *arguments[0];
    if (lists.is_null(row)) return no_rows();
    return std::unique_ptr<SetRows>(
        std::make_unique<ListRows>(lists.bytes(row), lists.type().element));
}

template <What what>
Rows json_rows(const EvalContext&, Arguments arguments, std::size_t row) {
    if (arguments[0]->is_null(row)) return no_rows();
    const auto bytes = arguments[0]->bytes(row);
    const auto kind = ValueView(bytes).kind();
    const auto wanted = what == What::elements ? Kind::array : Kind::map;
    if (kind == wanted) return std::unique_ptr<SetRows>(std::make_unique<JsonRows<what>>(bytes));
    const bool container = kind == Kind::array || kind == Kind::map;
    switch (what) {
        case What::elements:
            return Error(Errc::bad_input, container ? "cannot extract elements from an object"
                                                    : "cannot extract elements from a scalar");
        case What::pairs: return Error(Errc::bad_input, "cannot call jsonb_each on a non-object");
        case What::keys:
            return Error(Errc::bad_input, container ? "cannot call jsonb_object_keys on an array"
                                                    : "cannot call jsonb_object_keys on a scalar");
    }
    return no_rows();
}

}  // namespace

void add_json_sets(std::vector<SetFunction>& to) {
    const DataType json(TypeId::json), text(TypeId::text);
    to.push_back({"unnest", {kElements}, {{"unnest", kElement}}, list_rows});
    // Not in PostgreSQL: arrays of data without a schema are JSON.
    to.push_back({"unnest", {json}, {{"unnest", json}}, json_rows<What::elements>});
    for (const auto* name : {"jsonb_array_elements", "json_array_elements"}) {
        to.push_back({name, {json}, {{"value", json}}, json_rows<What::elements>});
    }
    for (const auto* name : {"jsonb_array_elements_text", "json_array_elements_text"}) {
        to.push_back({name, {json}, {{"value", text}}, json_rows<What::elements>});
    }
    for (const auto* name : {"jsonb_each", "json_each"}) {
        to.push_back({name, {json}, {{"key", text}, {"value", json}}, json_rows<What::pairs>});
    }
    for (const auto* name : {"jsonb_each_text", "json_each_text"}) {
        to.push_back({name, {json}, {{"key", text}, {"value", text}}, json_rows<What::pairs>});
    }
    for (const auto* name : {"jsonb_object_keys", "json_object_keys"}) {
        to.push_back({name, {json}, {{name, text}}, json_rows<What::keys>});
    }
}

}  // namespace topgun::sql
