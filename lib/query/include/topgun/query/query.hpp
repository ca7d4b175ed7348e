// SPDX-License-Identifier: Apache-2.0
// Queries of TopGun's language: filter, order, page, groups and fields, as one value, in all its
// written forms.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/query/order.hpp"
#include "topgun/query/predicate.hpp"
#include "topgun/wire/records.hpp"

namespace topgun::query {

enum class AggregateFunction : std::uint8_t { count, sum, min, max, avg };

/// "count", "sum", ...
TOPGUN_API std::string_view aggregate_word(AggregateFunction function) noexcept;

/// One value computed for each group. Its name in the result is `__sum_F` for the field F; count
/// has the name `__count`, is always there, and needs no field.
struct Aggregation {
    AggregateFunction function = AggregateFunction::count;
    std::optional<std::string> field;  ///< A top-level name.
    bool operator==(const Aggregation&) const = default;
};

/// What to find in one map. Value type; an empty one gives every row in the order of keys.
struct Query {
    /// Fields and what they must equal: a canonical map. Dots split names. Where both are given the
    /// server uses this and not `predicate`, and so do we; results say so in their warnings.
    std::optional<Bytes> where;
    std::optional<PredicateNode> predicate;
    std::vector<SortField> sort;
    std::optional<std::uint32_t> limit;
    std::uint64_t offset = 0;  ///< Rows to pass over; ours, not TopGun's. A cursor beats it.
    std::optional<std::string> cursor;      ///< From a page before: see topgun/query/cursor.hpp.
    std::vector<std::string> group_by;      ///< Top-level names.
    std::vector<Aggregation> aggregations;  ///< Of groups; without `group_by` they do nothing.
    /// Top-level fields to keep; an empty list keeps none. Values that are no maps stay whole.
    std::optional<std::vector<std::string>> fields;
    bool operator==(const Query&) const = default;
};

/// Reads a query from any MessagePack. Tolerant where TopGun's peers are: nil is absent, `sort` is
/// an array of {field, direction} or an object {field: direction} whose order counts, whole floats
/// are whole numbers, `direction` may be missing (asc). Errors: bad_input with the place
/// ("sort[1].direction: expected 'asc' or 'desc'"); limit when it is too deep.
/// Cost: O(bytes). Threads: no shared state.
TOPGUN_API Result<Query> parse_query(BytesView input, const ParseOptions& options = {});
/// The same from JSON, with the escapes of topgun/value/json.hpp.
TOPGUN_API Result<Query> parse_query_json(std::string_view text, const ParseOptions& options = {});
/// Canonical MessagePack; what is absent is left out. parse_query() gives the query back.
TOPGUN_API Bytes format_query(const Query& query);
/// The same as JSON on one line.
TOPGUN_API std::string format_query_json(const Query& query);

/// From and to the form of the wire's messages. The wire has no offset: to_wire() drops it.
/// Errors: an unknown operator, function or too deep a tree, as for parse_query().
TOPGUN_API Result<Query> from_wire(const wire::Query& query);
TOPGUN_API wire::Query to_wire(const Query& query);

}  // namespace topgun::query
