// SPDX-License-Identifier: Apache-2.0
// Every page that a commit reaches.
#pragma once

#include "table_definition.hpp"

namespace topgun::redb {

/// Errors: io, locked. Damage is in the report.
Result<VerifyReport> verify_commit(const std::shared_ptr<const OpenFile>& file, const Slot& slot);

}  // namespace topgun::redb
