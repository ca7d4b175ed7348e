// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "characters.hpp"
#include "value_format.hpp"

namespace topgun::sql {
namespace {

using T = std::string_view;

// What a template says, apart from where its characters stand.
struct NumberTemplate {
    std::string shape;  // 9 0 , . and literals
    int whole = 0, fraction = 0;
    std::size_t first_zero = std::string::npos;  // place in the shape
    bool fill = true;
    enum class Sign { automatic, leading, trailing, minus, plus, brackets } sign = Sign::automatic;
    bool minus_behind = false;
    T ordinal;
};

Result<NumberTemplate> template_of(T pattern) {
    using Sign = NumberTemplate::Sign;
    NumberTemplate out;
    const auto upper = uppered(pattern);
    bool point = false;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const T rest = T(upper).substr(i);
        const auto skip = [&i](std::size_t size) { i += size - 1; };
        for (const auto* word : {"EEEE", "RN", "V"}) {
            if (rest.starts_with(word)) {
                return Error(Errc::usage, std::string("to_char() does not support ") + word);
            }
        }
        if (pattern[i] == '"') {
            const auto end = std::min(pattern.find('"', i + 1), pattern.size());
            for (const char c : pattern.substr(i + 1, end - i - 1)) {
                // Literals must not be taken for digits.
                out.shape += '"';
                out.shape += c;
            }
            i = end;
        } else if (rest.starts_with("FM")) {
            out.fill = false;
            skip(2);
        } else if (rest.starts_with("PR")) {
            out.sign = Sign::brackets;
            skip(2);
        } else if (rest.starts_with("MI")) {
            out.sign = Sign::minus;
            out.minus_behind = out.whole + out.fraction > 0;
            skip(2);
        } else if (rest.starts_with("PL") || rest.starts_with("SG")) {
            out.sign = rest[0] == 'P' ? Sign::plus : Sign::leading;
            out.minus_behind = out.whole + out.fraction > 0;
            if (rest[0] == 'S' && out.minus_behind) out.sign = Sign::trailing;
            skip(2);
        } else if (rest.starts_with("TH")) {
            out.ordinal = pattern.substr(i, 2);
            skip(2);
        } else if (rest[0] == 'S') {
            out.sign = out.whole + out.fraction > 0 ? Sign::trailing : Sign::leading;
        } else if (rest[0] == '9' || rest[0] == '0') {
            if (rest[0] == '0' && !point && out.first_zero == std::string::npos) {
                out.first_zero = out.shape.size();
            }
            ++(point ? out.fraction : out.whole);
            out.shape += rest[0];
        } else if (rest[0] == '.' || rest[0] == 'D') {
            if (point) return Error(Errc::bad_input, "multiple decimal points");
            point = true;
            out.shape += '.';
        } else if (rest[0] == ',' || rest[0] == 'G') {
            out.shape += ',';
        } else if (rest[0] == 'L') {
            // The C locale has no currency.
            out.shape += "\" ";
        } else {
            out.shape += '"';
            out.shape += pattern[i];
        }
    }
    return out;
}

// Digits laid out along the shape, and where the sign belongs.
struct Laid {
    std::string text;
    std::size_t sign_at = 0;
};

Laid lay_out(const NumberTemplate& shape, T whole, T fraction) {
    Laid out;
    // Zeros at the end that only a 9 asks for are left out with FM.
    std::size_t wanted_fraction = fraction.size();
    if (!shape.fill) {
        std::size_t least = 0, at = 0;
        bool point = false;
        for (const char c : shape.shape) {
            point = point || c == '.';
            if (!point || (c != '9' && c != '0')) continue;
            ++at;
            if (c == '0' || fraction[at - 1] != '0') least = at;
        }
        wanted_fraction = least;
    }
    auto missing = static_cast<int>(shape.whole) - static_cast<int>(whole.size());
    std::size_t next = 0, behind = 0;
    bool point = false, begun = false;
    for (std::size_t i = 0; i < shape.shape.size(); ++i) {
        const char c = shape.shape[i];
        const bool zero = shape.first_zero != std::string::npos && i >= shape.first_zero;
        if (c == '"') {
            out.text += shape.shape[++i];
        } else if (c == '.') {
            if (!begun) out.sign_at = out.text.size();
            begun = point = true;
            out.text += c;
        } else if (c == ',') {
            if (begun)
                out.text += c;
            else if (shape.fill)
                out.text += ' ';
        } else if (point) {
            if (behind < wanted_fraction) out.text += fraction[behind];
            ++behind;
        } else if (missing > 0 && !zero) {
            --missing;
            if (shape.fill) out.text += ' ';
        } else {
            if (!begun) out.sign_at = out.text.size();
            begun = true;
            out.text += missing > 0 ? '0' : whole[next++];
            if (missing > 0) --missing;
        }
    }
    if (!begun) out.sign_at = out.text.size();
    return out;
}

std::string with_sign(const NumberTemplate& shape, Laid laid, bool negative) {
    using Sign = NumberTemplate::Sign;
    const auto blank = [&shape](const char* sign) {
        return std::string(sign[0] == ' ' && !shape.fill ? "" : sign);
    };
    auto& text = laid.text;
    switch (shape.sign) {
        case Sign::automatic: text.insert(laid.sign_at, blank(negative ? "-" : " ")); break;
        case Sign::leading: text.insert(laid.sign_at, negative ? "-" : "+"); break;
        case Sign::trailing: text += negative ? "-" : "+"; break;
        case Sign::minus:
            if (shape.minus_behind)
                text += blank(negative ? "-" : " ");
            else
                text.insert(0, blank(negative ? "-" : " "));
            break;
        case Sign::plus:
            // PL shows a plus where it stands; a minus goes to the number.
            text.insert(laid.sign_at, blank(negative ? "-" : " "));
            if (shape.minus_behind)
                text += blank(negative ? " " : "+");
            else
                text.insert(0, blank(negative ? " " : "+"));
            break;
        case Sign::brackets:
            text.insert(laid.sign_at, blank(negative ? "<" : " "));
            text += blank(negative ? ">" : " ");
            break;
    }
    return std::move(text);
}

}  // namespace

