// SPDX-License-Identifier: Apache-2.0
// One row's fix, from the row alone.
#pragma once

#include <optional>

#include "topgun/maptable/repair.hpp"

namespace topgun::maptable {

struct FixRules {
    Generation generation;
    CheckOptions check;
    RepairOptions repair;

    bool wants(Problem problem) const { return repair.problems[static_cast<std::size_t>(problem)]; }
};

/// None when nothing of the row is to be repaired, or can be.
/// @param record  what the row is to say, when it is fixed; of a bytea table only. Null without a
///                record.
std::optional<RowFix> fix_row(const FixRules& rules, const CheckedRow& checked,
                              std::optional<serverfiles::StoredRecord>& record);

/// The union of a row and its replica copy: the newer LWW record; all tags of both.
serverfiles::StoredRecord merge_copy(serverfiles::StoredRecord row,
                                     const serverfiles::StoredRecord& copy);

/// As the server stores it. None for what it has no form for, which no row can have said.
std::optional<Bytes> encode(const serverfiles::StoredRecord& record);

}  // namespace topgun::maptable
