// SPDX-License-Identifier: Apache-2.0
// Functions that measure texts, cut them and put them together.
#include <algorithm>
#include <unordered_map>

#include "cast.hpp"
#include "characters.hpp"
#include "function.hpp"
#include "text_kernels.hpp"
#include "text_maker.hpp"

namespace topgun::sql {
namespace {

using I = std::int64_t;
using T = std::string_view;

// Texts are counted in characters, bytea in bytes.
std::size_t offset_of(DataType type, T text, I count) {
    if (type.id == TypeId::text) return bytes_of_characters(text, count);
    return static_cast<std::size_t>(std::clamp<I>(count, 0, static_cast<I>(text.size())));
}
I length_of(DataType type, T text) {
    return type.id == TypeId::text ? count_characters(text) : static_cast<I>(text.size());
}

Result<T> substring(DataType type, T text, I from, I count) {
    if (count < 0) return Error(Errc::bad_input, "negative substring length not allowed");
    // What stands before the first character counts, too.
    I end = 0;
    if (__builtin_add_overflow(from, count, &end)) end = INT64_MAX;
    const auto first = std::max<I>(from, 1);
    if (end <= first) return T();
    text.remove_prefix(offset_of(type, text, first - 1));
    return text.substr(0, offset_of(type, text, end - first));
}

Result<ColumnPtr> substring_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                                 DataType result) {
    return part_rows(arguments, rows, result, [&](std::size_t row) {
        return substring(result, arguments[0]->bytes(row), arguments[1]->integer(row),
                         integer_or(arguments, 2, row, INT64_MAX));
    });
}

// A negative count leaves out as many on the other side.
Result<ColumnPtr> left_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                            DataType result) {
    return part_rows(arguments, rows, result, [&](std::size_t row) -> T {
        const auto text = arguments[0]->bytes(row);
        auto count = arguments[1]->integer(row);
        if (count < 0) count += count_characters(text);
        return text.substr(0, bytes_of_characters(text, count));
    });
}
Result<ColumnPtr> right_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                             DataType result) {
    return part_rows(arguments, rows, result, [&](std::size_t row) -> T {
        const auto text = arguments[0]->bytes(row);
        const auto count = arguments[1]->integer(row);
        const auto skipped = count < 0 ? -std::max<I>(count, -INT64_MAX)
                                       : std::max<I>(count_characters(text) - count, 0);
        return text.substr(bytes_of_characters(text, skipped));
    });
}

Result<ColumnPtr> pad_rows(Arguments arguments, std::size_t rows, DataType result, bool left) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const auto text = arguments[0]->bytes(row);
        const auto wanted = std::max<I>(arguments[1]->integer(row), 0);
        const auto fill = text_or(arguments, 2, row, " ");
        const auto missing = wanted - count_characters(text);
        if (missing <= 0 || fill.empty()) {
            out.add_bytes(text.substr(0, bytes_of_characters(text, wanted)));
            return {};
        }
        const auto of_fill = count_characters(fill);
        TextMaker made;
        if (!left) TOPGUN_TRY(made.add(text));
        TOPGUN_TRY(made.add(fill, static_cast<std::size_t>(missing / of_fill)));
        TOPGUN_TRY(made.add(fill.substr(0, bytes_of_characters(fill, missing % of_fill))));
        if (left) TOPGUN_TRY(made.add(text));
        out.add_bytes(made.text());
        return {};
    });
}

// Characters to take away, ready to be asked about.
class CharacterSet {
public:
    explicit CharacterSet(T characters) : all_(characters) {
        for (const char c : characters) simple_ = simple_ && static_cast<unsigned char>(c) < 0x80;
    }
    bool has(T character) const {
        if (character.size() == 1 || simple_) {
            return character.size() == 1 && all_.find(character[0]) != T::npos;
        }
        for (auto rest = all_; !rest.empty();) {
            if (take_character(rest) == character) return true;
        }
        return false;
    }

private:
    T all_;
    bool simple_ = true;
};

Result<T> trimmed(T text, T characters, bool left, bool right) {
    const CharacterSet set(characters);
    Pace pace;
    while (left && !text.empty()) {
        auto rest = text;
        if (!set.has(take_character(rest))) break;
        TOPGUN_TRY(pace.after(text.size() - rest.size()));
        text = rest;
    }
    while (right && !text.empty()) {
        auto first = text.size() - 1;
        while (first > 0 && is_continuation(text[first])) --first;
        if (!set.has(text.substr(first))) break;
        TOPGUN_TRY(pace.after(text.size() - first));
        text.remove_suffix(text.size() - first);
    }
    return text;
}

