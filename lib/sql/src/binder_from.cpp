// SPDX-License-Identifier: Apache-2.0
// FROM: tables, joins, subqueries and functions, and the names that they bring.
#include <algorithm>

#include "binder_expr.hpp"

namespace topgun::sql {
namespace {

using plan::JoinKind;

// One item of FROM: its rows and its names.
struct Item {
    PlanBox plan;
    std::vector<ScopeTable> tables;
    std::vector<ScopeName> names;
};

Scalar scalar_of(const ScopeColumn& column) {
    return column_scalar(column.id, column.type, column.name);
}

void add_names(Item& item, const ScopeTable& table) {
    for (const auto& column : table.columns) {
        if (!column.hidden) item.names.push_back({column.name, scalar_of(column)});
    }
}

// AS name (columns): the names of the visible columns, in order.
void rename(ScopeTable& table, const ast::Alias& alias, ast::Offset at) {
    if (!alias.name.empty()) {
        table.name = alias.name;
        table.schema.clear();
    }
    std::size_t next = 0;
    for (auto& column : table.columns) {
        if (column.hidden || next == alias.columns.size()) continue;
        column.name = alias.columns[next++];
    }
    if (next < alias.columns.size()) {
        fail(at, "table \"" + table.name + "\" has " + std::to_string(next) +
                     " columns available but " + std::to_string(alias.columns.size()) +
                     " columns specified");
    }
}

}  // namespace

class FromBinder {
public:
    FromBinder(Binder& binder, Scope& scope) : binder_(binder), scope_(scope) {}

    Item bind(const ast::FromItem& item) {
        at_ = item.offset;
        return std::visit([this](const auto& node) { return (*this)(node); }, item.node);
    }
    // Side by side, as of a comma: later ones may look at earlier ones where they are lateral.
    Item beside(Item left, const ast::FromItem& item) {
        lefts_.push_back(&left);
        auto right = bind(item);
        lefts_.pop_back();
        check_names(left, right, item.offset);
        return join(std::move(left), std::move(right), JoinKind::inner, boolean_scalar(true));
    }

    Item operator()(const ast::TableRef& node) {
        const auto at = at_;
        if (node.name.size() == 1) {
            for (auto* scope = &scope_; scope != nullptr; scope = scope->outer) {
                const auto found = scope->common.find(node.name[0]);
                if (found != scope->common.end()) return common_table(*found->second, node, at);
            }
        }
        auto table = binder_.catalog_.table(node.name);
        if (!table) {
            auto text = table.error().text();
            const auto hint = text.find("; ");
            fail(at, text.substr(0, hint),
                 hint == std::string::npos ? std::string() : text.substr(hint + 2),
                 table.error().code());
        }
        Scope own;
        Item out;
        const auto schema = binder_.catalog_.schema_of(**table);
        out.plan = binder_.scan_table(std::move(*table), node.alias, own, schema);
        out.tables = std::move(own.tables);
        out.names = std::move(own.names);
        if (node.alias.name.empty()) out.tables[0].name = node.name.back();
        return out;
    }

    Item operator()(const ast::SubqueryRef& node) {
        const auto at = at_;
        auto inner = lateral_scope(node.lateral);
        auto query = binder_.bind_query(*node.query, inner ? inner.get() : &scope_);
        return derived(std::move(query.plan), query.columns, node.alias, at);
    }

    Item operator()(const ast::FunctionRef& node);
    Item operator()(const ast::Join& node);

private:
    plan::SetScan::Call set_call(const std::string& name, std::vector<Scalar> arguments,
                                 const ast::Alias& alias, ast::Offset at) {
        plan::SetScan::Call out;
        out.offset = at.at;
        std::vector<ArgumentType> types;
        for (const auto& argument : arguments) types.push_back(argument.argument());
        auto resolved = resolve_set(name, types);
        if (!resolved) fail(at, resolved.error().text(), {}, resolved.error().code());
        out.function = resolved->function;
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            const auto wanted =
                resolved->arguments[i] == kAny ? arguments[i].type : resolved->arguments[i];
            out.arguments.push_back(binder_.coerce(std::move(arguments[i]), wanted));
        }
        const bool single = resolved->columns.size() == 1;
        for (std::size_t i = 0; i < resolved->columns.size(); ++i) {
            // A function of one column calls it like the table, unless it has a name of its own.
            std::string column(resolved->function->columns[i].name);
            if (single && (column.empty() || column == name)) {
                column = alias.name.empty() ? name : alias.name;
            }
            out.columns.push_back(binder_.new_column(column, resolved->columns[i]));
        }
        return out;
    }

