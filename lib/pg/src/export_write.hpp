// SPDX-License-Identifier: Apache-2.0
// The end of an export: all parts as one file.
#pragma once

#include "export_parts.hpp"
#include "topgun/pg/export.hpp"

namespace topgun::pg {

/// Merges the finished parts and what is still in memory into the output, and compares it with
/// what was read. The tally of `rest` is part of `tally` already.
/// Errors: cancelled; those of reading and writing snapshots; bad_input when the comparison fails.
Result<SnapshotInfo> write_export(const ExportOptions& options, ExportParts& parts,
                                  const std::vector<std::unique_ptr<StateReader>>& rest,
                                  Tally tally);

}  // namespace topgun::pg
