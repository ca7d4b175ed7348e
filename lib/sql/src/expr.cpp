// SPDX-License-Identifier: Apache-2.0
#include "expr.hpp"

#include <algorithm>
#include <charconv>

#include "identifier.hpp"
#include "list.hpp"
#include "topgun/sql/value_text.hpp"

namespace topgun::sql {
namespace {

std::string joined(const std::vector<ExpressionPtr>& parts, std::string_view between) {
    std::string out;
    for (const auto& part : parts) {
        if (!out.empty()) out += between;
        out += part->text();
    }
    return out;
}

std::vector<const Expression*> pointers(const std::vector<ExpressionPtr>& parts) {
    std::vector<const Expression*> out;
    for (const auto& part : parts) out.push_back(part.get());
    return out;
}

class ColumnExpr final : public Expression {
public:
    ColumnExpr(std::size_t index, DataType type, std::string name, std::uint32_t offset)
        : Expression(type, offset), index_(index), name_(std::move(name)) {}
    Result<ColumnPtr> evaluate(const EvalContext&, const Batch& batch) const override {
        TOPGUN_ASSERT(index_ < batch.columns.size(), "the plan gives the columns it promised");
        return batch.columns[index_];
    }
    std::string text() const override { return name_; }
    bool is_constant() const override { return false; }

private:
    std::size_t index_;
    std::string name_;
};

class ConstantExpr final : public Expression {
public:
    ConstantExpr(Column value, std::uint32_t offset)
        : Expression(value.type(), offset), value_(std::move(value)) {}
    Result<ColumnPtr> evaluate(const EvalContext&, const Batch& batch) const override {
        return ColumnPtr(Column::constant(value_, batch.rows));
    }
    std::string text() const override {
        if (value_.is_null(0)) return "NULL";
        // Each run of a plan has its parts as text: a long constant must not cost more than a use.
        constexpr std::size_t kLong = 1000;
        if (value_.storage() == Storage::bytes && value_.bytes(0).size() > kLong) {
            return "'...'::" + type_name(type());
        }
        const auto text = value_text(value_, 0);
        const bool bare = type().id == TypeId::boolean || type().is_number();
        if (bare) return text;
        return type().id == TypeId::text ? quote_string(text)
                                         : quote_string(text) + "::" + type_name(type());
    }

private:
    Column value_;
};

class CallExpr final : public Expression {
public:
    CallExpr(const Function& function, DataType result, std::vector<ExpressionPtr> arguments,
             std::uint32_t offset)
        : Expression(result, offset), function_(function), arguments_(std::move(arguments)) {}

