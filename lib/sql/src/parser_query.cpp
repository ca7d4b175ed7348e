// SPDX-License-Identifier: Apache-2.0
// SELECT and its clauses, windows included.
#include <array>

#include "parser_tree.hpp"

namespace topgun::sql {

using namespace ast;

SortKey TreeReader::sort_key(const Json& node) {
    const auto& object = body(node);
    SortKey result;
    result.value = expr(field(object, "node"));
    const auto direction = word(object, "sortby_dir");
    const auto nulls = word(object, "sortby_nulls");
    if (direction == "SORTBY_USING") {
        unsupported(result.value.offset, "ORDER BY ... USING", "use ASC or DESC");
    }
    result.descending = direction == "SORTBY_DESC";
    if (nulls == "SORTBY_NULLS_FIRST") result.nulls = SortKey::Nulls::first;
    if (nulls == "SORTBY_NULLS_LAST") result.nulls = SortKey::Nulls::last;
    return result;
}

std::vector<SortKey> TreeReader::sort_keys(const Json& list) {
    std::vector<SortKey> result;
    for (const auto& node : list) {
        if (failure_) break;
        result.push_back(sort_key(node));
    }
    return result;
}

namespace {

// PostgreSQL's FRAMEOPTION_* bits, as in its nodes/parsenodes.h.
enum FrameBit : std::uint32_t {
    kFrameGiven = 0x1,
    kFrameRange = 0x2,
    kFrameRows = 0x4,
    kFrameStartsUnbounded = 0x20,
    kFrameEndsUnbounded = 0x100,
    kFrameStartsCurrent = 0x200,
    kFrameEndsCurrent = 0x400,
    kFrameStartsPreceding = 0x800,
    kFrameEndsPreceding = 0x1000,
    kFrameExcludesCurrent = 0x8000,
    kFrameExcludesGroup = 0x10000,
    kFrameExcludesTies = 0x20000,
};

FrameBound::Kind start_of(std::uint32_t bits) {
    if (bits & kFrameStartsUnbounded) return FrameBound::Kind::unbounded_preceding;
    if (bits & kFrameStartsCurrent) return FrameBound::Kind::current_row;
    if (bits & kFrameStartsPreceding) return FrameBound::Kind::preceding;
    return FrameBound::Kind::following;
}

FrameBound::Kind end_of(std::uint32_t bits) {
    if (bits & kFrameEndsUnbounded) return FrameBound::Kind::unbounded_following;
    if (bits & kFrameEndsCurrent) return FrameBound::Kind::current_row;
    if (bits & kFrameEndsPreceding) return FrameBound::Kind::preceding;
    return FrameBound::Kind::following;
}

}  // namespace

Box<Frame> TreeReader::frame(const Json& object) {
    const auto bits = static_cast<std::uint32_t>(number(object, "frameOptions"));
    if (!(bits & kFrameGiven)) return {};
    Frame result;
    result.unit = bits & kFrameRange  ? Frame::Unit::range
                  : bits & kFrameRows ? Frame::Unit::rows
                                      : Frame::Unit::groups;
    result.start = {start_of(bits), box(object, "startOffset")};
    result.end = {end_of(bits), box(object, "endOffset")};
    result.exclude = bits & kFrameExcludesCurrent ? Frame::Exclude::current_row
                     : bits & kFrameExcludesGroup ? Frame::Exclude::group
                     : bits & kFrameExcludesTies  ? Frame::Exclude::ties
                                                  : Frame::Exclude::nothing;
    return result;
}

Window TreeReader::window(const Json& object) {
    Window result;
    result.offset = offset(object);
    result.name = word(object, "name");
    result.base = word(object, "refname");
    result.partition_by = exprs(list(object, "partitionClause"));
    result.order_by = sort_keys(list(object, "orderClause"));
    result.frame = frame(object);
    return result;
}

namespace {

// PostgreSQL keeps no place of a query: that of the first thing in it which has one.
struct StartOf {
    Offset otherwise;
    Offset operator()(const Select& body) const {
        return body.items.empty() ? otherwise : body.items.front().offset;
    }
    Offset operator()(const Values& body) const {
        const bool none = body.rows.empty() || body.rows.front().empty();
        return none ? otherwise : body.rows.front().front().offset;
    }
    Offset operator()(const SetOperation& body) const { return body.left->offset; }
};

}  // namespace

Query TreeReader::query(const Json& object) {
    Query result;
    if (enter()) {
        result.offset = Offset{static_cast<std::uint32_t>(here_)};
        result.with = with(field(object, "withClause"));
        query_body(object, result);
        result.offset = result.with.tables.empty() ? std::visit(StartOf{result.offset}, result.body)
                                                   : result.with.tables.front().offset;
        result.order_by = sort_keys(list(object, "sortClause"));
        limits(object, result);
    }
    leave();
    return result;
}

QueryBox TreeReader::query_box(const Json& node) {
    if (kind(node) != "SelectStmt") {
        unsupported(Offset{static_cast<std::uint32_t>(here_)}, "a statement in place of a query");
        return Query{};
    }
    return query(body(node));
}

void TreeReader::query_body(const Json& object, Query& result) {
    allow_only(object, "SELECT",
               {"distinctClause", "targetList",    "fromClause",   "whereClause",
                "groupClause",    "groupDistinct", "havingClause", "windowClause",
                "valuesLists",    "sortClause",    "limitOffset",  "limitCount",
                "limitOption",    "withClause",    "op",           "all",
                "larg",           "rarg",          "intoClause",   "lockingClause"});
    if (has(object, "intoClause")) {
        unsupported(result.offset, "SELECT ... INTO", "use CREATE TABLE name AS SELECT ...");
    }
    if (has(object, "lockingClause")) {
        unsupported(result.offset, "FOR UPDATE or FOR SHARE",
                    "a query reads one state, which no write changes");
    }
    const auto op = word(object, "op");
    if (!op.empty() && op != "SETOP_NONE") {
        result.body = set_operation(object);
    } else if (has(object, "valuesLists")) {
        result.body = values(list(object, "valuesLists"));
    } else {
        result.body = select(object);
    }
}

void TreeReader::limits(const Json& object, Query& result) {
    // LIMIT ALL comes as LIMIT NULL, and means the same.
    const auto& count = field(object, "limitCount");
    if (kind(count) != "A_Const" || !flag(body(count), "isnull")) {
        result.limit = box(object, "limitCount");
    }
    result.skip = box(object, "limitOffset");
    result.with_ties = result.limit && word(object, "limitOption") == "LIMIT_OPTION_WITH_TIES";
}

Select TreeReader::select(const Json& object) {
    Select result;
    result.distinct = has(object, "distinctClause");
    for (const auto& node : list(object, "distinctClause")) {
        // Plain DISTINCT is a list of one empty node.
        if (!kind(node).empty()) result.distinct_on.push_back(expr(node));
    }
    result.items = items(list(object, "targetList"));
    result.from = from_items(list(object, "fromClause"));
    result.where = box(object, "whereClause");
    result.group_distinct = flag(object, "groupDistinct");
    for (const auto& node : list(object, "groupClause")) {
        if (failure_) break;
        result.group_by.push_back(group_item(node));
    }
    result.having = box(object, "havingClause");
    for (const auto& node : list(object, "windowClause")) {
        if (failure_) break;
        auto definition = window(body(node));
        auto name = std::move(definition.name);
        definition.name.clear();
        result.windows.push_back({std::move(name), std::move(definition)});
    }
    return result;
}

Values TreeReader::values(const Json& rows) {
    Values result;
    for (const auto& row : rows) {
        if (failure_) break;
        auto& fields = result.rows.emplace_back();
        for (const auto& node : list(body(row), "items")) {
            if (failure_) break;
            // Where DEFAULT may stand is checked by whoever knows that this is an INSERT.
            fields.push_back(value_or_default(node));
        }
        if (fields.size() == result.rows.front().size() || fields.empty() || failure_) continue;
        fail(fields.front().offset, "VALUES rows must all have the same length",
             "the first row has " + std::to_string(result.rows.front().size()));
    }
    return result;
}

SetOperation TreeReader::set_operation(const Json& object) {
    const auto op = word(object, "op");
    SetOperation result;
    result.kind = op == "SETOP_UNION"       ? SetOperation::Kind::unite
                  : op == "SETOP_INTERSECT" ? SetOperation::Kind::intersect
                                            : SetOperation::Kind::except;
    result.all = flag(object, "all");
    result.left = query(field(object, "larg"));
    result.right = query(field(object, "rarg"));
    return result;
}

With TreeReader::with(const Json& object) {
    With result;
    if (!object.is_object()) return result;
    result.recursive = flag(object, "recursive");
    for (const auto& node : list(object, "ctes")) {
        if (failure_) break;
        result.tables.push_back(common_table(body(node)));
    }
    return result;
}

CommonTable TreeReader::common_table(const Json& object) {
    CommonTable result;
    result.offset = offset(object);
    if (has(object, "search_clause") || has(object, "cycle_clause")) {
        const bool search = has(object, "search_clause");
        unsupported(offset(field(object, search ? "search_clause" : "cycle_clause")),
                    search ? "SEARCH" : "CYCLE",
                    "carry a path as an array column, and test it with = ANY (path)");
    }
    result.name = word(object, "ctename");
    result.columns = names(list(object, "aliascolnames"));
    const auto how = word(object, "ctematerialized");
    if (how == "CTEMaterializeAlways") result.materialize = CommonTable::Materialize::always;
    if (how == "CTEMaterializeNever") result.materialize = CommonTable::Materialize::never;
    const auto& inner = field(object, "ctequery");
    if (kind(inner) != "SelectStmt") {
        unsupported(result.offset, "INSERT, UPDATE or DELETE within WITH",
                    "run it as a statement of its own");
        return result;
    }
    result.query = query(body(inner));
    return result;
}

SelectItem TreeReader::item(const Json& node) {
    const auto& object = body(node);
    SelectItem result;
    result.offset = offset(object);
    result.alias = word(object, "name");
    const auto& value = field(object, "val");
    if (ends_in_star(value)) {
        auto qualifier = names(list(body(value), "fields"));
        qualifier.pop_back();
        result.value = Expr{offset(body(value)), Star{std::move(qualifier)}};
    } else {
        result.value = expr(value);
    }
    return result;
}

std::vector<SelectItem> TreeReader::items(const Json& list) {
    std::vector<SelectItem> result;
    for (const auto& node : list) {
        if (failure_) break;
        result.push_back(item(node));
    }
    return result;
}

// (a, b) is a set of two, and parentheses within it mean nothing.
void TreeReader::group_values(const Json& node, std::vector<Expr>& values) {
    if (failure_) return;
    const auto& object = body(node);
    if (kind(node) == "RowExpr" && word(object, "row_format") == "COERCE_IMPLICIT_CAST") {
        if (enter()) {
            for (const auto& inner : list(object, "args")) group_values(inner, values);
        }
        leave();
    } else {
        values.push_back(expr(node));
    }
}

GroupItem TreeReader::group_item(const Json& node) {
    GroupItem result;
    if (!enter()) {
        leave();
        return result;
    }
    const auto& object = body(node);
    result.offset = offset(object);
    if (kind(node) != "GroupingSet") {
        group_values(node, result.values);
    } else {
        const auto form = word(object, "kind");
        if (form == "GROUPING_SET_ROLLUP") result.kind = GroupItem::Kind::rollup;
        if (form == "GROUPING_SET_CUBE") result.kind = GroupItem::Kind::cube;
        if (form == "GROUPING_SET_SETS") result.kind = GroupItem::Kind::sets;
        for (const auto& inner : list(object, "content")) {
            if (failure_) break;
            result.items.push_back(group_item(inner));
        }
    }
    leave();
    return result;
}

}  // namespace topgun::sql
