// SPDX-License-Identifier: Apache-2.0
#include "binder_parts.hpp"

namespace topgun::sql {

Scalar column_of(const OutputColumn& column, ast::Offset at) {
    return column_scalar(column.id, column.type, column.name, at.at);
}

BoundQuery projected(Binder& binder, PlanBox plan, std::vector<Scalar> values,
                     const std::vector<std::string>& names) {
    plan::Project project;
    for (std::size_t i = 0; i < values.size(); ++i) {
        project.columns.push_back(binder.new_column(names[i], values[i].type));
    }
    project.values = std::move(values);
    BoundQuery out;
    out.columns = project.columns;
    out.plan = make_plan(std::move(project), std::move(plan));
    return out;
}

BoundQuery visible(Binder& binder, BoundQuery query) {
    std::vector<Scalar> values;
    std::vector<std::string> names;
    for (const auto& column : query.columns) {
        values.push_back(column_of(column));
        names.push_back(column.name);
    }
    return projected(binder, std::move(query.plan), std::move(values), names);
}

plan::Aggregate distinct_of(Binder& binder, const std::vector<OutputColumn>& columns) {
    plan::Aggregate out;
    for (const auto& column : columns) {
        out.keys.push_back(column_of(column));
        out.key_columns.push_back(binder.new_column(column.name, column.type));
    }
    out.never_empty_group = true;
    return out;
}

const std::int64_t* ordinal(const ast::Expr& expr) {
    const auto* literal = std::get_if<ast::Literal>(&expr.node);
    return literal != nullptr ? std::get_if<std::int64_t>(&literal->value) : nullptr;
}

const std::string* plain_name(const ast::Expr& expr) {
    const auto* column = std::get_if<ast::ColumnRef>(&expr.node);
    return column != nullptr && column->parts.size() == 1 ? &column->parts[0] : nullptr;
}

void settle_unknown(Binder& binder, BoundQuery& query, ast::Offset at) {
    for (std::size_t i = 0; i < query.columns.size(); ++i) {
        const auto* project = query.plan->as<plan::Project>();
        const bool unknown =
            query.columns[i].type.id == TypeId::null ||
            (project != nullptr && i < project->values.size() && project->values[i].unknown);
        if (unknown) binder.coerce_column(query, i, TypeId::text, at);
    }
}

namespace {

struct AggregateFinder {
    bool found = false;
    void operator()(const ast::Expr& expr) {
        if (!found) found = contains_aggregate(expr);
    }
    void operator()(const ast::ExprBox& expr) {
        if (expr) (*this)(*expr);
    }
    void operator()(const std::vector<ast::Expr>& exprs) {
        for (const auto& expr : exprs) (*this)(expr);
    }
};

}  // namespace

// What OVER makes a window function is no aggregate, but its arguments may hold some.
bool contains_aggregate(const ast::Expr& expr) {
    AggregateFinder find;
    if (const auto* call = std::get_if<ast::FunctionCall>(&expr.node)) {
        if (!call->over && call->name.size() == 1 && is_aggregate(call->name[0])) return true;
        find(call->arguments);
        find(call->filter);
        if (call->over) {
            find(call->over->partition_by);
            for (const auto& key : call->over->order_by) find(key.value);
        }
        return find.found;
    }
    if (std::holds_alternative<ast::Grouping>(expr.node)) return true;
    if (const auto* n = std::get_if<ast::Unary>(&expr.node)) find(n->operand);
    if (const auto* n = std::get_if<ast::Binary>(&expr.node)) find(n->left), find(n->right);
    if (const auto* n = std::get_if<ast::Logical>(&expr.node)) find(n->operands);
    if (const auto* n = std::get_if<ast::Not>(&expr.node)) find(n->operand);
    if (const auto* n = std::get_if<ast::IsTest>(&expr.node)) find(n->operand);
    if (const auto* n = std::get_if<ast::IsDistinct>(&expr.node)) find(n->left), find(n->right);
    if (const auto* n = std::get_if<ast::Between>(&expr.node)) {
        find(n->operand), find(n->low), find(n->high);
    }
    if (const auto* n = std::get_if<ast::InList>(&expr.node)) find(n->operand), find(n->list);
    if (const auto* n = std::get_if<ast::InQuery>(&expr.node)) find(n->operand);
    if (const auto* n = std::get_if<ast::QuantifiedArray>(&expr.node)) {
        find(n->left), find(n->array);
    }
    if (const auto* n = std::get_if<ast::QuantifiedQuery>(&expr.node)) find(n->left);
    if (const auto* n = std::get_if<ast::Like>(&expr.node)) {
        find(n->operand), find(n->pattern), find(n->escape);
    }
    if (const auto* n = std::get_if<ast::Case>(&expr.node)) {
        find(n->operand), find(n->otherwise);
        for (const auto& when : n->whens) find(when.condition), find(when.result);
    }
    if (const auto* n = std::get_if<ast::Choice>(&expr.node)) find(n->arguments);
    if (const auto* n = std::get_if<ast::Cast>(&expr.node)) find(n->operand);
    if (const auto* n = std::get_if<ast::ArrayConstructor>(&expr.node)) find(n->elements);
    if (const auto* n = std::get_if<ast::RowConstructor>(&expr.node)) find(n->fields);
    if (const auto* n = std::get_if<ast::Field>(&expr.node)) find(n->base);
    if (const auto* n = std::get_if<ast::Collate>(&expr.node)) find(n->operand);
    if (const auto* n = std::get_if<ast::Subscript>(&expr.node)) {
        find(n->base);
        for (const auto& index : n->indexes) find(index.lower), find(index.upper);
    }
    return find.found;
}

std::string item_name(const ast::Expr& expr) {
    const auto named = [](const ast::ExprBox& inner) -> std::string {
        return inner ? item_name(*inner) : std::string("?column?");
    };
    if (const auto* n = std::get_if<ast::ColumnRef>(&expr.node)) return n->parts.back();
    if (const auto* n = std::get_if<ast::FunctionCall>(&expr.node)) return n->name.back();
    if (const auto* n = std::get_if<ast::Field>(&expr.node)) return n->name;
    if (const auto* n = std::get_if<ast::Subscript>(&expr.node)) return named(n->base);
    if (const auto* n = std::get_if<ast::Collate>(&expr.node)) return named(n->operand);
    if (const auto* n = std::get_if<ast::Cast>(&expr.node)) {
        auto name = named(n->operand);
        return name == "?column?" ? n->type.name : name;
    }
    if (const auto* n = std::get_if<ast::Choice>(&expr.node)) {
        constexpr const char* kNames[] = {"coalesce", "nullif", "greatest", "least"};
        return kNames[static_cast<std::size_t>(n->kind)];
    }
    if (const auto* n = std::get_if<ast::CurrentTime>(&expr.node)) {
        constexpr const char* kNames[] = {"current_date", "current_time", "current_timestamp",
                                          "localtime", "localtimestamp"};
        return kNames[static_cast<std::size_t>(n->kind)];
    }
    if (const auto* n = std::get_if<ast::Literal>(&expr.node);
        n != nullptr && std::holds_alternative<bool>(n->value)) {
        return "bool";
    }
    if (std::holds_alternative<ast::Case>(expr.node)) {
        const auto& otherwise = std::get<ast::Case>(expr.node).otherwise;
        const auto name = otherwise ? item_name(*otherwise) : std::string("case");
        return name == "?column?" ? "case" : name;
    }
    if (std::holds_alternative<ast::ArrayConstructor>(expr.node)) return "array";
    if (std::holds_alternative<ast::ArrayQuery>(expr.node)) return "array";
    if (std::holds_alternative<ast::Exists>(expr.node)) return "exists";
    if (std::holds_alternative<ast::Grouping>(expr.node)) return "grouping";
    if (std::holds_alternative<ast::RowConstructor>(expr.node)) return "row";
    if (const auto* n = std::get_if<ast::ScalarQuery>(&expr.node)) {
        if (const auto* select = std::get_if<ast::Select>(&n->query->body);
            select != nullptr && !select->items.empty()) {
            const auto& item = select->items[0];
            return item.alias.empty() ? item_name(item.value) : item.alias;
        }
    }
    return "?column?";
}

Catalog::~Catalog() = default;

}  // namespace topgun::sql
