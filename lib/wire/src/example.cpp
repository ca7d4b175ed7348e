// SPDX-License-Identifier: Apache-2.0
// Makes plausible messages from the tables: texts by the name of their field, so that a vector
// reads like traffic and not like noise.
#include <algorithm>
#include <cmath>
#include <limits>

#include "describe.hpp"
#include "example_texts.hpp"
#include "topgun/value/canonical.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun/wire/batch.hpp"
#include "topgun/wire/vectors.hpp"

namespace topgun::wire {
namespace detail {
namespace {

bool is_moment(std::string_view name) {
    return name == "timestamp" || name == "millis" || name == "serverTime" ||
           name == "generatedAt" || name == "lastSyncTimestamp";
}

class Example {
public:
    Example(Fill fill, Random& random) : fill_(fill), random_(random) {}

    void fill(const Type& type, void* object, std::string_view name);

private:
    template <typename T>
    static T& as(void* object) {
        return *static_cast<T*>(object);
    }
    bool random_fill() const { return fill_ == Fill::random; }
    bool wants_optional() { return fill_ == Fill::full || (random_fill() && random_.chance(0.5)); }
    std::size_t list_size() {
        if (fill_ == Fill::minimal) return 0;
        if (fill_ == Fill::full) return 1 + random_.below(3);
        return random_.chance(0.03) ? 20 : random_.below(4);
    }

    std::string pick(std::string_view choices);
    std::string hex(std::size_t digits);
    std::string made_up(std::string_view form);
    std::string text(std::string_view name);
    std::uint32_t u32(std::string_view name);
    std::uint64_t whole(std::string_view name);
    double real();
    Bytes any();
    void any(msgpack::Writer& out, int depth);
    Bytes thing();
    void optional(const Type& type, void* object, std::string_view name);
    void text_map(const Type& type, void* object, std::string_view name);
    std::vector<SortField> sort(std::string_view name);
    void tidy(const Type& type, void* object);

