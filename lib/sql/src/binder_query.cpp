// SPDX-License-Identifier: Apache-2.0
// Queries: SELECT clause by clause, VALUES, UNION and its like, WITH.
#include <algorithm>

#include "binder_expr.hpp"
#include "internal_functions.hpp"

namespace topgun::sql {
namespace {

Scalar column_of(const OutputColumn& column, ast::Offset at = {}) {
    return column_scalar(column.id, column.type, column.name, at.at);
}

// Values of their own columns, each with a new number, so that no two are the same column.
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

bool contains_aggregate(const ast::Expr& expr);

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

// Aggregates of this query, not of its subqueries; what OVER makes a window function is none, but
// its arguments may hold some.
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

using Sets = std::vector<std::vector<std::size_t>>;

}  // namespace

Catalog::~Catalog() = default;

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

// SELECT, from FROM to its list, in the order in which SQL says it works.
class SelectBinder {
public:
    SelectBinder(Binder& binder, const ast::Query& query, const ast::Select& select, Scope& scope)
        : binder_(binder), query_(query), select_(select), scope_(scope) {}

    BoundQuery bind() {
        plan_ = binder_.bind_from(select_.from, scope_);
        if (select_.where) {
            Context context{&scope_, &plan_, "WHERE", false, false, false, nullptr};
            auto condition = binder_.bind_condition(*select_.where, context);
            plan_ = make_plan(plan::Filter{std::move(condition)}, std::move(plan_));
        }
        begin_groups();
        having();
        items();
        auto order = order_terms();
        return assemble(std::move(order));
    }

private:
    struct Item {
        Scalar value;
        std::string name;
    };

    Context context(const char* clause, bool windows, bool sets) {
        return {&scope_, &plan_, clause, true, windows, sets, &select_.windows};
    }

    bool needs_groups() const {
        if (!select_.group_by.empty() || select_.having) return true;
        for (const auto& item : select_.items) {
            if (contains_aggregate(item.value)) return true;
        }
        for (const auto& key : query_.order_by) {
            if (contains_aggregate(key.value)) return true;
        }
        return false;
    }

    void begin_groups() {
        if (!needs_groups()) return;
        plan::Aggregate node;
        Context below{&scope_, &plan_, "GROUP BY", false, false, false, nullptr};
        Sets sets{{}};
        bool several = false;
        for (const auto& item : select_.group_by) {
            several = several || item.kind != ast::GroupItem::Kind::simple || item.values.empty();
            const auto more = sets_of(item, node, below);
            Sets product;
            for (const auto& a : sets) {
                for (const auto& b : more) {
                    auto both = a;
                    both.insert(both.end(), b.begin(), b.end());
                    product.push_back(std::move(both));
                }
            }
            constexpr std::size_t kMostSets = 4096;
            if (product.size() > kMostSets) {
                fail(item.offset, "too many grouping sets present (maximum 4096)", {}, Errc::limit);
            }
            sets = std::move(product);
        }
        if (several) {
            for (auto& set : sets) {
                std::sort(set.begin(), set.end());
                set.erase(std::unique(set.begin(), set.end()), set.end());
            }
            if (select_.group_distinct) {
                std::sort(sets.begin(), sets.end());
                sets.erase(std::unique(sets.begin(), sets.end()), sets.end());
            }
            node.sets = std::move(sets);
            node.set_index = binder_.new_column("grouping set", TypeId::bigint);
        }
        plan_ = make_plan(std::move(node), std::move(plan_));
        grouping_.scope = &scope_;
        grouping_.node = plan_.get();
        scope_.aggregation = &grouping_;
    }

