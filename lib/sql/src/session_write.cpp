// SPDX-License-Identifier: Apache-2.0
// What all writing statements have in common: their target, keys that are taken, RETURNING.
#include <algorithm>
#include <unordered_set>

#include "group_table.hpp"
#include "identifier.hpp"
#include "record_writer.hpp"
#include "session_impl.hpp"

namespace topgun::sql {
namespace {

// The same as a session, with one table more: the rows that a statement wrote.
class WithReturning final : public Catalog {
public:
    WithReturning(const Catalog& rest, std::shared_ptr<const Table> table)
        : rest_(rest), table_(std::move(table)) {}
    Result<std::shared_ptr<const Table>> table(
        const std::vector<std::string>& name) const override {
        if (name.size() == 1 && name[0] == "returning") return table_;
        return rest_.table(name);
    }
    Result<std::shared_ptr<const Table>> table_function(
        const std::string& name, const std::vector<std::string>& arguments) const override {
        return rest_.table_function(name, arguments);
    }
    bool has_table_function(const std::string& name) const override {
        return rest_.has_table_function(name);
    }
    std::string schema_of(const Table&) const override { return {}; }

private:
    const Catalog& rest_;
    std::shared_ptr<const Table> table_;
};

// The columns of a target as they would be declared.
std::vector<DeclaredColumn> columns_of(const MapTable& table, const TableDefinition* definition) {
    if (definition != nullptr) return definition->columns;
    std::vector<DeclaredColumn> out;
    for (std::size_t i = 0; i < table.columns().size(); ++i) {
        if (table.sources()[i] != MapSource::field) continue;
        auto& added = out.emplace_back();
        added.name = table.columns()[i].name;
        added.type = table.columns()[i].type;
    }
    return out;
}

// Values of some columns, each set of which may stand there once only.
class UniqueValues {
public:
    UniqueValues(const TableDefinition& definition, const std::vector<std::size_t>& columns)
        : definition_(definition), columns_(columns), seen_(types_of(definition, columns)) {}

    /// Takes all rows of a table but those with one of these keys.
    Status add(const MapTable& from, const std::unordered_set<std::string>& without) {
        auto columns = columns_;
        columns.push_back(*find_column(from, "_key"));
        auto scan = from.scan(columns, 0, 1, {});
        if (!scan) return std::move(scan).error();
        for (;;) {
            Batch batch;
            auto more = (*scan)->next(batch);
            if (!more) return std::move(more).error();
            if (!*more) return {};
            for (std::uint32_t row = 0; row < batch.rows; ++row) {
                if (without.contains(std::string(batch.columns.back()->bytes(row)))) continue;
                TOPGUN_TRY(add_row(batch, row));
            }
        }
    }

private:
    static std::vector<DataType> types_of(const TableDefinition& definition,
                                          const std::vector<std::size_t>& columns) {
        std::vector<DataType> out;
        for (const auto at : columns) out.push_back(definition.columns[at].type);
        return out;
    }
    // NULLs are unlike each other.
    Status add_row(const Batch& batch, std::uint32_t row) {
        const std::uint32_t one[] = {row};
        auto values = batch.gather(one);
        values.columns.pop_back();
        for (const auto& value : values.columns) {
            if (value->is_null(0)) return {};
        }
        const auto before = seen_.size();
        std::vector<std::uint32_t> groups;
        seen_.add(values, groups);
        if (seen_.size() > before) return {};
        return Error(Errc::already_exists, "duplicate key value violates unique constraint on \"" +
                                               definition_.columns[columns_[0]].name + "\"");
    }

