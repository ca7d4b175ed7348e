// SPDX-License-Identifier: Apache-2.0
#include "decorrelate.hpp"

#include <algorithm>
#include <unordered_map>

namespace topgun::sql {
namespace {

using plan::JoinKind;
using Substitution = std::unordered_map<ColumnId, Scalar>;

Scalar column_of(const OutputColumn& column) {
    return column_scalar(column.id, column.type, column.name);
}

void substitute_all(Plan& plan, const Substitution& with) {
    for (auto& input : plan.inputs) substitute_all(*input, with);
    visit_scalars(plan, [&with](Scalar& scalar) { substitute(scalar, with); });
}

// The table D: distinct values of outer columns, and how to make one more copy of it.
struct Domain {
    const Plan* outer = nullptr;
    std::vector<OutputColumn> sources;  // columns of the outer plan
};

// The least part of a plan that has the same values of some of its columns: what lookups beside it
// add drops no row. Without this each of n subqueries would copy those before it, 3^n in all.
const Plan* narrowed(const Plan* plan, const std::vector<OutputColumn>& sources) {
    const auto passes = [&sources](const Plan& node) {
        const auto* project = node.as<plan::Project>();
        if (project == nullptr) {
            const auto* join = node.as<plan::Join>();
            return join != nullptr &&
                   (join->kind == JoinKind::left || join->kind == JoinKind::mark);
        }
        return std::all_of(sources.begin(), sources.end(), [project](const auto& source) {
            for (std::size_t i = 0; i < project->columns.size(); ++i) {
                if (project->columns[i].id != source.id) continue;
                const auto& value = project->values[i];
                return value.is_column() && value.column == source.id;
            }
            return false;
        });
    };
    while (passes(*plan)) {
        const auto* below = plan->inputs[0].get();
        const auto there = column_set(*below);
        const bool all = std::all_of(sources.begin(), sources.end(), [&there](const auto& source) {
            return there.contains(source.id);
        });
        if (!all) break;
        plan = below;
    }
    return plan;
}

class Decorrelator {
public:
    explicit Decorrelator(const std::function<ColumnId()>& new_id) : new_id_(new_id) {}

    Status run(PlanBox& plan) {
        for (auto& input : plan->inputs) TOPGUN_TRY(run(input));
        auto* join = plan->as<plan::Join>();
        if (join == nullptr || !join->dependent) return {};
        refresh(*plan);
        join->dependent = false;
        auto& left = *plan->inputs[0];
        const auto free = free_columns(*plan->inputs[1]);
        Domain domain;
        domain.outer = &left;
        for (const auto& column : left.columns) {
            if (free.contains(column.id)) domain.sources.push_back(column);
        }
        if (domain.sources.empty()) return {};
        domain.outer = narrowed(domain.outer, domain.sources);
        if (simple_set_scan(plan)) return {};
        if (pull_up(plan)) return {};
        if (join->kind == JoinKind::mark && join->null_aware) return in_list(plan);
        if (grouped_lookup(plan)) return {};
        return general(plan, domain);
    }

private:
    OutputColumn renamed(const OutputColumn& column) {
        return {new_id_(), column.name, column.type};
    }

    // generate_series(1, t.n) beside t: no join at all.
    static bool simple_set_scan(PlanBox& plan) {
        auto& join = *plan->as<plan::Join>();
        auto& right = plan->inputs[1];
        const bool always = join.condition == boolean_scalar(true);
        if (join.kind != JoinKind::inner || !always || right->as<plan::SetScan>() == nullptr) {
            return false;
        }
        const auto* values = right->inputs[0]->as<plan::Values>();
        if (values == nullptr || values->rows.size() != 1 || !values->rows[0].empty()) return false;
        auto set = std::move(right);
        set->inputs[0] = std::move(plan->inputs[0]);
        plan = std::move(set);
        refresh_node(*plan);
        return true;
    }

