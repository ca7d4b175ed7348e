// SPDX-License-Identifier: Apache-2.0
// Assertions that stay on in release builds: a bug must stop the work, not corrupt it.
#pragma once

#include <stdexcept>

#include "topgun/base/export.hpp"

namespace topgun {

/// A broken promise inside this library: never thrown for bad input.
/// Only a program's `main` should catch it.
class TOPGUN_API Bug : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

namespace detail {
[[noreturn]] TOPGUN_API void fail_assertion(const char* condition, const char* why,
                                            const char* file, int line);
}

}  // namespace topgun

/// Throws Bug when `condition` is false. `why` says why it must hold.
#define TOPGUN_ASSERT(condition, why)                                                \
    do {                                                                             \
        if (!(condition)) [[unlikely]]                                               \
            ::topgun::detail::fail_assertion(#condition, (why), __FILE__, __LINE__); \
    } while (false)
