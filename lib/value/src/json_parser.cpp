// SPDX-License-Identifier: Apache-2.0
// Parses JSON (RFC 8259) directly into canonical MessagePack: no tree is built in between.
#include <algorithm>
#include <charconv>

#include "json_escape.hpp"
#include "json_scan.hpp"
#include "map_order.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/value/json.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun {
namespace {

using msgpack::Reader;
using msgpack::Writer;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// Brackets of an escape that are none in the value. The depth limit is the value's, so they must
// not count; whether it really is an escape shows only at the closing brace.
struct EscapeShape {
    bool scalar = false;  // the object itself stands for a scalar
    unsigned arrays = 0;  // levels of arrays inside that vanish
};

EscapeShape escape_shape(std::string_view first_name) {
    if (first_name == "$map") return {false, 2};
    if (first_name == "$ext") return {true, 1};
    return {first_name == "$bin" || first_name == "$int" || first_name == "$float", 0};
}

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

// std::from_chars says "out of range" for 1e-400 as for 1e400, but the first is 0 to the nearest
// double. Such a number lies beyond 1e308 or below 1e-323, so the sign of its decimal exponent
// tells them apart.
bool is_tiny(std::string_view number) {
    const auto exponent_at = number.find_first_of("eE");
    const auto mantissa = number.substr(0, exponent_at);
    std::int64_t exponent = 0;
    if (exponent_at != std::string_view::npos) {
        auto digits = number.substr(exponent_at + 1);
        if (digits.starts_with('+')) digits.remove_prefix(1);
        const auto* const end = digits.data() + digits.size();
        if (std::from_chars(digits.data(), end, exponent).ec != std::errc()) {
            return digits.starts_with('-');
        }
    }
    const auto first = mantissa.find_first_of("123456789");
    if (first == std::string_view::npos) return true;
    const auto point = std::min(mantissa.find('.'), mantissa.size());
    return exponent < static_cast<std::int64_t>(first) - static_cast<std::int64_t>(point);
}

class JsonParser {
public:
    // `escapes`: objects such as {"$bin":"AQ=="} stand for what JSON cannot say.
    JsonParser(std::string_view text, bool escapes)
        : escapes_(escapes),
          begin_(text.data()),
          at_(begin_),
          end_(begin_ + text.size()),
          writer_(out_),
          maps_(out_) {}

    Result<Bytes> run() {
        out_.reserve(static_cast<std::size_t>(end_ - begin_));
        if (std::string_view(at_, end_).starts_with(kByteOrderMark)) at_ += kByteOrderMark.size();
        if (!value(0, 0)) return error();
        skip_space();
        if (at_ != end_) {
            fail(at_, "unexpected text after the value");
            return error();
        }
        if (saw_escape_ && !Reader(out_).skip()) {
            too_deep(begin_);
            return error();
        }
        return std::move(out_);
    }

private:
    // `depth` counts the containers around this value; the next `arrays` levels of arrays may
    // belong to an escape.
    bool value(std::size_t depth, unsigned arrays) {
        skip_space();
        if (at_ == end_) return expected("a value");
        switch (*at_) {
            case '{': return object(depth);
            case '[': return array(depth, arrays);
            case '"': {
                std::string_view text;
                if (!string(text)) return false;
                writer_.string(text);
                return true;
            }
            case 't': return literal("true") && (writer_.boolean(true), true);
            case 'f': return literal("false") && (writer_.boolean(false), true);
            case 'n': return literal("null") && (writer_.nil(), true);
            default:
                if (*at_ == '-' || is_digit(*at_)) return number();
                return expected("a value");
        }
    }

    bool literal(std::string_view word) {
        if (!std::string_view(at_, end_).starts_with(word)) return expected(word);
        at_ += word.size();
        return true;
    }

    bool array(std::size_t depth, unsigned arrays) {
        const char* const start = at_++;
        const auto header = out_.size();
        writer_.array(0);
        skip_space();
        if (at_ != end_ && *at_ == ']') {
            ++at_;
            return true;
        }
        if (arrays == 0 && depth >= msgpack::kMaxDepth) return too_deep(start);
        const auto inner = arrays == 0 ? depth + 1 : depth;
        std::size_t elements = 0;
        for (;;) {
            if (!value(inner, arrays == 0 ? 0 : arrays - 1)) return false;
            ++elements;
            skip_space();
            if (at_ == end_ || (*at_ != ',' && *at_ != ']')) return expected("',' or ']'");
            if (*at_++ == ']') break;
        }
        header_.clear();
        Writer(header_).array(elements);
        out_.replace(header, 1, header_);
        return true;
    }

