// SPDX-License-Identifier: Apache-2.0
// Calls, subqueries, constructors, and what follows an expression in brackets.
#include <algorithm>

#include "named_arguments.hpp"
#include "parser_tree.hpp"

namespace topgun::sql {

using namespace ast;

// Arguments by name are put into their places, defaults between them.
void TreeReader::arguments(const Json& object, FunctionCall& call) {
    std::vector<std::string> names;
    std::vector<Expr> values;
    Offset where;  // Of the first that has a name.
    for (const auto& node : list(object, "args")) {
        if (failure_) return;
        if (kind(node) != "NamedArgExpr") {
            if (!names.empty()) {
                return fail(offset(object), "positional argument cannot follow named argument");
            }
            call.arguments.push_back(expr(node));
            continue;
        }
        const auto& named = body(node);
        if (names.empty()) where = offset(named);
        names.emplace_back(word(named, "name"));
        if (std::count(names.begin(), names.end(), names.back()) > 1) {
            return fail(offset(named),
                        "argument name \"" + names.back() + "\" used more than once");
        }
        values.push_back(expr(field(named, "arg")));
    }
    if (names.empty()) return;
    const auto known = named_arguments(call.name.back(), names);
    if (known.empty()) {
        return unsupported(where, "a named argument of " + call.name.back() + "()",
                           "give the arguments in order");
    }
    // Places behind the last that is given stay away.
    std::vector<std::optional<Expr>> places(known.size());
    std::size_t used = call.arguments.size();
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto at = static_cast<std::size_t>(
            std::find_if(known.begin(), known.end(),
                         [&](const auto& argument) { return argument.name == names[i]; }) -
            known.begin());
        if (at < call.arguments.size()) {
            return fail(offset(object), "argument \"" + names[i] + "\" is given twice");
        }
        places[at] = std::move(values[i]);
        used = std::max(used, at + 1);
    }
    for (auto at = call.arguments.size(); at < used; ++at) {
        if (!places[at] && known[at].otherwise.empty()) {
            return fail(offset(object), "argument \"" + std::string(known[at].name) + "\" of " +
                                            call.name.back() + "() is missing");
        }
        if (!places[at]) {
            places[at] = Expr{offset(object), Literal{std::string(known[at].otherwise)}};
        }
        call.arguments.push_back(std::move(*places[at]));
    }
}

Expr::Node TreeReader::call(const Json& object) {
    const auto where = offset(object);
    allow_only(object, "a call",
               {"funcname", "args", "agg_order", "agg_filter", "over", "agg_within_group",
                "agg_star", "agg_distinct", "func_variadic", "funcformat"});
    FunctionCall result;
    result.name = names(list(object, "funcname"));
    if (result.name.size() == 2 && result.name.front() == "pg_catalog") {
        result.name.erase(result.name.begin());
    }
    result.star = flag(object, "agg_star");
    result.distinct = flag(object, "agg_distinct");
    result.variadic = flag(object, "func_variadic");
    result.within_group = flag(object, "agg_within_group");
    arguments(object, result);
    result.order_by = sort_keys(list(object, "agg_order"));
    result.filter = box(object, "agg_filter");
    if (has(object, "over")) result.over = window(field(object, "over"));
    here_ = where.at;
    return result;
}

Expr::Node TreeReader::sublink(const Json& object) {
    const auto where = offset(object);
    const auto form = word(object, "subLinkType");
    ExprBox left;
    if (has(object, "testexpr")) left = required(object, "testexpr");
    auto inner = query_box(field(object, "subselect"));
    if (form == "EXISTS_SUBLINK") return Exists{std::move(inner)};
    if (form == "EXPR_SUBLINK") return ScalarQuery{std::move(inner)};
    if (form == "ARRAY_SUBLINK") return ArrayQuery{std::move(inner)};
    const bool all = form == "ALL_SUBLINK";
    if (form == "ANY_SUBLINK" && !has(object, "operName")) {
        return InQuery{std::move(left), std::move(inner), false};
    }
    if (all || form == "ANY_SUBLINK") {
        return QuantifiedQuery{std::move(left), operator_name(list(object, "operName"), where), all,
                               std::move(inner)};
    }
    unsupported(where, "this subquery");
    return Literal{};
}

Expr::Node TreeReader::case_of(const Json& object) {
    Case result;
    result.operand = box(object, "arg");
    for (const auto& node : list(object, "args")) {
        if (failure_) break;
        auto condition = expr(field(body(node), "expr"));
        result.whens.push_back({std::move(condition), expr(field(body(node), "result"))});
    }
    result.otherwise = box(object, "defresult");
    return result;
}

Expr::Node TreeReader::coalesce(const Json& object) {
    return Choice{Choice::Kind::coalesce, exprs(list(object, "args"))};
}

Expr::Node TreeReader::min_max(const Json& object) {
    const bool least = word(object, "op") == "IS_LEAST";
    return Choice{least ? Choice::Kind::least : Choice::Kind::greatest,
                  exprs(list(object, "args"))};
}

Expr::Node TreeReader::value_function(const Json& object) {
    auto op = word(object, "op");
    CurrentTime result;
    result.precision = -1;
    if (op.ends_with("_N")) {
        op.remove_suffix(2);
        result.precision = static_cast<std::int32_t>(number(object, "typmod"));
    }
    if (op == "SVFOP_CURRENT_DATE") {
        result.kind = CurrentTime::Kind::date;
    } else if (op == "SVFOP_CURRENT_TIME") {
        result.kind = CurrentTime::Kind::time;
    } else if (op == "SVFOP_CURRENT_TIMESTAMP") {
        result.kind = CurrentTime::Kind::timestamp;
    } else if (op == "SVFOP_LOCALTIME") {
        result.kind = CurrentTime::Kind::local_time;
    } else if (op == "SVFOP_LOCALTIMESTAMP") {
        result.kind = CurrentTime::Kind::local_timestamp;
    } else {
        op.remove_prefix(std::string_view("SVFOP_").size());
        unsupported(offset(object), op, "maps have no users and no schemas");
    }
    return result;
}

Expr::Node TreeReader::row(const Json& object) {
    return RowConstructor{exprs(list(object, "args"))};
}

Expr::Node TreeReader::array(const Json& object) {
    return ArrayConstructor{exprs(list(object, "elements"))};
}

Expr::Node TreeReader::grouping(const Json& object) {
    return Grouping{exprs(list(object, "args"))};
}

// (base).name[1][2].other: a chain of fields and brackets, from left to right.
Expr::Node TreeReader::indirection(const Json& object) {
    const auto& steps = list(object, "indirection");
    // The base lies below all steps.
    for (std::size_t i = 0; i < steps.size(); ++i) (void)enter();
    auto base = expr(field(object, "arg"));
    depth_ -= steps.size();
    const auto start = base.offset;
    bool brackets = false;  // The last step was one.
    for (const auto& step : steps) {
        if (failure_) break;
        if (kind(step) == "A_Indices") {
            const auto& bounds = body(step);
            Index index{flag(bounds, "is_slice"), box(bounds, "lidx"), box(bounds, "uidx")};
            if (!brackets) base = Expr{start, Subscript{std::move(base), {}}};
            std::get<Subscript>(base.node).indexes.push_back(std::move(index));
        } else if (kind(step) == "String") {
            base = Expr{start, Field{std::move(base), name_of(step)}};
        } else {
            unsupported(start, "(...).*", "name the fields");
        }
        brackets = kind(step) == "A_Indices";
    }
    return std::move(base.node);
}

}  // namespace topgun::sql