    Item common_table(CommonTableEntry& entry, const ast::TableRef& node, ast::Offset at) {
        ast::Alias alias = node.alias;
        if (alias.name.empty()) alias.name = node.name[0];
        if (entry.rows == nullptr) {
            auto query = binder_.bind_query(*entry.table->query, entry.scope);
            for (std::size_t i = 0; i < query.columns.size(); ++i) {
                query.columns[i].name = entry.columns[i].name;
            }
            return derived(std::move(query.plan), query.columns, alias, at);
        }
        plan::Stored stored;
        stored.rows = entry.rows;
        auto out = make_plan(std::move(stored));
        for (std::size_t i = 0; i < entry.columns.size(); ++i) {
            out->as<plan::Stored>()->source.push_back(i);
            out->columns.push_back(
                binder_.new_column(entry.columns[i].name, entry.columns[i].type));
        }
        const auto columns = out->columns;
        return derived(std::move(out), columns, alias, at);
    }

    Item derived(PlanBox plan, const std::vector<OutputColumn>& columns, const ast::Alias& alias,
                 ast::Offset at) {
        Item out;
        ScopeTable table;
        for (const auto& column : columns) {
            table.columns.push_back({column.name, column.id, column.type, false});
        }
        rename(table, alias, at);
        add_names(out, table);
        out.tables.push_back(std::move(table));
        out.plan = std::move(plan);
        return out;
    }

    // What a lateral item sees: the items to its left, then what the query itself sees.
    std::unique_ptr<Scope> lateral_scope(bool lateral) {
        if (!lateral || lefts_.empty()) return nullptr;
        auto out = std::make_unique<Scope>();
        out->outer = &scope_;
        for (const auto* left : lefts_) {
            out->tables.insert(out->tables.end(), left->tables.begin(), left->tables.end());
            out->names.insert(out->names.end(), left->names.begin(), left->names.end());
        }
        return out;
    }

    void check_names(const Item& left, const Item& right, ast::Offset at) {
        for (const auto& a : left.tables) {
            for (const auto& b : right.tables) {
                if (a.name.empty() || a.name != b.name || a.schema != b.schema) continue;
                fail(at, "table name \"" + a.name + "\" specified more than once",
                     "give one of them another name with AS");
            }
        }
    }

    Item join(Item left, Item right, JoinKind kind, Scalar condition) {
        Item out;
        plan::Join node;
        node.kind = kind;
        node.condition = std::move(condition);
        const auto produced = column_set(*left.plan);
        for (const auto id : free_columns(*right.plan)) {
            if (produced.contains(id)) node.dependent = true;
        }
        out.plan = make_plan(std::move(node), std::move(left.plan), std::move(right.plan));
        out.tables = std::move(left.tables);
        for (auto& table : right.tables) out.tables.push_back(std::move(table));
        out.names = std::move(left.names);
        for (auto& name : right.names) out.names.push_back(std::move(name));
        return out;
    }

    // USING and NATURAL: the columns' equality, and one name for both.
    Scalar merge_columns(const ast::Join& node, const std::vector<std::string>& names, Item& left,
                         Item& right, std::vector<ScopeName>& merged, ast::Offset at) {
        std::vector<Scalar> conditions;
        for (const auto& name : names) {
            const auto take = [&](Item& item, const char* side) {
                std::vector<std::size_t> found;
                for (std::size_t i = 0; i < item.names.size(); ++i) {
                    if (item.names[i].name == name) found.push_back(i);
                }
                if (found.empty()) return hidden_or_fail(item, name, side, at);
                if (found.size() > 1) {
                    fail(at, "common column name \"" + name + "\" appears more than once in " +
                                 side + " table");
                }
                auto value = item.names[found[0]].value;
                item.names.erase(item.names.begin() + static_cast<std::ptrdiff_t>(found[0]));
                return value;
            };
            auto a = take(left, "left"), b = take(right, "right");
            conditions.push_back(binder_.call("=", two(a, b), at));
            merged.push_back({name, merged_value(node.kind, std::move(a), std::move(b), at)});
        }
        return all_of(std::move(conditions));
    }

    Scalar hidden_or_fail(Item& item, const std::string& name, const char* side, ast::Offset at) {
        for (const auto& table : item.tables) {
            for (const auto& column : table.columns) {
                if (column.name == name && column.hidden) return scalar_of(column);
            }
        }
        fail(at,
             "column \"" + name + "\" specified in USING clause does not exist in " + side +
                 " table",
             {}, Errc::not_found);
    }

    static std::vector<Scalar> two(const Scalar& a, const Scalar& b) {
        std::vector<Scalar> out;
        out.push_back(a);
        out.push_back(b);
        return out;
    }

    Scalar merged_value(ast::Join::Kind kind, Scalar a, Scalar b, ast::Offset at) {
        using Kind = ast::Join::Kind;
        const auto type = binder_.common({&a, &b}, at, "JOIN/USING");
        if (kind == Kind::right && b.type == type) return b;
        if (kind != Kind::full && kind != Kind::right && a.type == type) return a;
        Scalar out;
        out.kind = Scalar::Kind::coalesce;
        out.type = type;
        out.name = a.name;
        out.children.push_back(binder_.coerce(std::move(a), type));
        out.children.push_back(binder_.coerce(std::move(b), type));
        return out;
    }