    Result<ColumnPtr> evaluate(const EvalContext& context, const Batch& batch) const override {
        std::vector<ColumnPtr> values;
        values.reserve(arguments_.size());
        for (const auto& argument : arguments_) {
            auto value = argument->evaluate(context, batch);
            if (!value) return value;
            values.push_back(std::move(*value));
        }
        auto result = function_.kernel(context, values, batch.rows, type());
        if (!result) return at_offset(offset(), std::move(result).error());
        return result;
    }
    std::string text() const override {
        const bool is_operator =
            function_.name.find_first_not_of("+-*/<>=~!@#%^&|`?") == std::string_view::npos;
        if (is_operator && arguments_.size() == 2) {
            return "(" + arguments_[0]->text() + " " + std::string(function_.name) + " " +
                   arguments_[1]->text() + ")";
        }
        if (is_operator) return std::string(function_.name) + arguments_[0]->text();
        return std::string(function_.name) + "(" + joined(arguments_, ", ") + ")";
    }
    std::vector<const Expression*> parts() const override { return pointers(arguments_); }
    bool is_constant() const override {
        return !function_.is_volatile && Expression::is_constant();
    }

private:
    const Function& function_;
    std::vector<ExpressionPtr> arguments_;
};

class CastExpr final : public Expression {
public:
    CastExpr(ExpressionPtr value, DataType to, Kernel kernel)
        : Expression(to, value->offset()), value_(std::move(value)), kernel_(kernel) {}
    Result<ColumnPtr> evaluate(const EvalContext& context, const Batch& batch) const override {
        auto value = value_->evaluate(context, batch);
        if (!value) return value;
        const ColumnPtr arguments[] = {std::move(*value)};
        auto result = kernel_(context, Arguments(arguments, 1), batch.rows, type());
        if (!result) return at_offset(offset(), std::move(result).error());
        return result;
    }
    std::string text() const override { return value_->text() + "::" + type_name(type()); }
    std::vector<const Expression*> parts() const override { return {value_.get()}; }

private:
    ExpressionPtr value_;
    Kernel kernel_;
};

// What is known of each row while operands or arms are gone through: which are still open.
class OpenRows {
public:
    explicit OpenRows(const Batch& batch) : batch_(batch), rows_(batch.rows) {
        for (std::size_t row = 0; row < rows_.size(); ++row) {
            rows_[row] = static_cast<std::uint32_t>(row);
        }
    }
    bool empty() const { return rows_.empty(); }
    const std::vector<std::uint32_t>& rows() const { return rows_; }
    // The value of an expression for the open rows alone, in their order.
    Result<ColumnPtr> evaluate(const EvalContext& context, const Expression& expression) const {
        if (rows_.size() == batch_.rows) return expression.evaluate(context, batch_);
        return expression.evaluate(context, batch_.gather(rows_));
    }
    // Keeps the rows, given by their place among the open ones, for which keep(place) says so.
    template <typename Keep>
    void keep(Keep&& keep) {
        std::size_t kept = 0;
        for (std::size_t place = 0; place < rows_.size(); ++place) {
            if (keep(place)) rows_[kept++] = rows_[place];
        }
        rows_.resize(kept);
    }

private:
    const Batch& batch_;
    std::vector<std::uint32_t> rows_;
};

class LogicalExpr final : public Expression {
public:
    LogicalExpr(bool any, std::vector<ExpressionPtr> operands, std::uint32_t offset)
        : Expression(TypeId::boolean, offset), any_(any), operands_(std::move(operands)) {}

    // A row is decided by the first operand that is true of OR, false of AND; NULLs leave it open,
    // and make it NULL when nothing decides it.
    Result<ColumnPtr> evaluate(const EvalContext& context, const Batch& batch) const override {
        enum : char { kUndecided, kDecided, kNull };
        std::vector<char> state(batch.rows, kUndecided);
        OpenRows open(batch);
        for (const auto& operand : operands_) {
            if (open.empty()) break;
            auto value = open.evaluate(context, *operand);
            if (!value) return value;
            const auto& column = **value;
            const auto& rows = open.rows();
            for (std::size_t place = 0; place < rows.size(); ++place) {
                if (column.is_null(place))
                    state[rows[place]] = kNull;
                else if (column.boolean(place) == any_)
                    state[rows[place]] = kDecided;
            }
            open.keep([&](std::size_t place) { return state[rows[place]] != kDecided; });
        }
        Column out(TypeId::boolean);
        out.reserve(batch.rows);
        for (const char one : state) {
            if (one == kNull)
                out.add_null();
            else
                out.add_boolean((one == kDecided) == any_);
        }
        return ColumnPtr(std::make_shared<const Column>(std::move(out)));
    }
    std::string text() const override {
        return "(" + joined(operands_, any_ ? " OR " : " AND ") + ")";
    }
    std::vector<const Expression*> parts() const override { return pointers(operands_); }

private:
    bool any_;
    std::vector<ExpressionPtr> operands_;
};

// NOT, IS NULL, IS TRUE: one boolean out of one value, row by row.
class TestExpr final : public Expression {
public:
    enum class Kind { negation, null, truth, falsehood };
    TestExpr(Kind kind, bool negated, ExpressionPtr operand, std::uint32_t offset)
        : Expression(TypeId::boolean, offset),
          kind_(kind),
          negated_(negated),
          operand_(std::move(operand)) {}

