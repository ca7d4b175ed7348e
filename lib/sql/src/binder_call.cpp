// SPDX-License-Identifier: Apache-2.0
// Calls that are more than a value: aggregates, window functions, functions that return rows.
#include <algorithm>

#include "ast_text.hpp"
#include "binder_expr.hpp"

namespace topgun::sql {
namespace {

[[noreturn]] void fail_resolution(ast::Offset at, const Error& error) {
    auto text = error.text();
    const auto hint = text.find("; ");
    if (hint == std::string::npos) fail(at, std::move(text), {}, error.code());
    fail(at, text.substr(0, hint), text.substr(hint + 2), error.code());
}

std::vector<ArgumentType> types_of(const std::vector<Scalar>& scalars) {
    std::vector<ArgumentType> out;
    for (const auto& scalar : scalars) out.push_back(scalar.argument());
    return out;
}

void coerce_all(Binder& binder, std::vector<Scalar>& scalars, const std::vector<DataType>& types) {
    for (std::size_t i = 0; i < scalars.size() && i < types.size(); ++i) {
        const auto wanted = types[i];
        const bool any = wanted == kAny || wanted.id == TypeId::null;
        if (any && scalars[i].argument().unknown)
            scalars[i] = binder.coerce(std::move(scalars[i]), TypeId::text);
        else if (!any)
            scalars[i] = binder.coerce(std::move(scalars[i]), wanted);
    }
}

bool same_call(const plan::Aggregate::Call& a, const plan::Aggregate::Call& b) {
    return a.function.function == b.function.function &&
           a.function.distinct == b.function.distinct && a.function.order == b.function.order &&
           a.arguments == b.arguments && a.order == b.order && a.filter == b.filter;
}

std::size_t sort_column(std::size_t index) {
    return index;
}

}  // namespace

Scalar ExprBinder::operator()(const ast::FunctionCall& node) {
    if (node.name.size() > 1) {
        fail(at_, "function " + node.name[0] + "." + node.name[1] + " does not exist",
             "functions have no schema here", Errc::not_found);
    }
    const auto& name = node.name[0];
    if (node.over) return window_call(node, name);
    if (is_aggregate(name)) return aggregate_call(node, name);
    if (is_window_function(name)) {
        fail(at_, "window function " + name + " requires an OVER clause");
    }
    const bool plain =
        !node.star && !node.distinct && !node.within_group && !node.filter && node.order_by.empty();
    if (!plain) {
        fail(at_, name + " is not an aggregate function",
             "DISTINCT, ORDER BY, FILTER, * and WITHIN GROUP are for aggregates");
    }
    if (node.variadic) fail(at_, "VARIADIC is not supported: write the arguments one by one");
    if (is_set_function(name)) return set_call(node, name);
    const auto at = at_;
    return binder_.call(name, bind_all(node.arguments), at);
}

Scalar ExprBinder::aggregate_call(const ast::FunctionCall& node, const std::string& name) {
    const auto at = at_;
    auto* grouping = context_.scope->aggregation;
    if (!context_.aggregates || grouping == nullptr) {
        fail(at, std::string("aggregate functions are not allowed in ") + context_.clause);
    }
    if (name == "count" && !node.star && node.arguments.empty()) {
        fail(at, "count(*) must be used to call a parameterless aggregate function");
    }
    auto& aggregate = *grouping->node->as<plan::Aggregate>();
    // What stands inside of the call is below the grouping.
    context_.scope->aggregation = nullptr;
    Context inside{
        context_.scope, &grouping->node->inputs[0], "an aggregate's arguments", false, false, false,
        nullptr};
    ExprBinder below(binder_, inside);
    plan::Aggregate::Call call;
    call.offset = at.at;
    call.arguments = below.bind_all(node.arguments);
    for (const auto& key : node.order_by) {
        auto term = sort_term(key, below.bind(key.value));
        if (term.value.unknown) term.value = binder_.coerce(std::move(term.value), TypeId::text);
        call.function.order.push_back(
            {sort_column(call.order.size()), term.descending, term.nulls_first});
        call.order.push_back(std::move(term.value));
    }
    if (node.filter) {
        inside.clause = "FILTER";
        call.filter = binder_.bind_condition(*node.filter, inside);
    }
    context_.scope->aggregation = grouping;
    const auto order = call.function.order;
    auto resolved =
        resolve_aggregate(name, types_of(call.arguments),
                          node.within_group ? types_of(call.order) : std::vector<ArgumentType>{});
    if (!resolved) fail_resolution(at, resolved.error());
    call.function = std::move(*resolved);
    coerce_all(binder_, call.arguments, call.function.arguments);
    call.function.distinct = node.distinct;
    call.function.order = order;
    if (node.within_group) coerce_all(binder_, call.order, call.function.order_types);
    call.function.order_types.clear();
    for (const auto& key : call.order) call.function.order_types.push_back(key.type);
    for (const auto& there : aggregate.calls) {
        if (same_call(there, call)) {
            return column_scalar(there.column.id, there.column.type, there.column.name, at.at);
        }
    }
    call.column = binder_.new_column(name, call.function.result);
    const auto column = call.column;
    aggregate.calls.push_back(std::move(call));
    refresh_node(*grouping->node);
    return column_scalar(column.id, column.type, column.name, at.at);
}

// A window by name, or one that starts from a named one.
ast::Window ExprBinder::resolved_window(const ast::Window& window) {
    const auto& wanted = window.name.empty() ? window.base : window.name;
    if (wanted.empty()) return window;
    const ast::Window* found = nullptr;
    if (context_.named_windows != nullptr) {
        for (const auto& named : *context_.named_windows) {
            if (named.name == wanted) found = &named.window;
        }
    }
    if (found == nullptr) {
        fail(window.offset, "window \"" + wanted + "\" does not exist", {}, Errc::not_found);
    }
    auto out = resolved_window(*found);
    if (!window.name.empty()) return out;
    if (!window.partition_by.empty()) {
        fail(window.offset, "cannot override PARTITION BY clause of window \"" + wanted + "\"");
    }
    if (!window.order_by.empty() && !out.order_by.empty()) {
        fail(window.offset, "cannot override ORDER BY clause of window \"" + wanted + "\"");
    }
    if (out.frame) {
        fail(window.offset, "cannot copy window \"" + wanted + "\" because it has a frame clause");
    }
    if (!window.order_by.empty()) out.order_by = window.order_by;
    out.frame = window.frame;
    return out;
}

plan::Window ExprBinder::window_terms(const ast::Window& window) {
    plan::Window node;
    for (const auto& key : window.partition_by) {
        auto value = bind(key);
        if (value.unknown) value = binder_.coerce(std::move(value), TypeId::text);
        node.partition.push_back(std::move(value));
    }
    for (const auto& key : window.order_by) {
        auto term = sort_term(key, bind(key.value));
        if (term.value.unknown) term.value = binder_.coerce(std::move(term.value), TypeId::text);
        node.order.push_back(std::move(term));
    }
    return node;
}

// The node that computes over this window: the one on top, when it has the same, or a new one.
Plan& ExprBinder::window_node(plan::Window node) {
    auto& plan = place("a window function");
    if (auto* top = plan->as<plan::Window>();
        top != nullptr && top->partition == node.partition && top->order == node.order) {
        return *plan;
    }
    plan = make_plan(std::move(node), std::move(plan));
    return *plan;
}

Scalar ExprBinder::frame_distance(const ast::FrameBound& bound, ast::Frame::Unit unit,
                                  const std::vector<SortTerm>& order) {
    auto value = bind(*bound.distance);
    if (unit != ast::Frame::Unit::range) return binder_.coerce(std::move(value), TypeId::bigint);
    if (order.size() != 1) {
        fail(bound.distance->offset,
             "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column");
    }
    const auto key = order[0].value.type;
    const bool moment = key.is_moment() || key.id == TypeId::time || key.id == TypeId::interval;
    if (!moment && !key.is_number()) {
        fail(bound.distance->offset,
             "RANGE with offset PRECEDING/FOLLOWING is not supported for "
             "column type " +
                 type_name(key));
    }
    return binder_.coerce(std::move(value), moment ? DataType(TypeId::interval) : key, true);
}

WindowFrame ExprBinder::frame_of(const ast::Window& window, const std::vector<SortTerm>& order,
                                 plan::Window::Call& call) {
    WindowFrame out;
    if (!window.frame) return out;
    const auto& frame = *window.frame;
    out.unit = frame.unit;
    out.start = frame.start.kind;
    out.end = frame.end.kind;
    out.exclude = frame.exclude;
    using Kind = ast::FrameBound::Kind;
    if (out.start == Kind::unbounded_following) {
        fail(window.offset, "frame start cannot be UNBOUNDED FOLLOWING");
    }
    if (out.end == Kind::unbounded_preceding) {
        fail(window.offset, "frame end cannot be UNBOUNDED PRECEDING");
    }
    if (out.start > out.end) {
        fail(window.offset, "a frame's start cannot lie behind its end");
    }
    if (out.unit == ast::Frame::Unit::groups && order.empty()) {
        fail(window.offset, "GROUPS mode requires an ORDER BY clause");
    }
    if (frame.start.distance) {
        call.start_distance = frame_distance(frame.start, frame.unit, order);
    }
    if (frame.end.distance) call.end_distance = frame_distance(frame.end, frame.unit, order);
    return out;
}

Scalar ExprBinder::window_call(const ast::FunctionCall& node, const std::string& name) {
    const auto at = at_;
    if (!context_.windows) {
        fail(at, std::string("window functions are not allowed in ") + context_.clause);
    }
    if (node.distinct) fail(at, "DISTINCT is not implemented for window functions");
    if (!node.order_by.empty()) {
        fail(at, "aggregate ORDER BY is not implemented for window functions");
    }
    // rank and its like are both.
    const bool aggregate = is_aggregate(name) && !is_window_function(name);
    if (!aggregate && !is_window_function(name)) {
        fail(at, "OVER specified, but " + name + " is neither a window function nor an aggregate");
    }
    if (node.filter && !aggregate) {
        fail(at, "FILTER is not implemented for non-aggregate window functions");
    }
    const bool windows = std::exchange(context_.windows, false);
    plan::Window::Call call;
    call.offset = at.at;
    call.arguments = bind_all(node.arguments);
    if (node.filter) call.filter = binder_.bind_condition(*node.filter, context_);
    // Subqueries in a frame's distances go below the node, as those in its other parts do.
    const auto window = resolved_window(*node.over);
    auto terms = window_terms(window);
    const auto frame = frame_of(window, terms.order, call);
    auto& plan = window_node(std::move(terms));
    context_.windows = windows;
    if (aggregate) {
        auto resolved = resolve_aggregate(name, types_of(call.arguments), {});
        if (!resolved) fail_resolution(at, resolved.error());
        coerce_all(binder_, call.arguments, resolved->arguments);
        call.function.result = resolved->result;
        call.function.argument_types = resolved->arguments;
        call.function.aggregate = std::move(*resolved);
    } else {
        auto resolved = resolve_window(name, types_of(call.arguments));
        if (!resolved) fail_resolution(at, resolved.error());
        coerce_all(binder_, call.arguments, resolved->argument_types);
        call.function = std::move(*resolved);
    }
    call.function.frame = frame;
    call.column = binder_.new_column(name, call.function.result);
    const auto column = call.column;
    plan.as<plan::Window>()->calls.push_back(std::move(call));
    refresh_node(plan);
    return column_scalar(column.id, column.type, column.name, at.at);
}

// SELECT unnest(a), b: rows multiply; several such functions go side by side.
Scalar ExprBinder::set_call(const ast::FunctionCall& node, const std::string& name) {
    const auto at = at_;
    if (!context_.sets || context_.plan == nullptr) {
        fail(at, std::string("set-returning functions are not allowed in ") + context_.clause);
    }
    plan::SetScan::Call call;
    call.offset = at.at;
    context_.sets = false;
    call.arguments = bind_all(node.arguments);
    context_.sets = true;
    auto resolved = resolve_set(name, types_of(call.arguments));
    if (!resolved) fail_resolution(at, resolved.error());
    coerce_all(binder_, call.arguments, resolved->arguments);
    call.function = resolved->function;
    if (resolved->columns.size() != 1) {
        fail(at, name + " returns several columns", "write it behind FROM");
    }
    call.columns.push_back(binder_.new_column(name, resolved->columns[0]));
    const auto column = call.columns[0];
    auto& plan = *context_.plan;
    auto* top = plan->as<plan::SetScan>();
    if (top == nullptr || top->ordinality) {
        plan = make_plan(plan::SetScan{}, std::move(plan));
        top = plan->as<plan::SetScan>();
    }
    top->calls.push_back(std::move(call));
    refresh_node(*plan);
    return column_scalar(column.id, column.type, column.name, at.at);
}

}  // namespace topgun::sql
