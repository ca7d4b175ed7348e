// SPDX-License-Identifier: Apache-2.0
#include "topgun/base/time_source.hpp"

#include <chrono>

namespace topgun {

TimeSource::~TimeSource() = default;

namespace {
class SystemTime final : public TimeSource {
public:
    std::uint64_t now_ms() const override {
        const auto since = std::chrono::system_clock::now().time_since_epoch();
        return static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
    }
};
}  // namespace

const TimeSource& system_time() {
    static const SystemTime instance;
    return instance;
}

}  // namespace topgun