    Result<ColumnPtr> evaluate(const EvalContext& context, const Batch& batch) const override {
        auto value = operand_->evaluate(context, batch);
        if (!value) return value;
        const auto& column = **value;
        const bool once = column.is_constant() && batch.rows > 0;
        Column out(TypeId::boolean);
        out.reserve(once ? 1 : batch.rows);
        for (std::size_t row = 0; row < (once ? 1 : batch.rows); ++row) add(column, row, out);
        if (once) return ColumnPtr(Column::constant(std::move(out), batch.rows));
        return ColumnPtr(std::make_shared<const Column>(std::move(out)));
    }
    std::string text() const override {
        const std::string word = negated_ ? "NOT " : "";
        switch (kind_) {
            case Kind::negation: return "(NOT " + operand_->text() + ")";
            case Kind::null: return "(" + operand_->text() + " IS " + word + "NULL)";
            case Kind::truth: return "(" + operand_->text() + " IS " + word + "TRUE)";
            case Kind::falsehood: return "(" + operand_->text() + " IS " + word + "FALSE)";
        }
        return {};
    }
    std::vector<const Expression*> parts() const override { return {operand_.get()}; }

private:
    void add(const Column& column, std::size_t row, Column& out) const {
        const bool null = column.is_null(row);
        switch (kind_) {
            case Kind::negation:
                return null ? out.add_null() : out.add_boolean(!column.boolean(row));
            case Kind::null: return out.add_boolean(null != negated_);
            case Kind::truth: return out.add_boolean((!null && column.boolean(row)) != negated_);
            case Kind::falsehood:
                return out.add_boolean((!null && !column.boolean(row)) != negated_);
        }
    }

    Kind kind_;
    bool negated_;
    ExpressionPtr operand_;
};

// Rows of several columns put together: row r is row `row` of column `column`, or NULL.
struct Pick {
    std::int32_t column = -1;
    std::uint32_t row = 0;
};
ColumnPtr assemble(DataType type, const std::vector<Pick>& picks,
                   const std::vector<ColumnPtr>& columns) {
    Column out(type);
    out.reserve(picks.size());
    for (const auto& column : columns) out.keep_alive(*column);
    for (const auto& pick : picks) {
        if (pick.column < 0)
            out.add_null();
        else
            out.add_from(*columns[static_cast<std::size_t>(pick.column)], pick.row);
    }
    return std::make_shared<const Column>(std::move(out));
}

// Gives the rows at `chosen` the values of the newest column, which has one for each of them.
void pick_rows(std::vector<Pick>& picks, const std::vector<std::uint32_t>& chosen,
               std::size_t columns) {
    for (std::size_t place = 0; place < chosen.size(); ++place) {
        picks[chosen[place]] = {static_cast<std::int32_t>(columns - 1),
                                static_cast<std::uint32_t>(place)};
    }
}

class CaseExpr final : public Expression {
public:
    CaseExpr(std::vector<CaseArm> arms, ExpressionPtr otherwise, std::uint32_t offset)
        : Expression(otherwise->type(), offset),
          arms_(std::move(arms)),
          otherwise_(std::move(otherwise)) {}

    Result<ColumnPtr> evaluate(const EvalContext& context, const Batch& batch) const override {
        std::vector<Pick> picks(batch.rows);
        std::vector<ColumnPtr> columns;
        OpenRows open(batch);
        for (const auto& arm : arms_) {
            if (open.empty()) break;
            auto condition = open.evaluate(context, *arm.condition);
            if (!condition) return condition;
            std::vector<std::uint32_t> chosen;
            std::vector<char> is_chosen(open.rows().size());
            for (const auto place : true_rows(**condition)) {
                chosen.push_back(open.rows()[place]);
                is_chosen[place] = 1;
            }
            TOPGUN_TRY(choose(context, batch, *arm.result, chosen, picks, columns));
            open.keep([&](std::size_t place) { return is_chosen[place] == 0; });
        }
        TOPGUN_TRY(choose(context, batch, *otherwise_, open.rows(), picks, columns));
        return assemble(type(), picks, columns);
    }
    std::string text() const override {
        std::string out = "CASE";
        for (const auto& arm : arms_) {
            out += " WHEN " + arm.condition->text() + " THEN " + arm.result->text();
        }
        return out + " ELSE " + otherwise_->text() + " END";
    }
    std::vector<const Expression*> parts() const override {
        std::vector<const Expression*> out;
        for (const auto& arm : arms_) {
            out.push_back(arm.condition.get());
            out.push_back(arm.result.get());
        }
        out.push_back(otherwise_.get());
        return out;
    }

private:
    static Status choose(const EvalContext& context, const Batch& batch, const Expression& result,
                         const std::vector<std::uint32_t>& chosen, std::vector<Pick>& picks,
                         std::vector<ColumnPtr>& columns) {
        if (chosen.empty()) return {};
        const bool all = chosen.size() == batch.rows;
        auto value = result.evaluate(context, all ? batch : batch.gather(chosen));
        if (!value) return std::move(value).error();
        columns.push_back(std::move(*value));
        pick_rows(picks, chosen, columns.size());
        return {};
    }