    Sets sets_of(const ast::GroupItem& item, plan::Aggregate& node, Context& below) {
        using Kind = ast::GroupItem::Kind;
        if (item.kind == Kind::simple) {
            std::vector<std::size_t> set;
            for (const auto& value : item.values) set.push_back(key_of(value, node, below));
            return {set};
        }
        if (item.kind == Kind::sets) {
            Sets out;
            for (const auto& part : item.items) {
                for (auto& set : sets_of(part, node, below)) out.push_back(std::move(set));
            }
            return out;
        }
        std::vector<std::vector<std::size_t>> parts;
        for (const auto& part : item.items) parts.push_back(sets_of(part, node, below)[0]);
        Sets out;
        const auto add = [&](auto&& wanted) {
            std::vector<std::size_t> set;
            for (std::size_t i = 0; i < parts.size(); ++i) {
                if (wanted(i)) set.insert(set.end(), parts[i].begin(), parts[i].end());
            }
            out.push_back(std::move(set));
        };
        if (item.kind == Kind::rollup) {
            for (auto count = parts.size() + 1; count-- > 0;) {
                add([count](std::size_t i) { return i < count; });
            }
            return out;
        }
        constexpr std::size_t kMostCubed = 12;
        if (parts.size() > kMostCubed) {
            fail(item.offset, "CUBE is limited to 12 elements", {}, Errc::limit);
        }
        for (auto mask = std::size_t{1} << parts.size(); mask-- > 0;) {
            const auto last = parts.size() - 1;
            add([mask, last](std::size_t i) { return (mask >> (last - i) & 1) != 0; });
        }
        return out;
    }

    // A key: an expression, the number of an item, or the name of one that is no column.
    std::size_t key_of(const ast::Expr& expr, plan::Aggregate& node, Context& below) {
        const ast::Expr* meant = &expr;
        if (const auto* number = ordinal(expr)) {
            if (*number < 1 || static_cast<std::size_t>(*number) > select_.items.size()) {
                fail(expr.offset,
                     "GROUP BY position " + std::to_string(*number) + " is not in select list");
            }
            meant = &select_.items[static_cast<std::size_t>(*number - 1)].value;
        } else if (const auto* name = plain_name(expr); name != nullptr && !is_column(*name)) {
            for (const auto& item : select_.items) {
                if (item.alias == *name) meant = &item.value;
            }
        }
        if (contains_aggregate(*meant)) {
            fail(expr.offset, "aggregate functions are not allowed in GROUP BY");
        }
        auto value = binder_.bind_expr(*meant, below);
        if (value.unknown) value = binder_.coerce(std::move(value), TypeId::text);
        for (std::size_t i = 0; i < node.keys.size(); ++i) {
            if (node.keys[i] == value) return i;
        }
        if (value.is_column() && value.name == "_key") grouping_.whole.push_back(value.column);
        node.key_columns.push_back(binder_.new_column(item_name(*meant), value.type));
        node.keys.push_back(std::move(value));
        grouping_.keys.push_back(*meant);
        return node.keys.size() - 1;
    }

    bool is_column(const std::string& name) const {
        for (const auto& known : scope_.names) {
            if (known.name == name) return true;
        }
        for (const auto& table : scope_.tables) {
            for (const auto& column : table.columns) {
                if (column.name == name) return true;
            }
        }
        return false;
    }

    void having() {
        if (!select_.having) return;
        auto place = context("HAVING", false, false);
        auto condition = binder_.bind_condition(*select_.having, place);
        plan_ = make_plan(plan::Filter{std::move(condition)}, std::move(plan_));
    }

    void items() {
        for (const auto& item : select_.items) {
            if (const auto* star = std::get_if<ast::Star>(&item.value.node)) {
                expand(*star, item.offset);
                continue;
            }
            auto place = context("SELECT", true, true);
            auto value = binder_.bind_expr(item.value, place);
            items_.push_back(
                {std::move(value), item.alias.empty() ? item_name(item.value) : item.alias});
        }
    }

    void expand(const ast::Star& star, ast::Offset at) {
        auto place = context("SELECT", true, true);
        ExprBinder expr(binder_, place);
        if (star.qualifier.empty()) {
            if (scope_.tables.empty()) fail(at, "SELECT * with no tables specified is not valid");
            for (const auto& name : scope_.names) {
                auto value = name.value;
                value.offset = at.at;
                items_.push_back({grouped(expr, std::move(value), name.name, at), name.name});
            }
            return;
        }
        for (const auto& table : scope_.tables) {
            if (table.name != star.qualifier.back()) continue;
            if (star.qualifier.size() > 1 && table.schema != star.qualifier[0]) continue;
            for (const auto& column : table.columns) {
                if (column.hidden) continue;
                auto value = column_scalar(column.id, column.type, column.name, at.at);
                items_.push_back({grouped(expr, std::move(value), column.name, at), column.name});
            }
            return;
        }
        fail(at, "missing FROM-clause entry for table \"" + star.qualifier.back() + "\"", {},
             Errc::not_found);
    }

