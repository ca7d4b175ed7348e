// SPDX-License-Identifier: Apache-2.0
#include "binder_expr.hpp"

#include <algorithm>

#include "cast.hpp"
#include "identifier.hpp"
#include "internal_functions.hpp"
#include "moment.hpp"

namespace topgun::sql {
namespace {

// Trees and plans are walked by functions that call themselves.
Scalar logical(bool any, std::vector<Scalar> operands, ast::Offset at) {
    Scalar out;
    out.kind = any ? Scalar::Kind::any_of : Scalar::Kind::all_of;
    out.type = TypeId::boolean;
    out.offset = at.at;
    out.children = std::move(operands);
    return out;
}

Scalar truth_test(Scalar operand, bool truth, bool negated) {
    Scalar out;
    out.kind = Scalar::Kind::is_truth;
    out.type = TypeId::boolean;
    out.offset = operand.offset;
    out.truth = truth;
    out.negated = negated;
    out.children.push_back(std::move(operand));
    return out;
}

Scalar null_test(Scalar operand, bool negated) {
    Scalar out;
    out.kind = Scalar::Kind::is_null;
    out.type = TypeId::boolean;
    out.offset = operand.offset;
    out.negated = negated;
    out.children.push_back(std::move(operand));
    return out;
}

}  // namespace

Scalar unknown_scalar(std::string text, std::uint32_t offset) {
    Column value(TypeId::text);
    value.add_bytes(text);
    auto out = constant_scalar(std::move(value), offset);
    out.unknown = true;
    return out;
}

Scalar typed_null(DataType type, ast::Offset at) {
    auto out = null_scalar(type, at.at);
    return out;
}

Scalar Binder::bind_expr(const ast::Expr& expr, Context& context) {
    return ExprBinder(*this, context).bind(expr);
}

Scalar Binder::bind_condition(const ast::Expr& expr, Context& context) {
    auto value = bind_expr(expr, context);
    if (value.argument().unknown) return coerce(std::move(value), TypeId::boolean);
    if (value.type.id != TypeId::boolean) {
        fail(expr.offset, std::string("argument of ") + context.clause +
                              " must be type boolean, not type " + type_name(value.type));
    }
    return value;
}

Scalar Binder::call(std::string_view name, std::vector<Scalar> arguments, ast::Offset at) {
    std::vector<ArgumentType> types;
    for (const auto& argument : arguments) types.push_back(argument.argument());
    auto resolved = resolve(name, types);
    if (!resolved) {
        auto text = resolved.error().text();
        const auto hint = text.find("; ");
        if (hint == std::string::npos) fail(at, std::move(text), {}, resolved.error().code());
        fail(at, text.substr(0, hint), text.substr(hint + 2), resolved.error().code());
    }
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const auto wanted = resolved->arguments[i];
        const auto own = types[i].unknown ? DataType(TypeId::text) : types[i].type;
        arguments[i] = coerce(std::move(arguments[i]), wanted == kAny ? own : wanted);
    }
    auto out = call_scalar(*resolved, std::move(arguments), at.at);
    fold(out, eval_);
    return out;
}

Scalar ExprBinder::bind(const ast::Expr& expr) {
    auto* grouping = context_.scope->aggregation;
    if (grouping != nullptr) {
        const auto& columns = grouping->node->as<plan::Aggregate>()->key_columns;
        for (std::size_t i = 0; i < grouping->keys.size(); ++i) {
            if (grouping->keys[i] == expr) {
                return column_scalar(columns[i].id, columns[i].type, columns[i].name,
                                     expr.offset.at);
            }
        }
    }
    const auto outer = at_;
    at_ = expr.offset;
    auto out = std::visit([this](const auto& node) { return (*this)(node); }, expr.node);
    if (out.offset == 0) out.offset = expr.offset.at;
    at_ = outer;
    return out;
}

std::vector<Scalar> ExprBinder::bind_all(const std::vector<ast::Expr>& exprs) {
    std::vector<Scalar> out;
    for (const auto& expr : exprs) out.push_back(bind(expr));
    return out;
}

