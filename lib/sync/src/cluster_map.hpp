// SPDX-License-Identifier: Apache-2.0
// The partition map of an endpoint that is a cluster of one.
#pragma once

#include "service.hpp"

namespace topgun::sync {

class ClusterMap final : public Service {
public:
    using Service::Service;
};

}  // namespace topgun::sync
