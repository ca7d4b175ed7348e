// SPDX-License-Identifier: Apache-2.0
// From values to queries: one reader for both written forms, whose errors name the place.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/query/query.hpp"

namespace topgun::query {

class QueryParser {
public:
    /// @param sort_names  the members of the object `sort` in the order in which they were written,
    ///                    which a canonical value has lost.
    explicit QueryParser(const ParseOptions& options, std::vector<std::string> sort_names = {})
        : options_(options), sort_names_(std::move(sort_names)) {}

    /// @pre `value` is canonical, here and below.
    Result<Query> query(ValueView value);
    Result<PredicateNode> node(ValueView value, const std::string& place, std::size_t depth = 0);

private:
    using Words = std::span<const std::string_view>;
    using Member = std::function<Status(std::string_view name, ValueView value)>;
    using Element = std::function<Status(const std::string& place, ValueView value)>;

    Status query_member(std::string_view name, ValueView value, Query& out);
    Status node_member(std::string_view name, ValueView value, const std::string& place,
                       std::size_t depth, PredicateNode& out);
    Status sort(ValueView value, std::vector<SortField>& out);
    Status sort_object(ValueView value, std::vector<SortField>& out);
    Result<SortField> sort_field(ValueView value, const std::string& place);
    Result<Aggregation> aggregation(ValueView value, const std::string& place);

    // Calls visit for each member that is not nil; unknown ones as the options say.
    Status members(ValueView value, const std::string& place, Words known, const Member& visit);
    static Status elements(ValueView value, const std::string& place, const Element& visit);
    static Status text(ValueView value, const std::string& place, std::string& out);
    static Status texts(ValueView value, const std::string& place, std::vector<std::string>& out);
    static Status direction(ValueView value, const std::string& place, bool& descending);

    const ParseOptions& options_;
    std::vector<std::string> sort_names_;
};

/// The operator of a word, or an error at `place` that names the nearest one.
Result<Operator> parse_op(std::string_view word, const std::string& place);
/// The same for functions of aggregations.
Result<AggregateFunction> parse_function(std::string_view word, const std::string& place);

}  // namespace topgun::query
