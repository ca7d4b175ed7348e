// SPDX-License-Identifier: Apache-2.0
#include "topgun/dag/dag.hpp"

#include <algorithm>
#include <set>

namespace topgun::dag {

std::string_view routing_name(Routing routing) noexcept {
    switch (routing) {
        case Routing::unicast: return "unicast";
        case Routing::isolated: return "isolated";
        case Routing::partitioned: return "partitioned";
        case Routing::broadcast: return "broadcast";
        case Routing::to_one: return "to one";
    }
    return "unicast";
}

std::size_t Dag::add(Vertex vertex) {
    vertices_.push_back(std::move(vertex));
    return vertices_.size() - 1;
}

void Dag::connect(std::size_t from, std::size_t to, Routing routing) {
    Edge edge;
    edge.from = from;
    edge.to = to;
    edge.routing = routing;
    connect(std::move(edge));
}

namespace {

Error wrong(const std::string& what) {
    return Error(Errc::usage, "dag: " + what);
}

std::string label(const Dag& dag, const Edge& edge) {
    return "edge '" + dag.vertices()[edge.from].name + "' to '" + dag.vertices()[edge.to].name +
           "'";
}

Status check_vertices(const Dag& dag) {
    if (dag.vertices().empty()) return wrong("it has no vertices");
    std::set<std::string_view> names;
    for (const auto& vertex : dag.vertices()) {
        if (!names.insert(vertex.name).second) {
            return wrong("two vertices are named '" + vertex.name + "'");
        }
        if (vertex.parallelism == 0) return wrong("vertex '" + vertex.name + "': parallelism 0");
        if (!vertex.supplier) return wrong("vertex '" + vertex.name + "': no supplier");
    }
    return {};
}

Status check_edge(const Dag& dag, const Edge& edge) {
    if (edge.from >= dag.vertices().size() || edge.to >= dag.vertices().size()) {
        return wrong("an edge joins a vertex that does not exist");
    }
    const auto name = label(dag, edge);
    const auto& from = dag.vertices()[edge.from];
    const auto& to = dag.vertices()[edge.to];
    if (edge.routing == Routing::isolated && from.parallelism != to.parallelism) {
        return wrong(name + ": isolated, but " + std::to_string(from.parallelism) + " and " +
                     std::to_string(to.parallelism) + " processors");
    }
    if (edge.routing == Routing::partitioned && edge.keys.empty()) {
        return wrong(name + ": partitioned without key columns");
    }
    if (edge.capacity == 0) return wrong(name + ": no room for any batch");
    return {};
}

// Ordinals count from 0 without gaps; only outputs may be shared by several edges.
Status check_ordinals(const Dag& dag, std::size_t vertex) {
    std::multiset<std::size_t> inputs;
    std::set<std::size_t> outputs;
    for (const auto& edge : dag.edges()) {
        if (edge.to == vertex) inputs.insert(edge.to_ordinal);
        if (edge.from == vertex) outputs.insert(edge.from_ordinal);
    }
    const auto& name = dag.vertices()[vertex].name;
    std::size_t expected = 0;
    for (const auto ordinal : inputs) {
        if (ordinal != expected++) {
            return wrong("vertex '" + name +
                         "': its inputs are not numbered 0, 1, 2 ... with one " + "edge each");
        }
    }
    if (!outputs.empty() && *outputs.rbegin() + 1 != outputs.size()) {
        return wrong("vertex '" + name + "': its outputs have gaps");
    }
    return {};
}

// Kahn's algorithm; among those that are free, the vertex added first.
std::vector<std::size_t> topological(const Dag& dag) {
    std::vector<std::size_t> waiting(dag.vertices().size()), order;
    for (const auto& edge : dag.edges()) ++waiting[edge.to];
    std::set<std::size_t> free;
    for (std::size_t v = 0; v < waiting.size(); ++v) {
        if (waiting[v] == 0) free.insert(v);
    }
    while (!free.empty()) {
        const auto vertex = *free.begin();
        free.erase(free.begin());
        order.push_back(vertex);
        for (const auto& edge : dag.edges()) {
            if (edge.from == vertex && --waiting[edge.to] == 0) free.insert(edge.to);
        }
    }
    return order;
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
    return out + '"';
}

}  // namespace

Status Dag::check() const {
    TOPGUN_TRY(check_vertices(*this));
    for (const auto& edge : edges_) TOPGUN_TRY(check_edge(*this, edge));
    for (std::size_t v = 0; v < vertices_.size(); ++v) TOPGUN_TRY(check_ordinals(*this, v));
    const auto sorted = topological(*this);
    if (sorted.size() == vertices_.size()) return {};
    std::string cycle;
    for (std::size_t v = 0; v < vertices_.size(); ++v) {
        if (std::find(sorted.begin(), sorted.end(), v) != sorted.end()) continue;
        cycle += (cycle.empty() ? "'" : ", '") + vertices_[v].name + "'";
    }
    return wrong("a cycle among " + cycle);
}

std::vector<std::size_t> Dag::order() const {
    return topological(*this);
}

std::string Dag::to_dot() const {
    std::string out = "digraph dag {\n  rankdir=BT;\n  node [shape=box, fontname=\"monospace\"];\n";
    for (std::size_t v = 0; v < vertices_.size(); ++v) {
        const auto& vertex = vertices_[v];
        auto text = vertex.name;
        if (vertex.parallelism > 1) text += " x" + std::to_string(vertex.parallelism);
        if (!vertex.detail.empty()) text += "\n" + vertex.detail;
        out += "  v" + std::to_string(v) + " [label=" + quoted(text) + "];\n";
    }
    for (const auto& edge : edges_) {
        std::string text(routing_name(edge.routing));
        if (edge.priority != 0) text += ", priority " + std::to_string(edge.priority);
        out += "  v" + std::to_string(edge.from) + " -> v" + std::to_string(edge.to) +
               " [label=" + quoted(text) + "];\n";
    }
    return out + "}\n";
}

}  // namespace topgun::dag
