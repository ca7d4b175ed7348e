// SPDX-License-Identifier: Apache-2.0
#include "topgun/value/value_view.hpp"

#include <limits>

namespace topgun {

using msgpack::Kind;
using msgpack::Reader;
using msgpack::Token;

namespace {
std::optional<Token> token_of(BytesView bytes, Kind kind) noexcept {
    Reader reader(bytes);
    Token token;
    if (!reader.next(token) || token.kind != kind) return std::nullopt;
    return token;
}
}  // namespace

ValueView::ValueView() noexcept : bytes_("\xc0") {}

std::optional<bool> ValueView::as_bool() const noexcept {
    const auto token = token_of(bytes_, Kind::boolean);
    return token ? std::optional(token->boolean) : std::nullopt;
}

std::optional<std::int64_t> ValueView::as_int64() const noexcept {
    const auto token = token_of(bytes_, Kind::integer);
    if (!token) return std::nullopt;
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (!token->negative && token->bits > kMax) return std::nullopt;
    return token->as_signed();
}

std::optional<std::uint64_t> ValueView::as_uint64() const noexcept {
    const auto token = token_of(bytes_, Kind::integer);
    if (!token || token->negative) return std::nullopt;
    return token->bits;
}

std::optional<double> ValueView::as_double() const noexcept {
    Reader reader(bytes_);
    double value = 0;
    if (!reader.read_double(value)) return std::nullopt;
    return value;
}

std::optional<std::string_view> ValueView::as_string() const noexcept {
    const auto token = token_of(bytes_, Kind::string);
    return token ? std::optional<std::string_view>(token->bytes) : std::nullopt;
}

std::optional<BytesView> ValueView::as_binary() const noexcept {
    const auto token = token_of(bytes_, Kind::binary);
    return token ? std::optional(token->bytes) : std::nullopt;
}

std::uint32_t ValueView::size() const noexcept {
    const auto what = kind();
    if (what != Kind::array && what != Kind::map) return 0;
    Reader reader(bytes_);
    Token token;
    return reader.next(token) ? token.count : 0;
}

std::optional<ValueView> ValueView::find(std::string_view field) const noexcept {
    Reader reader(bytes_);
    std::uint32_t pairs = 0;
    if (kind() != Kind::map || !reader.read_map(pairs)) return std::nullopt;
    for (std::uint32_t i = 0; i < pairs; ++i) {
        std::string_view key;
        BytesView value;
        if (!reader.read_string(key) || !reader.skip(value)) return std::nullopt;
        if (key == field) return ValueView(value);
    }
    return std::nullopt;
}

std::optional<ValueView> ValueView::at(std::uint32_t index) const noexcept {
    Reader reader(bytes_);
    std::uint32_t elements = 0;
    if (kind() != Kind::array || !reader.read_array(elements) || index >= elements) {
        return std::nullopt;
    }
    BytesView value;
    for (std::uint32_t i = 0; i <= index; ++i) {
        if (!reader.skip(value)) return std::nullopt;
    }
    return ValueView(value);
}

}  // namespace topgun
