// SPDX-License-Identifier: Apache-2.0
// INSERT, and ON CONFLICT.
#include <algorithm>
#include <unordered_set>

#include "identifier.hpp"
#include "record_writer.hpp"
#include "session_impl.hpp"

namespace topgun::sql {
namespace {

Scalar scalar_of(const OutputColumn& column) {
    return column_scalar(column.id, column.type, column.name);
}

// The columns that INSERT fills: those named, or all that can be filled.
std::vector<std::size_t> filled_columns(const MapTable& table,
                                        const std::vector<ast::Target>& named) {
    std::vector<std::size_t> out;
    for (const auto& target : named) {
        if (target.path.size() > 1) {
            fail(target.offset, "INSERT sets whole columns", "set fields with UPDATE");
        }
        const auto at = written_column(table, target);
        if (std::find(out.begin(), out.end(), at) != out.end()) {
            fail(target.offset, "column \"" + target.path[0] + "\" specified more than once");
        }
        out.push_back(at);
    }
    if (!named.empty()) return out;
    for (std::size_t i = 0; i < table.columns().size(); ++i) {
        const auto source = table.sources()[i];
        const bool own =
            source == MapSource::field || source == MapSource::key || source == MapSource::value;
        if (!table.columns()[i].hidden && own) out.push_back(i);
    }
    return out;
}

// Columns with a default that are not among those given.
void add_defaults(const TableDefinition* definition, const MapTable& table,
                  std::vector<std::size_t>& columns) {
    if (definition == nullptr) return;
    for (const auto& column : definition->columns) {
        const auto at = find_column(table, column.name);
        const bool given = std::find(columns.begin(), columns.end(), *at) != columns.end();
        if (column.default_value && !given) columns.push_back(*at);
    }
}

// What tells records apart: the primary key's columns, or the key itself.
std::vector<std::string> key_columns(const TableDefinition* definition) {
    if (definition == nullptr || definition->primary.empty()) return {"_key"};
    std::vector<std::string> out;
    for (const auto at : definition->primary) out.push_back(definition->columns[at].name);
    return out;
}

void check_conflict_target(const ast::OnConflict& conflict, const TableDefinition* definition) {
    const auto key = key_columns(definition);
    auto wanted = key, given = conflict.columns;
    std::sort(wanted.begin(), wanted.end());
    std::sort(given.begin(), given.end());
    if (given.empty() || given == wanted) return;
    fail(conflict.offset, "there is no unique constraint matching the ON CONFLICT specification",
         "records are told apart by " + quote_path(key));
}

// DEFAULT in VALUES is the column's.
void put_defaults(ast::Query& query, const MapTable& table, const TableDefinition* definition,
                  const std::vector<std::size_t>& columns) {
    auto* values = std::get_if<ast::Values>(&query.body);
    if (values == nullptr) return;
    for (auto& row : values->rows) {
        for (std::size_t i = 0; i < row.size() && i < columns.size(); ++i) {
            if (!std::holds_alternative<ast::Default>(row[i].node)) continue;
            row[i] = default_of(definition, table.columns()[columns[i]].name, row[i].offset);
        }
    }
}

}  // namespace

// The rows that INSERT proposes, a column for each of `columns`, to which defaults are added.
Result<std::vector<Batch>> SessionImpl::proposed_rows(const Target& into, const ast::Insert& insert,
                                                      std::vector<std::size_t>& columns) {
    Binder binder(*this, parameters_, eval_);
    BoundQuery bound;
    ast::Offset at = insert.table.offset;
    if (insert.source) {
        auto query = *insert.source;
        at = query.offset;
        put_defaults(query, *into.table, into.definition, columns);
        if (!insert.with.tables.empty()) query.with = insert.with;
        bound = binder.bind_query(query, nullptr);
        if (bound.columns.size() > columns.size()) {
            fail(at, "INSERT has more expressions than target columns");
        }
        if (!insert.columns.empty() && bound.columns.size() < columns.size()) {
            fail(at, "INSERT has more target columns than expressions");
        }
    } else {
        bound.plan = make_plan(plan::Values{{{}}});
    }
    const auto given = bound.columns.size();
    columns.resize(given);
    add_defaults(into.definition, *into.table, columns);
    for (std::size_t i = 0; i < given; ++i) {
        binder.coerce_column(bound, i, into.table->columns()[columns[i]].type, at);
    }
    plan::Project project;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const auto& column = into.table->columns()[columns[i]];
        Scope none;
        Context context{&none, nullptr, "DEFAULT", false, false, false, nullptr};
        auto value =
            i < given ? scalar_of(bound.columns[i])
                      : binder.coerce(
                            binder.bind_expr(default_of(into.definition, column.name, at), context),
                            column.type, true);
        value.offset = at.at;
        project.columns.push_back(binder.new_column(column.name, column.type));
        project.values.push_back(constrained(std::move(value), into.definition, column.name));
    }
    auto plan = make_plan(std::move(project), std::move(bound.plan));
    return collect(planned(binder, binder.finish(std::move(plan))));
}