    bool object(std::size_t depth) {
        const char* const start = at_++;
        auto map = maps_.open(0);
        skip_space();
        if (at_ != end_ && *at_ == '}') {
            ++at_;
            maps_.close(map);
            return true;
        }
        for (bool first = true;; first = false) {
            std::string_view name;
            if (!member_name(name, first)) return false;
            const auto escape = first && escapes_ ? escape_shape(name) : EscapeShape{};
            saw_escape_ = saw_escape_ || escape.scalar || escape.arrays > 0;
            if (depth + (escape.scalar ? 0 : 1) > msgpack::kMaxDepth) return too_deep(start);
            maps_.key(map, name);
            if (!value(depth + 1, escape.arrays)) return false;
            maps_.end_value();
            skip_space();
            if (at_ == end_ || (*at_ != ',' && *at_ != '}')) return expected("',' or '}'");
            if (*at_++ == '}') break;
        }
        return maps_.close(map) != 1 || !escapes_ || unescape(map.header, start);
    }

    // A name and its colon. The view holds until the next string is read.
    bool member_name(std::string_view& name, bool first) {
        skip_space();
        if (at_ == end_ || *at_ != '"') {
            return expected(first ? "a member's name in double quotes, or '}'"
                                  : "a member's name in double quotes");
        }
        if (!string(name)) return false;
        skip_space();
        if (at_ == end_ || *at_ != ':') return expected("':'");
        ++at_;
        return true;
    }

    // Turns the map with one entry at `header` into what it stands for, if its key starts with '$'.
    bool unescape(std::size_t header, const char* start) {
        Reader reader(BytesView(out_).substr(header));
        std::uint32_t pairs = 0;
        std::string_view key;
        reader.read_map(pairs);
        if (!reader.read_string(key) || !key.starts_with('$')) return true;
        const Bytes escape(BytesView(out_).substr(header));
        out_.resize(header);
        auto done = append_unescaped(escape, out_);
        if (done) return true;
        if (done.error().code() == Errc::limit) return too_deep(start);
        return fail(start, done.error().text());
    }

    bool number() {
        const char* const start = at_;
        if (*at_ == '-') ++at_;
        const char* const digits = at_;
        if (!skip_digits()) return expected("a digit");
        if (*digits == '0' && at_ - digits > 1) return fail(start, "a number has no leading zeros");
        bool whole = true;
        if (at_ != end_ && *at_ == '.') {
            whole = false;
            ++at_;
            if (!skip_digits()) return expected("a digit after the point");
        }
        if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
            whole = false;
            ++at_;
            if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
            if (!skip_digits()) return expected("a digit of the exponent");
        }
        const std::string_view text(start, at_);
        if (whole) {
            if (append_integer(text, writer_)) return true;
            if (escapes_) return fail(start, "the integer does not fit into 64 bits");
        }
        double value = 0;
        if (std::from_chars(start, at_, value).ec != std::errc()) {
            if (!is_tiny(text)) return fail(start, "the number does not fit into a double");
            value = *start == '-' ? -0.0 : 0.0;
        }
        writer_.real(value);
        return true;
    }

    bool skip_digits() {
        const char* const start = at_;
        while (at_ != end_ && is_digit(*at_)) ++at_;
        return at_ != start;
    }

    // The text of the string at at_: inside the input, or in scratch_ when it has escapes.
    bool string(std::string_view& text) {
        const char* const start = ++at_;
        std::uint64_t high_bits = 0;
        const char* const special = find_json_special(start, end_, high_bits);
        text = {start, special};
        if (high_bits != 0 && !check_utf8(text)) return false;
        at_ = special;
        if (at_ != end_ && *at_ == '"') {
            ++at_;
            return true;
        }
        scratch_.assign(text);
        while (at_ != end_ && *at_ != '"') {
            if (*at_ != '\\') return fail(at_, "a control character in a string must be escaped");
            if (!escape()) return false;
            const std::string_view run(at_, find_json_special(at_, end_, high_bits));
            if (!check_utf8(run)) return false;
            scratch_ += run;
            at_ += run.size();
        }
        if (at_ == end_) return expected("'\"' at the end of the string");
        ++at_;
        text = scratch_;
        return true;
    }