    Scalar grouped(ExprBinder& expr, Scalar value, const std::string& name, ast::Offset at) {
        return scope_.aggregation == nullptr ? value : expr.resolve({name}, at);
    }

    // A key of ORDER BY or DISTINCT ON: an item by number or name, or any expression.
    Scalar key_value(const ast::Expr& expr, const char* clause) {
        if (const auto* number = ordinal(expr)) {
            if (*number < 1 || static_cast<std::size_t>(*number) > items_.size()) {
                fail(expr.offset, std::string(clause) + " position " + std::to_string(*number) +
                                      " is not in select list");
            }
            return items_[static_cast<std::size_t>(*number - 1)].value;
        }
        if (const auto* name = plain_name(expr)) {
            const Item* found = nullptr;
            for (const auto& item : items_) {
                if (item.name != *name) continue;
                if (found != nullptr && !(found->value == item.value)) {
                    fail(expr.offset, std::string(clause) + " \"" + *name + "\" is ambiguous");
                }
                found = &item;
            }
            if (found != nullptr) return found->value;
        }
        auto place = context(clause, true, false);
        return binder_.bind_expr(expr, place);
    }

    std::vector<SortTerm> order_terms() {
        std::vector<SortTerm> out;
        for (const auto& key : query_.order_by) {
            auto value = key_value(key.value, "ORDER BY");
            if (value.unknown) value = binder_.coerce(std::move(value), TypeId::text);
            out.push_back(sort_term(key, std::move(value)));
        }
        return out;
    }

    // The list as columns, with hidden ones behind them for what ORDER BY needs beyond it.
    BoundQuery assemble(std::vector<SortTerm> order) {
        std::vector<Scalar> distinct_on;
        for (const auto& expr : select_.distinct_on) {
            auto value = key_value(expr, "SELECT DISTINCT ON");
            if (value.unknown) value = binder_.coerce(std::move(value), TypeId::text);
            distinct_on.push_back(std::move(value));
        }
        scope_.aggregation = nullptr;
        std::vector<Scalar> values;
        std::vector<std::string> names;
        for (auto& item : items_) {
            values.push_back(std::move(item.value));
            names.push_back(item.name);
        }
        const auto visible = values.size();
        const auto place_of = [&](const Scalar& value) {
            for (std::size_t i = 0; i < values.size(); ++i) {
                if (values[i] == value) return i;
            }
            values.push_back(value);
            names.push_back("order");
            return values.size() - 1;
        };
        std::vector<std::size_t> order_at, on_at;
        for (const auto& term : order) order_at.push_back(place_of(term.value));
        for (const auto& value : distinct_on) on_at.push_back(place_of(value));
        if (select_.distinct && distinct_on.empty() && values.size() > visible) {
            fail(query_.order_by[0].value.offset,
                 "for SELECT DISTINCT, ORDER BY expressions must appear in select list");
        }
        auto bound = projected(binder_, std::move(plan_), std::move(values), names);
        for (std::size_t i = 0; i < order.size(); ++i) {
            order[i].value = column_of(bound.columns[order_at[i]]);
        }
        if (!select_.distinct_on.empty())
            first_of_each(bound, on_at, order);
        else if (select_.distinct)
            distinct(bound, order);
        bound.columns.resize(visible);
        binder_.add_limit(query_, bound, std::move(order));
        return bound;
    }

    void distinct(BoundQuery& bound, std::vector<SortTerm>& order) {
        resolve_unknown(bound);
        auto node = distinct_of(binder_, bound.columns);
        const auto columns = node.key_columns;
        for (auto& term : order) {
            for (std::size_t i = 0; i < columns.size(); ++i) {
                if (bound.columns[i].id == term.value.column) {
                    term.value = column_of(columns[i]);
                    break;
                }
            }
        }
        bound.plan = make_plan(std::move(node), std::move(bound.plan));
        bound.columns = columns;
    }

