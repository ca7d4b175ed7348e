// SPDX-License-Identifier: Apache-2.0
#include "decode.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "moment_text.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/value/json.hpp"

namespace topgun::pgdump {
namespace {

std::string quoted(std::string_view text) {
    return "\"" + repair_utf8(text.substr(0, 64)) + (text.size() > 64 ? "..." : "") + "\"";
}

constexpr auto kHex = [] {
    std::array<unsigned char, 256> values{};
    values.fill(0xff);
    for (unsigned i = 0; i < 10; ++i) values['0' + i] = static_cast<unsigned char>(i);
    for (unsigned i = 0; i < 6; ++i) {
        values['a' + i] = values['A' + i] = static_cast<unsigned char>(10 + i);
    }
    return values;
}();

bool decode_hex(std::string_view digits, char* out) noexcept {
    unsigned bad = digits.size() % 2 == 0 ? 0 : 0x80;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
        const unsigned high = kHex[static_cast<unsigned char>(digits[i])];
        const unsigned low = kHex[static_cast<unsigned char>(digits[i + 1])];
        bad |= high | low;
        out[i / 2] = static_cast<char>(high << 4 | low);
    }
    return (bad & 0x80) == 0;
}

// Digits with a sign, wholly used up. Simple ones are read here, without a call.
bool read_integer(std::string_view text, std::int64_t& value) noexcept {
    const bool negative = text.starts_with('-');
    const auto digits = text.substr(negative ? 1 : 0);
    if (digits.empty() || digits.size() > 18) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        return error == std::errc() && end == text.data() + text.size();
    }
    std::int64_t sum = 0;
    for (const char c : digits) {
        const auto digit = static_cast<unsigned char>(c - '0');
        if (digit > 9) return false;
        sum = sum * 10 + digit;
    }
    value = negative ? -sum : sum;
    return true;
}

bool read_real(std::string_view text, double& value) noexcept {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size() && std::isfinite(value))
        return true;
    constexpr auto kInfinity = std::numeric_limits<double>::infinity();
    if (text == "NaN") {
        value = std::numeric_limits<double>::quiet_NaN();
    } else if (text == "Infinity" || text == "-Infinity") {
        value = text[0] == '-' ? -kInfinity : kInfinity;
    } else if (error == std::errc::result_out_of_range && text.find("e-") != text.npos) {
        value = text[0] == '-' ? -0.0 : 0.0;
    } else {
        return false;
    }
    return true;
}

// Money's digits mostly: "-12.50". False for what Decimal::parse() has to look at.
bool read_decimal(std::string_view text, Decimal& value) noexcept {
    const bool negative = text.starts_with('-');
    const auto digits = text.substr(negative ? 1 : 0);
    if (digits.empty() || digits.size() > 18) return false;
    std::int64_t sum = 0;
    std::size_t point = digits.size();
    for (std::size_t i = 0; i < digits.size(); ++i) {
        const auto digit = static_cast<unsigned char>(digits[i] - '0');
        if (digit <= 9) {
            sum = sum * 10 + digit;
        } else if (digits[i] == '.' && point == digits.size() && i > 0 && i + 1 < digits.size()) {
            point = i;
        } else {
            return false;
        }
    }
    const auto scale = point == digits.size() ? 0 : digits.size() - point - 1;
    value = Decimal::from_parts(negative ? -sum : sum, static_cast<int>(scale));
    return true;
}

// Decodes field by field into one column; decode(field) adds a value or says why not.
class FieldDecoder {
public:
    FieldDecoder(std::span<const Field> fields, Column& out, DecodeFault& fault)
        : fields_(fields), out_(out), fault_(fault) {}

    template <typename Decode>
    bool run(Decode&& decode) {
        for (std::size_t row = 0; row < fields_.size(); ++row) {
            if (is_null(fields_[row])) {
                out_.add_null();
            } else if (!decode(fields_[row])) {
                fault_.row = row;
                return false;
            }
        }
        return true;
    }
    bool invalid(std::string_view text) {
        fault_.code = Errc::bad_input;
        fault_.what = "invalid input for type " + type_name(out_.type()) + ": " + quoted(text);
        return false;
    }
    bool fail(const Error& error) {
        fault_.code = error.code();
        fault_.what = error.text();
        return false;
    }
    bool limit(std::string_view text, const char* what) {
        fault_.code = Errc::limit;
        fault_.what = type_name(out_.type()) + " " + quoted(text) + " " + what;
        return false;
    }

