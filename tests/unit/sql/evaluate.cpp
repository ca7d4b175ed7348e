// SPDX-License-Identifier: Apache-2.0
#include "evaluate.hpp"

#include <map>

#include "cast.hpp"
#include "list.hpp"
#include "set_function.hpp"
#include "sql_support.hpp"

using namespace topgun::sql;

namespace topgun::test {
namespace {

constexpr EvalContext kContext{1'700'000'000'000'000};

struct Value {
    ColumnPtr column;
    bool unknown = false;
};

Value constant(Column value, bool unknown = false) {
    return {Column::constant(std::move(value), 1), unknown};
}

template <typename Add>
Value literal(DataType type, Add&& add, bool unknown = false) {
    Column one(type);
    add(one);
    return constant(std::move(one), unknown);
}

DataType type_of(const ast::TypeName& name) {
    static const std::map<std::string, TypeId, std::less<>> types{
        {"int4", TypeId::bigint},       {"int8", TypeId::bigint},
        {"float8", TypeId::real},       {"text", TypeId::text},
        {"bool", TypeId::boolean},      {"numeric", TypeId::numeric},
        {"bytea", TypeId::bytea},       {"json", TypeId::json},
        {"jsonb", TypeId::json},        {"date", TypeId::date},
        {"time", TypeId::time},         {"timestamp", TypeId::timestamp},
        {"interval", TypeId::interval}, {"timestamptz", TypeId::timestamptz},
    };
    const auto id = types.at(name.name);
    return name.dimensions > 0 ? DataType::list_of(id) : DataType(id);
}

Result<Value> cast(Value value, DataType to) {
    const auto from = value.column->type();
    if (from == to) return Value{value.column};
    const auto kernel = find_cast(from, to);
    if (kernel == nullptr) {
        return Error(Errc::usage, "cannot cast " + type_name(from) + " to " + type_name(to));
    }
    auto out = kernel(kContext, Arguments(&value.column, 1), 1, to);
    if (!out) return std::move(out).error();
    return Value{std::move(*out)};
}

struct Evaluator {
    std::vector<ColumnPtr> arguments;

    Status bind(const std::vector<Value>& values, const std::vector<DataType>& types) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            auto value = cast(values[i], types[i]);
            if (!value) return std::move(value).error();
            arguments.push_back(value->column);
        }
        return {};
    }
    static std::vector<ArgumentType> types_of(const std::vector<Value>& values) {
        std::vector<ArgumentType> types;
        for (const auto& value : values) types.push_back({value.column->type(), value.unknown});
        return types;
    }
};

Result<Value> call(std::string_view name, const std::vector<Value>& values) {
    Evaluator scope;
    const auto found = resolve(name, Evaluator::types_of(values));
    if (!found) return found.error().clone();
    TOPGUN_TRY(scope.bind(values, found->arguments));
    auto out = found->function->kernel(kContext, scope.arguments, 1, found->result);
    if (!out) return std::move(out).error();
    return Value{std::move(*out)};
}

Result<Value> eval(const ast::Expr& expr);

Result<std::vector<Value>> eval_all(const std::vector<ast::Expr>& expressions) {
    std::vector<Value> out;
    for (const auto& expression : expressions) {
        auto value = eval(expression);
        if (!value) return std::move(value).error();
        out.push_back(std::move(*value));
    }
    return out;
}

Result<Value> call_with(std::string_view name, std::vector<ast::Expr> expressions) {
    auto values = eval_all(expressions);
    if (!values) return std::move(values).error();
    return call(name, *values);
}

Value literal_of(const ast::Literal& node) {
    if (const auto* text = std::get_if<std::string>(&node.value)) {
        return literal(
            TypeId::text, [&](Column& out) { out.add_bytes(*text); }, true);
    }
    if (const auto* whole = std::get_if<std::int64_t>(&node.value)) {
        return literal(TypeId::bigint, [&](Column& out) { out.add_integer(*whole); });
    }
    if (const auto* truth = std::get_if<bool>(&node.value)) {
        return literal(TypeId::boolean, [&](Column& out) { out.add_boolean(*truth); });
    }
    if (const auto* number = std::get_if<ast::Numeric>(&node.value)) {
        return literal(TypeId::numeric, [&](Column& out) { must(add_parsed(out, number->text)); });
    }
    return literal(
        TypeId::text, [](Column& out) { out.add_null(); }, true);
}

Result<Value> array_of(const ast::ArrayConstructor& node) {
    auto values = eval_all(node.elements);
    if (!values) return std::move(values).error();
    const auto type = *common_type(Evaluator::types_of(*values));
    Column elements(type), out(type.id == TypeId::list ? type : DataType::list_of(type.id));
    for (const auto& value : *values) {
        auto element = cast(value, type);
        if (!element) return std::move(element).error();
        elements.keep_alive(*element->column);
        elements.add_from(*element->column, 0);
    }
    append_list(elements, 0, elements.size(), out);
    return constant(std::move(out));
}

Result<Value> eval(const ast::Expr& expr) {
    if (const auto* node = std::get_if<ast::Literal>(&expr.node)) return literal_of(*node);
    if (const auto* node = std::get_if<ast::ArrayConstructor>(&expr.node)) return array_of(*node);
    if (const auto* node = std::get_if<ast::Cast>(&expr.node)) {
        auto value = eval(*node->operand);
        return value ? cast(std::move(*value), type_of(node->type)) : std::move(value);
    }
    if (const auto* node = std::get_if<ast::Binary>(&expr.node)) {
        return call_with(node->op, {*node->left, *node->right});
    }
    if (const auto* node = std::get_if<ast::Unary>(&expr.node)) {
        return call_with(node->op, {*node->operand});
    }
    if (const auto* node = std::get_if<ast::FunctionCall>(&expr.node)) {
        return call_with(node->name.back(), node->arguments);
    }
    if (const auto* node = std::get_if<ast::Subscript>(&expr.node)) {
        const auto& index = node->indexes.at(0);
        if (index.slice) {
            return call_with("array_slice", {*node->base, *index.lower, *index.upper});
        }
        return call_with("array_get", {*node->base, *index.upper});
    }
    if (const auto* node = std::get_if<ast::Like>(&expr.node)) {
        static constexpr const char* kNames[] = {"like", "ilike", "similar_to"};
        std::vector<ast::Expr> arguments{*node->operand, *node->pattern};
        if (node->escape) arguments.push_back(*node->escape);
        auto value = call_with(kNames[static_cast<int>(node->kind)], arguments);
        if (!value || !node->negated) return value;
        const bool truth = value->column->boolean(0);
        return literal(TypeId::boolean, [&](Column& out) { out.add_boolean(!truth); });
    }
    return Error(Errc::usage, "the tests' evaluator has no such expression");
}

std::string text_at(const Column& column, std::size_t row) {
    return column.is_null(row) ? "NULL" : value_text(column, row);
}

Result<std::string> rows_of_call(const ast::FunctionCall& node) {
    auto values = eval_all(node.arguments);
    if (!values) return std::move(values).error();
    auto found = resolve_set(node.name.back(), Evaluator::types_of(*values));
    if (!found) return std::move(found).error();
    Evaluator scope;
    TOPGUN_TRY(scope.bind(*values, found->arguments));
    auto rows = found->function->open(kContext, scope.arguments, 0);
    if (!rows) return std::move(rows).error();
    std::vector<Column> out;
    for (const auto type : found->columns) out.emplace_back(type);
    constexpr std::size_t kStep = 3;
    for (std::size_t count = kStep; count == kStep;) {
        auto more = (*rows)->next(out, kStep);
        if (!more) return std::move(more).error();
        count = *more;
    }
    std::string text;
    for (std::size_t row = 0; row < out[0].size(); ++row) {
        if (row > 0) text += "; ";
        for (std::size_t i = 0; i < out.size(); ++i)
            text += (i > 0 ? "|" : "") + text_at(out[i], row);
    }
    return text;
}

}  // namespace

std::string evaluate(std::string_view sql) {
    const auto expr = parse_expr(sql);
    const auto* node = std::get_if<ast::FunctionCall>(&expr.node);
    if (node != nullptr && is_set_function(node->name.back())) {
        const auto rows = rows_of_call(*node);
        return rows ? *rows : "error: " + rows.error().text();
    }
    const auto value = eval(expr);
    return value ? text_at(*value->column, 0) : "error: " + value.error().text();
}

void check_values(const std::vector<Expected>& cases) {
    for (const auto& [sql, text] : cases) {
        CAPTURE(sql);
        CHECK(evaluate(sql) == text);
    }
}

}  // namespace topgun::test