    void resolve_unknown(BoundQuery& bound) {
        for (std::size_t i = 0; i < bound.columns.size(); ++i) {
            const auto& value = bound.plan->as<plan::Project>()->values[i];
            if (value.argument().unknown) {
                binder_.coerce_column(bound, i, TypeId::text, {});
            }
        }
    }

    // DISTINCT ON: the first row of each, in the query's order.
    void first_of_each(BoundQuery& bound, const std::vector<std::size_t>& on,
                       const std::vector<SortTerm>& order) {
        for (std::size_t i = 0; i < std::min(on.size(), order.size()); ++i) {
            const bool known = std::any_of(on.begin(), on.end(), [&](std::size_t at) {
                return bound.columns[at].id == order[i].value.column;
            });
            if (!known) {
                fail(select_.distinct_on[0].offset,
                     "SELECT DISTINCT ON expressions must match "
                     "initial ORDER BY expressions");
            }
        }
        plan::Window window;
        for (const auto at : on) window.partition.push_back(column_of(bound.columns[at]));
        window.order = order;
        plan::Window::Call call;
        call.function = [] {
            auto resolved = resolve_window("row_number", {});
            TOPGUN_ASSERT(resolved.has_value(), "row_number takes no arguments");
            return std::move(*resolved);
        }();
        call.column = binder_.new_column("row_number", TypeId::bigint);
        auto first = equal_scalar(column_of(call.column), integer_scalar(1), 0);
        window.calls.push_back(std::move(call));
        bound.plan = make_plan(std::move(window), std::move(bound.plan));
        bound.plan = make_plan(plan::Filter{std::move(first)}, std::move(bound.plan));
    }

