// SPDX-License-Identifier: Apache-2.0
// Random trees of everything that the dialect has, of those that a parse can yield.
#pragma once

#include <string>
#include <vector>

#include "ast.hpp"
#include "topgun/base/random.hpp"

namespace topgun::test {

class RandomStatement {
public:
    explicit RandomStatement(Random& random) : random_(random) {}
    sql::ast::Statement statement();
    sql::ast::Expr expr(int depth);
    sql::ast::Query query(int depth);

private:
    bool chance(double probability) { return random_.chance(probability); }
    template <typename T>
    T one_of(const std::vector<T>& values) {
        return values[random_.below(values.size())];
    }
    /// A member of an enumeration of `count`.
    template <typename E>
    E kind(std::uint64_t count) {
        return static_cast<E>(random_.below(count));
    }
    std::string name();
    std::vector<std::string> names(std::size_t most);
    sql::ast::TableRef table(bool with_alias);
    sql::ast::Alias alias();

    sql::ast::Expr leaf();
    sql::ast::Expr::Node simple_node(int depth);
    sql::ast::Expr::Node test_node(int depth);
    sql::ast::Expr::Node list_node(int depth);
    sql::ast::Expr::Node query_node(int depth);
    std::vector<sql::ast::Expr> exprs(std::size_t least, std::size_t most, int depth);
    sql::ast::ExprBox maybe(int depth);
    sql::ast::TypeName type();
    sql::ast::FunctionCall call(int depth, bool plain);
    sql::ast::Window window(int depth);
    sql::ast::Box<sql::ast::Frame> frame(int depth);
    std::vector<sql::ast::SortKey> sort_keys(std::size_t least, int depth);

    sql::ast::Select select(int depth);
    sql::ast::Values values(int depth, bool defaults);
    sql::ast::With with(int depth);
    sql::ast::GroupItem group_item(int depth, int kinds);
    std::vector<sql::ast::SelectItem> items(std::size_t least, int depth);
    sql::ast::FromItem from(int depth);
    sql::ast::FromItem join(int depth);
    std::vector<sql::ast::FromItem> froms(int depth);
    std::vector<sql::ast::ColumnDefinition> columns(bool constraints);
    std::vector<sql::ast::Assignment> assignments(int depth);
    sql::ast::Insert insert(int depth);
    sql::ast::Statement::Node table_statement(int depth);

    Random& random_;
};

}  // namespace topgun::test
