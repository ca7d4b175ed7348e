// SPDX-License-Identifier: Apache-2.0
// Policies, and peers whom they bind.
#pragma once

#include "documents.hpp"

namespace topgun::test {

inline sync::Policy allow(std::string pattern, sync::PolicyAction action,
                          std::optional<std::string> condition = {}) {
    auto id = "allow " + pattern + std::string(sync::policy_action_word(action));
    return {std::move(id), std::move(pattern), action, sync::PolicyEffect::allow,
            std::move(condition)};
}

inline sync::Policy deny(std::string pattern, sync::PolicyAction action,
                         std::optional<std::string> condition = {}) {
    auto out = allow(std::move(pattern), action, std::move(condition));
    out.id[0] = 'D';
    out.effect = sync::PolicyEffect::deny;
    return out;
}

/// A peer that is somebody.
inline Peer enter(World& world, const std::string& user) {
    Peer peer(world);
    peer.heard();
    only<wire::AuthAck>(peer.say(wire::Auth{good_token(user), {}, {}}));
    return peer;
}

inline const std::string kOwnRows = "auth.id == data.ownerId";

/// A record of map "m" that belongs to somebody.
inline wire::ClientOp owned(std::string id, std::string key, const std::string& owner,
                            std::uint64_t millis = kNow, const std::string& more = "") {
    auto op = put_op(std::move(id), std::move(key), "", millis);
    op.record->value = json(R"({"ownerId":")" + owner + '"' + more + '}');
    return op;
}

}  // namespace topgun::test
