// SPDX-License-Identifier: Apache-2.0
// Expressions whose names and types are settled: what runs, batch by batch.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "function.hpp"

namespace topgun::sql {

/// An expression over the columns of a batch. Immutable once built, so that any number of threads
/// may evaluate it at once.
class Expression {
public:
    Expression(DataType type, std::uint32_t offset) : type_(type), offset_(offset) {}
    Expression(const Expression&) = delete;
    Expression& operator=(const Expression&) = delete;
    virtual ~Expression();

    DataType type() const noexcept { return type_; }
    /// Where it stands in the statement, for errors.
    std::uint32_t offset() const noexcept { return offset_; }

    /// A column of batch.rows rows. Errors: those of functions, each as a FailedAt.
    virtual Result<ColumnPtr> evaluate(const EvalContext& context, const Batch& batch) const = 0;
    /// For EXPLAIN: "(age > 30)".
    virtual std::string text() const = 0;
    /// The parts it is made of.
    virtual std::vector<const Expression*> parts() const { return {}; }
    /// True when it gives one value whatever the row.
    virtual bool is_constant() const;

private:
    DataType type_;
    std::uint32_t offset_;
};
using ExpressionPtr = std::unique_ptr<const Expression>;

/// Column `index` of the batch.
ExpressionPtr make_column(std::size_t index, DataType type, std::string name, std::uint32_t offset);
/// @param value  a column of one row.
ExpressionPtr make_constant(Column value, std::uint32_t offset);
ExpressionPtr make_null(DataType type, std::uint32_t offset);
/// A call of `function`, which outlives the expression. @pre the arguments have its types, and
/// `result` is what resolve() said.
ExpressionPtr make_call(const Function& function, DataType result,
                        std::vector<ExpressionPtr> arguments, std::uint32_t offset);
/// A cast by a kernel.
ExpressionPtr make_cast(ExpressionPtr value, DataType to, Kernel kernel);
/// AND, or OR when `any`, by three-valued logic. Operands are evaluated from left to right, and
/// only for the rows that are not decided yet: `a <> 0 AND b / a > 1` divides by no zero.
ExpressionPtr make_logical(bool any, std::vector<ExpressionPtr> operands, std::uint32_t offset);
ExpressionPtr make_not(ExpressionPtr operand, std::uint32_t offset);
/// IS NULL; IS NOT NULL when `negated`.
ExpressionPtr make_is_null(ExpressionPtr operand, bool negated, std::uint32_t offset);
/// IS TRUE and IS FALSE, or their negations.
ExpressionPtr make_is_truth(ExpressionPtr operand, bool truth, bool negated, std::uint32_t offset);

struct CaseArm {
    ExpressionPtr condition;  ///< Of type boolean.
    ExpressionPtr result;
};
/// The result of the first arm whose condition is true, else `otherwise`. Results have one type. A
/// result is evaluated only for the rows that it is chosen for.
ExpressionPtr make_case(std::vector<CaseArm> arms, ExpressionPtr otherwise, std::uint32_t offset);
/// The first that is not NULL. All have one type; later ones are evaluated only where needed.
ExpressionPtr make_coalesce(std::vector<ExpressionPtr> choices, std::uint32_t offset);

/// value op ANY (array), or ALL: `comparison` for each element, put together by three-valued OR or
/// AND. A NULL array gives NULL. @pre the comparison takes the value's and the element's types.
ExpressionPtr make_quantified(const Function& comparison, bool all, ExpressionPtr value,
                              ExpressionPtr array, std::uint32_t offset);

/// The offset that an evaluation's error carries, so that the statement can be shown with a caret.
struct FailedAt {
    std::uint32_t offset = 0;
    std::string message;
};
/// Puts its place in front of an error that has none yet.
Error at_offset(std::uint32_t offset, Error error);
/// Errors of evaluate() put their place in front; this takes it off again.
FailedAt failed_at(const Error& error);

/// Rows for which a boolean column is true.
std::vector<std::uint32_t> true_rows(const Column& condition);

}  // namespace topgun::sql
