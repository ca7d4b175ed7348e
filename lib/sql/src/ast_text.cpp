// SPDX-License-Identifier: Apache-2.0
#include "ast_text.hpp"

#include <array>

#include "identifier.hpp"

namespace topgun::sql::ast {

namespace {

bool is_negative(const Literal& literal) {
    if (const auto* integer = std::get_if<std::int64_t>(&literal.value)) return *integer < 0;
    const auto* numeric = std::get_if<Numeric>(&literal.value);
    return numeric && numeric->text.starts_with('-');
}

// What PostgreSQL's grammar calls c_expr: it can be an operand as it stands.
struct IsClosed {
    bool operator()(const Literal& node) const { return !is_negative(node); }
    bool operator()(const Param&) const { return true; }
    bool operator()(const ColumnRef&) const { return true; }
    bool operator()(const Exists&) const { return true; }
    bool operator()(const ScalarQuery&) const { return true; }
    bool operator()(const ArrayQuery&) const { return true; }
    bool operator()(const Case&) const { return true; }
    bool operator()(const Choice&) const { return true; }
    bool operator()(const Cast&) const { return true; }
    bool operator()(const FunctionCall&) const { return true; }
    bool operator()(const ArrayConstructor&) const { return true; }
    bool operator()(const RowConstructor&) const { return true; }
    bool operator()(const Subscript&) const { return true; }
    bool operator()(const Field&) const { return true; }
    bool operator()(const Grouping&) const { return true; }
    bool operator()(const CurrentTime&) const { return true; }
    template <typename Open>
    bool operator()(const Open&) const {
        return false;
    }
};

// Words that PostgreSQL's grammar reads as the types of these names, with or without modifiers.
bool is_type_word(std::string_view name) {
    return name == "numeric" || name == "timestamp" || name == "time" || name == "varchar";
}

}  // namespace

void Writer::name(std::string_view identifier) {
    out_ += quote_identifier(identifier);
}
void Writer::path(const std::vector<std::string>& parts) {
    out_ += quote_path(parts);
}

void Writer::name_list(const std::vector<std::string>& names) {
    add("(");
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0) add(", ");
        name(names[i]);
    }
    add(")");
}

void Writer::write(const Expr& expr) {
    std::visit([this](const auto& node) { write(node); }, expr.node);
}

void Writer::operand(const Expr& expr) {
    if (std::visit(IsClosed{}, expr.node)) return write(expr);
    add("(");
    write(expr);
    add(")");
}

void Writer::in_parentheses(const Query& query) {
    add("(");
    write(query);
    add(")");
}

void Writer::in_parentheses(const std::vector<Expr>& exprs) {
    add("(");
    list(exprs);
    add(")");
}

void Writer::clause(std::string_view words, const ExprBox& expr) {
    if (!expr) return;
    add(words);
    write(*expr);
}

void Writer::write(const Literal& node) {
    struct Print {
        std::string operator()(std::monostate) const { return "NULL"; }
        std::string operator()(bool value) const { return value ? "TRUE" : "FALSE"; }
        std::string operator()(std::int64_t value) const { return std::to_string(value); }
        std::string operator()(const Numeric& value) const { return value.text; }
        std::string operator()(const std::string& value) const { return quote_string(value); }
    };
    add(std::visit(Print{}, node.value));
}

void Writer::write(const Param& node) {
    add("$" + std::to_string(node.number));
}
void Writer::write(const ColumnRef& node) {
    path(node.parts);
}
void Writer::write(const Default&) {
    add("DEFAULT");
}

void Writer::write(const Star& node) {
    path(node.qualifier);
    add(node.qualifier.empty() ? "*" : ".*");
}

void Writer::write(const Unary& node) {
    add(node.op);
    add(" ");
    operand(node.operand);
}

void Writer::write(const Binary& node) {
    operand(node.left);
    add(" " + node.op + " ");
    operand(node.right);
}

void Writer::write(const Logical& node) {
    bool first = true;
    for (const auto& each : node.operands) {
        if (!first) add(node.any ? " OR " : " AND ");
        first = false;
        operand(each);
    }
}

void Writer::write(const Not& node) {
    add("NOT ");
    operand(node.operand);
}

void Writer::write(const IsTest& node) {
    static constexpr std::array<std::string_view, 4> words = {"NULL", "TRUE", "FALSE", "UNKNOWN"};
    operand(node.operand);
    add(node.negated ? " IS NOT " : " IS ");
    add(words[static_cast<std::size_t>(node.kind)]);
}

void Writer::write(const IsDistinct& node) {
    operand(node.left);
    add(node.negated ? " IS NOT DISTINCT FROM " : " IS DISTINCT FROM ");
    operand(node.right);
}

void Writer::write(const Between& node) {
    operand(node.operand);
    add(node.negated ? " NOT BETWEEN " : " BETWEEN ");
    if (node.symmetric) add("SYMMETRIC ");
    operand(node.low);
    add(" AND ");
    operand(node.high);
}

void Writer::write(const InList& node) {
    operand(node.operand);
    add(node.negated ? " NOT IN " : " IN ");
    in_parentheses(node.list);
}