// An op for each row. @param keyed  false when some got keys made up for them.
Result<std::vector<OwnedOp>> SessionImpl::new_records(const Target& into,
                                                      const std::vector<std::size_t>& columns,
                                                      const std::vector<Batch>& rows, bool& keyed) {
    const bool tagged = into.id.kind == MapKind::or_map;
    keyed = !tagged;
    std::vector<OwnedOp> out;
    RecordWriter record(*into.table, into.definition);
    for (const auto& batch : rows) {
        TOPGUN_TRY(check_stop());
        for (std::size_t row = 0; row < batch.rows; ++row) {
            record.begin();
            for (std::size_t i = 0; i < columns.size(); ++i) {
                TOPGUN_TRY(record.set(columns[i], {}, *batch.columns[i], row));
            }
            TOPGUN_TRY(record.finish());
            auto op = next_op(into, tagged ? OpKind::or_add : OpKind::put);
            auto unique = format_stamp(op.stamp.view());
            if (tagged) op.tag = unique;
            if (!record.key()) {
                // Unique among all nodes, as the stamp is.
                std::replace(unique.begin(), unique.end(), ':', '-');
                keyed = false;
            }
            op.key = record.key().value_or(unique);
            op.value = std::move(record.value());
            op.ttl_ms = record.ttl_ms();
            out.push_back(std::move(op));
        }
    }
    return out;
}

Result<std::uint64_t> SessionImpl::insert_rows(const Target& target,
                                               const std::vector<std::size_t>& columns,
                                               const std::vector<Batch>& rows,
                                               const ast::OnConflict* conflict,
                                               std::vector<OwnedOp>& written) {
    TOPGUN_TRY(begin_change(target));
    bool keyed = false;
    auto ops = new_records(target, columns, rows, keyed);
    if (!ops) return std::move(ops).error();
    std::vector<Batch> refused;
    if (keyed) {
        auto kept = without_taken(target, std::move(*ops), rows, conflict, refused);
        if (!kept) return std::move(kept).error();
        ops = std::move(kept);
    }
    written = *ops;
    TOPGUN_TRY(check_unique(target, written));
    TOPGUN_TRY(apply_all(target, std::move(*ops)));
    std::uint64_t changed = written.size();
    if (conflict != nullptr && !conflict->set.empty() && !refused.empty()) {
        auto updated = update_on_conflict(target, *conflict, columns, refused, written);
        if (!updated) return updated;
        changed += *updated;
    }
    return changed;
}

// Ops whose keys are free; rows whose keys are taken go to `refused`.
Result<std::vector<OwnedOp>> SessionImpl::without_taken(const Target& target,
                                                        std::vector<OwnedOp> ops,
                                                        const std::vector<Batch>& rows,
                                                        const ast::OnConflict* conflict,
                                                        std::vector<Batch>& refused) {
    std::vector<std::string> keys;
    for (const auto& op : ops) keys.push_back(op.key);
    auto taken = existing(target, keys);
    if (!taken) return std::move(taken).error();
    std::unordered_set<std::string> seen;
    std::vector<OwnedOp> out;
    std::size_t at = 0;
    for (const auto& batch : rows) {
        TOPGUN_TRY(check_stop());
        std::vector<std::uint32_t> clash;
        for (std::uint32_t row = 0; row < batch.rows; ++row, ++at) {
            const bool twice = !seen.insert(ops[at].key).second;
            if ((*taken)[at] == 0 && !twice) {
                out.push_back(std::move(ops[at]));
                continue;
            }
            if (conflict == nullptr) {
                return Error(Errc::already_exists,
                             "duplicate key value violates unique constraint of \"" +
                                 target.id.name + "\": key \"" + ops[at].key +
                                 "\" already exists; ON CONFLICT says what to do then");
            }
            if (twice && !conflict->set.empty()) {
                return Error(Errc::bad_input,
                             "ON CONFLICT DO UPDATE command cannot affect row a second time");
            }
            clash.push_back(row);
        }
        if (!clash.empty()) refused.push_back(batch.gather(clash));
    }
    return out;
}

