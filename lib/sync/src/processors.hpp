// SPDX-License-Identifier: Apache-2.0
// Entry processors and conflict resolvers: the built-in ones, by name.
#pragma once

#include "service.hpp"

namespace topgun::sync {

class Processors final : public Service {
public:
    using Service::Service;
};

}  // namespace topgun::sync
