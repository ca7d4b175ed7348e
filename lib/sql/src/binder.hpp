// SPDX-License-Identifier: Apache-2.0
// From names to columns and types: turns trees of statements into plans.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ast.hpp"
#include "plan.hpp"
#include "topgun/sql/diagnostic.hpp"

namespace topgun::sql {

/// What names can mean. Implemented by sessions.
class Catalog {
public:
    virtual ~Catalog();
    /// A table by one, two or three name parts. Errors: not_found, usage (several tables).
    virtual Result<std::shared_ptr<const Table>> table(
        const std::vector<std::string>& name) const = 0;
    /// A table that a function of constants makes: diff('a', 'b'). Null when there is none of that
    /// name.
    virtual Result<std::shared_ptr<const Table>> table_function(
        const std::string& name, const std::vector<std::string>& arguments) const = 0;
    virtual bool has_table_function(const std::string& name) const = 0;
    /// The schema that a table was found in, for schema.table.column.
    virtual std::string schema_of(const Table& table) const = 0;
};

/// Values of $1, $2 ... as texts; no text is NULL.
using Parameters = std::map<std::int32_t, std::optional<std::string>>;

/// Thrown by the binder, caught where a statement is bound.
struct BindError {
    Diagnostic diagnostic;
};
[[noreturn]] void fail(ast::Offset at, std::string message, std::string hint = {},
                       Errc code = Errc::bad_input);

struct ScopeColumn {
    std::string name;
    ColumnId id = 0;
    DataType type;
    bool hidden = false;
};
struct ScopeTable {
    std::string schema;
    std::string name;
    std::vector<ScopeColumn> columns;
};
/// What an unqualified name can mean: a column, or those that USING has made one.
struct ScopeName {
    std::string name;
    Scalar value;
};

struct Aggregation;
struct CommonTableEntry;

/// Names that expressions see; those further out are seen as well.
struct Scope {
    Scope* outer = nullptr;
    std::vector<ScopeTable> tables;
    std::vector<ScopeName> names;  ///< As `*` lists them.
    /// Set while expressions stand above GROUP BY: columns are to be looked up among its keys.
    Aggregation* aggregation = nullptr;
    std::map<std::string, std::shared_ptr<CommonTableEntry>> common;
};

/// GROUP BY of one SELECT.
struct Aggregation {
    Scope* scope = nullptr;
    Plan* node = nullptr;         ///< A plan::Aggregate.
    std::vector<ast::Expr> keys;  ///< As they were written, beside those in the node.
    std::vector<ColumnId> whole;  ///< Ids of `_key` columns among the keys, with their tables.
};

struct CommonTableEntry {
    const ast::CommonTable* table = nullptr;
    Scope* scope = nullptr;            ///< Where it was defined.
    std::shared_ptr<StoredRows> rows;  ///< Null: bound anew for each use.
    std::vector<OutputColumn> columns;
};

/// A query bound: its plan's first columns are the visible ones.
struct BoundQuery {
    PlanBox plan;
    std::vector<OutputColumn> columns;
};

/// Where an expression stands.
struct Context {
    Scope* scope = nullptr;
    PlanBox* plan = nullptr;  ///< Where subqueries are joined to; null where none may stand.
    const char* clause = "";  ///< "WHERE", for messages.
    bool aggregates = false;  ///< May stand here.
    bool windows = false;
    bool sets = false;  ///< Functions that return rows.
    const std::vector<ast::NamedWindow>* named_windows = nullptr;
};

class Binder {
public:
    Binder(const Catalog& catalog, const Parameters& parameters, const EvalContext& context)
        : catalog_(catalog), parameters_(parameters), eval_(context) {}

    // Each throws BindError.
    QueryPlan bind(const ast::Query& query);
    /// @param scope  null for none.
    BoundQuery bind_query(const ast::Query& query, Scope* outer);
    Scalar bind_expr(const ast::Expr& expr, Context& context);
    /// Of boolean type.
    Scalar bind_condition(const ast::Expr& expr, Context& context);

    /// Makes a value of another type out of one, or says that it cannot be.
    /// @param how  "argument of WHERE must be type boolean, not type text" and its like are the
    ///             caller's; this says "cannot cast type a to b".
    Scalar coerce(Scalar value, DataType to, bool is_explicit = false);
    DataType type_of(const ast::TypeName& name);
    Scalar apply_type(Scalar value, const ast::TypeName& name);
    Scalar call(std::string_view name, std::vector<Scalar> arguments, ast::Offset at);
    ColumnId new_id() { return next_id_++; }
    OutputColumn new_column(std::string name, DataType type) {
        return {new_id(), std::move(name), type};
    }
    /// A FROM clause; its names are added to `scope`.
    PlanBox bind_from(const std::vector<ast::FromItem>& items, Scope& scope);
    /// The table as a plan, its names added to the scope.
    PlanBox scan_table(std::shared_ptr<const Table> table, const ast::Alias& alias, Scope& scope,
                       const std::string& schema);
    std::vector<Stage>& stages() { return stages_; }
    QueryPlan finish(PlanBox root);
    /// Values of one column of several rows, or of branches of a UNION, as one type.
    DataType common(const std::vector<const Scalar*>& values, ast::Offset at, const char* what);
    /// Changes column `at` of a bound query to a type.
    void coerce_column(BoundQuery& query, std::size_t at, DataType to, ast::Offset offset);
    void add_with(const ast::With& with, Scope& scope);
    /// ORDER BY, LIMIT and OFFSET of a query, on top of its plan.
    void add_limit(const ast::Query& query, BoundQuery& bound, std::vector<SortTerm> order);
    const EvalContext& eval() const { return eval_; }

private:
    friend class ExprBinder;
    friend class FromBinder;

    BoundQuery bind_body(const ast::Query& query, Scope& scope);
    BoundQuery bind_values(const ast::Values& values, Scope& scope, ast::Offset at);
    BoundQuery bind_set_operation(const ast::SetOperation& operation, Scope& scope, ast::Offset at);
    void bind_common_table(const ast::CommonTable& table, bool recursive, Scope& scope);
    void bind_recursive(const ast::CommonTable& table, CommonTableEntry& entry);
    std::optional<std::uint64_t> count_of(const ast::ExprBox& expr, const char* clause);
    BoundQuery unite(BoundQuery left, BoundQuery right);
    void inline_stages(QueryPlan& query);

    const Catalog& catalog_;
    const Parameters& parameters_;
    const EvalContext& eval_;
    ColumnId next_id_ = 1;
    std::vector<Stage> stages_;
    std::vector<std::unique_ptr<Scope>> scopes_;  // of common tables, which are bound later
};

// Shared by the parts of the binder.
Scalar unknown_scalar(std::string text, std::uint32_t offset);
Scalar typed_null(DataType type, ast::Offset at);
/// The name that a SELECT item has without AS.
std::string item_name(const ast::Expr& expr);

}  // namespace topgun::sql
