// SPDX-License-Identifier: Apache-2.0
// Parts of this project in libraries of their own, loaded when they are first needed.
#pragma once

#include <string>

#include "topgun/base/error.hpp"

namespace topgun::source {

/// The address of `entry` in a library that stands beside this one, or none, and why.
/// Never closed: what it made may live to the end.
void* find_entry(const char* file, const char* entry, std::string& reason);

/// What the entry of a library gave: an object that lives as long as the process.
template <typename Access>
struct Loaded {
    Access* access = nullptr;
    std::string reason;

    static Loaded from(const char* file, const char* entry) {
        Loaded out;
        if (void* found = find_entry(file, entry, out.reason)) {
            out.access = reinterpret_cast<Access* (*)()>(found)();
        }
        return out;
    }
    /// @param what  begins the message when it is not installed.
    Result<Access*> get(const char* what) const {
        if (access != nullptr) return access;
        return Error(Errc::not_found, what + reason);
    }
};

}  // namespace topgun::source
