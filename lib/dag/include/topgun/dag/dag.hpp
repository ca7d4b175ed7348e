// SPDX-License-Identifier: Apache-2.0
// A plan of processors and what flows between them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/dag/processor.hpp"

namespace topgun::dag {

/// To which of the receiving vertex's processors a batch goes.
enum class Routing {
    unicast,      ///< To any one that has room.
    isolated,     ///< From the i-th to the i-th: keeps the order. Both have as many processors.
    partitioned,  ///< Row by row, by the hash of key columns: equal keys meet in one processor.
    broadcast,    ///< To all of them. Columns are shared, not copied.
    to_one,       ///< All to the first one.
};
TOPGUN_API std::string_view routing_name(Routing routing) noexcept;

/// Makes the processors of a vertex, one after the other.
using ProcessorSupplier =
    std::function<Result<std::unique_ptr<Processor>>(std::size_t index, std::size_t parallelism)>;

struct Vertex {
    std::string name;
    ProcessorSupplier supplier;
    std::size_t parallelism = 1;
    std::string detail;  ///< What it does, for people who read the plan. May be empty.
};

struct Edge {
    std::size_t from = 0;  ///< Index of the vertex.
    std::size_t from_ordinal = 0;
    std::size_t to = 0;
    std::size_t to_ordinal = 0;
    Routing routing = Routing::unicast;
    std::vector<std::size_t> keys;  ///< Columns, for Routing::partitioned.
    /// Inputs with a lower priority value are read to their end before others are begun.
    int priority = 0;
    /// Batches that may wait for one processor from one other.
    std::size_t capacity = 4;
};

/// Vertices and edges in the order in which they were added, which is also the order in which
/// equals are treated everywhere. Value type; executing does not change it.
class TOPGUN_API Dag {
public:
    /// @return its index. Names are for people; check() wants them to differ.
    std::size_t add(Vertex vertex);
    void connect(Edge edge) { edges_.push_back(std::move(edge)); }
    /// Shorthand: output 0 to input 0.
    void connect(std::size_t from, std::size_t to, Routing routing);

    const std::vector<Vertex>& vertices() const noexcept { return vertices_; }
    const std::vector<Edge>& edges() const noexcept { return edges_; }

    /// What must hold before a run: edges join vertices that exist, without a cycle; inputs of a
    /// vertex are numbered 0, 1, 2 ... with one edge each, outputs without gaps; names differ;
    /// parallelism is at least 1, equal at both ends of an isolated edge; partitioned edges have
    /// keys; the DAG is not empty. Errors: usage, naming the vertex or edge.
    Status check() const;
    /// Vertices so that each stands behind those it reads from. @pre check() is content.
    std::vector<std::size_t> order() const;
    /// Graphviz.
    std::string to_dot() const;

private:
    std::vector<Vertex> vertices_;
    std::vector<Edge> edges_;
};

}  // namespace topgun::dag