Scalar ExprBinder::operator()(const ast::Literal& node) {
    Scalar out;
    if (std::holds_alternative<std::monostate>(node.value)) {
        out = null_scalar(TypeId::null, at_.at);
        out.unknown = true;
    } else if (const auto* truth = std::get_if<bool>(&node.value)) {
        out = boolean_scalar(*truth, at_.at);
    } else if (const auto* whole = std::get_if<std::int64_t>(&node.value)) {
        out = integer_scalar(*whole, at_.at);
    } else if (const auto* text = std::get_if<std::string>(&node.value)) {
        out = unknown_scalar(*text, at_.at);
    } else {
        const auto& digits = std::get<ast::Numeric>(node.value).text;
        auto number = Decimal::parse(digits);
        Column value(number ? TypeId::numeric : TypeId::real);
        if (number) {
            value.add_decimal(*number);
        } else if (auto read = add_parsed(value, digits); !read) {
            fail(at_, read.error().text());
        }
        out = constant_scalar(std::move(value), at_.at);
    }
    return out;
}

Scalar ExprBinder::operator()(const ast::Param& node) {
    const auto found = binder_.parameters_.find(node.number);
    if (found == binder_.parameters_.end()) {
        fail(at_, "there is no parameter $" + std::to_string(node.number),
             "give it with --param " + std::to_string(node.number) + "=VALUE");
    }
    if (found->second) return unknown_scalar(*found->second, at_.at);
    return (*this)(ast::Literal{});
}

Scalar ExprBinder::operator()(const ast::Star&) {
    fail(at_, "* stands only as an item of SELECT or RETURNING, or in count(*)");
}
Scalar ExprBinder::operator()(const ast::Default&) {
    fail(at_, "DEFAULT stands only as a value of INSERT or UPDATE");
}

Scalar ExprBinder::operator()(const ast::Unary& node) {
    std::vector<Scalar> arguments;
    const auto at = at_;
    arguments.push_back(bind(*node.operand));
    return binder_.call(node.op, std::move(arguments), at);
}

Scalar ExprBinder::compare(std::string_view op, Scalar left, Scalar right, ast::Offset at) {
    std::vector<Scalar> sides;
    sides.push_back(std::move(left));
    sides.push_back(std::move(right));
    return binder_.call(op, std::move(sides), at);
}

std::vector<Scalar> ExprBinder::fields_of(const ast::Expr& expr) {
    if (const auto* row = std::get_if<ast::RowConstructor>(&expr.node))
        return bind_all(row->fields);
    std::vector<Scalar> one;
    one.push_back(bind(expr));
    return one;
}

// (a, b) = (c, d) field by field; (a, b) < (c, d) as a < c OR (a = c AND b < d).
Scalar ExprBinder::compare_rows(const std::string& op, const ast::Expr& left,
                                const ast::Expr& right, ast::Offset at) {
    auto a = fields_of(left), b = fields_of(right);
    if (a.size() != b.size()) fail(at, "unequal number of entries in row expressions");
    if (op == "=" || op == "<>") {
        std::vector<Scalar> parts;
        for (std::size_t i = 0; i < a.size(); ++i) {
            parts.push_back(compare(op, std::move(a[i]), std::move(b[i]), at));
        }
        return logical(op == "<>", std::move(parts), at);
    }
    if (op != "<" && op != "<=" && op != ">" && op != ">=") {
        fail(at, "operator " + op + " does not compare rows", "there are = <> < <= > >=");
    }
    const auto strict = op.substr(0, 1);
    Scalar out = compare(op, a.back(), b.back(), at);
    for (std::size_t i = a.size() - 1; i-- > 0;) {
        std::vector<Scalar> both, either;
        both.push_back(compare("=", a[i], b[i], at));
        both.push_back(std::move(out));
        either.push_back(compare(strict, a[i], b[i], at));
        either.push_back(logical(false, std::move(both), at));
        out = logical(true, std::move(either), at);
    }
    return out;
}

Scalar ExprBinder::operator()(const ast::Binary& node) {
    const auto at = at_;
    const bool rows = std::holds_alternative<ast::RowConstructor>(node.left->node) &&
                      std::holds_alternative<ast::RowConstructor>(node.right->node);
    if (rows) return compare_rows(node.op, *node.left, *node.right, at);
    auto left = bind(*node.left);
    return compare(node.op, std::move(left), bind(*node.right), at);
}

