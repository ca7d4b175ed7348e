// SPDX-License-Identifier: Apache-2.0
#include "topgun/dag/stop.hpp"

namespace topgun::dag {
namespace {
thread_local const StopScope* innermost = nullptr;
}  // namespace

StopScope::StopScope(const CancelToken& token, std::optional<Moment> deadline) noexcept
    : token_(token), deadline_(deadline), outer_(innermost) {
    innermost = this;
}

StopScope::~StopScope() {
    innermost = outer_;
}

bool stop_requested() noexcept {
    if (innermost == nullptr) return false;
    if (innermost->token_.cancelled()) return true;
    return innermost->deadline_ && std::chrono::steady_clock::now() > *innermost->deadline_;
}

}  // namespace topgun::dag
