// SPDX-License-Identifier: Apache-2.0
#include "topgun/source/remote.hpp"

#include <algorithm>

#include "library.hpp"
#include "topgun/replica/visit.hpp"

namespace topgun {
namespace {

constexpr const char* kPgLibrary = "libtopgun-pg.so." TOPGUN_SOVERSION;
constexpr const char* kNeedsPg = "databases need libtopgun-pg: ";

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
    using Library = source::Loaded<RemoteAccess>;
    if (is_database(url)) {
        static const auto pg = Library::from(kPgLibrary, "topgun_pg_remote_access");
        return pg.get(kNeedsPg);
    }
    static const auto net =
        Library::from("libtopgun-net.so." TOPGUN_SOVERSION, "topgun_net_remote_access");
    return net.get("live endpoints need libtopgun-net: ");
}

Result<std::unique_ptr<Backing>> open_backing(const std::string& url, BackingOptions options) {
    static const auto pg =
        source::Loaded<BackingOpener>::from(kPgLibrary, "topgun_pg_backing_opener");
    auto opener = pg.get(kNeedsPg);
    if (!opener) return std::move(opener).error();
    return (*opener)->open(url, std::move(options));
}

}  // namespace topgun
