// SPDX-License-Identifier: Apache-2.0
#include "topgun/value/js_text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "json_scan.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun {
namespace {

using msgpack::Kind;
using msgpack::Reader;
using msgpack::Token;

void append_js_number(double value, std::string& out) {
    if (std::isnan(value)) {
        out += "NaN";
        return;
    }
    if (std::isinf(value)) {
        out += value < 0 ? "-Infinity" : "Infinity";
        return;
    }
    if (value == 0) {
        out += '0';
        return;
    }
    // Shortest round-trip digits as d.ddde[+-]xx, taken apart and laid out by ECMA-262's rules.
    char buffer[40];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, std::fabs(value),
                                   std::chars_format::scientific)
                         .ptr;
    const auto* const exponent_at = std::find(buffer, end, 'e');
    int exponent = 0;
    std::from_chars(exponent_at + (exponent_at[1] == '+' ? 2 : 1), end, exponent);
    std::string digits;
    for (const char* at = buffer; at != exponent_at; ++at) {
        if (*at != '.') digits += *at;
    }
    const int k = static_cast<int>(digits.size());
    const int n = exponent + 1;
    if (value < 0) out += '-';
    if (k <= n && n <= 21) {
        out += digits;
        out.append(static_cast<std::size_t>(n - k), '0');
    } else if (0 < n && n <= 21) {
        out.append(digits, 0, static_cast<std::size_t>(n));
        out += '.';
        out.append(digits, static_cast<std::size_t>(n));
    } else if (-6 < n && n <= 0) {
        out += "0.";
        out.append(static_cast<std::size_t>(-n), '0');
        out += digits;
    } else {
        out += digits[0];
        if (k > 1) {
            out += '.';
            out.append(digits, 1);
        }
        out += 'e';
        out += exponent < 0 ? '-' : '+';
        out += std::to_string(std::abs(exponent));
    }
}

void append_integer(const Token& token, std::string& out) {
    constexpr std::uint64_t kExact = std::uint64_t{1} << 53;
    const auto magnitude = token.negative ? 0 - token.bits : token.bits;
    if (magnitude > kExact) {
        append_js_number(token.negative ? static_cast<double>(token.as_signed())
                                        : static_cast<double>(token.bits),
                         out);
    } else {
        out += token.negative ? std::to_string(token.as_signed()) : std::to_string(token.bits);
    }
}

// JSON.stringify(value, names): prints a container with only the listed property names.
class FilteredJson {
public:
    FilteredJson(const std::vector<std::string>& names, std::string& out)
        : names_(names), out_(out) {}

    void print(BytesView value) {
        Reader reader(value);
        Token token;
        if (!reader.next(token)) return;
        switch (token.kind) {
            case Kind::nil:
            case Kind::extension: out_ += "null"; return;
            case Kind::boolean: out_ += token.boolean ? "true" : "false"; return;
            case Kind::integer: append_integer(token, out_); return;
            case Kind::real:
                if (std::isfinite(token.real))
                    append_js_number(token.real, out_);
                else
                    out_ += "null";
                return;
            case Kind::string: append_js_string(token.bytes, out_); return;
            case Kind::binary: binary(token.bytes); return;
            case Kind::array: array(reader, token.count); return;
            case Kind::map: map(reader, token.count); return;
        }
    }

private:
    void array(Reader& reader, std::uint32_t count) {
        out_ += '[';
        for (std::uint32_t i = 0; i < count; ++i) {
            if (i > 0) out_ += ',';
            BytesView element;
            reader.skip(element);
            print(element);
        }
        out_ += ']';
    }

    void map(Reader& reader, std::uint32_t count) {
        std::vector<std::pair<std::string_view, BytesView>> fields(count);
        for (auto& [name, value] : fields) {
            reader.read_string(name);
            reader.skip(value);
        }
        out_ += '{';
        bool first = true;
        for (const auto& name : names_) {
            // Canonical maps are sorted by bytes.
            const auto field = std::lower_bound(
                fields.begin(), fields.end(), std::string_view(name),
                [](const auto& entry, std::string_view wanted) { return entry.first < wanted; });
            if (field == fields.end() || field->first != name) continue;
            if (!first) out_ += ',';
            first = false;
            append_js_string(name, out_);
            out_ += ':';
            print(field->second);
        }
        out_ += '}';
    }

    void binary(BytesView bytes) {
        out_ += '{';
        bool first = true;
        for (const auto& name : names_) {
            std::size_t index = 0;
            const auto parsed = std::from_chars(name.data(), name.data() + name.size(), index);
            const bool canonical_index = parsed.ec == std::errc() &&
                                         parsed.ptr == name.data() + name.size() &&
                                         (name.size() == 1 || name[0] != '0');
            if (!canonical_index || index >= bytes.size()) continue;
            if (!first) out_ += ',';
            first = false;
            append_js_string(name, out_);
            out_ += ':';
            out_ += std::to_string(static_cast<unsigned char>(bytes[index]));
        }
        out_ += '}';
    }

    const std::vector<std::string>& names_;
    std::string& out_;
};

// Own property names of the top-level container, sorted as JavaScript sorts strings.
std::vector<std::string> top_level_names(BytesView value) {
    Reader reader(value);
    Token token;
    std::vector<std::string> names;
    if (!reader.next(token)) return names;
    if (token.kind == Kind::map) {
        names.reserve(token.count);
        for (std::uint32_t i = 0; i < token.count; ++i) {
            std::string_view name;
            reader.read_string(name);
            reader.skip();
            names.emplace_back(name);
        }
    } else {
        const auto count = token.kind == Kind::binary ? token.bytes.size() : token.count;
        names.reserve(count);
        for (std::size_t i = 0; i < count; ++i) names.push_back(std::to_string(i));
    }
    std::sort(names.begin(), names.end(),
              [](const auto& a, const auto& b) { return compare_utf16(a, b) < 0; });
    return names;
}

}  // namespace

std::string js_number_text(double value) {
    std::string out;
    append_js_number(value, out);
    return out;
}

void append_js_string(std::string_view text, std::string& out) {
    static constexpr char kHex[] = "0123456789abcdef";
    const char* at = text.data();
    const char* const end = at + text.size();
    std::uint64_t ignored = 0;
    out += '"';
    for (;;) {
        const char* const special = find_json_special(at, end, ignored);
        out.append(at, special);
        if (special == end) break;
        out += '\\';
        switch (*special) {
            case '"':
            case '\\': out += *special; break;
            case '\b': out += 'b'; break;
            case '\t': out += 't'; break;
            case '\n': out += 'n'; break;
            case '\f': out += 'f'; break;
            case '\r': out += 'r'; break;
            default:
                out += "u00";
                out += kHex[static_cast<unsigned char>(*special) >> 4];
                out += kHex[static_cast<unsigned char>(*special) & 15];
        }
        at = special + 1;
    }
    out += '"';
}

void append_js_value_text(BytesView value, std::string& out) {
    Reader reader(value);
    Token token;
    if (!reader.next(token)) return;
    switch (token.kind) {
        case Kind::string: out += token.bytes; return;
        case Kind::nil:
        case Kind::extension: out += "null"; return;
        case Kind::boolean: out += token.boolean ? "true" : "false"; return;
        case Kind::integer: append_integer(token, out); return;
        case Kind::real: append_js_number(token.real, out); return;
        case Kind::binary:
        case Kind::array:
        case Kind::map: break;
    }
    const auto names = top_level_names(value);
    FilteredJson(names, out).print(value);
}

}  // namespace topgun
