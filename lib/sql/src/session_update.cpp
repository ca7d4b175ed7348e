// SPDX-License-Identifier: Apache-2.0
// UPDATE and DELETE: rows of a query name the records that change.
#include <algorithm>
#include <unordered_set>

#include "binder_expr.hpp"
#include "record_writer.hpp"
#include "session_impl.hpp"

namespace topgun::sql {
namespace {

// A column of the target by name; NULL where its table has none, such as _tag.
Scalar own_column(const ScopeTable& table, std::string_view name) {
    for (const auto& column : table.columns) {
        if (column.name == name) return column_scalar(column.id, column.type, column.name);
    }
    return typed_null(TypeId::text, {});
}

// One column that UPDATE sets.
struct Set {
    std::size_t column = 0;
    std::vector<std::string> path;
};

// What UPDATE reads of each row: the record as it is, then the new values.
class UpdateList {
public:
    static constexpr std::size_t kKey = 0, kRecord = 1, kTtl = 2, kTag = 3, kFirst = 4;

    UpdateList(Binder& binder, const MapTable& table, const TableDefinition* definition,
               const ScopeTable& own)
        : binder_(binder), table_(table), definition_(definition) {
        for (const auto* name : {"_key", "_record", "_ttl", "_tag"}) add(own_column(own, name));
    }

    void assign(const ast::Assignment& assignment, Context& context) {
        if (!assignment.multiple) {
            const auto& to = assignment.targets[0];
            const bool reset = std::holds_alternative<ast::Default>(assignment.value.node);
            return set(to, binder_.bind_expr(reset ? default_of(definition_, to.path[0], to.offset)
                                                   : assignment.value,
                                             context));
        }
        const auto* row = std::get_if<ast::RowConstructor>(&assignment.value.node);
        if (row == nullptr || row->fields.size() != assignment.targets.size()) {
            fail(assignment.value.offset,
                 "several columns are set from a row of as many values: (a, b) = (x, y)",
                 "set them one by one");
        }
        for (std::size_t i = 0; i < row->fields.size(); ++i) {
            set(assignment.targets[i], binder_.bind_expr(row->fields[i], context));
        }
    }
    plan::Project take() { return std::move(project_); }
    const std::vector<Set>& sets() const { return sets_; }

private:
    void add(Scalar value) {
        project_.columns.push_back(binder_.new_column("value", value.type));
        project_.values.push_back(std::move(value));
    }
    void set(const ast::Target& to, Scalar value) {
        const auto at = written_column(table_, to);
        for (const auto& other : sets_) {
            if (other.column == at && other.path == to.path) {
                fail(to.offset, "multiple assignments to same column \"" + to.path[0] + "\"");
            }
        }
        const auto type = table_.columns()[at].type;
        if (to.path.size() > 1 && type.id != TypeId::json) {
            fail(to.offset, "column \"" + to.path[0] + "\" is of type " + type_name(type) +
                                ", which has no fields");
        }
        if (value.offset == 0) value.offset = to.offset.at;
        sets_.push_back({at, to.path});
        add(constrained(binder_.coerce(std::move(value), type, true), definition_, to.path[0]));
    }

