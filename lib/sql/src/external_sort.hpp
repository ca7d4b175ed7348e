// SPDX-License-Identifier: Apache-2.0
// Sorts any number of rows: in memory, or in runs that are merged from files.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "operators.hpp"
#include "ordering.hpp"
#include "spill.hpp"

namespace topgun::sql {

/// Equal rows stay as they were added. Threads: one owner.
class ExternalSort {
public:
    /// @param limit  only that many first rows are wanted: the others are dropped on the way.
    ExternalSort(RunContext& run, std::vector<SortSpec> order, std::vector<DataType> types,
                 std::optional<std::uint64_t> limit = std::nullopt)
        : run_(run), order_(std::move(order)), types_(std::move(types)), limit_(limit) {}

    void begin(dag::MemoryBudget& memory) {
        memory_ = &memory;
        held_ = dag::Reservation(memory);
    }
    Status add(Batch batch);
    /// No more rows come.
    Status finish();
    /// The next rows in order; no rows at the end.
    Result<Batch> next();

private:
    struct Run {
        SpillFile file;
        Batch batch;
        std::size_t at = 0;
        bool ended = false;
        unsigned level = 0;  // how often its rows were merged
    };
    Status sort_memory();
    Status spill_memory();
    Status merge_runs();
    Status begin_merge(std::size_t first);
    Status load(Run& run);
    Result<Batch> merge();
    void drop_beyond_limit();

    RunContext& run_;
    std::vector<SortSpec> order_;
    std::vector<DataType> types_;
    std::optional<std::uint64_t> limit_;
    dag::MemoryBudget* memory_ = nullptr;
    dag::Reservation held_;
    std::vector<Batch> batches_;
    std::size_t rows_ = 0;
    Batch sorted_;
    std::vector<std::uint32_t> order_of_rows_;
    std::size_t at_ = 0;
    std::vector<Run> runs_;
    std::vector<std::size_t> heap_;
};

}  // namespace topgun::sql
