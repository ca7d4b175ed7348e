// SPDX-License-Identifier: Apache-2.0
// On whose behalf something is done: handed down with every request, so that any layer can ask.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace topgun {

/// Who is asking, once that is proved.
struct Principal {
    std::string id;
    std::vector<std::string> roles;

    bool has_role(std::string_view role) const {
        return std::find(roles.begin(), roles.end(), role) != roles.end();
    }
    bool operator==(const Principal&) const = default;
};

/// One request's surroundings. Value type; never serialised.
struct RequestContext {
    std::string node_id;  ///< The node that serves the request.
    std::optional<std::string> tenant_id;
    std::optional<Principal> principal;  ///< Absent for anonymous requests and for the node itself.
    std::string trace_id;                ///< Joins log lines of one request; may be empty.

    bool operator==(const RequestContext&) const = default;
};

}  // namespace topgun
