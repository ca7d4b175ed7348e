// SPDX-License-Identifier: Apache-2.0
// Live queries: what one change of a map does to a result that somebody watches.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/query/run.hpp"
#include "topgun/wire/enums.hpp"

namespace topgun::query {

/// A row that came into the window, changed in it, or went.
struct WindowChange {
    wire::ChangeType type = wire::ChangeType::enter;
    std::string key;
    Bytes value;  ///< With the query's fields only; empty when the row left.
    bool operator==(const WindowChange&) const = default;
};

/// Runs a query on the state as it is now, the change being applied included: run_query() with the
/// options and map of the window. The window asks for rows behind those that it knows.
using WindowSource = std::function<Result<QueryPage>(const Query& query)>;

/// The rows of a query on an LWW map, kept up to date change by change. Filter and order are those
/// of run_query(), so that the window never disagrees with the first result.
///
/// With a limit it knows some rows behind the last one, and asks the source when they run out:
/// TopGun's server does not, so its window stays short after deletions although more rows match.
/// Without a limit it knows keys only.
/// Time: a row that outlives its time to live is a change like a removal; the caller notices it.
/// Threads: one at a time.
class TOPGUN_API QueryWindow {
public:
    /// Rows known behind the last one when the source was asked.
    static constexpr std::size_t kReserve = 64;
    static constexpr std::uint32_t kLargestLimit = 1'000'000;

    /// Errors: usage for a query with groups, cursor or offset, which have no live form, and for a
    /// map that is not LWW; limit above kLargestLimit; those of Predicate::compile().
    /// @param source  kept. @pre not empty.
    static Result<QueryWindow> open(MapId map, Query query, WindowSource source,
                                    QueryOptions options = {});
    QueryWindow(QueryWindow&&) noexcept;
    QueryWindow& operator=(QueryWindow&&) noexcept;
    ~QueryWindow();

    /// Fills the window afresh from the source and gives its rows in order, with the query's
    /// fields. Call it first, and after an error of apply(). Errors: those of the source.
    Result<std::vector<ResultRow>> reset(std::uint64_t now_ms);

    /// Takes one change of the map.
    /// @param value   the record's new value, canonical; empty when it is gone.
    /// @return the changes in an order in which a watcher never holds more rows than the limit:
    ///         first those that leave. Nothing for a row that is outside before and after.
    ///         A row written again with the same value is an update.
    /// Errors: those of the source, when it had to be asked. The window is stale then, and every
    /// further call fails until reset().
    /// Cost: O(log limit) comparisons and one move of pointers; O(1) without a limit.
    Result<std::vector<WindowChange>> apply(std::string_view key, BytesView value,
                                            std::uint64_t now_ms);

    /// Rows in the window.
    std::size_t size() const noexcept;
    bool has(std::string_view key) const;

private:
    class State;
    explicit QueryWindow(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace topgun::query
