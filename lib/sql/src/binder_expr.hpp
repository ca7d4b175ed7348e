// SPDX-License-Identifier: Apache-2.0
// Binds one expression: columns, operators, functions, and subqueries, which it joins to the plan.
#pragma once

#include <string>
#include <vector>

#include "binder.hpp"

namespace topgun::sql {

class ExprBinder {
public:
    ExprBinder(Binder& binder, Context& context) : binder_(binder), context_(context) {}

    Scalar bind(const ast::Expr& expr);
    /// The names of a column's place, over all scopes.
    Scalar resolve(const std::vector<std::string>& parts, ast::Offset at);

    // By kind of node.
    Scalar operator()(const ast::Literal& node);
    Scalar operator()(const ast::Param& node);
    Scalar operator()(const ast::ColumnRef& node) { return resolve(node.parts, at_); }
    Scalar operator()(const ast::Star& node);
    Scalar operator()(const ast::Default& node);
    Scalar operator()(const ast::Unary& node);
    Scalar operator()(const ast::Binary& node);
    Scalar operator()(const ast::Logical& node);
    Scalar operator()(const ast::Not& node);
    Scalar operator()(const ast::IsTest& node);
    Scalar operator()(const ast::IsDistinct& node);
    Scalar operator()(const ast::Between& node);
    Scalar operator()(const ast::InList& node);
    Scalar operator()(const ast::InQuery& node);
    Scalar operator()(const ast::QuantifiedArray& node);
    Scalar operator()(const ast::QuantifiedQuery& node);
    Scalar operator()(const ast::Exists& node);
    Scalar operator()(const ast::ScalarQuery& node);
    Scalar operator()(const ast::ArrayQuery& node);
    Scalar operator()(const ast::Like& node);
    Scalar operator()(const ast::Case& node);
    Scalar operator()(const ast::Choice& node);
    Scalar operator()(const ast::Cast& node);
    Scalar operator()(const ast::FunctionCall& node);
    Scalar operator()(const ast::ArrayConstructor& node);
    Scalar operator()(const ast::RowConstructor& node);
    Scalar operator()(const ast::Subscript& node);
    Scalar operator()(const ast::Field& node);
    Scalar operator()(const ast::Grouping& node);
    Scalar operator()(const ast::CurrentTime& node);
    Scalar operator()(const ast::Collate& node);

private:
    Scalar lookup(const std::vector<std::string>& parts, ast::Offset at, Scope& scope, bool& found);
    Scalar within_aggregation(Scalar value, Scope& scope, ast::Offset at);
    Scalar whole_row(const ScopeTable& table, Scope& scope, ast::Offset at);
    Scalar path_into(Scalar value, const std::vector<std::string>& parts, std::size_t from,
                     ast::Offset at);
    [[noreturn]] void unknown_column(const std::vector<std::string>& parts, ast::Offset at);

    Scalar compare(std::string_view op, Scalar left, Scalar right, ast::Offset at);
    Scalar compare_rows(const std::string& op, const ast::Expr& left, const ast::Expr& right,
                        ast::Offset at);
    std::vector<Scalar> fields_of(const ast::Expr& expr);
    std::vector<Scalar> bind_all(const std::vector<ast::Expr>& exprs);
    Scalar any_of_equal(Scalar operand, std::vector<Scalar> list, ast::Offset at);

    // Subqueries.
    BoundQuery subquery(const ast::QueryBox& query);
    PlanBox& place(const char* what);
    Scalar join_mark(BoundQuery query, Scalar condition, bool null_aware);
    Scalar join_value(PlanBox plan, const OutputColumn& column);
    Scalar quantified(std::string_view op, bool all, Scalar left, const ast::QueryBox& query);
    Scalar single_value(BoundQuery query);

    // Calls.
    Scalar aggregate_call(const ast::FunctionCall& node, const std::string& name);
    Scalar window_call(const ast::FunctionCall& node, const std::string& name);
    Scalar set_call(const ast::FunctionCall& node, const std::string& name);
    ast::Window resolved_window(const ast::Window& window);
    plan::Window window_terms(const ast::Window& window);
    Plan& window_node(plan::Window node);
    WindowFrame frame_of(const ast::Window& window, const std::vector<SortTerm>& order,
                         plan::Window::Call& call);
    Scalar frame_distance(const ast::FrameBound& bound, ast::Frame::Unit unit,
                          const std::vector<SortTerm>& order);

    Binder& binder_;
    Context& context_;
    ast::Offset at_;
};

/// Adds SortTerms for the keys of an ORDER BY that stands within an expression.
SortTerm sort_term(const ast::SortKey& key, Scalar value);

}  // namespace topgun::sql
