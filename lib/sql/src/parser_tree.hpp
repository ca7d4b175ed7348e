// SPDX-License-Identifier: Apache-2.0
// Reads PostgreSQL's parse tree in its JSON form into ours, and refuses what the dialect lacks.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ast.hpp"
#include "long_names.hpp"
#include "topgun/sql/diagnostic.hpp"

namespace topgun::sql {

/// Keeps the first failure and goes on with empty nodes, so that no step has to look for it.
class TreeReader {
public:
    using Json = nlohmann::json;

    /// @param text  the whole text; @param base  where in it the statement begins that was parsed.
    /// @param long_names  those of the statement.
    TreeReader(std::string_view text, std::size_t base, const LongNames& long_names)
        : text_(text), base_(base), here_(base), long_names_(long_names) {}

    ast::Statement statement(const Json& node);
    const std::optional<Diagnostic>& failure() const noexcept { return failure_; }

private:
    using Names = std::initializer_list<std::string_view>;

    // Access to JSON. A node is an object whose only name is the node's kind.
    static std::string_view kind(const Json& node);
    static const Json& body(const Json& node);
    static const Json& field(const Json& object, const char* name);
    static const Json& list(const Json& object, const char* name);
    static bool flag(const Json& object, const char* name);
    static std::string_view raw_word(const Json& object, const char* name);
    std::string_view word(const Json& object, const char* name) const;
    static std::int64_t number(const Json& object, const char* name);
    std::string name_of(const Json& string_node) const;
    static bool has(const Json& object, const char* name) { return object.contains(name); }
    static bool ends_in_star(const Json& node);
    std::vector<std::string> names(const Json& list) const;
    ast::Offset offset(const Json& object);

    void fail(ast::Offset offset, std::string message, std::string hint = {});
    void unsupported(ast::Offset offset, std::string_view what, std::string hint = {});
    void allow_only(const Json& object, std::string_view what, Names known);

    // Expressions.
    ast::Expr expr(const Json& node);
    ast::ExprBox box(const Json& object, const char* name);
    ast::ExprBox required(const Json& object, const char* name);
    std::vector<ast::Expr> exprs(const Json& list);
    ast::Expr value_or_default(const Json& node);
    ast::Expr::Node constant(const Json& object);
    ast::Expr::Node param(const Json& object);
    ast::Expr::Node column(const Json& object);
    ast::Expr::Node operation(const Json& object);
    ast::Expr::Node like(const Json& object, std::string_view kind);
    ast::Expr::Node between(const Json& object, std::string_view kind);
    ast::Expr::Node boolean(const Json& object);
    ast::Expr::Node null_test(const Json& object);
    ast::Expr::Node boolean_test(const Json& object);
    ast::Expr::Node sublink(const Json& object);
    ast::Expr::Node case_of(const Json& object);
    ast::Expr::Node coalesce(const Json& object);
    ast::Expr::Node min_max(const Json& object);
    ast::Expr::Node value_function(const Json& object);
    ast::Expr::Node row(const Json& object);
    ast::Expr::Node array(const Json& object);
    ast::Expr::Node collate(const Json& object);
    ast::Expr::Node grouping(const Json& object);
    ast::Expr::Node type_cast(const Json& object);
    ast::Expr::Node call(const Json& object);
    void arguments(const Json& object, ast::FunctionCall& call);
    ast::Expr::Node indirection(const Json& object);
    ast::Expr::Node misplaced_default(const Json& object);
    std::string operator_name(const Json& list, ast::Offset where);
    std::int64_t constant_integer(const Json& object);
    void check_collation(const Json& object);

    ast::TypeName type(const Json& object);
    void type_modifiers(const Json& list, ast::TypeName& type);
    void interval_modifiers(ast::TypeName& type);

    ast::SortKey sort_key(const Json& node);
    std::vector<ast::SortKey> sort_keys(const Json& list);
    ast::Window window(const Json& object);
    ast::Box<ast::Frame> frame(const Json& object);

    // Queries.
    ast::Query query(const Json& select);
    ast::QueryBox query_box(const Json& node);
    void query_body(const Json& select, ast::Query& query);
    ast::Select select(const Json& object);
    ast::Values values(const Json& rows);
    ast::SetOperation set_operation(const Json& object);
    void limits(const Json& object, ast::Query& query);
    ast::With with(const Json& object);
    ast::CommonTable common_table(const Json& object);
    ast::SelectItem item(const Json& node);
    std::vector<ast::SelectItem> items(const Json& list);
    ast::GroupItem group_item(const Json& node);
    void group_values(const Json& node, std::vector<ast::Expr>& values);

    // FROM.
    ast::FromItem from_item(const Json& node);
    std::vector<ast::FromItem> from_items(const Json& list);
    ast::TableRef table(const Json& object);
    ast::FromItem subquery(const Json& object);
    ast::FromItem function(const Json& object);
    ast::FromItem join(const Json& object);
    ast::Alias alias(const Json& object);

    // Statements.
    ast::Statement::Node statement_node(const Json& node);
    ast::Insert insert(const Json& object);
    ast::Update update(const Json& object);
    ast::Delete remove(const Json& object);
    ast::Target target(const Json& object);
    std::vector<ast::Assignment> assignments(const Json& list);
    ast::Assignment multiple_assignment(const Json& list, std::size_t& at);
    ast::OnConflict on_conflict(const Json& object);
    ast::CreateTable create_table(const Json& object);
    ast::CreateTableAs create_table_as(const Json& object);
    ast::TableRef created_table(const Json& object);
    ast::ColumnDefinition column_definition(const Json& object);
    void column_constraint(const Json& object, ast::ColumnDefinition& column);
    ast::TableKey table_key(const Json& object);
    ast::Delete truncate(const Json& object);
    ast::DropTable drop_table(const Json& object);
    ast::CreateIndex create_index(const Json& object);
    ast::DropIndex drop_index(const Json& object);
    ast::Transaction transaction(const Json& object);
    ast::Explain explain(const Json& object);
    void refuse_statement();

    // False, with a failure, when the tree is too deep; leave() belongs to each enter().
    bool enter();
    void leave() { --depth_; }

    std::string_view text_;
    std::size_t base_;
    std::size_t here_;  // The last place known, for nodes that have none.
    const LongNames& long_names_;
    std::size_t depth_ = 0;
    std::optional<Diagnostic> failure_;
};

}  // namespace topgun::sql
