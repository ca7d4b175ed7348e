// SPDX-License-Identifier: Apache-2.0
// Appends trees as SQL; shared by the files that print expressions, queries and statements.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ast.hpp"

namespace topgun::sql::ast {

class Writer {
public:
    std::string take() { return std::move(out_); }

    void write(const Expr& expr);
    void write(const TypeName& type);
    void write(const Query& query);
    void write(const Statement& statement);

private:
    void add(std::string_view text) { out_ += text; }
    void name(std::string_view identifier);
    void path(const std::vector<std::string>& parts);
    void name_list(const std::vector<std::string>& names);  // (a, b)

    /// As an operand: in parentheses unless nothing can come between.
    void operand(const Expr& expr);
    void operand(const ExprBox& expr) { operand(*expr); }
    void in_parentheses(const Query& query);
    void in_parentheses(const std::vector<Expr>& exprs);
    void clause(std::string_view words, const ExprBox& expr);

    template <typename List>
    void list(const List& items) {
        bool first = true;
        for (const auto& item : items) {
            if (!first) add(", ");
            first = false;
            write(item);
        }
    }
    template <typename List>
    void clause(std::string_view words, const List& items) {
        if (items.empty()) return;
        add(words);
        list(items);
    }

    void write(const Literal& node);
    void write(const Param& node);
    void write(const ColumnRef& node);
    void write(const Star& node);
    void write(const Default&);
    void write(const Unary& node);
    void write(const Binary& node);
    void write(const Logical& node);
    void write(const Not& node);
    void write(const IsTest& node);
    void write(const IsDistinct& node);
    void write(const Between& node);
    void write(const InList& node);
    void write(const InQuery& node);
    void write(const QuantifiedArray& node);
    void write(const QuantifiedQuery& node);
    void write(const Exists& node);
    void write(const ScalarQuery& node);
    void write(const ArrayQuery& node);
    void write(const Like& node);
    void write(const Case& node);
    void write(const Choice& node);
    void write(const Cast& node);
    void write(const FunctionCall& node);
    void write(const ArrayConstructor& node);
    void write(const RowConstructor& node);
    void write(const Subscript& node);
    void write(const Field& node);
    void write(const Grouping& node);
    void write(const CurrentTime& node);
    void write(const Collate& node);

    void write(const SortKey& key);
    void write(const FrameBound& bound);
    void write(const Frame& frame);
    void definition(const Window& window);

    void write(const With& with);
    void write(const CommonTable& table);
    void write(const Select& select);
    void write(const Values& values);
    void write(const SetOperation& operation);
    void write(const SelectItem& item);
    void write(const GroupItem& item);
    void write(const NamedWindow& window);

    void write(const Alias& alias);
    void write(const FromItem& item);
    void write(const TableRef& table);
    void write(const SubqueryRef& subquery);
    void write(const FunctionRef& function);
    void write(const Join& join);
    void joined(const Join& join);
    void write(const ColumnDefinition& column);

    void write(const Target& target);
    void write(const Assignment& assignment);
    void write(const OnConflict& conflict);
    void write(const Insert& insert);
    void write(const Update& update);
    void write(const Delete& remove);
    void write(const TableKey& key);
    void write(const CreateTable& create);
    void write(const CreateTableAs& create);
    void write(const DropTable& drop);
    void write(const CreateIndex& create);
    void write(const DropIndex& drop);
    void write(const Transaction& transaction);
    void write(const ExplainOption& option);
    void write(const Explain& explain);

    std::string out_;
};

}  // namespace topgun::sql::ast
