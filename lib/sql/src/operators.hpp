// SPDX-License-Identifier: Apache-2.0
// What the operators of a plan have in common when they run as processors of a DAG.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cost_report.hpp"
#include "expr.hpp"
#include "plan.hpp"
#include "topgun/dag/processor.hpp"
#include "topgun/sql/session.hpp"

namespace topgun::sql {

/// What all operators of a run see. Outlives the run.
struct RunContext {
    EvalContext eval;
    std::string spill_directory;
    std::atomic<std::uint64_t> spilled{0};  ///< Bytes written to temporary files.
    CostReport* costs = nullptr;            ///< Where somebody asks for them.
};

/// Filters and projections that an operator applies to what it sends, so that they need no
/// processor of their own. Built before the run, then shared by all processors of a vertex.
class Pipeline {
public:
    void filter(ExpressionPtr condition, std::vector<std::size_t> keep);
    void project(std::vector<ExpressionPtr> values);
    bool empty() const noexcept { return steps_.empty(); }
    Result<Batch> apply(const EvalContext& context, Batch batch) const;
    /// For EXPLAIN: "filter (age > 30); project name".
    std::string text() const;

private:
    struct Step {
        ExpressionPtr condition;  // of a filter
        std::vector<std::size_t> keep;
        std::vector<ExpressionPtr> values;
    };
    std::vector<Step> steps_;
};

/// A processor that sends through a pipeline and remembers what found no room.
class Operator : public dag::Processor {
public:
    Operator(RunContext& run, std::shared_ptr<const Pipeline> pipeline)
        : run_(run), pipeline_(std::move(pipeline)) {}

protected:
    /// True when nothing waits to be sent. Call it first whenever called.
    bool flush(dag::Outbox& outbox);
    /// False when there was no room: return then, and flush() when called again.
    Result<bool> send(Batch batch, dag::Outbox& outbox);
    /// A batch found no room and is still to be sent.
    bool waits() const noexcept { return pending_.has_value(); }
    const EvalContext& eval() const { return run_.eval; }

    RunContext& run_;

private:
    std::shared_ptr<const Pipeline> pipeline_;
    std::optional<Batch> pending_;
};

/// All rows of some batches in one. Texts are shared.
Batch concat(const std::vector<Batch>& batches, const std::vector<DataType>& types);
/// Rows [first, last).
Batch slice(const Batch& batch, std::size_t first, std::size_t last);
/// evaluate(), for fewer rows at a time where all at once take too much memory.
Result<ColumnPtr> evaluate_parts(const Expression& expression, const EvalContext& context,
                                 const Batch& batch);
Result<std::vector<ColumnPtr>> evaluate_all(const std::vector<ExpressionPtr>& expressions,
                                            const EvalContext& context, const Batch& batch);
std::vector<DataType> types_of(const std::vector<OutputColumn>& columns);

using OperatorSupplier = dag::ProcessorSupplier;
using PipelinePtr = std::shared_ptr<const Pipeline>;

// Suppliers of the simple operators. Each keeps what it is given.
/// @param key  the column that holds a map's keys, where there is one.
OperatorSupplier scan_operator(RunContext& run, PipelinePtr pipeline, const plan::Scan& scan,
                               std::optional<ColumnId> key);
OperatorSupplier values_operator(RunContext& run, PipelinePtr pipeline, Batch rows);
OperatorSupplier stored_operator(RunContext& run, PipelinePtr pipeline, const plan::Stored& stored);
/// Passes on, input by input: output i is column sources[input][i].
OperatorSupplier union_operator(RunContext& run, PipelinePtr pipeline,
                                std::vector<std::vector<std::size_t>> sources);
struct LimitSpec {
    std::optional<std::uint64_t> count;
    std::uint64_t skip = 0;
    std::vector<SortSpec> ties;
};
OperatorSupplier limit_operator(RunContext& run, PipelinePtr pipeline, LimitSpec spec);
struct SetScanSpec {
    struct Call {
        const SetFunction* function = nullptr;
        std::vector<ExpressionPtr> arguments;
        std::vector<DataType> types;
        std::uint32_t offset = 0;  ///< For errors, as below.
    };
    std::vector<Call> calls;
    bool ordinality = false;
};
OperatorSupplier set_scan_operator(RunContext& run, PipelinePtr pipeline,
                                   std::shared_ptr<const SetScanSpec> spec);
/// The end of a plan: rows go to a sink, or are kept.
OperatorSupplier sink_operator(RunContext& run, ResultSink& sink, std::uint64_t& rows);
OperatorSupplier keep_operator(RunContext& run, StoredRows& rows);

struct SortOperatorSpec {
    std::vector<SortSpec> order;
    std::vector<DataType> types;
    std::optional<std::uint64_t> limit;  ///< Only the first rows are wanted.
};
OperatorSupplier sort_operator(RunContext& run, PipelinePtr pipeline, SortOperatorSpec spec);

enum class AggregateMode { complete, partial, final };
struct AggregateSpec {
    struct Call {
        AggregateCall function;
        std::vector<ExpressionPtr> arguments;  ///< Those of the function, then of its order.
        ExpressionPtr filter;                  ///< May be null.
        std::vector<DataType> partial;
        std::uint32_t offset = 0;
    };
    AggregateMode mode = AggregateMode::complete;
    /// Of final: the columns of the partial rows, the set's index last where there are sets.
    std::vector<ExpressionPtr> keys;
    std::vector<DataType> key_types;
    std::vector<Call> calls;
    std::vector<std::vector<std::size_t>> sets;
    bool always_a_row = false;    ///< Also for no rows at all.
    bool sorted = false;          ///< Rows come group by group: one group is held at a time.
    std::size_t first_state = 0;  ///< Of final: the column where states begin.
    std::vector<DataType> input_types;
};
/// Sends keys, the set's index where there are sets, and results (of partial: states).
OperatorSupplier aggregate_operator(RunContext& run, PipelinePtr pipeline,
                                    std::shared_ptr<const AggregateSpec> spec);

struct JoinSpec {
    plan::JoinKind kind = plan::JoinKind::inner;
    bool null_aware = false;
    std::vector<std::size_t> left_keys, right_keys;  ///< Columns. None: every pair is looked at.
    std::vector<bool> null_safe;                     ///< By key: NULL matches NULL.
    ExpressionPtr residual;  ///< Over left columns, then right ones. May be null.
    std::vector<DataType> left_types, right_types;
    std::vector<std::size_t> left_out, right_out;  ///< Columns that are sent on.
};
/// Input 0 is the right side, which is kept; input 1 the left one.
OperatorSupplier join_operator(RunContext& run, PipelinePtr pipeline,
                               std::shared_ptr<const JoinSpec> spec);

struct WindowSpec {
    std::vector<SortSpec> partition, order;
    std::vector<WindowCall> calls;
    std::vector<std::uint32_t> offsets;  ///< Of the calls.
    std::vector<DataType> types;
    std::vector<std::size_t> out;  ///< Columns of the input that are sent on, before the results.
};
OperatorSupplier window_operator(RunContext& run, PipelinePtr pipeline,
                                 std::shared_ptr<const WindowSpec> spec);

}  // namespace topgun::sql
