// SPDX-License-Identifier: Apache-2.0
#include "topgun/source/remote.hpp"

#include <dlfcn.h>

namespace topgun {

RemoteAccess::~RemoteAccess() = default;

bool is_endpoint(std::string_view path) noexcept {
    return path.starts_with("ws://") || path.starts_with("wss://");
}

Result<RemoteAccess*> remote_access() {
    struct Loaded {
        RemoteAccess* access = nullptr;
        std::string reason;
    };
    static const Loaded loaded = [] {
        Loaded out;
        // Never closed: what it made may live to the end.
        void* library = ::dlopen("libtopgun-net.so." TOPGUN_SOVERSION, RTLD_NOW | RTLD_LOCAL);
        void* entry = library == nullptr ? nullptr : ::dlsym(library, "topgun_net_remote_access");
        if (entry == nullptr) {
            const char* why = ::dlerror();
            out.reason = why == nullptr ? "unknown" : why;
            return out;
        }
        out.access = reinterpret_cast<RemoteAccess* (*)()>(entry)();
        return out;
    }();
    if (loaded.access == nullptr) {
        return Error(Errc::not_found, "live endpoints need libtopgun-net: " + loaded.reason);
    }
    return loaded.access;
}

}  // namespace topgun