    const TableDefinition& definition_;
    const std::vector<std::size_t>& columns_;
    GroupTable seen_;
};

}  // namespace

SessionImpl::Target SessionImpl::target(const ast::TableRef& name) {
    auto found = table(name.name);
    if (!found) {
        auto text = found.error().text();
        const auto hint = text.find("; ");
        fail(name.offset, text.substr(0, hint),
             hint == std::string::npos ? std::string() : text.substr(hint + 2),
             found.error().code());
    }
    Target out;
    out.table = std::dynamic_pointer_cast<const MapTable>(*found);
    if (!out.table) {
        fail(name.offset, "table " + quote_path(name.name) + " of a dump cannot be changed",
             "copy it: CREATE TABLE ... AS SELECT");
    }
    out.id = out.table->id();
    if (out.id.kind == MapKind::counter) {
        fail(name.offset, "a counter cannot be changed by SQL");
    }
    for (const auto& schema : schemas_) {
        const bool mine = schema->base() == out.table->from().base &&
                          (name.name.size() < 2 || name.name[0] == schema->name());
        if (mine && schema->find_map(out.table->name())) out.schema = schema.get();
    }
    TOPGUN_ASSERT(out.schema != nullptr, "a map's table belongs to a schema");
    out.definition = out.schema->definition(out.id);
    return out;
}

Status SessionImpl::check_writable(const Target& target, ast::Offset at, const char* statement) {
    const bool own = target.schema->path().empty() ||
                     (target.schema->base() != nullptr && !target.schema->base()->has(target.id));
    if (options_.writable || own) return {};
    fail(at, std::string(statement) + " would change a source, and its changes have nowhere to go",
         "name a file for them: --write changes.tgl", Errc::usage);
}

Status SessionImpl::begin_change(const Target& target) {
    auto newest = target.schema->newest(target.id);
    if (!newest) return std::move(newest).error();
    clock_.prime(*newest);
    return {};
}

OwnedOp SessionImpl::next_op(const Target& target, OpKind kind) {
    OwnedOp out;
    out.kind = kind;
    out.map = target.id.name;
    out.stamp = clock_.now();
    return out;
}

Status SessionImpl::apply_all(const Target& target, std::vector<OwnedOp> ops) {
    for (auto& op : ops) TOPGUN_TRY(target.schema->apply(std::move(op)));
    return {};
}

// Which of these keys have a live record.
Result<std::vector<char>> SessionImpl::existing(const Target& target,
                                                const std::vector<std::string>& keys) {
    auto table = target.schema->map_table(target.id, now_ms());
    if (!table) return std::move(table).error();
    ScanHints hints;
    hints.keys = keys;
    const auto key = find_column(**table, "_key");
    const std::size_t columns[] = {*key};
    auto scan = (*table)->scan(columns, 0, 1, hints);
    if (!scan) return std::move(scan).error();
    std::unordered_set<std::string> there;
    for (;;) {
        TOPGUN_TRY(check_stop());
        Batch batch;
        auto more = (*scan)->next(batch);
        if (!more) return std::move(more).error();
        if (!*more) break;
        for (std::size_t row = 0; row < batch.rows; ++row) {
            there.emplace(batch.columns[0]->bytes(row));
        }
    }
    std::vector<char> out;
    for (const auto& one : keys) out.push_back(there.contains(one) ? 1 : 0);
    return out;
}

// UNIQUE: the values of the columns, over all records as they would be.
Status SessionImpl::check_unique(const Target& target, const std::vector<OwnedOp>& written) {
    if (target.definition == nullptr || target.definition->unique.empty()) return {};
    auto table = target.schema->map_table(target.id, now_ms());
    if (!table) return std::move(table).error();
    Replica fresh;
    std::unordered_set<std::string> keys;
    for (const auto& op : written) {
        keys.insert(op.key);
        auto merged = fresh.apply(op.view());
        if (!merged) return std::move(merged).error();
    }
    const auto state = read_replica(fresh);
    const auto proposed = MapTable::declared(target.id, {nullptr, &fresh, state.get()}, now_ms(),
                                             target.definition->columns);
    for (const auto& set : target.definition->unique) {
        UniqueValues values(*target.definition, set);
        TOPGUN_TRY(values.add(**table, keys));
        TOPGUN_TRY(values.add(*proposed, {}));
    }
    return {};
}

// RETURNING: the same as SELECT from the rows written.
Status SessionImpl::returning(const Target& target, const std::vector<ast::SelectItem>& items,
                              const std::vector<OwnedOp>& rows, ResultSink& sink,
                              Summary& summary) {
    if (items.empty()) return {};
    Replica written;
    for (const auto& op : rows) {
        auto merged = written.apply(op.view());
        if (!merged) return std::move(merged).error();
    }
    const auto state = read_replica(written);
    const WithReturning catalog(*this,
                                MapTable::declared(target.id, {nullptr, &written, state.get()}, 0,
                                                   columns_of(*target.table, target.definition)));
    ast::Select select;
    select.items = items;
    ast::TableRef ref;
    ref.name = {"returning"};
    ref.alias.name = target.table->name();
    select.from.push_back({{}, std::move(ref)});
    ast::Query query;
    query.body = std::move(select);
    Binder binder(catalog, parameters_, eval_);
    auto plan = planned(binder, binder.bind(query));
    std::vector<ResultColumn> columns;
    for (const auto& column : plan.root->columns) columns.push_back({column.name, column.type});
    TOPGUN_TRY(sink.begin(columns));
    summary.returns_rows = true;
    auto report = run_plan(plan, sink, summary.rows);
    return report ? Status() : Status(std::move(report).error());
}

}  // namespace topgun::sql