template <bool left, bool right>
Result<ColumnPtr> trim_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                            DataType result) {
    return part_rows(arguments, rows, result, [&](std::size_t row) {
        return trimmed(arguments[0]->bytes(row), text_or(arguments, 1, row, " "), left, right);
    });
}

Result<ColumnPtr> replace_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                               DataType result) {
    TextMaker built;
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const auto text = arguments[0]->bytes(row), from = arguments[1]->bytes(row);
        const auto to = arguments[2]->bytes(row);
        built.clear();
        Pace pace;
        std::size_t at = 0;
        for (auto hit = from.empty() ? T::npos : find_part(text, from); hit != T::npos;
             hit = find_part(text, from, at)) {
            TOPGUN_TRY(built.add(text.substr(at, hit - at)));
            TOPGUN_TRY(built.add(to));
            TOPGUN_TRY(pace.after(from.size()));
            at = hit + from.size();
        }
        TOPGUN_TRY(built.add(text.substr(at)));
        out.add_bytes(built.text());
        return {};
    });
}

Result<std::string> translated(T text, T from, T to) {
    // Of characters that stand twice the first counts.
    std::unordered_map<T, T> pairs;
    Pace pace;
    while (!from.empty()) {
        const auto character = take_character(from);
        pairs.emplace(character, take_character(to));
        TOPGUN_TRY(pace.after(character.size()));
    }
    return changed_pieces(text, [&pairs](T piece) {
        std::string out;
        while (!piece.empty()) {
            const auto character = take_character(piece);
            const auto pair = pairs.find(character);
            out += pair == pairs.end() ? character : pair->second;
        }
        return out;
    });
}

Result<std::string> repeated(T text, I count) {
    TextMaker out;
    if (count > 0) TOPGUN_TRY(out.add(text, static_cast<std::size_t>(count)));
    return out.take();
}

Result<std::string> reversed(T text) {
    std::string out(text.size(), '\0');
    auto end = out.size();
    TOPGUN_TRY(each_piece(text, [&](T piece) -> Status {
        while (!piece.empty()) {
            const auto character = take_character(piece);
            end -= character.size();
            std::copy(character.begin(), character.end(), out.begin() + static_cast<I>(end));
        }
        return {};
    }));
    return out;
}

I position(T text, T part) {
    const auto at = find_part(text, part);
    return at == T::npos ? 0 : count_characters(text.substr(0, at)) + 1;
}

// Field n of a text, from the end when n is negative.
Result<T> split_part(T text, T delimiter, I n) {
    if (n == 0) return Error(Errc::bad_input, "field position must not be zero");
    if (text.empty()) return T();
    if (delimiter.empty()) return n == 1 || n == -1 ? text : T();
    Pace pace;
    for (; n > 1; --n) {
        const auto at = find_part(text, delimiter);
        if (at == T::npos) return T();
        TOPGUN_TRY(pace.after(at + delimiter.size()));
        text.remove_prefix(at + delimiter.size());
    }
    if (n == 1) return text.substr(0, find_part(text, delimiter));
    for (; n < -1; ++n) {
        const auto at = text.rfind(delimiter);
        if (at == T::npos) return T();
        TOPGUN_TRY(pace.after(text.size() - at));
        text = text.substr(0, at);
    }
    const auto at = text.rfind(delimiter);
    return at == T::npos ? text : text.substr(at + delimiter.size());
}

Result<ColumnPtr> overlay_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                               DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const auto text = arguments[0]->bytes(row), with = arguments[1]->bytes(row);
        const auto from = arguments[2]->integer(row);
        const auto count = integer_or(arguments, 3, row, length_of(result, with));
        if (from <= 0) return Error(Errc::bad_input, "negative substring length not allowed");
        I behind = 0;
        if (__builtin_add_overflow(from, count, &behind)) {
            return Error(Errc::limit, "bigint out of range");
        }
        TextMaker built;
        TOPGUN_TRY(built.add(text.substr(0, offset_of(result, text, from - 1))));
        TOPGUN_TRY(built.add(with));
        TOPGUN_TRY(built.add(text.substr(offset_of(result, text, std::max<I>(behind, 1) - 1))));
        out.add_bytes(built.text());
        return {};
    });
}

Result<ColumnPtr> concat_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                              DataType result) {
    std::string both;
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const auto a = arguments[0]->bytes(row), b = arguments[1]->bytes(row);
        if (a.size() + b.size() > kTextBytesMax) return value_too_large();
        both.assign(a);
        both += b;
        out.add_bytes(both);
        return {};
    });
}
Result<ColumnPtr> concat_any_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                                  DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        out.add_bytes(value_text(*arguments[0], row) + value_text(*arguments[1], row));
        return {};
    });
}

