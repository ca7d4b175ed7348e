// SPDX-License-Identifier: Apache-2.0
// Topics: messages to whoever listens at the moment.
#pragma once

#include "service.hpp"

namespace topgun::sync {

class Topics final : public Service {
public:
    using Service::Service;
};

}  // namespace topgun::sync
