// SPDX-License-Identifier: Apache-2.0
// SQL messages, answered by whoever the host says.
#pragma once

#include "service.hpp"

namespace topgun::sync {

class SqlQueries final : public Service {
public:
    using Service::Service;
};

}  // namespace topgun::sync
