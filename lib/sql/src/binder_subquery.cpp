// SPDX-License-Identifier: Apache-2.0
// Subqueries within expressions: each becomes a join of the plan that the expression works on.
#include "binder_expr.hpp"
#include "internal_functions.hpp"

namespace topgun::sql {
namespace {

AggregateCall internal_aggregate(std::string_view name, DataType type) {
    const ArgumentType types[] = {{type, false}};
    auto resolved = resolve_aggregate(name, types, {});
    TOPGUN_ASSERT(resolved.has_value(), "the planner's own aggregates exist");
    return std::move(*resolved);
}

// One row out of all: an aggregate without keys.
PlanBox aggregate_all(Binder& binder, PlanBox input, std::string_view name, Scalar argument,
                      OutputColumn& column) {
    plan::Aggregate node;
    plan::Aggregate::Call call;
    call.function = internal_aggregate(name, argument.type);
    call.offset = argument.offset;
    call.arguments.push_back(std::move(argument));
    call.column = binder.new_column(std::string(name), call.function.result);
    column = call.column;
    node.calls.push_back(std::move(call));
    return make_plan(std::move(node), std::move(input));
}

bool has_one_row(const Plan& plan) {
    if (plan.as<plan::Project>() != nullptr) return has_one_row(*plan.inputs[0]);
    if (const auto* aggregate = plan.as<plan::Aggregate>()) {
        return aggregate->keys.empty() && aggregate->sets.empty() && !aggregate->never_empty_group;
    }
    const auto* values = plan.as<plan::Values>();
    return values != nullptr && values->rows.size() == 1;
}

Scalar column_of(const OutputColumn& column, ast::Offset at) {
    return column_scalar(column.id, column.type, column.name, at.at);
}

}  // namespace

BoundQuery ExprBinder::subquery(const ast::QueryBox& query) {
    return binder_.bind_query(*query, context_.scope);
}

PlanBox& ExprBinder::place(const char* what) {
    if (context_.plan == nullptr) {
        fail(at_, std::string(what) + " cannot stand in " + context_.clause);
    }
    return *context_.plan;
}

Scalar ExprBinder::join_mark(BoundQuery query, Scalar condition, bool null_aware) {
    auto& plan = place("a subquery");
    plan::Join join;
    join.kind = plan::JoinKind::mark;
    join.condition = std::move(condition);
    join.mark = binder_.new_column("exists", TypeId::boolean);
    join.null_aware = null_aware;
    join.dependent = true;
    const auto mark = *join.mark;
    plan = make_plan(std::move(join), std::move(plan), std::move(query.plan));
    return column_of(mark, at_);
}

Scalar ExprBinder::join_value(PlanBox inner, const OutputColumn& column) {
    auto& plan = place("a subquery");
    plan::Join join;
    join.kind = plan::JoinKind::left;
    join.condition = boolean_scalar(true);
    join.dependent = true;
    plan = make_plan(std::move(join), std::move(plan), std::move(inner));
    return column_of(column, at_);
}

Scalar ExprBinder::single_value(BoundQuery query) {
    if (query.columns.size() != 1) fail(at_, "subquery must return only one column");
    if (has_one_row(*query.plan)) return join_value(std::move(query.plan), query.columns[0]);
    OutputColumn column;
    auto plan = aggregate_all(binder_, std::move(query.plan), "$single",
                              column_of(query.columns[0], at_), column);
    return join_value(std::move(plan), column);
}

Scalar ExprBinder::operator()(const ast::ScalarQuery& node) {
    return single_value(subquery(node.query));
}

Scalar ExprBinder::operator()(const ast::ArrayQuery& node) {
    auto query = subquery(node.query);
    if (query.columns.size() != 1) fail(at_, "subquery must return only one column");
    OutputColumn column;
    auto plan = aggregate_all(binder_, std::move(query.plan), "array_agg",
                              column_of(query.columns[0], at_), column);
    auto value = join_value(std::move(plan), column);
    Scalar out;
    out.kind = Scalar::Kind::coalesce;
    out.type = value.type;
    out.offset = at_.at;
    out.children.push_back(std::move(value));
    out.children.push_back(binder_.coerce(unknown_scalar("{}", at_.at), out.type));
    return out;
}

Scalar ExprBinder::operator()(const ast::Exists& node) {
    return join_mark(subquery(node.query), boolean_scalar(true), false);
}

Scalar ExprBinder::operator()(const ast::InQuery& node) {
    const auto at = at_;
    auto operands = fields_of(*node.operand);
    auto query = subquery(node.query);
    if (query.columns.size() != operands.size()) {
        fail(at, query.columns.size() < operands.size() ? "subquery has too few columns"
                                                        : "subquery has too many columns");
    }
    std::vector<Scalar> conditions;
    for (std::size_t i = 0; i < operands.size(); ++i) {
        conditions.push_back(
            compare("=", std::move(operands[i]), column_of(query.columns[i], at), at));
    }
    at_ = at;
    auto out = join_mark(std::move(query), all_of(std::move(conditions)), true);
    return node.negated ? not_scalar(std::move(out)) : out;
}

Scalar ExprBinder::operator()(const ast::QuantifiedQuery& node) {
    const auto at = at_;
    if (node.op == "=" && !node.all) {
        return (*this)(ast::InQuery{node.left, node.query, false});
    }
    if (node.op == "<>" && node.all) return (*this)(ast::InQuery{node.left, node.query, true});
    auto left = bind(*node.left);
    auto query = subquery(node.query);
    if (query.columns.size() != 1) fail(at, "subquery has too many columns");
    auto condition = compare(node.op, std::move(left), column_of(query.columns[0], at), at);
    at_ = at;
    OutputColumn column;
    auto plan = aggregate_all(binder_, std::move(query.plan), node.all ? "$all_true" : "$any_true",
                              std::move(condition), column);
    return join_value(std::move(plan), column);
}

}  // namespace topgun::sql
