// SPDX-License-Identifier: Apache-2.0
// Window calls in tests: partitions put in order, frames written as SQL.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "aggregate_support.hpp"
#include "sql_support.hpp"
#include "window.hpp"

namespace topgun::test {

/// A call over columns of one partition.
struct WindowTest {
    std::string_view name;
    std::vector<ColumnPtr> arguments;
    std::vector<ColumnPtr> order;
    std::vector<sql::SortSpec> keys;  ///< Count the columns of `order`.
    sql::WindowFrame frame = {};      ///< Its columns count from those of `distances`.
    std::vector<ColumnPtr> distances = {};
    ColumnPtr filter = nullptr;
};

struct OrderedPartition {
    Batch batch;
    std::vector<std::uint32_t> rows;  ///< Where each row of the batch stood.
    sql::WindowCall call;
};

/// The call as a planner would make it.
inline OrderedPartition prepared(const WindowTest& test, std::size_t rows) {
    OrderedPartition out;
    auto& call = out.call;
    const auto types = types_of(test.arguments);
    if (sql::is_window_function(test.name)) {
        call = must(sql::resolve_window(test.name, types));
    } else {
        call.aggregate = must(sql::resolve_aggregate(test.name, types, {}));
        call.argument_types = call.aggregate->arguments;
        call.result = call.aggregate->result;
    }
    Batch all{test.order, rows};
    call.order = test.keys;
    call.frame = test.frame;
    call.frame.start_distance += all.columns.size();
    call.frame.end_distance += all.columns.size();
    all.columns.insert(all.columns.end(), test.distances.begin(), test.distances.end());
    for (const auto& argument : test.arguments) {
        call.arguments.push_back(all.columns.size());
        all.columns.push_back(argument);
    }
    if (test.filter) {
        call.filter = all.columns.size();
        all.columns.push_back(test.filter);
    }
    out.rows = sql::sorted_rows(all, test.keys);
    out.batch = all.gather(out.rows);
    return out;
}

/// The results in the order of the columns given.
inline Result<ColumnPtr> windowed(const WindowTest& test, std::size_t rows) {
    const auto partition = prepared(test, rows);
    auto result = sql::compute_window({}, partition.call, partition.batch);
    if (!result) return result;
    std::vector<std::uint32_t> back(rows);
    for (std::uint32_t i = 0; i < rows; ++i) back[partition.rows[i]] = i;
    return ColumnPtr(Column::gather(**result, back));
}

inline std::string window_text(const WindowTest& test, std::size_t rows) {
    const auto result = windowed(test, rows);
    return result ? texts_of(**result) : result.error().text();
}

/// Sets the frame and its whole distances from "ROWS BETWEEN 1 PRECEDING AND CURRENT ROW ...".
inline void set_frame(WindowTest& test, const std::string& sql, std::size_t rows) {
    const auto expr = parse_expr("f(x) OVER (ORDER BY x " + sql + ")");
    const auto& frame = *std::get<sql::ast::FunctionCall>(expr.node).over->frame;
    const auto distance = [&](const sql::ast::FrameBound& bound) -> std::size_t {
        Column one(TypeId::bigint);
        if (!bound.distance) return 0;
        const auto& literal = std::get<sql::ast::Literal>(bound.distance->node);
        one.add_integer(std::get<std::int64_t>(literal.value));
        test.distances.push_back(Column::constant(std::move(one), rows));
        return test.distances.size() - 1;
    };
    test.frame = {frame.unit, frame.start.kind, frame.end.kind, 0, 0, frame.exclude};
    test.frame.start_distance = distance(frame.start);
    test.frame.end_distance = distance(frame.end);
}

}  // namespace topgun::test
