// SPDX-License-Identifier: Apache-2.0
#include "cost_report.hpp"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace topgun::sql {
namespace {

using Json = nlohmann::ordered_json;

double milliseconds(std::chrono::nanoseconds time) {
    // Microseconds are as much as a clock around batches can tell.
    const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
    return static_cast<double>(whole) / 1000;
}

std::string milliseconds_text(std::chrono::nanoseconds time) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3f ms", milliseconds(time));
    return text;
}

// Upwards, so that what held anything is told from what held nothing.
std::uint64_t kibibytes(std::uint64_t bytes) {
    return (bytes + 1023) / 1024;
}

std::string memory_text(std::uint64_t bytes) {
    return "memory " + std::to_string(kibibytes(bytes)) + " KiB";
}

void add_up(dag::ExecutionReport& total, const dag::ExecutionReport& more) {
    total.elapsed += more.elapsed;
    total.peak_memory = std::max(total.peak_memory, more.peak_memory);
    total.vertices.resize(more.vertices.size());
    for (std::size_t v = 0; v < more.vertices.size(); ++v) {
        auto& to = total.vertices[v];
        const auto& from = more.vertices[v];
        to.name = from.name;
        to.rows_in += from.rows_in;
        to.rows_out += from.rows_out;
        to.batches_out += from.batches_out;
        to.busy += from.busy;
        to.peak_memory = std::max(to.peak_memory, from.peak_memory);
    }
}

bool same_vertices(const std::vector<dag::Vertex>& a, const std::vector<dag::Vertex>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
        return x.name == y.name && x.detail == y.detail;
    });
}

}  // namespace

// A recursion's first round has a plan of its own.
CostReport::Part& CostReport::part(std::string_view name, const dag::Dag& dag) {
    for (auto& part : parts_) {
        if (part.name == name && same_vertices(part.vertices, dag.vertices())) return part;
    }
    auto& out = parts_.emplace_back();
    out.name = name;
    for (const auto& vertex : dag.vertices()) {
        out.vertices.push_back({vertex.name, nullptr, vertex.parallelism, vertex.detail});
    }
    return out;
}

void CostReport::add(std::string_view name, const dag::Dag& dag,
                     const dag::ExecutionReport& report) {
    const std::lock_guard lock(mutex_);
    auto& mine = part(name, dag);
    ++mine.runs;
    add_up(mine.total, report);
}

std::string CostReport::text() const {
    std::string out;
    for (const auto& part : parts_) {
        const std::string indent = part.name.empty() ? "" : "  ";
        if (!part.name.empty()) {
            out += "With " + part.name;
            if (part.runs > 1) out += ", " + std::to_string(part.runs) + " rounds";
            out += ":\n";
        }
        for (std::size_t v = 0; v < part.vertices.size(); ++v) {
            const auto& vertex = part.total.vertices[v];
            out += indent + vertex.name + ": rows in " + std::to_string(vertex.rows_in) + ", out " +
                   std::to_string(vertex.rows_out) + ", time " + milliseconds_text(vertex.busy) +
                   ", " + memory_text(vertex.peak_memory);
            const auto& detail = part.vertices[v].detail;
            if (!detail.empty()) out += "  [" + detail + "]";
            out += '\n';
        }
        out += indent + "elapsed " + milliseconds_text(part.total.elapsed) + ", " +
               memory_text(part.total.peak_memory) + '\n';
    }
    if (!out.empty()) out.pop_back();
    if (spilled_ > 0) out += ", spilled " + std::to_string(kibibytes(spilled_)) + " KiB";
    return out;
}

std::string CostReport::json() const {
    auto out = Json::array();
    for (const auto& part : parts_) {
        Json one;
        if (!part.name.empty()) one["Name"] = part.name;
        one["Runs"] = part.runs;
        auto operators = Json::array();
        for (std::size_t v = 0; v < part.vertices.size(); ++v) {
            const auto& vertex = part.total.vertices[v];
            operators.push_back({{"Name", vertex.name},
                                 {"Detail", part.vertices[v].detail},
                                 {"Processors", part.vertices[v].parallelism},
                                 {"Rows In", vertex.rows_in},
                                 {"Rows Out", vertex.rows_out},
                                 {"Time", milliseconds(vertex.busy)},
                                 {"Peak Memory Usage", kibibytes(vertex.peak_memory)}});
        }
        one["Operators"] = std::move(operators);
        one["Execution Time"] = milliseconds(part.total.elapsed);
        one["Peak Memory Usage"] = kibibytes(part.total.peak_memory);
        out.push_back(std::move(one));
    }
    if (!out.empty()) out.back()["Spilled"] = kibibytes(spilled_);
    // Details quote the statement, which may hold any bytes.
    return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace topgun::sql
