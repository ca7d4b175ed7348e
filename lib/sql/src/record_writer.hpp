// SPDX-License-Identifier: Apache-2.0
// How the values of a row become the record of a map.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "binder.hpp"
#include "map_table.hpp"
#include "schema.hpp"

namespace topgun::sql {

/// Builds records one after the other: begin(), set() for each column, finish(). What JSON has no
/// type for is written as text in PostgreSQL's spelling. Threads: one owner.
class RecordWriter {
public:
    /// Both outlive the writer. @param definition  may be null.
    RecordWriter(const MapTable& table, const TableDefinition* definition)
        : table_(table), definition_(definition) {}

    void begin();
    /// A record in the place of another one.
    void begin(std::string_view key, BytesView record, std::uint64_t ttl_ms);
    /// @param path  the column's name, then names within its value. Empty for the column itself.
    /// Errors: bad_input for a key that is NULL, a text that is too long.
    Status set(std::size_t column, const std::vector<std::string>& path, const Column& values,
               std::size_t row);
    /// Errors: bad_input for a NULL in a column that has none.
    Status finish();

    /// Empty when neither a column nor a primary key gave one.
    const std::optional<std::string>& key() const noexcept { return key_; }
    Bytes& value() noexcept { return value_; }
    std::uint64_t ttl_ms() const noexcept { return ttl_ms_; }

private:
    struct Set {
        std::vector<std::string> path;
        std::optional<Bytes> value;  // none: the field goes
    };
    Status check_length(const std::string& name, const Column& values, std::size_t row) const;
    Status check_nulls(BytesView record) const;

    const MapTable& table_;
    const TableDefinition* definition_;
    std::optional<std::string> key_;
    Bytes whole_;  // what the fields are set in; empty for nothing
    std::vector<Set> sets_;
    std::uint64_t ttl_ms_ = kNoTtl;
    Bytes value_;
};

/// The column of that name.
std::optional<std::size_t> find_column(const MapTable& table, std::string_view name);
/// The column that INSERT or UPDATE names. Throws BindError.
std::size_t written_column(const MapTable& table, const ast::Target& target);
/// What CREATE TABLE said of a column; null when nothing.
const DeclaredColumn* declared_column(const TableDefinition* definition, std::string_view name);
/// A value within the range and scale that its column's type has.
Scalar constrained(Scalar value, const TableDefinition* definition, std::string_view name);
/// What stands for DEFAULT.
ast::Expr default_of(const TableDefinition* definition, std::string_view name, ast::Offset at);

}  // namespace topgun::sql
