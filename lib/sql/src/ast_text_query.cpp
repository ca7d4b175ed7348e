// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "ast_text.hpp"

namespace topgun::sql::ast {

void Writer::write(const SortKey& key) {
    write(key.value);
    if (key.descending) add(" DESC");
    if (key.nulls == SortKey::Nulls::first) add(" NULLS FIRST");
    if (key.nulls == SortKey::Nulls::last) add(" NULLS LAST");
}

void Writer::write(const FrameBound& bound) {
    static constexpr std::array<std::string_view, 5> words = {
        "UNBOUNDED PRECEDING", " PRECEDING", "CURRENT ROW", " FOLLOWING", "UNBOUNDED FOLLOWING"};
    if (bound.distance) operand(bound.distance);
    add(words[static_cast<std::size_t>(bound.kind)]);
}

void Writer::write(const Frame& frame) {
    static constexpr std::array<std::string_view, 3> units = {"ROWS", "RANGE", "GROUPS"};
    static constexpr std::array<std::string_view, 4> excludes = {"", " EXCLUDE CURRENT ROW",
                                                                 " EXCLUDE GROUP", " EXCLUDE TIES"};
    add(units[static_cast<std::size_t>(frame.unit)]);
    add(" BETWEEN ");
    write(frame.start);
    add(" AND ");
    write(frame.end);
    add(excludes[static_cast<std::size_t>(frame.exclude)]);
}

void Writer::definition(const Window& window) {
    add("(");
    const auto from = out_.size();
    const auto part = [this, from](std::string_view words) {
        if (out_.size() > from) add(" ");
        add(words);
    };
    if (!window.base.empty()) name(window.base);
    if (!window.partition_by.empty()) {
        part("PARTITION BY ");
        list(window.partition_by);
    }
    if (!window.order_by.empty()) {
        part("ORDER BY ");
        list(window.order_by);
    }
    if (window.frame) {
        part("");
        write(*window.frame);
    }
    add(")");
}

void Writer::write(const CommonTable& table) {
    static constexpr std::array<std::string_view, 3> how = {" AS ", " AS MATERIALIZED ",
                                                            " AS NOT MATERIALIZED "};
    name(table.name);
    if (!table.columns.empty()) name_list(table.columns);
    add(how[static_cast<std::size_t>(table.materialize)]);
    in_parentheses(*table.query);
}

void Writer::write(const With& with) {
    if (with.tables.empty()) return;
    add(with.recursive ? "WITH RECURSIVE " : "WITH ");
    list(with.tables);
    add(" ");
}

void Writer::write(const SelectItem& item) {
    write(item.value);
    if (item.alias.empty()) return;
    add(" AS ");
    name(item.alias);
}

void Writer::write(const GroupItem& item) {
    switch (item.kind) {
        case GroupItem::Kind::simple:
            if (item.values.size() == 1) return write(item.values.front());
            return in_parentheses(item.values);
        case GroupItem::Kind::rollup: add("ROLLUP ("); break;
        case GroupItem::Kind::cube: add("CUBE ("); break;
        case GroupItem::Kind::sets: add("GROUPING SETS ("); break;
    }
    list(item.items);
    add(")");
}

void Writer::write(const NamedWindow& window) {
    name(window.name);
    add(" AS ");
    definition(window.window);
}

void Writer::write(const Select& select) {
    add("SELECT");
    if (select.distinct) add(" DISTINCT");
    if (!select.distinct_on.empty()) {
        add(" ON ");
        in_parentheses(select.distinct_on);
    }
    clause(" ", select.items);
    clause(" FROM ", select.from);
    clause(" WHERE ", select.where);
    clause(select.group_distinct ? " GROUP BY DISTINCT " : " GROUP BY ", select.group_by);
    clause(" HAVING ", select.having);
    clause(" WINDOW ", select.windows);
}

void Writer::write(const Values& values) {
    add("VALUES ");
    bool first = true;
    for (const auto& row : values.rows) {
        if (!first) add(", ");
        first = false;
        in_parentheses(row);
    }
}

void Writer::write(const SetOperation& operation) {
    static constexpr std::array<std::string_view, 3> words = {" UNION ", " INTERSECT ", " EXCEPT "};
    in_parentheses(*operation.left);
    add(words[static_cast<std::size_t>(operation.kind)]);
    if (operation.all) add("ALL ");
    in_parentheses(*operation.right);
}

void Writer::write(const Query& query) {
    write(query.with);
    std::visit([this](const auto& body) { write(body); }, query.body);
    clause(" ORDER BY ", query.order_by);
    if (!query.with_ties) clause(" LIMIT ", query.limit);
    clause(" OFFSET ", query.skip);
    if (!query.with_ties || !query.limit) return;
    add(" FETCH FIRST ");
    operand(query.limit);
    add(" ROWS WITH TIES");
}

void Writer::write(const Alias& alias) {
    if (alias.name.empty()) return;
    add(" AS ");
    name(alias.name);
    if (!alias.columns.empty()) name_list(alias.columns);
}

void Writer::write(const FromItem& item) {
    std::visit([this](const auto& node) { write(node); }, item.node);
}

void Writer::write(const TableRef& table) {
    path(table.name);
    write(table.alias);
}

void Writer::write(const SubqueryRef& subquery) {
    if (subquery.lateral) add("LATERAL ");
    in_parentheses(*subquery.query);
    write(subquery.alias);
}

void Writer::write(const ColumnDefinition& column) {
    name(column.name);
    add(" ");
    write(column.type);
    if (column.not_null) add(" NOT NULL");
    if (column.primary_key) add(" PRIMARY KEY");
    if (column.unique) add(" UNIQUE");
    if (column.default_value) {
        add(" DEFAULT (");
        write(*column.default_value);
        add(")");
    }
}

void Writer::write(const FunctionRef& function) {
    if (function.lateral) add("LATERAL ");
    write(function.call);
    if (function.with_ordinality) add(" WITH ORDINALITY");
    if (function.columns.empty()) return write(function.alias);
    add(" AS ");
    if (!function.alias.name.empty()) name(function.alias.name);
    add("(");
    list(function.columns);
    add(")");
}

void Writer::write(const Join& join) {
    if (join.alias.name.empty()) return joined(join);
    add("(");
    joined(join);
    add(")");
    write(join.alias);
}

void Writer::joined(const Join& join) {
    static constexpr std::array<std::string_view, 5> words = {
        " JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN ", " CROSS JOIN "};
    write(*join.left);
    if (join.natural) add(" NATURAL");
    add(words[static_cast<std::size_t>(join.kind)]);
    const auto* right = std::get_if<Join>(&join.right->node);
    const bool group = right && right->alias.name.empty();
    if (group) add("(");
    write(*join.right);
    if (group) add(")");
    clause(" ON ", join.on);
    if (join.using_columns.empty()) return;
    add(" USING ");
    name_list(join.using_columns);
    if (join.using_alias.empty()) return;
    add(" AS ");
    name(join.using_alias);
}

std::string to_text(const Query& query) {
    Writer writer;
    writer.write(query);
    return writer.take();
}

}  // namespace topgun::sql::ast
