// SPDX-License-Identifier: Apache-2.0
// Writes canonical values as JSON straight from their bytes; parsing is in json_parser.cpp.
#include "topgun/value/json.hpp"

#include <charconv>
#include <cmath>

#include "topgun/base/check.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/value/js_text.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun {
namespace {

using msgpack::Kind;
using msgpack::Reader;
using msgpack::Token;

// Tools that keep numbers as doubles read integers exactly up to here.
constexpr std::uint64_t kMaxExactInteger = (std::uint64_t{1} << 53) - 1;

// What a JavaScript server makes of what JSON cannot say: `exact` turns false then.
enum class Form { escaped, plain };

class JsonWriter {
public:
    JsonWriter(BytesView canonical, Form form, std::string& out)
        : reader_(canonical), plain_(form == Form::plain), out_(out) {}

    bool exact() const { return exact_; }

    void value(std::size_t depth) {
        const auto token = next();
        switch (token.kind) {
            case Kind::nil: out_ += "null"; return;
            case Kind::boolean: out_ += token.boolean ? "true" : "false"; return;
            case Kind::integer: integer(token); return;
            case Kind::real: real(token.real); return;
            case Kind::string: string(token.bytes); return;
            case Kind::binary:
                if (plain_) return plain_binary(token.bytes);
                out_ += R"({"$bin":")";
                out_ += base64_encode(token.bytes);
                out_ += "\"}";
                return;
            case Kind::extension:
                if (plain_) return inexact("null");
                out_ += R"({"$ext":[)";
                out_ += std::to_string(token.extension_type);
                out_ += ",\"";
                out_ += base64_encode(token.bytes);
                out_ += "\"]}";
                return;
            case Kind::array: array(token.count, depth); return;
            case Kind::map: map(token.count, depth); return;
        }
    }

private:
    Token next() {
        Token token;
        TOPGUN_ASSERT(reader_.next(token), "only canonical values are written as JSON");
        return token;
    }

    void integer(const Token& token) {
        char digits[24];
        const auto end = token.negative
                             ? std::to_chars(digits, digits + sizeof digits, token.as_signed()).ptr
                             : std::to_chars(digits, digits + sizeof digits, token.bits).ptr;
        const auto magnitude = token.negative ? 0 - token.bits : token.bits;
        if (plain_ || magnitude <= kMaxExactInteger) {
            out_.append(digits, end);
        } else {
            out_ += R"({"$int":")";
            out_.append(digits, end);
            out_ += "\"}";
        }
    }

    void real(double value) {
        if (plain_ && (!std::isfinite(value) || (value == 0 && std::signbit(value)))) {
            return inexact(value == 0 ? "0.0" : "null");
        }
        if (!std::isfinite(value)) {
            out_ += R"({"$float":")";
            out_ += std::isnan(value) ? "NaN" : value < 0 ? "-Infinity" : "Infinity";
            out_ += "\"}";
            return;
        }
        // Within these bounds plain digits are the readable form; outside they are mostly zeros.
        const double magnitude = std::fabs(value);
        // Without escapes the point must stay wherever an integer could be meant.
        const double most = plain_ ? 1e21 : 1e16;
        const bool plain = magnitude == 0 || (magnitude >= 1e-5 && magnitude < most);
        const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
        char digits[40];
        const auto end = std::to_chars(digits, digits + sizeof digits, value, format).ptr;
        out_.append(digits, end);
        if (plain && magnitude == std::floor(magnitude)) out_ += ".0";
    }

    void array(std::uint32_t count, std::size_t depth) {
        check_depth(count, depth);
        out_ += '[';
        for (std::uint32_t i = 0; i < count; ++i) {
            if (i > 0) out_ += ',';
            value(depth + 1);
        }
        out_ += ']';
    }

    void map(std::uint32_t count, std::size_t depth) {
        check_depth(count, depth);
        for (std::uint32_t i = 0; i < count; ++i) {
            const auto key = next();
            TOPGUN_ASSERT(key.kind == Kind::string, "a canonical map has only string keys");
            if (!plain_ && count == 1 && key.bytes.starts_with('$'))
                return escaped_map(key.bytes, depth);
            out_ += i == 0 ? '{' : ',';
            string(key.bytes);
            out_ += ':';
            value(depth + 1);
        }
        out_ += count == 0 ? "{}" : "}";
    }

    void string(std::string_view text) {
        if (!plain_ || text.find('\0') == std::string_view::npos) {
            return append_json_string(text, out_);
        }
        exact_ = false;
        std::string mended;
        for (const char c : text) {
            if (c == '\0') {
                mended += "\xef\xbf\xbd";
            } else {
                mended += c;
            }
        }
        append_json_string(mended, out_);
    }

    void plain_binary(BytesView bytes) {
        exact_ = false;
        out_ += '{';
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            out_ += i == 0 ? "\"" : ",\"";
            out_ += std::to_string(i);
            out_ += "\":";
            out_ += std::to_string(static_cast<unsigned char>(bytes[i]));
        }
        out_ += '}';
    }

    void inexact(std::string_view text) {
        exact_ = false;
        out_ += text;
    }

    void escaped_map(std::string_view key, std::size_t depth) {
        out_ += R"({"$map":[[)";
        append_json_string(key, out_);
        out_ += ',';
        value(depth + 1);
        out_ += "]]}";
    }

    static void check_depth(std::uint32_t count, std::size_t depth) {
        TOPGUN_ASSERT(count == 0 || depth < msgpack::kMaxDepth, "canonical values end at a depth");
    }

    Reader reader_;
    bool plain_;
    bool exact_ = true;
    std::string& out_;
};

}  // namespace

void append_json(BytesView canonical, std::string& out) {
    JsonWriter(canonical, Form::escaped, out).value(0);
}

bool append_plain_json(BytesView canonical, std::string& out) {
    JsonWriter writer(canonical, Form::plain, out);
    writer.value(0);
    return writer.exact();
}

void append_json_string(std::string_view text, std::string& out) {
    if (is_utf8(text)) {
        append_js_string(text, out);
    } else {
        append_js_string(repair_utf8(text), out);
    }
}

}  // namespace topgun
