// SPDX-License-Identifier: Apache-2.0
// Queries as wholes: their order and limit, VALUES, UNION and its like.
#include <algorithm>

#include "binder_expr.hpp"
#include "binder_parts.hpp"
#include "internal_functions.hpp"

namespace topgun::sql {

BoundQuery Binder::bind_query(const ast::Query& query, Scope* outer) {
    auto own = std::make_unique<Scope>();
    auto& scope = *own;
    scope.outer = outer;
    scopes_.push_back(std::move(own));
    add_with(query.with, scope);
    if (const auto* select = std::get_if<ast::Select>(&query.body)) {
        return bind_select(*this, query, *select, scope);
    }
    auto bound = bind_body(query, scope);
    std::vector<SortTerm> order;
    for (const auto& key : query.order_by) {
        const OutputColumn* found = nullptr;
        if (const auto* number = ordinal(key.value)) {
            if (*number < 1 || static_cast<std::size_t>(*number) > bound.columns.size()) {
                fail(key.value.offset,
                     "ORDER BY position " + std::to_string(*number) + " is not in select list");
            }
            found = &bound.columns[static_cast<std::size_t>(*number - 1)];
        } else if (const auto* name = plain_name(key.value)) {
            for (const auto& column : bound.columns) {
                if (found == nullptr && column.name == *name) found = &column;
            }
        }
        if (found == nullptr) {
            fail(key.value.offset,
                 "ORDER BY on a UNION/INTERSECT/EXCEPT result must be on one of "
                 "the result columns",
                 "put the query into FROM (...) AS q");
        }
        order.push_back(sort_term(key, column_of(*found, key.value.offset)));
    }
    add_limit(query, bound, std::move(order));
    return bound;
}

BoundQuery Binder::bind_body(const ast::Query& query, Scope& scope) {
    if (const auto* values = std::get_if<ast::Values>(&query.body)) {
        return bind_values(*values, scope, query.offset);
    }
    return bind_set_operation(std::get<ast::SetOperation>(query.body), scope, query.offset);
}

std::optional<std::uint64_t> Binder::count_of(const ast::ExprBox& expr, const char* clause) {
    if (!expr) return std::nullopt;
    Scope none;
    Context context{&none, nullptr, clause, false, false, false, nullptr};
    auto value = coerce(bind_expr(*expr, context), TypeId::bigint, true);
    if (!value.is_constant()) {
        fail(expr->offset, std::string("argument of ") + clause + " must be a constant");
    }
    if (value.value->is_null(0)) return std::nullopt;
    const auto count = value.value->integer(0);
    if (count < 0) fail(expr->offset, std::string(clause) + " must not be negative");
    return static_cast<std::uint64_t>(count);
}

void Binder::add_limit(const ast::Query& query, BoundQuery& bound, std::vector<SortTerm> order) {
    if (!order.empty()) bound.plan = make_plan(plan::Sort{order}, std::move(bound.plan));
    plan::Limit limit;
    limit.count = count_of(query.limit, "LIMIT");
    limit.skip = count_of(query.skip, "OFFSET").value_or(0);
    if (query.with_ties) {
        if (order.empty()) fail(query.offset, "WITH TIES cannot be specified without ORDER BY");
        limit.ties = std::move(order);
    }
    if (limit.count || limit.skip > 0) {
        bound.plan = make_plan(std::move(limit), std::move(bound.plan));
    }
}

void Binder::coerce_column(BoundQuery& query, std::size_t at, DataType to, ast::Offset offset) {
    const auto id = query.columns[at].id;
    if (auto* project = query.plan->as<plan::Project>()) {
        for (std::size_t i = 0; i < project->columns.size(); ++i) {
            if (project->columns[i].id != id) continue;
            auto& value = project->values[i];
            if (value.offset == 0) value.offset = offset.at;
            value = coerce(std::move(value), to, true);
            project->columns[i].type = to;
            query.columns[at].type = to;
            refresh_node(*query.plan);
            return;
        }
    }
    if (query.columns[at].type == to) return;
    std::vector<Scalar> values;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < query.columns.size(); ++i) {
        auto value = column_of(query.columns[i], offset);
        if (i == at) value = coerce(std::move(value), to, true);
        values.push_back(std::move(value));
        names.push_back(query.columns[i].name);
    }
    query = projected(*this, std::move(query.plan), std::move(values), names);
}

BoundQuery Binder::bind_values(const ast::Values& values, Scope& scope, ast::Offset at) {
    std::vector<std::vector<Scalar>> rows;
    bool constant = true;
    auto one_row = make_plan(plan::Values{{{}}});
    PlanBox below = std::move(one_row);
    for (const auto& row : values.rows) {
        std::vector<Scalar> bound;
        for (const auto& expr : row) {
            Context context{&scope, &below, "VALUES", false, false, false, nullptr};
            bound.push_back(bind_expr(expr, context));
            constant = constant && bound.back().is_constant();
        }
        if (!rows.empty() && bound.size() != rows[0].size()) {
            fail(at, "VALUES lists must all be the same length");
        }
        rows.push_back(std::move(bound));
    }
    std::vector<std::string> names;
    for (std::size_t i = 0; i < rows[0].size(); ++i) {
        names.push_back("column" + std::to_string(i + 1));
        std::vector<const Scalar*> column;
        for (const auto& row : rows) column.push_back(&row[i]);
        const bool unknown = rows.size() == 1 && rows[0][i].argument().unknown;
        if (unknown) continue;  // its user may give it a type
        const auto type = common(column, at, "VALUES");
        for (auto& row : rows) row[i] = coerce(std::move(row[i]), type);
    }
    if (rows.size() == 1) return projected(*this, std::move(below), std::move(rows[0]), names);
    if (!constant) {
        // Each row by itself, and all of them together.
        BoundQuery out;
        for (auto& row : rows) {
            auto one = projected(*this, copy_plan(*below), std::move(row), names);
            out = out.plan ? unite(std::move(out), std::move(one)) : std::move(one);
        }
        return out;
    }
    BoundQuery out;
    for (std::size_t i = 0; i < names.size(); ++i) {
        out.columns.push_back(new_column(names[i], rows[0][i].type));
    }
    out.plan = make_plan(plan::Values{std::move(rows)});
    out.plan->columns = out.columns;
    return out;
}