    Binder& binder_;
    const MapTable& table_;
    const TableDefinition* definition_;
    plan::Project project_;
    std::vector<Set> sets_;
};

// FROM of UPDATE and USING of DELETE: side by side with the target.
PlanBox beside(Binder& binder, PlanBox plan, const std::vector<ast::FromItem>& from, Scope& scope) {
    if (from.empty()) return plan;
    plan::Join join;
    join.condition = boolean_scalar(true);
    auto more = binder.bind_from(from, scope);
    return make_plan(std::move(join), std::move(plan), std::move(more));
}

void filter(Binder& binder, PlanBox& plan, const ast::ExprBox& where, Scope& scope) {
    if (!where) return;
    Context context{&scope, &plan, "WHERE", false, false, false, nullptr};
    auto condition = binder.bind_condition(*where, context);
    plan = make_plan(plan::Filter{std::move(condition)}, std::move(plan));
}

}  // namespace

Result<std::uint64_t> SessionImpl::update_rows(const Change& change, Binder& binder, Scope& scope,
                                               PlanBox plan, std::vector<OwnedOp>& written) {
    filter(binder, plan, change.where, scope);
    UpdateList list(binder, *change.target.table, change.target.definition, scope.tables.front());
    Context context{&scope, &plan, change.statement, false, false, false, nullptr};
    for (const auto& assignment : change.set) list.assign(assignment, context);
    plan = make_plan(list.take(), std::move(plan));
    auto rows = collect(planned(binder, binder.finish(std::move(plan))));
    if (!rows) return std::move(rows).error();
    TOPGUN_TRY(begin_change(change.target));
    const bool tagged = change.target.id.kind == MapKind::or_map;
    RecordWriter record(*change.target.table, change.target.definition);
    std::vector<OwnedOp> ops;
    std::unordered_set<std::string> seen, updated, moved;
    std::uint64_t changed = 0;
    for (const auto& batch : *rows) {
        const auto& old = batch.columns;
        for (std::size_t row = 0; row < batch.rows; ++row) {
            const std::string key(old[UpdateList::kKey]->bytes(row));
            const std::string tag(tagged ? old[UpdateList::kTag]->bytes(row) : std::string_view());
            // A record that is joined to several rows takes the first.
            if (!seen.insert(key + '\0' + tag).second) continue;
            ++changed;
            updated.insert(key);
            const auto& ttl = *old[UpdateList::kTtl];
            record.begin(key, old[UpdateList::kRecord]->bytes(row),
                         ttl.is_null(row) ? kNoTtl : static_cast<std::uint64_t>(ttl.integer(row)));
            for (std::size_t i = 0; i < list.sets().size(); ++i) {
                TOPGUN_TRY(record.set(list.sets()[i].column, list.sets()[i].path,
                                      *old[UpdateList::kFirst + i], row));
            }
            TOPGUN_TRY(record.finish());
            if (tagged) {
                auto gone = next_op(change.target, OpKind::or_remove);
                gone.key = key;
                gone.tag = tag;
                ops.push_back(std::move(gone));
            }
            auto op = next_op(change.target, tagged ? OpKind::or_add : OpKind::put);
            if (tagged) op.tag = format_stamp(op.stamp.view());
            op.key = *record.key();
            op.value = std::move(record.value());
            op.ttl_ms = record.ttl_ms();
            if (op.key != key && !tagged) moved.insert(key);
            written.push_back(op);
            ops.push_back(std::move(op));
        }
    }
    if (!moved.empty()) TOPGUN_TRY(remove_moved(change.target, updated, moved, ops));
    if (!tagged) TOPGUN_TRY(check_unique(change.target, ops));
    TOPGUN_TRY(apply_all(change.target, std::move(ops)));
    return changed;
}

// Records that got another key: the old ones go, unless another record has taken their place.
Status SessionImpl::remove_moved(const Target& target,
                                 const std::unordered_set<std::string>& updated,
                                 const std::unordered_set<std::string>& moved,
                                 std::vector<OwnedOp>& ops) {
    const auto duplicate = [](const std::string& key) {
        return Error(
            Errc::already_exists,
            "duplicate key value violates unique constraint: key \"" + key + "\" already exists");
    };
    std::unordered_set<std::string> taken;
    std::vector<std::string> keys;
    for (const auto& op : ops) {
        if (!taken.insert(op.key).second) return duplicate(op.key);
        keys.push_back(op.key);
    }
    auto there = existing(target, keys);
    if (!there) return std::move(there).error();
    for (std::size_t i = 0; i < keys.size(); ++i) {
        // A record that is there and is none of those that are updated.
        if ((*there)[i] != 0 && !updated.contains(keys[i])) return duplicate(keys[i]);
    }
    for (const auto& key : moved) {
        if (taken.contains(key)) continue;
        auto op = next_op(target, OpKind::remove);
        op.key = key;
        ops.push_back(std::move(op));
    }
    return {};
}

Result<Summary> SessionImpl::run(const ast::Update& update, ResultSink& sink) {
    const auto into = target(update.table);
    TOPGUN_TRY(check_writable(into, update.table.offset, "UPDATE"));
    Binder binder(*this, parameters_, eval_);
    Scope scope;
    binder.add_with(update.with, scope);
    auto plan = binder.scan_table(into.table, update.table.alias, scope, into.schema->name());
    plan = beside(binder, std::move(plan), update.from, scope);
    std::vector<OwnedOp> written;
    const auto before = mark({});
    auto changed = update_rows({into, update.set, update.where, "UPDATE"}, binder, scope,
                               std::move(plan), written);
    if (!changed) {
        roll_back_to(before);
        return std::move(changed).error();
    }
    Summary out;
    out.changed = *changed;
    out.tag = "UPDATE " + std::to_string(out.changed);
    TOPGUN_TRY(returning(into, update.returning, written, sink, out));
    return out;
}

Result<Summary> SessionImpl::run(const ast::Delete& remove, ResultSink& sink) {
    const auto from = target(remove.table);
    TOPGUN_TRY(check_writable(from, remove.table.offset, "DELETE"));
    Binder binder(*this, parameters_, eval_);
    Scope scope;
    binder.add_with(remove.with, scope);
    auto plan = binder.scan_table(from.table, remove.table.alias, scope, from.schema->name());
    const auto own = scope.tables.front();
    plan = beside(binder, std::move(plan), remove.from, scope);
    filter(binder, plan, remove.where, scope);
    plan::Project project;
    for (const auto* name : {"_key", "_record", "_hlc", "_tag"}) {
        project.values.push_back(own_column(own, name));
        project.columns.push_back(binder.new_column(name, project.values.back().type));
    }
    plan = make_plan(std::move(project), std::move(plan));
    auto rows = collect(planned(binder, binder.finish(std::move(plan))));
    if (!rows) return std::move(rows).error();
    TOPGUN_TRY(begin_change(from));
    const bool tagged = from.id.kind == MapKind::or_map;
    std::vector<OwnedOp> ops, old;
    std::unordered_set<std::string> seen;
    for (const auto& batch : *rows) {
        for (std::size_t row = 0; row < batch.rows; ++row) {
            const auto key = batch.columns[0]->bytes(row);
            const auto tag = tagged ? batch.columns[3]->bytes(row) : std::string_view();
            if (!seen.insert(std::string(key) + '\0' + std::string(tag)).second) continue;
            auto op = next_op(from, tagged ? OpKind::or_remove : OpKind::remove);
            op.key = key;
            op.tag = tag;
            if (!remove.returning.empty()) {
                auto was = op;
                was.kind = tagged ? OpKind::or_add : OpKind::put;
                was.value = batch.columns[1]->bytes(row);
                if (auto stamp = parse_timestamp(batch.columns[2]->bytes(row))) {
                    was.stamp = std::move(*stamp);
                }
                old.push_back(std::move(was));
            }
            ops.push_back(std::move(op));
        }
    }
    Summary out;
    out.changed = ops.size();
    out.tag = "DELETE " + std::to_string(out.changed);
    const auto before = mark({});
    if (auto applied = apply_all(from, std::move(ops)); !applied) {
        roll_back_to(before);
        return std::move(applied).error();
    }
    TOPGUN_TRY(returning(from, remove.returning, old, sink, out));
    return out;
}

}  // namespace topgun::sql
