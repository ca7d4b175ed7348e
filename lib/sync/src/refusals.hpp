// SPDX-License-Identifier: Apache-2.0
// How requests are answered that cannot be served, so that no client waits in vain.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "topgun/wire/messages.hpp"

namespace topgun::sync {

enum class Unserved : std::uint8_t {
    answer,  ///< With a response of the request's own kind.
    error,   ///< With ERROR: the type has no response that could carry one.
    silent,  ///< Clients expect nothing, or have nobody who could read it.
    ignore,  ///< Not for a server.
};

/// What a type gets when this endpoint does not serve it, or could not read it.
Unserved unserved_kind(std::string_view type);

/// The response, for types of kind `answer`. @param error  why; @param code  for responses that
/// have one.
wire::Message unserved_answer(std::string_view type, std::string request_id, std::string error,
                              std::optional<std::string> code);

}  // namespace topgun::sync