    // Conditions on outer columns that stand at the top of the subquery become the join's.
    bool pull_up(PlanBox& plan) {
        auto& join = *plan->as<plan::Join>();
        if (join.null_aware) return false;
        const auto outer = column_set(*plan->inputs[0]);
        const auto reads_outer = [&outer](const Scalar& scalar) {
            std::set<ColumnId> columns;
            add_columns(scalar, columns);
            return std::any_of(columns.begin(), columns.end(),
                               [&outer](ColumnId id) { return outer.contains(id); });
        };
        // Filters and projections from the top downwards, without changing anything yet.
        std::vector<Scalar> pulled;
        std::vector<Plan*> projections;
        Plan* at = plan->inputs[1].get();
        for (;;) {
            if (auto* filter = at->as<plan::Filter>()) {
                for (auto& part : conjuncts(filter->condition)) {
                    if (reads_outer(part)) pulled.push_back(std::move(part));
                }
            } else if (auto* project = at->as<plan::Project>()) {
                for (const auto& value : project->values) {
                    if (reads_outer(value)) return false;
                }
                projections.push_back(at);
            } else {
                break;
            }
            at = at->inputs[0].get();
        }
        for (const auto id : free_columns(*at)) {
            if (outer.contains(id)) return false;
        }
        take_out(*plan->inputs[1], reads_outer);
        // What the conditions read has to come out at the top.
        std::set<ColumnId> wanted;
        for (const auto& part : pulled) add_columns(part, wanted);
        for (auto project = projections.rbegin(); project != projections.rend(); ++project) {
            pass_through(**project, wanted);
        }
        pulled.push_back(join.condition);
        std::erase_if(pulled, [](const Scalar& part) { return part == boolean_scalar(true); });
        join.condition = all_of(std::move(pulled));
        refresh(*plan);
        return true;
    }

    template <typename Reads>
    static void take_out(Plan& plan, const Reads& reads_outer) {
        if (auto* filter = plan.as<plan::Filter>()) {
            std::vector<Scalar> kept;
            for (auto& part : conjuncts(filter->condition)) {
                if (!reads_outer(part)) kept.push_back(std::move(part));
            }
            filter->condition = all_of(std::move(kept));
        } else if (plan.as<plan::Project>() == nullptr) {
            return;
        }
        take_out(*plan.inputs[0], reads_outer);
    }

    // Adds the wanted columns that the input has and the projection lacks.
    static void pass_through(Plan& plan, const std::set<ColumnId>& wanted) {
        auto& project = *plan.as<plan::Project>();
        refresh(*plan.inputs[0]);
        for (const auto& column : plan.inputs[0]->columns) {
            const bool there =
                std::any_of(project.columns.begin(), project.columns.end(),
                            [&column](const auto& mine) { return mine.id == column.id; });
            if (!wanted.contains(column.id) || there) continue;
            project.values.push_back(column_of(column));
            project.columns.push_back(column);
        }
        refresh_node(plan);
    }

    // x IN (correlated): NULLs need all of the subquery's rows for each x.
    Status in_list(PlanBox& plan) {
        auto& join = *plan->as<plan::Join>();
        plan::Aggregate node;
        plan::Aggregate::Call call;
        const ArgumentType types[] = {{TypeId::boolean, false}};
        auto resolved = resolve_aggregate("$any_true", types, {});
        TOPGUN_ASSERT(resolved.has_value(), "the planner's own aggregates exist");
        call.function = std::move(*resolved);
        call.arguments.push_back(std::move(join.condition));
        call.column = *join.mark;
        node.calls.push_back(std::move(call));
        plan->inputs[1] = make_plan(std::move(node), std::move(plan->inputs[1]));
        join.kind = JoinKind::left;
        join.condition = boolean_scalar(true);
        join.mark.reset();
        join.null_aware = false;
        join.dependent = true;
        refresh(*plan);
        return run_here(plan);
    }
    // The same as run(), for a join whose inputs are done.
    Status run_here(PlanBox& plan) {
        auto* join = plan->as<plan::Join>();
        join->dependent = false;
        const auto free = free_columns(*plan->inputs[1]);
        Domain domain;
        domain.outer = plan->inputs[0].get();
        for (const auto& column : plan->inputs[0]->columns) {
            if (free.contains(column.id)) domain.sources.push_back(column);
        }
        if (domain.sources.empty()) return {};
        domain.outer = narrowed(domain.outer, domain.sources);
        return general(plan, domain);
    }

