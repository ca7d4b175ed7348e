// SPDX-License-Identifier: Apache-2.0
// Tables and types as the statements of a dump declare them.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lexer.hpp"
#include "table_data.hpp"

namespace topgun::pgdump {

/// A name as a statement gives it; the schema may be missing.
struct QualifiedName {
    std::string schema, name;
};

/// Reads a name: a, a.b, "A"."B". False when there is none.
bool read_name(Lexer& in, QualifiedName& out);

/// What rows are said to belong to: the statement's table and columns.
struct RowTarget {
    std::size_t table = 0;
    std::uint32_t layout = 0;
};

/// Takes the statements of a dump in their order. Threads: one owner.
class Catalog {
public:
    explicit Catalog(DumpState& state) : state_(state) {}

    /// Reads CREATE TABLE, CREATE TYPE, CREATE DOMAIN, ALTER TABLE and SET; passes over all else.
    /// Errors: bad_input for a declaration that cannot be understood, and for an encoding that is
    /// not UTF-8.
    Status declare(std::string_view statement);
    /// Reads \connect and \encoding. Errors: bad_input for an encoding.
    Status command(std::string_view line);
    /// Reads COPY ... FROM stdin. False for any other statement.
    bool copy_target(std::string_view statement, RowTarget& out);
    /// Reads the beginning of an INSERT. False when it cannot be understood.
    bool insert_target(std::string_view statement, RowTarget& out);
    /// Resolves types, partitions and parents, when all statements were read.
    void finish();

    bool backslashes() const noexcept { return backslashes_; }
    DumpState& state() noexcept { return state_; }

private:
    struct ColumnType {
        std::string key;  // words of the type without what stands in parentheses
        bool array = false;
    };
    struct Declaration {
        std::vector<ColumnType> types;  // of the columns, in their order
        std::vector<QualifiedName> parents;
        std::vector<std::string> keys;  // names of the primary key's columns
        QualifiedName of_type;
        bool partition = false;
        bool resolved = false;
        bool resolving = false;
    };
    struct Composite {
        std::vector<DumpColumn> columns;
        std::vector<ColumnType> types;
    };

    Status create(Lexer& in);
    Status create_table(Lexer& in);
    void create_type(Lexer& in);
    void create_domain(Lexer& in);
    void alter_table(Lexer& in);
    Status set(Lexer& in);
    void select(Lexer& in);
    Status encoding(std::string_view name);
    bool columns(Lexer& in, std::vector<DumpColumn>& columns, std::vector<ColumnType>& types,
                 std::vector<std::string>& keys);
    static bool table_constraint(Lexer& in, std::vector<std::string>& keys);
    static bool column_type(Lexer& in, std::string& name, ColumnType& type);
    static void column_options(Lexer& in, DumpColumn& column);
    void mark_keys(std::size_t table);

    std::string full(const QualifiedName& name) const;
    std::size_t table(const QualifiedName& name, bool declared);
    const std::size_t* find(const QualifiedName& name) const;
    DataType data_type(const ColumnType& type) const;
    void resolve(std::size_t table, std::size_t depth);
    void inherit(std::size_t table, std::size_t parent);
    std::uint32_t layout(std::size_t table, Layout layout);
    void undeclared_columns(std::size_t table, const Layout& layout, std::size_t count);

    DumpState& state_;
    std::vector<Declaration> declarations_;  // one for each table
    std::unordered_map<std::string, std::size_t> tables_;
    std::unordered_map<std::string, Composite> composites_;
    std::unordered_map<std::string, ColumnType> domains_;
    std::string database_;
    std::string schema_ = "public";
    bool backslashes_ = false;
};

/// Types of PostgreSQL by name: "integer", "timestamp with time zone"; text for all others.
DataType builtin_type(std::string_view key) noexcept;

}  // namespace topgun::pgdump