Result<std::string> format_number(const Decimal& value, T pattern) {
    auto shape = template_of(pattern);
    if (!shape) return std::move(shape).error();
    auto rounded = value.rounded(shape->fraction);
    if (!rounded) return std::move(rounded).error();
    const bool negative = rounded->is_negative();
    const auto digits = negative ? rounded->negated().text() : rounded->text();
    const auto point = digits.find('.');
    auto whole = digits.substr(0, point);
    auto fraction = point == std::string::npos ? std::string() : digits.substr(point + 1);
    // A zero in front of the point shows only where nothing else does.
    if (whole == "0" && shape->fraction > 0 && shape->whole > 0) whole.clear();
    if (whole == "0" && shape->whole == 0) whole.clear();
    if (static_cast<int>(whole.size()) > shape->whole) {
        whole.assign(static_cast<std::size_t>(shape->whole), '#');
        fraction.assign(fraction.size(), '#');
    }
    auto out = with_sign(*shape, lay_out(*shape, whole, fraction), negative);
    if (!shape->ordinal.empty() && !negative && shape->fraction == 0 && !out.empty()) {
        const char last = out.back();
        const bool teen = out.size() > 1 && out[out.size() - 2] == '1';
        const T ending = teen          ? "th"
                         : last == '1' ? "st"
                         : last == '2' ? "nd"
                         : last == '3' ? "rd"
                                       : "th";
        out += shape->ordinal == "TH" ? uppered(ending) : std::string(ending);
    }
    return out;
}

Result<Decimal> parse_number(T text, T pattern) {
    auto shape = template_of(pattern);
    if (!shape) return std::move(shape).error();
    std::string digits;
    bool negative = false;
    for (const char c : text) {
        const bool digit = c >= '0' && c <= '9';
        if (digit || (c == '.' && digits.find('.') == std::string::npos && shape->fraction > 0)) {
            digits += c;
        } else if (c == '.') {
            break;
        }
        negative = negative || c == '-' || (c == '<' && digits.empty());
    }
    if (digits.find_first_of("0123456789") == std::string::npos) {
        return Error(Errc::bad_input, "invalid input syntax for type numeric: \"" +
                                          std::string(text.substr(0, 64)) + "\"");
    }
    auto value = Decimal::parse(digits);
    if (!value || !negative) return value;
    return value->negated();
}

}  // namespace topgun::sql