    // (SELECT sum(x) FROM s WHERE s.k = t.k): grouped by s.k, then looked up.
    bool grouped_lookup(PlanBox& plan) {
        auto& join = *plan->as<plan::Join>();
        if (join.kind != JoinKind::left || !(join.condition == boolean_scalar(true))) return false;
        // Projections may stand above the aggregate, where they read no outer column.
        const auto outer = column_set(*plan->inputs[0]);
        std::vector<Plan*> above;
        Plan* at = plan->inputs[1].get();
        while (at->as<plan::Project>() != nullptr) {
            above.push_back(at);
            at = at->inputs[0].get();
        }
        auto* aggregate = at->as<plan::Aggregate>();
        const bool plain = aggregate != nullptr && aggregate->keys.empty() &&
                           aggregate->sets.empty() && !aggregate->never_empty_group;
        if (!plain) return false;
        // Whether there is a second row matters only for keys that are looked up.
        for (const auto& call : aggregate->calls) {
            if (call.function.function->name == "$single") return false;
        }
        const auto none_outer = [&outer](const Scalar& scalar) {
            std::set<ColumnId> columns;
            add_columns(scalar, columns);
            return std::none_of(columns.begin(), columns.end(),
                                [&outer](ColumnId id) { return outer.contains(id); });
        };
        for (auto* project : above) {
            for (const auto& value : project->as<plan::Project>()->values) {
                if (!none_outer(value)) return false;
            }
        }
        bool clean = true;
        visit_scalars(*at, [&](const Scalar& scalar) { clean = clean && none_outer(scalar); });
        // Below: projections of nothing but inner columns, then filters.
        auto* below = at->inputs[0].get();
        while (clean && below->as<plan::Project>() != nullptr) {
            for (const auto& value : below->as<plan::Project>()->values) {
                clean = clean && none_outer(value);
            }
            below = below->inputs[0].get();
        }
        auto* filter = below->as<plan::Filter>();
        if (!clean || filter == nullptr) return false;
        for (const auto id : free_columns(*below->inputs[0])) {
            if (outer.contains(id)) return false;
        }
        std::vector<Scalar> kept, inner_keys, outer_keys;
        for (auto& part : conjuncts(filter->condition)) {
            if (none_outer(part)) {
                kept.push_back(std::move(part));
                continue;
            }
            const bool equality = part.kind == Scalar::Kind::call && part.function->name == "=" &&
                                  part.children.size() == 2;
            if (!equality) return false;
            for (const bool swapped : {false, true}) {
                const auto& a = part.children[swapped ? 1 : 0];
                const auto& b = part.children[swapped ? 0 : 1];
                std::set<ColumnId> of_b;
                add_columns(b, of_b);
                const bool all_outer =
                    !of_b.empty() && std::all_of(of_b.begin(), of_b.end(), [&outer](ColumnId id) {
                        return outer.contains(id);
                    });
                if (!none_outer(a) || !all_outer) continue;
                inner_keys.push_back(a);
                outer_keys.push_back(b);
                break;
            }
        }
        if (inner_keys.empty() ||
            kept.size() + inner_keys.size() != conjuncts(filter->condition).size()) {
            return false;
        }
        filter->condition = all_of(std::move(kept));
        std::set<ColumnId> wanted;
        for (const auto& key : inner_keys) add_columns(key, wanted);
        std::vector<Plan*> between;
        for (auto* p = at->inputs[0].get(); p != below; p = p->inputs[0].get()) {
            between.push_back(p);
        }
        for (auto p = between.rbegin(); p != between.rend(); ++p) pass_through(**p, wanted);
        std::vector<Scalar> conditions;
        for (std::size_t i = 0; i < inner_keys.size(); ++i) {
            const OutputColumn key{new_id_(), to_text(inner_keys[i]), inner_keys[i].type};
            aggregate->keys.push_back(std::move(inner_keys[i]));
            aggregate->key_columns.push_back(key);
            conditions.push_back(equal_scalar(std::move(outer_keys[i]), column_of(key), 0));
        }
        refresh(*at);
        join.condition = all_of(std::move(conditions));
        refresh(*plan);
        restore_empty(plan, *at, above);
        return true;
    }

    // Groups that no row made: their counts are 0, not NULL, and what is computed from an aggregate
    // is to be computed for them, too: above the join.
    void restore_empty(PlanBox& plan, Plan& aggregate, const std::vector<Plan*>& above) {
        const auto defaults = empty_results(aggregate);
        if (!defaults.empty() || !above.empty()) {
            lift_projections(plan, above, aggregate, defaults);
        }
    }

