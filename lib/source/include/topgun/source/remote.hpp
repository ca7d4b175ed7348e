// SPDX-License-Identifier: Apache-2.0
// Live endpoints and databases as sources and sinks: a seam, because sockets, TLS and libpq are
// loaded only when asked for.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "topgun/source/source.hpp"
#include "topgun/storage/backing.hpp"

namespace topgun {

/// True for ws:// and wss://.
TOPGUN_API bool is_endpoint(std::string_view path) noexcept;
/// True for postgres:// and postgresql://. A table other than topgun_maps is named behind '#'.
TOPGUN_API bool is_database(std::string_view path) noexcept;
/// Either of these.
TOPGUN_API bool is_remote(std::string_view path) noexcept;
/// A source's name as messages may show it: without the password that a URL may hold.
TOPGUN_API std::string shown_name(std::string_view path);

/// Threads: each call by itself; calls may run concurrently.
class TOPGUN_API RemoteAccess {
public:
    virtual ~RemoteAccess();
    /// The state: all of it, or of an endpoint only what differs from ReadOptions::resembles. An
    /// endpoint's token is that of the variable TOPGUN_TOKEN, or in the file of TOPGUN_TOKEN_FILE.
    /// Errors: unreachable, usage, those of the other side.
    virtual Result<Source> open(const std::string& url, const ReadOptions& options) = 0;
    /// The same op by op, in no order. What is here: all rows of open().
    virtual Result<ReadReport> read_ops(const std::string& url, const ReadOptions& options,
                                        const OpVisitor& visit);
    /// Sends what the other side lacks of a state.
    virtual Result<WriteReport> write(const StateReader& state, const std::string& url) = 0;
    /// Sends ops in order; finish() returns when the other side has acknowledged all.
    virtual Result<std::unique_ptr<OpWriter>> writer(const std::string& url) = 0;
};

/// Loads libtopgun-net or libtopgun-pg, which stand beside this library, once. @pre is_remote(url).
/// Errors: not_found when it is not installed.
TOPGUN_API Result<RemoteAccess*> remote_access(std::string_view url);

/// The same library as the place behind an endpoint. @pre is_database(url). Errors: as above, and
/// those of opening it.
TOPGUN_API Result<std::unique_ptr<Backing>> open_backing(const std::string& url,
                                                         BackingOptions options);

}  // namespace topgun
