// SPDX-License-Identifier: Apache-2.0
// Bytes as text and back, hashes, and what TopGun makes of keys and stamps.
#include <charconv>

#include "cast.hpp"
#include "function.hpp"
#include "md5.hpp"
#include "text_maker.hpp"
#include "topgun/base/hash.hpp"
#include "topgun/value/json.hpp"

namespace topgun::sql {
namespace {

using I = std::int64_t;
using T = std::string_view;

Error unknown_encoding(T name) {
    return Error(Errc::bad_input,
                 "unrecognized encoding: \"" + std::string(name.substr(0, 64)) + "\"");
}

std::string lower_ascii(T text) {
    std::string out(text);
    for (auto& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    return out;
}

// Printable bytes as they are, backslashes doubled, zero and the upper half in octal.
std::string escaped(T bytes) {
    std::string out;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte == 0 || byte >= 0x80) {
            out += '\\';
            for (int shift = 6; shift >= 0; shift -= 3) {
                out += static_cast<char>('0' + (byte >> shift & 7));
            }
        } else {
            if (c == '\\') out += c;
            out += c;
        }
    }
    return out;
}

std::string hex_of(T bytes) {
    constexpr T kDigits = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += kDigits[byte >> 4];
        out += kDigits[byte & 15];
    }
    return out;
}

// A line break after each 76 characters, as RFC 2045 wants it: these are 57 bytes.
Result<std::string> broken_base64(T bytes) {
    constexpr std::size_t kLine = 57;
    TextMaker out;
    for (std::size_t at = 0; at < bytes.size(); at += kLine) {
        if (at > 0) TOPGUN_TRY(out.add("\n"));
        TOPGUN_TRY(out.add(base64_encode(bytes.substr(at, kLine))));
    }
    return out.take();
}

Result<std::string> encode(T bytes, T encoding) {
    const auto name = lower_ascii(encoding);
    if (name == "base64") return broken_base64(bytes);
    if (name == "escape") return changed_pieces(bytes, escaped);
    if (name == "hex") return changed_pieces(bytes, hex_of);
    return unknown_encoding(encoding);
}

Result<std::string> decode(T text, T encoding) {
    const auto name = lower_ascii(encoding);
    std::string compact;
    for (const char c : text) {
        if (c != ' ' && c != '\n' && c != '\t' && c != '\r') compact += c;
    }
    if (name == "base64") {
        auto bytes = base64_decode(compact);
        if (!bytes) return Error(Errc::bad_input, "invalid base64 end sequence");
        return std::string(*bytes);
    }
    Column value(TypeId::bytea);
    if (name == "hex") {
        for (const char c : compact) {
            const char low = static_cast<char>(c | 0x20);
            if ((c >= '0' && c <= '9') || (low >= 'a' && low <= 'f')) continue;
            return Error(Errc::bad_input, std::string("invalid hexadecimal digit: \"") + c + "\"");
        }
        TOPGUN_TRY(add_parsed(value, "\\x" + compact));
    } else if (name == "escape") {
        // A leading \x would be taken for hex.
        if (text.starts_with("\\x")) {
            return Error(Errc::bad_input, "invalid input syntax for type bytea");
        }
        TOPGUN_TRY(add_parsed(value, text));
    } else {
        return unknown_encoding(encoding);
    }
    return std::string(value.bytes(0));
}

std::string hex(I value) {
    char digits[17];
    const auto end =
        std::to_chars(digits, std::end(digits), static_cast<std::uint64_t>(value), 16).ptr;
    return {digits, end};
}

// The parts of "millis:counter:node". A node has no colon.
struct Stamp {
    I millis = 0, counter = 0;
    T node;
};
Result<Stamp> parse_stamp(T text) {
    const auto bad = [text] {
        return Error(Errc::bad_input, "\"" + std::string(text.substr(0, 64)) +
                                          "\" is no stamp of the form millis:counter:node");
    };
    Stamp out;
    const auto number = [&text](I& value) {
        const auto colon = text.find(':');
        if (colon == T::npos) return false;
        const auto [end, error] = std::from_chars(text.data(), text.data() + colon, value);
        const bool whole = error == std::errc() && end == text.data() + colon && value >= 0;
        text.remove_prefix(colon + 1);
        return whole;
    };
    if (!number(out.millis) || !number(out.counter) || text.empty()) return bad();
    out.node = text;
    return out;
}

}  // namespace

void add_bytes_functions(std::vector<Function>& to) {
    const DataType text(TypeId::text), bytea(TypeId::bytea), whole(TypeId::bigint);
    to.push_back({"encode", {bytea, text}, text, kernel2<T, T>([](T b, T name) {
                      return encode(b, name);
                  })});
    to.push_back({"decode", {text, text}, bytea, kernel2<T, T>([](T t, T name) {
                      return decode(t, name);
                  })});
    to.push_back({"to_hex", {whole}, text, kernel1<I>([](I n) { return hex(n); })});
    for (const auto type : {text, bytea}) {
        to.push_back({"md5", {type}, text, kernel1<T>([](T t) { return md5_hex(t); })});
    }
    to.push_back({"get_byte", {bytea, whole}, whole, kernel2<T, I>([](T b, I at) -> Result<I> {
                      if (at < 0 || at >= static_cast<I>(b.size())) {
                          return Error(Errc::bad_input,
                                       "index " + std::to_string(at) + " out of valid range, 0.." +
                                           std::to_string(static_cast<I>(b.size()) - 1));
                      }
                      return I{static_cast<unsigned char>(b[static_cast<std::size_t>(at)])};
                  })});
    // Not in PostgreSQL: how TopGun places keys, and the parts of its stamps.
    to.push_back({"topgun_hash", {text}, whole, kernel1<T>([](T t) { return I{fnv1a(t)}; })});
    to.push_back(
        {"topgun_partition", {text}, whole, kernel1<T>([](T t) { return I{partition_of(t)}; })});
    to.push_back({"hlc_millis", {text}, whole, kernel1<T>([](T t) -> Result<I> {
                      auto stamp = parse_stamp(t);
                      if (!stamp) return std::move(stamp).error();
                      return stamp->millis;
                  })});
    to.push_back({"hlc_counter", {text}, whole, kernel1<T>([](T t) -> Result<I> {
                      auto stamp = parse_stamp(t);
                      if (!stamp) return std::move(stamp).error();
                      return stamp->counter;
                  })});
    to.push_back({"hlc_node", {text}, text, kernel1<T>([](T t) -> Result<T> {
                      auto stamp = parse_stamp(t);
                      if (!stamp) return std::move(stamp).error();
                      return stamp->node;
                  })});
}

}  // namespace topgun::sql