    // What calls give for no rows, where that is not NULL, in terms of the calls' columns. A count
    // beside them tells whether the group was there: a result may be NULL all the same.
    Substitution empty_results(Plan& aggregate) {
        Substitution out;
        auto& node = *aggregate.as<plan::Aggregate>();
        std::optional<OutputColumn> rows;
        for (std::size_t i = 0, calls = node.calls.size(); i < calls; ++i) {
            const auto column = node.calls[i].column;
            auto states = make_accumulators(node.calls[i].function);
            states->resize(1);
            Column result(column.type);
            const auto status = states->finish(0, result);
            if (!status || result.is_null(0)) continue;
            if (!rows) rows = add_count(node);
            Scalar missing, value;
            missing.kind = Scalar::Kind::is_null;
            missing.type = TypeId::boolean;
            missing.children.push_back(column_of(*rows));
            value.kind = Scalar::Kind::choose;
            value.type = column.type;
            value.children.push_back(std::move(missing));
            value.children.push_back(constant_scalar(std::move(result)));
            value.children.push_back(column_of(column));
            out.emplace(column.id, std::move(value));
        }
        refresh_node(aggregate);
        return out;
    }

    OutputColumn add_count(plan::Aggregate& node) {
        plan::Aggregate::Call call;
        auto resolved = resolve_aggregate("count", {}, {});
        TOPGUN_ASSERT(resolved.has_value(), "count(*) exists");
        call.function = std::move(*resolved);
        call.column = {new_id_(), "count", TypeId::bigint};
        node.calls.push_back(call);
        return call.column;
    }

    // Join(left, P1(P2(aggregate))) becomes P(Join(left, aggregate)): what is computed from the
    // aggregate is computed for rows without a group as well.
    void lift_projections(PlanBox& plan, const std::vector<Plan*>& above, Plan& aggregate,
                          const Substitution& defaults) {
        plan::Project lifted;
        for (const auto& column : plan->inputs[0]->columns) {
            lifted.columns.push_back(column);
            lifted.values.push_back(column_of(column));
        }
        // From the aggregate upwards, each projection in terms of the aggregate's columns.
        Substitution values = defaults;
        for (auto p = above.rbegin(); p != above.rend(); ++p) {
            const auto& project = *(*p)->as<plan::Project>();
            Substitution next = defaults;
            for (std::size_t i = 0; i < project.values.size(); ++i) {
                auto value = project.values[i];
                substitute(value, values);
                next[project.columns[i].id] = std::move(value);
            }
            values = std::move(next);
        }
        // The columns that stood at the top of the right side.
        const auto top = above.empty() ? aggregate.columns : above.front()->columns;
        PlanBox bare;
        if (above.empty()) {
            bare = std::move(plan->inputs[1]);
        } else {
            auto* last = above.back();
            bare = std::move(last->inputs[0]);
        }
        plan->inputs[1] = std::move(bare);
        // The lifted projection gives the aggregate's columns new values, so the join's have to be
        // read under other numbers.
        Substitution fresh;
        for (auto& column : plan->inputs[1]->columns) {
            if (!defaults.contains(column.id)) continue;
            auto other = renamed(column);
            fresh.emplace(column.id, column_of(other));
            for (auto& call : plan->inputs[1]->as<plan::Aggregate>()->calls) {
                if (call.column.id == column.id) call.column = other;
            }
        }
        refresh_node(*plan->inputs[1]);
        for (const auto& column : top) {
            auto value = values.contains(column.id) ? values.at(column.id) : column_of(column);
            substitute(value, fresh);
            lifted.columns.push_back(column);
            lifted.values.push_back(std::move(value));
        }
        refresh(*plan);
        plan = make_plan(std::move(lifted), std::move(plan));
    }

    // One more copy of D, with columns of its own.
    PlanBox make_domain(const Domain& domain, std::vector<OutputColumn>& columns) {
        plan::Aggregate node;
        columns.clear();
        for (const auto& source : domain.sources) {
            node.keys.push_back(column_of(source));
            node.key_columns.push_back(renamed(source));
        }
        columns = node.key_columns;
        node.never_empty_group = true;
        return make_plan(std::move(node), copy_plan(*domain.outer));
    }

    static Scalar same_domain(const std::vector<OutputColumn>& a,
                              const std::vector<OutputColumn>& b) {
        std::vector<Scalar> conditions;
        for (std::size_t i = 0; i < a.size(); ++i) {
            conditions.push_back(same_scalar(column_of(a[i]), column_of(b[i])));
        }
        return all_of(std::move(conditions));
    }

