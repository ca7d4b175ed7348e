// SPDX-License-Identifier: Apache-2.0
// WITH: queries by name, recursion, and which of them are kept and which put in place.
#include <algorithm>

#include "binder_parts.hpp"

namespace topgun::sql {

void Binder::add_with(const ast::With& with, Scope& scope) {
    for (const auto& table : with.tables) bind_common_table(table, with.recursive, scope);
}

void Binder::bind_common_table(const ast::CommonTable& table, bool recursive, Scope& scope) {
    if (scope.common.contains(table.name)) {
        fail(table.offset, "WITH query name \"" + table.name + "\" specified more than once");
    }
    auto entry = std::make_shared<CommonTableEntry>();
    entry->table = &table;
    // What it sees: what stands before it, but not itself.
    auto seen = std::make_unique<Scope>();
    seen->outer = scope.outer;
    seen->common = scope.common;
    entry->scope = seen.get();
    scopes_.push_back(std::move(seen));
    const auto* operation = std::get_if<ast::SetOperation>(&table.query->body);
    if (recursive && operation != nullptr && operation->kind == ast::SetOperation::Kind::unite) {
        bind_recursive(table, *entry);
        scope.common[table.name] = std::move(entry);
        return;
    }
    auto query = bind_query(*table.query, entry->scope);
    settle_unknown(*this, query, {});
    if (table.columns.size() > query.columns.size()) {
        fail(table.offset, "WITH query \"" + table.name + "\" has " +
                               std::to_string(query.columns.size()) + " columns available but " +
                               std::to_string(table.columns.size()) + " columns specified");
    }
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        query.columns[i].name = table.columns[i];
    }
    entry->columns = query.columns;
    refresh(*query.plan);
    if (free_columns(*query.plan).empty()) {
        entry->rows = std::make_shared<StoredRows>();
        entry->rows->name = table.name;
        // Only the visible columns are kept, in their order.
        Stage stage;
        stage.result = entry->rows;
        stage.plan = visible(*this, std::move(query)).plan;
        stage.keep = table.materialize == ast::CommonTable::Materialize::always;
        stages_.push_back(std::move(stage));
    }
    scope.common[table.name] = std::move(entry);
}

namespace {

bool reads_rows(const Plan& plan, const StoredRows* rows) {
    const auto* stored = plan.as<plan::Stored>();
    if (stored != nullptr && stored->rows.get() == rows) return true;
    return std::any_of(plan.inputs.begin(), plan.inputs.end(),
                       [rows](const PlanBox& input) { return reads_rows(*input, rows); });
}

// DISTINCT groups as well, but keeps what it is given.
bool aggregates_over(const Plan& plan, const StoredRows* rows) {
    const auto* aggregate = plan.as<plan::Aggregate>();
    if (aggregate != nullptr && !aggregate->never_empty_group && reads_rows(plan, rows))
        return true;
    return std::any_of(plan.inputs.begin(), plan.inputs.end(),
                       [rows](const PlanBox& input) { return aggregates_over(*input, rows); });
}

}  // namespace