    std::vector<CaseArm> arms_;
    ExpressionPtr otherwise_;
};

class CoalesceExpr final : public Expression {
public:
    CoalesceExpr(std::vector<ExpressionPtr> choices, std::uint32_t offset)
        : Expression(choices.front()->type(), offset), choices_(std::move(choices)) {}

    Result<ColumnPtr> evaluate(const EvalContext& context, const Batch& batch) const override {
        std::vector<Pick> picks(batch.rows);
        std::vector<ColumnPtr> columns;
        OpenRows open(batch);
        for (const auto& choice : choices_) {
            if (open.empty()) break;
            auto value = open.evaluate(context, *choice);
            if (!value) return value;
            columns.push_back(*value);
            pick_rows(picks, open.rows(), columns.size());
            open.keep([&](std::size_t place) { return (*value)->is_null(place); });
        }
        return assemble(type(), picks, columns);
    }
    std::string text() const override { return "COALESCE(" + joined(choices_, ", ") + ")"; }
    std::vector<const Expression*> parts() const override { return pointers(choices_); }

private:
    std::vector<ExpressionPtr> choices_;
};

class QuantifiedExpr final : public Expression {
public:
    QuantifiedExpr(const Function& comparison, bool all, ExpressionPtr value, ExpressionPtr array,
                   std::uint32_t offset)
        : Expression(TypeId::boolean, offset),
          comparison_(comparison),
          all_(all),
          value_(std::move(value)),
          array_(std::move(array)) {}

    // All elements of all rows side by side, compared at once.
    Result<ColumnPtr> evaluate(const EvalContext& context, const Batch& batch) const override {
        auto value = value_->evaluate(context, batch);
        if (!value) return value;
        auto array = array_->evaluate(context, batch);
        if (!array) return array;
        Column elements(DataType((*array)->type().element));
        std::vector<std::uint32_t> rows;
        std::vector<std::size_t> ends;
        for (std::size_t row = 0; row < batch.rows; ++row) {
            if (!(*array)->is_null(row)) TOPGUN_TRY(append_elements(**array, row, elements));
            while (rows.size() < elements.size()) rows.push_back(static_cast<std::uint32_t>(row));
            ends.push_back(elements.size());
        }
        const ColumnPtr sides[] = {Column::gather(**value, rows),
                                   std::make_shared<const Column>(std::move(elements))};
        auto compared =
            comparison_.kernel(context, Arguments(sides, 2), rows.size(), TypeId::boolean);
        if (!compared) return at_offset(offset(), std::move(compared).error());
        Column out(TypeId::boolean);
        out.reserve(batch.rows);
        std::size_t from = 0;
        for (std::size_t row = 0; row < batch.rows; ++row) {
            if ((*array)->is_null(row))
                out.add_null();
            else
                add(**compared, from, ends[row], out);
            from = ends[row];
        }
        return ColumnPtr(std::make_shared<const Column>(std::move(out)));
    }
    std::string text() const override {
        return "(" + value_->text() + " " + std::string(comparison_.name) +
               (all_ ? " ALL (" : " ANY (") + array_->text() + "))";
    }
    std::vector<const Expression*> parts() const override { return {value_.get(), array_.get()}; }

private:
    void add(const Column& compared, std::size_t from, std::size_t to, Column& out) const {
        bool null = false;
        for (; from < to; ++from) {
            if (compared.is_null(from)) {
                null = true;
            } else if (compared.boolean(from) != all_) {
                return out.add_boolean(!all_);
            }
        }
        return null ? out.add_null() : out.add_boolean(all_);
    }