    Binder& binder_;
    Scope& scope_;
    // What stands to the left of the item that is being bound: of the list, then of each join.
    std::vector<const Item*> lefts_;
    ast::Offset at_;
};

Item FromBinder::operator()(const ast::FunctionRef& node) {
    const auto at = node.call.offset;
    const auto* call = std::get_if<ast::FunctionCall>(&node.call.node);
    const std::string name = call != nullptr ? call->name.back() : item_name(node.call);
    if (!node.columns.empty()) {
        fail(at, "column definitions behind a function are not supported",
             "name the columns: AS t (a, b)");
    }
    if (call != nullptr && binder_.catalog_.has_table_function(name)) {
        std::vector<std::string> arguments;
        for (const auto& argument : call->arguments) {
            Scope none;
            Context context{&none, nullptr, "a table function's arguments", false, false,
                            false, nullptr};
            const auto* bare = std::get_if<ast::ColumnRef>(&argument.node);
            if (bare != nullptr && bare->parts.size() == 1) {
                arguments.push_back(bare->parts[0]);
                continue;
            }
            auto value = binder_.coerce(binder_.bind_expr(argument, context), TypeId::text, true);
            if (!value.is_constant() || value.value->is_null(0)) {
                fail(argument.offset, "the arguments of " + name + " are constants");
            }
            arguments.emplace_back(value.value->bytes(0));
        }
        auto table = binder_.catalog_.table_function(name, arguments);
        if (!table) fail(at, table.error().text(), {}, table.error().code());
        Scope own;
        Item out;
        out.plan = binder_.scan_table(std::move(*table), node.alias, own, {});
        out.tables = std::move(own.tables);
        out.names = std::move(own.names);
        if (node.alias.name.empty()) out.tables[0].name = name;
        return out;
    }
    // All functions may look to their left.
    auto inner = lateral_scope(true);
    Scope* scope = inner ? inner.get() : &scope_;
    auto rows = make_plan(plan::Values{{{}}});
    Context context{scope, &rows, "a function behind FROM", false, false, true, nullptr};
    Item out;
    ScopeTable table;
    table.name = name;
    plan::SetScan set;
    if (call != nullptr && is_set_function(name)) {
        context.sets = false;
        std::vector<Scalar> arguments;
        for (const auto& argument : call->arguments) {
            arguments.push_back(binder_.bind_expr(argument, context));
        }
        if (name == "unnest" && arguments.size() > 1) {
            // Several arrays go side by side.
            for (auto& argument : arguments) {
                std::vector<Scalar> one;
                one.push_back(std::move(argument));
                set.calls.push_back(set_call(name, std::move(one), node.alias, at));
            }
        } else {
            set.calls.push_back(set_call(name, std::move(arguments), node.alias, at));
        }
        for (const auto& one : set.calls) {
            for (const auto& column : one.columns) {
                table.columns.push_back({column.name, column.id, column.type, false});
            }
        }
    } else {
        // A plain function gives one row.
        auto value = binder_.bind_expr(node.call, context);
        if (value.unknown) value = binder_.coerce(std::move(value), TypeId::text);
        plan::Project project;
        project.columns.push_back(
            binder_.new_column(node.alias.name.empty() ? name : node.alias.name, value.type));
        project.values.push_back(std::move(value));
        const auto column = project.columns[0];
        table.columns.push_back({column.name, column.id, column.type, false});
        rows = make_plan(std::move(project), std::move(rows));
    }
    if (node.with_ordinality) {
        set.ordinality = binder_.new_column("ordinality", TypeId::bigint);
        table.columns.push_back({"ordinality", set.ordinality->id, TypeId::bigint, false});
    }
    const bool has_set = !set.calls.empty() || set.ordinality;
    out.plan = has_set ? make_plan(std::move(set), std::move(rows)) : std::move(rows);
    rename(table, node.alias, at);
    add_names(out, table);
    out.tables.push_back(std::move(table));
    return out;
}

