// SPDX-License-Identifier: Apache-2.0
#include "rules.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

#include "estimate.hpp"
#include "join_order.hpp"

namespace topgun::sql {
namespace {

using plan::JoinKind;

std::set<ColumnId> columns_of(const Scalar& scalar) {
    std::set<ColumnId> out;
    add_columns(scalar, out);
    return out;
}

bool within(const std::set<ColumnId>& columns, const std::set<ColumnId>& all) {
    return std::includes(all.begin(), all.end(), columns.begin(), columns.end());
}
bool touches(const std::set<ColumnId>& columns, const std::set<ColumnId>& some) {
    return std::any_of(columns.begin(), columns.end(),
                       [&some](ColumnId id) { return some.contains(id); });
}

// A value that is NULL whenever one of the columns is.
bool is_strict_in(const Scalar& scalar, const std::set<ColumnId>& columns) {
    switch (scalar.kind) {
        case Scalar::Kind::column: return columns.contains(scalar.column);
        case Scalar::Kind::cast: return is_strict_in(scalar.children[0], columns);
        case Scalar::Kind::call: {
            constexpr std::string_view kStrict[] = {
                "=", "<", ">",  "<=",  ">=", "<>",    "+",    "-",
                "*", "/", "~~", "->>", "->", "lower", "upper"};
            const bool strict = std::find(std::begin(kStrict), std::end(kStrict),
                                          scalar.function->name) != std::end(kStrict);
            return strict && std::any_of(scalar.children.begin(), scalar.children.end(),
                                         [&columns](const Scalar& child) {
                                             return is_strict_in(child, columns);
                                         });
        }
        default: return false;
    }
}

// A condition that is never true for a row in which all of the columns are NULL.
bool rejects_null(const Scalar& condition, const std::set<ColumnId>& columns) {
    if (condition.kind == Scalar::Kind::is_null) {
        return condition.negated && is_strict_in(condition.children[0], columns);
    }
    return condition.type.id == TypeId::boolean && is_strict_in(condition, columns);
}

void add_disjuncts(const Scalar& scalar, std::vector<Scalar>& to) {
    if (scalar.kind != Scalar::Kind::any_of) return to.push_back(scalar);
    for (const auto& child : scalar.children) add_disjuncts(child, to);
}
std::vector<std::vector<Scalar>> branches_of(const Scalar& scalar) {
    std::vector<Scalar> branches;
    add_disjuncts(scalar, branches);
    std::vector<std::vector<Scalar>> out;
    for (auto& branch : branches) out.push_back(conjuncts(std::move(branch)));
    return out;
}
Scalar any_of(std::vector<std::vector<Scalar>> branches, const Scalar& like) {
    if (branches.size() == 1) return all_of(std::move(branches[0]));
    Scalar out;
    out.kind = Scalar::Kind::any_of;
    out.type = like.type;
    out.offset = like.offset;
    for (auto& branch : branches) out.children.push_back(all_of(std::move(branch)));
    return out;
}
bool has(const std::vector<Scalar>& parts, const Scalar& part) {
    return std::find(parts.begin(), parts.end(), part) != parts.end();
}

// The operands of an AND. Where one is (a AND b) OR (a AND c), it comes as a, b OR c: what every
// branch asks for may be a join's key. This holds for NULL as well.
std::vector<Scalar> factors(Scalar condition) {
    std::vector<Scalar> out;
    for (auto& part : conjuncts(std::move(condition))) {
        if (part.kind != Scalar::Kind::any_of || is_volatile(part)) {
            out.push_back(std::move(part));
            continue;
        }
        auto branches = branches_of(part);
        std::vector<Scalar> common;
        for (const auto& candidate : branches[0]) {
            const bool everywhere =
                std::all_of(branches.begin(), branches.end(),
                            [&candidate](const auto& branch) { return has(branch, candidate); });
            if (everywhere && !has(common, candidate)) common.push_back(candidate);
        }
        bool decided = false;
        for (auto& branch : branches) {
            std::erase_if(branch, [&common](const Scalar& one) { return has(common, one); });
            decided = decided || branch.empty();
        }
        if (!decided) out.push_back(common.empty() ? std::move(part) : any_of(branches, part));
        for (auto& one : common) out.push_back(std::move(one));
    }
    return out;
}

// What a condition on several relations says of one of them: each branch of an OR must ask for
// something that only reads `columns`. Implied by the condition, which is still to be checked.
std::optional<Scalar> implied(const Scalar& condition, const std::set<ColumnId>& columns) {
    if (condition.kind != Scalar::Kind::any_of || is_volatile(condition)) return std::nullopt;
    auto branches = branches_of(condition);
    for (auto& branch : branches) {
        std::erase_if(branch, [&columns](const Scalar& part) {
            const auto reads = columns_of(part);
            return reads.empty() || !within(reads, columns);
        });
        if (branch.empty()) return std::nullopt;
    }
    return any_of(std::move(branches), condition);
}

class Pushdown {
public:
    // Makes `plan` give only the rows for which all conditions hold.
    void run(PlanBox& plan, std::vector<Scalar> conditions) {
        std::erase_if(conditions, is_true);
        if (auto* filter = plan->as<plan::Filter>()) {
            for (auto& part : factors(std::move(filter->condition))) {
                conditions.push_back(std::move(part));
            }
            auto input = std::move(plan->inputs[0]);
            plan = std::move(input);
            return run(plan, std::move(conditions));
        }
        std::vector<Scalar> stay;
        take_volatile(conditions, stay);
        if (plan->as<plan::Project>() != nullptr) {
            project(*plan, std::move(conditions), stay);
        } else if (auto* join = plan->as<plan::Join>()) {
            if (join->kind == JoinKind::inner)
                inner_joins(plan, std::move(conditions));
            else
                outer_join(plan, std::move(conditions), stay);
        } else if (plan->as<plan::Aggregate>() != nullptr) {
            aggregate(*plan, std::move(conditions), stay);
        } else if (auto* window = plan->as<plan::Window>()) {
            std::set<ColumnId> keys;
            for (const auto& key : window->partition) {
                if (key.is_column()) keys.insert(key.column);
            }
            below_if(*plan, std::move(conditions), stay, keys);
        } else if (plan->as<plan::Union>() != nullptr) {
            unite(*plan, conditions);
        } else if (plan->as<plan::Sort>() != nullptr) {
            run(plan->inputs[0], std::move(conditions));
        } else if (plan->as<plan::SetScan>() != nullptr) {
            const auto columns = column_set(*plan->inputs[0]);
            below_if(*plan, std::move(conditions), stay, columns);
        } else {
            for (auto& part : conditions) stay.push_back(std::move(part));
            for (auto& input : plan->inputs) run(input, {});
            if (auto* scan = plan->as<plan::Scan>()) scan->hints = stay;
        }
        refresh_node(*plan);
        if (stay.empty()) return;
        plan = make_plan(plan::Filter{all_of(std::move(stay))}, std::move(plan));
    }

private:
    static void take_volatile(std::vector<Scalar>& conditions, std::vector<Scalar>& stay) {
        for (auto& part : conditions) {
            if (is_volatile(part)) stay.push_back(part);
        }
        std::erase_if(conditions, [](const Scalar& part) { return is_volatile(part); });
    }