void add_lengths(std::vector<Function>& to) {
    const DataType text(TypeId::text), bytea(TypeId::bytea), whole(TypeId::bigint);
    for (const auto* name : {"length", "char_length", "character_length"}) {
        to.push_back({name, {text}, whole, kernel1<T>([](T t) { return count_characters(t); })});
    }
    to.push_back({"length", {bytea}, whole, kernel1<T>([](T t) { return I(t.size()); })});
    for (const auto type : {text, bytea}) {
        to.push_back({"octet_length", {type}, whole, kernel1<T>([](T t) { return I(t.size()); })});
        to.push_back(
            {"bit_length", {type}, whole, kernel1<T>([](T t) { return I(t.size()) * 8; })});
    }
}

void add_parts(std::vector<Function>& to) {
    const DataType text(TypeId::text), whole(TypeId::bigint);
    for (const DataType type : {TypeId::text, TypeId::bytea}) {
        for (const auto* name : {"substring", "substr"}) {
            to.push_back({name, {type, whole}, type, substring_rows});
            to.push_back({name, {type, whole, whole}, type, substring_rows});
        }
        to.push_back({"overlay", {type, type, whole}, type, overlay_rows});
        to.push_back({"overlay", {type, type, whole, whole}, type, overlay_rows});
    }
    to.push_back({"left", {text, whole}, text, left_rows});
    to.push_back({"right", {text, whole}, text, right_rows});
    to.push_back({"ltrim", {text}, text, trim_rows<true, false>});
    to.push_back({"ltrim", {text, text}, text, trim_rows<true, false>});
    to.push_back({"rtrim", {text}, text, trim_rows<false, true>});
    to.push_back({"rtrim", {text, text}, text, trim_rows<false, true>});
    for (const auto* name : {"btrim", "trim"}) {
        to.push_back({name, {text}, text, trim_rows<true, true>});
        to.push_back({name, {text, text}, text, trim_rows<true, true>});
    }
    const Kernel split = [](const EvalContext&, Arguments arguments, std::size_t rows,
                            DataType result) {
        return part_rows(arguments, rows, result, [&](std::size_t row) {
            return split_part(arguments[0]->bytes(row), arguments[1]->bytes(row),
                              arguments[2]->integer(row));
        });
    };
    to.push_back({"split_part", {text, text, whole}, text, split});
    for (const auto* name : {"strpos", "position"}) {
        to.push_back(
            {name, {text, text}, whole, kernel2<T, T>([](T a, T b) { return position(a, b); })});
    }
    for (const auto* name : {"starts_with", "^@"}) {
        to.push_back({name, {text, text}, TypeId::boolean, kernel2<T, T>([](T a, T b) {
                          return a.starts_with(b);
                      })});
    }
}

void add_changes(std::vector<Function>& to) {
    const DataType text(TypeId::text), bytea(TypeId::bytea), whole(TypeId::bigint);
    const Kernel left_pad = [](const EvalContext&, Arguments arguments, std::size_t rows,
                               DataType result) { return pad_rows(arguments, rows, result, true); };
    const Kernel right_pad = [](const EvalContext&, Arguments arguments, std::size_t rows,
                                DataType result) {
        return pad_rows(arguments, rows, result, false);
    };
    to.push_back({"lpad", {text, whole}, text, left_pad});
    to.push_back({"lpad", {text, whole, text}, text, left_pad});
    to.push_back({"rpad", {text, whole}, text, right_pad});
    to.push_back({"rpad", {text, whole, text}, text, right_pad});
    to.push_back({"replace", {text, text, text}, text, replace_rows});
    const Kernel translate = [](const EvalContext&, Arguments arguments, std::size_t rows,
                                DataType result) {
        return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
            return add_result(out, translated(arguments[0]->bytes(row), arguments[1]->bytes(row),
                                              arguments[2]->bytes(row)));
        });
    };
    to.push_back({"translate", {text, text, text}, text, translate});
    to.push_back(
        {"repeat", {text, whole}, text, kernel2<T, I>([](T t, I n) { return repeated(t, n); })});
    to.push_back({"reverse", {text}, text, kernel1<T>([](T t) { return reversed(t); })});
    to.push_back({"||", {text, text}, text, concat_rows});
    to.push_back({"||", {bytea, bytea}, bytea, concat_rows});
    to.push_back({"||", {text, kScalar}, text, concat_any_rows});
    to.push_back({"||", {kScalar, text}, text, concat_any_rows});
}

}  // namespace

std::string output_text(const Column& column, std::size_t row) {
    if (column.type().id == TypeId::boolean) return column.boolean(row) ? "t" : "f";
    return value_text(column, row);
}

void add_texts(std::vector<Function>& to) {
    add_lengths(to);
    add_parts(to);
    add_changes(to);
}

}  // namespace topgun::sql
