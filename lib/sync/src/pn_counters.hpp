// SPDX-License-Identifier: Apache-2.0
// PN counters, kept as maps of their own kind.
#pragma once

#include "service.hpp"

namespace topgun::sync {

class PnCounters final : public Service {
public:
    using Service::Service;
};

}  // namespace topgun::sync