    void below_if(Plan& plan, std::vector<Scalar> conditions, std::vector<Scalar>& stay,
                  const std::set<ColumnId>& columns) {
        std::vector<Scalar> below;
        for (auto& part : conditions) {
            const auto reads = columns_of(part);
            (!reads.empty() && within(reads, columns) ? below : stay).push_back(std::move(part));
        }
        run(plan.inputs[0], std::move(below));
    }

    void project(Plan& plan, std::vector<Scalar> conditions, std::vector<Scalar>& stay) {
        const auto& node = *plan.as<plan::Project>();
        std::unordered_map<ColumnId, Scalar> values;
        std::set<ColumnId> random;
        for (std::size_t i = 0; i < node.values.size(); ++i) {
            values.emplace(node.columns[i].id, node.values[i]);
            if (is_volatile(node.values[i])) random.insert(node.columns[i].id);
        }
        std::vector<Scalar> below;
        for (auto& part : conditions) {
            if (touches(columns_of(part), random)) {
                stay.push_back(std::move(part));
                continue;
            }
            substitute(part, values);
            below.push_back(std::move(part));
        }
        run(plan.inputs[0], std::move(below));
    }

    void aggregate(Plan& plan, std::vector<Scalar> conditions, std::vector<Scalar>& stay) {
        const auto& node = *plan.as<plan::Aggregate>();
        std::unordered_map<ColumnId, Scalar> keys;
        std::set<ColumnId> ids;
        if (node.sets.empty()) {
            for (std::size_t i = 0; i < node.keys.size(); ++i) {
                keys.emplace(node.key_columns[i].id, node.keys[i]);
                ids.insert(node.key_columns[i].id);
            }
        }
        std::vector<Scalar> below;
        for (auto& part : conditions) {
            const auto reads = columns_of(part);
            if (reads.empty() || !within(reads, ids)) {
                stay.push_back(std::move(part));
                continue;
            }
            substitute(part, keys);
            below.push_back(std::move(part));
        }
        run(plan.inputs[0], std::move(below));
    }

