// SPDX-License-Identifier: Apache-2.0
// Logical plans: what a query means, before it is decided how it runs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "aggregate.hpp"
#include "scalar.hpp"
#include "set_function.hpp"
#include "table.hpp"
#include "window.hpp"

namespace topgun::sql {

struct OutputColumn {
    ColumnId id = 0;
    std::string name;
    DataType type;
};

struct Plan;
using PlanBox = std::unique_ptr<Plan>;

/// Rows kept between two plans: of WITH, of a recursion.
struct StoredRows {
    std::string name;
    std::vector<Batch> batches;
    std::uint64_t rows = 0;
    /// Set while the rows are still being made, by their one reader: adds some more. False when
    /// there are no more.
    std::function<Result<bool>()> more;
};

struct SortTerm {
    Scalar value;
    bool descending = false;
    bool nulls_first = false;
    bool operator==(const SortTerm&) const = default;
};

namespace plan {

/// A table's columns `source`, one for each output.
struct Scan {
    std::shared_ptr<const Table> table;
    std::string alias;
    std::vector<std::size_t> source;
    /// Conditions that the table may use to leave rows out; a Filter above checks them all.
    std::vector<Scalar> hints;
};
/// Constants; with no columns, rows without columns.
struct Values {
    std::vector<std::vector<Scalar>> rows;
};
struct Stored {
    std::shared_ptr<StoredRows> rows;
    std::vector<std::size_t> source;
};
/// Set-returning functions for each row of the input, side by side. Outputs: the input's columns
/// that are needed, then those of the calls, then the ordinality.
struct SetScan {
    struct Call {
        const SetFunction* function = nullptr;
        std::vector<Scalar> arguments;
        std::vector<OutputColumn> columns;
        std::uint32_t offset = 0;
    };
    std::vector<Call> calls;
    std::optional<OutputColumn> ordinality;
};
struct Filter {
    Scalar condition;
};
/// Outputs are all new.
struct Project {
    std::vector<Scalar> values;
    std::vector<OutputColumn> columns;
};
enum class JoinKind : std::uint8_t { inner, left, full, semi, anti, mark };
/// mark: the left side's rows, each with `mark`: whether it has a match.
/// null_aware (anti, mark): the condition is that of IN, with its NULLs.
/// dependent: the right side reads columns of the left; decorrelation makes that go away.
struct Join {
    JoinKind kind = JoinKind::inner;
    Scalar condition;
    std::optional<OutputColumn> mark;
    bool null_aware = false;
    bool dependent = false;
};
/// Outputs: keys, calls, and with grouping sets the index of the set.
struct Aggregate {
    struct Call {
        AggregateCall function;
        std::vector<Scalar> arguments;
        std::vector<Scalar> order;
        std::optional<Scalar> filter;
        OutputColumn column;
        std::uint32_t offset = 0;  ///< Where it stands in the statement, for errors.
    };
    std::vector<Scalar> keys;
    std::vector<OutputColumn> key_columns;
    std::vector<Call> calls;
    std::vector<std::vector<std::size_t>> sets;  ///< Of keys; empty: one set of all keys.
    OutputColumn set_index;                      ///< Where there are sets.
    /// No row makes no group, although there are no keys: of DISTINCT over no columns.
    bool never_empty_group = false;
};
struct Window {
    struct Call {
        WindowCall function;  ///< Columns in it are set when the plan is made to run.
        std::vector<Scalar> arguments;
        std::optional<Scalar> filter;
        std::optional<Scalar> start_distance, end_distance;
        OutputColumn column;
        std::uint32_t offset = 0;
    };
    std::vector<Scalar> partition;
    std::vector<SortTerm> order;
    std::vector<Call> calls;
};
struct Sort {
    std::vector<SortTerm> order;
};
struct Limit {
    std::optional<std::uint64_t> count;
    std::uint64_t skip = 0;
    std::vector<SortTerm> ties;  ///< WITH TIES: rows that equal the last one by these.
};
/// All rows of all inputs. Output i takes column sources[input][i].
struct Union {
    std::vector<std::vector<ColumnId>> sources;
    std::vector<OutputColumn> columns;
};

}  // namespace plan

struct Plan {
    using Node = std::variant<plan::Scan, plan::Values, plan::Stored, plan::SetScan, plan::Filter,
                              plan::Project, plan::Join, plan::Aggregate, plan::Window, plan::Sort,
                              plan::Limit, plan::Union>;
    Node node;
    std::vector<OutputColumn> columns;  ///< Kept by refresh() where they follow from the inputs.
    std::vector<PlanBox> inputs;
    double estimate = 0;  ///< Rows, about. Set by the rules.

    template <typename T>
    T* as() {
        return std::get_if<T>(&node);
    }
    template <typename T>
    const T* as() const {
        return std::get_if<T>(&node);
    }
};

PlanBox make_plan(Plan::Node node, PlanBox input = nullptr, PlanBox second = nullptr);
PlanBox copy_plan(const Plan& plan);
/// Recomputes `columns` of the whole tree, bottom up.
void refresh(Plan& plan);
/// The columns of this node alone, from those of its inputs.
void refresh_node(Plan& plan);
/// Calls visit for each expression that the node itself holds.
void visit_scalars(Plan& plan, const std::function<void(Scalar&)>& visit);
void visit_scalars(const Plan& plan, const std::function<void(const Scalar&)>& visit);
bool has_column(const Plan& plan, ColumnId id);
std::set<ColumnId> column_set(const Plan& plan);
/// Columns that expressions in the tree read and nothing in the tree produces.
std::set<ColumnId> free_columns(const Plan& plan);

/// Something to be computed before the main plan.
struct Stage {
    std::shared_ptr<StoredRows> result;
    PlanBox plan;
    /// Of a recursion: runs on `working` until it gives no more rows.
    PlanBox step;
    std::shared_ptr<StoredRows> working;
    bool distinct = false;  ///< UNION rather than UNION ALL.
    bool keep = false;      ///< MATERIALIZED: never put into the plan that uses it.
};

/// A whole query.
struct QueryPlan {
    std::vector<Stage> stages;
    PlanBox root;
};

/// A line for each operator, indented by depth.
std::string to_text(const QueryPlan& query);

}  // namespace topgun::sql
