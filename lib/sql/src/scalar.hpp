// SPDX-License-Identifier: Apache-2.0
// Expressions of a plan: typed, over columns that have numbers of their own, easy to rewrite.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "expr.hpp"
#include "function.hpp"

namespace topgun::sql {

/// A column of a plan, whatever operators it passes through. Each is produced in one place.
using ColumnId = std::uint32_t;

/// A typed expression. Value type: plans copy and rewrite them.
struct Scalar {
    enum class Kind : std::uint8_t {
        column,
        constant,
        call,
        cast,
        all_of,    ///< AND
        any_of,    ///< OR
        negation,  ///< NOT
        is_null,
        is_truth,
        choose,  ///< CASE: condition, result, condition, result, ..., otherwise
        coalesce,
        quantified,  ///< value op ANY (array); ALL when negated
    };

    Kind kind = Kind::constant;
    DataType type;
    std::uint32_t offset = 0;
    ColumnId column = 0;
    std::string name;                     ///< Of a column, for EXPLAIN.
    std::shared_ptr<const Column> value;  ///< Of a constant: one row.
    bool unknown = false;                 ///< A constant whose type its context decides.
    const Function* function = nullptr;
    Kernel cast = nullptr;
    bool negated = false;  ///< IS NOT ...
    bool truth = true;     ///< IS TRUE or IS FALSE.
    std::vector<Scalar> children;

    bool is_constant() const noexcept { return kind == Kind::constant; }
    bool is_column() const noexcept { return kind == Kind::column; }
    /// The ArgumentType that functions are resolved with.
    ArgumentType argument() const { return {type, unknown || type.id == TypeId::null}; }
};

// Making them.
Scalar column_scalar(ColumnId id, DataType type, std::string name, std::uint32_t offset = 0);
Scalar constant_scalar(Column value, std::uint32_t offset = 0);
Scalar boolean_scalar(bool value, std::uint32_t offset = 0);
Scalar integer_scalar(std::int64_t value, std::uint32_t offset = 0);
Scalar null_scalar(DataType type, std::uint32_t offset = 0);
Scalar not_scalar(Scalar operand);
/// AND of several; true for none, the one for one.
Scalar all_of(std::vector<Scalar> conditions);
Scalar call_scalar(const Resolved& resolved, std::vector<Scalar> arguments, std::uint32_t offset);
/// `a IS NOT DISTINCT FROM b`, for two of one type.
Scalar same_scalar(Scalar a, Scalar b);
/// The function behind it, which no name finds.
const Function& same_function();
/// `a = b` by the function of that name; both of one type.
Scalar equal_scalar(Scalar a, Scalar b, std::uint32_t offset);

/// Alike in everything but the offset.
bool operator==(const Scalar& a, const Scalar& b);

/// True when a function in it may answer differently each time, or may fail.
bool is_volatile(const Scalar& scalar);
/// Calls visit for the scalar and all of its parts.
void visit(const Scalar& scalar, const std::function<void(const Scalar&)>& visit);
void rewrite(Scalar& scalar, const std::function<void(Scalar&)>& change);  ///< Parts first.
/// Adds the columns that it reads.
void add_columns(const Scalar& scalar, std::set<ColumnId>& to);
/// Puts expressions in the place of columns.
void substitute(Scalar& scalar, const std::unordered_map<ColumnId, Scalar>& with);
/// The operands of an AND, flattened.
std::vector<Scalar> conjuncts(Scalar scalar);
/// Computes what does not depend on rows. What fails stays as it is, to fail when it is needed.
void fold(Scalar& scalar, const EvalContext& context);
/// "(age > 30)"
std::string to_text(const Scalar& scalar);

/// Where the columns of a batch stand.
using Layout = std::unordered_map<ColumnId, std::size_t>;
/// The same as an expression that runs. @pre the layout has all of its columns.
ExpressionPtr lower(const Scalar& scalar, const Layout& layout);

}  // namespace topgun::sql
