// SPDX-License-Identifier: Apache-2.0
#include "random_statement.hpp"

namespace topgun::test {

using namespace sql::ast;

std::string RandomStatement::name() {
    return one_of<std::string>({"a", "b", "c1", "_key", "title", "B", "select", "user", "rows",
                                "a b", "x\"y", "\303\251t\303\251", "name", "position", "left",
                                std::string(70, 'L')});
}

std::vector<std::string> RandomStatement::names(std::size_t most) {
    std::vector<std::string> result(1 + random_.below(most));
    for (auto& each : result) each = name();
    return result;
}

Alias RandomStatement::alias() {
    Alias result{name(), {}};
    if (chance(0.3)) result.columns = names(2);
    return result;
}

TableRef RandomStatement::table(bool with_alias) {
    TableRef result;
    result.name = names(3);
    if (with_alias) result.alias.name = name();
    return result;
}

Expr RandomStatement::leaf() {
    switch (random_.below(9)) {
        case 0: return {{}, Literal{}};
        case 1: return {{}, Literal{chance(0.5)}};
        case 2: return {{}, Literal{static_cast<std::int64_t>(random_() >> random_.below(64))}};
        case 3: return {{}, Literal{random_.between(-5, 5)}};
        case 4:
            return {{}, Literal{Numeric{one_of<std::string>({"1.50", "-.5", "1e99", "-2e-3"})}}};
        case 5: return {{}, Literal{one_of<std::string>({"", "it's", "a\\b\n", "\303\251", "--"})}};
        case 6: return {{}, Param{static_cast<std::int32_t>(1 + random_.below(3))}};
        case 7: {
            CurrentTime now{kind<CurrentTime::Kind>(5), -1};
            if (now.kind != CurrentTime::Kind::date && chance(0.5)) now.precision = 3;
            return {{}, now};
        }
        default: return {{}, ColumnRef{names(3)}};
    }
}

std::vector<Expr> RandomStatement::exprs(std::size_t least, std::size_t most, int depth) {
    std::vector<Expr> result(least + random_.below(most - least + 1));
    for (auto& each : result) each = expr(depth);
    return result;
}

ExprBox RandomStatement::maybe(int depth) {
    if (chance(0.5)) return {};
    return expr(depth);
}

TypeName RandomStatement::type() {
    TypeName result;
    result.name = one_of<std::string>({"int4", "text", "numeric", "varchar", "timestamptz", "time",
                                       "interval", "char", "bool", "My Type", "float8"});
    if (result.name == "numeric") result.modifiers = {10, -2};
    if (result.name == "interval" && chance(0.7)) {
        result.interval_fields = one_of<std::string>({"year", "day to second", "hour to minute"});
        if (result.interval_fields == "day to second") result.modifiers = {2};
    }
    result.dimensions = static_cast<std::uint32_t>(random_.below(3));
    return result;
}

std::vector<SortKey> RandomStatement::sort_keys(std::size_t least, int depth) {
    std::vector<SortKey> result(least + random_.below(2));
    for (auto& key : result) key = {expr(depth), chance(0.5), kind<SortKey::Nulls>(3)};
    return result;
}

Box<Frame> RandomStatement::frame(int depth) {
    if (chance(0.5)) return {};
    Frame result;
    result.unit = kind<Frame::Unit>(3);
    result.exclude = kind<Frame::Exclude>(4);
    // A frame ends where it starts or later.
    const auto start = random_.below(4);
    const auto end = std::max<std::uint64_t>(start, 1 + random_.below(4));
    const auto bound = [&](std::uint64_t which) {
        FrameBound made{static_cast<FrameBound::Kind>(which), {}};
        if (which == 1 || which == 3) made.distance = expr(depth);
        return made;
    };
    result.start = bound(start);
    result.end = bound(end);
    return result;
}

Window RandomStatement::window(int depth) {
    Window result;
    if (chance(0.3)) result.base = name();
    result.partition_by = exprs(0, 2, depth);
    result.order_by = sort_keys(0, depth);
    result.frame = frame(depth);
    return result;
}

FunctionCall RandomStatement::call(int depth, bool plain) {
    FunctionCall result;
    result.name = names(2);
    result.star = chance(0.1);
    if (!result.star) result.arguments = exprs(0, 3, depth);
    const bool arguments = !result.arguments.empty();
    result.distinct = arguments && chance(0.2);
    result.variadic = arguments && !result.distinct && chance(0.2);
    if (arguments && chance(0.2)) result.order_by = sort_keys(1, depth);
    if (plain) return result;
    if (result.order_by.empty() && !result.distinct && !result.variadic && chance(0.2)) {
        result.within_group = true;
        result.order_by = sort_keys(1, depth);
    }
    if (chance(0.2)) result.filter = expr(depth);
    if (!chance(0.3)) return result;
    if (chance(0.3)) {
        Window named;
        named.name = name();
        result.over = named;
    } else {
        result.over = window(depth);
    }
    return result;
}

Expr::Node RandomStatement::simple_node(int depth) {
    const auto op = one_of<std::string>({"+", "-", "->", "->>", "||", "@>", "?", "~*", "<=", "^"});
    switch (random_.below(9)) {
        case 0: {
            auto operand = expr(depth);
            // A minus sign before a number belongs to the number.
            const bool number = std::holds_alternative<Literal>(operand.node);
            return Unary{number ? "@" : one_of<std::string>({"-", "+", "@", "|/"}),
                         std::move(operand)};
        }
        case 1: return Cast{expr(depth), type()};
        case 2: return call(depth, false);
        case 3: return Collate{expr(depth)};
        case 4: return Field{expr(depth), name()};
        case 5: {
            Subscript subscript{expr(depth), {}};
            for (auto count = 1 + random_.below(2); count > 0; --count) {
                if (chance(0.5)) {
                    subscript.indexes.push_back({true, maybe(depth), maybe(depth)});
                } else {
                    subscript.indexes.push_back({false, {}, expr(depth)});
                }
            }
            return subscript;
        }
        default: return Binary{op, expr(depth), expr(depth)};
    }
}

Expr::Node RandomStatement::test_node(int depth) {
    switch (random_.below(6)) {
        case 0: return IsTest{expr(depth), kind<IsTest::Kind>(4), chance(0.5)};
        case 1: return IsDistinct{expr(depth), expr(depth), chance(0.5)};
        case 2: return Between{expr(depth), expr(depth), expr(depth), chance(0.5), chance(0.5)};
        case 3: {
            InList in{expr(depth), exprs(1, 3, depth), chance(0.5)};
            // IN ((SELECT 1)) would be a subquery.
            if (std::holds_alternative<ScalarQuery>(in.list.front().node)) {
                in.list.push_back(leaf());
            }
            return in;
        }
        case 4:
            return Like{kind<Like::Kind>(3), chance(0.5), expr(depth), expr(depth), maybe(depth)};
        default: {
            auto operand = expr(depth);
            // NOT before IN is NOT IN.
            if (std::holds_alternative<InQuery>(operand.node)) operand = leaf();
            return Not{std::move(operand)};
        }
    }
}

Expr::Node RandomStatement::list_node(int depth) {
    switch (random_.below(6)) {
        case 0: {
            Logical logical{chance(0.5), exprs(2, 3, depth)};
            for (auto& each : logical.operands) {
                const auto* inner = std::get_if<Logical>(&each.node);
                if (inner && inner->any == logical.any) each = leaf();
            }
            return logical;
        }
        case 1: {
            Case result{maybe(depth), {}, maybe(depth)};
            for (auto count = 1 + random_.below(2); count > 0; --count) {
                result.whens.push_back({expr(depth), expr(depth)});
            }
            return result;
        }
        case 2: {
            const auto which = kind<Choice::Kind>(4);
            const bool pair = which == Choice::Kind::nullif;
            return Choice{which, exprs(pair ? 2 : 1, pair ? 2 : 3, depth)};
        }
        case 3: return ArrayConstructor{exprs(0, 3, depth)};
        case 4: return RowConstructor{exprs(0, 3, depth)};
        default: return Grouping{exprs(1, 2, depth)};
    }
}

Expr::Node RandomStatement::query_node(int depth) {
    switch (random_.below(6)) {
        case 0: return InQuery{expr(depth), query(depth), chance(0.5)};
        case 1: {
            auto array = expr(depth);
            if (std::holds_alternative<ScalarQuery>(array.node)) array = leaf();
            return QuantifiedArray{expr(depth), "=", chance(0.5), std::move(array)};
        }
        case 2: return QuantifiedQuery{expr(depth), "<", chance(0.5), query(depth)};
        case 3: return Exists{query(depth)};
        case 4: return ScalarQuery{query(depth)};
        default: return ArrayQuery{query(depth)};
    }
}

Expr RandomStatement::expr(int depth) {
    if (depth <= 0 || chance(0.3)) return leaf();
    switch (random_.below(8)) {
        case 0:
        case 1: return {{}, list_node(depth - 1)};
        case 2:
        case 3: return {{}, test_node(depth - 1)};
        case 4: return {{}, query_node(depth - 2)};
        default: return {{}, simple_node(depth - 1)};
    }
}

std::vector<SelectItem> RandomStatement::items(std::size_t least, int depth) {
    std::vector<SelectItem> result(least + random_.below(3));
    for (auto& item : result) {
        if (chance(0.2)) {
            item.value = {{}, Star{chance(0.5) ? names(2) : std::vector<std::string>()}};
        } else {
            item.value = expr(depth);
            if (chance(0.4)) item.alias = name();
        }
    }
    return result;
}

GroupItem RandomStatement::group_item(int depth, int kinds) {
    GroupItem result;
    result.kind = static_cast<GroupItem::Kind>(random_.below(static_cast<std::uint64_t>(kinds)));
    if (depth <= 0) result.kind = GroupItem::Kind::simple;
    const bool sets = result.kind == GroupItem::Kind::sets;
    if (result.kind == GroupItem::Kind::simple) {
        // Within ROLLUP and CUBE nothing is empty.
        result.values = exprs(kinds == 4 ? 0 : 1, 3, depth);
        return result;
    }
    for (auto count = 1 + random_.below(3); count > 0; --count) {
        result.items.push_back(group_item(depth - 1, sets ? 4 : 1));
    }
    return result;
}

std::vector<ColumnDefinition> RandomStatement::columns(bool constraints) {
    std::vector<ColumnDefinition> result(1 + random_.below(3));
    for (auto& column : result) {
        column.name = name();
        column.type = type();
        if (!constraints) continue;
        column.not_null = chance(0.3);
        column.primary_key = chance(0.3);
        column.unique = chance(0.3);
    }
    return result;
}

FromItem RandomStatement::join(int depth) {
    Join result;
    result.kind = kind<Join::Kind>(5);
    result.left = from(depth - 1);
    result.right = from(depth - 1);
    if (chance(0.3)) result.alias = alias();
    if (result.kind == Join::Kind::cross) return {{}, std::move(result)};
    switch (random_.below(3)) {
        case 0: result.natural = true; break;
        case 1:
            result.using_columns = names(2);
            if (chance(0.5)) result.using_alias = name();
            break;
        default: result.on = expr(depth); break;
    }
    return {{}, std::move(result)};
}

FromItem RandomStatement::from(int depth) {
    const auto which = depth <= 0 ? 0 : random_.below(6);
    if (which == 1) return {{}, SubqueryRef{query(depth - 1), alias(), chance(0.3)}};
    if (which == 2) {
        FunctionRef function;
        function.call = {{}, call(depth - 1, true)};
        function.lateral = chance(0.3);
        function.with_ordinality = chance(0.3);
        if (chance(0.5)) function.alias = alias();
        if (chance(0.2)) {
            function.alias.columns.clear();
            function.columns = columns(false);
        }
        return {{}, std::move(function)};
    }
    if (which >= 4) return join(depth);
    auto result = table(false);
    if (chance(0.5)) result.alias = alias();
    return {{}, std::move(result)};
}

std::vector<FromItem> RandomStatement::froms(int depth) {
    std::vector<FromItem> result(random_.below(3));
    for (auto& item : result) item = from(depth);
    return result;
}

Select RandomStatement::select(int depth) {
    Select result;
    result.distinct = chance(0.2);
    if (result.distinct && chance(0.5)) result.distinct_on = exprs(1, 2, depth);
    result.items = items(result.distinct ? 1 : 0, depth);
    result.from = froms(depth);
    if (chance(0.4)) result.where = expr(depth);
    if (chance(0.3)) {
        result.group_distinct = chance(0.3);
        for (auto count = 1 + random_.below(2); count > 0; --count) {
            result.group_by.push_back(group_item(depth, 4));
        }
    }
    if (chance(0.2)) result.having = expr(depth);
    if (chance(0.2)) result.windows.push_back({name(), window(depth)});
    return result;
}

Values RandomStatement::values(int depth, bool defaults) {
    Values result;
    result.rows.resize(1 + random_.below(2));
    const auto width = 1 + random_.below(3);
    for (auto& row : result.rows) {
        row = exprs(width, width, depth);
        if (defaults && chance(0.5)) row.back() = {{}, Default{}};
    }
    return result;
}

With RandomStatement::with(int depth) {
    With result;
    if (depth <= 0 || !chance(0.2)) return result;
    result.recursive = chance(0.3);
    result.tables.resize(1 + random_.below(2));
    for (auto& each : result.tables) {
        each.name = name();
        if (chance(0.5)) each.columns = names(2);
        each.materialize = kind<CommonTable::Materialize>(3);
        each.query = query(depth - 1);
    }
    return result;
}

Query RandomStatement::query(int depth) {
    Query result;
    result.with = with(depth);
    const auto which = random_.below(8);
    if (which == 0) {
        result.body = values(depth - 1, false);
    } else if (which == 1 && depth > 0) {
        result.body = SetOperation{kind<SetOperation::Kind>(3), chance(0.5), query(depth - 1),
                                   query(depth - 1)};
    } else {
        result.body = select(depth - 1);
    }
    if (chance(0.3)) result.order_by = sort_keys(1, depth - 1);
    if (chance(0.2)) {
        result.limit = Expr{{}, Literal{random_.between(-2, 9)}};
        result.with_ties = !result.order_by.empty() && chance(0.3);
    }
    if (chance(0.2)) result.skip = expr(depth - 1);
    return result;
}

std::vector<Assignment> RandomStatement::assignments(int depth) {
    std::vector<Assignment> result(1 + random_.below(2));
    for (auto& each : result) {
        each.multiple = chance(0.3);
        each.targets.resize(each.multiple ? 1 + random_.below(3) : 1);
        for (auto& target : each.targets) target.path = names(2);
        const auto count = each.targets.size();
        if (!each.multiple) {
            each.value = chance(0.2) ? Expr{{}, Default{}} : expr(depth);
        } else if (chance(0.3)) {
            each.value = {{}, ScalarQuery{query(depth)}};
        } else {
            RowConstructor row{exprs(count, count, depth)};
            if (chance(0.3)) row.fields.back() = {{}, Default{}};
            each.value = {{}, std::move(row)};
        }
    }
    return result;
}

Insert RandomStatement::insert(int depth) {
    Insert result;
    result.with = with(depth);
    result.table = table(chance(0.3));
    result.columns.resize(random_.below(3));
    for (auto& column : result.columns) column.path = names(2);
    if (chance(0.4)) {
        Query source;
        source.body = values(depth, true);
        result.source = std::move(source);
    } else if (chance(0.8) || !result.columns.empty()) {
        result.source = query(depth);
    }
    if (chance(0.4)) {
        OnConflict conflict;
        if (chance(0.7)) conflict.columns = names(2);
        if (chance(0.5)) {
            conflict.set = assignments(depth);
            conflict.where = maybe(depth);
        }
        result.on_conflict = std::move(conflict);
    }
    if (chance(0.3)) result.returning = items(1, depth);
    return result;
}

Statement::Node RandomStatement::table_statement(int depth) {
    switch (random_.below(5)) {
        case 0: {
            CreateTable create{table(false), chance(0.5), columns(true), {}};
            if (chance(0.5)) create.keys.push_back({{}, chance(0.5), names(2)});
            return create;
        }
        case 1: {
            CreateTableAs create{table(false), chance(0.5), {}, query(depth), chance(0.5)};
            if (chance(0.5)) create.columns = names(2);
            return create;
        }
        case 2:
            if (chance(0.3)) return DropIndex{{{name()}, {name(), name()}}, chance(0.5)};
            if (chance(0.3)) {
                return CreateIndex{"i" + name(), chance(0.5), table(false), names(2)};
            }
            return DropTable{{table(false), table(false)}, chance(0.5)};
        case 3: {
            Transaction result{kind<Transaction::Kind>(6), ""};
            if (result.kind >= Transaction::Kind::savepoint) result.savepoint = name();
            return result;
        }
        default: {
            Explain explain;
            if (chance(0.5)) explain.options = {{{}, "analyze", ""}, {{}, name(), "it's"}};
            explain.statement = Statement{{}, query(depth)};
            return explain;
        }
    }
}

Statement RandomStatement::statement() {
    constexpr int depth = 4;
    switch (random_.below(8)) {
        case 0: return {{}, table_statement(depth)};
        case 1: return {{}, insert(depth)};
        case 2:
            return {{},
                    Update{with(depth), table(chance(0.5)), assignments(depth), froms(depth),
                           maybe(depth), items(0, depth)}};
        case 3:
            return {{},
                    Delete{with(depth), table(chance(0.5)), froms(depth), maybe(depth),
                           items(0, depth)}};
        default: return {{}, query(depth)};
    }
}

}  // namespace topgun::test
