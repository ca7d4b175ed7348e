// SPDX-License-Identifier: Apache-2.0
#include "plan.hpp"

#include <algorithm>

namespace topgun::sql {
namespace {

template <typename... Ts>
struct Overloaded : Ts... {
    using Ts::operator()...;
};
template <typename... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

template <typename Visit>
void visit_terms(std::vector<SortTerm>& terms, Visit&& visit) {
    for (auto& term : terms) visit(term.value);
}
template <typename Visit>
void visit_all(std::vector<Scalar>& scalars, Visit&& visit) {
    for (auto& scalar : scalars) visit(scalar);
}
template <typename Visit>
void visit_one(std::optional<Scalar>& scalar, Visit&& visit) {
    if (scalar) visit(*scalar);
}

void add_join_columns(Plan& node, const plan::Join& join) {
    node.columns = node.inputs[0]->columns;
    const bool both = join.kind == plan::JoinKind::inner || join.kind == plan::JoinKind::left ||
                      join.kind == plan::JoinKind::full;
    if (both) {
        const auto& right = node.inputs[1]->columns;
        node.columns.insert(node.columns.end(), right.begin(), right.end());
    }
    if (join.mark) node.columns.push_back(*join.mark);
}

void collect(const Plan& node, std::set<ColumnId>& used, std::set<ColumnId>& made) {
    for (const auto& input : node.inputs) collect(*input, used, made);
    visit_scalars(node, [&used](const Scalar& scalar) { add_columns(scalar, used); });
    for (const auto& column : node.columns) made.insert(column.id);
    if (const auto* join = node.as<plan::Join>(); join != nullptr && join->mark) {
        made.insert(join->mark->id);
    }
}

}  // namespace

Table::~Table() = default;
TableScan::~TableScan() = default;

PlanBox make_plan(Plan::Node node, PlanBox input, PlanBox second) {
    auto out = std::make_unique<Plan>();
    out->node = std::move(node);
    if (input) out->inputs.push_back(std::move(input));
    if (second) out->inputs.push_back(std::move(second));
    refresh_node(*out);
    return out;
}

PlanBox copy_plan(const Plan& plan) {
    auto out = std::make_unique<Plan>();
    out->node = plan.node;
    out->columns = plan.columns;
    out->estimate = plan.estimate;
    for (const auto& input : plan.inputs) out->inputs.push_back(copy_plan(*input));
    return out;
}

void refresh_node(Plan& node) {
    std::visit(Overloaded{
                   // What these give is set by whoever makes them.
                   [](plan::Scan&) {},
                   [](plan::Values&) {},
                   [](plan::Stored&) {},
                   [&node](plan::SetScan& set) {
                       node.columns = node.inputs[0]->columns;
                       for (const auto& call : set.calls) {
                           node.columns.insert(node.columns.end(), call.columns.begin(),
                                               call.columns.end());
                       }
                       if (set.ordinality) node.columns.push_back(*set.ordinality);
                   },
                   [&node](plan::Project& project) { node.columns = project.columns; },
                   [&node](plan::Join& join) { add_join_columns(node, join); },
                   [&node](plan::Aggregate& aggregate) {
                       node.columns = aggregate.key_columns;
                       for (const auto& call : aggregate.calls) node.columns.push_back(call.column);
                       if (!aggregate.sets.empty()) node.columns.push_back(aggregate.set_index);
                   },
                   [&node](plan::Window& window) {
                       node.columns = node.inputs[0]->columns;
                       for (const auto& call : window.calls) node.columns.push_back(call.column);
                   },
                   [&node](plan::Union& all) { node.columns = all.columns; },
                   [&node](auto&) { node.columns = node.inputs[0]->columns; },
               },
               node.node);
}

void refresh(Plan& plan) {
    for (auto& input : plan.inputs) refresh(*input);
    refresh_node(plan);
}

void visit_scalars(Plan& node, const std::function<void(Scalar&)>& each) {
    std::visit(Overloaded{
                   [&each](plan::Scan& scan) { visit_all(scan.hints, each); },
                   [&each](plan::Values& values) {
                       for (auto& row : values.rows) visit_all(row, each);
                   },
                   [](plan::Stored&) {},
                   [&each](plan::SetScan& set) {
                       for (auto& call : set.calls) visit_all(call.arguments, each);
                   },
                   [&each](plan::Filter& filter) { each(filter.condition); },
                   [&each](plan::Project& project) { visit_all(project.values, each); },
                   [&each](plan::Join& join) { each(join.condition); },
                   [&each](plan::Aggregate& aggregate) {
                       visit_all(aggregate.keys, each);
                       for (auto& call : aggregate.calls) {
                           visit_all(call.arguments, each);
                           visit_all(call.order, each);
                           visit_one(call.filter, each);
                       }
                   },
                   [&each](plan::Window& window) {
                       visit_all(window.partition, each);
                       visit_terms(window.order, each);
                       for (auto& call : window.calls) {
                           visit_all(call.arguments, each);
                           visit_one(call.filter, each);
                           visit_one(call.start_distance, each);
                           visit_one(call.end_distance, each);
                       }
                   },
                   [&each](plan::Sort& sort) { visit_terms(sort.order, each); },
                   [&each](plan::Limit& limit) { visit_terms(limit.ties, each); },
                   [](plan::Union&) {},
               },
               node.node);
}

void visit_scalars(const Plan& node, const std::function<void(const Scalar&)>& each) {
    // Visiting changes nothing by itself.
    visit_scalars(const_cast<Plan&>(node), [&each](Scalar& scalar) { each(scalar); });
}

bool has_column(const Plan& plan, ColumnId id) {
    return std::any_of(plan.columns.begin(), plan.columns.end(),
                       [id](const OutputColumn& column) { return column.id == id; });
}

std::set<ColumnId> column_set(const Plan& plan) {
    std::set<ColumnId> out;
    for (const auto& column : plan.columns) out.insert(column.id);
    return out;
}

std::set<ColumnId> free_columns(const Plan& plan) {
    std::set<ColumnId> used, made, out;
    collect(plan, used, made);
    std::set_difference(used.begin(), used.end(), made.begin(), made.end(),
                        std::inserter(out, out.end()));
    return out;
}

}  // namespace topgun::sql