    Binder& binder_;
    const ast::Query& query_;
    const ast::Select& select_;
    Scope& scope_;
    PlanBox plan_;
    Aggregation grouping_;
    std::vector<Item> items_;
};

BoundQuery Binder::bind_query(const ast::Query& query, Scope* outer) {
    auto own = std::make_unique<Scope>();
    auto& scope = *own;
    scope.outer = outer;
    scopes_.push_back(std::move(own));
    add_with(query.with, scope);
    if (const auto* select = std::get_if<ast::Select>(&query.body)) {
        return SelectBinder(*this, query, *select, scope).bind();
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

void Binder::add_with(const ast::With& with, Scope& scope) {
    for (const auto& table : with.tables) bind_common_table(table, with.recursive, scope);
}

void Binder::bind_common_table(const ast::CommonTable& table, bool recursive, Scope& scope) {
    if (scope.common.contains(table.name)) {
        fail(table.offset, "WITH query name \"" + table.name + "\" specified more than once");
    }
    auto entry = std::make_shared<CommonTableEntry>();
    entry->table = &table;
    // What it sees: what stands before it, but not itself.
    auto seen = std::make_unique<Scope>();
    seen->outer = scope.outer;
    seen->common = scope.common;
    entry->scope = seen.get();
    scopes_.push_back(std::move(seen));
    const auto* operation = std::get_if<ast::SetOperation>(&table.query->body);
    if (recursive && operation != nullptr && operation->kind == ast::SetOperation::Kind::unite) {
        bind_recursive(table, *entry);
        scope.common[table.name] = std::move(entry);
        return;
    }
    auto query = bind_query(*table.query, entry->scope);
    for (std::size_t i = 0; i < query.columns.size(); ++i) {
        if (query.columns[i].type.id == TypeId::null) coerce_column(query, i, TypeId::text, {});
        const auto* project = query.plan->as<plan::Project>();
        if (project != nullptr && i < project->values.size() && project->values[i].unknown) {
            coerce_column(query, i, TypeId::text, {});
        }
    }
    if (table.columns.size() > query.columns.size()) {
        fail(table.offset, "WITH query \"" + table.name + "\" has " +
                               std::to_string(query.columns.size()) + " columns available but " +
                               std::to_string(table.columns.size()) + " columns specified");
    }
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        query.columns[i].name = table.columns[i];
    }
    entry->columns = query.columns;
    refresh(*query.plan);
    if (free_columns(*query.plan).empty()) {
        entry->rows = std::make_shared<StoredRows>();
        entry->rows->name = table.name;
        // Only the visible columns are kept, in their order.
        std::vector<Scalar> values;
        std::vector<std::string> names;
        for (const auto& column : query.columns) {
            values.push_back(column_of(column));
            names.push_back(column.name);
        }
        auto visible = projected(*this, std::move(query.plan), std::move(values), names);
        Stage stage;
        stage.result = entry->rows;
        stage.plan = std::move(visible.plan);
        stage.keep = table.materialize == ast::CommonTable::Materialize::always;
        stages_.push_back(std::move(stage));
    }
    scope.common[table.name] = std::move(entry);
}

namespace {

bool reads_rows(const Plan& plan, const StoredRows* rows) {
    const auto* stored = plan.as<plan::Stored>();
    if (stored != nullptr && stored->rows.get() == rows) return true;
    return std::any_of(plan.inputs.begin(), plan.inputs.end(),
                       [rows](const PlanBox& input) { return reads_rows(*input, rows); });
}

// DISTINCT groups as well, but keeps what it is given.
bool aggregates_over(const Plan& plan, const StoredRows* rows) {
    const auto* aggregate = plan.as<plan::Aggregate>();
    if (aggregate != nullptr && !aggregate->never_empty_group && reads_rows(plan, rows))
        return true;
    return std::any_of(plan.inputs.begin(), plan.inputs.end(),
                       [rows](const PlanBox& input) { return aggregates_over(*input, rows); });
}

}  // namespace

void Binder::bind_recursive(const ast::CommonTable& table, CommonTableEntry& entry) {
    const auto& operation = std::get<ast::SetOperation>(table.query->body);
    if (!table.query->order_by.empty() || table.query->limit || table.query->skip) {
        fail(table.offset, "ORDER BY and LIMIT in a recursive query are not supported",
             "put them where the query is used");
    }
    add_with(table.query->with, *entry.scope);
    auto base = bind_query(*operation.left, entry.scope);
    if (table.columns.size() > base.columns.size()) {
        fail(table.offset, "WITH query \"" + table.name + "\" has too few columns");
    }
    Stage stage;
    stage.result = std::make_shared<StoredRows>();
    stage.result->name = table.name;
    stage.working = std::make_shared<StoredRows>();
    stage.working->name = table.name;
    stage.distinct = !operation.all;
    for (std::size_t i = 0; i < base.columns.size(); ++i) {
        const auto* project = base.plan->as<plan::Project>();
        const bool unknown = base.columns[i].type.id == TypeId::null ||
                             (project != nullptr && project->values[i].unknown);
        if (unknown) coerce_column(base, i, TypeId::text, {});
        if (i < table.columns.size()) base.columns[i].name = table.columns[i];
    }
    entry.columns = base.columns;
    // Within its own definition the name means the rows of the round before.
    auto inner = std::make_unique<Scope>();
    inner->outer = entry.scope;
    auto self = std::make_shared<CommonTableEntry>(entry);
    self->rows = stage.working;
    inner->common[table.name] = self;
    auto* inner_scope = inner.get();
    scopes_.push_back(std::move(inner));
    auto step = bind_query(*operation.right, inner_scope);
    if (step.columns.size() != base.columns.size()) {
        fail(table.offset, "each UNION query must have the same number of columns");
    }
    for (std::size_t i = 0; i < base.columns.size(); ++i) {
        const auto to = base.columns[i].type;
        const auto from = step.columns[i].type;
        if (from != to && from.id != TypeId::null && !is_implicit_cast(from, to)) {
            fail(table.offset,
                 "recursive query \"" + table.name + "\" column " + std::to_string(i + 1) +
                     " has type " + type_name(to) + " in non-recursive term but type " +
                     type_name(from) + " overall",
                 "cast the output of the non-recursive term");
        }
        coerce_column(step, i, to, {});
    }
    const auto visible = [this](BoundQuery query) {
        std::vector<Scalar> values;
        std::vector<std::string> names;
        for (const auto& column : query.columns) {
            values.push_back(column_of(column));
            names.push_back(column.name);
        }
        return projected(*this, std::move(query.plan), std::move(values), names);
    };
    stage.plan = visible(std::move(base)).plan;
    stage.step = visible(std::move(step)).plan;
    refresh(*stage.plan);
    refresh(*stage.step);
    if (!free_columns(*stage.plan).empty() || !free_columns(*stage.step).empty()) {
        fail(table.offset, "a recursive query cannot refer to the query around it");
    }
    // A round sees the rows of the round before alone, so that an aggregate of them means nothing.
    if (aggregates_over(*stage.step, stage.working.get())) {
        fail(table.offset,
             "aggregate functions are not allowed in a recursive query's recursive term",
             "aggregate its result");
    }
    entry.rows = stage.result;
    stages_.push_back(std::move(stage));
}

QueryPlan Binder::finish(PlanBox root) {
    QueryPlan out;
    out.root = std::move(root);
    out.stages = std::move(stages_);
    stages_.clear();
    refresh(*out.root);
    for (auto& stage : out.stages) {
        refresh(*stage.plan);
        if (stage.step) refresh(*stage.step);
    }
    inline_stages(out);
    return out;
}

namespace {

void count_uses(const Plan& plan, const StoredRows* rows, std::size_t& uses) {
    if (const auto* stored = plan.as<plan::Stored>();
        stored != nullptr && stored->rows.get() == rows)
        ++uses;
    for (const auto& input : plan.inputs) count_uses(*input, rows, uses);
}

// Puts the plan itself where its only user reads its rows.
bool replace_use(PlanBox& plan, const StoredRows* rows, PlanBox& with) {
    if (auto* stored = plan->as<plan::Stored>(); stored != nullptr && stored->rows.get() == rows) {
        plan::Project project;
        project.columns = plan->columns;
        for (const auto at : stored->source) {
            const auto& column = with->columns[at];
            project.values.push_back(column_of(column));
        }
        plan = make_plan(std::move(project), std::move(with));
        return true;
    }
    for (auto& input : plan->inputs) {
        if (replace_use(input, rows, with)) return true;
    }
    return false;
}

}  // namespace

// WITH queries that are used once are part of the plan that uses them; unused ones go.
void Binder::inline_stages(QueryPlan& query) {
    for (std::size_t i = query.stages.size(); i-- > 0;) {
        auto& stage = query.stages[i];
        if (stage.step) continue;
        const auto* rows = stage.result.get();
        std::size_t uses = 0, in_steps = 0;
        count_uses(*query.root, rows, uses);
        for (auto& other : query.stages) {
            if (&other == &stage) continue;
            count_uses(*other.plan, rows, uses);
            if (other.step) count_uses(*other.step, rows, in_steps);
        }
        if (uses + in_steps == 0) {
            query.stages.erase(query.stages.begin() + static_cast<std::ptrdiff_t>(i));
            continue;
        }
        if (uses != 1 || in_steps != 0 || stage.keep) continue;
        auto plan = std::move(stage.plan);
        bool done = replace_use(query.root, rows, plan);
        for (auto& other : query.stages) {
            if (!done && other.plan) done = replace_use(other.plan, rows, plan);
        }
        query.stages.erase(query.stages.begin() + static_cast<std::ptrdiff_t>(i));
    }
}

QueryPlan Binder::bind(const ast::Query& query) {
    auto bound = bind_query(query, nullptr);
    std::vector<Scalar> values;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < bound.columns.size(); ++i) {
        const auto* project = bound.plan->as<plan::Project>();
        const bool unknown = bound.columns[i].type.id == TypeId::null ||
                             (project != nullptr && project->values[i].unknown);
        if (unknown) coerce_column(bound, i, TypeId::text, query.offset);
    }
    for (const auto& column : bound.columns) {
        values.push_back(column_of(column));
        names.push_back(column.name);
    }
    if (bound.plan->columns.size() != bound.columns.size()) {
        bound = projected(*this, std::move(bound.plan), std::move(values), names);
    }
    for (std::size_t i = 0; i < names.size(); ++i) bound.plan->columns[i].name = names[i];
    return finish(std::move(bound.plan));
}

}  // namespace topgun::sql