    void unite(Plan& plan, const std::vector<Scalar>& conditions) {
        const auto& node = *plan.as<plan::Union>();
        for (std::size_t i = 0; i < plan.inputs.size(); ++i) {
            std::unordered_map<ColumnId, Scalar> with;
            for (std::size_t c = 0; c < node.columns.size(); ++c) {
                const auto& column = node.columns[c];
                with.emplace(column.id,
                             column_scalar(node.sources[i][c], column.type, column.name));
            }
            auto own = conditions;
            for (auto& part : own) substitute(part, with);
            run(plan.inputs[i], std::move(own));
        }
    }

    // left, full, semi, anti, mark.
    void outer_join(PlanBox& plan, std::vector<Scalar> conditions, std::vector<Scalar>& stay) {
        auto& join = *plan->as<plan::Join>();
        const auto left = column_set(*plan->inputs[0]), right = column_set(*plan->inputs[1]);
        if (join.kind == JoinKind::left &&
            std::any_of(conditions.begin(), conditions.end(),
                        [&right](const Scalar& part) { return rejects_null(part, right); })) {
            join.kind = JoinKind::inner;
            return inner_joins(plan, std::move(conditions));
        }
        std::vector<Scalar> to_left, to_right;
        if (join.kind == JoinKind::mark) use_mark(join, conditions);
        for (auto& part : conditions) {
            const bool down = join.kind != JoinKind::full && within(columns_of(part), left);
            (down ? to_left : stay).push_back(std::move(part));
        }
        std::vector<Scalar> on;
        for (auto& part : conjuncts(std::move(join.condition))) {
            const auto reads = columns_of(part);
            const bool down = join.kind != JoinKind::full && !join.null_aware && !reads.empty() &&
                              within(reads, right) && !is_volatile(part);
            (down ? to_right : on).push_back(std::move(part));
        }
        std::erase_if(on, is_true);
        join.condition = all_of(std::move(on));
        run(plan->inputs[0], std::move(to_left));
        run(plan->inputs[1], std::move(to_right));
        refresh_node(*plan);
    }

    // WHERE [NOT] EXISTS, WHERE x [NOT] IN: rows are kept or dropped, no value is needed.
    static void use_mark(plan::Join& join, std::vector<Scalar>& conditions) {
        const auto mark = join.mark->id;
        std::size_t uses = 0;
        for (const auto& part : conditions) uses += columns_of(part).contains(mark) ? 1 : 0;
        if (uses != 1) return;
        for (std::size_t i = 0; i < conditions.size(); ++i) {
            const auto& part = conditions[i];
            const bool plain = part.is_column() && part.column == mark;
            const bool negated = part.kind == Scalar::Kind::negation &&
                                 part.children[0].is_column() && part.children[0].column == mark;
            if (!plain && !negated) continue;
            join.kind = plain ? JoinKind::semi : JoinKind::anti;
            if (plain) join.null_aware = false;
            join.mark.reset();
            conditions.erase(conditions.begin() + static_cast<std::ptrdiff_t>(i));
            return;
        }
    }

