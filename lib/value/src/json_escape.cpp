// SPDX-License-Identifier: Apache-2.0
#include "json_escape.hpp"

#include <charconv>
#include <limits>

#include "map_order.hpp"
#include "topgun/base/check.hpp"
#include "topgun/value/json.hpp"

namespace topgun {
namespace {

using msgpack::Fault;
using msgpack::Kind;
using msgpack::Reader;
using msgpack::Token;
using msgpack::Writer;

Error bad_escape(std::string message) {
    return Error(Errc::bad_input, std::move(message));
}

Status append_binary(Reader& reader, Writer& writer) {
    std::string_view text;
    if (!reader.read_string(text)) return bad_escape("\"$bin\" takes a string of base64");
    auto bytes = base64_decode(text);
    if (!bytes) return std::move(bytes).error().within("\"$bin\"");
    writer.binary(*bytes);
    return {};
}

bool is_integer(std::string_view text) {
    if (text.starts_with('-')) text.remove_prefix(1);
    if (text.empty() || (text.size() > 1 && text[0] == '0')) return false;
    return text.find_first_not_of("0123456789") == std::string_view::npos;
}

Status append_big_integer(Reader& reader, Writer& writer) {
    std::string_view text;
    if (reader.read_string(text) && is_integer(text) && append_integer(text, writer)) return {};
    return bad_escape("\"$int\" takes a string of decimal digits, up to 64 bits");
}

Status append_special_real(Reader& reader, Writer& writer) {
    constexpr auto kInfinity = std::numeric_limits<double>::infinity();
    std::string_view text;
    reader.read_string(text);
    if (text == "NaN") {
        writer.real(std::numeric_limits<double>::quiet_NaN());
    } else if (text == "Infinity" || text == "-Infinity") {
        writer.real(text[0] == '-' ? -kInfinity : kInfinity);
    } else {
        return bad_escape("\"$float\" takes \"NaN\", \"Infinity\" or \"-Infinity\"");
    }
    return {};
}

bool is_extension_type(const Token& token) {
    if (token.kind != Kind::integer) return false;
    return token.negative ? token.as_signed() >= -128 : token.bits <= 127;
}

Status append_extension(Reader& reader, Writer& writer) {
    std::uint32_t elements = 0;
    Token type;
    std::string_view text;
    const bool good = reader.read_array(elements) && elements == 2 && reader.next(type) &&
                      is_extension_type(type) && reader.read_string(text);
    if (!good) return bad_escape("\"$ext\" takes [type from -128 to 127, \"base64\"]");
    auto bytes = base64_decode(text);
    if (!bytes) return std::move(bytes).error().within("\"$ext\"");
    // JavaScript's undefined is nil in canonical form.
    if (type.bits == 0 && *bytes == BytesView("\0", 1)) {
        writer.nil();
    } else {
        writer.extension(static_cast<std::int8_t>(type.as_signed()), *bytes);
    }
    return {};
}

Status append_map(Reader& reader, Bytes& out) {
    std::uint32_t count = 0;
    bool good = reader.read_array(count);
    MapOrder maps(out);
    auto map = maps.open(good ? count : 0);
    for (std::uint32_t i = 0; good && i < count; ++i) {
        std::uint32_t elements = 0;
        std::string_view key;
        BytesView value;
        good = reader.read_array(elements) && elements == 2 && reader.read_string(key) &&
               reader.skip(value);
        if (!good) break;
        maps.key(map, key);
        out.append(value);
        maps.end_value();
    }
    if (reader.fault() == Fault::too_deep) return reader.error();
    if (!good) return bad_escape("\"$map\" takes an array of [\"key\", value] pairs");
    maps.close(map);
    return {};
}

}  // namespace

bool append_integer(std::string_view digits, Writer& writer) {
    const bool negative = digits.starts_with('-');
    if (negative) digits.remove_prefix(1);
    std::uint64_t magnitude = 0;
    const auto* const end = digits.data() + digits.size();
    if (std::from_chars(digits.data(), end, magnitude).ec != std::errc()) return false;
    if (!negative) {
        writer.unsigned_integer(magnitude);
        return true;
    }
    if (magnitude > std::uint64_t{1} << 63) return false;
    writer.signed_integer(static_cast<std::int64_t>(0 - magnitude));
    return true;
}

Status append_unescaped(BytesView escape, Bytes& out) {
    Reader reader(escape);
    Writer writer(out);
    std::uint32_t pairs = 0;
    std::string_view key;
    TOPGUN_ASSERT(reader.read_map(pairs) && pairs == 1 && reader.read_string(key),
                  "an escape is a map with one entry");
    if (key == "$bin") return append_binary(reader, writer);
    if (key == "$int") return append_big_integer(reader, writer);
    if (key == "$float") return append_special_real(reader, writer);
    if (key == "$ext") return append_extension(reader, writer);
    if (key == "$map") return append_map(reader, out);
    std::string quoted;
    append_json_string(key, quoted);
    return bad_escape("unknown escape " + quoted +
                      "; a map with only this key is written {\"$map\":[[" + quoted + ",...]]}");
}

}  // namespace topgun
