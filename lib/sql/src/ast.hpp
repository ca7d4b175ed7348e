// SPDX-License-Identifier: Apache-2.0
// Queries and statements as the user wrote them: what the binder turns into plans.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "ast_expr.hpp"

namespace topgun::sql::ast {

/// AS name (columns). No name: no alias.
struct Alias {
    std::string name;
    std::vector<std::string> columns;
    bool operator==(const Alias&) const = default;
};

/// A table, or a common table expression, by name; the last part is its own.
struct TableRef {
    Offset offset;
    std::vector<std::string> name;  ///< One to three parts.
    Alias alias;
    bool operator==(const TableRef&) const = default;
};

struct SubqueryRef {
    QueryBox query;
    Alias alias;
    bool lateral = false;
    bool operator==(const SubqueryRef&) const = default;
};

/// A column of CREATE TABLE, or of a function's result: f() AS t(a int).
struct ColumnDefinition {
    Offset offset;
    std::string name;
    TypeName type;
    bool not_null = false;
    bool primary_key = false;
    bool unique = false;
    ExprBox default_value;  ///< None: NULL.
    bool operator==(const ColumnDefinition&) const = default;
};

struct FunctionRef {
    Expr call;  ///< A FunctionCall, or what SQL writes like one (CURRENT_DATE, COALESCE).
    Alias alias;
    std::vector<ColumnDefinition> columns;
    bool lateral = false;
    bool with_ordinality = false;
    bool operator==(const FunctionRef&) const = default;
};

struct FromItem;

struct Join {
    enum class Kind : std::uint8_t { inner, left, right, full, cross };
    Kind kind = Kind::inner;
    bool natural = false;
    Box<FromItem> left, right;
    std::vector<std::string> using_columns;
    std::string using_alias;  ///< JOIN ... USING (a) AS name
    ExprBox on;               ///< Exactly one of natural, using_columns, on; none when cross.
    Alias alias;              ///< (a JOIN b ...) AS name
    bool operator==(const Join&) const = default;
};

struct FromItem {
    Offset offset;
    std::variant<TableRef, SubqueryRef, FunctionRef, Join> node;
    bool operator==(const FromItem&) const = default;
};

/// An item of SELECT or RETURNING.
struct SelectItem {
    Offset offset;
    Expr value;
    std::string alias;  ///< Empty: none.
    bool operator==(const SelectItem&) const = default;
};

/// An item of GROUP BY. A simple one is a set of expressions: one, (a, b), or ().
struct GroupItem {
    enum class Kind : std::uint8_t { simple, rollup, cube, sets };
    Offset offset;
    Kind kind = Kind::simple;
    std::vector<Expr> values;      ///< Of simple.
    std::vector<GroupItem> items;  ///< Of the others; those of rollup and cube are simple.
    bool operator==(const GroupItem&) const = default;
};

/// WINDOW name AS (...).
struct NamedWindow {
    std::string name;
    Window window;
    bool operator==(const NamedWindow&) const = default;
};

struct Select {
    bool distinct = false;
    std::vector<Expr> distinct_on;  ///< Not empty only when distinct.
    std::vector<SelectItem> items;  ///< May be empty: PostgreSQL allows SELECT FROM t.
    std::vector<FromItem> from;
    ExprBox where;
    bool group_distinct = false;
    std::vector<GroupItem> group_by;
    ExprBox having;
    std::vector<NamedWindow> windows;
    bool operator==(const Select&) const = default;
};

/// Rows of equal length, at least one.
struct Values {
    std::vector<std::vector<Expr>> rows;
    bool operator==(const Values&) const = default;
};

struct SetOperation {
    enum class Kind : std::uint8_t { unite, intersect, except };
    Kind kind = Kind::unite;
    bool all = false;
    QueryBox left, right;
    bool operator==(const SetOperation&) const = default;
};

/// WITH name (columns) AS [NOT] MATERIALIZED (query).
struct CommonTable {
    enum class Materialize : std::uint8_t { automatic, always, never };
    Offset offset;
    std::string name;
    std::vector<std::string> columns;
    Materialize materialize = Materialize::automatic;
    QueryBox query;
    bool operator==(const CommonTable&) const = default;
};

struct With {
    bool recursive = false;
    std::vector<CommonTable> tables;
    bool operator==(const With&) const = default;
};

/// Anything that yields rows. TABLE x is SELECT * FROM x.
struct Query {
    Offset offset;
    With with;
    std::variant<Select, Values, SetOperation> body;
    std::vector<SortKey> order_by;
    ExprBox limit;  ///< None: LIMIT ALL.
    bool with_ties = false;
    ExprBox skip;  ///< OFFSET
    bool operator==(const Query&) const = default;
};

/// What INSERT and UPDATE write: a column, or a field within one (a.b.c).
struct Target {
    Offset offset;
    std::vector<std::string> path;  ///< Not empty.
    bool operator==(const Target&) const = default;
};

/// a = value, or (a, b) = row or query of as many columns.
struct Assignment {
    std::vector<Target> targets;
    bool multiple = false;
    Expr value;  ///< When multiple: a RowConstructor of as many fields, or a ScalarQuery.
    bool operator==(const Assignment&) const = default;
};

struct OnConflict {
    Offset offset;
    std::vector<std::string> columns;  ///< The conflict's target; may be empty for DO NOTHING.
    std::vector<Assignment> set;       ///< Empty: DO NOTHING.
    ExprBox where;                     ///< Of DO UPDATE.
    bool operator==(const OnConflict&) const = default;
};

struct Insert {
    With with;
    TableRef table;
    std::vector<Target> columns;  ///< Empty: all, in the table's order.
    QueryBox source;              ///< None: DEFAULT VALUES.
    Box<OnConflict> on_conflict;
    std::vector<SelectItem> returning;
    bool operator==(const Insert&) const = default;
};

struct Update {
    With with;
    TableRef table;
    std::vector<Assignment> set;
    std::vector<FromItem> from;
    ExprBox where;
    std::vector<SelectItem> returning;
    bool operator==(const Update&) const = default;
};

struct Delete {
    With with;
    TableRef table;
    std::vector<FromItem> from;  ///< USING
    ExprBox where;
    std::vector<SelectItem> returning;
    bool operator==(const Delete&) const = default;
};

/// PRIMARY KEY (a, b) or UNIQUE (a, b) of a whole table.
struct TableKey {
    Offset offset;
    bool primary = false;
    std::vector<std::string> columns;
    bool operator==(const TableKey&) const = default;
};

struct CreateTable {
    TableRef table;
    bool if_not_exists = false;
    std::vector<ColumnDefinition> columns;
    std::vector<TableKey> keys;
    bool operator==(const CreateTable&) const = default;
};

struct CreateTableAs {
    TableRef table;
    bool if_not_exists = false;
    std::vector<std::string> columns;  ///< Empty: the query's names.
    Query query;
    bool with_data = true;
    bool operator==(const CreateTableAs&) const = default;
};

struct DropTable {
    std::vector<TableRef> tables;
    bool if_exists = false;
    bool operator==(const DropTable&) const = default;
};

/// Scripts of other databases make indexes; here they are checked and change nothing.
struct CreateIndex {
    std::string name;  ///< Empty: none given.
    bool if_not_exists = false;
    TableRef table;
    std::vector<std::string> columns;
    bool operator==(const CreateIndex&) const = default;
};

struct DropIndex {
    std::vector<std::vector<std::string>> names;
    bool if_exists = false;
    bool operator==(const DropIndex&) const = default;
};

struct Transaction {
    enum class Kind : std::uint8_t { begin, commit, rollback, savepoint, release, rollback_to };
    Kind kind = Kind::begin;
    std::string savepoint;
    bool operator==(const Transaction&) const = default;
};

struct Statement;

struct ExplainOption {
    Offset offset;
    std::string name;
    std::string value;  ///< Empty: on.
    bool operator==(const ExplainOption&) const = default;
};

struct Explain {
    std::vector<ExplainOption> options;
    Box<Statement> statement;
    bool operator==(const Explain&) const = default;
};

struct Statement {
    using Node = std::variant<Query, Insert, Update, Delete, CreateTable, CreateTableAs, DropTable,
                              CreateIndex, DropIndex, Transaction, Explain>;
    Offset offset;  ///< Of its first word.
    Node node;
    bool operator==(const Statement&) const = default;
};

/// Canonical SQL: upper-case words, one space, quotes only where needed, parentheses around every
/// operand that is no simple one. Parsing it gives an equal tree.
/// Cost: linear in the text. Threads: no shared state.
std::string to_text(const Expr& expr);
std::string to_text(const Query& query);
std::string to_text(const Statement& statement);
std::string to_text(const TypeName& type);

}  // namespace topgun::sql::ast