    static void flatten(PlanBox plan, std::vector<PlanBox>& relations,
                        std::vector<Scalar>& conditions) {
        if (auto* filter = plan->as<plan::Filter>()) {
            for (auto& part : factors(std::move(filter->condition))) {
                conditions.push_back(std::move(part));
            }
            return flatten(std::move(plan->inputs[0]), relations, conditions);
        }
        if (auto* join = plan->as<plan::Join>(); join != nullptr && join->kind == JoinKind::inner) {
            for (auto& part : factors(std::move(join->condition))) {
                conditions.push_back(std::move(part));
            }
            flatten(std::move(plan->inputs[0]), relations, conditions);
            return flatten(std::move(plan->inputs[1]), relations, conditions);
        }
        relations.push_back(std::move(plan));
    }

    // What the joins of a cluster have left of conditions goes on the first join that can check.
    void inner_joins(PlanBox& plan, std::vector<Scalar> conditions) {
        std::vector<PlanBox> relations;
        flatten(std::move(plan), relations, conditions);
        std::erase_if(conditions, is_true);
        make_outer_inner(relations, conditions);
        std::vector<std::set<ColumnId>> columns;
        for (const auto& relation : relations) columns.push_back(column_set(*relation));
        std::vector<std::vector<Scalar>> own(relations.size());
        std::vector<Scalar> between;
        for (auto& part : conditions) {
            const auto reads = columns_of(part);
            std::size_t home = relations.size();
            for (std::size_t i = 0; i < relations.size() && !is_volatile(part); ++i) {
                if (within(reads, columns[i])) {
                    home = i;
                    break;
                }
            }
            for (std::size_t i = 0; i < relations.size() && home == relations.size(); ++i) {
                auto some = implied(part, columns[i]);
                if (some) own[i].push_back(std::move(*some));
            }
            (home < relations.size() ? own[home] : between).push_back(std::move(part));
        }
        for (std::size_t i = 0; i < relations.size(); ++i) {
            run(relations[i], std::move(own[i]));
            estimate(*relations[i]);
        }
        plan = order_joins(std::move(relations), std::move(between));
    }

