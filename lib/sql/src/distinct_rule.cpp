// SPDX-License-Identifier: Apache-2.0
#include "distinct_rule.hpp"

#include <algorithm>

namespace topgun::sql {
namespace {

// Whether the result is the same in whatever order distinct values come.
bool is_simple(const plan::Aggregate::Call& call) {
    return call.function.distinct && !call.filter && call.order.empty() &&
           call.function.function->partial != nullptr && !call.function.function->ordered_set;
}

bool can_split(const plan::Aggregate& node) {
    if (node.calls.empty() || !node.sets.empty()) return false;
    const auto& first = node.calls[0].arguments;
    return std::all_of(node.calls.begin(), node.calls.end(), [&first](const auto& call) {
        return is_simple(call) && call.arguments == first &&
               std::none_of(call.arguments.begin(), call.arguments.end(), is_volatile);
    });
}

}  // namespace

void split_distinct(Plan& plan, const std::function<ColumnId()>& new_id) {
    for (auto& input : plan.inputs) split_distinct(*input, new_id);
    auto* node = plan.as<plan::Aggregate>();
    if (node == nullptr || !can_split(*node)) return;
    plan::Aggregate inner;
    inner.never_empty_group = true;
    const auto add_key = [&inner, &new_id](Scalar value) {
        const OutputColumn column{new_id(), to_text(value), value.type};
        inner.keys.push_back(std::move(value));
        inner.key_columns.push_back(column);
        return column_scalar(column.id, column.type, column.name);
    };
    for (auto& key : node->keys) key = add_key(std::move(key));
    std::vector<Scalar> values;
    for (const auto& argument : node->calls[0].arguments) values.push_back(add_key(argument));
    for (auto& call : node->calls) {
        call.arguments = values;
        call.function.distinct = false;
    }
    auto below = std::move(plan.inputs[0]);
    plan.inputs[0] = make_plan(std::move(inner), std::move(below));
    refresh_node(plan);
}

}  // namespace topgun::sql