Scalar ExprBinder::operator()(const ast::Logical& node) {
    const auto at = at_;
    std::vector<Scalar> operands;
    for (const auto& operand : node.operands) {
        auto value = bind(operand);
        if (value.argument().unknown) value = binder_.coerce(std::move(value), TypeId::boolean);
        if (value.type.id != TypeId::boolean) {
            fail(operand.offset, std::string("argument of ") + (node.any ? "OR" : "AND") +
                                     " must be type boolean, not type " + type_name(value.type));
        }
        operands.push_back(std::move(value));
    }
    auto out = logical(node.any, std::move(operands), at);
    fold(out, binder_.eval_);
    return out;
}

Scalar ExprBinder::operator()(const ast::Not& node) {
    const auto clause = context_.clause;
    context_.clause = "NOT";
    auto operand = binder_.bind_condition(*node.operand, context_);
    context_.clause = clause;
    auto out = not_scalar(std::move(operand));
    fold(out, binder_.eval_);
    return out;
}

Scalar ExprBinder::operator()(const ast::IsTest& node) {
    using Kind = ast::IsTest::Kind;
    if (const auto* row = std::get_if<ast::RowConstructor>(&node.operand->node);
        row != nullptr && node.kind == Kind::null) {
        // All fields are, in either direction: (1, NULL) is neither.
        std::vector<Scalar> parts;
        for (const auto& field : row->fields) {
            parts.push_back((*this)(ast::IsTest{ast::ExprBox(field), Kind::null, node.negated}));
        }
        return all_of(std::move(parts));
    }
    auto operand = bind(*node.operand);
    if (node.kind == Kind::null) {
        if (operand.unknown) operand = binder_.coerce(std::move(operand), TypeId::text);
        auto out = null_test(std::move(operand), node.negated);
        fold(out, binder_.eval_);
        return out;
    }
    if (operand.argument().unknown) operand = binder_.coerce(std::move(operand), TypeId::boolean);
    if (operand.type.id != TypeId::boolean) {
        fail(at_, "argument of IS must be type boolean, not type " + type_name(operand.type));
    }
    auto out = node.kind == Kind::unknown
                   ? null_test(std::move(operand), node.negated)
                   : truth_test(std::move(operand), node.kind == Kind::yes, node.negated);
    fold(out, binder_.eval_);
    return out;
}

Scalar ExprBinder::operator()(const ast::IsDistinct& node) {
    const auto* left_row = std::get_if<ast::RowConstructor>(&node.left->node);
    const auto* right_row = std::get_if<ast::RowConstructor>(&node.right->node);
    if (left_row != nullptr && right_row != nullptr) {
        if (left_row->fields.size() != right_row->fields.size()) {
            fail(at_, "unequal number of entries in row expressions");
        }
        std::vector<Scalar> parts;
        for (std::size_t i = 0; i < left_row->fields.size(); ++i) {
            parts.push_back(
                (*this)(ast::IsDistinct{ast::ExprBox(left_row->fields[i]),
                                        ast::ExprBox(right_row->fields[i]), node.negated}));
        }
        return logical(!node.negated, std::move(parts), at_);
    }
    auto left = bind(*node.left), right = bind(*node.right);
    const auto type = binder_.common({&left, &right}, at_, "IS DISTINCT FROM");
    auto out =
        same_scalar(binder_.coerce(std::move(left), type), binder_.coerce(std::move(right), type));
    if (!node.negated) out = not_scalar(std::move(out));
    fold(out, binder_.eval_);
    return out;
}

Scalar ExprBinder::operator()(const ast::Between& node) {
    const auto at = at_;
    const auto operand = bind(*node.operand), low = bind(*node.low), high = bind(*node.high);
    const auto between = [&](const Scalar& from, const Scalar& to) {
        std::vector<Scalar> both;
        both.push_back(compare(">=", operand, from, at));
        both.push_back(compare("<=", operand, to, at));
        return logical(false, std::move(both), at);
    };
    auto out = between(low, high);
    if (node.symmetric) {
        std::vector<Scalar> either;
        either.push_back(std::move(out));
        either.push_back(between(high, low));
        out = logical(true, std::move(either), at);
    }
    if (node.negated) out = not_scalar(std::move(out));
    fold(out, binder_.eval_);
    return out;
}

