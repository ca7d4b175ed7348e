// SPDX-License-Identifier: Apache-2.0
// regexp_replace() and its like: what a text has where an expression matches.
#include "characters.hpp"
#include "function.hpp"
#include "list.hpp"
#include "regexp.hpp"
#include "set_function.hpp"
#include "text_kernels.hpp"
#include "text_maker.hpp"

namespace topgun::sql {
namespace {

using I = std::int64_t;
using T = std::string_view;
using Parts = std::vector<T>;
constexpr std::size_t kAll = SIZE_MAX;

struct Prepared {
    std::shared_ptr<const Regexp> regexp;
    RegexpFlags flags;
};

Result<Prepared> prepare(T pattern, T letters) {
    auto flags = parse_regexp_flags(letters);
    if (!flags) return std::move(flags).error();
    auto regexp = Regexp::get(pattern, *flags);
    if (!regexp) return std::move(regexp).error();
    return Prepared{std::move(*regexp), *flags};
}
// For functions whose one answer leaves nothing for g to say.
Result<Prepared> prepare_single(T pattern, T letters, const char* function) {
    auto out = prepare(pattern, letters);
    if (out && out->flags.global) {
        return Error(Errc::bad_input,
                     std::string(function) + "() does not support the \"global\" option");
    }
    return out;
}

// An argument that counts from one.
Result<std::size_t> positive(Arguments arguments, std::size_t at, std::size_t row, const char* name,
                             I least = 1) {
    const auto value = integer_or(arguments, at, row, 1);
    if (value < least) {
        return Error(Errc::bad_input, std::string("invalid value for parameter \"") + name +
                                          "\": " + std::to_string(value));
    }
    return static_cast<std::size_t>(value);
}

// Byte that character number `start` begins at; beyond the text when it has fewer.
std::size_t start_byte(T text, std::size_t start) {
    const auto skipped = static_cast<I>(start) - 1;
    if (skipped > count_characters(text)) return text.size() + 1;
    return bytes_of_characters(text, skipped);
}

void append_replacement(T replacement, const Parts& parts, std::string& out) {
    for (std::size_t i = 0; i < replacement.size(); ++i) {
        const char c = replacement[i];
        if (c != '\\' || i + 1 == replacement.size()) {
            out += c;
            continue;
        }
        const char next = replacement[++i];
        if (next == '&') {
            out += parts[0];
        } else if (next >= '1' && next <= '9') {
            const auto group = static_cast<std::size_t>(next - '0');
            if (group < parts.size()) out += parts[group];
        } else if (next == '\\') {
            out += next;
        } else {
            // PostgreSQL lets other backslashes stand.
            out += c;
            out += next;
        }
    }
}

// @param which  the match to replace, from one; 0 for all.
Result<std::string> replaced(const Regexp& regexp, T text, T replacement, std::size_t from,
                             std::size_t which) {
    TextMaker out;
    std::string changed;
    std::size_t copied = 0, number = 0;
    const auto replace = [&](const Parts& parts) -> Status {
        if (++number < which) return {};
        const auto begin = static_cast<std::size_t>(parts[0].data() - text.data());
        TOPGUN_TRY(out.add(text.substr(copied, begin - copied)));
        changed.clear();
        append_replacement(replacement, parts, changed);
        copied = begin + parts[0].size();
        return out.add(changed);
    };
    TOPGUN_TRY(regexp.each(text, from, which == 0 ? kAll : which, replace));
    TOPGUN_TRY(out.add(text.substr(copied)));
    return out.take();
}

Result<ColumnPtr> replace_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                               DataType result) {
    // (text, pattern, replacement [, flags]) or (..., start [, n [, flags]])
    const bool by_number = arguments.size() > 3 && arguments[3]->type().id == TypeId::bigint;
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const auto letters = text_or(arguments, by_number ? 5 : 3, row, "");
        if (!letters.empty() && letters[0] >= '0' && letters[0] <= '9') {
            return Error(Errc::bad_input,
                         std::string("invalid regular expression option: \"") + letters[0] + "\"");
        }
        auto prepared = prepare(arguments[1]->bytes(row), letters);
        if (!prepared) return std::move(prepared).error();
        std::size_t from = 0, which = prepared->flags.global ? 0 : 1;
        const auto text = arguments[0]->bytes(row);
        if (by_number) {
            auto start = positive(arguments, 3, row, "start");
            if (!start) return std::move(start).error();
            from = start_byte(text, *start);
            if (arguments.size() > 4) {
                auto n = positive(arguments, 4, row, "n", 0);
                if (!n) return std::move(n).error();
                which = *n;
            }
        }
        return add_result(out,
                          replaced(*prepared->regexp, text, arguments[2]->bytes(row), from, which));
    });
}

