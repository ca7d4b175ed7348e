// SPDX-License-Identifier: Apache-2.0
#include "record_writer.hpp"

#include <algorithm>
#include <map>

#include "identifier.hpp"
#include "internal_functions.hpp"
#include "topgun/base/nearest.hpp"
#include "topgun/sql/value_text.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::sql {
namespace {

// Fields of a record, sorted by name as canonical maps have them.
using Fields = std::map<std::string, Bytes, std::less<>>;

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

Fields fields_of(BytesView record) {
    Fields out;
    if (record.empty()) return out;
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

// The value with another one at path[at...] within it.
Bytes with_path(BytesView value, const std::vector<std::string>& path, std::size_t at,
                const Bytes& inner) {
    if (at == path.size()) return inner;
    auto fields = fields_of(value);
    auto& field = fields[path[at]];
    field = with_path(field, path, at + 1, inner);
    return record_of(fields);
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0u) != 0x80u;
    }));
}

// The key of a record whose primary key columns have these values.
std::string primary_key(const TableDefinition& definition, const Fields& fields) {
    std::string out;
    for (const auto at : definition.primary) {
        if (!out.empty()) out += '/';
        const auto found = fields.find(definition.columns[at].name);
        if (found == fields.end()) continue;
        if (const auto text = ValueView(found->second).as_string()) {
            out += *text;
            continue;
        }
        Column json(TypeId::json);
        json.add_bytes(found->second);
        out += value_text(json, 0);
    }
    return out;
}

}  // namespace

void RecordWriter::begin() {
    key_.reset();
    whole_.clear();
    sets_.clear();
    ttl_ms_ = kNoTtl;
}

void RecordWriter::begin(std::string_view key, BytesView record, std::uint64_t ttl_ms) {
    begin();
    key_ = std::string(key);
    whole_ = record;
    ttl_ms_ = ttl_ms;
}

Status RecordWriter::check_length(const std::string& name, const Column& values,
                                  std::size_t row) const {
    const auto* rule = declared_column(definition_, name);
    if (rule == nullptr || rule->length <= 0 || values.is_null(row)) return {};
    if (characters(values.bytes(row)) <= static_cast<std::size_t>(rule->length)) return {};
    return Error(Errc::bad_input,
                 "value too long for type character varying(" + std::to_string(rule->length) + ")");
}

Status RecordWriter::set(std::size_t column, const std::vector<std::string>& path,
                         const Column& values, std::size_t row) {
    const bool null = values.is_null(row);
    const auto& name = table_.columns()[column].name;
    switch (table_.sources()[column]) {
        case MapSource::key:
            if (null) return Error(Errc::bad_input, "null value in column \"_key\"");
            key_ = std::string(values.bytes(row));
            return {};
        case MapSource::value:
        case MapSource::record:
            if (!null) whole_ = values.bytes(row);
            return {};
        case MapSource::ttl:
            ttl_ms_ =
                null ? kNoTtl
                     : static_cast<std::uint64_t>(std::max<std::int64_t>(0, values.integer(row)));
            return {};
        default: break;
    }
    TOPGUN_TRY(check_length(name, values, row));
    Set set;
    set.path = path.size() > 1 ? path : std::vector<std::string>{name};
    // Of a declared table, what is missing is NULL.
    if (!null || definition_ == nullptr || set.path.size() > 1) {
        msgpack::Writer writer(set.value.emplace());
        write_value(values, row, writer);
    }
    sets_.push_back(std::move(set));
    return {};
}

Status RecordWriter::check_nulls(BytesView record) const {
    if (definition_ == nullptr) return {};
    const auto fields = fields_of(record);
    for (const auto& column : definition_->columns) {
        if (!column.not_null || fields.contains(column.name)) continue;
        return Error(Errc::bad_input, "null value in column \"" + column.name +
                                          "\" of relation \"" + table_.name() +
                                          "\" violates not-null constraint");
    }
    return {};
}

Status RecordWriter::finish() {
    const bool plain = !whole_.empty() && msgpack::Reader(whole_).peek() != msgpack::Kind::map;
    if (plain && sets_.empty()) {
        value_ = std::move(whole_);
        return {};
    }
    auto fields = fields_of(whole_);
    for (const auto& set : sets_) {
        if (!set.value) {
            fields.erase(set.path[0]);
            continue;
        }
        auto& field = fields[set.path[0]];
        field = with_path(field, set.path, 1, *set.value);
    }
    value_ = record_of(fields);
    TOPGUN_TRY(check_nulls(value_));
    if (definition_ != nullptr && !definition_->primary.empty()) {
        key_ = primary_key(*definition_, fields);
    }
    return {};
}

std::optional<std::size_t> find_column(const MapTable& table, std::string_view name) {
    for (std::size_t i = 0; i < table.columns().size(); ++i) {
        if (table.columns()[i].name == name) return i;
    }
    return std::nullopt;
}

std::size_t written_column(const MapTable& table, const ast::Target& target) {
    const auto& name = target.path[0];
    const auto found = find_column(table, name);
    if (!found) {
        std::vector<std::string_view> known;
        for (const auto& column : table.columns()) known.push_back(column.name);
        const auto near = nearest_word(name, known);
        fail(target.offset,
             "column \"" + name + "\" of relation \"" + table.name() + "\" does not exist",
             near.empty() ? "a new field is written through the whole record: _record = _record "
                            "|| '{\"" +
                                name + "\": ...}'"
                          : "did you mean " + quote_identifier(near) + "?",
             Errc::not_found);
    }
    switch (table.sources()[*found]) {
        case MapSource::key:
        case MapSource::field:
        case MapSource::value:
        case MapSource::record:
        case MapSource::ttl: return *found;
        default: fail(target.offset, "column \"" + name + "\" is set by the clock, not by hand");
    }
}

const DeclaredColumn* declared_column(const TableDefinition* definition, std::string_view name) {
    if (definition == nullptr) return nullptr;
    for (const auto& column : definition->columns) {
        if (column.name == name) return &column;
    }
    return nullptr;
}

Scalar constrained(Scalar value, const TableDefinition* definition, std::string_view name) {
    const auto* column = declared_column(definition, name);
    if (column == nullptr || (column->precision == 0 && column->bits == 0)) return value;
    const bool scaled = column->precision > 0;
    const auto type = value.type;
    const auto offset = value.offset;
    std::vector<Scalar> arguments;
    arguments.push_back(std::move(value));
    arguments.push_back(integer_scalar(scaled ? column->precision : column->bits));
    if (scaled) arguments.push_back(integer_scalar(column->scale));
    const auto& function = scaled ? numeric_type_function() : integer_type_function();
    return call_scalar({&function, {}, type}, std::move(arguments), offset);
}

ast::Expr default_of(const TableDefinition* definition, std::string_view name, ast::Offset at) {
    const auto* column = declared_column(definition, name);
    if (column != nullptr && column->default_value) return *column->default_value;
    return {at, ast::Literal{}};
}

}  // namespace topgun::sql