// A long list of constants is looked up in a table rather than gone through.
Scalar ExprBinder::any_of_equal(Scalar operand, std::vector<Scalar> list, ast::Offset at) {
    constexpr std::size_t kLong = 5;
    const bool constants =
        std::all_of(list.begin(), list.end(), [](const Scalar& one) { return one.is_constant(); });
    if (constants && list.size() >= kLong) {
        std::vector<const Scalar*> all{&operand};
        for (const auto& one : list) all.push_back(&one);
        const auto type = binder_.common(all, at, "IN");
        std::vector<Scalar> arguments;
        arguments.push_back(binder_.coerce(std::move(operand), type));
        for (auto& one : list) arguments.push_back(binder_.coerce(std::move(one), type));
        return call_scalar({&in_list_function(), {}, TypeId::boolean}, std::move(arguments), at.at);
    }
    std::vector<Scalar> either;
    for (auto& one : list) either.push_back(compare("=", operand, std::move(one), at));
    if (either.size() == 1) return std::move(either.front());
    return logical(true, std::move(either), at);
}

Scalar ExprBinder::operator()(const ast::InList& node) {
    const auto at = at_;
    Scalar out;
    if (std::holds_alternative<ast::RowConstructor>(node.operand->node)) {
        std::vector<Scalar> either;
        for (const auto& one : node.list) {
            either.push_back(compare_rows("=", *node.operand, one, at));
        }
        out = either.size() == 1 ? std::move(either.front()) : logical(true, std::move(either), at);
    } else {
        auto operand = bind(*node.operand);
        out = any_of_equal(std::move(operand), bind_all(node.list), at);
    }
    if (node.negated) out = not_scalar(std::move(out));
    fold(out, binder_.eval_);
    return out;
}

Scalar ExprBinder::operator()(const ast::QuantifiedArray& node) {
    const auto at = at_;
    auto left = bind(*node.left);
    if (const auto* items = std::get_if<ast::ArrayConstructor>(&node.array->node);
        items != nullptr && !items->elements.empty()) {
        auto list = bind_all(items->elements);
        if (node.op == "=" && !node.all) return any_of_equal(std::move(left), std::move(list), at);
        std::vector<Scalar> parts;
        for (auto& one : list) parts.push_back(compare(node.op, left, std::move(one), at));
        if (parts.size() == 1) return std::move(parts.front());
        return logical(!node.all, std::move(parts), at);
    }
    auto array = bind(*node.array);
    if (array.unknown) {
        array = binder_.coerce(std::move(array),
                               DataType::list_of(left.unknown ? TypeId::text : left.type.id));
    }
    if (array.type.id != TypeId::list) {
        fail(node.array->offset, "op ANY/ALL (array) requires an array on the right side, not " +
                                     type_name(array.type));
    }
    const DataType element = array.type.element;
    const ArgumentType types[] = {left.argument(), {element, false}};
    auto resolved = sql::resolve(node.op, types);
    if (!resolved) fail(at, resolved.error().text(), {}, resolved.error().code());
    if (resolved->arguments[1] != element) {
        array =
            binder_.coerce(std::move(array), DataType::list_of(resolved->arguments[1].id), true);
    }
    Scalar out;
    out.kind = Scalar::Kind::quantified;
    out.type = TypeId::boolean;
    out.offset = at.at;
    out.function = resolved->function;
    out.negated = node.all;
    out.children.push_back(binder_.coerce(std::move(left), resolved->arguments[0]));
    out.children.push_back(std::move(array));
    fold(out, binder_.eval_);
    return out;
}

Scalar ExprBinder::operator()(const ast::Like& node) {
    const auto at = at_;
    using Kind = ast::Like::Kind;
    std::vector<Scalar> arguments;
    arguments.push_back(bind(*node.operand));
    arguments.push_back(bind(*node.pattern));
    if (node.escape) arguments.push_back(bind(*node.escape));
    const char* name = "similar_to";
    if (node.kind == Kind::like) name = node.escape ? "like" : "~~";
    if (node.kind == Kind::ilike) name = node.escape ? "ilike" : "~~*";
    auto out = binder_.call(name, std::move(arguments), at);
    if (node.negated) out = not_scalar(std::move(out));
    fold(out, binder_.eval_);
    return out;
}

