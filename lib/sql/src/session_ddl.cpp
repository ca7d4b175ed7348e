// SPDX-License-Identifier: Apache-2.0
// CREATE, DROP, and transactions: what a session knows of its tables, and how it takes it back.
#include <algorithm>

#include "identifier.hpp"
#include "session_impl.hpp"

namespace topgun::sql {
namespace {

std::vector<std::size_t> places_of(const std::vector<std::string>& names,
                                   const std::vector<DeclaredColumn>& columns, ast::Offset at) {
    std::vector<std::size_t> out;
    for (const auto& name : names) {
        const auto found =
            std::find_if(columns.begin(), columns.end(),
                         [&name](const auto& column) { return column.name == name; });
        if (found == columns.end()) {
            fail(at, "column \"" + name + "\" named in key does not exist", {}, Errc::not_found);
        }
        out.push_back(static_cast<std::size_t>(found - columns.begin()));
    }
    return out;
}

DeclaredColumn declare(Binder& binder, const ast::ColumnDefinition& definition) {
    DeclaredColumn out;
    out.name = definition.name;
    out.type = binder.type_of(definition.type);
    out.not_null = definition.not_null || definition.primary_key;
    if (definition.default_value) {
        out.default_value = std::make_shared<const ast::Expr>(*definition.default_value);
        // Told now rather than when the first row is written.
        Scope none;
        Context context{&none, nullptr, "DEFAULT", false, false, false, nullptr};
        (void)binder.coerce(binder.bind_expr(*definition.default_value, context), out.type, true);
    }
    const auto& type = definition.type;
    if (type.dimensions > 0) return out;
    if (out.type.id == TypeId::numeric && !type.modifiers.empty()) {
        out.precision = type.modifiers[0];
        out.scale = type.modifiers.size() > 1 ? type.modifiers[1] : 0;
    }
    if (out.type.id == TypeId::text && !type.modifiers.empty()) out.length = type.modifiers[0];
    if (type.name == "int2" || type.name == "smallint") out.bits = 16;
    if (type.name == "int4" || type.name == "integer") out.bits = 32;
    return out;
}

}  // namespace

SessionImpl::Mark SessionImpl::mark(std::string name) const {
    Mark out;
    out.name = std::move(name);
    for (const auto& schema : schemas_) {
        out.ops[schema->name()] = schema->ops().size();
        out.definitions[schema->name()] = schema->definitions;
        out.dropped[schema->name()] = schema->dropped;
    }
    return out;
}

void SessionImpl::roll_back_to(const Mark& mark) {
    for (const auto& schema : schemas_) {
        const auto known = mark.ops.find(schema->name());
        schema->truncate(known == mark.ops.end() ? 0 : known->second);
        const auto definitions = mark.definitions.find(schema->name());
        schema->definitions = definitions == mark.definitions.end()
                                  ? std::map<MapId, TableDefinition>{}
                                  : definitions->second;
        const auto dropped = mark.dropped.find(schema->name());
        schema->dropped = dropped == mark.dropped.end() ? std::set<MapId>{} : dropped->second;
    }
}

Schema* SessionImpl::schema_for_new(const ast::TableRef& table, bool if_not_exists, Summary& out) {
    const auto& name = table.name;
    Schema* schema = name.size() > 1 ? find_schema(name[0]) : &default_schema();
    if (schema == nullptr || schema->dump() != nullptr) {
        fail(table.offset, "schema \"" + name[0] + "\" does not take tables", {}, Errc::not_found);
    }
    if (!schema->find_map(name.back())) return schema;
    auto what = "relation \"" + name.back() + "\" already exists";
    if (!if_not_exists) fail(table.offset, what, {}, Errc::already_exists);
    out.notices.push_back(std::move(what) + ", skipping");
    return nullptr;
}

Result<Summary> SessionImpl::run(const ast::CreateTable& create, ResultSink&) {
    Summary out;
    out.tag = "CREATE TABLE";
    Schema* schema = schema_for_new(create.table, create.if_not_exists, out);
    if (schema == nullptr) return out;
    const auto& name = create.table.name;
    Binder binder(*this, parameters_, eval_);
    TableDefinition definition;
    for (const auto& column : create.columns) {
        for (const auto& other : definition.columns) {
            if (other.name == column.name) {
                fail(column.offset, "column \"" + column.name + "\" specified more than once");
            }
        }
        if (column.primary_key) definition.primary.push_back(definition.columns.size());
        if (column.unique) definition.unique.push_back({definition.columns.size()});
        definition.columns.push_back(declare(binder, column));
    }
    for (const auto& key : create.keys) {
        auto columns = places_of(key.columns, definition.columns, key.offset);
        if (!key.primary) {
            definition.unique.push_back(std::move(columns));
            continue;
        }
        if (!definition.primary.empty()) {
            fail(key.offset,
                 "multiple primary keys for table \"" + name.back() + "\" are not allowed");
        }
        for (const auto at : columns) definition.columns[at].not_null = true;
        definition.primary = std::move(columns);
    }
    schema->define({name.back(), MapKind::lww}, std::move(definition));
    return out;
}

Result<Summary> SessionImpl::run(const ast::CreateTableAs& create, ResultSink&) {
    Summary out;
    out.tag = "CREATE TABLE AS";
    Schema* schema = schema_for_new(create.table, create.if_not_exists, out);
    if (schema == nullptr) return out;
    const auto& name = create.table.name;
    Binder binder(*this, parameters_, eval_);
    auto plan = planned(binder, binder.bind(create.query));
    const auto columns = plan.root->columns;
    if (create.columns.size() > columns.size()) {
        fail(create.table.offset, "too many column names were specified");
    }
    TableDefinition definition;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        auto column = i < create.columns.size() ? create.columns[i] : columns[i].name;
        for (const auto& other : definition.columns) {
            if (other.name == column) {
                fail(create.table.offset, "column \"" + column + "\" specified more than once");
            }
        }
        auto& added = definition.columns.emplace_back();
        added.name = std::move(column);
        added.type = columns[i].type;
    }
    std::vector<Batch> rows;
    if (create.with_data) {
        auto collected = collect(std::move(plan));
        if (!collected) return std::move(collected).error();
        rows = std::move(*collected);
    }
    const auto before = mark({});
    const MapId id{name.back(), MapKind::lww};
    schema->define(id, std::move(definition));
    Target into;
    into.schema = schema;
    into.id = id;
    auto table = schema->map_table(id, now_ms());
    if (!table) return std::move(table).error();
    into.table = std::move(*table);
    into.definition = schema->definition(id);
    std::vector<std::size_t> all;
    // A column called _key becomes the records' key.
    for (std::size_t i = 0; i < columns.size(); ++i) all.push_back(i);
    std::vector<OwnedOp> written;
    auto changed = insert_rows(into, all, rows, nullptr, written);
    if (!changed) {
        roll_back_to(before);
        return std::move(changed).error();
    }
    out.changed = *changed;
    out.tag = "SELECT " + std::to_string(*changed);
    return out;
}