    // A left join among the relations whose right side a condition needs is an inner one: then its
    // sides are relations of the cluster as well.
    static void make_outer_inner(std::vector<PlanBox>& relations, std::vector<Scalar>& conditions) {
        for (std::size_t i = 0; i < relations.size(); ++i) {
            auto* join = relations[i]->as<plan::Join>();
            if (join == nullptr || join->kind != JoinKind::left) continue;
            const auto right = column_set(*relations[i]->inputs[1]);
            const bool needed =
                std::any_of(conditions.begin(), conditions.end(),
                            [&right](const Scalar& part) { return rejects_null(part, right); });
            if (!needed) continue;
            join->kind = JoinKind::inner;
            auto one = std::move(relations[i]);
            relations.erase(relations.begin() + static_cast<std::ptrdiff_t>(i));
            flatten(std::move(one), relations, conditions);
            std::erase_if(conditions, is_true);
            i = static_cast<std::size_t>(-1);
        }
    }
};

// Takes out what nobody reads.
void prune(Plan& plan, std::set<ColumnId> needed) {
    if (auto* project = plan.as<plan::Project>()) {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < project->columns.size(); ++i) {
            if (!needed.contains(project->columns[i].id)) continue;
            if (kept != i) {
                project->columns[kept] = std::move(project->columns[i]);
                project->values[kept] = std::move(project->values[i]);
            }
            ++kept;
        }
        project->columns.resize(kept);
        project->values.resize(kept);
    } else if (auto* scan = plan.as<plan::Scan>()) {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < plan.columns.size(); ++i) {
            if (!needed.contains(plan.columns[i].id)) continue;
            std::swap(plan.columns[kept], plan.columns[i]);
            scan->source[kept++] = scan->source[i];
        }
        plan.columns.resize(kept);
        scan->source.resize(kept);
        return;
    } else if (auto* stored = plan.as<plan::Stored>()) {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < plan.columns.size(); ++i) {
            if (!needed.contains(plan.columns[i].id)) continue;
            std::swap(plan.columns[kept], plan.columns[i]);
            stored->source[kept++] = stored->source[i];
        }
        plan.columns.resize(kept);
        stored->source.resize(kept);
        return;
    } else if (auto* aggregate = plan.as<plan::Aggregate>()) {
        std::erase_if(aggregate->calls,
                      [&needed](const auto& call) { return !needed.contains(call.column.id); });
    } else if (auto* window = plan.as<plan::Window>()) {
        std::erase_if(window->calls,
                      [&needed](const auto& call) { return !needed.contains(call.column.id); });
    } else if (auto* all = plan.as<plan::Union>()) {
        std::vector<std::size_t> kept;
        for (std::size_t i = 0; i < all->columns.size(); ++i) {
            if (needed.contains(all->columns[i].id)) kept.push_back(i);
        }
        const auto keep = [&kept](auto& list) {
            for (std::size_t i = 0; i < kept.size(); ++i) {
                if (kept[i] != i) list[i] = std::move(list[kept[i]]);
            }
            list.resize(kept.size());
        };
        keep(all->columns);
        for (auto& sources : all->sources) keep(sources);
        for (std::size_t i = 0; i < plan.inputs.size(); ++i) {
            prune(*plan.inputs[i], {all->sources[i].begin(), all->sources[i].end()});
        }
        refresh_node(plan);
        return;
    }
    visit_scalars(plan, [&needed](const Scalar& scalar) { add_columns(scalar, needed); });
    for (auto& input : plan.inputs) prune(*input, needed);
    refresh_node(plan);
}

// A projection of a projection is one projection, unless something would be computed twice.
void merge_projections(Plan& plan) {
    auto* outer = plan.as<plan::Project>();
    if (outer == nullptr) return;
    const auto* inner = plan.inputs[0]->as<plan::Project>();
    if (inner == nullptr) return;
    std::map<ColumnId, std::size_t> uses;
    for (const auto& value : outer->values) {
        visit(value, [&uses](const Scalar& part) {
            if (part.is_column()) ++uses[part.column];
        });
    }
    std::unordered_map<ColumnId, Scalar> values;
    for (std::size_t i = 0; i < inner->values.size(); ++i) {
        const auto& value = inner->values[i];
        const bool cheap = value.is_column() || value.is_constant();
        if (is_volatile(value) || (!cheap && uses[inner->columns[i].id] > 1)) return;
        values.emplace(inner->columns[i].id, value);
    }
    for (auto& value : outer->values) substitute(value, values);
    auto below = std::move(plan.inputs[0]->inputs[0]);
    plan.inputs[0] = std::move(below);
    merge_projections(plan);
}

// A window that computes nothing any more.
void drop_empty(PlanBox& plan) {
    for (auto& input : plan->inputs) drop_empty(input);
    merge_projections(*plan);
    const auto* window = plan->as<plan::Window>();
    if (window != nullptr && window->calls.empty()) {
        auto input = std::move(plan->inputs[0]);
        plan = std::move(input);
    }
}

}  // namespace

void optimize(PlanBox& plan, const std::set<ColumnId>& needed) {
    Pushdown().run(plan, {});
    refresh(*plan);
    prune(*plan, needed);
    drop_empty(plan);
    refresh(*plan);
    estimate(*plan);
}

void optimize(QueryPlan& query) {
    for (auto& stage : query.stages) {
        optimize(stage.plan, column_set(*stage.plan));
        if (stage.step) optimize(stage.step, column_set(*stage.step));
    }
    optimize(query.root, column_set(*query.root));
}

}  // namespace topgun::sql
