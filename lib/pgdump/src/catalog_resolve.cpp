// SPDX-License-Identifier: Apache-2.0
// Names of a dump's tables and types, and what they stand for once all statements are known.
#include <algorithm>

#include "catalog.hpp"

namespace topgun::pgdump {

void DumpState::collect(std::size_t table, std::vector<std::size_t>& out) const {
    out.push_back(table);
    std::vector<bool> seen(tables.size());
    seen[table] = true;
    for (auto next = out.size() - 1; next < out.size(); ++next) {
        for (const auto child : data[out[next]].children) {
            if (seen[child]) continue;
            seen[child] = true;
            out.push_back(child);
        }
    }
}

std::string Catalog::full(const QualifiedName& name) const {
    return database_ + '\0' + (name.schema.empty() ? schema_ : name.schema) + '\0' + name.name;
}

const std::size_t* Catalog::find(const QualifiedName& name) const {
    const auto found = tables_.find(full(name));
    return found == tables_.end() ? nullptr : &found->second;
}

std::size_t Catalog::table(const QualifiedName& name, bool declared) {
    const auto [at, added] = tables_.try_emplace(full(name), state_.tables.size());
    if (added) {
        DumpTable table;
        table.database = database_;
        table.schema = name.schema.empty() ? schema_ : name.schema;
        table.name = name.name;
        table.declared = declared;
        state_.tables.push_back(std::move(table));
        state_.data.emplace_back();
        declarations_.emplace_back();
    }
    return at->second;
}

DataType Catalog::data_type(const ColumnType& type) const {
    auto resolved = type;
    // A domain over a domain over a domain; damage may make a circle of them.
    for (int depth = 0; depth < 32; ++depth) {
        std::string key;
        for (const char c : resolved.key) {
            if (c != '"') key += c;
        }
        const auto dot = key.find('.');
        const QualifiedName name = dot == std::string::npos
                                       ? QualifiedName{{}, key}
                                       : QualifiedName{key.substr(0, dot), key.substr(dot + 1)};
        const auto domain = domains_.find(full(name));
        if (domain == domains_.end()) break;
        const bool array = resolved.array;
        resolved = domain->second;
        // An array of a domain over an array has no type here: its text is kept.
        if (array && resolved.array) return TypeId::text;
        resolved.array = resolved.array || array;
    }
    // The one type whose arrays have semicolons between their elements.
    if (resolved.array && resolved.key == "box") return TypeId::text;
    const auto scalar = builtin_type(resolved.key);
    return resolved.array ? DataType::list_of(scalar.id) : scalar;
}

void Catalog::inherit(std::size_t table, std::size_t parent) {
    auto& own = state_.tables[table].columns;
    auto& types = declarations_[table].types;
    std::vector<DumpColumn> columns = state_.tables[parent].columns;
    std::vector<ColumnType> column_types = declarations_[parent].types;
    const bool partition = declarations_[table].partition;
    for (auto& column : columns) column.primary_key = partition && column.primary_key;
    const auto inherited = columns.size();
    for (std::size_t i = 0; i < own.size(); ++i) {
        const auto same =
            std::find_if(columns.begin(), columns.begin() + static_cast<long>(inherited),
                         [&](const auto& c) { return c.name == own[i].name; });
        if (same == columns.begin() + static_cast<long>(inherited)) {
            columns.push_back(own[i]);
            column_types.push_back(types[i]);
            continue;
        }
        same->not_null = same->not_null || own[i].not_null;
        same->primary_key = same->primary_key || own[i].primary_key;
        // A partition may have its own expression; either way there is no value.
        same->generated = own[i].generated;
    }
    // Columns of a partition that was attached keep their own order.
    if (partition && !own.empty() && own.size() == columns.size()) return;
    own = std::move(columns);
    types = std::move(column_types);
}

void Catalog::resolve(std::size_t table, std::size_t depth) {
    // Nobody's tables inherit as deep; damage could overrun the stack.
    constexpr std::size_t kMaxDepth = 500;
    auto& declaration = declarations_[table];
    if (declaration.resolved || declaration.resolving || depth > kMaxDepth) return;
    declaration.resolving = true;
    database_ = state_.tables[table].database;
    schema_ = state_.tables[table].schema;
    if (!declaration.of_type.name.empty()) {
        const auto type = composites_.find(full(declaration.of_type));
        if (type != composites_.end()) {
            state_.tables[table].columns = type->second.columns;
            declaration.types = type->second.types;
        }
    }
    // From the last to the first, because what is inherited goes to the front.
    const auto parents = declaration.parents;
    for (auto name = parents.rbegin(); name != parents.rend(); ++name) {
        database_ = state_.tables[table].database;
        schema_ = state_.tables[table].schema;
        const auto* const parent = find(*name);
        if (parent == nullptr || *parent == table) continue;
        const auto at = *parent;
        auto& known = state_.tables[table].parents;
        if (std::find(known.begin(), known.end(), at) != known.end()) continue;
        resolve(at, depth + 1);
        inherit(table, at);
        known.push_back(at);
        state_.data[at].children.push_back(table);
    }
    database_ = state_.tables[table].database;
    schema_ = state_.tables[table].schema;
    auto& columns = state_.tables[table].columns;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        columns[i].type = data_type(declarations_[table].types[i]);
    }
    mark_keys(table);
    declarations_[table].resolved = true;
}

void Catalog::finish() {
    for (std::size_t table = 0; table < state_.tables.size(); ++table) resolve(table, 0);
    for (std::size_t table = 0; table < state_.tables.size(); ++table) {
        std::vector<std::size_t> all;
        state_.collect(table, all);
        for (const auto part : all) {
            for (const auto& run : state_.data[part].runs) {
                state_.tables[table].rows += run.rows;
                state_.tables[table].bytes += run.length;
            }
        }
        // Rows that name no columns have all of them; COPY leaves out what is computed.
        for (auto& layout : state_.data[table].layouts) {
            if (!layout.all_columns) continue;
            for (const auto& column : state_.tables[table].columns) {
                if (!layout.copy || !column.generated) layout.names.push_back(column.name);
            }
        }
    }
}

}  // namespace topgun::pgdump
