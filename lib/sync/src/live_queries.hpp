// SPDX-License-Identifier: Apache-2.0
// Queries and what changes in their results.
#pragma once

#include "service.hpp"

namespace topgun::sync {

class LiveQueries final : public Service {
public:
    using Service::Service;
};

}  // namespace topgun::sync