    Status general(PlanBox& plan, const Domain& domain) {
        std::vector<OutputColumn> columns;
        auto pushed = push(domain, std::move(plan->inputs[1]), columns);
        if (!pushed) return std::move(pushed).error();
        plan->inputs[1] = std::move(*pushed);
        auto& join = *plan->as<plan::Join>();
        // The join's own condition may read both sides: the right one's outer columns are D's now.
        std::vector<Scalar> conditions;
        conditions.push_back(same_domain(domain.sources, columns));
        if (!(join.condition == boolean_scalar(true))) conditions.push_back(join.condition);
        join.condition = all_of(std::move(conditions));
        refresh(*plan);
        return {};
    }

    bool reads(const Plan& plan, const Domain& domain) const {
        const auto free = free_columns(plan);
        return std::any_of(domain.sources.begin(), domain.sources.end(),
                           [&free](const auto& column) { return free.contains(column.id); });
    }

    // Replaces outer columns in the node's own expressions by those of D.
    static void take_domain(Plan& node, const Domain& domain,
                            const std::vector<OutputColumn>& columns) {
        Substitution with;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            with.emplace(domain.sources[i].id, column_of(columns[i]));
        }
        visit_scalars(node, [&with](Scalar& scalar) { substitute(scalar, with); });
    }

    // The plan for all rows of D at once: its rows, each with the columns of D that it is for.
    Result<PlanBox> push(const Domain& domain, PlanBox plan, std::vector<OutputColumn>& columns) {
        refresh(*plan);
        if (!reads(*plan, domain)) {
            plan::Join join;
            join.condition = boolean_scalar(true);
            auto rows = make_domain(domain, columns);
            return make_plan(std::move(join), std::move(rows), std::move(plan));
        }
        if (plan->as<plan::Join>() != nullptr) {
            return push_join(domain, std::move(plan), columns);
        }
        if (plan->as<plan::Union>() != nullptr) {
            return push_union(domain, std::move(plan), columns);
        }
        if (plan->as<plan::Limit>() != nullptr) {
            return push_limit(domain, std::move(plan), columns);
        }
        if (plan->inputs.empty()) {
            // Constants that are not: a row of expressions over outer columns.
            return Error(Errc::usage, "VALUES with several rows cannot refer to the outer query");
        }
        auto pushed = push(domain, std::move(plan->inputs[0]), columns);
        if (!pushed) return pushed;
        plan->inputs[0] = std::move(*pushed);
        take_domain(*plan, domain, columns);
        if (auto* project = plan->as<plan::Project>()) {
            for (const auto& column : columns) {
                project->values.push_back(column_of(column));
                project->columns.push_back(column);
            }
        } else if (auto* window = plan->as<plan::Window>()) {
            for (const auto& column : columns) window->partition.push_back(column_of(column));
        } else if (plan->as<plan::Aggregate>() != nullptr) {
            return push_aggregate(domain, std::move(plan), columns);
        }
        refresh_node(*plan);
        return plan;
    }

    Result<PlanBox> push_aggregate(const Domain& domain, PlanBox plan,
                                   std::vector<OutputColumn>& columns) {
        auto& aggregate = *plan->as<plan::Aggregate>();
        const bool always_a_row =
            aggregate.keys.empty() && aggregate.sets.empty() && !aggregate.never_empty_group;
        // Sets of nothing have a row for no rows, too.
        std::vector<std::size_t> empty_sets;
        for (std::size_t set = 0; set < aggregate.sets.size(); ++set) {
            if (aggregate.sets[set].empty()) empty_sets.push_back(set);
        }
        std::vector<OutputColumn> keys;
        for (const auto& column : columns) {
            for (auto& set : aggregate.sets) set.push_back(aggregate.keys.size());
            aggregate.keys.push_back(column_of(column));
            keys.push_back(renamed(column));
            aggregate.key_columns.push_back(keys.back());
        }
        refresh_node(*plan);
        columns = keys;
        if (!empty_sets.empty()) {
            return with_empty_sets(domain, std::move(plan), empty_sets, columns);
        }
        if (!always_a_row) return plan;
        // Rows of D without any row below have a group all the same.
        std::vector<OutputColumn> own;
        plan::Project project;
        auto calls = restored_calls(*plan);
        auto rows = make_domain(domain, own);
        plan::Join join;
        join.kind = JoinKind::left;
        join.condition = same_domain(own, keys);
        auto joined = make_plan(std::move(join), std::move(rows), std::move(plan));
        for (const auto& column : own) add_value(project, column, column_of(column));
        for (auto& [column, value] : calls) add_value(project, column, std::move(value));
        columns = own;
        return make_plan(std::move(project), std::move(joined));
    }

