// SPDX-License-Identifier: Apache-2.0
#include "compare.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "topgun/value/canonical.hpp"
#include "topgun/value/json.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun::wire::detail {
namespace {

using Json = nlohmann::json;
using msgpack::Kind;
using msgpack::Reader;
using msgpack::Token;

constexpr std::size_t kShown = 60;

struct Pair {
    std::string key;
    BytesView value;
};

bool is_undefined(BytesView value) {
    return value == BytesView("\xd4\x00\x00", 3);
}

std::string text_of(std::string_view text) {
    Bytes scratch;
    return accept_text(text, scratch) ? std::string(text) : "invalid UTF-8";
}

// The pairs of a map as JavaScript holds them: text keys, the last of equal ones, none undefined.
std::vector<Pair> pairs_of(BytesView map) {
    Reader reader(map);
    std::uint32_t count = 0;
    reader.read_map(count);
    std::vector<Pair> out;
    for (std::uint32_t i = 0; i < count; ++i) {
        Pair pair;
        Token token;
        BytesView raw_key;
        reader.skip(raw_key);
        Reader(raw_key).next(token);
        if (token.kind == Kind::string)
            pair.key = text_of(token.bytes);
        else
            append_json(raw_key, pair.key);
        reader.skip(pair.value);
        const auto twin =
            std::find_if(out.begin(), out.end(), [&](const Pair& p) { return p.key == pair.key; });
        if (twin != out.end()) out.erase(twin);
        if (!is_undefined(pair.value)) out.push_back(std::move(pair));
    }
    return out;
}

std::optional<Bytes> bytes_of_array(const Json& array) {
    Bytes out;
    for (const auto& element : array) {
        if (!element.is_number_unsigned() || element.get<std::uint64_t>() > 255)
            return std::nullopt;
        out.push_back(static_cast<char>(element.get<std::uint64_t>()));
    }
    return out;
}

// Bytes in any form that the JSON of a binary field may have.
std::optional<Bytes> bytes_of(const Json& json) {
    if (json.is_array()) return bytes_of_array(json);
    if (!json.is_object()) return std::nullopt;
    if (json.size() == 1 && json.contains("$bin") && json["$bin"].is_string()) {
        auto bytes = base64_decode(json["$bin"].get_ref<const std::string&>());
        return bytes ? std::optional(std::move(*bytes)) : std::nullopt;
    }
    if (json.size() == 2 && json.value("type", Json()) == "Buffer" && json.contains("data") &&
        json["data"].is_array()) {
        return bytes_of_array(json["data"]);
    }
    auto array = Json::array();
    for (std::size_t i = 0; i < json.size(); ++i) {
        const auto at = json.find(std::to_string(i));
        if (at == json.end()) return std::nullopt;
        array.push_back(*at);
    }
    return bytes_of_array(array);
}

bool is_explicit_bytes(const Json& json) {
    return json.is_object() && ((json.size() == 1 && json.contains("$bin")) ||
                                (json.size() == 2 && json.value("type", Json()) == "Buffer"));
}

class Comparison {
public:
    bool value(BytesView value, const Json& json, const std::string& path) {
        Token token;
        Reader(value).next(token);
        if (is_undefined(value)) return json.is_null() || differ(value, json, path);
        if (token.kind == Kind::binary || is_explicit_bytes(json)) {
            return bytes(value, json) || differ(value, json, path);
        }
        if (is_escape(token, json)) return escape(token, value, json, path);
        switch (token.kind) {
            case Kind::nil: return json.is_null() || differ(value, json, path);
            case Kind::boolean: return json == token.boolean || differ(value, json, path);
            case Kind::integer: return integer(token, json) || differ(value, json, path);
            case Kind::real: return real(token.real, json) || differ(value, json, path);
            case Kind::string:
                return (json.is_string() && json == text_of(token.bytes)) ||
                       differ(value, json, path);
            case Kind::array: return array(value, token.count, json, path);
            case Kind::map: return map(value, json, path);
            default: return differ(value, json, path);
        }
    }

    std::optional<std::string> difference;

private:
    bool fail(const std::string& path, const std::string& what) {
        difference = path + ": " + what;
        return false;
    }