    Fill fill_;
    Random& random_;
    int predicate_depth_ = 0;
};

std::string Example::pick(std::string_view choices) {
    const auto count =
        static_cast<std::size_t>(std::count(choices.begin(), choices.end(), '|')) + 1;
    for (auto skip = random_.below(count); skip > 0; --skip) {
        choices.remove_prefix(choices.find('|') + 1);
    }
    return std::string(choices.substr(0, choices.find('|')));
}

std::string Example::hex(std::size_t digits) {
    std::string out;
    while (out.size() < digits) out += "0123456789abcdef"[random_.below(16)];
    return out;
}

std::string Example::made_up(std::string_view form) {
    if (form == "@request") return "req-" + hex(6);
    if (form == "@decimal") return std::to_string(1 + random_.below(5000));
    if (form == "@path") return hex(random_.below(4));
    if (form == "@token") return "header." + hex(12) + ".signature";
    if (form == "@cursor") return "c1-" + hex(16);
    const auto uuid = [&] {
        return hex(8) + '-' + hex(4) + "-4" + hex(3) + "-9" + hex(3) + '-' + hex(12);
    };
    if (form == "@uuid") return uuid();
    if (form == "@device") return uuid() + '.' + hex(64);
    return std::to_string(whole("millis")) + ':' + std::to_string(random_.below(9)) + ":node-" +
           std::to_string(1 + random_.below(4));
}

std::string Example::text(std::string_view name) {
    if (random_fill() && random_.chance(0.2)) {
        if (random_.chance(0.1)) return std::string(random_.below(300), 'x');
        return std::string(kOddTexts[random_.below(std::size(kOddTexts))]);
    }
    const auto* const known = std::find_if(std::begin(kTexts), std::end(kTexts),
                                           [&](const auto& t) { return t.field == name; });
    if (known == std::end(kTexts)) return "text-" + hex(4);
    return known->choices.starts_with('@') ? made_up(known->choices) : pick(known->choices);
}

std::uint32_t Example::u32(std::string_view name) {
    if (random_fill() && random_.chance(0.3)) {
        constexpr std::uint32_t kEdges[] = {0, 127, 128, 255, 256, 65535, 65536, 0xffffffff};
        return kEdges[random_.below(std::size(kEdges))];
    }
    if (name.ends_with("Hash") || name.starts_with("bucket"))
        return static_cast<std::uint32_t>(random_());
    if (name == "code") return static_cast<std::uint32_t>(400 + random_.below(30));
    if (name == "partitionCount") return 271;
    return static_cast<std::uint32_t>(1 + random_.below(name == "counter" ? 9 : 100));
}

std::uint64_t Example::whole(std::string_view name) {
    if (random_fill() && random_.chance(0.3)) {
        constexpr std::uint64_t kEdges[] = {0, 127, 128, 65536, 0xffffffff, 0x100000000, kMaxWhole};
        return kEdges[random_.below(std::size(kEdges))];
    }
    if (is_moment(name)) return 1'700'000'000'000 + random_.below(30'000'000'000);
    if (name.starts_with("t")) return 1000 * (1 + random_.below(60));  // ttl, timeout
    return 1 + random_.below(500);
}

double Example::real() {
    if (random_fill() && random_.chance(0.3)) {
        constexpr double kEdges[] = {0.0,
                                     -0.0,
                                     1.0,
                                     -3.0,
                                     0.1,
                                     1e300,
                                     5e-324,
                                     std::numeric_limits<double>::infinity(),
                                     std::numeric_limits<double>::quiet_NaN()};
        return kEdges[random_.below(std::size(kEdges))];
    }
    // Eighths print shortly and exactly.
    return static_cast<double>(1 + random_.below(64)) / 8;
}

// A small record, as applications store them.
Bytes Example::thing() {
    Bytes out;
    msgpack::Writer writer(out);
    writer.map(3);
    writer.string("done");
    writer.boolean(random_.chance(0.5));
    writer.string("priority");
    writer.unsigned_integer(1 + random_.below(5));
    writer.string("title");
    writer.string(pick("Water the plants|Order blue chairs|Read the meter"));
    return out;
}

void Example::any(msgpack::Writer& out, int depth) {
    switch (random_.below(depth > 2 ? 7 : 9)) {
        case 0: out.nil(); return;
        case 1: out.boolean(random_.chance(0.5)); return;
        case 2: out.unsigned_integer(random_() >> random_.below(64)); return;
        case 3:
            out.signed_integer(static_cast<std::int64_t>(random_()) >> random_.below(64));
            return;
        case 4: out.real(real()); return;
        case 5: out.string(text("title")); return;
        case 6: out.binary(hex(random_.below(40))); return;
        case 7: {
            const auto size = random_.below(5);
            out.array(size);
            for (std::size_t i = 0; i < size; ++i) any(out, depth + 1);
            return;
        }
        default: {
            const auto size = random_.below(5);
            out.map(size);
            for (std::size_t i = 0; i < size; ++i) {
                out.string(text("field"));
                any(out, depth + 1);
            }
        }
    }
}

Bytes Example::any() {
    if (!random_fill()) return thing();
    Bytes out;
    msgpack::Writer writer(out);
    any(writer, 0);
    auto value = canonical(out);
    TOPGUN_ASSERT(value.has_value(), "what the writer wrote can be read");
    return std::move(*value);
}

void Example::optional(const Type& type, void* object, std::string_view name) {
    const bool predicate = type.inner == &Describe<std::vector<PredicateNode>>::info;
    if (!wants_optional() || (predicate && predicate_depth_ > 1)) {
        if (type.kind == Kind::nilable && random_fill() && random_.chance(0.3))
            type.optional->set_nil(object);
        return;
    }
    void* const value = type.optional->emplace(object);
    fill(*type.inner, value, name);
    // A nil here is the same as nothing, on the wire.
    if (type.inner->kind == Kind::any && as<AnyValue>(value).is_nil()) type.optional->reset(object);
}

void Example::text_map(const Type& type, void* object, std::string_view name) {
    for (auto left = list_size(); left > 0; --left) {
        fill(*type.inner, type.map->append(object, text(name)), name);
    }
    type.map->sort(object);
}

std::vector<SortField> Example::sort(std::string_view name) {
    std::vector<SortField> out;
    for (auto left = list_size(); left > 0; --left) {
        SortField field{text(name), static_cast<SortDirection>(random_.below(2))};
        const bool twin = std::any_of(
            out.begin(), out.end(), [&](const auto& other) { return other.field == field.field; });
        if (!twin) out.push_back(std::move(field));
    }
    return out;
}

void Example::fill(const Type& type, void* object, std::string_view name) {
    switch (type.kind) {
        case Kind::text: as<std::string>(object) = text(name); return;
        case Kind::boolean:
            as<bool>(object) = fill_ == Fill::full || (random_fill() && random_.chance(0.5));
            return;
        case Kind::u32: as<std::uint32_t>(object) = u32(name); return;
        case Kind::whole: as<std::uint64_t>(object) = whole(name); return;
        case Kind::real: as<double>(object) = real(); return;
        case Kind::text_view:
        case Kind::value_view: return;  // of nothing, and in no message
        case Kind::any: as<AnyValue>(object).bytes = any(); return;
        case Kind::any_map: as<AnyMap>(object).bytes = thing(); return;
        case Kind::any_array: {
            auto& row = as<AnyArray>(object).bytes;
            row.clear();
            msgpack::Writer(row).array(1);
            row += any();
            return;
        }
        case Kind::binary:
            for (auto floats = 4; floats > 0; --floats) {
                append_le(as<Binary>(object).bytes,
                          std::bit_cast<std::uint32_t>(static_cast<float>(random_.unit())));
            }
            return;
        case Kind::word:
            as<unsigned char>(object) =
                static_cast<unsigned char>(random_.below(type.words.size()));
            return;
        case Kind::record: {
            const bool predicate = &type == &Describe<PredicateNode>::info;
            predicate_depth_ += predicate ? 1 : 0;
            for (const auto& field : type.fields) fill(*field.type, field.in(object), field.name);
            predicate_depth_ -= predicate ? 1 : 0;
            tidy(type, object);
            return;
        }
        case Kind::optional:
        case Kind::nilable: optional(type, object, name); return;
        case Kind::list:
            for (auto left = list_size(); left > 0; --left)
                fill(*type.inner, type.list->append(object), name);
            return;
        case Kind::text_map: text_map(type, object, name); return;
        case Kind::sort_order: as<SortOrder>(object).fields = sort(name); return;
        case Kind::sort_object: as<SortObject>(object).fields = sort(name); return;
        case Kind::counter_state:
            for (auto* half : {&as<CounterState>(object).p, &as<CounterState>(object).n}) {
                for (auto left = list_size(); left > 0; --left) {
                    half->set(text(name), static_cast<double>(random_.below(50)));
                }
            }
            return;
    }
}

// Makes fields agree with each other where a reader would expect it.
void Example::tidy(const Type& type, void* object) {
    if (random_fill()) return;
    if (&type == &Describe<OrMapRecord>::info) {
        as<OrMapRecord>(object).tag = format_stamp(as<OrMapRecord>(object).timestamp.view());
    } else if (&type == &Describe<PredicateNode>::info) {
        auto& node = as<PredicateNode>(object);
        if (node.children) node.op = "and";
    } else if (&type == &Describe<QueryUpdate>::info) {
        auto& update = as<QueryUpdate>(object);
        if (update.change_type == ChangeType::leave) update.value = {};
    } else if (&type == &Describe<ServerEvent>::info) {
        auto& event = as<ServerEvent>(object);
        event.event_type = event.record ? EventType::put : EventType::remove;
    } else if (&type == &Describe<Batch>::info) {
        const Bytes frames[] = {encoded(AuthRequired{}), encoded(Ping{whole("timestamp")})};
        as<Batch>(object) = {};
        pack_batch(frames, BatchLayout::to_client, as<Batch>(object).data.bytes);
        as<Batch>(object).count = std::size(frames);
    } else if (&type == &Describe<SqlQueryResp>::info) {
        auto& reply = as<SqlQueryResp>(object);
        for (auto& row : reply.rows) {
            row.bytes.clear();
            msgpack::Writer writer(row.bytes);
            writer.array(reply.columns.size());
            for (const auto& column : reply.columns) writer.string(column + ' ' + hex(2));
        }
    }
}

template <typename T>
T make(Fill fill, Random& random) {
    T object;
    Example(fill, random).fill(Describe<T>::info, &object, {});
    return object;
}

}  // namespace
}  // namespace detail

Message example_message(std::size_t index, Fill fill, Random& random) {
    Message message;
    void* const body = detail::emplace(message, index);
    detail::Example(fill, random).fill(*detail::entry(index).type, body, {});
    return message;
}

HttpSyncRequest example_http_sync_request(Fill fill, Random& random) {
    return detail::make<HttpSyncRequest>(fill, random);
}

HttpSyncResponse example_http_sync_response(Fill fill, Random& random) {
    return detail::make<HttpSyncResponse>(fill, random);
}

}  // namespace topgun::wire