// The groups of a match as a list, or the match itself when there are none.
void add_groups(const Regexp& regexp, const Parts& parts, Column& out) {
    Column texts(TypeId::text);
    for (std::size_t i = regexp.groups() > 0 ? 1 : 0; i < parts.size(); ++i) {
        if (parts[i].data() == nullptr)
            texts.add_null();
        else
            texts.add_view(parts[i]);
    }
    append_list(texts, 0, texts.size(), out);
}

Result<ColumnPtr> match_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                             DataType result) {
    Parts parts;
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        auto prepared = prepare_single(arguments[1]->bytes(row), text_or(arguments, 2, row, ""),
                                       "regexp_match");
        if (!prepared) return std::move(prepared).error();
        if (prepared->regexp->find(arguments[0]->bytes(row), 0, parts))
            add_groups(*prepared->regexp, parts, out);
        else
            out.add_null();
        return {};
    });
}

// substring(text, pattern): the first group, or the match.
Result<ColumnPtr> substring_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                                 DataType result) {
    Parts parts;
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        auto regexp = Regexp::get(arguments[1]->bytes(row), {});
        if (!regexp) return std::move(regexp).error();
        const bool found = (*regexp)->find(arguments[0]->bytes(row), 0, parts);
        const auto part = found ? parts[parts.size() > 1 ? 1 : 0] : T();
        if (part.data() == nullptr)
            out.add_null();
        else
            out.add_bytes(part);
        return {};
    });
}

Result<ColumnPtr> like_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                            DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        auto prepared =
            prepare_single(arguments[1]->bytes(row), text_or(arguments, 2, row, ""), "regexp_like");
        if (!prepared) return std::move(prepared).error();
        out.add_boolean(prepared->regexp->found_in(arguments[0]->bytes(row)));
        return {};
    });
}

Result<ColumnPtr> count_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                             DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        auto prepared = prepare_single(arguments[1]->bytes(row), text_or(arguments, 3, row, ""),
                                       "regexp_count");
        if (!prepared) return std::move(prepared).error();
        auto start = positive(arguments, 2, row, "start");
        if (!start) return std::move(start).error();
        const auto text = arguments[0]->bytes(row);
        I count = 0;
        TOPGUN_TRY(
            prepared->regexp->each(text, start_byte(text, *start), kAll, [&count](const Parts&) {
                ++count;
                return Status();
            }));
        out.add_integer(count);
        return {};
    });
}

// What regexp_instr() and regexp_substr() ask for; a part without data is not there.
Result<T> find_part(Arguments arguments, std::size_t row, std::size_t flags_at,
                    const char* function) {
    auto prepared =
        prepare_single(arguments[1]->bytes(row), text_or(arguments, flags_at, row, ""), function);
    if (!prepared) return std::move(prepared).error();
    auto start = positive(arguments, 2, row, "start");
    if (!start) return std::move(start).error();
    auto which = positive(arguments, 3, row, "n");
    if (!which) return std::move(which).error();
    const auto group = integer_or(arguments, flags_at + 1, row, 0);
    if (group < 0) {
        return Error(Errc::bad_input,
                     "invalid value for parameter \"subexpr\": " + std::to_string(group));
    }
    const auto text = arguments[0]->bytes(row);
    if (static_cast<std::size_t>(group) > prepared->regexp->groups()) return T();
    std::size_t number = 0;
    T found;
    TOPGUN_TRY(
        prepared->regexp->each(text, start_byte(text, *start), *which, [&](const Parts& parts) {
            if (++number == *which) {
                found = parts[static_cast<std::size_t>(group)];
            }
            return Status();
        }));
    return found;
}

Result<ColumnPtr> substr_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                              DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const auto part = find_part(arguments, row, 4, "regexp_substr");
        if (!part) return part.error().clone();
        if (part->data() == nullptr)
            out.add_null();
        else
            out.add_bytes(*part);
        return {};
    });
}

Result<ColumnPtr> instr_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                             DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const auto end = integer_or(arguments, 4, row, 0);
        if (end != 0 && end != 1) {
            return Error(Errc::bad_input,
                         "invalid value for parameter \"endoption\": " + std::to_string(end));
        }
        const auto part = find_part(arguments, row, 5, "regexp_instr");
        if (!part) return part.error().clone();
        const auto text = arguments[0]->bytes(row);
        if (part->data() == nullptr) {
            out.add_integer(0);
            return {};
        }
        const auto at =
            static_cast<std::size_t>(part->data() - text.data()) + (end == 1 ? part->size() : 0);
        out.add_integer(count_characters(text.substr(0, at)) + 1);
        return {};
    });
}

// What a text is taken apart to lies in memory as a whole.
Status check_parts(const Column& parts) {
    constexpr std::size_t kPartBytes = 8;
    if (parts.heap_bytes() + parts.size() * kPartBytes > kTextBytesMax) return value_too_large();
    return {};
}

