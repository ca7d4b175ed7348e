// SPDX-License-Identifier: Apache-2.0
// What holds for every op that any reader yields: it can be written in each form, and read back.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "topgun/crdt/op.hpp"
#include "topgun/storage/owned_op.hpp"

namespace topgun::fuzz {

/// Equal in every field; a counter's counts as numbers, for they have two spellings.
bool same_op(const Op& a, const Op& b);
bool same_ops(const std::vector<OwnedOp>& a, const std::vector<OwnedOp>& b);
/// All of them as NDJSON, for messages.
std::string describe(const std::vector<OwnedOp>& ops);

/// Fails unless the op is what a reader may yield (canonical value, UTF-8 texts, numbers in range)
/// and comes back the same through the wire's form, NDJSON, a log frame and client messages, and
/// can be merged.
void check_op(const Op& op);
/// The same for the first few of many, whose cost stays bounded.
void check_ops(const std::vector<OwnedOp>& ops);

}  // namespace topgun::fuzz
