// SPDX-License-Identifier: Apache-2.0
// TLS for the server's side: version 1.2 and up, certificates from files.
#pragma once

#include "asio.hpp"
#include "topgun/net/server.hpp"

namespace topgun::net {

/// Errors: bad_input, with the file and what OpenSSL says of it.
Result<std::unique_ptr<asio::ssl::context>> server_tls(const TlsFiles& files);

}  // namespace topgun::net