// The pieces between matches.
Result<Column> split_text(Arguments arguments, std::size_t row, const char* function) {
    auto prepared =
        prepare_single(arguments[1]->bytes(row), text_or(arguments, 2, row, ""), function);
    if (!prepared) return std::move(prepared).error();
    const auto text = arguments[0]->bytes(row);
    Column pieces(TypeId::text);
    std::size_t from = 0;
    const auto take = [&](const Parts& parts) {
        const auto begin = static_cast<std::size_t>(parts[0].data() - text.data());
        pieces.add_bytes(text.substr(from, begin - from));
        from = begin + parts[0].size();
        return check_parts(pieces);
    };
    TOPGUN_TRY(prepared->regexp->each(text, 0, kAll, take, true));
    pieces.add_bytes(text.substr(from));
    return pieces;
}

Result<ColumnPtr> split_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                             DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        auto pieces = split_text(arguments, row, "regexp_split_to_array");
        if (!pieces) return std::move(pieces).error();
        append_list(*pieces, 0, pieces->size(), out);
        return {};
    });
}

bool any_null(Arguments arguments, std::size_t row) {
    for (const auto& argument : arguments) {
        if (argument->is_null(row)) return true;
    }
    return false;
}

using Rows = Result<std::unique_ptr<SetRows>>;

Rows rows_of_one(Column column) {
    std::vector<Column> columns;
    columns.push_back(std::move(column));
    return rows_of(std::move(columns));
}

Rows matches_set(const EvalContext&, Arguments arguments, std::size_t row) {
    if (any_null(arguments, row)) return no_rows();
    auto prepared = prepare(arguments[1]->bytes(row), text_or(arguments, 2, row, ""));
    if (!prepared) return std::move(prepared).error();
    Column out(DataType::list_of(TypeId::text));
    const auto most = prepared->flags.global ? kAll : 1;
    const auto take = [&](const Parts& parts) {
        add_groups(*prepared->regexp, parts, out);
        return check_parts(out);
    };
    TOPGUN_TRY(prepared->regexp->each(arguments[0]->bytes(row), 0, most, take));
    return rows_of_one(std::move(out));
}

Rows split_set(const EvalContext&, Arguments arguments, std::size_t row) {
    if (any_null(arguments, row)) return no_rows();
    auto pieces = split_text(arguments, row, "regexp_split_to_table");
    if (!pieces) return std::move(pieces).error();
    return rows_of_one(std::move(*pieces));
}

Rows string_set(const EvalContext&, Arguments arguments, std::size_t row) {
    if (arguments[0]->is_null(row)) return no_rows();
    Column pieces(TypeId::text);
    TOPGUN_TRY(topgun::sql::split_text(arguments, row, pieces));
    return rows_of_one(std::move(pieces));
}

}  // namespace

void add_regexps(std::vector<Function>& to) {
    const DataType text(TypeId::text), whole(TypeId::bigint);
    const auto texts = DataType::list_of(TypeId::text);
    // Versions that differ in how many of the last arguments they have.
    const auto versions = [&to](std::string_view name, std::size_t least,
                                std::vector<DataType> arguments, DataType result, Kernel kernel) {
        for (auto count = least; count <= arguments.size(); ++count) {
            const auto end = arguments.begin() + static_cast<std::ptrdiff_t>(count);
            to.push_back({name, {arguments.begin(), end}, result, kernel});
        }
    };
    versions("regexp_replace", 3, {text, text, text, text}, text, replace_rows);
    versions("regexp_replace", 4, {text, text, text, whole, whole, text}, text, replace_rows);
    versions("regexp_match", 2, {text, text, text}, texts, match_rows);
    versions("regexp_like", 2, {text, text, text}, TypeId::boolean, like_rows);
    versions("regexp_count", 2, {text, text, whole, text}, whole, count_rows);
    versions("regexp_substr", 2, {text, text, whole, whole, text, whole}, text, substr_rows);
    versions("regexp_instr", 2, {text, text, whole, whole, whole, text, whole}, whole, instr_rows);
    versions("regexp_split_to_array", 2, {text, text, text}, texts, split_rows);
    to.push_back({"substring", {text, text}, text, substring_rows});
}

void add_regexp_sets(std::vector<SetFunction>& to) {
    const DataType text(TypeId::text);
    const std::vector<SetColumn> lists{{"regexp_matches", DataType::list_of(TypeId::text)}};
    const std::vector<SetColumn> pieces{{"regexp_split_to_table", text}};
    const std::vector<SetColumn> strings{{"string_to_table", text}};
    for (const auto& arguments :
         {std::vector<DataType>{text, text}, std::vector<DataType>{text, text, text}}) {
        to.push_back({"regexp_matches", arguments, lists, matches_set});
        to.push_back({"regexp_split_to_table", arguments, pieces, split_set});
        to.push_back({"string_to_table", arguments, strings, string_set});
    }
}

}  // namespace topgun::sql
