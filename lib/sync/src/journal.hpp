// SPDX-License-Identifier: Apache-2.0
// The event journal: the last changes, with numbers.
#pragma once

#include "service.hpp"

namespace topgun::sync {

class Journal final : public Service {
public:
    using Service::Service;
};

}  // namespace topgun::sync
