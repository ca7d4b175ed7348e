// SPDX-License-Identifier: Apache-2.0
#include "topgun/dag/dag.hpp"

#include "dag_support.hpp"

using namespace topgun;
using namespace topgun::dag;

namespace {

Vertex vertex(std::string name, std::size_t parallelism = 1) {
    return {std::move(name), test::making<Processor>(), parallelism, {}};
}

Edge edge(std::size_t from, std::size_t to, std::size_t to_ordinal = 0,
          std::size_t from_ordinal = 0) {
    Edge out;
    out.from = from;
    out.from_ordinal = from_ordinal;
    out.to = to;
    out.to_ordinal = to_ordinal;
    return out;
}

Dag with(const std::vector<Vertex>& vertices, const std::vector<Edge>& edges) {
    Dag dag;
    for (const auto& one : vertices) dag.add(one);
    for (const auto& one : edges) dag.connect(one);
    return dag;
}

std::string fault(const Dag& dag) {
    const auto status = dag.check();
    return status ? "" : status.error().text();
}

}  // namespace

TEST_CASE("a plan that cannot run is refused with the vertex or edge at fault", "[dag]") {
    const auto a = vertex("a"), b = vertex("b"), two = vertex("two", 2);
    CHECK(fault(with({}, {})) == "dag: it has no vertices");
    CHECK(fault(with({a, a}, {})) == "dag: two vertices are named 'a'");
    CHECK(fault(with({vertex("none", 0)}, {})) == "dag: vertex 'none': parallelism 0");
    CHECK(fault(with({{"x", nullptr, 1, {}}}, {})) == "dag: vertex 'x': no supplier");
    CHECK(fault(with({a}, {edge(0, 1)})) == "dag: an edge joins a vertex that does not exist");
    CHECK(fault(with({a}, {edge(0, 0)})) == "dag: a cycle among 'a'");
    CHECK(fault(with({a, b}, {edge(0, 1), edge(1, 0)})) == "dag: a cycle among 'a', 'b'");
    CHECK(fault(with({a, b}, {edge(0, 1, 1)})).find("vertex 'b': its inputs are not numbered") !=
          std::string::npos);
    CHECK(fault(with({a, b}, {edge(0, 1, 0), edge(0, 1, 0)})).find("one edge each") !=
          std::string::npos);
    CHECK(fault(with({a, b}, {edge(0, 1, 0, 1)})) == "dag: vertex 'a': its outputs have gaps");
    auto isolated = edge(0, 1);
    isolated.routing = Routing::isolated;
    CHECK(fault(with({a, two}, {isolated})) ==
          "dag: edge 'a' to 'two': isolated, but 1 and 2 processors");
    auto partitioned = edge(0, 1);
    partitioned.routing = Routing::partitioned;
    CHECK(fault(with({a, two}, {partitioned})) ==
          "dag: edge 'a' to 'two': partitioned without key columns");
    auto full = edge(0, 1);
    full.capacity = 0;
    CHECK(fault(with({a, b}, {full})) == "dag: edge 'a' to 'b': no room for any batch");
    CHECK(fault(with({a, b}, {edge(0, 1), edge(0, 1, 1)})).empty());
}

TEST_CASE("vertices are ordered by their edges, then by when they were added", "[dag]") {
    const auto dag = with({vertex("sink"), vertex("x"), vertex("y"), vertex("source")},
                          {edge(3, 2), edge(3, 1), edge(1, 0, 0), edge(2, 0, 1)});
    CHECK(dag.order() == std::vector<std::size_t>{3, 1, 2, 0});
}

TEST_CASE("a plan is drawn for graphviz", "[dag]") {
    Dag dag;
    dag.add({"scan", test::making<Processor>(), 2, "map \"users\""});
    dag.add(vertex("sink"));
    auto join = edge(0, 1);
    join.routing = Routing::to_one;
    join.priority = 3;
    dag.connect(join);
    CHECK(dag.to_dot() ==
          "digraph dag {\n  rankdir=BT;\n  node [shape=box, fontname=\"monospace\"];\n"
          "  v0 [label=\"scan x2\\nmap \\\"users\\\"\"];\n  v1 [label=\"sink\"];\n"
          "  v0 -> v1 [label=\"to one, priority 3\"];\n}\n");
}
