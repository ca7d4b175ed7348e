// SPDX-License-Identifier: Apache-2.0
#include "catalog.hpp"

#include <algorithm>
#include <array>

namespace topgun::pgdump {
namespace {

struct NamedType {
    std::string_view name;
    TypeId type;
};
constexpr std::array kTypes = {
    NamedType{"smallint", TypeId::bigint},
    NamedType{"integer", TypeId::bigint},
    NamedType{"bigint", TypeId::bigint},
    NamedType{"int", TypeId::bigint},
    NamedType{"int2", TypeId::bigint},
    NamedType{"int4", TypeId::bigint},
    NamedType{"int8", TypeId::bigint},
    NamedType{"real", TypeId::real},
    NamedType{"double precision", TypeId::real},
    NamedType{"float4", TypeId::real},
    NamedType{"float8", TypeId::real},
    NamedType{"numeric", TypeId::numeric},
    NamedType{"decimal", TypeId::numeric},
    NamedType{"boolean", TypeId::boolean},
    NamedType{"bool", TypeId::boolean},
    NamedType{"bytea", TypeId::bytea},
    NamedType{"date", TypeId::date},
    NamedType{"time", TypeId::time},
    NamedType{"time without time zone", TypeId::time},
    NamedType{"timestamp", TypeId::timestamp},
    NamedType{"timestamp without time zone", TypeId::timestamp},
    NamedType{"timestamptz", TypeId::timestamptz},
    NamedType{"timestamp with time zone", TypeId::timestamptz},
    NamedType{"json", TypeId::json},
    NamedType{"jsonb", TypeId::json},
};

// Whether PostgreSQL's own type is meant by a quoted name, as --quote-all-identifiers writes it:
// "char" is none of text, and other names that the grammar knows are none of the catalog's.
bool is_catalog_name(std::string_view name) {
    constexpr std::array<std::string_view, 15> kNames = {
        "text",    "json", "jsonb", "bytea", "date", "time",   "timestamp", "timestamptz",
        "numeric", "bool", "int2",  "int4",  "int8", "float4", "float8"};
    return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

// Words at which a column's type ends.
bool ends_type(const Token& token) {
    constexpr std::array kWords = {"collate", "not",        "null",    "default",
                                   "primary", "generated",  "unique",  "constraint",
                                   "check",   "references", "storage", "compression"};
    return token.is(",") || token.is(")") ||
           std::any_of(kWords.begin(), kWords.end(), [&](auto word) { return token.is(word); });
}

Error misread(const Lexer& in, const std::string& what) {
    const auto& token = in.peek();
    const auto found = in.slice(token.begin, std::min(token.end, token.begin + 40));
    return Error(Errc::bad_input,
                 what + ", found " + (found.empty() ? "its end" : "'" + std::string(found) + "'"));
}

}  // namespace

DataType builtin_type(std::string_view key) noexcept {
    if (key.starts_with("pg_catalog.")) key.remove_prefix(11);
    if (key.starts_with("interval")) return TypeId::interval;
    for (const auto& entry : kTypes) {
        if (entry.name == key) return entry.type;
    }
    return TypeId::text;
}

bool read_name(Lexer& in, QualifiedName& out) {
    if (!in.peek().is_name()) return false;
    out = {{}, in.take().text};
    while (in.accept(".")) {
        if (!in.peek().is_name()) return false;
        out.schema = std::move(out.name);
        out.name = in.take().text;
    }
    return true;
}

Status Catalog::declare(std::string_view statement) {
    Lexer in(statement, backslashes_);
    if (in.accept("create")) return create(in);
    if (in.accept("set")) return set(in);
    if (in.accept("alter")) {
        in.accept("foreign");
        if (in.accept("table")) alter_table(in);
    } else if (in.accept("select")) {
        select(in);
    }
    return {};
}

Status Catalog::create(Lexer& in) {
    for (const auto* word : {"global", "local", "temporary", "temp", "unlogged", "foreign"}) {
        in.accept(word);
    }
    if (in.accept("table")) return create_table(in);
    if (in.accept("type")) {
        create_type(in);
    } else if (in.accept("domain")) {
        create_domain(in);
    }
    return {};
}

Status Catalog::create_table(Lexer& in) {
    if (in.accept("if")) {
        in.accept("not");
        in.accept("exists");
    }
    QualifiedName name;
    if (!read_name(in, name)) return misread(in, "CREATE TABLE: expected a name");
    const auto at = table(name, true);
    // A second dump of the same table in one file adds rows only.
    if (!state_.tables[at].columns.empty() || !declarations_[at].parents.empty()) return {};
    Declaration declaration;
    QualifiedName other;
    if (in.accept("of") && read_name(in, other)) {
        declaration.of_type = other;
    } else if (in.accept("partition") && in.accept("of") && read_name(in, other)) {
        declaration.parents.push_back(other);
        declaration.partition = true;
    }
    std::vector<DumpColumn> found;
    std::vector<std::string> keys;
    // Options of inherited columns stand where columns do: "a WITH OPTIONS NOT NULL".
    const bool own = !declaration.partition && declaration.of_type.name.empty();
    if (own) {
        if (!in.accept("(") || !columns(in, found, declaration.types, keys)) {
            return misread(in, "CREATE TABLE " + name.name + ": expected a column");
        }
    } else if (in.peek().is("(")) {
        in.skip_parentheses();
    }
    if (in.accept("inherits") && in.accept("(")) {
        while (read_name(in, other)) {
            declaration.parents.push_back(other);
            if (!in.accept(",")) break;
        }
    }
    declaration.keys = std::move(keys);
    state_.tables[at].columns = std::move(found);
    declarations_[at] = std::move(declaration);
    return {};
}

// The list behind the opening parenthesis, up to the closing one.
bool Catalog::columns(Lexer& in, std::vector<DumpColumn>& columns, std::vector<ColumnType>& types,
                      std::vector<std::string>& keys) {
    if (in.accept(")")) return true;
    for (;;) {
        if (!in.peek().is_name()) return false;
        if (!table_constraint(in, keys)) {
            DumpColumn column;
            ColumnType type;
            column.name = in.take().text;
            if (!column_type(in, column.type_name, type)) return false;
            column_options(in, column);
            columns.push_back(std::move(column));
            types.push_back(std::move(type));
        }
        if (in.accept(")")) return true;
        if (!in.accept(",")) return false;
    }
}

// A constraint of the whole table instead of a column.
bool Catalog::table_constraint(Lexer& in, std::vector<std::string>& keys) {
    constexpr std::array kWords = {"constraint", "primary", "unique", "check", "foreign", "like"};
    const auto& token = in.peek();
    if (std::none_of(kWords.begin(), kWords.end(), [&](auto word) { return token.is(word); })) {
        return false;
    }
    while (!in.at_end() && !in.peek().is(",") && !in.peek().is(")")) {
        const bool key = in.accept("primary") && in.accept("key");
        if (key && in.accept("(")) {
            while (in.peek().is_name()) {
                keys.push_back(in.take().text);
                in.accept(",");
            }
            in.accept(")");
        } else if (in.peek().is("(")) {
            in.skip_parentheses();
        } else if (!in.peek().is(",") && !in.peek().is(")")) {
            in.take();
        }
    }
    return true;
}

bool Catalog::column_type(Lexer& in, std::string& name, ColumnType& type) {
    const auto begin = in.peek().begin;
    auto end = begin;
    while (!in.at_end() && !ends_type(in.peek())) {
        if (in.peek().is("(")) {
            const auto from = in.peek().begin;
            std::size_t depth = 0;
            do {
                if (in.peek().is("(")) ++depth;
                if (in.peek().is(")")) --depth;
                end = in.take().end;
            } while (depth > 0 && !in.at_end());
            if (end <= from) return false;
            continue;
        }
        if (in.peek().is("options")) break;
        const auto token = in.take();
        end = token.end;
        if (token.is("[")) {
            type.array = true;
        } else if (token.is(".") || type.key.ends_with('.')) {
            type.key += token.text;
        } else if (token.is_name()) {
            if (!type.key.empty()) type.key += ' ';
            if (token.kind == TokenKind::quoted && !is_catalog_name(token.text)) type.key += '"';
            type.key += token.text;
        }
    }
    name = in.slice(begin, end);
    return !type.key.empty();
}

void Catalog::column_options(Lexer& in, DumpColumn& column) {
    while (!in.at_end() && !in.peek().is(",") && !in.peek().is(")")) {
        if (in.peek().is("(")) {
            in.skip_parentheses();
        } else if (in.accept("not")) {
            column.not_null = in.accept("null") || column.not_null;
        } else if (in.accept("primary")) {
            column.primary_key = true;
        } else if (in.accept("generated")) {
            // GENERATED ALWAYS AS (...) STORED; but AS IDENTITY has values.
            in.accept("always");
            column.generated = in.accept("as") && in.peek().is("(");
        } else {
            in.take();
        }
    }
}

void Catalog::mark_keys(std::size_t table) {
    const auto& keys = declarations_[table].keys;
    for (auto& column : state_.tables[table].columns) {
        if (std::find(keys.begin(), keys.end(), column.name) == keys.end()) continue;
        column.primary_key = column.not_null = true;
    }
}

void Catalog::create_type(Lexer& in) {
    QualifiedName name;
    if (!read_name(in, name) || !in.accept("as") || !in.accept("(")) return;
    Composite composite;
    std::vector<std::string> keys;
    if (columns(in, composite.columns, composite.types, keys)) {
        composites_[full(name)] = std::move(composite);
    }
}

void Catalog::create_domain(Lexer& in) {
    QualifiedName name;
    ColumnType type;
    std::string spelled;
    if (read_name(in, name) && in.accept("as") && column_type(in, spelled, type)) {
        domains_[full(name)] = std::move(type);
    }
}

void Catalog::alter_table(Lexer& in) {
    in.accept("if");
    in.accept("exists");
    in.accept("only");
    QualifiedName name, other;
    if (!read_name(in, name)) return;
    const auto* const found = find(name);
    if (found == nullptr) return;
    const auto at = *found;
    if (in.accept("attach") && in.accept("partition") && read_name(in, other)) {
        if (const auto* const child = find(other)) {
            declarations_[*child].parents.push_back(
                {state_.tables[at].schema, state_.tables[at].name});
            declarations_[*child].partition = true;
        }
    } else if (in.accept("inherit") && read_name(in, other)) {
        declarations_[at].parents.push_back(other);
    } else if (in.accept("add")) {
        table_constraint(in, declarations_[at].keys);
    }
}

}  // namespace topgun::pgdump
