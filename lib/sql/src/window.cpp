// SPDX-License-Identifier: Apache-2.0
// Which window function a call means, and the way to what computes it.
#include "window.hpp"

#include "window_internal.hpp"

namespace topgun::sql {
namespace {

struct Registry {
    std::vector<WindowFunction> windows;
    std::vector<Function> functions;  // the same, for resolution
};

const Registry& registry() {
    static const Registry all = [] {
        Registry out;
        for (const auto& entry : window_entries()) {
            const auto& function = entry.function;
            out.windows.push_back(function);
            out.functions.push_back({function.name, function.arguments, function.result});
        }
        return out;
    }();
    return all;
}

Status check_aggregate(const AggregateCall& call) {
    if (call.function->ordered_set) {
        return Error(Errc::usage, "OVER is not supported for ordered-set aggregate " +
                                      std::string(call.function->name));
    }
    if (call.distinct) {
        return Error(Errc::usage, "DISTINCT is not implemented for window functions");
    }
    if (!call.order.empty()) {
        return Error(Errc::usage, "aggregate ORDER BY is not implemented for window functions");
    }
    return {};
}

}  // namespace

bool is_window_function(std::string_view name) noexcept {
    for (const auto& function : registry().windows) {
        if (function.name == name) return true;
    }
    return false;
}

std::span<const WindowFunction> window_functions() {
    return registry().windows;
}

Result<WindowCall> resolve_window(std::string_view name, std::span<const ArgumentType> arguments) {
    const auto& functions = registry().functions;
    auto resolved = resolve_among(functions, name, arguments);
    if (!resolved) return std::move(resolved).error();
    WindowCall out;
    out.function =
        &registry().windows[static_cast<std::size_t>(resolved->function - functions.data())];
    out.argument_types = std::move(resolved->arguments);
    out.result = resolved->result;
    return out;
}

Result<ColumnPtr> compute_window(const EvalContext& context, const WindowCall& call,
                                 const Batch& partition) {
    if (call.aggregate) TOPGUN_TRY(check_aggregate(*call.aggregate));
    const Peers peers(partition, call.order);
    std::vector<RowRange> frames;
    if (call.aggregate || call.function->takes_frame) {
        auto found = frame_ranges(call, partition, peers);
        if (!found) return std::move(found).error();
        frames = std::move(*found);
    }
    const WindowInput input{context, call, partition, peers, frames};
    if (call.aggregate) return aggregate_frames(input);
    const auto at = static_cast<std::size_t>(call.function - registry().windows.data());
    Column out(call.result);
    out.reserve(partition.rows);
    TOPGUN_TRY(window_entries()[at].kernel(input, out));
    return ColumnPtr(std::make_shared<const Column>(std::move(out)));
}

}  // namespace topgun::sql
