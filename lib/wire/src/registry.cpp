// SPDX-License-Identifier: Apache-2.0
// From a type's name, or its place in the union, to its description.
#include <algorithm>
#include <cmath>

#include "describe.hpp"

namespace topgun::wire {
namespace detail {
namespace {

template <std::size_t... kIndex>
constexpr std::array<Entry, kMessageTypes> make_entries(std::index_sequence<kIndex...>) {
    return {Entry{std::variant_alternative_t<kIndex, Message>::kType,
                  &Describe<std::variant_alternative_t<kIndex, Message>>::info}...};
}
constinit const auto kEntries = make_entries(std::make_index_sequence<kMessageTypes>());

template <std::size_t... kIndex>
constexpr std::array<MessageType, kMessageTypes> make_heads(std::index_sequence<kIndex...>) {
    return {std::variant_alternative_t<kIndex, Message>::kType...};
}
constexpr auto kHeads = make_heads(std::make_index_sequence<kMessageTypes>());

// Places in kHeads, sorted by name.
constexpr auto kByName = [] {
    std::array<std::uint8_t, kMessageTypes> order{};
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::uint8_t>(i);
    std::sort(order.begin(), order.end(),
              [](std::uint8_t a, std::uint8_t b) { return kHeads[a].name < kHeads[b].name; });
    return order;
}();
static_assert(kMessageTypes <= 256, "a place fits a byte");
static_assert(std::adjacent_find(kByName.begin(), kByName.end(),
                                 [](auto a, auto b) { return kHeads[a].name == kHeads[b].name; }) ==
                  kByName.end(),
              "each type has a name of its own");

template <std::size_t kIndex>
void* emplace_one(Message& message) {
    return &message.emplace<kIndex>();
}
template <std::size_t... kIndex>
constexpr auto make_emplacers(std::index_sequence<kIndex...>) {
    return std::array<void* (*)(Message&), kMessageTypes>{emplace_one<kIndex>...};
}
constexpr auto kEmplacers = make_emplacers(std::make_index_sequence<kMessageTypes>());

template <typename T>
bool equal_as(const void* a, const void* b) {
    return *static_cast<const T*>(a) == *static_cast<const T*>(b);
}

bool equal_reals(double a, double b) {
    return a == b || (std::isnan(a) && std::isnan(b));
}

bool equal_counts(const TextMap<double>& a, const TextMap<double>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
        return x.key == y.key && equal_reals(x.value, y.value);
    });
}

bool equal_lists(const Type& type, const void* a, const void* b) {
    const auto size = type.list->size(a);
    if (size != type.list->size(b)) return false;
    for (std::size_t i = 0; i < size; ++i) {
        if (!equal(*type.inner, type.list->at(a, i), type.list->at(b, i))) return false;
    }
    return true;
}

bool equal_maps(const Type& type, const void* a, const void* b) {
    const auto size = type.map->size(a);
    if (size != type.map->size(b)) return false;
    for (std::size_t i = 0; i < size; ++i) {
        if (type.map->key(a, i) != type.map->key(b, i)) return false;
        if (!equal(*type.inner, type.map->at(a, i), type.map->at(b, i))) return false;
    }
    return true;
}

}  // namespace

const Entry& entry(std::size_t index) noexcept {
    return kEntries[index];
}

const void* body_of(const Message& message) noexcept {
    return std::visit([](const auto& body) -> const void* { return &body; }, message);
}

void* emplace(Message& message, std::size_t index) {
    return kEmplacers[index](message);
}

bool equal(const Type& type, const void* a, const void* b) {
    switch (type.kind) {
        case Kind::text: return equal_as<std::string>(a, b);
        case Kind::boolean: return equal_as<bool>(a, b);
        case Kind::u32: return equal_as<std::uint32_t>(a, b);
        case Kind::whole: return equal_as<std::uint64_t>(a, b);
        case Kind::real:
            return equal_reals(*static_cast<const double*>(a), *static_cast<const double*>(b));
        case Kind::text_view: return equal_as<std::string_view>(a, b);
        case Kind::value_view:
            return static_cast<const ValueView*>(a)->bytes() ==
                   static_cast<const ValueView*>(b)->bytes();
        case Kind::any: return equal_as<AnyValue>(a, b);
        case Kind::any_map: return equal_as<AnyMap>(a, b);
        case Kind::any_array: return equal_as<AnyArray>(a, b);
        case Kind::binary: return equal_as<Binary>(a, b);
        case Kind::word: return equal_as<unsigned char>(a, b);
        case Kind::sort_order: return equal_as<SortOrder>(a, b);
        case Kind::sort_object: return equal_as<SortObject>(a, b);
        case Kind::record:
            return std::all_of(type.fields.begin(), type.fields.end(), [&](const Field& field) {
                return equal(*field.type, field.in(a), field.in(b));
            });
        case Kind::optional:
        case Kind::nilable: {
            const void* const x = type.optional->get(a);
            const void* const y = type.optional->get(b);
            if (x != nullptr && y != nullptr) return equal(*type.inner, x, y);
            if (x != nullptr || y != nullptr) return false;
            return type.kind == Kind::optional ||
                   type.optional->is_nil(a) == type.optional->is_nil(b);
        }
        case Kind::list: return equal_lists(type, a, b);
        case Kind::text_map: return equal_maps(type, a, b);
        case Kind::counter_state: {
            const auto& x = *static_cast<const CounterState*>(a);
            const auto& y = *static_cast<const CounterState*>(b);
            return equal_counts(x.p, y.p) && equal_counts(x.n, y.n);
        }
    }
    return false;
}

}  // namespace detail

std::span<const MessageType> message_types() noexcept {
    return detail::kHeads;
}

std::string_view type_name(const Message& message) noexcept {
    if (const auto* unknown = std::get_if<UnknownMessage>(&message)) return unknown->type;
    return detail::kHeads[message.index()].name;
}

std::size_t find_message_type(std::string_view name) noexcept {
    using detail::kByName;
    const auto at = std::lower_bound(kByName.begin(), kByName.end(), name,
                                     [](std::uint8_t place, std::string_view wanted) {
                                         return detail::kHeads[place].name < wanted;
                                     });
    return at != kByName.end() && detail::kHeads[*at].name == name ? *at : kMessageTypes;
}

Message make_message(std::size_t index) {
    TOPGUN_ASSERT(index < kMessageTypes, "only known types can be made");
    Message message;
    detail::emplace(message, index);
    return message;
}

bool same(const Message& a, const Message& b) {
    if (a.index() != b.index()) return false;
    if (const auto* unknown = std::get_if<UnknownMessage>(&a)) {
        return *unknown == *std::get_if<UnknownMessage>(&b);
    }
    return detail::equal(*detail::entry(a.index()).type, detail::body_of(a), detail::body_of(b));
}

}  // namespace topgun::wire
