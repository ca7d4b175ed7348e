// SPDX-License-Identifier: Apache-2.0
// What a query took, operator by operator: rows, time and memory, for EXPLAIN ANALYZE.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/dag/executor.hpp"

namespace topgun::sql {

/// The plans of a query that ran, each by itself: those of WITH, then the query's own. Threads:
/// add() may be called by several at a time.
class CostReport {
public:
    /// @param name  of the rows that the plan made; empty for the query's own. Rounds of a
    ///              recursion, which come again under their name, are added up.
    void add(std::string_view name, const dag::Dag& dag, const dag::ExecutionReport& report);
    void set_spilled(std::uint64_t bytes) { spilled_ = bytes; }

    /// A line for each operator, lines without an end between.
    std::string text() const;
    /// JSON: [{"Name": ..., "Operators": [...], ...}, ...]
    std::string json() const;

private:
    struct Part {
        std::string name;
        std::size_t runs = 0;
        std::vector<dag::Vertex> vertices;  // their names, details and parallelism
        dag::ExecutionReport total;
    };
    Part& part(std::string_view name, const dag::Dag& dag);

    std::mutex mutex_;
    std::vector<Part> parts_;
    std::uint64_t spilled_ = 0;
};

}  // namespace topgun::sql