// ON CONFLICT DO UPDATE is UPDATE ... FROM the rows that were refused, as "excluded".
Result<std::uint64_t> SessionImpl::update_on_conflict(const Target& target,
                                                      const ast::OnConflict& conflict,
                                                      const std::vector<std::size_t>& columns,
                                                      const std::vector<Batch>& rows,
                                                      std::vector<OwnedOp>& written) {
    auto fresh = target.schema->map_table(target.id, now_ms());
    if (!fresh) return std::move(fresh).error();
    auto now = target;
    now.table = *fresh;
    Binder binder(*this, parameters_, eval_);
    Scope scope;
    auto left = binder.scan_table(now.table, {}, scope, target.schema->name());
    plan::Stored stored;
    stored.rows = std::make_shared<StoredRows>();
    stored.rows->name = "excluded";
    ScopeTable names;
    names.name = "excluded";
    std::vector<OutputColumn> all;
    for (std::size_t i = 0; i < target.table->columns().size(); ++i) {
        const auto& column = target.table->columns()[i];
        all.push_back(binder.new_column(column.name, column.type));
        names.columns.push_back({column.name, all.back().id, column.type, column.hidden});
        stored.source.push_back(i);
    }
    for (const auto& batch : rows) {
        Batch wide;
        wide.rows = batch.rows;
        for (std::size_t i = 0; i < all.size(); ++i) {
            const auto found = std::find(columns.begin(), columns.end(), i);
            wide.columns.push_back(
                found == columns.end()
                    ? Column::nulls(all[i].type, batch.rows)
                    : batch.columns[static_cast<std::size_t>(found - columns.begin())]);
        }
        stored.rows->rows += wide.rows;
        stored.rows->batches.push_back(std::move(wide));
    }
    auto right = make_plan(std::move(stored));
    right->columns = all;
    scope.tables.push_back(std::move(names));
    std::vector<Scalar> same;
    for (const auto& name : key_columns(target.definition)) {
        const auto at = *find_column(*target.table, name);
        same.push_back(equal_scalar(scalar_of(left->columns[at]), scalar_of(all[at]), 0));
    }
    plan::Join join;
    join.condition = all_of(std::move(same));
    auto plan = make_plan(std::move(join), std::move(left), std::move(right));
    return update_rows({now, conflict.set, conflict.where, "ON CONFLICT DO UPDATE"}, binder, scope,
                       std::move(plan), written);
}

Result<Summary> SessionImpl::run(const ast::Insert& insert, ResultSink& sink) {
    const auto into = target(insert.table);
    TOPGUN_TRY(check_writable(into, insert.table.offset, "INSERT"));
    auto columns = filled_columns(*into.table, insert.columns);
    if (insert.on_conflict) check_conflict_target(*insert.on_conflict, into.definition);
    auto rows = proposed_rows(into, insert, columns);
    if (!rows) return std::move(rows).error();
    std::vector<OwnedOp> written;
    const auto before = mark({});
    auto changed = insert_rows(into, columns, *rows,
                               insert.on_conflict ? &*insert.on_conflict : nullptr, written);
    if (!changed) {
        roll_back_to(before);
        return std::move(changed).error();
    }
    Summary out;
    out.changed = *changed;
    out.tag = "INSERT 0 " + std::to_string(out.changed);
    TOPGUN_TRY(returning(into, insert.returning, written, sink, out));
    return out;
}

}  // namespace topgun::sql