    static void add_value(plan::Project& project, const OutputColumn& column, Scalar value) {
        project.columns.push_back(column);
        project.values.push_back(std::move(value));
    }

    // Gives an aggregate's calls new columns, and returns for each of the old ones what it is where
    // a join above may have added rows that the aggregate lacks.
    std::vector<std::pair<OutputColumn, Scalar>> restored_calls(Plan& plan) {
        const auto results = plan.as<plan::Aggregate>()->calls;
        const auto defaults = empty_results(plan);
        Substitution fresh;
        for (auto& call : plan.as<plan::Aggregate>()->calls) {
            auto other = renamed(call.column);
            fresh.emplace(call.column.id, column_of(other));
            call.column = other;
        }
        refresh_node(plan);
        std::vector<std::pair<OutputColumn, Scalar>> out;
        for (const auto& call : results) {
            auto value = defaults.contains(call.column.id) ? defaults.at(call.column.id)
                                                           : column_of(call.column);
            substitute(value, fresh);
            out.emplace_back(call.column, std::move(value));
        }
        return out;
    }

    static Scalar either(const OutputColumn& a, const OutputColumn& b) {
        Scalar out;
        out.kind = Scalar::Kind::coalesce;
        out.type = a.type;
        out.children.push_back(column_of(a));
        out.children.push_back(column_of(b));
        return out;
    }

    // Each row of D has a row of each of these sets: D times their numbers, joined in full, for
    // the other sets' rows have none of them. The last of `columns.size()` keys are D's.
    Result<PlanBox> with_empty_sets(const Domain& domain, PlanBox plan,
                                    const std::vector<std::size_t>& sets,
                                    std::vector<OutputColumn>& columns) {
        auto calls = restored_calls(*plan);
        auto& aggregate = *plan->as<plan::Aggregate>();
        const auto set_index = aggregate.set_index;
        aggregate.set_index = renamed(set_index);
        const auto made = aggregate.set_index;
        const auto own_keys = aggregate.key_columns.size() - columns.size();
        const std::vector<OutputColumn> keys(
            aggregate.key_columns.begin(),
            aggregate.key_columns.begin() + static_cast<std::ptrdiff_t>(own_keys));
        refresh_node(*plan);
        const auto number = renamed(set_index);
        plan::Values numbers;
        for (const auto set : sets) {
            numbers.rows.push_back({integer_scalar(static_cast<std::int64_t>(set))});
        }
        auto values = make_plan(std::move(numbers));
        values->columns.push_back(number);
        std::vector<OutputColumn> own;
        plan::Join product, full;
        product.condition = boolean_scalar(true);
        auto wanted = make_plan(std::move(product), make_domain(domain, own), std::move(values));
        full.kind = JoinKind::full;
        std::vector<Scalar> conditions;
        conditions.push_back(same_domain(own, columns));
        conditions.push_back(same_scalar(column_of(number), column_of(made)));
        full.condition = all_of(std::move(conditions));
        auto joined = make_plan(std::move(full), std::move(wanted), std::move(plan));
        plan::Project project;
        for (const auto& key : keys) add_value(project, key, column_of(key));
        add_value(project, set_index, either(made, number));
        for (auto& [column, value] : calls) add_value(project, column, std::move(value));
        for (std::size_t i = 0; i < own.size(); ++i) {
            const auto merged = renamed(own[i]);
            add_value(project, merged, either(own[i], columns[i]));
            columns[i] = merged;
        }
        return make_plan(std::move(project), std::move(joined));
    }