    const Function& comparison_;
    bool all_;
    ExpressionPtr value_, array_;
};

}  // namespace

Expression::~Expression() = default;

bool Expression::is_constant() const {
    const auto all = parts();
    return std::all_of(all.begin(), all.end(),
                       [](const Expression* part) { return part->is_constant(); });
}

ExpressionPtr make_column(std::size_t index, DataType type, std::string name,
                          std::uint32_t offset) {
    return std::make_unique<ColumnExpr>(index, type, std::move(name), offset);
}
ExpressionPtr make_constant(Column value, std::uint32_t offset) {
    return std::make_unique<ConstantExpr>(std::move(value), offset);
}
ExpressionPtr make_null(DataType type, std::uint32_t offset) {
    Column value(type);
    value.add_null();
    return make_constant(std::move(value), offset);
}
ExpressionPtr make_call(const Function& function, DataType result,
                        std::vector<ExpressionPtr> arguments, std::uint32_t offset) {
    return std::make_unique<CallExpr>(function, result, std::move(arguments), offset);
}
ExpressionPtr make_cast(ExpressionPtr value, DataType to, Kernel kernel) {
    return std::make_unique<CastExpr>(std::move(value), to, kernel);
}
ExpressionPtr make_logical(bool any, std::vector<ExpressionPtr> operands, std::uint32_t offset) {
    return std::make_unique<LogicalExpr>(any, std::move(operands), offset);
}
ExpressionPtr make_not(ExpressionPtr operand, std::uint32_t offset) {
    return std::make_unique<TestExpr>(TestExpr::Kind::negation, false, std::move(operand), offset);
}
ExpressionPtr make_is_null(ExpressionPtr operand, bool negated, std::uint32_t offset) {
    return std::make_unique<TestExpr>(TestExpr::Kind::null, negated, std::move(operand), offset);
}
ExpressionPtr make_is_truth(ExpressionPtr operand, bool truth, bool negated, std::uint32_t offset) {
    return std::make_unique<TestExpr>(truth ? TestExpr::Kind::truth : TestExpr::Kind::falsehood,
                                      negated, std::move(operand), offset);
}
ExpressionPtr make_case(std::vector<CaseArm> arms, ExpressionPtr otherwise, std::uint32_t offset) {
    return std::make_unique<CaseExpr>(std::move(arms), std::move(otherwise), offset);
}
ExpressionPtr make_coalesce(std::vector<ExpressionPtr> choices, std::uint32_t offset) {
    TOPGUN_ASSERT(!choices.empty(), "the grammar wants one argument at least");
    return std::make_unique<CoalesceExpr>(std::move(choices), offset);
}

ExpressionPtr make_quantified(const Function& comparison, bool all, ExpressionPtr value,
                              ExpressionPtr array, std::uint32_t offset) {
    return std::make_unique<QuantifiedExpr>(comparison, all, std::move(value), std::move(array),
                                            offset);
}

// "@123: message": offsets travel in the text, for an Error has no other place for them.
Error at_offset(std::uint32_t offset, Error error) {
    if (error.text().starts_with('@') || error.code() == Errc::cancelled) return error;
    return Error(error.code(), "@" + std::to_string(offset) + ": " + error.text());
}

FailedAt failed_at(const Error& error) {
    FailedAt out;
    const auto text = error.text();
    out.message = text;
    if (!text.starts_with('@')) return out;
    const auto [end, failure] =
        std::from_chars(text.data() + 1, text.data() + text.size(), out.offset);
    if (failure == std::errc()) {
        out.message = text.substr(static_cast<std::size_t>(end - text.data()) + 2);
    }
    return out;
}

std::vector<std::uint32_t> true_rows(const Column& condition) {
    std::vector<std::uint32_t> rows;
    for (std::size_t row = 0; row < condition.size(); ++row) {
        if (!condition.is_null(row) && condition.boolean(row)) {
            rows.push_back(static_cast<std::uint32_t>(row));
        }
    }
    return rows;
}

}  // namespace topgun::sql
