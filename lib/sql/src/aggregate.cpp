// SPDX-License-Identifier: Apache-2.0
// All aggregates by name, and which of them a call means.
#include "aggregate.hpp"

#include <algorithm>
#include <array>

#include "aggregate_state.hpp"

namespace topgun::sql {
namespace {

struct Registry {
    std::vector<AggregateFunction> aggregates;
    // The same as functions whose arguments are those in parentheses and those of WITHIN GROUP.
    std::vector<Function> functions;
};

Registry make_registry() {
    Registry out;
    auto& all = out.aggregates;
    add_sums(all);
    add_truths(all);
    add_extremes(all);
    add_collectors(all);
    add_real_statistics(all);
    add_exact_statistics(all);
    add_ordered_sets(all);
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return a.name < b.name; });
    for (const auto& each : all) {
        Function function{each.name, each.arguments, each.result};
        function.arguments.insert(function.arguments.end(), each.sorted.begin(), each.sorted.end());
        out.functions.push_back(std::move(function));
    }
    return out;
}

const Registry& registry() {
    static const Registry all = make_registry();
    return all;
}

const AggregateFunction* find_name(std::string_view name) noexcept {
    const auto& all = registry().aggregates;
    const auto at =
        std::lower_bound(all.begin(), all.end(), name,
                         [](const AggregateFunction& a, std::string_view b) { return a.name < b; });
    return at != all.end() && at->name == name ? &*at : nullptr;
}

// Each direct argument is compared with the sorted one in its place, so that the two have one type.
Result<AggregateCall> resolve_hypothetical(const AggregateFunction& function,
                                           std::span<const ArgumentType> direct,
                                           std::span<const ArgumentType> sorted) {
    if (direct.size() != sorted.size()) {
        return Error(Errc::usage, "to use the hypothetical-set aggregate " +
                                      std::string(function.name) +
                                      ", the number of hypothetical direct arguments (here " +
                                      std::to_string(direct.size()) +
                                      ") must match the number of ordering columns (here " +
                                      std::to_string(sorted.size()) + ")");
    }
    AggregateCall out;
    out.function = &function;
    out.result = function.result;
    for (std::size_t i = 0; i < direct.size(); ++i) {
        const auto type = common_type(std::array{direct[i], sorted[i]});
        if (!type) {
            return Error(Errc::usage, "WITHIN GROUP types " + type_name(sorted[i].type) + " and " +
                                          type_name(direct[i].type) + " cannot be matched");
        }
        out.arguments.push_back(*type);
    }
    out.order_types = out.arguments;
    return out;
}

}  // namespace

Accumulators::~Accumulators() = default;

Status Accumulators::save(std::size_t, std::span<Column>) {
    TOPGUN_ASSERT(false, "only what has partial types is saved");
    return {};
}
Status Accumulators::merge(Arguments, std::span<const std::uint32_t>) {
    TOPGUN_ASSERT(false, "only what has partial types is merged");
    return {};
}
Status Accumulators::add_rows(const EvalContext&, Arguments, std::size_t, std::size_t,
                              std::size_t) {
    TOPGUN_ASSERT(false, "frames are not made of DISTINCT or sorted rows");
    return {};
}
void Accumulators::clear(std::size_t) {
    TOPGUN_ASSERT(false, "frames are not made of DISTINCT or sorted rows");
}
void Accumulators::combine(std::size_t, std::size_t) {
    TOPGUN_ASSERT(false, "only what can be combined is");
}
bool Accumulators::can_remove(Arguments) const {
    return false;
}
void Accumulators::remove_rows(Arguments, std::size_t, std::size_t, std::size_t) {
    TOPGUN_ASSERT(false, "rows are removed only where that is exact");
}

bool is_aggregate(std::string_view name) noexcept {
    return find_name(name) != nullptr;
}

std::span<const AggregateFunction> aggregate_functions() {
    return registry().aggregates;
}

Result<AggregateCall> resolve_aggregate(std::string_view name,
                                        std::span<const ArgumentType> arguments,
                                        std::span<const ArgumentType> sorted) {
    const auto* const first = find_name(name);
    TOPGUN_ASSERT(first != nullptr, "the caller asks is_aggregate() first");
    if (first->ordered_set && sorted.empty()) {
        return Error(Errc::usage,
                     "WITHIN GROUP is required for ordered-set aggregate " + std::string(name));
    }
    if (!first->ordered_set && !sorted.empty()) {
        return Error(Errc::usage, std::string(name) +
                                      " is not an ordered-set aggregate, so it cannot have "
                                      "WITHIN GROUP");
    }
    if (first->hypothetical) return resolve_hypothetical(*first, arguments, sorted);
    std::vector<ArgumentType> all(arguments.begin(), arguments.end());
    all.insert(all.end(), sorted.begin(), sorted.end());
    const auto& functions = registry().functions;
    auto resolved = resolve_among(functions, name, all);
    if (!resolved) return std::move(resolved).error();
    AggregateCall out;
    out.function =
        &registry().aggregates[static_cast<std::size_t>(resolved->function - functions.data())];
    out.result = resolved->result;
    const auto middle = resolved->arguments.begin() + static_cast<std::ptrdiff_t>(arguments.size());
    out.arguments.assign(resolved->arguments.begin(), middle);
    out.order_types.assign(middle, resolved->arguments.end());
    return out;
}

std::unique_ptr<Accumulators> make_accumulators(const AggregateCall& call) {
    auto states = call.function->make(call);
    if (call.function->ordered_set) return states;
    // Only where order shows is it worth its cost.
    const bool in_order = call.function->partial == nullptr;
    auto order = call.order;
    for (auto& key : order) key.column += call.arguments.size();
    if (call.distinct && in_order) {
        // PostgreSQL finds duplicates by sorting, which shows in lists.
        for (std::size_t i = 0; i < call.arguments.size(); ++i) order.push_back({i, false, false});
    }
    if (in_order && !order.empty()) {
        states = make_ordered(std::move(states), call.arguments.size(), std::move(order));
    }
    if (call.distinct) states = make_distinct(std::move(states), call.arguments.size());
    return states;
}

std::vector<DataType> partial_types(const AggregateCall& call) {
    if (call.function->partial == nullptr || call.distinct || !call.order.empty()) return {};
    return call.function->partial(call);
}

}  // namespace topgun::sql
