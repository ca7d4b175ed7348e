// SPDX-License-Identifier: Apache-2.0
// Which column a name means, from the innermost query outwards.
#include <algorithm>

#include "binder_expr.hpp"
#include "identifier.hpp"
#include "internal_functions.hpp"
#include "topgun/base/nearest.hpp"

namespace topgun::sql {
namespace {

Scalar scalar_of(const ScopeColumn& column, ast::Offset at) {
    return column_scalar(column.id, column.type, column.name, at.at);
}

const ScopeTable* find_table(const Scope& scope, const std::vector<std::string>& parts,
                             std::size_t& used) {
    for (const auto& table : scope.tables) {
        if (parts.size() >= 3 && table.schema == parts[0] && table.name == parts[1]) {
            used = 2;
            return &table;
        }
    }
    for (const auto& table : scope.tables) {
        if (parts.size() >= 2 && table.name == parts[0]) {
            used = 1;
            return &table;
        }
    }
    return nullptr;
}

const ScopeColumn* find_column(const ScopeTable& table, std::string_view name) {
    for (const auto& column : table.columns) {
        if (column.name == name) return &column;
    }
    return nullptr;
}

}  // namespace

void fail(ast::Offset at, std::string message, std::string hint, Errc code) {
    throw BindError{{std::move(message), std::move(hint), at.at, code}};
}

Scalar ExprBinder::path_into(Scalar value, const std::vector<std::string>& parts, std::size_t from,
                             ast::Offset at) {
    for (auto i = from; i < parts.size(); ++i) {
        if (value.type.id != TypeId::json) {
            fail(at, "column \"" + parts[i] + "\" not found: " + to_text(value) + " is of type " +
                         type_name(value.type) + ", which has no fields");
        }
        std::vector<Scalar> arguments;
        arguments.push_back(std::move(value));
        arguments.push_back(unknown_scalar(parts[i], at.at));
        arguments.back().unknown = false;
        value = binder_.call("->", std::move(arguments), at);
    }
    return value;
}

// A row as one value: {"name": value, ...}.
Scalar ExprBinder::whole_row(const ScopeTable& table, Scope& scope, ast::Offset at) {
    std::vector<Scalar> arguments;
    for (const auto& column : table.columns) {
        if (column.hidden) continue;
        Column name(TypeId::text);
        name.add_bytes(column.name);
        arguments.push_back(constant_scalar(std::move(name), at.at));
        arguments.push_back(within_aggregation(scalar_of(column, at), scope, at));
    }
    return call_scalar({&object_function(), {}, TypeId::json}, std::move(arguments), at.at);
}

// Above GROUP BY only its keys are left.
Scalar ExprBinder::within_aggregation(Scalar value, Scope& scope, ast::Offset at) {
    if (scope.aggregation == nullptr) return value;
    auto& grouping = *scope.aggregation;
    auto& aggregate = *grouping.node->as<plan::Aggregate>();
    for (std::size_t i = 0; i < aggregate.keys.size(); ++i) {
        if (aggregate.keys[i] == value) {
            const auto& column = aggregate.key_columns[i];
            return column_scalar(column.id, column.type, column.name, at.at);
        }
    }
    // A key of a map decides all of its record: any row of the group will do.
    const auto name = value.name;
    const bool decided =
        aggregate.sets.empty() && value.is_column() &&
        std::any_of(scope.tables.begin(), scope.tables.end(), [&](const ScopeTable& table) {
            const auto* key = find_column(table, "_key");
            const bool mine = std::any_of(table.columns.begin(), table.columns.end(),
                                          [&](const auto& c) { return c.id == value.column; });
            return mine && key != nullptr &&
                   std::find(grouping.whole.begin(), grouping.whole.end(), key->id) !=
                       grouping.whole.end();
        });
    if (!decided) {
        fail(at,
             "column \"" + name +
                 "\" must appear in the GROUP BY clause or be used in an "
                 "aggregate function",
             "add it to GROUP BY, or write any_value(" + quote_identifier(name) + ")");
    }
    aggregate.keys.push_back(value);
    aggregate.key_columns.push_back(binder_.new_column(name, value.type));
    grouping.keys.push_back(ast::Expr{{}, ast::Default{}});
    refresh_node(*grouping.node);
    const auto& column = aggregate.key_columns.back();
    return column_scalar(column.id, column.type, column.name, at.at);
}

Scalar ExprBinder::lookup(const std::vector<std::string>& parts, ast::Offset at, Scope& scope,
                          bool& found) {
    found = true;
    std::size_t used = 0;
    if (const auto* table = find_table(scope, parts, used)) {
        if (const auto* column = find_column(*table, parts[used])) {
            return path_into(within_aggregation(scalar_of(*column, at), scope, at), parts, used + 1,
                             at);
        }
    }
    // Columns that `*` shows go before the hidden ones.
    const Scalar* match = nullptr;
    for (const auto& name : scope.names) {
        if (name.name != parts[0]) continue;
        if (match != nullptr) {
            fail(at, "column reference \"" + parts[0] + "\" is ambiguous",
                 "write the table's name in front of it");
        }
        match = &name.value;
    }
    if (match != nullptr) {
        auto value = *match;
        value.offset = at.at;
        return path_into(within_aggregation(std::move(value), scope, at), parts, 1, at);
    }
    const ScopeColumn* hidden = nullptr;
    for (const auto& table : scope.tables) {
        const auto* column = find_column(table, parts[0]);
        if (column == nullptr || !column->hidden) continue;
        if (hidden != nullptr) {
            fail(at, "column reference \"" + parts[0] + "\" is ambiguous",
                 "write the table's name in front of it");
        }
        hidden = column;
    }
    if (hidden != nullptr) {
        return path_into(within_aggregation(scalar_of(*hidden, at), scope, at), parts, 1, at);
    }
    if (parts.size() == 1) {
        for (const auto& table : scope.tables) {
            if (table.name == parts[0]) return whole_row(table, scope, at);
        }
    }
    found = false;
    return {};
}

Scalar ExprBinder::resolve(const std::vector<std::string>& parts, ast::Offset at) {
    for (auto* scope = context_.scope; scope != nullptr; scope = scope->outer) {
        bool found = false;
        auto value = lookup(parts, at, *scope, found);
        if (found) return value;
    }
    unknown_column(parts, at);
}

void ExprBinder::unknown_column(const std::vector<std::string>& parts, ast::Offset at) {
    std::vector<std::string_view> known;
    std::string where;
    for (auto* scope = context_.scope; scope != nullptr; scope = scope->outer) {
        std::size_t used = 0;
        if (const auto* table = find_table(*scope, parts, used)) {
            for (const auto& column : table->columns) known.push_back(column.name);
            const auto near = nearest_word(parts[used], known);
            fail(at, "column " + quote_path(parts) + " does not exist",
                 near.empty() ? std::string()
                              : "did you mean " + quote_identifier(table->name) + "." +
                                    quote_identifier(near) + "?",
                 Errc::not_found);
        }
        for (const auto& table : scope->tables) {
            for (const auto& column : table.columns) known.push_back(column.name);
        }
    }
    if (parts.size() > 1) {
        known.clear();
        for (auto* scope = context_.scope; scope != nullptr; scope = scope->outer) {
            for (const auto& table : scope->tables) known.push_back(table.name);
        }
        const auto near = nearest_word(parts[0], known);
        fail(at, "missing FROM-clause entry for table \"" + parts[0] + "\"",
             near.empty() ? std::string() : "did you mean " + quote_identifier(near) + "?",
             Errc::not_found);
    }
    const auto near = nearest_word(parts[0], known);
    fail(at, "column \"" + parts[0] + "\" does not exist",
         near.empty() ? std::string() : "did you mean " + quote_identifier(near) + "?",
         Errc::not_found);
}

}  // namespace topgun::sql