    bool booleans() {
        return run([this](Field text) {
            const bool yes = text == "t" || text == "true";
            if (!yes && text != "f" && text != "false") return invalid(text);
            out_.add_boolean(yes);
            return true;
        });
    }
    bool integers() {
        return run([this](Field text) {
            std::int64_t value = 0;
            if (!read_integer(text, value)) return invalid(text);
            out_.add_integer(value);
            return true;
        });
    }
    bool reals() {
        return run([this](Field text) {
            double value = 0;
            if (!read_real(text, value)) return invalid(text);
            out_.add_real(value);
            return true;
        });
    }
    bool decimals() {
        return run([this](Field text) {
            Decimal value;
            if (!read_decimal(text, value)) {
                if (text == "NaN" || text.ends_with("Infinity")) {
                    return limit(text, "has no decimal digits");
                }
                auto parsed = Decimal::parse(text);
                if (!parsed) return fail(std::move(parsed).error().within(quoted(text)));
                value = *parsed;
            }
            out_.add_decimal(value);
            return true;
        });
    }
    bool texts(bool check_utf8) {
        return run([this, check_utf8](Field text) {
            if (check_utf8 && !is_utf8(text)) {
                fault_.what = "the text is not valid UTF-8";
                return false;
            }
            out_.add_view(text);
            return true;
        });
    }
    bool bytes() {
        return run([this](Field text) {
            char* const to = out_.heap().allocate(text.size());
            std::size_t size = 0;
            if (!decode_bytea(text, to, size)) return invalid(text);
            out_.add_view({to, size});
            return true;
        });
    }
    template <typename Read>
    bool moments(Read&& read) {
        return run([&](Field text) {
            std::int64_t value = 0;
            const auto fault = read(text, value);
            if (fault != MomentFault::none) return moment_fault(text, fault);
            out_.add_integer(value);
            return true;
        });
    }
    bool intervals() {
        return run([this](Field text) {
            Interval value;
            const auto fault = read_interval(text, value);
            if (fault != MomentFault::none) return moment_fault(text, fault);
            out_.add_interval(value);
            return true;
        });
    }
    bool documents() {
        return run([this](Field text) {
            auto value = parse_plain_json(text);
            if (!value) return fail(std::move(value).error().within("jsonb"));
            out_.add_bytes(*value);
            return true;
        });
    }
    bool lists(TypeId element) {
        return run([this, element](Field text) {
            auto value = decode_array(text, element);
            if (!value) return fail(std::move(value).error().within(type_name(out_.type())));
            out_.add_bytes(*value);
            return true;
        });
    }

private:
    bool moment_fault(std::string_view text, MomentFault fault) {
        if (fault == MomentFault::malformed) return invalid(text);
        return limit(text, fault == MomentFault::infinite ? "is no moment that can be kept"
                                                          : "is out of range");
    }

    std::span<const Field> fields_;
    Column& out_;
    DecodeFault& fault_;
};

}  // namespace

bool decode_bytea(std::string_view text, char* out, std::size_t& size) noexcept {
    if (text.starts_with("\\x")) {
        size = (text.size() - 2) / 2;
        return decode_hex(text.substr(2), out);
    }
    char* to = out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            *to++ = text[i];
        } else if (i + 1 < text.size() && text[i + 1] == '\\') {
            *to++ = '\\';
            ++i;
        } else if (i + 3 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '3' &&
                   text[i + 2] >= '0' && text[i + 2] <= '7' && text[i + 3] >= '0' &&
                   text[i + 3] <= '7') {
            *to++ = static_cast<char>((text[i + 1] - '0') << 6 | (text[i + 2] - '0') << 3 |
                                      (text[i + 3] - '0'));
            i += 3;
        } else {
            return false;
        }
    }
    size = static_cast<std::size_t>(to - out);
    return true;
}

bool decode_fields(std::span<const Field> fields, bool check_utf8, Column& out,
                   DecodeFault& fault) {
    out.reserve(fields.size());
    FieldDecoder decoder(fields, out, fault);
    fault.code = Errc::bad_input;
    switch (out.type().id) {
        case TypeId::boolean: return decoder.booleans();
        case TypeId::bigint: return decoder.integers();
        case TypeId::real: return decoder.reals();
        case TypeId::numeric: return decoder.decimals();
        case TypeId::bytea: return decoder.bytes();
        case TypeId::date: return decoder.moments(read_date);
        case TypeId::time: return decoder.moments(read_time);
        case TypeId::timestamp:
            return decoder.moments(
                [](auto text, auto& value) { return read_timestamp(text, false, value); });
        case TypeId::timestamptz:
            return decoder.moments(
                [](auto text, auto& value) { return read_timestamp(text, true, value); });
        case TypeId::interval: return decoder.intervals();
        case TypeId::json: return decoder.documents();
        case TypeId::list: return decoder.lists(out.type().element);
        case TypeId::null:
        case TypeId::text: break;
    }
    return decoder.texts(check_utf8);
}

}  // namespace topgun::pgdump
