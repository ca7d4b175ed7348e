// SPDX-License-Identifier: Apache-2.0
// Connection's templates, which only the module's own sources use.
#pragma once

#include "topgun/sync/connection.hpp"
#include "topgun/sync/hub.hpp"
#include "topgun/wire/codec.hpp"

namespace topgun::sync {

template <typename T>
void Connection::send(const T& message) {
    send_frame(wire::encoded(message));
}

}  // namespace topgun::sync
