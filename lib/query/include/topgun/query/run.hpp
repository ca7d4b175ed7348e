// SPDX-License-Identifier: Apache-2.0
// Runs a query on any state: one scan, one order, and never a result that was cut in silence.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/query/cursor.hpp"
#include "topgun/query/query.hpp"
#include "topgun/replica/state.hpp"

namespace topgun::query {

struct QueryOptions {
    NullPlacement nulls = NullPlacement::last;
    BadPattern bad_pattern = BadPattern::refuse;
    const CursorSigner* signer = nullptr;  ///< Borrowed; null means checksum_signer().
    std::uint64_t cursor_life_ms = 0;      ///< 0: cursors do not expire. TopGun's live 600000.
    /// Most bytes of candidate rows or groups to hold; more is an error (limit), not a short
    /// result.
    std::size_t memory_max = std::numeric_limits<std::size_t>::max();
    /// Most bytes of keys and values in a page; one that would be longer ends earlier, has_more and
    /// a cursor say so. A single row may be of any size.
    std::size_t page_bytes = std::numeric_limits<std::size_t>::max();
    /// Asked now and then; true ends the query with the error `cancelled`. May be empty.
    std::function<bool()> stop;
};

struct ResultRow {
    std::string key;
    std::string tag;  ///< In the view of an OR-Map; empty otherwise.
    Bytes value;      ///< Canonical.
    bool operator==(const ResultRow&) const = default;
};

/// What the scan met. Every row is counted once: rows = tombstones + expired + unmatched + matched.
struct QueryCounts {
    std::uint64_t rows = 0;
    std::uint64_t tombstones = 0;
    std::uint64_t expired = 0;
    std::uint64_t matched = 0;  ///< Passed the filter; those before the cursor or offset included.
    std::uint64_t groups = 0;
};

struct QueryPage {
    std::vector<ResultRow> rows;
    bool has_more = false;
    /// Where to go on; present when has_more, except for a first page of limit 0.
    std::optional<std::string> next_cursor;
    QueryCounts counts;
    /// What of the query had no effect, or is not exact, a sentence each.
    std::vector<std::string> warnings;
};

/// Runs a query on one map.
///
/// Rows: live records of an LWW map. For an OR-Map each tagged record is a row: this view is ours,
/// TopGun's queries do not see OR-Maps. Tombstones and records past their time to live are left
/// out. A map without rows gives an empty page and a warning.
/// Names: a field called `_key` is the key where the value has none of that name; `_value` is a
/// value that is not a map, `_tag` an OR-Map's tag.
/// Order: RowOrder; without sort by the bytes of the key; groups without sort by `__key`.
/// Groups: a row for each combination of the fields' values, where missing and nil are one; 1 and
/// 1.0 are two, as on the server. Its key, repeated in `__key`, names the values: N, B0, B1, I5;,
/// F<bits>;, S<bytes>:<text>, and O<JSON>; for the rest, which the server writes in Rust's debug
/// form. The value holds `__key`, `__count`, the aggregations and the fields, canonical, so sorted
/// by name; the server has them in this order instead. Where a field has a name of these, it is
/// left out. Sort, limit and fields apply to these rows.
/// Aggregations count numbers only. Sums of integers are exact; one that leaves 64 bits becomes a
/// double, and a warning says so; sums with floats are compensated (Neumaier) and given as integer
/// when they are whole, as the server does. avg is a double. min and max keep the form of the
/// number; of equal ones that of the first row scanned; NaN is the greatest. Of no numbers the sum
/// is 0, the others nil.
///
/// Errors: bad_input for a bad pattern or cursor ("cursor: ..."; see check_cursor()), usage for a
/// counter, limit and cancelled as the options say, and those of reading.
/// Cost: O(rows x log(offset + limit)), one scan. Memory: offset + limit + 1 rows, or all that
/// match without a limit. Threads: const use of `state` only.
TOPGUN_API Result<QueryPage> run_query(const StateReader& state, const MapId& map,
                                       const Query& query, std::uint64_t now_ms,
                                       const QueryOptions& options = {});

/// How the query's cursor will turn out; empty when it has none. For servers that tell their
/// clients in a status rather than an error.
TOPGUN_API std::optional<CursorState> check_cursor(const MapId& map, const Query& query,
                                                   std::uint64_t now_ms,
                                                   const QueryOptions& options = {});

}  // namespace topgun::query