Item FromBinder::operator()(const ast::Join& node) {
    const auto at = at_;
    auto left = bind(*node.left);
    lefts_.push_back(&left);
    auto right = bind(*node.right);
    lefts_.pop_back();
    check_names(left, right, at);
    using Kind = ast::Join::Kind;
    std::vector<std::string> names = node.using_columns;
    if (node.natural) {
        for (const auto& a : left.names) {
            const bool both = std::any_of(right.names.begin(), right.names.end(),
                                          [&a](const auto& b) { return a.name == b.name; });
            if (both) names.push_back(a.name);
        }
    }
    std::vector<ScopeName> merged;
    Scalar condition = boolean_scalar(true);
    if (!names.empty()) condition = merge_columns(node, names, left, right, merged, at);
    const bool swap = node.kind == Kind::right;
    const auto kind = node.kind == Kind::full           ? JoinKind::full
                      : node.kind == Kind::left || swap ? JoinKind::left
                                                        : JoinKind::inner;
    Item out;
    const auto right_tables = right.tables.size();
    if (swap) {
        auto names_of_left = left.names;
        auto tables_of_left = left.tables;
        out = join(std::move(right), std::move(left), kind, std::move(condition));
        if (out.plan->as<plan::Join>()->dependent || !free_columns(*out.plan->inputs[0]).empty()) {
            for (const auto id : free_columns(*out.plan->inputs[0])) {
                if (has_column(*out.plan->inputs[1], id)) {
                    fail(at, "the right side of a RIGHT JOIN cannot be lateral");
                }
            }
        }
        // Names in the order in which they were written.
        std::rotate(out.tables.begin(),
                    out.tables.begin() + static_cast<std::ptrdiff_t>(right_tables),
                    out.tables.end());
        const auto right_names =
            static_cast<std::ptrdiff_t>(out.names.size() - names_of_left.size());
        std::rotate(out.names.begin(), out.names.begin() + right_names, out.names.end());
    } else {
        out = join(std::move(left), std::move(right), kind, std::move(condition));
    }
    out.names.insert(out.names.begin(), merged.begin(), merged.end());
    if (node.on) {
        Scope both;
        both.outer = &scope_;
        both.tables = out.tables;
        both.names = out.names;
        Context context{&both, nullptr, "JOIN/ON", false, false, false, nullptr};
        // A subquery in ON of an inner join may as well stand in WHERE; in that of an outer join it
        // goes to the side that need not have a match, which looks at the other side then.
        if (kind == JoinKind::inner) context.plan = &out.plan;
        if (kind == JoinKind::left) context.plan = &out.plan->inputs[1];
        auto on = binder_.bind_condition(*node.on, context);
        auto* joined = out.plan->as<plan::Join>();
        if (kind == JoinKind::left) {
            const auto produced = column_set(*out.plan->inputs[0]);
            for (const auto id : free_columns(*out.plan->inputs[1])) {
                if (produced.contains(id)) joined->dependent = true;
            }
        }
        if (joined != nullptr && joined->kind == kind && !joined->mark) {
            joined->condition = std::move(on);
        } else {
            out.plan = make_plan(plan::Filter{std::move(on)}, std::move(out.plan));
        }
    }
    if (!node.using_alias.empty()) {
        ScopeTable table;
        table.name = node.using_alias;
        for (const auto& name : merged) {
            if (name.value.is_column()) {
                table.columns.push_back({name.name, name.value.column, name.value.type, false});
            }
        }
        out.tables.push_back(std::move(table));
    }
    if (!node.alias.name.empty()) {
        ScopeTable table;
        for (const auto& name : out.names) {
            if (name.value.is_column()) {
                table.columns.push_back({name.name, name.value.column, name.value.type, false});
            }
        }
        rename(table, node.alias, at);
        out.tables.clear();
        out.names.clear();
        add_names(out, table);
        out.tables.push_back(std::move(table));
    }
    return out;
}

PlanBox Binder::scan_table(std::shared_ptr<const Table> table, const ast::Alias& alias,
                           Scope& scope, const std::string& schema) {
    auto out = make_plan(plan::Scan{});
    auto& scan = *out->as<plan::Scan>();
    ScopeTable names;
    names.schema = schema;
    names.name = table->name();
    for (std::size_t i = 0; i < table->columns().size(); ++i) {
        const auto& column = table->columns()[i];
        scan.source.push_back(i);
        out->columns.push_back(new_column(column.name, column.type));
        names.columns.push_back({column.name, out->columns.back().id, column.type, column.hidden});
    }
    scan.table = std::move(table);
    rename(names, alias, {});
    scan.alias = names.name;
    for (const auto& column : names.columns) {
        if (!column.hidden) scope.names.push_back({column.name, scalar_of(column)});
    }
    scope.tables.push_back(std::move(names));
    return out;
}

PlanBox Binder::bind_from(const std::vector<ast::FromItem>& items, Scope& scope) {
    if (items.empty()) return make_plan(plan::Values{{{}}});
    FromBinder binder(*this, scope);
    auto all = binder.bind(items[0]);
    for (std::size_t i = 1; i < items.size(); ++i) all = binder.beside(std::move(all), items[i]);
    for (auto& table : all.tables) scope.tables.push_back(std::move(table));
    for (auto& name : all.names) scope.names.push_back(std::move(name));
    return std::move(all.plan);
}

}  // namespace topgun::sql
