// SPDX-License-Identifier: Apache-2.0
// INSERT, UPDATE, DELETE: rows become ops, each with a stamp newer than what it replaces.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "binder_expr.hpp"
#include "group_table.hpp"
#include "identifier.hpp"
#include "internal_functions.hpp"
#include "list.hpp"
#include "session_impl.hpp"
#include "topgun/base/nearest.hpp"
#include "topgun/sql/value_text.hpp"
#include "topgun/value/canonical.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::sql {
namespace {

// A value as it is stored in a record. What JSON has no type for is text in PostgreSQL's spelling.
void write_value(const Column& column, std::size_t row, msgpack::Writer& out) {
    if (column.is_null(row)) return out.nil();
    switch (column.type().id) {
        case TypeId::boolean: return out.boolean(column.boolean(row));
        case TypeId::bigint: return out.signed_integer(column.integer(row));
        case TypeId::real: return out.real(column.real(row));
        case TypeId::json:
        case TypeId::list: return out.raw(column.bytes(row));
        case TypeId::bytea: return out.binary(column.bytes(row));
        case TypeId::text: return out.string(column.bytes(row));
        default: return out.string(value_text(column, row));
    }
}

// Fields of a record, sorted by name as canonical maps have them.
using Fields = std::map<std::string, Bytes, std::less<>>;

Fields fields_of(BytesView record) {
    Fields out;
    ValueView(record).for_each_field(
        [&out](std::string_view name, ValueView value) { out[std::string(name)] = value.bytes(); });
    return out;
}

Bytes record_of(const Fields& fields) {
    Bytes out;
    msgpack::Writer writer(out);
    writer.map(fields.size());
    for (const auto& [name, value] : fields) {
        writer.string(name);
        writer.raw(value);
    }
    return out;
}

// Sets a field, or one within it: path[at...].
Bytes with_path(BytesView record, const std::vector<std::string>& path, std::size_t at,
                const Bytes& value) {
    if (at == path.size()) return value;
    auto fields = fields_of(record);
    auto& field = fields[path[at]];
    field = with_path(field, path, at + 1, value);
    return record_of(fields);
}

Bytes without(BytesView record, const std::string& field) {
    auto fields = fields_of(record);
    fields.erase(field);
    return record_of(fields);
}

bool is_map(BytesView value) {
    return !value.empty() && msgpack::Reader(value).peek() == msgpack::Kind::map;
}

std::optional<std::size_t> find_column(const MapTable& table, std::string_view name) {
    for (std::size_t i = 0; i < table.columns().size(); ++i) {
        if (table.columns()[i].name == name) return i;
    }
    return std::nullopt;
}

std::size_t column_of(const MapTable& table, const ast::Target& target) {
    const auto found = find_column(table, target.path[0]);
    if (!found) {
        std::vector<std::string_view> known;
        for (const auto& column : table.columns()) known.push_back(column.name);
        const auto near = nearest_word(target.path[0], known);
        fail(
            target.offset,
            "column \"" + target.path[0] + "\" of relation \"" + table.name() + "\" does not exist",
            near.empty() ? "a new field is written through the whole record: _record = _record "
                           "|| '{\"" +
                               target.path[0] + "\": ...}'"
                         : "did you mean " + quote_identifier(near) + "?",
            Errc::not_found);
    }
    using S = MapSource;
    const auto source = table.sources()[*found];
    const bool writable = source == S::key || source == S::field || source == S::value ||
                          source == S::record || source == S::ttl;
    if (!writable) {
        fail(target.offset, "column \"" + target.path[0] + "\" is set by the clock, not by hand");
    }
    return *found;
}

// What a declared type does to a value beyond its storage.
Scalar constrained(Scalar value, const DeclaredColumn& column) {
    const auto with = [&](const Function& function, std::vector<std::int64_t> numbers) {
        const auto type = value.type;
        const auto offset = value.offset;
        std::vector<Scalar> arguments;
        arguments.push_back(std::move(value));
        for (const auto number : numbers) arguments.push_back(integer_scalar(number));
        return call_scalar({&function, {}, type}, std::move(arguments), offset);
    };
    if (column.precision > 0) {
        return with(numeric_type_function(), {column.precision, column.scale});
    }
    if (column.bits > 0) return with(integer_type_function(), {column.bits});
    return value;
}

Scalar scalar_of(const OutputColumn& column) {
    return column_scalar(column.id, column.type, column.name);
}

Error too_long(const DeclaredColumn& column) {
    return Error(Errc::bad_input, "value too long for type character varying(" +
                                      std::to_string(column.length) + ")");
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0u) != 0x80u;
    }));
}

