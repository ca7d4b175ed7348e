// SPDX-License-Identifier: Apache-2.0
// The canonical writer: one recursive function over the tables.
#include "describe.hpp"
#include "topgun/value/canonical.hpp"
#include "topgun/value/json.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun/wire/codec.hpp"

namespace topgun::wire {
namespace detail {
namespace {

using msgpack::Writer;

template <typename T>
const T& as(const void* object) {
    return *static_cast<const T*>(object);
}

void write_value(const Type& type, const void* object, Writer& out);

void write_raw(const Bytes& value, Writer& out) {
    TOPGUN_ASSERT(!value.empty(), "a raw value holds at least one byte");
    out.raw(value);
}

void write_counts(std::string_view name, const TextMap<double>& counts, Writer& out) {
    out.string(name);
    out.map(counts.size());
    for (const auto& [node, count] : counts) {
        out.string(node);
        out.real(count);
    }
}

// All four names: TopGun's server reads p and n, its TypeScript client positive and negative.
void write_counter(const CounterState& state, Writer& out) {
    out.map(4);
    write_counts("p", state.p, out);
    write_counts("n", state.n, out);
    write_counts("positive", state.p, out);
    write_counts("negative", state.n, out);
}

void write_sort_object(const std::vector<SortField>& fields, Writer& out) {
    out.map(fields.size());
    for (const auto& [field, direction] : fields) {
        out.string(field);
        out.string(word(direction));
    }
}

void write_list(const Type& inner, const ListAccess& list, const void* object, Writer& out) {
    const auto size = list.size(object);
    out.array(size);
    for (std::size_t i = 0; i < size; ++i) write_value(inner, list.at(object, i), out);
}

void write_map(const Type& type, const void* object, Writer& out) {
    const auto size = type.map->size(object);
    out.map(size);
    for (std::size_t i = 0; i < size; ++i) {
        out.string(type.map->key(object, i));
        write_value(*type.inner, type.map->at(object, i), out);
    }
}

std::size_t count_present(std::span<const Field> fields, const void* object) {
    std::size_t present = 0;
    for (const auto& field : fields) present += is_present(field, object) ? 1 : 0;
    return present;
}

void write_fields(std::span<const Field> fields, const void* object, Writer& out) {
    for (const auto& field : fields) {
        if (!is_present(field, object)) continue;
        out.string(field.name);
        write_value(*field.type, field.in(object), out);
    }
}

void write_value(const Type& type, const void* object, Writer& out) {
    switch (type.kind) {
        case Kind::text: out.string(as<std::string>(object)); return;
        case Kind::boolean: out.boolean(as<bool>(object)); return;
        case Kind::u32: out.unsigned_integer(as<std::uint32_t>(object)); return;
        case Kind::whole:
            TOPGUN_ASSERT(as<std::uint64_t>(object) <= kMaxWhole,
                          "a JavaScript peer loses digits of larger numbers");
            out.unsigned_integer(as<std::uint64_t>(object));
            return;
        case Kind::real: out.real(as<double>(object)); return;
        case Kind::text_view: out.string(as<std::string_view>(object)); return;
        case Kind::value_view: out.raw(as<ValueView>(object).bytes()); return;
        case Kind::any: write_raw(as<AnyValue>(object).bytes, out); return;
        case Kind::any_map: write_raw(as<AnyMap>(object).bytes, out); return;
        case Kind::any_array: write_raw(as<AnyArray>(object).bytes, out); return;
        case Kind::binary: out.binary(as<Binary>(object).bytes); return;
        case Kind::word: out.string(type.words[as<unsigned char>(object)]); return;
        case Kind::record:
            out.map(count_present(type.fields, object));
            write_fields(type.fields, object, out);
            return;
        case Kind::optional:
        case Kind::nilable: {
            const void* const value = type.optional->get(object);
            if (value == nullptr)
                out.nil();
            else
                write_value(*type.inner, value, out);
            return;
        }
        case Kind::list: write_list(*type.inner, *type.list, object, out); return;
        case Kind::text_map: write_map(type, object, out); return;
        case Kind::sort_order: {
            static constexpr const auto& kFields = Describe<std::vector<SortField>>::info;
            write_list(*kFields.inner, *kFields.list, &as<SortOrder>(object).fields, out);
            return;
        }
        case Kind::sort_object: write_sort_object(as<SortObject>(object).fields, out); return;
        case Kind::counter_state: write_counter(as<CounterState>(object), out); return;
    }
}

}  // namespace

bool is_present(const Field& field, const void* object) {
    const void* const member = field.in(object);
    if (field.rule == Rule::omit_if_false) return as<bool>(member);
    const auto& type = *field.type;
    if (type.optional == nullptr) return true;
    const void* const value = type.optional->get(member);
    if (type.kind == Kind::nilable) return value != nullptr || type.optional->is_nil(member);
    if (value == nullptr) return false;
    // An optional raw value that is nil is written like one that is absent: peers read both alike.
    return type.inner->kind != Kind::any || !as<AnyValue>(value).is_nil();
}

void encode_known(std::size_t index, const void* message, Bytes& out) {
    const auto& [head, type] = entry(index);
    const auto fields = type->fields;
    const auto present = count_present(fields, message);
    const bool nested =
        head.shape != Shape::flat && (head.shape != Shape::optional_payload || present != 0);
    Writer writer(out);
    writer.map(nested ? 2 : head.shape == Shape::flat ? 1 + present : 1);
    writer.string("type");
    writer.string(head.name);
    if (nested) {
        writer.string(head.shape == Shape::event ? "event" : "payload");
        writer.map(present);
    }
    write_fields(fields, message, writer);
}

}  // namespace detail

void encode(const Message& message, Bytes& out) {
    if (const auto* unknown = std::get_if<UnknownMessage>(&message)) {
        out += unknown->raw;
    } else {
        detail::encode_known(message.index(), detail::body_of(message), out);
    }
}

void encode(const HttpSyncRequest& request, Bytes& out) {
    msgpack::Writer writer(out);
    detail::write_value(detail::Describe<HttpSyncRequest>::info, &request, writer);
}

void encode(const HttpSyncResponse& response, Bytes& out) {
    msgpack::Writer writer(out);
    detail::write_value(detail::Describe<HttpSyncResponse>::info, &response, writer);
}

Status to_json(const Message& message, std::string& out) {
    auto value = canonical(encoded(message));
    if (!value) return std::move(value).error().within(std::string(type_name(message)));
    append_json(*value, out);
    return {};
}

}  // namespace topgun::wire