    bool check_utf8(std::string_view run) {
        const auto bad = find_invalid_utf8(run);
        return bad == run.size() || fail(run.data() + bad, "the text is not valid UTF-8");
    }

    bool escape() {
        const char* const start = at_++;
        if (at_ == end_) return expected("the rest of the escape");
        switch (const char c = *at_++; c) {
            case '"':
            case '\\':
            case '/': scratch_ += c; return true;
            case 'b': scratch_ += '\b'; return true;
            case 'f': scratch_ += '\f'; return true;
            case 'n': scratch_ += '\n'; return true;
            case 'r': scratch_ += '\r'; return true;
            case 't': scratch_ += '\t'; return true;
            case 'u': return unicode_escape();
            default: return fail(start, "unknown escape in a string");
        }
    }

    bool unicode_escape() {
        std::uint32_t unit = 0;
        if (!hex_unit(unit)) return expected("four hexadecimal digits");
        const bool high = unit >= 0xd800 && unit < 0xdc00;
        if (high && std::string_view(at_, end_).starts_with("\\u")) {
            const char* const next = at_;
            at_ += 2;
            std::uint32_t low = 0;
            if (!hex_unit(low)) return expected("four hexadecimal digits");
            if (low >= 0xdc00 && low < 0xe000) {
                unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
            } else {
                at_ = next;  // a character of its own
            }
        }
        append_utf8(scratch_, unit);  // a lone surrogate becomes U+FFFD
        return true;
    }

    bool hex_unit(std::uint32_t& unit) {
        for (int i = 0; i < 4; ++i, ++at_) {
            if (at_ == end_) return false;
            const char c = *at_;
            const char lower = static_cast<char>(c | 0x20);
            if (!is_digit(c) && !(lower >= 'a' && lower <= 'f')) return false;
            unit = unit << 4 | static_cast<std::uint32_t>(is_digit(c) ? c - '0' : lower - 'a' + 10);
        }
        return true;
    }

    void skip_space() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
    }

    bool expected(std::string_view what) {
        std::string message = "expected ";
        message += what;
        message += ", found ";
        if (at_ == end_) {
            message += "the end of the text";
        } else if (*at_ > 0x20 && *at_ < 0x7f) {
            message += std::string("'") + *at_ + "'";
        } else {
            message += "byte " + std::to_string(static_cast<unsigned char>(*at_));
        }
        return fail(at_, std::move(message));
    }

    bool too_deep(const char* where) {
        code_ = Errc::limit;
        return fail(where, "nested deeper than " + std::to_string(msgpack::kMaxDepth) + " levels");
    }

    bool fail(const char* where, std::string message) {
        error_at_ = where;
        message_ = std::move(message);
        return false;
    }

    Error error() const {
        std::size_t line = 1;
        std::size_t column = 1;
        for (const char* at = begin_; at != error_at_; ++at) {
            if (*at == '\n') {
                ++line;
                column = 1;
            } else if ((static_cast<unsigned char>(*at) & 0xc0) != 0x80) {
                ++column;  // bytes that continue a character have no column
            }
        }
        return Error(code_, "line " + std::to_string(line) + ", column " + std::to_string(column) +
                                ": " + message_);
    }

    bool escapes_;
    const char* begin_;
    const char* at_;
    const char* end_;
    Bytes out_;
    Writer writer_;
    MapOrder maps_;
    Bytes scratch_;
    Bytes header_;
    bool saw_escape_ = false;
    const char* error_at_ = nullptr;
    std::string message_;
    Errc code_ = Errc::bad_input;
};

}  // namespace

Result<Bytes> parse_json(std::string_view text) {
    return JsonParser(text, true).run();
}

Result<Bytes> parse_plain_json(std::string_view text) {
    return JsonParser(text, false).run();
}

}  // namespace topgun
