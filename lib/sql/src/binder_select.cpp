// SPDX-License-Identifier: Apache-2.0
// SELECT, clause by clause.
#include <algorithm>

#include "binder_expr.hpp"
#include "binder_parts.hpp"

namespace topgun::sql {
namespace {

using Sets = std::vector<std::vector<std::size_t>>;

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
        call.offset = select_.distinct_on[0].offset.at;
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

}  // namespace

BoundQuery bind_select(Binder& binder, const ast::Query& query, const ast::Select& select,
                       Scope& scope) {
    return SelectBinder(binder, query, select, scope).bind();
}

}  // namespace topgun::sql