Scalar ExprBinder::operator()(const ast::Case& node) {
    const auto at = at_;
    Scalar out;
    out.kind = Scalar::Kind::choose;
    out.offset = at.at;
    std::optional<Scalar> operand;
    if (node.operand) operand = bind(*node.operand);
    for (const auto& when : node.whens) {
        if (operand) {
            out.children.push_back(compare("=", *operand, bind(when.condition), at));
        } else {
            const auto clause = context_.clause;
            context_.clause = "CASE/WHEN";
            out.children.push_back(binder_.bind_condition(when.condition, context_));
            context_.clause = clause;
        }
        out.children.push_back(bind(when.result));
    }
    out.children.push_back(node.otherwise ? bind(*node.otherwise) : (*this)(ast::Literal{}));
    std::vector<const Scalar*> results{&out.children.back()};
    for (std::size_t i = 1; i < out.children.size(); i += 2) results.push_back(&out.children[i]);
    out.type = binder_.common(results, at, "CASE");
    for (std::size_t i = 0; i < out.children.size(); ++i) {
        const bool result = i % 2 == 1 || i + 1 == out.children.size();
        if (result) out.children[i] = binder_.coerce(std::move(out.children[i]), out.type);
    }
    fold(out, binder_.eval_);
    return out;
}

Scalar ExprBinder::operator()(const ast::Choice& node) {
    const auto at = at_;
    using Kind = ast::Choice::Kind;
    auto arguments = bind_all(node.arguments);
    if (node.kind == Kind::nullif) {
        Scalar out;
        out.kind = Scalar::Kind::choose;
        out.offset = at.at;
        out.children.push_back(compare("=", arguments[0], arguments[1], at));
        if (arguments[0].unknown)
            arguments[0] = binder_.coerce(std::move(arguments[0]), TypeId::text);
        out.type = arguments[0].type;
        out.children.push_back(typed_null(out.type, at));
        out.children.push_back(std::move(arguments[0]));
        fold(out, binder_.eval_);
        return out;
    }
    std::vector<const Scalar*> all;
    for (const auto& argument : arguments) all.push_back(&argument);
    const char* name = node.kind == Kind::coalesce   ? "COALESCE"
                       : node.kind == Kind::greatest ? "GREATEST"
                                                     : "LEAST";
    const auto type = binder_.common(all, at, name);
    for (auto& argument : arguments) argument = binder_.coerce(std::move(argument), type);
    Scalar out;
    if (node.kind == Kind::coalesce) {
        out.kind = Scalar::Kind::coalesce;
        out.type = type;
        out.offset = at.at;
        out.children = std::move(arguments);
    } else {
        const auto& function = extreme_function(node.kind == Kind::greatest);
        out = call_scalar({&function, {}, type}, std::move(arguments), at.at);
    }
    fold(out, binder_.eval_);
    return out;
}

Scalar ExprBinder::operator()(const ast::Cast& node) {
    const auto* array = std::get_if<ast::ArrayConstructor>(&node.operand->node);
    const bool no_elements = array != nullptr && array->elements.empty();
    auto value = no_elements ? unknown_scalar("{}", at_.at) : bind(*node.operand);
    value.offset = at_.at;
    auto out = binder_.apply_type(std::move(value), node.type);
    fold(out, binder_.eval_);
    return out;
}

Scalar ExprBinder::operator()(const ast::ArrayConstructor& node) {
    const auto at = at_;
    auto elements = bind_all(node.elements);
    if (elements.empty()) {
        fail(at, "cannot determine type of empty array", "cast it: ARRAY[]::text[]");
    }
    std::vector<const Scalar*> all;
    for (const auto& element : elements) all.push_back(&element);
    const auto type = binder_.common(all, at, "ARRAY");
    for (auto& element : elements) element = binder_.coerce(std::move(element), type);
    const auto list = type.id == TypeId::list ? type : DataType::list_of(type.id);
    auto out = call_scalar({&array_function(), {}, list}, std::move(elements), at.at);
    fold(out, binder_.eval_);
    return out;
}

Scalar ExprBinder::operator()(const ast::RowConstructor&) {
    fail(at_, "a row stands only beside another row that it is compared with",
         "compare (a, b) = (c, d), or use jsonb_build_array(a, b)");
}

