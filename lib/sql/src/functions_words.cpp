// SPDX-License-Identifier: Apache-2.0
// Functions that change the case of texts, quote them, format them and compare them.
#include <algorithm>
#include <charconv>
#include <numeric>

#include "cast.hpp"
#include "characters.hpp"
#include "function.hpp"
#include "identifier.hpp"
#include "text_kernels.hpp"
#include "text_maker.hpp"
#include "topgun/base/utf.hpp"

namespace topgun::sql {
namespace {

using I = std::int64_t;
using T = std::string_view;

// Case of ASCII texts goes straight into the column's memory.
template <char first>
Result<ColumnPtr> case_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                            DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const auto text = arguments[0]->bytes(row);
        if (text.empty() || !is_ascii(text)) {
            return add_result(out, changed_pieces(text, [](T piece) {
                                  return first == 'A' ? lowered(piece) : uppered(piece);
                              }));
        }
        char* const to = out.heap().allocate(text.size());
        for (std::size_t i = 0; i < text.size(); ++i) {
            const auto c = static_cast<unsigned char>(text[i]);
            to[i] = static_cast<char>(static_cast<unsigned char>(c - first) < 26 ? c ^ 0x20 : c);
        }
        out.add_view({to, text.size()});
        return {};
    });
}

Result<std::string> capitalized(T text) {
    bool inside = false;
    return changed_pieces(text, [&inside](T piece) {
        std::string out;
        for (std::size_t i = 0; i < piece.size();) {
            const auto character = decode_utf8(piece.substr(i));
            const auto c = character.code_point;
            append_utf8(out, inside ? lower_case(c) : upper_case(c));
            inside = is_word_character(c);
            i += character.length;
        }
        return out;
    });
}

// With backslashes the string gets its E, so that they stay what they are.
Result<std::string> quoted_literal(T text) {
    TextMaker out;
    TOPGUN_TRY(out.add(text.find('\\') != T::npos ? "E'" : "'"));
    TOPGUN_TRY(each_piece(text, [&out](T piece) {
        std::string quoted;
        for (const char c : piece) {
            if (c == '\'' || c == '\\') quoted += c;
            quoted += c;
        }
        return out.add(quoted);
    }));
    TOPGUN_TRY(out.add("'"));
    return out.take();
}

Result<ColumnPtr> quote_rows(Arguments arguments, std::size_t rows, DataType result,
                             bool nullable) {
    return all_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        if (!arguments[0]->is_null(row))
            return add_result(out, quoted_literal(output_text(*arguments[0], row)));
        if (nullable)
            out.add_bytes("NULL");
        else
            out.add_null();
        return {};
    });
}

Result<ColumnPtr> concat(const EvalContext&, Arguments arguments, std::size_t rows,
                         DataType result) {
    return all_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        TextMaker text;
        for (const auto& argument : arguments) {
            if (argument->is_null(row)) continue;
            TOPGUN_TRY(text.add(output_text(*argument, row)));
        }
        out.add_bytes(text.text());
        return {};
    });
}

Result<ColumnPtr> concat_ws(const EvalContext&, Arguments arguments, std::size_t rows,
                            DataType result) {
    return all_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        if (arguments[0]->is_null(row)) {
            out.add_null();
            return {};
        }
        TextMaker text;
        bool first = true;
        for (const auto& argument : arguments.subspan(1)) {
            if (argument->is_null(row)) continue;
            if (!first) TOPGUN_TRY(text.add(arguments[0]->bytes(row)));
            first = false;
            TOPGUN_TRY(text.add(output_text(*argument, row)));
        }
        out.add_bytes(text.text());
        return {};
    });
}

// One run through the text of format().
class Formatter {
public:
    Formatter(Arguments arguments, std::size_t row) : arguments_(arguments), row_(row) {}

    Result<std::string> format() {
        const auto text = arguments_[0]->bytes(row_);
        for (at_ = 0; at_ < text.size(); ++at_) {
            const auto plain = std::min(text.find('%', at_), text.size());
            TOPGUN_TRY(out_.add(text.substr(at_, plain - at_)));
            at_ = plain;
            if (at_ == text.size()) break;
            ++at_;
            TOPGUN_TRY(specifier(text));
        }
        return out_.take();
    }

private:
    static Error unterminated() {
        return Error(Errc::bad_input, "unterminated format() type specifier");
    }

