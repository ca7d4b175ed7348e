// SPDX-License-Identifier: Apache-2.0
// Aggregate functions: many groups at a time, a batch of rows at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "function.hpp"
#include "kernel.hpp"
#include "ordering.hpp"

namespace topgun::sql {

/// The states of one aggregate call for all groups, numbered from 0. Threads: one owner.
class Accumulators {
public:
    virtual ~Accumulators();
    /// Makes room for groups up to `count`; new ones are empty.
    virtual void resize(std::size_t count) = 0;
    /// Takes a batch: row i belongs to groups[i]. @pre groups[i] < the count of resize(); arguments
    /// have groups.size() rows each. Errors: overflow and its like.
    virtual Status update(const EvalContext& context, Arguments arguments,
                          std::span<const std::uint32_t> groups) = 0;
    /// Adds the result of a group. A group that took no row has one, too: NULL, or 0 of count().
    virtual Status finish(std::size_t group, Column& out) = 0;
    /// Adds the group's partial state, one value to each column. Only where partial types exist.
    virtual Status save(std::size_t group, std::span<Column> out);
    /// Takes partial states, row i of them for groups[i].
    virtual Status merge(Arguments states, std::span<const std::uint32_t> groups);
    /// Bytes held, about. Cost: O(1).
    virtual std::size_t memory() const = 0;

    // What moving window frames are made of. Nothing of this is for calls with DISTINCT or ORDER
    // BY.

    /// Takes the rows [first, last) of the arguments into one group.
    virtual Status add_rows(const EvalContext& context, Arguments arguments, std::size_t first,
                            std::size_t last, std::size_t group);
    /// Makes a group empty again.
    virtual void clear(std::size_t group);
    /// True when states have sums: combine() gives the state of the rows of both.
    virtual bool can_combine() const noexcept { return false; }
    /// Adds one group's rows to another, behind those that it has. @pre can_combine().
    virtual void combine(std::size_t to, std::size_t from);
    /// True when rows of these arguments can be taken out again without a trace.
    virtual bool can_remove(Arguments arguments) const;
    /// Takes out rows that are in a group. @pre can_remove().
    virtual void remove_rows(Arguments arguments, std::size_t first, std::size_t last,
                             std::size_t group);
};

struct AggregateCall;

/// One version of an aggregate function. Types as in Function, pseudo types included.
struct AggregateFunction {
    std::string_view name;
    std::vector<DataType> arguments;  ///< Of an ordered-set aggregate the direct ones only.
    DataType result;
    /// States that know nothing of DISTINCT and ORDER BY. The call outlives this only.
    std::unique_ptr<Accumulators> (*make)(const AggregateCall& call) = nullptr;
    /// Columns of a partial state, when there is one: then groups can be gathered in several
    /// places and put together. Null when the result depends on the order of rows.
    std::vector<DataType> (*partial)(const AggregateCall& call) = nullptr;
    /// percentile_cont(0.5) WITHIN GROUP (ORDER BY x): the sorted values come as further arguments.
    bool ordered_set = false;
    std::vector<DataType> sorted = {};  ///< Of an ordered-set aggregate: those of WITHIN GROUP.
    /// rank(3) WITHIN GROUP (ORDER BY x): any number of direct arguments, and as many sorted ones.
    bool hypothetical = false;
};

/// A call whose types are settled.
struct AggregateCall {
    const AggregateFunction* function = nullptr;
    std::vector<DataType> arguments;
    DataType result;
    bool distinct = false;
    /// ORDER BY in the call: that many columns follow the arguments in update(); the `column` of
    /// each spec counts from the first of these. Of an ordered-set aggregate: that of WITHIN GROUP.
    std::vector<SortSpec> order;
    std::vector<DataType> order_types;
};

/// Which aggregate a call means. `arguments` are those in the parentheses, none for count(*);
/// `sorted` those of WITHIN GROUP. Errors as resolve(); usage when WITHIN GROUP is missing or out
/// of place. `name` must be one of is_aggregate(). The caller adds `distinct` and `order`, and, but
/// for ordered sets, `order_types`.
Result<AggregateCall> resolve_aggregate(std::string_view name,
                                        std::span<const ArgumentType> arguments,
                                        std::span<const ArgumentType> sorted);
/// Includes rank(), dense_rank(), percent_rank() and cume_dist(), which without WITHIN GROUP are
/// window functions.
bool is_aggregate(std::string_view name) noexcept;
std::span<const AggregateFunction> aggregate_functions();

/// States of a call. DISTINCT and ORDER BY are dealt with inside.
std::unique_ptr<Accumulators> make_accumulators(const AggregateCall& call);
/// Columns of a call's partial state; empty when it has none (DISTINCT, ORDER BY, string_agg ...).
std::vector<DataType> partial_types(const AggregateCall& call);

}  // namespace topgun::sql
