// SPDX-License-Identifier: Apache-2.0
#include "decoder.hpp"

#include "topgun/value/canonical.hpp"
#include "topgun/value/json.hpp"

namespace topgun::wire::detail {
namespace {

constexpr std::size_t kQuoteLimit = 48;
// JavaScript's undefined, as msgpackr packs it.
constexpr std::string_view kUndefined("\xd4\x00\x00", 3);

std::string quoted(std::string_view text) {
    std::string out;
    append_json_string(text.substr(0, kQuoteLimit), out);
    if (text.size() > kQuoteLimit) out += "...";
    return out;
}

template <typename T>
T& as(void* object) {
    return *static_cast<T*>(object);
}

}  // namespace

std::string path_text(const Step* step) {
    if (step == nullptr) return {};
    auto path = path_text(step->parent);
    switch (step->kind) {
        case Step::Kind::name:
            if (!path.empty()) path += '.';
            return path.append(step->text);
        case Step::Kind::key: return path + '[' + quoted(step->text) + ']';
        case Step::Kind::index: return path + '[' + std::to_string(step->index) + ']';
    }
    return path;
}

void reset(const Type& type, void* object) {
    switch (type.kind) {
        case Kind::text: as<std::string>(object).clear(); return;
        case Kind::boolean: as<bool>(object) = false; return;
        case Kind::u32: as<std::uint32_t>(object) = 0; return;
        case Kind::whole: as<std::uint64_t>(object) = 0; return;
        case Kind::real: as<double>(object) = 0; return;
        case Kind::text_view: as<std::string_view>(object) = {}; return;
        case Kind::value_view: as<ValueView>(object) = {}; return;
        case Kind::any: as<AnyValue>(object) = {}; return;
        case Kind::any_map: as<AnyMap>(object) = {}; return;
        case Kind::any_array: as<AnyArray>(object) = {}; return;
        case Kind::binary: as<Binary>(object) = {}; return;
        case Kind::word: as<unsigned char>(object) = 0; return;
        case Kind::record:
            for (const auto& field : type.fields) reset(*field.type, field.in(object));
            return;
        case Kind::optional:
        case Kind::nilable: type.optional->reset(object); return;
        case Kind::list: type.list->clear(object); return;
        case Kind::text_map: type.map->clear(object); return;
        case Kind::sort_order: as<SortOrder>(object) = {}; return;
        case Kind::sort_object: as<SortObject>(object) = {}; return;
        case Kind::counter_state: as<CounterState>(object) = {}; return;
    }
}

bool Decoder::next_is_nil() const {
    return reader_.next_is_nil() || input_.substr(offset()).starts_with(kUndefined);
}

Error Decoder::take_error() {
    TOPGUN_ASSERT(error_.has_value(), "a failed read records why");
    return std::move(*error_);
}

bool Decoder::fail(std::size_t offset, const Step* at, std::string_view what) {
    auto text = "byte " + std::to_string(offset) + ": " + path_text(at);
    if (at != nullptr) text += ": ";
    text += what;
    error_.emplace(Errc::bad_input, std::move(text));
    return false;
}

bool Decoder::reader_failed(const Step* at, std::string_view expected) {
    const auto error = reader_.error(expected);
    auto text = error.message();
    // The reader knows the byte, this class the path: "byte 17: " + path + what is wrong.
    if (at != nullptr) text.insert(text.find(": ") + 2, path_text(at) + ": ");
    error_.emplace(error.code(), std::move(text));
    return false;
}

bool Decoder::missing(std::size_t map_at, const Step& field) {
    return fail(map_at, &field, "the field is missing");
}

bool Decoder::value(const Type& type, void* object, const Step* at) {
    switch (type.kind) {
        case Kind::text: return text(as<std::string>(object), at);
        case Kind::boolean:
            return reader_.read_bool(as<bool>(object)) || reader_failed(at, "true or false");
        case Kind::u32: {
            std::uint64_t number = 0;
            if (!reader_.read_unsigned(number, 0xffffffff)) {
                return reader_failed(at, "an unsigned 32-bit integer");
            }
            as<std::uint32_t>(object) = static_cast<std::uint32_t>(number);
            return true;
        }
        case Kind::whole:
            return reader_.read_unsigned(as<std::uint64_t>(object), kMaxWhole) ||
                   reader_failed(at, "a whole number from 0 to 2^53 - 1");
        case Kind::real:
            return reader_.read_double(as<double>(object)) || reader_failed(at, "a number");
        case Kind::text_view: return text_view(as<std::string_view>(object), at);
        case Kind::value_view: return value_view(as<ValueView>(object), at);
        case Kind::any: return raw(as<AnyValue>(object).bytes, std::nullopt, {}, at);
        case Kind::any_map: return raw(as<AnyMap>(object).bytes, msgpack::Kind::map, "a map", at);
        case Kind::any_array:
            return raw(as<AnyArray>(object).bytes, msgpack::Kind::array, "an array", at);
        case Kind::binary: return binary(as<Binary>(object).bytes, at);
        case Kind::word: return word(type, object, at);
        case Kind::record: {
            const auto map_at = offset();
            std::uint32_t pairs = 0;
            if (!reader_.read_map(pairs)) return reader_failed(at, "a map");
            return fields(type, object, pairs, map_at, at);
        }
        case Kind::optional:
        case Kind::nilable:
            if (!next_is_nil()) return value(*type.inner, type.optional->emplace(object), at);
            if (type.kind == Kind::nilable) type.optional->set_nil(object);
            return reader_.skip() || reader_failed(at, {});
        case Kind::list: return list(*type.inner, *type.list, object, at);
        case Kind::text_map: return text_map(type, object, at);
        case Kind::sort_order: return sort(as<SortOrder>(object).fields, at);
        case Kind::sort_object: return sort(as<SortObject>(object).fields, at);
        case Kind::counter_state: return counter(as<CounterState>(object), at);
    }
    return false;
}

bool Decoder::field_value(const Field& field, void* object, const Step* at) {
    if (field.rule == Rule::omit_if_false && next_is_nil()) {
        return reader_.skip() || reader_failed(at, {});
    }
    if (field.rule == Rule::if_readable) {
        Decoder probe(input_, held_);
        probe.seek(offset());
        if (!probe.value(*field.type, field.in(object), at)) reset(*field.type, field.in(object));
        return reader_.skip() || reader_failed(at, {});
    }
    return value(*field.type, field.in(object), at);
}

bool Decoder::fields(const Type& type, void* object, std::uint32_t pairs, std::size_t map_at,
                     const Step* at, std::string_view ignored) {
    const auto list = type.fields;
    std::uint32_t seen = 0;
    std::size_t guess = 0;  // peers of our own write the fields in the table's order
    for (std::uint32_t pair = 0; pair < pairs; ++pair) {
        std::string_view name;
        if (reader_.peek() == msgpack::Kind::string)
            reader_.read_string(name);
        else
            reader_.skip();  // a key of another kind names no field
        if (guess == list.size() || list[guess].name != name) {
            for (guess = 0; guess < list.size() && list[guess].name != name; ++guess) {
            }
        }
        if (guess == list.size() || name == ignored) {
            if (!reader_.skip()) return reader_failed(at, {});
            continue;
        }
        const auto& field = list[guess];
        const auto bit = std::uint32_t{1} << guess++;
        if ((seen & bit) != 0) reset(*field.type, field.in(object));
        seen |= bit;
        const Step step{at, Step::Kind::name, field.name};
        if (!field_value(field, object, &step)) return false;
    }
    for (std::size_t i = 0; i < list.size(); ++i) {
        const auto& field = list[i];
        const bool required = field.rule == Rule::none && field.type->optional == nullptr;
        if (!required || (seen >> i & 1) != 0) continue;
        return missing(map_at, Step{at, Step::Kind::name, field.name});
    }
    return true;
}

// The text as it is, or repaired in scratch_.
bool Decoder::text_view(std::string_view& out, const Step* at) {
    const auto begin = offset();
    if (!reader_.read_string(out)) return reader_failed(at, "a string");
    const auto* const there = out.data();
    if (!accept_text(out, scratch_)) return fail(begin, at, "the string is not valid UTF-8");
    if (held_ != nullptr && out.data() != there) out = held_->emplace_back(out);
    return true;
}

bool Decoder::text(std::string& out, const Step* at) {
    std::string_view found;
    if (!text_view(found, at)) return false;
    out.assign(found);
    return true;
}

bool Decoder::value_view(ValueView& out, const Step* at) {
    BytesView found;
    if (!read_canonical(reader_, found, scratch_)) return reader_failed(at, {});
    if (found.data() == scratch_.data()) found = held_->emplace_back(found);
    out = ValueView(found);
    return true;
}

// Keys of user maps: JavaScript peers know texts only, so that a number stands for its text.
bool Decoder::key(std::string& out, const Step* at) {
    if (reader_.peek() == msgpack::Kind::integer) {
        msgpack::Token token;
        if (!reader_.next(token)) return reader_failed(at, {});
        out = token.negative ? std::to_string(token.as_signed()) : std::to_string(token.bits);
        return true;
    }
    return text(out, at);
}

bool Decoder::raw(Bytes& out, std::optional<msgpack::Kind> kind, std::string_view expected,
                  const Step* at) {
    if (kind && reader_.peek() != *kind) {
        reader_.fail(msgpack::Fault::wrong_kind);
        return reader_failed(at, expected);
    }
    out.clear();
    return append_canonical(reader_, out) || reader_failed(at, {});
}

bool Decoder::word(const Type& type, void* object, const Step* at) {
    const auto begin = offset();
    std::string_view found;
    if (!reader_.read_string(found)) return reader_failed(at, "a string");
    for (std::size_t i = 0; i < type.words.size(); ++i) {
        if (type.words[i] != found) continue;
        as<unsigned char>(object) = static_cast<unsigned char>(i);
        return true;
    }
    auto what = "unknown word " + quoted(found) + "; expected ";
    for (std::size_t i = 0; i < type.words.size(); ++i) {
        if (i > 0) what += i + 1 == type.words.size() ? " or " : ", ";
        what += type.words[i];
    }
    return fail(begin, at, what);
}

bool Decoder::list(const Type& inner, const ListAccess& access, void* object, const Step* at) {
    std::uint32_t count = 0;
    if (!reader_.read_array(count)) return reader_failed(at, "an array");
    for (std::uint32_t i = 0; i < count; ++i) {
        const Step step{at, Step::Kind::index, {}, i};
        if (!value(inner, access.append(object), &step)) return false;
    }
    return true;
}

bool Decoder::text_map(const Type& type, void* object, const Step* at) {
    std::uint32_t pairs = 0;
    if (!reader_.read_map(pairs)) return reader_failed(at, "a map");
    std::string name;
    for (std::uint32_t i = 0; i < pairs; ++i) {
        if (!key(name, at)) return false;
        const Step step{at, Step::Kind::key, name};
        void* const slot = type.map->append(object, std::string(name));
        if (!value(*type.inner, slot, &step)) return false;
    }
    type.map->sort(object);
    return true;
}

}  // namespace topgun::wire::detail
