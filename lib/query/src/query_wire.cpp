// SPDX-License-Identifier: Apache-2.0
// Queries as the wire's messages carry them.
#include "query_parser.hpp"

namespace topgun::query {
namespace {

Result<PredicateNode> node_from_wire(const wire::PredicateNode& node, const std::string& place,
                                     std::size_t depth) {
    if (depth > Predicate::kDeepest) return Error(Errc::limit, place + ": nested too deeply");
    PredicateNode out;
    if (!node.op.empty()) {
        auto op = parse_op(node.op, place + ".op");
        if (!op) return std::move(op).error();
        out.op = *op;
    }
    out.attribute = node.attribute;
    out.value_ref = node.value_ref;
    if (node.value && !node.value->is_nil()) out.value = node.value->bytes;
    if (!node.children) return out;
    for (std::size_t i = 0; i < node.children->size(); ++i) {
        auto child = node_from_wire((*node.children)[i],
                                    place + ".children[" + std::to_string(i) + "]", depth + 1);
        if (!child) return std::move(child).error();
        out.children.push_back(std::move(*child));
    }
    return out;
}

Status aggregations_from_wire(const std::vector<wire::Aggregation>& from,
                              std::vector<Aggregation>& out) {
    for (std::size_t i = 0; i < from.size(); ++i) {
        auto function =
            parse_function(from[i].func, "aggregations[" + std::to_string(i) + "].func");
        if (!function) return std::move(function).error();
        out.push_back({*function, from[i].field});
    }
    return {};
}

}  // namespace

Result<PredicateNode> from_wire(const wire::PredicateNode& node) {
    return node_from_wire(node, "predicate", 0);
}

wire::PredicateNode to_wire(const PredicateNode& node) {
    wire::PredicateNode out;
    out.op = std::string(op_word(node.op));
    out.attribute = node.attribute;
    out.value_ref = node.value_ref;
    if (node.value) out.value = wire::AnyValue{*node.value};
    if (node.children.empty()) return out;
    out.children.emplace();
    for (const auto& child : node.children) out.children->push_back(to_wire(child));
    return out;
}

Result<Query> from_wire(const wire::Query& query) {
    Query out;
    if (query.where) out.where = query.where->bytes;
    if (query.predicate) {
        auto root = from_wire(*query.predicate);
        if (!root) return std::move(root).error();
        out.predicate = std::move(*root);
    }
    if (query.sort) {
        for (const auto& field : query.sort->fields) {
            out.sort.push_back({field.field, field.direction == wire::SortDirection::desc});
        }
    }
    out.limit = query.limit;
    out.cursor = query.cursor;
    if (query.group_by) out.group_by = *query.group_by;
    if (query.aggregations) {
        TOPGUN_TRY(aggregations_from_wire(*query.aggregations, out.aggregations));
    }
    out.fields = query.fields;
    return out;
}

wire::Query to_wire(const Query& query) {
    wire::Query out;
    if (query.where) out.where = wire::AnyMap{*query.where};
    if (query.predicate) out.predicate = to_wire(*query.predicate);
    if (!query.sort.empty()) out.sort.emplace();
    for (const auto& field : query.sort) {
        using wire::SortDirection;
        out.sort->fields.push_back(
            {field.field, field.descending ? SortDirection::desc : SortDirection::asc});
    }
    out.limit = query.limit;
    out.cursor = query.cursor;
    if (!query.group_by.empty()) out.group_by = query.group_by;
    if (!query.aggregations.empty()) out.aggregations.emplace();
    for (const auto& one : query.aggregations) {
        out.aggregations->push_back({std::string(aggregate_word(one.function)), one.field});
    }
    out.fields = query.fields;
    return out;
}

}  // namespace topgun::query