    Result<PlanBox> push_join(const Domain& domain, PlanBox plan,
                              std::vector<OutputColumn>& columns) {
        auto& join = *plan->as<plan::Join>();
        const bool right_reads = reads(*plan->inputs[1], domain);
        const bool left_reads = reads(*plan->inputs[0], domain);
        const bool only_right = right_reads && !left_reads && join.kind == JoinKind::inner;
        if (only_right) {
            auto pushed = push(domain, std::move(plan->inputs[1]), columns);
            if (!pushed) return pushed;
            plan->inputs[1] = std::move(*pushed);
            take_domain(*plan, domain, columns);
            refresh_node(*plan);
            return plan;
        }
        auto left = push(domain, std::move(plan->inputs[0]), columns);
        if (!left) return left;
        plan->inputs[0] = std::move(*left);
        const bool both = right_reads || join.kind == JoinKind::full;
        std::vector<OutputColumn> of_right;
        if (both) {
            auto right = push(domain, std::move(plan->inputs[1]), of_right);
            if (!right) return right;
            plan->inputs[1] = std::move(*right);
        }
        take_domain(*plan, domain, columns);
        if (both) {
            std::vector<Scalar> conditions;
            conditions.push_back(same_domain(columns, of_right));
            conditions.push_back(std::move(join.condition));
            join.condition = all_of(std::move(conditions));
        }
        refresh_node(*plan);
        if (join.kind != JoinKind::full) return plan;
        // Rows of either side alone have D's columns on that side.
        plan::Project project;
        std::vector<OutputColumn> merged;
        for (const auto& column : plan->columns) {
            project.columns.push_back(column);
            project.values.push_back(column_of(column));
        }
        for (std::size_t i = 0; i < columns.size(); ++i) {
            merged.push_back(renamed(columns[i]));
            add_value(project, merged.back(), either(columns[i], of_right[i]));
        }
        columns = merged;
        return make_plan(std::move(project), std::move(plan));
    }

    Result<PlanBox> push_union(const Domain& domain, PlanBox plan,
                               std::vector<OutputColumn>& columns) {
        auto& all = *plan->as<plan::Union>();
        std::vector<OutputColumn> merged;
        for (const auto& source : domain.sources) merged.push_back(renamed(source));
        for (std::size_t i = 0; i < plan->inputs.size(); ++i) {
            std::vector<OutputColumn> own;
            auto pushed = push(domain, std::move(plan->inputs[i]), own);
            if (!pushed) return pushed;
            plan->inputs[i] = std::move(*pushed);
            for (const auto& column : own) all.sources[i].push_back(column.id);
        }
        all.columns.insert(all.columns.end(), merged.begin(), merged.end());
        columns = merged;
        refresh_node(*plan);
        return plan;
    }

    // The first rows for each row of D: by number within it.
    Result<PlanBox> push_limit(const Domain& domain, PlanBox plan,
                               std::vector<OutputColumn>& columns) {
        const auto limit = *plan->as<plan::Limit>();
        auto input = std::move(plan->inputs[0]);
        plan::Window window;
        if (auto* sort = input->as<plan::Sort>()) {
            window.order = sort->order;
            auto below = std::move(input->inputs[0]);
            input = std::move(below);
        }
        auto pushed = push(domain, std::move(input), columns);
        if (!pushed) return pushed;
        for (const auto& column : columns) window.partition.push_back(column_of(column));
        plan::Window::Call call;
        auto resolved = resolve_window(limit.ties.empty() ? "row_number" : "rank", {});
        TOPGUN_ASSERT(resolved.has_value(), "row_number takes no arguments");
        call.function = std::move(*resolved);
        call.column = {new_id_(), "row_number", TypeId::bigint};
        const auto number = column_of(call.column);
        window.calls.push_back(std::move(call));
        auto out = make_plan(std::move(window), std::move(*pushed));
        take_domain(*out, domain, columns);
        std::vector<Scalar> conditions;
        const auto compare = [&](std::string_view op, std::uint64_t bound) {
            const ArgumentType types[] = {{TypeId::bigint, false}, {TypeId::bigint, false}};
            auto function = resolve(op, types);
            TOPGUN_ASSERT(function.has_value(), "integers can be compared");
            std::vector<Scalar> sides;
            sides.push_back(number);
            sides.push_back(integer_scalar(static_cast<std::int64_t>(bound)));
            return call_scalar(*function, std::move(sides), 0);
        };
        if (limit.skip > 0) conditions.push_back(compare(">", limit.skip));
        if (limit.count) conditions.push_back(compare("<=", limit.skip + *limit.count));
        return make_plan(plan::Filter{all_of(std::move(conditions))}, std::move(out));
    }

    const std::function<ColumnId()>& new_id_;
};

}  // namespace

Status decorrelate(PlanBox& plan, const std::function<ColumnId()>& new_id) {
    auto status = Decorrelator(new_id).run(plan);
    if (status) refresh(*plan);
    return status;
}

}  // namespace topgun::sql
