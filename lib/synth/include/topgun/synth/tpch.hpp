// SPDX-License-Identifier: Apache-2.0
// Maps after the schema of TPC-H, so that SQL on snapshots can be checked and timed with known
// queries.
#pragma once

#include <cstdint>
#include <memory>

#include "topgun/base/error.hpp"
#include "topgun/replica/state.hpp"

namespace topgun::synth {

/// The rows follow the distributions of TPC-H's specification, so that its queries select like
/// shares; they are not those of its dbgen, and no result is comparable with published ones.
struct TpchOptions {
    /// 1 is six million line items. Row counts are rounded.
    double scale = 0.01;
    std::uint64_t seed = 1;
    std::uint64_t start_ms = 1'700'000'000'000;  ///< Time of the first write.
};

inline constexpr double kMinTpchScale = 0.001;
inline constexpr double kMaxTpchScale = 100;

/// Rows of all eight maps. Errors: usage, for a scale out of range.
TOPGUN_API Result<std::uint64_t> tpch_rows(const TpchOptions& options);

/// LWW maps customer, lineitem, nation, orders, part, partsupp, region and supplier. A record's key
/// is its primary key (two numbers are joined by a hyphen); its value is a map of the columns:
/// keys, counts and sizes as integers, amounts as floats of at most two decimals, dates as texts
/// YYYY-MM-DD. No record is removed or expires; every write has a stamp of its own, eight to a
/// millisecond.
/// Errors: usage, for a scale out of range. Memory: 20 bytes a record while a map's keys are
/// sorted, 4 afterwards. Cost: about 2 us a record.
TOPGUN_API Result<std::unique_ptr<StateReader>> generate_tpch(const TpchOptions& options);

}  // namespace topgun::synth
