// SPDX-License-Identifier: Apache-2.0
// Policies as records of the endpoint's own.
#pragma once

#include <string_view>

#include "topgun/storage/shared_replica.hpp"
#include "topgun/sync/policy.hpp"

namespace topgun::sync {

/// The reserved map; a key is a policy's id. TopGun's server uses the name, too.
inline constexpr std::string_view kPolicyMap = "__topgun_policies";
/// Key of a record that says that there has been a policy.
inline constexpr std::string_view kConfiguredKey = "__configured";

/// The record's value: {mapPattern, action, effect, conditionExpr?}, canonical.
Bytes encode_policy(const Policy& policy);
/// Errors: bad_input for anything else.
Result<Policy> decode_policy(std::string_view id, BytesView value);

/// Fills `into` with what is stored. Errors: bad_input for a record that is no policy.
Status load_policies(const SharedReplica& shared, PolicySet& into);

}  // namespace topgun::sync