    bool differ(BytesView value, const Json& json, const std::string& path) {
        std::string found;
        if (auto clean = canonical(value))
            append_json(*clean, found);
        else
            found = "something unreadable";
        const auto cut = [](std::string text) {
            if (text.size() > kShown) text = text.substr(0, kShown) + "...";
            return text;
        };
        const auto wanted = json.dump(-1, ' ', false, Json::error_handler_t::replace);
        return fail(path, "the bytes say " + cut(found) + ", the JSON says " + cut(wanted));
    }

    static bool bytes(BytesView value, const Json& json) {
        const auto wanted = bytes_of(json);
        if (!wanted) return false;
        Reader reader(value);
        BytesView found;
        if (reader.peek() == Kind::binary) return reader.read_binary(found) && found == *wanted;
        // An index map or an array of bytes, by way of their own JSON.
        std::string text;
        auto clean = canonical(value);
        if (!clean) return false;
        append_json(*clean, text);
        return bytes_of(Json::parse(text, nullptr, false)) == wanted;
    }

    static bool integer(const Token& token, const Json& json) {
        if (json.is_number_float()) {
            const auto number = token.negative ? static_cast<double>(token.as_signed())
                                               : static_cast<double>(token.bits);
            return number == json.get<double>();
        }
        if (json.is_number_unsigned())
            return !token.negative && json.get<std::uint64_t>() == token.bits;
        return json.is_number_integer() && token.negative &&
               json.get<std::int64_t>() == token.as_signed();
    }

    static bool real(double found, const Json& json) {
        if (!std::isfinite(found)) return json.is_null();
        return json.is_number() && json.get<double>() == found;
    }

    // {"$int":...} and the like, unless the bytes really hold a map.
    static bool is_escape(const Token& token, const Json& json) {
        if (!json.is_object() || json.size() != 1) return false;
        const auto& name = json.begin().key();
        if (name == "$map") return token.kind == Kind::map && json["$map"].is_array();
        return token.kind != Kind::map && (name == "$int" || name == "$float");
    }

    bool escape(const Token& token, BytesView value, const Json& json, const std::string& path) {
        const auto& inner = *json.begin();
        if (json.contains("$map")) {
            if (inner.size() != 1 || !inner[0].is_array() || inner[0].size() != 2 ||
                !inner[0][0].is_string()) {
                return differ(value, json, path);
            }
            return map(value, Json{{inner[0][0].get<std::string>(), inner[0][1]}}, path);
        }
        std::string text;
        if (token.kind == Kind::integer) {
            text = token.negative ? std::to_string(token.as_signed()) : std::to_string(token.bits);
        } else if (token.kind == Kind::real) {
            text = std::isnan(token.real) ? "NaN" : token.real < 0 ? "-Infinity" : "Infinity";
        }
        return inner == text || differ(value, json, path);
    }

    bool array(BytesView bytes, std::uint32_t count, const Json& json, const std::string& path) {
        if (!json.is_array()) return differ(bytes, json, path);
        if (json.size() != count) {
            return fail(path, "the bytes have " + std::to_string(count) +
                                  " elements, the JSON has " + std::to_string(json.size()));
        }
        Reader reader(bytes);
        reader.read_array(count);
        for (std::uint32_t i = 0; i < count; ++i) {
            BytesView element;
            reader.skip(element);
            if (!value(element, json[i], path + '[' + std::to_string(i) + ']')) return false;
        }
        return true;
    }

    bool map(BytesView bytes, const Json& json, const std::string& path) {
        if (!json.is_object()) return differ(bytes, json, path);
        const auto pairs = pairs_of(bytes);
        for (const auto& [key, inner] : pairs) {
            const auto at = json.find(key);
            if (at == json.end())
                return fail(path + '.' + key, "in the bytes, but not in the JSON");
            if (!value(inner, *at, path + '.' + key)) return false;
        }
        for (const auto& [key, ignored] : json.items()) {
            const bool known =
                std::any_of(pairs.begin(), pairs.end(),
                            [&wanted = key](const Pair& pair) { return pair.key == wanted; });
            if (!known) return fail(path + '.' + key, "in the JSON, but not in the bytes");
        }
        return true;
    }
};

}  // namespace

std::optional<std::string> compare_with_json(BytesView value, std::string_view json) {
    Json view;
    try {
        view = Json::parse(json);
    } catch (const Json::exception& e) {
        return "the JSON cannot be read: " + std::string(e.what());
    }
    Comparison comparison;
    comparison.value(value, view, "$");
    return std::move(comparison.difference);
}

}  // namespace topgun::wire::detail
