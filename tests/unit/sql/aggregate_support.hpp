// SPDX-License-Identifier: Apache-2.0
// Calls of aggregates in tests: by name, over columns, with a result as text.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "aggregate.hpp"
#include "column_support.hpp"

namespace topgun::test {

inline std::vector<sql::ArgumentType> types_of(const std::vector<ColumnPtr>& columns) {
    std::vector<sql::ArgumentType> out;
    for (const auto& column : columns) out.push_back({column->type(), false});
    return out;
}

/// A call over columns that have the types which it takes.
struct AggregateTest {
    std::string_view name;
    std::vector<ColumnPtr> arguments;
    std::vector<ColumnPtr> order = {};  ///< Of ORDER BY in the call, or of WITHIN GROUP.
    std::vector<sql::SortSpec> keys = {};
    bool distinct = false;
    bool within_group = false;

    sql::AggregateCall call() const {
        const auto none = std::vector<ColumnPtr>();
        auto out = must(
            resolve_aggregate(name, types_of(arguments), types_of(within_group ? order : none)));
        out.distinct = distinct;
        out.order = keys;
        for (auto i = keys.size(); i < order.size(); ++i) out.order.push_back({i});
        if (!within_group) {
            for (const auto& column : order) out.order_types.push_back(column->type());
        }
        return out;
    }
    std::vector<ColumnPtr> columns() const {
        auto out = arguments;
        out.insert(out.end(), order.begin(), order.end());
        return out;
    }
};

/// The results of all groups.
inline Result<Column> aggregated(const AggregateTest& test,
                                 const std::vector<std::uint32_t>& groups, std::size_t count) {
    const auto call = test.call();
    const auto states = make_accumulators(call);
    states->resize(count);
    const auto columns = test.columns();
    auto status = states->update({}, columns, groups);
    Column out(call.result);
    for (std::size_t group = 0; status && group < count; ++group)
        status = states->finish(group, out);
    if (!status) return std::move(status).error();
    return out;
}

/// The result over all rows, or the error's text.
inline std::string total(const AggregateTest& test) {
    const auto columns = test.columns();
    const auto result = aggregated(test, std::vector<std::uint32_t>(columns.at(0)->size()), 1);
    return result ? texts_of(*result) : result.error().text();
}

}  // namespace topgun::test