void Writer::write(const InQuery& node) {
    operand(node.operand);
    add(node.negated ? " NOT IN " : " IN ");
    in_parentheses(*node.query);
}

void Writer::write(const QuantifiedArray& node) {
    operand(node.left);
    add(" " + node.op + (node.all ? " ALL (" : " ANY ("));
    write(*node.array);
    add(")");
}

void Writer::write(const QuantifiedQuery& node) {
    operand(node.left);
    add(" " + node.op + (node.all ? " ALL " : " ANY "));
    in_parentheses(*node.query);
}

void Writer::write(const Exists& node) {
    add("EXISTS ");
    in_parentheses(*node.query);
}

void Writer::write(const ScalarQuery& node) {
    in_parentheses(*node.query);
}

void Writer::write(const ArrayQuery& node) {
    add("ARRAY");
    in_parentheses(*node.query);
}

void Writer::write(const Like& node) {
    static constexpr std::array<std::string_view, 3> words = {"LIKE ", "ILIKE ", "SIMILAR TO "};
    operand(node.operand);
    add(node.negated ? " NOT " : " ");
    add(words[static_cast<std::size_t>(node.kind)]);
    operand(node.pattern);
    if (!node.escape) return;
    add(" ESCAPE ");
    operand(node.escape);
}

void Writer::write(const Case& node) {
    add("CASE");
    clause(" ", node.operand);
    for (const auto& when : node.whens) {
        add(" WHEN ");
        write(when.condition);
        add(" THEN ");
        write(when.result);
    }
    clause(" ELSE ", node.otherwise);
    add(" END");
}

void Writer::write(const Choice& node) {
    static constexpr std::array<std::string_view, 4> words = {"COALESCE", "NULLIF", "GREATEST",
                                                              "LEAST"};
    add(words[static_cast<std::size_t>(node.kind)]);
    in_parentheses(node.arguments);
}

void Writer::write(const TypeName& type) {
    if (type.name == "interval" || is_type_word(type.name)) {
        add(type.name);
    } else {
        name(type.name);
    }
    if (!type.interval_fields.empty()) add(" " + type.interval_fields);
    for (std::size_t i = 0; i < type.modifiers.size(); ++i) {
        add(i == 0 ? "(" : ", ");
        add(std::to_string(type.modifiers[i]));
    }
    if (!type.modifiers.empty()) add(")");
    for (std::uint32_t i = 0; i < type.dimensions; ++i) add("[]");
}

void Writer::write(const Cast& node) {
    add("CAST(");
    write(*node.operand);
    add(" AS ");
    write(node.type);
    add(")");
}

void Writer::write(const FunctionCall& node) {
    path(node.name);
    add(node.distinct ? "(DISTINCT " : "(");
    if (node.star) add("*");
    for (std::size_t i = 0; i < node.arguments.size(); ++i) {
        if (i > 0) add(", ");
        if (node.variadic && i + 1 == node.arguments.size()) add("VARIADIC ");
        write(node.arguments[i]);
    }
    if (!node.within_group) clause(" ORDER BY ", node.order_by);
    add(")");
    if (node.within_group) {
        clause(" WITHIN GROUP (ORDER BY ", node.order_by);
        add(")");
    }
    if (node.filter) {
        clause(" FILTER (WHERE ", node.filter);
        add(")");
    }
    if (!node.over) return;
    add(" OVER ");
    if (node.over->name.empty()) {
        definition(*node.over);
    } else {
        name(node.over->name);
    }
}

void Writer::write(const ArrayConstructor& node) {
    add("ARRAY[");
    list(node.elements);
    add("]");
}

void Writer::write(const RowConstructor& node) {
    add("ROW");
    in_parentheses(node.fields);
}

void Writer::write(const Subscript& node) {
    const auto& base = node.base->node;
    const bool bare =
        std::holds_alternative<ColumnRef>(base) || std::holds_alternative<Param>(base);
    if (!bare) add("(");
    write(*node.base);
    if (!bare) add(")");
    for (const auto& index : node.indexes) {
        add("[");
        clause("", index.lower);
        if (index.slice) add(" : ");
        clause("", index.upper);
        add("]");
    }
}

void Writer::write(const Field& node) {
    add("(");
    write(*node.base);
    add(").");
    name(node.name);
}

void Writer::write(const Grouping& node) {
    add("GROUPING");
    in_parentheses(node.arguments);
}

void Writer::write(const CurrentTime& node) {
    static constexpr std::array<std::string_view, 5> words = {
        "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP"};
    add(words[static_cast<std::size_t>(node.kind)]);
    if (node.precision >= 0) add("(" + std::to_string(node.precision) + ")");
}

void Writer::write(const Collate& node) {
    operand(node.operand);
    add(" COLLATE \"C\"");
}

std::string to_text(const Expr& expr) {
    Writer writer;
    writer.write(expr);
    return writer.take();
}

std::string to_text(const TypeName& type) {
    Writer writer;
    writer.write(type);
    return writer.take();
}

}  // namespace topgun::sql::ast