const DeclaredColumn* declared(const TableDefinition* definition, std::string_view name) {
    if (definition == nullptr) return nullptr;
    for (const auto& column : definition->columns) {
        if (column.name == name) return &column;
    }
    return nullptr;
}

// What stands for DEFAULT.
ast::Expr default_of(const TableDefinition* definition, std::string_view name, ast::Offset at) {
    const auto* column = declared(definition, name);
    if (column != nullptr && column->default_value) return *column->default_value;
    return {at, ast::Literal{}};
}

// The key of a record whose primary key columns have these values.
std::string key_of(const TableDefinition& definition, const Fields& fields) {
    std::string out;
    for (const auto at : definition.primary) {
        const auto& name = definition.columns[at].name;
        const auto found = fields.find(name);
        Column text(TypeId::json);
        if (found != fields.end()) text.add_bytes(found->second);
        if (!out.empty()) out += '/';
        if (text.size() == 0) continue;
        const auto string = ValueView(text.bytes(0)).as_string();
        out += string ? std::string(*string) : value_text(text, 0);
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

Stamp SessionImpl::next_stamp() {
    last_stamp_ = clock_.now();
    return last_stamp_.view();
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
        auto columns = set;
        columns.push_back(*find_column(**table, "_key"));
        std::vector<DataType> types;
        for (const auto at : set) types.push_back(target.definition->columns[at].type);
        GroupTable seen(types);
        const auto take = [&](const MapTable& from, bool is_new) -> Status {
            auto scan = from.scan(columns, 0, 1, {});
            if (!scan) return std::move(scan).error();
            for (;;) {
                Batch batch;
                auto more = (*scan)->next(batch);
                if (!more) return std::move(more).error();
                if (!*more) return {};
                for (std::uint32_t row = 0; row < batch.rows; ++row) {
                    const std::uint32_t one[] = {row};
                    auto values = batch.gather(one);
                    const auto key = std::string(values.columns.back()->bytes(0));
                    values.columns.pop_back();
                    if (!is_new && keys.contains(key)) continue;
                    bool null = false;
                    for (const auto& value : values.columns) null = null || value->is_null(0);
                    if (null) continue;
                    const auto before = seen.size();
                    std::vector<std::uint32_t> groups;
                    seen.add(values, groups);
                    if (seen.size() == before) {
                        return Error(Errc::bad_input,
                                     "duplicate key value violates unique constraint on \"" +
                                         target.definition->columns[set[0]].name + "\"");
                    }
                }
            }
        };
        TOPGUN_TRY(take(**table, false));
        TOPGUN_TRY(take(*proposed, true));
    }
    return {};
}

Result<std::uint64_t> SessionImpl::insert_rows(const Target& target,
                                               const std::vector<std::size_t>& columns,
                                               const std::vector<Batch>& rows,
                                               const ast::OnConflict* conflict,
                                               std::vector<OwnedOp>& written) {
    TOPGUN_TRY(begin_change(target));
    std::vector<OwnedOp> ops;
    const bool tagged = target.id.kind == MapKind::or_map;
    bool made_keys = false;
    for (const auto& batch : rows) {
        for (std::size_t row = 0; row < batch.rows; ++row) {
            OwnedOp op;
            op.kind = tagged ? OpKind::or_add : OpKind::put;
            op.map = target.id.name;
            std::optional<std::string> key;
            Fields fields;
            std::optional<Bytes> whole;
            for (std::size_t i = 0; i < columns.size(); ++i) {
                const auto& column = *batch.columns[i];
                const auto& named = target.table->columns()[columns[i]];
                switch (target.table->sources()[columns[i]]) {
                    case MapSource::key:
                        if (column.is_null(row)) {
                            return Error(Errc::bad_input, "null value in column \"_key\"");
                        }
                        key = std::string(column.bytes(row));
                        break;
                    case MapSource::value:
                    case MapSource::record:
                        if (!column.is_null(row)) whole = Bytes(column.bytes(row));
                        break;
                    case MapSource::ttl:
                        if (!column.is_null(row)) {
                            op.ttl_ms = static_cast<std::uint64_t>(
                                std::max<std::int64_t>(0, column.integer(row)));
                        }
                        break;
                    default: {
                        // Of a declared table, what is missing is NULL.
                        if (target.definition != nullptr && column.is_null(row)) break;
                        Bytes value;
                        msgpack::Writer writer(value);
                        write_value(column, row, writer);
                        const auto* rule = declared(target.definition, named.name);
                        if (rule != nullptr && rule->length > 0 && !column.is_null(row) &&
                            characters(column.bytes(row)) >
                                static_cast<std::size_t>(rule->length)) {
                            return too_long(*rule);
                        }
                        fields[named.name] = std::move(value);
                    }
                }
            }
            if (target.definition != nullptr) {
                for (const auto& column : target.definition->columns) {
                    const auto found = fields.find(column.name);
                    const bool null = found == fields.end();
                    if (null && column.not_null) {
                        return Error(Errc::bad_input, "null value in column \"" + column.name +
                                                          "\" of relation \"" + target.id.name +
                                                          "\" violates not-null constraint");
                    }
                }
                if (!key && !target.definition->primary.empty()) {
                    key = key_of(*target.definition, fields);
                }
            }
            const auto stamp = next_stamp();
            if (!key) {
                // Unique among all nodes, as the stamp is.
                key = format_stamp(stamp);
                std::replace(key->begin(), key->end(), ':', '-');
                made_keys = true;
            }
            if (whole && is_map(*whole)) {
                for (auto& [name, value] : fields_of(*whole)) fields.emplace(name, value);
                whole.reset();
            }
            op.key = std::move(*key);
            op.stamp = last_stamp_;
            if (tagged) op.tag = format_stamp(stamp);
            op.value = whole ? std::move(*whole) : record_of(fields);
            ops.push_back(std::move(op));
        }
    }
    const bool keyed = !made_keys && !tagged;
    if (!keyed) {
        written = ops;
        TOPGUN_TRY(check_unique(target, written));
        TOPGUN_TRY(apply_all(target, std::move(ops)));
        return written.size();
    }
    std::vector<std::string> keys;
    for (const auto& op : ops) keys.push_back(op.key);
    auto there = existing(target, keys);
    if (!there) return std::move(there).error();
    std::unordered_set<std::string> fresh;
    std::vector<Batch> conflicting;
    std::size_t at = 0;
    std::vector<OwnedOp> kept;
    for (const auto& batch : rows) {
        std::vector<std::uint32_t> clash;
        for (std::uint32_t row = 0; row < batch.rows; ++row, ++at) {
            const bool twice = !fresh.insert(ops[at].key).second;
            if ((*there)[at] == 0 && !twice) {
                kept.push_back(std::move(ops[at]));
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
        if (!clash.empty()) conflicting.push_back(batch.gather(clash));
    }
    TOPGUN_TRY(check_unique(target, kept));
    written = kept;
    TOPGUN_TRY(apply_all(target, std::move(kept)));
    std::uint64_t changed = written.size();
    if (conflict != nullptr && !conflict->set.empty() && !conflicting.empty()) {
        auto updated = update_on_conflict(target, *conflict, columns, conflicting, written);
        if (!updated) return updated;
        changed += *updated;
    }
    return changed;
}

// The records that are there, beside the rows that were refused, as "excluded".
Result<std::uint64_t> SessionImpl::update_on_conflict(const Target& target,
                                                      const ast::OnConflict& conflict,
                                                      const std::vector<std::size_t>& columns,
                                                      const std::vector<Batch>& rows,
                                                      std::vector<OwnedOp>& written) {
    Binder binder(*this, parameters_, eval_);
    Scope scope;
    auto fresh = target.schema->map_table(target.id, now_ms());
    if (!fresh) return std::move(fresh).error();
    auto now = target;
    now.table = *fresh;
    auto left = binder.scan_table(now.table, {}, scope, target.schema->name());
    scope.tables.back().name = target.table->name();
    // Columns of the refused rows, and their keys.
    plan::Stored stored;
    stored.rows = std::make_shared<StoredRows>();
    stored.rows->name = "excluded";
    ScopeTable names;
    names.name = "excluded";
    auto right = make_plan(plan::Stored{});
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
    right->node = std::move(stored);
    right->columns = all;
    scope.tables.push_back(names);
    // The key, or what it is made of.
    std::vector<Scalar> same;
    std::vector<std::size_t> keys;
    if (target.definition != nullptr && !target.definition->primary.empty()) {
        for (const auto at : target.definition->primary) {
            keys.push_back(*find_column(*target.table, target.definition->columns[at].name));
        }
    } else {
        keys.push_back(*find_column(*target.table, "_key"));
    }
    for (const auto at : keys) {
        same.push_back(equal_scalar(scalar_of(left->columns[at]), scalar_of(all[at]), 0));
    }
    plan::Join join;
    join.condition = all_of(std::move(same));
    auto plan = make_plan(std::move(join), std::move(left), std::move(right));
    // An unqualified name means the record that is there.
    return update_rows(now, conflict.set, std::move(plan), scope, binder, conflict.where, written,
                       "ON CONFLICT DO UPDATE");
}

// Columns that every change needs of the record that it replaces.
Result<std::uint64_t> SessionImpl::update_rows(const Target& target,
                                               const std::vector<ast::Assignment>& assignments,
                                               PlanBox plan, Scope& scope, Binder& binder,
                                               const ast::ExprBox& where,
                                               std::vector<OwnedOp>& written,
                                               const char* statement) {
    Context context{&scope, &plan, statement, false, false, false, nullptr};
    if (where) {
        context.clause = "WHERE";
        auto condition = binder.bind_condition(*where, context);
        plan = make_plan(plan::Filter{std::move(condition)}, std::move(plan));
        context.clause = statement;
    }
    struct Set {
        std::size_t column = 0;
        std::vector<std::string> path;
    };
    std::vector<Set> sets;
    plan::Project project;
    const auto add = [&](Scalar value) {
        project.columns.push_back(binder.new_column("value", value.type));
        project.values.push_back(std::move(value));
    };
    const auto& own = scope.tables.front();
    const auto system = [&](std::string_view name) {
        for (const auto& column : own.columns) {
            if (column.name == name) {
                return column_scalar(column.id, column.type, column.name);
            }
        }
        return typed_null(TypeId::text, {});
    };
    add(system("_key"));
    add(system("_record"));
    add(system("_ttl"));
    add(system("_tag"));
    constexpr std::size_t kFirst = 4;
    const auto assign = [&](const ast::Target& to, Scalar value) {
        const auto at = column_of(*target.table, to);
        for (const auto& set : sets) {
            if (set.column == at && set.path == to.path) {
                fail(to.offset, "multiple assignments to same column \"" + to.path[0] + "\"");
            }
        }
        auto type = target.table->columns()[at].type;
        if (to.path.size() > 1) {
            if (type.id != TypeId::json) {
                fail(to.offset, "column \"" + to.path[0] + "\" is of type " + type_name(type) +
                                    ", which has no fields");
            }
        }
        if (value.offset == 0) value.offset = to.offset.at;
        value = binder.coerce(std::move(value), type, true);
        if (const auto* rule = declared(target.definition, to.path[0])) {
            value = constrained(std::move(value), *rule);
        }
        sets.push_back({at, to.path});
        add(std::move(value));
    };
    for (const auto& assignment : assignments) {
        if (!assignment.multiple) {
            const bool reset = std::holds_alternative<ast::Default>(assignment.value.node);
            assign(assignment.targets[0], reset ? typed_null(TypeId::null, assignment.value.offset)
                                                : binder.bind_expr(assignment.value, context));
            continue;
        }
        const auto* row = std::get_if<ast::RowConstructor>(&assignment.value.node);
        if (row == nullptr || row->fields.size() != assignment.targets.size()) {
            fail(assignment.value.offset,
                 "several columns are set from a row of as many values: (a, b) = (x, y)",
                 "set them one by one");
        }
        for (std::size_t i = 0; i < row->fields.size(); ++i) {
            assign(assignment.targets[i], binder.bind_expr(row->fields[i], context));
        }
    }
    plan = make_plan(std::move(project), std::move(plan));
    auto rows = collect(planned(binder, binder.finish(std::move(plan))));
    if (!rows) return std::move(rows).error();
    TOPGUN_TRY(begin_change(target));
    const bool tagged = target.id.kind == MapKind::or_map;
    std::vector<OwnedOp> ops;
    std::unordered_set<std::string> seen, moved_from;
    std::uint64_t changed = 0;
    for (const auto& batch : *rows) {
        for (std::size_t row = 0; row < batch.rows; ++row) {
            const std::string key(batch.columns[0]->bytes(row));
            const std::string tag(tagged ? batch.columns[3]->bytes(row) : std::string_view());
            // A row that joins several others takes the first.
            if (!seen.insert(key + '\0' + tag).second) continue;
            ++changed;
            OwnedOp op;
            op.kind = tagged ? OpKind::or_add : OpKind::put;
            op.map = target.id.name;
            op.key = key;
            Bytes record(batch.columns[1]->bytes(row));
            if (!batch.columns[2]->is_null(row)) {
                op.ttl_ms = static_cast<std::uint64_t>(batch.columns[2]->integer(row));
            }
            for (std::size_t i = 0; i < sets.size(); ++i) {
                const auto& value = *batch.columns[kFirst + i];
                const auto& named = target.table->columns()[sets[i].column];
                Bytes bytes;
                msgpack::Writer writer(bytes);
                write_value(value, row, writer);
                switch (target.table->sources()[sets[i].column]) {
                    case MapSource::key:
                        if (value.is_null(row)) {
                            return Error(Errc::bad_input, "null value in column \"_key\"");
                        }
                        op.key = std::string(value.bytes(row));
                        break;
                    case MapSource::value:
                    case MapSource::record: record = std::move(bytes); break;
                    case MapSource::ttl:
                        op.ttl_ms = value.is_null(row)
                                        ? kNoTtl
                                        : static_cast<std::uint64_t>(
                                              std::max<std::int64_t>(0, value.integer(row)));
                        break;
                    default: {
                        const auto* rule = declared(target.definition, named.name);
                        if (rule != nullptr && value.is_null(row) && rule->not_null) {
                            return Error(Errc::bad_input, "null value in column \"" + rule->name +
                                                              "\" violates not-null constraint");
                        }
                        if (rule != nullptr && rule->length > 0 && !value.is_null(row) &&
                            characters(value.bytes(row)) > static_cast<std::size_t>(rule->length)) {
                            return too_long(*rule);
                        }
                        const auto& path = sets[i].path;
                        const bool gone =
                            target.definition != nullptr && path.size() == 1 && value.is_null(row);
                        record =
                            gone ? without(record, path[0]) : with_path(record, path, 0, bytes);
                    }
                }
            }
            if (target.definition != nullptr && !target.definition->primary.empty()) {
                op.key = key_of(*target.definition, fields_of(record));
            }
            if (op.key != key && !tagged) moved_from.insert(key);
            if (tagged) {
                OwnedOp gone;
                gone.kind = OpKind::or_remove;
                gone.map = op.map;
                gone.key = key;
                gone.tag = tag;
                (void)next_stamp();
                gone.stamp = last_stamp_;
                ops.push_back(std::move(gone));
            }
            const auto stamp = next_stamp();
            op.stamp = last_stamp_;
            if (tagged) op.tag = format_stamp(stamp);
            op.value = std::move(record);
            written.push_back(op);
            ops.push_back(std::move(op));
        }
    }
    // Records that got another key: the old ones go, unless another record took their key.
    if (!moved_from.empty()) {
        std::vector<std::string> keys;
        std::unordered_set<std::string> taken;
        for (const auto& op : ops) {
            if (!taken.insert(op.key).second) {
                return Error(Errc::already_exists, "duplicate key \"" + op.key + "\"");
            }
            if (!moved_from.contains(op.key) && !seen.contains(op.key + '\0')) {
                keys.push_back(op.key);
            }
        }
        auto there = existing(target, keys);
        if (!there) return std::move(there).error();
        for (std::size_t i = 0; i < keys.size(); ++i) {
            if ((*there)[i] != 0) {
                return Error(Errc::already_exists, "duplicate key \"" + keys[i] + "\"");
            }
        }
        std::vector<OwnedOp> gone;
        for (const auto& key : moved_from) {
            if (taken.contains(key)) continue;
            OwnedOp op;
            op.kind = OpKind::remove;
            op.map = target.id.name;
            op.key = key;
            (void)next_stamp();
            op.stamp = last_stamp_;
            gone.push_back(std::move(op));
        }
        ops.insert(ops.end(), std::make_move_iterator(gone.begin()),
                   std::make_move_iterator(gone.end()));
    }
    if (!tagged) TOPGUN_TRY(check_unique(target, ops));
    TOPGUN_TRY(apply_all(target, std::move(ops)));
    return changed;
}

// RETURNING: the rows written, as a table of the target's columns.
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
    const MapRows from{nullptr, &written, state.get()};
    std::shared_ptr<const MapTable> table;
    if (target.definition != nullptr) {
        table = MapTable::declared(target.id, from, 0, target.definition->columns);
    } else {
        std::vector<DeclaredColumn> columns;
        for (std::size_t i = 0; i < target.table->columns().size(); ++i) {
            if (target.table->sources()[i] != MapSource::field) continue;
            const auto& column = target.table->columns()[i];
            auto& added = columns.emplace_back();
            added.name = column.name;
            added.type = column.type;
        }
        table = MapTable::declared(target.id, from, 0, columns);
    }
    // The same as SELECT items FROM the rows, bound against a catalog that has nothing else.
    class OneTable final : public Catalog {
    public:
        OneTable(const Catalog& rest, std::shared_ptr<const Table> table)
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
    const OneTable catalog(*this, table);
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

Result<Summary> SessionImpl::run(const ast::Insert& insert, ResultSink& sink) {
    const auto into = target(insert.table);
    TOPGUN_TRY(check_writable(into, insert.table.offset, "INSERT"));
    std::vector<std::size_t> columns;
    for (const auto& target : insert.columns) {
        if (target.path.size() > 1) {
            fail(target.offset, "INSERT sets whole columns", "set fields with UPDATE");
        }
        const auto at = column_of(*into.table, target);
        if (std::find(columns.begin(), columns.end(), at) != columns.end()) {
            fail(target.offset, "column \"" + target.path[0] + "\" specified more than once");
        }
        columns.push_back(at);
    }
    if (insert.columns.empty()) {
        for (std::size_t i = 0; i < into.table->columns().size(); ++i) {
            const auto source = into.table->sources()[i];
            const bool own = source == MapSource::field || source == MapSource::key ||
                             source == MapSource::value;
            if (!into.table->columns()[i].hidden && own) columns.push_back(i);
        }
    }
    if (insert.on_conflict) {
        std::vector<std::string> key{"_key"};
        if (into.definition != nullptr && !into.definition->primary.empty()) {
            key.clear();
            for (const auto at : into.definition->primary) {
                key.push_back(into.definition->columns[at].name);
            }
        }
        auto given = insert.on_conflict->columns;
        std::sort(given.begin(), given.end());
        auto sorted = key;
        std::sort(sorted.begin(), sorted.end());
        if (!given.empty() && given != sorted) {
            fail(insert.on_conflict->offset,
                 "there is no unique constraint matching the ON CONFLICT specification",
                 "records are told apart by " + quote_path(key));
        }
    }
    Summary out;
    std::vector<Batch> rows;
    if (insert.source) {
        Binder binder(*this, parameters_, eval_);
        auto query = *insert.source;
        if (auto* values = std::get_if<ast::Values>(&query.body)) {
            for (auto& row : values->rows) {
                for (std::size_t i = 0; i < row.size() && i < columns.size(); ++i) {
                    if (!std::holds_alternative<ast::Default>(row[i].node)) continue;
                    row[i] = default_of(into.definition, into.table->columns()[columns[i]].name,
                                        row[i].offset);
                }
            }
        }
        if (!insert.with.tables.empty()) query.with = insert.with;
        auto bound = binder.bind_query(query, nullptr);
        if (bound.columns.size() > columns.size()) {
            fail(insert.source->offset, "INSERT has more expressions than target columns");
        }
        if (!insert.columns.empty() && bound.columns.size() < columns.size()) {
            fail(insert.source->offset, "INSERT has more target columns than expressions");
        }
        columns.resize(bound.columns.size());
        const auto given = columns.size();
        add_defaults(into.definition, *into.table, columns);
        for (std::size_t i = 0; i < given; ++i) {
            const auto& column = into.table->columns()[columns[i]];
            binder.coerce_column(bound, i, column.type, insert.source->offset);
        }
        plan::Project project;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const auto& name = into.table->columns()[columns[i]].name;
            const auto type = into.table->columns()[columns[i]].type;
            Scalar value;
            if (i < given) {
                value = scalar_of(bound.columns[i]);
            } else {
                Scope none;
                Context context{&none, nullptr, "DEFAULT", false, false, false, nullptr};
                value = binder.coerce(
                    binder.bind_expr(default_of(into.definition, name, {}), context), type, true);
            }
            value.offset = insert.source->offset.at;
            if (const auto* rule = declared(into.definition, name)) {
                value = constrained(std::move(value), *rule);
            }
            project.columns.push_back(binder.new_column(name, value.type));
            project.values.push_back(std::move(value));
        }
        auto plan = make_plan(std::move(project), std::move(bound.plan));
        auto collected = collect(planned(binder, binder.finish(std::move(plan))));
        if (!collected) return std::move(collected).error();
        rows = std::move(*collected);
    } else {
        columns.clear();
        Batch one;
        one.rows = 1;
        rows.push_back(std::move(one));
    }
    std::vector<OwnedOp> written;
    const auto before = mark({});
    auto changed = insert_rows(into, columns, rows,
                               insert.on_conflict ? &*insert.on_conflict : nullptr, written);
    if (!changed) {
        roll_back_to(before);
        return std::move(changed).error();
    }
    out.changed = *changed;
    out.tag = "INSERT 0 " + std::to_string(out.changed);
    TOPGUN_TRY(returning(into, insert.returning, written, sink, out));
    return out;
}

Result<Summary> SessionImpl::run(const ast::Update& update, ResultSink& sink) {
    const auto into = target(update.table);
    TOPGUN_TRY(check_writable(into, update.table.offset, "UPDATE"));
    Binder binder(*this, parameters_, eval_);
    Scope scope;
    binder.add_with(update.with, scope);
    auto plan = binder.scan_table(into.table, update.table.alias, scope, into.schema->name());
    if (!update.from.empty()) {
        plan::Join join;
        join.condition = boolean_scalar(true);
        auto more = binder.bind_from(update.from, scope);
        plan = make_plan(std::move(join), std::move(plan), std::move(more));
    }
    std::vector<OwnedOp> written;
    const auto before = mark({});
    auto changed = update_rows(into, update.set, std::move(plan), scope, binder, update.where,
                               written, "UPDATE");
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
    if (!remove.from.empty()) {
        plan::Join join;
        join.condition = boolean_scalar(true);
        auto more = binder.bind_from(remove.from, scope);
        plan = make_plan(std::move(join), std::move(plan), std::move(more));
    }
    if (remove.where) {
        Context context{&scope, &plan, "WHERE", false, false, false, nullptr};
        auto condition = binder.bind_condition(*remove.where, context);
        plan = make_plan(plan::Filter{std::move(condition)}, std::move(plan));
    }
    plan::Project project;
    for (const auto* name : {"_key", "_record", "_hlc", "_tag"}) {
        const auto found = std::find_if(own.columns.begin(), own.columns.end(),
                                        [name](const auto& column) { return column.name == name; });
        auto value = found == own.columns.end()
                         ? typed_null(TypeId::text, {})
                         : column_scalar(found->id, found->type, found->name);
        project.columns.push_back(binder.new_column(name, value.type));
        project.values.push_back(std::move(value));
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
            OwnedOp op;
            op.kind = tagged ? OpKind::or_remove : OpKind::remove;
            op.map = from.id.name;
            op.key = std::string(batch.columns[0]->bytes(row));
            if (tagged) op.tag = std::string(batch.columns[3]->bytes(row));
            if (!seen.insert(op.key + '\0' + op.tag).second) continue;
            (void)next_stamp();
            op.stamp = last_stamp_;
            if (!remove.returning.empty()) {
                auto was = op;
                was.kind = tagged ? OpKind::or_add : OpKind::put;
                was.value = Bytes(batch.columns[1]->bytes(row));
                auto stamp = parse_timestamp(batch.columns[2]->bytes(row));
                if (stamp) was.stamp = std::move(*stamp);
                old.push_back(std::move(was));
            }
            ops.push_back(std::move(op));
        }
    }
    Summary out;
    out.changed = ops.size();
    out.tag = "DELETE " + std::to_string(out.changed);
    const auto before = mark({});
    auto applied = apply_all(from, std::move(ops));
    if (!applied) {
        roll_back_to(before);
        return std::move(applied).error();
    }
    TOPGUN_TRY(returning(from, remove.returning, old, sink, out));
    return out;
}

}  // namespace topgun::sql
