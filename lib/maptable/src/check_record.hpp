// SPDX-License-Identifier: Apache-2.0
// What a decoded record tells by itself, in either generation.
#pragma once

#include <optional>

#include "row_findings.hpp"

namespace topgun::maptable {

/// Milliseconds before March 1973; as seconds, a time until the year 5138.
inline constexpr std::int64_t kSecondsBelow = 100'000'000'000;

/// What the records of one map have to agree on.
struct MapSize {
    std::optional<std::uint32_t> dimension;  ///< Of its embeddings.
};

struct RecordCheck {
    Generation generation;
    const CheckOptions& options;
    /// The map is the server's own: stamps without time or node are usual there.
    bool reserved;
};

/// Stamps, tags, what occurs twice, and values.
void check_record(const RecordCheck& check, const serverfiles::StoredRecord& record, MapSize& map,
                  RowFindings& findings);

/// "'text'", cut and safe to show.
std::string quoted(std::string_view text);

}  // namespace topgun::maptable
