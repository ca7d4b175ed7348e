// SPDX-License-Identifier: Apache-2.0
// What stands in FROM: tables, subqueries, functions, joins.
#include "parser_tree.hpp"

namespace topgun::sql {

using namespace ast;

FromItem TreeReader::from_item(const Json& node) {
    FromItem result;
    if (enter()) {
        const auto form = kind(node);
        if (form == "RangeVar") {
            auto named = table(body(node));
            const auto where = named.offset;
            result = FromItem{where, std::move(named)};
        } else if (form == "RangeSubselect") {
            result = subquery(body(node));
        } else if (form == "RangeFunction") {
            result = function(body(node));
        } else if (form == "JoinExpr") {
            result = join(body(node));
        } else {
            unsupported(offset(body(node)),
                        form == "RangeTableSample" ? "TABLESAMPLE" : "this in FROM");
        }
    }
    leave();
    return result;
}

std::vector<FromItem> TreeReader::from_items(const Json& list) {
    std::vector<FromItem> result;
    for (const auto& node : list) {
        if (failure_) break;
        result.push_back(from_item(node));
    }
    return result;
}

Alias TreeReader::alias(const Json& object) {
    return Alias{std::string(word(object, "aliasname")), names(list(object, "colnames"))};
}

TableRef TreeReader::table(const Json& object) {
    TableRef result;
    result.offset = offset(object);
    for (const auto* part : {"catalogname", "schemaname", "relname"}) {
        if (has(object, part)) result.name.emplace_back(word(object, part));
    }
    if (!flag(object, "inh")) {
        unsupported(result.offset, "ONLY", "no map inherits from another");
    }
    result.alias = alias(field(object, "alias"));
    return result;
}

FromItem TreeReader::subquery(const Json& object) {
    SubqueryRef result;
    const auto where = Offset{static_cast<std::uint32_t>(here_)};
    result.lateral = flag(object, "lateral");
    result.query = query_box(field(object, "subquery"));
    result.alias = alias(field(object, "alias"));
    return {result.query ? result.query->offset : where, std::move(result)};
}

FromItem TreeReader::function(const Json& object) {
    FunctionRef result;
    const auto& functions = list(object, "functions");
    const auto& first = functions.empty() ? functions : list(body(functions[0]), "items");
    if (flag(object, "is_rowsfrom") || functions.size() != 1 || first.empty()) {
        unsupported(offset(first.empty() ? first : body(first[0])), "ROWS FROM",
                    "join the functions on their WITH ORDINALITY columns");
        return {};
    }
    result.lateral = flag(object, "lateral");
    result.with_ordinality = flag(object, "ordinality");
    result.call = expr(first[0]);
    result.alias = alias(field(object, "alias"));
    for (const auto& node : list(object, "coldeflist")) {
        if (failure_) break;
        result.columns.push_back(column_definition(body(node)));
    }
    return {result.call.offset, std::move(result)};
}

FromItem TreeReader::join(const Json& object) {
    Join result;
    result.natural = flag(object, "isNatural");
    result.left = from_item(field(object, "larg"));
    result.right = from_item(field(object, "rarg"));
    result.using_columns = names(list(object, "usingClause"));
    result.using_alias = word(field(object, "join_using_alias"), "aliasname");
    result.on = box(object, "quals");
    result.alias = alias(field(object, "alias"));
    const auto form = word(object, "jointype");
    if (form == "JOIN_LEFT") {
        result.kind = Join::Kind::left;
    } else if (form == "JOIN_RIGHT") {
        result.kind = Join::Kind::right;
    } else if (form == "JOIN_FULL") {
        result.kind = Join::Kind::full;
    } else if (!result.natural && !result.on && result.using_columns.empty()) {
        result.kind = Join::Kind::cross;
    }
    const auto where = result.left->offset;
    return {where, std::move(result)};
}

}  // namespace topgun::sql