BoundQuery Binder::unite(BoundQuery left, BoundQuery right) {
    plan::Union all;
    BoundQuery out;
    for (const auto& column : left.columns) {
        all.columns.push_back(new_column(column.name, column.type));
    }
    for (const auto* side : {&left, &right}) {
        auto& sources = all.sources.emplace_back();
        for (const auto& column : side->columns) sources.push_back(column.id);
    }
    out.columns = all.columns;
    out.plan = make_plan(std::move(all), std::move(left.plan), std::move(right.plan));
    return out;
}

// INTERSECT and EXCEPT count how often each row stands on either side.
BoundQuery Binder::bind_set_operation(const ast::SetOperation& operation, Scope& scope,
                                      ast::Offset at) {
    using Kind = ast::SetOperation::Kind;
    const char* name = operation.kind == Kind::unite       ? "UNION"
                       : operation.kind == Kind::intersect ? "INTERSECT"
                                                           : "EXCEPT";
    auto left = bind_query(*operation.left, &scope), right = bind_query(*operation.right, &scope);
    if (left.columns.size() != right.columns.size()) {
        fail(at, std::string("each ") + name + " query must have the same number of columns");
    }
    for (std::size_t i = 0; i < left.columns.size(); ++i) {
        const auto value = [](const BoundQuery& query, std::size_t column) {
            if (const auto* project = query.plan->as<plan::Project>()) {
                for (std::size_t c = 0; c < project->columns.size(); ++c) {
                    if (project->columns[c].id == query.columns[column].id) {
                        return project->values[c];
                    }
                }
            }
            return column_of(query.columns[column]);
        };
        const auto a = value(left, i), b = value(right, i);
        const auto type = common({&a, &b}, at, name);
        coerce_column(left, i, type, at);
        coerce_column(right, i, type, at);
    }
    if (operation.kind == Kind::unite) {
        auto out = unite(std::move(left), std::move(right));
        if (operation.all) return out;
        auto node = distinct_of(*this, out.columns);
        out.columns = node.key_columns;
        out.plan = make_plan(std::move(node), std::move(out.plan));
        return out;
    }
    const auto with_side = [this](BoundQuery query, std::int64_t side) {
        std::vector<Scalar> values;
        std::vector<std::string> names;
        for (const auto& column : query.columns) {
            values.push_back(column_of(column));
            names.push_back(column.name);
        }
        values.push_back(integer_scalar(side));
        names.emplace_back("side");
        return projected(*this, std::move(query.plan), std::move(values), names);
    };
    auto both = unite(with_side(std::move(left), 0), with_side(std::move(right), 1));
    const auto side = both.columns.back();
    both.columns.pop_back();
    auto node = distinct_of(*this, both.columns);
    const auto columns = node.key_columns;
    std::vector<Scalar> counts;
    for (const std::int64_t wanted : {0, 1}) {
        plan::Aggregate::Call call;
        auto resolved = resolve_aggregate("count", {}, {});
        TOPGUN_ASSERT(resolved.has_value(), "count(*) exists");
        call.function = std::move(*resolved);
        call.filter = equal_scalar(column_of(side), integer_scalar(wanted), at.at);
        call.column = new_column("count", TypeId::bigint);
        counts.push_back(column_of(call.column));
        node.calls.push_back(std::move(call));
    }
    both.plan = make_plan(std::move(node), std::move(both.plan));
    both.columns = columns;
    const auto two = [](Scalar a, Scalar b) {
        std::vector<Scalar> out;
        out.push_back(std::move(a));
        out.push_back(std::move(b));
        return out;
    };
    const auto zero = integer_scalar(0);
    // How often the row stands in the result.
    Scalar times = operation.kind == Kind::intersect
                       ? call_scalar({&extreme_function(false), {}, TypeId::bigint},
                                     two(counts[0], counts[1]), at.at)
                       : call("-", two(counts[0], counts[1]), at);
    std::vector<Scalar> conditions;
    conditions.push_back(call(">", two(counts[0], zero), at));
    if (operation.kind == Kind::intersect)
        conditions.push_back(call(">", two(counts[1], zero), at));
    else if (operation.all)
        conditions.push_back(call(">", two(times, zero), at));
    else
        conditions.push_back(call("=", two(counts[1], zero), at));
    both.plan = make_plan(plan::Filter{all_of(std::move(conditions))}, std::move(both.plan));
    if (operation.all) {
        plan::SetScan repeat;
        plan::SetScan::Call series;
        const ArgumentType types[] = {{TypeId::bigint, false}, {TypeId::bigint, false}};
        auto resolved = resolve_set("generate_series", types);
        if (!resolved) fail(at, resolved.error().text());
        series.function = resolved->function;
        series.arguments = two(integer_scalar(1), std::move(times));
        series.columns.push_back(new_column("copy", TypeId::bigint));
        repeat.calls.push_back(std::move(series));
        both.plan = make_plan(std::move(repeat), std::move(both.plan));
    }
    return both;
}

}  // namespace topgun::sql