    Status specifier(T text) {
        if (at_ < text.size() && text[at_] == '%') return out_.add("%");
        std::optional<I> place, width;
        bool left = false;
        if (const auto digits = number(text); digits && at_ < text.size() && text[at_] == '$') {
            place = digits;
            ++at_;
            if (*place == 0) {
                return Error(Errc::bad_input,
                             "format specifies argument 0, but arguments are numbered from 1");
            }
        } else if (digits) {
            width = digits;
        }
        if (!width) {
            while (at_ < text.size() && text[at_] == '-') {
                left = true;
                ++at_;
            }
            if (at_ < text.size() && text[at_] == '*') {
                ++at_;
                TOPGUN_TRY(width_argument(text, width));
            } else {
                width = number(text);
            }
        }
        if (at_ >= text.size()) return unterminated();
        const char kind = text[at_];
        if (T("sIL").find(kind) == T::npos) {
            return Error(Errc::bad_input,
                         std::string("unrecognized format() type specifier \"") + kind + "\"");
        }
        const Column* argument = nullptr;
        TOPGUN_TRY(take(place, argument));
        return convert(kind, *argument, width.value_or(0), left);
    }

    std::optional<I> number(T text) {
        I value = 0;
        const auto [end, error] =
            std::from_chars(text.data() + at_, text.data() + text.size(), value);
        if (error != std::errc() || text[at_] == '-') return std::nullopt;
        at_ = static_cast<std::size_t>(end - text.data());
        return value;
    }

    Status width_argument(T text, std::optional<I>& width) {
        auto place = number(text);
        if (place) {
            if (at_ >= text.size() || text[at_] != '$') {
                return Error(Errc::bad_input, "width argument position must be ended by \"$\"");
            }
            ++at_;
        }
        const Column* argument = nullptr;
        TOPGUN_TRY(take(place, argument));
        if (argument->is_null(row_)) {
            width = 0;
            return {};
        }
        Column parsed(TypeId::bigint);
        TOPGUN_TRY(add_parsed(parsed, value_text(*argument, row_)));
        width = parsed.integer(0);
        return {};
    }

    Status take(std::optional<I> place, const Column*& argument) {
        if (place) next_ = static_cast<std::size_t>(*place);
        if (next_ >= arguments_.size()) {
            return Error(Errc::bad_input, "too few arguments for format()");
        }
        argument = arguments_[next_++].get();
        return {};
    }

    Status convert(char kind, const Column& argument, I width, bool left) {
        std::string value;
        if (argument.is_null(row_)) {
            if (kind == 'I') {
                return Error(Errc::bad_input,
                             "null values cannot be formatted as an SQL identifier");
            }
            if (kind == 'L') value = "NULL";
        } else {
            value = output_text(argument, row_);
            if (kind == 'I') value = quote_identifier(value);
            if (kind == 'L') {
                auto quoted = quoted_literal(value);
                if (!quoted) return std::move(quoted).error();
                value = std::move(*quoted);
            }
        }
        if (width < 0) {
            left = true;
            width = width == INT64_MIN ? INT64_MAX : -width;
        }
        const auto missing = std::max<I>(width - count_characters(value), 0);
        if (static_cast<std::size_t>(missing) > kTextBytesMax) {
            return Error(Errc::limit, "number is out of range");
        }
        if (left) TOPGUN_TRY(out_.add(value));
        TOPGUN_TRY(out_.add(" ", static_cast<std::size_t>(missing)));
        return left ? Status() : out_.add(value);
    }

    Arguments arguments_;
    std::size_t row_;
    std::size_t at_ = 0;
    std::size_t next_ = 1;
    TextMaker out_;
};

Result<ColumnPtr> format_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                              DataType result) {
    return all_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        if (arguments[0]->is_null(row)) {
            out.add_null();
            return {};
        }
        return add_result(out, Formatter(arguments, row).format());
    });
}

template <bool nulls>
Result<ColumnPtr> count_nulls(const EvalContext&, Arguments arguments, std::size_t rows,
                              DataType result) {
    return all_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        I count = 0;
        for (const auto& argument : arguments) count += argument->is_null(row) == nulls ? 1 : 0;
        out.add_integer(count);
        return {};
    });
}

Result<I> levenshtein(T a, T b) {
    constexpr I kLongest = 255;  // PostgreSQL's
    const auto width = count_characters(b);
    if (count_characters(a) > kLongest || width > kLongest) {
        return Error(Errc::limit, "levenshtein argument exceeds maximum length of 255 characters");
    }
    std::vector<I> costs(static_cast<std::size_t>(width) + 1);
    std::iota(costs.begin(), costs.end(), I{0});
    while (!a.empty()) {
        const auto character = take_character(a);
        auto diagonal = costs[0]++;
        auto rest = b;
        for (std::size_t i = 1; i < costs.size(); ++i) {
            const auto swap = diagonal + (take_character(rest) == character ? 0 : 1);
            diagonal = costs[i];
            costs[i] = std::min({swap, costs[i] + 1, costs[i - 1] + 1});
        }
    }
    return costs.back();
}

