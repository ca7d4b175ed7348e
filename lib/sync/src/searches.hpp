// SPDX-License-Identifier: Apache-2.0
// Full-text, vector and hybrid search, and what changes in their results.
#pragma once

#include "service.hpp"

namespace topgun::sync {

class Searches final : public Service {
public:
    using Service::Service;
};

}  // namespace topgun::sync