Result<Summary> SessionImpl::run(const ast::DropTable& drop, ResultSink& sink) {
    Summary out;
    out.tag = "DROP TABLE";
    for (const auto& name : drop.tables) {
        if (drop.if_exists && !table(name.name)) {
            out.notices.push_back("table " + quote_path(name.name) + " does not exist, skipping");
            continue;
        }
        const auto gone = target(name);
        TOPGUN_TRY(check_writable(gone, name.offset, "DROP TABLE"));
        const bool only_here = gone.schema->base() == nullptr || !gone.schema->base()->has(gone.id);
        if (only_here && !transaction_ && saved_[gone.schema->name()] == 0) {
            out.changed += gone.schema->forget(gone.id);
        } else {
            // Peers may have its records: they are told that those are gone.
            ast::Delete all;
            all.table = name;
            auto removed = run(all, sink);
            if (!removed) return removed;
            out.changed += removed->changed;
        }
        gone.schema->drop(gone.id);
    }
    return out;
}

// Scripts written for other databases run: what an index is for, columns kept decoded do here.
Result<Summary> SessionImpl::run(const ast::CreateIndex& create, ResultSink&) {
    const auto indexed = target(create.table);
    for (const auto& column : create.columns) {
        const auto& all = indexed.table->columns();
        const bool known = std::any_of(all.begin(), all.end(),
                                       [&column](const auto& one) { return one.name == column; });
        if (!known) {
            fail(create.table.offset, "column \"" + column + "\" does not exist", {},
                 Errc::not_found);
        }
    }
    Summary out;
    out.tag = "CREATE INDEX";
    out.notices.push_back("there are no indexes: queries read whole columns, and keep them");
    return out;
}

Result<Summary> SessionImpl::run(const ast::DropIndex&, ResultSink&) {
    Summary out;
    out.tag = "DROP INDEX";
    return out;
}

Result<Summary> SessionImpl::run(const ast::Transaction& statement, ResultSink&) {
    using Kind = ast::Transaction::Kind;
    Summary out;
    const auto find_mark = [&]() -> std::size_t {
        if (!transaction_) {
            fail({}, "savepoints stand only in a transaction", "begin one with BEGIN");
        }
        auto& marks = transaction_->marks;
        for (auto i = marks.size(); i-- > 1;) {
            if (marks[i].name == statement.savepoint) return i;
        }
        fail({}, "savepoint \"" + statement.savepoint + "\" does not exist", {}, Errc::not_found);
    };
    const bool failed = transaction_ && transaction_->failed;
    switch (statement.kind) {
        case Kind::begin:
            out.tag = "BEGIN";
            if (transaction_) {
                out.notices.emplace_back("there is already a transaction in progress");
                return out;
            }
            transaction_.emplace();
            transaction_->marks.push_back(mark({}));
            return out;
        case Kind::commit:
        case Kind::rollback:
            out.tag = statement.kind == Kind::commit && !failed ? "COMMIT" : "ROLLBACK";
            if (!transaction_) {
                out.notices.emplace_back("there is no transaction in progress");
                return out;
            }
            if (statement.kind == Kind::rollback || failed) {
                roll_back_to(transaction_->marks.front());
            }
            transaction_.reset();
            return out;
        case Kind::savepoint:
            if (!transaction_) {
                fail({}, "SAVEPOINT can only be used in transaction blocks");
            }
            if (failed) {
                fail({},
                     "current transaction is aborted, commands ignored until end of "
                     "transaction block");
            }
            out.tag = "SAVEPOINT";
            transaction_->marks.push_back(mark(statement.savepoint));
            return out;
        case Kind::release:
            out.tag = "RELEASE";
            transaction_->marks.resize(find_mark());
            return out;
        case Kind::rollback_to: {
            out.tag = "ROLLBACK";
            const auto at = find_mark();
            roll_back_to(transaction_->marks[at]);
            transaction_->marks.resize(at + 1);
            transaction_->failed = false;
            return out;
        }
    }
    return out;
}

}  // namespace topgun::sql
