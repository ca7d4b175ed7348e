// SPDX-License-Identifier: Apache-2.0
// Distributed locks with fencing tokens.
#pragma once

#include "service.hpp"

namespace topgun::sync {

class Locks final : public Service {
public:
    using Service::Service;
};

}  // namespace topgun::sync
