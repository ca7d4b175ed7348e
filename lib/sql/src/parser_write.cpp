// SPDX-License-Identifier: Apache-2.0
// INSERT, UPDATE and DELETE.
#include "parser_tree.hpp"

namespace topgun::sql {

using namespace ast;

Target TreeReader::target(const Json& object) {
    Target result;
    result.offset = offset(object);
    result.path.emplace_back(word(object, "name"));
    for (const auto& step : list(object, "indirection")) {
        if (kind(step) == "String") {
            result.path.push_back(name_of(step));
        } else {
            unsupported(result.offset, "writing a part of an array",
                        "write the whole array: SET a = array_append(a, x)");
        }
    }
    return result;
}

// (a, b) = source comes as one target for each name, each with a copy of the source.
Assignment TreeReader::multiple_assignment(const Json& list, std::size_t& at) {
    const auto& reference = body(field(body(list[at]), "val"));
    const auto count = static_cast<std::size_t>(number(reference, "ncolumns"));
    Assignment result;
    result.multiple = true;
    for (std::size_t i = 0; i < count && at < list.size(); ++i) {
        result.targets.push_back(target(body(list[at++])));
    }
    const auto& source = field(reference, "source");
    if (kind(source) == "RowExpr") {
        const auto where = offset(body(source));
        RowConstructor row;
        for (const auto& value : this->list(body(source), "args")) {
            if (failure_) break;
            row.fields.push_back(value_or_default(value));
        }
        result.value = Expr{where, std::move(row)};
    } else {
        result.value = expr(source);
    }
    const auto* row = std::get_if<RowConstructor>(&result.value.node);
    if (!row && !std::holds_alternative<ScalarQuery>(result.value.node)) {
        fail(result.value.offset, "several columns can only be set to a row or a subquery",
             "write SET (a, b) = ROW(x, y), or SET (a, b) = (SELECT x, y ...)");
    } else if (row && row->fields.size() != result.targets.size()) {
        fail(result.value.offset, std::to_string(result.targets.size()) + " columns are set to " +
                                      std::to_string(row->fields.size()) + " values");
    }
    return result;
}

std::vector<Assignment> TreeReader::assignments(const Json& list) {
    std::vector<Assignment> result;
    for (std::size_t at = 0; at < list.size() && !failure_;) {
        const auto& object = body(list[at]);
        const auto& value = field(object, "val");
        if (kind(value) == "MultiAssignRef") {
            const auto before = at;
            result.push_back(multiple_assignment(list, at));
            if (at == before) ++at;
            continue;
        }
        Assignment single;
        single.targets.push_back(target(object));
        single.value = value_or_default(value);
        result.push_back(std::move(single));
        ++at;
    }
    return result;
}

Insert TreeReader::insert(const Json& object) {
    allow_only(object, "INSERT",
               {"relation", "cols", "selectStmt", "onConflictClause", "returningList", "withClause",
                "override"});
    Insert result;
    result.with = with(field(object, "withClause"));
    result.table = table(field(object, "relation"));
    const auto override_words = word(object, "override");
    if (!override_words.empty() && override_words != "OVERRIDING_NOT_SET") {
        unsupported(result.table.offset, "OVERRIDING", "maps have no generated columns");
    }
    for (const auto& node : list(object, "cols")) {
        if (failure_) break;
        result.columns.push_back(target(body(node)));
    }
    if (has(object, "selectStmt")) result.source = query_box(field(object, "selectStmt"));
    if (has(object, "onConflictClause")) {
        result.on_conflict = on_conflict(field(object, "onConflictClause"));
    }
    result.returning = items(list(object, "returningList"));
    return result;
}

OnConflict TreeReader::on_conflict(const Json& object) {
    OnConflict result;
    result.offset = offset(object);
    const auto& infer = field(object, "infer");
    if (has(infer, "conname") || has(infer, "whereClause")) {
        unsupported(offset(infer), "ON CONFLICT with a constraint or a condition",
                    "the key is the only unique column: ON CONFLICT (_key)");
    }
    for (const auto& node : list(infer, "indexElems")) {
        if (failure_) break;
        const auto& element = body(node);
        if (!has(element, "name") || has(element, "collation") || has(element, "opclass")) {
            unsupported(offset(infer), "ON CONFLICT on an expression",
                        "the key is the only unique column: ON CONFLICT (_key)");
        }
        result.columns.emplace_back(word(element, "name"));
    }
    result.set = assignments(list(object, "targetList"));
    result.where = box(object, "whereClause");
    return result;
}

Update TreeReader::update(const Json& object) {
    allow_only(
        object, "UPDATE",
        {"relation", "targetList", "whereClause", "fromClause", "returningList", "withClause"});
    Update result;
    result.with = with(field(object, "withClause"));
    result.table = table(field(object, "relation"));
    result.set = assignments(list(object, "targetList"));
    result.from = from_items(list(object, "fromClause"));
    result.where = box(object, "whereClause");
    result.returning = items(list(object, "returningList"));
    return result;
}

Delete TreeReader::remove(const Json& object) {
    allow_only(object, "DELETE",
               {"relation", "usingClause", "whereClause", "returningList", "withClause"});
    Delete result;
    result.with = with(field(object, "withClause"));
    result.table = table(field(object, "relation"));
    result.from = from_items(list(object, "usingClause"));
    result.where = box(object, "whereClause");
    result.returning = items(list(object, "returningList"));
    return result;
}

}  // namespace topgun::sql
