// SPDX-License-Identifier: Apache-2.0
#include "estimate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace topgun::sql {
namespace {

using plan::JoinKind;

constexpr double kUnknown = std::numeric_limits<double>::infinity();
constexpr double kRowsOfUnknownTable = 10'000;

double table_rows(const plan::Scan& scan) {
    const auto rows = scan.table->rows();
    return rows ? static_cast<double>(*rows) : kRowsOfUnknownTable;
}

// Of an output that is just a column of the input.
double distinct_through(const Plan& plan, const Scalar& value) {
    return value.is_column() ? distinct_max(*plan.inputs[0], value.column) : kUnknown;
}

double distinct_of_equal(const Plan& plan, const Scalar& condition, ColumnId id) {
    double out = kUnknown;
    for (const auto& part : conjuncts(condition)) {
        if (!is_equality(part)) continue;
        for (std::size_t i = 0; i < 2; ++i) {
            const auto &one = part.children[i], &other = part.children[1 - i];
            if (!one.is_column() || one.column != id || !other.is_column()) continue;
            for (const auto& input : plan.inputs) {
                if (has_column(*input, other.column)) {
                    out = std::min(out, distinct_max(*input, other.column));
                }
            }
        }
    }
    return out;
}

double rows_of_join(const plan::Join& join, const Plan& plan) {
    const Plan &left = *plan.inputs[0], &right = *plan.inputs[1];
    std::vector<JoinKeyEstimate> keys;
    double others = 1;
    for (const auto& part : conjuncts(join.condition)) {
        if (is_true(part)) continue;
        if (!is_equality(part)) {
            others *= selectivity(part);
            continue;
        }
        const auto distinct = [&part](const Plan& side) {
            double out = kUnknown;
            for (const auto& child : part.children) {
                if (child.is_column() && has_column(side, child.column)) {
                    out = std::min(out, distinct_max(side, child.column));
                }
            }
            return out;
        };
        const double a = distinct(left), b = distinct(right);
        keys.push_back({a, b, std::min(a, b)});
    }
    return join_rows(left.estimate, right.estimate, keys) * others;
}

double estimate_of_join(const plan::Join& join, const Plan& plan) {
    const double left = plan.inputs[0]->estimate, right = plan.inputs[1]->estimate;
    switch (join.kind) {
        case JoinKind::semi:
        case JoinKind::anti: return std::max(1.0, left / 2);
        case JoinKind::mark: return left;
        default: break;
    }
    const double rows = std::max(1.0, rows_of_join(join, plan));
    if (join.kind == JoinKind::left) return std::max(rows, left);
    return join.kind == JoinKind::full ? std::max(rows, left + right) : rows;
}

}  // namespace

bool is_true(const Scalar& scalar) {
    return scalar.is_constant() && scalar.type.id == TypeId::boolean && !scalar.value->is_null(0) &&
           scalar.value->boolean(0);
}

bool is_equality(const Scalar& condition) {
    return condition.kind == Scalar::Kind::call &&
           (condition.function->name == "=" || condition.function == &same_function());
}

double selectivity(const Scalar& condition) {
    if (condition.kind == Scalar::Kind::any_of) {
        double none = 1;
        for (const auto& child : condition.children) none *= 1 - selectivity(child);
        return 1 - none;
    }
    if (condition.kind == Scalar::Kind::negation) return 1 - selectivity(condition.children[0]);
    if (condition.kind == Scalar::Kind::is_null) return condition.negated ? 0.9 : 0.1;
    if (condition.kind != Scalar::Kind::call) return 0.5;
    const auto name = condition.function->name;
    if (name == "=") return 0.05;
    if (name == "IN") return std::min(0.5, 0.05 * static_cast<double>(condition.children.size()));
    if (name == "<" || name == ">" || name == "<=" || name == ">=") return 0.3;
    if (name == "~~" || name == "~~*" || name == "~") return 0.1;
    return 0.5;
}

double distinct_max(const Plan& plan, ColumnId id) {
    if (const auto* scan = plan.as<plan::Scan>()) return table_rows(*scan);
    if (const auto* project = plan.as<plan::Project>()) {
        for (std::size_t i = 0; i < project->columns.size(); ++i) {
            if (project->columns[i].id == id) return distinct_through(plan, project->values[i]);
        }
        return kUnknown;
    }
    if (const auto* aggregate = plan.as<plan::Aggregate>()) {
        for (std::size_t i = 0; i < aggregate->key_columns.size(); ++i) {
            if (aggregate->key_columns[i].id != id) continue;
            return std::min(distinct_through(plan, aggregate->keys[i]), plan.estimate);
        }
        return plan.estimate;
    }
    for (const auto& input : plan.inputs) {
        if (!has_column(*input, id)) continue;
        const double own = distinct_max(*input, id);
        const auto* join = plan.as<plan::Join>();
        if (join == nullptr || join->kind != JoinKind::inner) return own;
        return std::min(own, distinct_of_equal(plan, join->condition, id));
    }
    return plan.inputs.empty() ? plan.estimate : kUnknown;
}

double join_rows(double left_rows, double right_rows, const std::vector<JoinKeyEstimate>& keys) {
    double left = 0, right = 0, distinct = 1;
    for (const auto& key : keys) {
        // Of a computed value nothing is known but that a row has one.
        const double a = std::isinf(key.left) ? left_rows : key.left;
        const double b = std::isinf(key.right) ? right_rows : key.right;
        left = std::max(left, a);
        right = std::max(right, b);
        distinct *= std::max(1.0, std::isinf(key.distinct) ? std::min(a, b) : key.distinct);
    }
    if (keys.empty()) return left_rows * right_rows;
    distinct = std::min(distinct, std::max(1.0, std::min(left, right)));
    return left_rows * right_rows / distinct;
}

double estimate_of(const Plan& plan) {
    const auto input = [&plan](std::size_t i) { return plan.inputs[i]->estimate; };
    if (const auto* scan = plan.as<plan::Scan>()) return table_rows(*scan);
    if (const auto* values = plan.as<plan::Values>()) {
        return static_cast<double>(values->rows.size());
    }
    if (const auto* stored = plan.as<plan::Stored>()) {
        return stored->rows->rows > 0 ? static_cast<double>(stored->rows->rows) : 1000;
    }
    if (plan.as<plan::SetScan>() != nullptr) return input(0) * 10;
    if (const auto* filter = plan.as<plan::Filter>()) {
        double rows = input(0);
        for (const auto& part : conjuncts(filter->condition)) rows *= selectivity(part);
        return std::max(1.0, rows);
    }
    if (const auto* join = plan.as<plan::Join>()) return estimate_of_join(*join, plan);
    if (const auto* aggregate = plan.as<plan::Aggregate>()) {
        if (aggregate->keys.empty())
            return std::max<double>(1, static_cast<double>(aggregate->sets.size()));
        return std::max(1.0, std::pow(input(0), 0.8));
    }
    if (const auto* limit = plan.as<plan::Limit>()) {
        if (limit->count) return std::min(input(0), static_cast<double>(*limit->count));
        return input(0);
    }
    if (plan.as<plan::Union>() != nullptr) {
        double rows = 0;
        for (const auto& one : plan.inputs) rows += one->estimate;
        return rows;
    }
    return plan.inputs.empty() ? 1 : input(0);
}

void estimate(Plan& plan) {
    for (auto& input : plan.inputs) estimate(*input);
    plan.estimate = estimate_of(plan);
}

}  // namespace topgun::sql
