// SPDX-License-Identifier: Apache-2.0
// Constants, columns, operators and tests.
#include <charconv>
#include <unordered_map>

#include "parser_tree.hpp"
#include "scanner.hpp"

namespace topgun::sql {

using namespace ast;

namespace {

// An integer of 64 bits, when `text` is one and nothing more.
std::optional<std::int64_t> whole(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

Expr TreeReader::expr(const Json& node) {
    using Reader = Expr::Node (TreeReader::*)(const Json&);
    static const std::unordered_map<std::string_view, Reader> readers = {
        {"A_ArrayExpr", &TreeReader::array},
        {"A_Const", &TreeReader::constant},
        {"A_Expr", &TreeReader::operation},
        {"A_Indirection", &TreeReader::indirection},
        {"BoolExpr", &TreeReader::boolean},
        {"BooleanTest", &TreeReader::boolean_test},
        {"CaseExpr", &TreeReader::case_of},
        {"CoalesceExpr", &TreeReader::coalesce},
        {"CollateClause", &TreeReader::collate},
        {"ColumnRef", &TreeReader::column},
        {"FuncCall", &TreeReader::call},
        {"GroupingFunc", &TreeReader::grouping},
        {"MinMaxExpr", &TreeReader::min_max},
        {"NullTest", &TreeReader::null_test},
        {"ParamRef", &TreeReader::param},
        {"RowExpr", &TreeReader::row},
        {"SQLValueFunction", &TreeReader::value_function},
        {"SetToDefault", &TreeReader::misplaced_default},
        {"SubLink", &TreeReader::sublink},
        {"TypeCast", &TreeReader::type_cast},
    };
    Expr result;
    if (enter()) {
        const auto& object = body(node);
        // Brackets and typed literals have no place of their own: that of what they begin with.
        const bool placed = kind(node) != "A_Indirection";
        if (placed) result.offset = offset(object);
        const auto reader = readers.find(kind(node));
        if (reader == readers.end()) {
            unsupported(Offset{static_cast<std::uint32_t>(here_)},
                        "this expression (" + std::string(kind(node)) + ")");
        } else {
            result.node = (this->*reader->second)(object);
        }
        if (const auto* subscript = std::get_if<Subscript>(&result.node); !placed && subscript) {
            if (subscript->base) result.offset = subscript->base->offset;
        } else if (const auto* member = std::get_if<Field>(&result.node); !placed && member) {
            if (member->base) result.offset = member->base->offset;
        }
    }
    leave();
    return result;
}

ExprBox TreeReader::box(const Json& object, const char* name) {
    const auto& node = field(object, name);
    if (node.is_null()) return {};
    return expr(node);
}

ExprBox TreeReader::required(const Json& object, const char* name) {
    return expr(field(object, name));
}

std::vector<Expr> TreeReader::exprs(const Json& list) {
    std::vector<Expr> result;
    for (const auto& node : list) {
        if (failure_) break;
        result.push_back(expr(node));
    }
    return result;
}

// The library's JSON says {} for zero and for every negative integer, so that these must be read
// from the text: minus signs, perhaps parentheses and comments, then the digits.
std::int64_t TreeReader::constant_integer(const Json& object) {
    const auto& value = field(object, "ival");
    if (has(value, "ival")) return number(value, "ival");
    if (number(object, "location") < 0) return 0;
    const auto from = offset(object).at;
    Scanner scanner(text_.substr(from));
    for (auto token = scanner.next(); token.kind != Token::Kind::end; token = scanner.next()) {
        if (token.kind != Token::Kind::number) continue;
        const auto digits = text_.substr(from + token.begin, token.end - token.begin);
        if (const auto found = whole(digits)) return -*found;
        break;
    }
    fail(Offset{from}, "unreadable number");
    return 0;
}

Expr::Node TreeReader::constant(const Json& object) {
    if (has(object, "ival")) return Literal{constant_integer(object)};
    if (has(object, "sval")) return Literal{std::string(raw_word(field(object, "sval"), "sval"))};
    if (has(object, "boolval")) return Literal{flag(field(object, "boolval"), "boolval")};
    if (has(object, "fval")) {
        std::string text(word(field(object, "fval"), "fval"));
        if (const auto value = whole(text)) return Literal{*value};
        return Literal{Numeric{std::move(text)}};
    }
    if (has(object, "bsval")) {
        unsupported(offset(object), "a bit string",
                    "write integers in decimal, and bytes as text in hex or base64");
    }
    return Literal{};
}

Expr::Node TreeReader::param(const Json& object) {
    Param result;
    result.number = static_cast<std::int32_t>(number(object, "number"));
    if (result.number < 1) fail(offset(object), "parameters count from $1");
    return result;
}

Expr::Node TreeReader::column(const Json& object) {
    const auto& fields = list(object, "fields");
    if (!fields.empty() && kind(fields.back()) == "A_Star") {
        fail(offset(object), "'*' has no meaning here",
             "it stands for all columns in SELECT and RETURNING, and in count(*)");
        return Star{};
    }
    return ColumnRef{names(fields)};
}

std::string TreeReader::operator_name(const Json& list, Offset where) {
    if (list.size() == 2 && name_of(list[0]) == "pg_catalog") return name_of(list[1]);
    if (list.size() != 1) {
        unsupported(where, "an operator with a schema", "write the operator alone");
        return {};
    }
    return name_of(list[0]);
}

Expr::Node TreeReader::operation(const Json& object) {
    const auto form = word(object, "kind");
    const auto where = offset(object);
    if (form.ends_with("LIKE") || form == "AEXPR_SIMILAR") return like(object, form);
    if (form.find("BETWEEN") != std::string_view::npos) return between(object, form);
    auto op = operator_name(list(object, "name"), where);
    if (form == "AEXPR_OP") {
        if (!has(object, "lexpr")) return Unary{std::move(op), required(object, "rexpr")};
        return Binary{std::move(op), required(object, "lexpr"), required(object, "rexpr")};
    }
    if (form == "AEXPR_OP_ANY" || form == "AEXPR_OP_ALL") {
        return QuantifiedArray{required(object, "lexpr"), std::move(op), form == "AEXPR_OP_ALL",
                               required(object, "rexpr")};
    }
    if (form == "AEXPR_DISTINCT" || form == "AEXPR_NOT_DISTINCT") {
        return IsDistinct{required(object, "lexpr"), required(object, "rexpr"),
                          form == "AEXPR_NOT_DISTINCT"};
    }
    if (form == "AEXPR_NULLIF") {
        Choice choice;
        choice.kind = Choice::Kind::nullif;
        choice.arguments.push_back(expr(field(object, "lexpr")));
        choice.arguments.push_back(expr(field(object, "rexpr")));
        return choice;
    }
    if (form == "AEXPR_IN") {
        auto operand = required(object, "lexpr");
        return InList{std::move(operand), exprs(list(body(field(object, "rexpr")), "items")),
                      op == "<>"};
    }
    unsupported(where, "this operator");
    return Literal{};
}

// ESCAPE becomes a function around the pattern, and SIMILAR TO always has one.
Expr::Node TreeReader::like(const Json& object, std::string_view form) {
    const auto op = operator_name(list(object, "name"), offset(object));
    Like result;
    result.kind = form == "AEXPR_LIKE"    ? Like::Kind::like
                  : form == "AEXPR_ILIKE" ? Like::Kind::ilike
                                          : Like::Kind::similar;
    result.negated = op.starts_with('!');
    result.operand = required(object, "lexpr");
    const auto& right = field(object, "rexpr");
    const auto& function = list(body(right), "funcname");
    const bool wrapped =
        kind(right) == "FuncCall" && function.size() == 2 && name_of(function[0]) == "pg_catalog" &&
        (name_of(function[1]) == "like_escape" || name_of(function[1]) == "similar_to_escape");
    const auto& arguments = wrapped ? list(body(right), "args") : right;
    if (!wrapped) {
        result.pattern = expr(right);
    } else if (!arguments.empty() && arguments.size() <= 2) {
        result.pattern = expr(arguments[0]);
        if (arguments.size() == 2) result.escape = expr(arguments[1]);
    } else {
        unsupported(offset(object), "this pattern");
    }
    return result;
}

Expr::Node TreeReader::between(const Json& object, std::string_view form) {
    Between result;
    result.negated = form.find("NOT") != std::string_view::npos;
    result.symmetric = form.ends_with("SYM");
    result.operand = required(object, "lexpr");
    const auto& bounds = list(body(field(object, "rexpr")), "items");
    if (bounds.size() != 2) {
        unsupported(offset(object), "this BETWEEN");
        return result;
    }
    result.low = expr(bounds[0]);
    result.high = expr(bounds[1]);
    return result;
}

Expr::Node TreeReader::boolean(const Json& object) {
    const auto op = word(object, "boolop");
    const auto& arguments = list(object, "args");
    if (op == "NOT_EXPR") {
        if (arguments.size() != 1) return Literal{};
        auto operand = expr(arguments[0]);
        // NOT IN comes as NOT around IN.
        if (auto* in = std::get_if<InQuery>(&operand.node); in && !in->negated) {
            in->negated = true;
            return std::move(*in);
        }
        return Not{std::move(operand)};
    }
    Logical result;
    result.any = op == "OR_EXPR";
    for (const auto& node : arguments) {
        if (failure_) break;
        auto operand = expr(node);
        auto* same = std::get_if<Logical>(&operand.node);
        if (same && same->any == result.any) {
            for (auto& inner : same->operands) result.operands.push_back(std::move(inner));
        } else {
            result.operands.push_back(std::move(operand));
        }
    }
    return result;
}

Expr::Node TreeReader::null_test(const Json& object) {
    return IsTest{required(object, "arg"), IsTest::Kind::null,
                  word(object, "nulltesttype") == "IS_NOT_NULL"};
}

Expr::Node TreeReader::boolean_test(const Json& object) {
    const auto test = word(object, "booltesttype");
    const auto which = test.ends_with("TRUE")    ? IsTest::Kind::yes
                       : test.ends_with("FALSE") ? IsTest::Kind::no
                                                 : IsTest::Kind::unknown;
    return IsTest{required(object, "arg"), which, test.find("NOT") != std::string_view::npos};
}

Expr::Node TreeReader::collate(const Json& object) {
    check_collation(object);
    return Collate{required(object, "arg")};
}

void TreeReader::check_collation(const Json& object) {
    const auto name = names(list(object, "collname"));
    if (!name.empty() && name.back() == "C") return;
    unsupported(offset(object), "a collation other than \"C\"", "text is compared by its bytes");
}

Expr::Node TreeReader::misplaced_default(const Json& object) {
    fail(offset(object), "DEFAULT has no meaning here",
         "it stands alone as a value of INSERT or UPDATE");
    return Default{};
}

Expr TreeReader::value_or_default(const Json& node) {
    if (kind(node) == "SetToDefault") return Expr{offset(body(node)), Default{}};
    return expr(node);
}

}  // namespace topgun::sql
