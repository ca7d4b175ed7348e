// SPDX-License-Identifier: Apache-2.0
// Vectors as they are written in records and messages.
#include <bit>
#include <cmath>

#include "topgun/search/vector_index.hpp"
#include "topgun/value/canonical.hpp"

namespace topgun::search {
namespace {

template <typename Bits, typename Number>
std::vector<float> read_numbers(BytesView bytes) {
    std::vector<float> out;
    const auto count = bytes.size() / sizeof(Bits);
    if (bytes.size() % sizeof(Bits) != 0 || count > VectorOptions::kDimensionMax) return out;
    out.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto bits = load_le<Bits>(bytes.data() + i * sizeof(Bits));
        const auto number = static_cast<float>(std::bit_cast<Number>(bits));
        if (!std::isfinite(number)) return {};
        out.push_back(number);
    }
    return out;
}

std::vector<float> read_typed(ValueView map) {
    const auto type = map.find("type");
    const auto data = map.find("data");
    if (!type || !data) return {};
    const auto name = type->as_string();
    const auto bytes = data->as_binary();
    if (!name || !bytes) return {};
    if (*name == "f32") return read_numbers<std::uint32_t, float>(*bytes);
    if (*name == "f64") return read_numbers<std::uint64_t, double>(*bytes);
    if (*name == "i32") return read_numbers<std::uint32_t, std::int32_t>(*bytes);
    if (*name == "i16") return read_numbers<std::uint16_t, std::int16_t>(*bytes);
    return {};
}

std::vector<float> read_array(ValueView array) {
    std::vector<float> out;
    if (array.size() > VectorOptions::kDimensionMax) return out;
    bool numbers = true;
    array.for_each_element([&](ValueView element) {
        const auto number = element.as_double();
        // Beyond a float's range it becomes infinite.
        const auto narrow = number ? static_cast<float>(*number) : 0.0f;
        numbers = numbers && number && std::isfinite(narrow);
        out.push_back(narrow);
    });
    if (!numbers) out.clear();
    return out;
}

}  // namespace

std::vector<float> read_float_bytes(BytesView bytes) {
    return read_numbers<std::uint32_t, float>(bytes);
}

std::vector<float> read_vector(ValueView value) {
    switch (value.kind()) {
        case msgpack::Kind::array: return read_array(value);
        case msgpack::Kind::map: return read_typed(value);
        case msgpack::Kind::binary: break;
        default: return {};
    }
    const auto bytes = *value.as_binary();
    // TopGun's own form is a map inside the bytes, which a row of floats all but never looks like.
    if (const auto inner = canonical(bytes)) {
        const auto typed = read_typed(ValueView(*inner));
        if (!typed.empty()) return typed;
    }
    return read_float_bytes(bytes);
}

Bytes write_float_bytes(std::span<const float> vector) {
    Bytes out;
    out.reserve(vector.size() * sizeof(float));
    for (const auto number : vector) append_le(out, std::bit_cast<std::uint32_t>(number));
    return out;
}

}  // namespace topgun::search
