// SPDX-License-Identifier: Apache-2.0
#include "scalar.hpp"

#include <algorithm>

#include "ordering.hpp"
#include "topgun/sql/value_text.hpp"

namespace topgun::sql {
namespace {

Scalar make(Scalar::Kind kind, DataType type, std::uint32_t offset) {
    Scalar out;
    out.kind = kind;
    out.type = type;
    out.offset = offset;
    return out;
}

// IS NOT DISTINCT FROM, of which only the planner knows.
Result<ColumnPtr> same_kernel(const EvalContext&, Arguments arguments, std::size_t rows,
                              DataType result) {
    Column out(result);
    out.reserve(rows);
    for (std::size_t row = 0; row < rows; ++row) {
        out.add_boolean(same_values(*arguments[0], row, *arguments[1], row));
    }
    return ColumnPtr(std::make_shared<const Column>(std::move(out)));
}

bool same_constant(const Column& a, const Column& b) {
    if (a.type() != b.type() || a.is_null(0) != b.is_null(0)) return false;
    return a.is_null(0) || value_text(a, 0) == value_text(b, 0);
}

ExpressionPtr lower_constant(const Scalar& scalar) {
    return make_constant(Column(*scalar.value), scalar.offset);
}

ExpressionPtr lower_choose(const Scalar& scalar, const Layout& layout) {
    std::vector<CaseArm> arms;
    for (std::size_t i = 0; i + 1 < scalar.children.size(); i += 2) {
        arms.push_back({lower(scalar.children[i], layout), lower(scalar.children[i + 1], layout)});
    }
    return make_case(std::move(arms), lower(scalar.children.back(), layout), scalar.offset);
}

}  // namespace

const Function& same_function() {
    static const Function function{
        "IS NOT DISTINCT FROM", {kElement, kElement}, TypeId::boolean, same_kernel, false, false};
    return function;
}

Scalar column_scalar(ColumnId id, DataType type, std::string name, std::uint32_t offset) {
    auto out = make(Scalar::Kind::column, type, offset);
    out.column = id;
    out.name = std::move(name);
    return out;
}
Scalar constant_scalar(Column value, std::uint32_t offset) {
    auto out = make(Scalar::Kind::constant, value.type(), offset);
    out.value = std::make_shared<const Column>(std::move(value));
    return out;
}
Scalar boolean_scalar(bool value, std::uint32_t offset) {
    Column column(TypeId::boolean);
    column.add_boolean(value);
    return constant_scalar(std::move(column), offset);
}
Scalar integer_scalar(std::int64_t value, std::uint32_t offset) {
    Column column(TypeId::bigint);
    column.add_integer(value);
    return constant_scalar(std::move(column), offset);
}
Scalar null_scalar(DataType type, std::uint32_t offset) {
    Column column(type);
    column.add_null();
    return constant_scalar(std::move(column), offset);
}
Scalar not_scalar(Scalar operand) {
    auto out = make(Scalar::Kind::negation, TypeId::boolean, operand.offset);
    out.children.push_back(std::move(operand));
    return out;
}
Scalar all_of(std::vector<Scalar> conditions) {
    if (conditions.empty()) return boolean_scalar(true);
    if (conditions.size() == 1) return std::move(conditions.front());
    auto out = make(Scalar::Kind::all_of, TypeId::boolean, conditions.front().offset);
    out.children = std::move(conditions);
    return out;
}
Scalar call_scalar(const Resolved& resolved, std::vector<Scalar> arguments, std::uint32_t offset) {
    auto out = make(Scalar::Kind::call, resolved.result, offset);
    out.function = resolved.function;
    out.children = std::move(arguments);
    return out;
}
Scalar same_scalar(Scalar a, Scalar b) {
    auto out = make(Scalar::Kind::call, TypeId::boolean, a.offset);
    out.function = &same_function();
    out.children.push_back(std::move(a));
    out.children.push_back(std::move(b));
    return out;
}
Scalar equal_scalar(Scalar a, Scalar b, std::uint32_t offset) {
    const ArgumentType types[] = {{a.type, false}, {b.type, false}};
    auto resolved = resolve("=", types);
    TOPGUN_ASSERT(resolved.has_value(), "values of one type can be compared");
    std::vector<Scalar> sides;
    sides.push_back(std::move(a));
    sides.push_back(std::move(b));
    return call_scalar(*resolved, std::move(sides), offset);
}

bool operator==(const Scalar& a, const Scalar& b) {
    if (a.kind != b.kind || a.type != b.type || a.column != b.column || a.unknown != b.unknown ||
        a.function != b.function || a.cast != b.cast || a.negated != b.negated ||
        a.truth != b.truth) {
        return false;
    }
    if (a.is_constant() && !same_constant(*a.value, *b.value)) return false;
    return a.children == b.children;
}

bool is_volatile(const Scalar& scalar) {
    if (scalar.kind == Scalar::Kind::call && scalar.function->is_volatile) return true;
    return std::any_of(scalar.children.begin(), scalar.children.end(), is_volatile);
}

void visit(const Scalar& scalar, const std::function<void(const Scalar&)>& each) {
    each(scalar);
    for (const auto& child : scalar.children) visit(child, each);
}
void rewrite(Scalar& scalar, const std::function<void(Scalar&)>& change) {
    for (auto& child : scalar.children) rewrite(child, change);
    change(scalar);
}
void add_columns(const Scalar& scalar, std::set<ColumnId>& to) {
    visit(scalar, [&to](const Scalar& part) {
        if (part.is_column()) to.insert(part.column);
    });
}
void substitute(Scalar& scalar, const std::unordered_map<ColumnId, Scalar>& with) {
    rewrite(scalar, [&with](Scalar& part) {
        if (!part.is_column()) return;
        const auto found = with.find(part.column);
        if (found == with.end()) return;
        const auto offset = part.offset;
        part = found->second;
        if (offset != 0) part.offset = offset;
    });
}

std::vector<Scalar> conjuncts(Scalar scalar) {
    if (scalar.kind != Scalar::Kind::all_of) {
        std::vector<Scalar> one;
        one.push_back(std::move(scalar));
        return one;
    }
    std::vector<Scalar> out;
    for (auto& child : scalar.children) {
        for (auto& part : conjuncts(std::move(child))) out.push_back(std::move(part));
    }
    return out;
}

void fold(Scalar& scalar, const EvalContext& context) {
    rewrite(scalar, [&context](Scalar& part) {
        if (part.is_constant() || part.is_column() || part.children.empty()) return;
        if (part.kind == Scalar::Kind::call && part.function->is_volatile) return;
        for (const auto& child : part.children) {
            if (!child.is_constant()) return;
        }
        Batch one;
        one.rows = 1;
        const auto value = lower(part, {})->evaluate(context, one);
        if (!value) return;
        Column column(part.type);
        column.add_from(**value, 0);
        column.keep_alive(**value);
        part = constant_scalar(std::move(column), part.offset);
    });
}

std::string to_text(const Scalar& scalar) {
    // Columns need no batch to print their names.
    Layout layout;
    visit(scalar, [&layout](const Scalar& part) {
        if (part.is_column()) layout.emplace(part.column, 0);
    });
    return lower(scalar, layout)->text();
}

ExpressionPtr lower(const Scalar& scalar, const Layout& layout) {
    const auto all = [&scalar, &layout] {
        std::vector<ExpressionPtr> out;
        for (const auto& child : scalar.children) out.push_back(lower(child, layout));
        return out;
    };
    switch (scalar.kind) {
        case Scalar::Kind::column: {
            const auto found = layout.find(scalar.column);
            TOPGUN_ASSERT(found != layout.end(), "a plan's columns reach whoever reads them");
            return make_column(found->second, scalar.type, scalar.name, scalar.offset);
        }
        case Scalar::Kind::constant: return lower_constant(scalar);
        case Scalar::Kind::call:
            return make_call(*scalar.function, scalar.type, all(), scalar.offset);
        case Scalar::Kind::cast:
            return make_cast(lower(scalar.children[0], layout), scalar.type, scalar.cast);
        case Scalar::Kind::all_of: return make_logical(false, all(), scalar.offset);
        case Scalar::Kind::any_of: return make_logical(true, all(), scalar.offset);
        case Scalar::Kind::negation:
            return make_not(lower(scalar.children[0], layout), scalar.offset);
        case Scalar::Kind::is_null:
            return make_is_null(lower(scalar.children[0], layout), scalar.negated, scalar.offset);
        case Scalar::Kind::is_truth:
            return make_is_truth(lower(scalar.children[0], layout), scalar.truth, scalar.negated,
                                 scalar.offset);
        case Scalar::Kind::choose: return lower_choose(scalar, layout);
        case Scalar::Kind::coalesce: return make_coalesce(all(), scalar.offset);
        case Scalar::Kind::quantified:
            return make_quantified(*scalar.function, scalar.negated,
                                   lower(scalar.children[0], layout),
                                   lower(scalar.children[1], layout), scalar.offset);
    }
    return nullptr;
}

}  // namespace topgun::sql
