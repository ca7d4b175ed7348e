// SPDX-License-Identifier: Apache-2.0
// Runs a DAG on a few threads: cooperative tasklets, bounded queues, errors that name the vertex.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "topgun/dag/dag.hpp"

namespace topgun::dag {

struct ExecutorOptions {
    /// Threads that share the cooperative processors. 0: one for each processor core.
    std::size_t threads = 0;
    std::uint64_t memory_limit = std::uint64_t{1} << 30;
    /// The run fails with Errc::limit when it takes longer.
    std::optional<std::chrono::milliseconds> timeout;
    /// Ends the run with Errc::cancelled. May be null; outlives the run.
    const CancelToken* cancel = nullptr;
};

/// What the processors of a vertex did together.
struct VertexReport {
    std::string name;
    std::uint64_t rows_in = 0;
    std::uint64_t rows_out = 0;  ///< Rows offered, each counted once whatever the edges.
    std::uint64_t batches_out = 0;
    std::chrono::nanoseconds busy{0};  ///< Time inside of its processors, summed up.
    std::uint64_t peak_memory = 0;     ///< Reserved by its processors together.
};

struct ExecutionReport {
    std::vector<VertexReport> vertices;  ///< In the order of the DAG.
    std::chrono::nanoseconds elapsed{0};
    std::uint64_t peak_memory = 0;  ///< Reserved by processors; queues are not counted.
};

/// Runs to the end and returns when all processors are closed.
///
/// No batch is lost or duplicated: a full queue holds its producer back. Within one edge the order
/// of batches is kept from each producer to each consumer.
/// Errors: those of check(); the first error of a processor, within its vertex's name; cancelled;
/// limit for the timeout. Exceptions of processors other than Bug become Errc::io. Blocks the
/// calling thread; any number of runs may go on at once.
TOPGUN_API Result<ExecutionReport> run(const Dag& dag, const ExecutorOptions& options = {});

}  // namespace topgun::dag
