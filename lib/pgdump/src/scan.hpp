// SPDX-License-Identifier: Apache-2.0
// Typed batches of a dump's rows.
#pragma once

#include "row_reader.hpp"

namespace topgun::pgdump {

/// Errors: usage for a table, column or part that there is not.
Result<std::unique_ptr<DumpScan>> make_scan(std::shared_ptr<const DumpState> state,
                                            std::size_t table, std::span<const std::size_t> columns,
                                            std::size_t part, std::size_t parts);

}  // namespace topgun::pgdump
