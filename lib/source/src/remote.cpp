// SPDX-License-Identifier: Apache-2.0
#include "topgun/source/remote.hpp"

#include <dlfcn.h>

#include <algorithm>

#include "topgun/replica/visit.hpp"

namespace topgun {
namespace {

struct Loaded {
    RemoteAccess* access = nullptr;
    std::string reason;
};

// Never closed: what it made may live to the end.
Loaded load(const char* file, const char* entry_name) {
    Loaded out;
    void* library = ::dlopen(file, RTLD_NOW | RTLD_LOCAL);
    void* entry = library == nullptr ? nullptr : ::dlsym(library, entry_name);
    if (entry == nullptr) {
        const char* why = ::dlerror();
        out.reason = why == nullptr ? "unknown" : why;
        return out;
    }
    out.access = reinterpret_cast<RemoteAccess* (*)()>(entry)();
    return out;
}

Result<RemoteAccess*> given(const Loaded& loaded, const char* what) {
    if (loaded.access != nullptr) return loaded.access;
    return Error(Errc::not_found, what + loaded.reason);
}

}  // namespace

RemoteAccess::~RemoteAccess() = default;

Result<ReadReport> RemoteAccess::read_ops(const std::string& url, const ReadOptions& options,
                                          const OpVisitor& visit) {
    auto source = open(url, options);
    if (!source) return std::move(source).error();
    TOPGUN_TRY(visit_all_rows(
        *source->state, [&](const MapId& id, const Row& row) { return visit(row_op(id, row)); }));
    return std::move(source->report);
}

bool is_endpoint(std::string_view path) noexcept {
    return path.starts_with("ws://") || path.starts_with("wss://");
}

bool is_database(std::string_view path) noexcept {
    return path.starts_with("postgres://") || path.starts_with("postgresql://");
}

bool is_remote(std::string_view path) noexcept {
    return is_endpoint(path) || is_database(path);
}

std::string shown_name(std::string_view path) {
    std::string out(path);
    if (!is_remote(path)) return out;
    // scheme://user:password@host, where the password may be a parameter instead.
    const auto begin = out.find("://") + 3;
    const auto end = std::min(out.find_first_of("/?#", begin), out.size());
    const auto at = out.rfind('@', end);
    const auto colon = out.find(':', begin);
    if (at != std::string::npos && at > begin && at < end && colon < at) {
        out.replace(colon + 1, at - colon - 1, "***");
    }
    const auto parameter = out.find("password=", begin);
    if (parameter != std::string::npos) {
        const auto value = parameter + 9;
        const auto stop = std::min(out.find_first_of("&#", value), out.size());
        out.replace(value, stop - value, "***");
    }
    return out;
}

Result<RemoteAccess*> remote_access(std::string_view url) {
    if (is_database(url)) {
        static const Loaded loaded =
            load("libtopgun-pg.so." TOPGUN_SOVERSION, "topgun_pg_remote_access");
        return given(loaded, "databases need libtopgun-pg: ");
    }
    static const Loaded loaded =
        load("libtopgun-net.so." TOPGUN_SOVERSION, "topgun_net_remote_access");
    return given(loaded, "live endpoints need libtopgun-net: ");
}

}  // namespace topgun