Scalar ExprBinder::operator()(const ast::Subscript& node) {
    const auto at = at_;
    auto value = bind(*node.base);
    if (value.unknown) value = binder_.coerce(std::move(value), DataType::list_of(TypeId::text));
    for (const auto& index : node.indexes) {
        std::vector<Scalar> arguments;
        const char* name = value.type.id == TypeId::json ? "jsonb_get" : "array_get";
        arguments.push_back(std::move(value));
        if (index.slice) {
            name = "array_slice";
            arguments.push_back(index.lower ? bind(*index.lower) : integer_scalar(1));
            arguments.push_back(index.upper ? bind(*index.upper) : integer_scalar(INT64_MAX));
        } else {
            arguments.push_back(bind(*index.upper));
        }
        value = binder_.call(name, std::move(arguments), at);
    }
    return value;
}

Scalar ExprBinder::operator()(const ast::Field& node) {
    const auto at = at_;
    auto value = bind(*node.base);
    return path_into(std::move(value), {node.name}, 0, at);
}

Scalar ExprBinder::operator()(const ast::Grouping& node) {
    auto* grouping = context_.scope->aggregation;
    if (grouping == nullptr) fail(at_, "GROUPING stands only in a query with GROUP BY");
    auto& aggregate = *grouping->node->as<plan::Aggregate>();
    // Which keys they are; then the answer depends on the set alone.
    std::vector<std::size_t> wanted;
    for (const auto& argument : node.arguments) {
        const auto key = bind(argument);
        const auto& columns = aggregate.key_columns;
        const auto found = std::find_if(columns.begin(), columns.end(), [&key](const auto& column) {
            return key.is_column() && column.id == key.column;
        });
        if (found == columns.end()) {
            fail(argument.offset, "arguments to GROUPING must be grouping expressions");
        }
        wanted.push_back(static_cast<std::size_t>(found - columns.begin()));
    }
    if (aggregate.sets.empty()) return integer_scalar(0, at_.at);
    Scalar out;
    out.kind = Scalar::Kind::choose;
    out.type = TypeId::bigint;
    out.offset = at_.at;
    for (std::size_t set = 0; set < aggregate.sets.size(); ++set) {
        std::int64_t bits = 0;
        for (const auto key : wanted) {
            const auto& in = aggregate.sets[set];
            const bool there = std::find(in.begin(), in.end(), key) != in.end();
            bits = bits * 2 + (there ? 0 : 1);
        }
        const auto& index = aggregate.set_index;
        out.children.push_back(equal_scalar(column_scalar(index.id, index.type, index.name),
                                            integer_scalar(static_cast<std::int64_t>(set)),
                                            at_.at));
        out.children.push_back(integer_scalar(bits));
    }
    out.children.push_back(integer_scalar(0));
    return out;
}

Scalar ExprBinder::operator()(const ast::CurrentTime& node) {
    using Kind = ast::CurrentTime::Kind;
    const auto now = binder_.eval_.now;
    const auto parts = split(now);
    DataType type = TypeId::timestamptz;
    std::int64_t value = now;
    if (node.kind == Kind::date) type = TypeId::date, value = parts.days;
    if (node.kind == Kind::local_timestamp) type = TypeId::timestamp;
    if (node.kind == Kind::time || node.kind == Kind::local_time) {
        type = TypeId::time;
        value = parts.micros;
    }
    if (node.precision >= 0 && node.kind != Kind::date) {
        std::int64_t unit = kMicrosPerSecond;
        for (std::int32_t i = 0; i < std::min(node.precision, 6); ++i) unit /= 10;
        value -= value % unit;
    }
    Column column(type);
    column.add_integer(value);
    return constant_scalar(std::move(column), at_.at);
}

Scalar ExprBinder::operator()(const ast::Collate& node) {
    return bind(*node.operand);
}

SortTerm sort_term(const ast::SortKey& key, Scalar value) {
    using Nulls = ast::SortKey::Nulls;
    const bool first =
        key.nulls == Nulls::by_direction ? key.descending : key.nulls == Nulls::first;
    return {std::move(value), key.descending, first};
}

}  // namespace topgun::sql
