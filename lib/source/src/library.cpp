// SPDX-License-Identifier: Apache-2.0
#include "library.hpp"

#include <dlfcn.h>

namespace topgun::source {

void* find_entry(const char* file, const char* entry, std::string& reason) {
    void* library = ::dlopen(file, RTLD_NOW | RTLD_LOCAL);
    void* found = library == nullptr ? nullptr : ::dlsym(library, entry);
    if (found == nullptr) {
        const char* why = ::dlerror();
        reason = why == nullptr ? "unknown" : why;
    }
    return found;
}

}  // namespace topgun::source