Result<std::string> character_of(I code) {
    if (code < 0) return Error(Errc::bad_input, "character number must be positive");
    if (code == 0) return Error(Errc::bad_input, "null character not permitted");
    if (code > 0x10ffff) {
        return Error(Errc::limit,
                     "requested character too large for encoding: " + std::to_string(code));
    }
    if (code >= 0xd800 && code < 0xe000) {
        return Error(Errc::bad_input,
                     "requested character not valid for encoding: " + std::to_string(code));
    }
    std::string out;
    append_utf8(out, static_cast<std::uint32_t>(code));
    return out;
}

// Behind a backslash: 4 hexadecimal digits alone or after u, 6 after +, 8 after U.
Result<std::uint32_t> escaped_unit(T& rest) {
    const auto bad = [] { return Error(Errc::bad_input, "invalid Unicode escape"); };
    std::size_t digits = 4;
    if (rest.starts_with('u') || rest.starts_with('+') || rest.starts_with('U')) {
        digits = rest[0] == 'u' ? 4 : rest[0] == '+' ? 6 : 8;
        rest.remove_prefix(1);
    }
    std::uint32_t unit = 0;
    if (rest.size() < digits) return bad();
    const auto read = std::from_chars(rest.data(), rest.data() + digits, unit, 16);
    if (read.ec != std::errc() || read.ptr != rest.data() + digits) return bad();
    rest.remove_prefix(digits);
    return unit;
}

Result<std::string> without_escapes(T text) {
    const auto pair = [] { return Error(Errc::bad_input, "invalid Unicode surrogate pair"); };
    std::string out;
    std::uint32_t high = 0;
    for (auto rest = text; !rest.empty();) {
        const bool plain = rest[0] != '\\' || rest.starts_with("\\\\");
        if (plain) {
            if (high != 0) return pair();
            out += rest[0];
            rest.remove_prefix(rest[0] == '\\' ? 2 : 1);
            continue;
        }
        rest.remove_prefix(1);
        auto unit = escaped_unit(rest);
        if (!unit) return std::move(unit).error();
        const bool low = *unit >= 0xdc00 && *unit < 0xe000;
        if (low != (high != 0)) return pair();
        if (*unit >= 0xd800 && *unit < 0xdc00) {
            high = *unit;
            continue;
        }
        const auto code = low ? 0x10000 + ((high - 0xd800) << 10) + (*unit - 0xdc00) : *unit;
        high = 0;
        if (code == 0 || code > 0x10ffff) {
            return Error(Errc::bad_input, "invalid Unicode escape value");
        }
        append_utf8(out, code);
    }
    if (high != 0) return pair();
    return out;
}

}  // namespace

void add_words(std::vector<Function>& to) {
    const DataType text(TypeId::text), whole(TypeId::bigint);
    to.push_back({"lower", {text}, text, case_rows<'A'>});
    to.push_back({"upper", {text}, text, case_rows<'a'>});
    to.push_back({"initcap", {text}, text, kernel1<T>([](T t) { return capitalized(t); })});
    to.push_back({"ascii", {text}, whole, kernel1<T>([](T t) {
                      return t.empty() ? I{0} : I{decode_utf8(t).code_point};
                  })});
    to.push_back({"chr", {whole}, text, kernel1<I>([](I c) { return character_of(c); })});
    to.push_back(
        {"quote_ident", {text}, text, kernel1<T>([](T t) { return quote_identifier(t); })});
    to.push_back({"unistr", {text}, text, kernel1<T>([](T t) { return without_escapes(t); })});
    to.push_back({"quote_literal",
                  {kAny},
                  text,
                  [](const EvalContext&, Arguments arguments, std::size_t rows, DataType result) {
                      return quote_rows(arguments, rows, result, false);
                  }});
    to.push_back({"quote_nullable",
                  {kAny},
                  text,
                  [](const EvalContext&, Arguments arguments, std::size_t rows, DataType result) {
                      return quote_rows(arguments, rows, result, true);
                  }});
    to.push_back({"concat", {kAny}, text, concat, true});
    to.push_back({"concat_ws", {text, kAny}, text, concat_ws, true});
    to.push_back({"format", {text, kAny}, text, format_rows, true});
    to.push_back({"num_nulls", {kAny}, whole, count_nulls<true>, true});
    to.push_back({"num_nonnulls", {kAny}, whole, count_nulls<false>, true});
    to.push_back({"levenshtein", {text, text}, whole, kernel2<T, T>([](T a, T b) {
                      return levenshtein(a, b);
                  })});
}

}  // namespace topgun::sql