void Binder::bind_recursive(const ast::CommonTable& table, CommonTableEntry& entry) {
    const auto& operation = std::get<ast::SetOperation>(table.query->body);
    if (!table.query->order_by.empty() || table.query->limit || table.query->skip) {
        fail(table.offset, "ORDER BY and LIMIT in a recursive query are not supported",
             "put them where the query is used");
    }
    add_with(table.query->with, *entry.scope);
    auto base = bind_query(*operation.left, entry.scope);
    if (table.columns.size() > base.columns.size()) {
        fail(table.offset, "WITH query \"" + table.name + "\" has too few columns");
    }
    Stage stage;
    stage.result = std::make_shared<StoredRows>();
    stage.result->name = table.name;
    stage.working = std::make_shared<StoredRows>();
    stage.working->name = table.name;
    stage.distinct = !operation.all;
    settle_unknown(*this, base, {});
    for (std::size_t i = 0; i < table.columns.size(); ++i) base.columns[i].name = table.columns[i];
    entry.columns = base.columns;
    // Within its own definition the name means the rows of the round before.
    auto inner = std::make_unique<Scope>();
    inner->outer = entry.scope;
    auto self = std::make_shared<CommonTableEntry>(entry);
    self->rows = stage.working;
    inner->common[table.name] = self;
    auto* inner_scope = inner.get();
    scopes_.push_back(std::move(inner));
    auto step = bind_query(*operation.right, inner_scope);
    if (step.columns.size() != base.columns.size()) {
        fail(table.offset, "each UNION query must have the same number of columns");
    }
    for (std::size_t i = 0; i < base.columns.size(); ++i) {
        const auto to = base.columns[i].type;
        const auto from = step.columns[i].type;
        if (from != to && from.id != TypeId::null && !is_implicit_cast(from, to)) {
            fail(table.offset,
                 "recursive query \"" + table.name + "\" column " + std::to_string(i + 1) +
                     " has type " + type_name(to) + " in non-recursive term but type " +
                     type_name(from) + " overall",
                 "cast the output of the non-recursive term");
        }
        coerce_column(step, i, to, {});
    }
    stage.plan = visible(*this, std::move(base)).plan;
    stage.step = visible(*this, std::move(step)).plan;
    refresh(*stage.plan);
    refresh(*stage.step);
    if (!free_columns(*stage.plan).empty() || !free_columns(*stage.step).empty()) {
        fail(table.offset, "a recursive query cannot refer to the query around it");
    }
    // A round sees the rows of the round before alone, so that an aggregate of them means nothing.
    if (aggregates_over(*stage.step, stage.working.get())) {
        fail(table.offset,
             "aggregate functions are not allowed in a recursive query's recursive term",
             "aggregate its result");
    }
    entry.rows = stage.result;
    stages_.push_back(std::move(stage));
}

QueryPlan Binder::finish(PlanBox root) {
    QueryPlan out;
    out.root = std::move(root);
    out.stages = std::move(stages_);
    stages_.clear();
    refresh(*out.root);
    for (auto& stage : out.stages) {
        refresh(*stage.plan);
        if (stage.step) refresh(*stage.step);
    }
    inline_stages(out);
    return out;
}

namespace {

void count_uses(const Plan& plan, const StoredRows* rows, std::size_t& uses) {
    if (const auto* stored = plan.as<plan::Stored>();
        stored != nullptr && stored->rows.get() == rows)
        ++uses;
    for (const auto& input : plan.inputs) count_uses(*input, rows, uses);
}

// Puts the plan itself where its only user reads its rows.
bool replace_use(PlanBox& plan, const StoredRows* rows, PlanBox& with) {
    if (auto* stored = plan->as<plan::Stored>(); stored != nullptr && stored->rows.get() == rows) {
        plan::Project project;
        project.columns = plan->columns;
        for (const auto at : stored->source) {
            const auto& column = with->columns[at];
            project.values.push_back(column_of(column));
        }
        plan = make_plan(std::move(project), std::move(with));
        return true;
    }
    for (auto& input : plan->inputs) {
        if (replace_use(input, rows, with)) return true;
    }
    return false;
}

}  // namespace

// WITH queries that are used once are part of the plan that uses them; unused ones go.
void Binder::inline_stages(QueryPlan& query) {
    for (std::size_t i = query.stages.size(); i-- > 0;) {
        auto& stage = query.stages[i];
        if (stage.step) continue;
        const auto* rows = stage.result.get();
        std::size_t uses = 0, in_steps = 0;
        count_uses(*query.root, rows, uses);
        for (auto& other : query.stages) {
            if (&other == &stage) continue;
            count_uses(*other.plan, rows, uses);
            if (other.step) count_uses(*other.step, rows, in_steps);
        }
        if (uses + in_steps == 0) {
            query.stages.erase(query.stages.begin() + static_cast<std::ptrdiff_t>(i));
            continue;
        }
        if (uses != 1 || in_steps != 0 || stage.keep) continue;
        auto plan = std::move(stage.plan);
        bool done = replace_use(query.root, rows, plan);
        for (auto& other : query.stages) {
            if (!done && other.plan) done = replace_use(other.plan, rows, plan);
        }
        query.stages.erase(query.stages.begin() + static_cast<std::ptrdiff_t>(i));
    }
}

QueryPlan Binder::bind(const ast::Query& query) {
    auto bound = bind_query(query, nullptr);
    settle_unknown(*this, bound, query.offset);
    const auto columns = bound.columns;
    if (bound.plan->columns.size() != columns.size()) bound = visible(*this, std::move(bound));
    for (std::size_t i = 0; i < columns.size(); ++i) {
        bound.plan->columns[i].name = columns[i].name;
    }
    return finish(std::move(bound.plan));
}

}  // namespace topgun::sql
