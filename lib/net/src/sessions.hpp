// SPDX-License-Identifier: Apache-2.0
// The way into the sessions' templates, each of which is compiled in a file of its own.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include "gate.hpp"

namespace topgun::net {

/// Serves a socket until it ends. `gate` and `tls` outlive the socket's executor.
void serve_plain(boost::asio::ip::tcp::socket socket, Gate& gate, Admission admission);
void serve_tls(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context& tls, Gate& gate,
               Admission admission);

}  // namespace topgun::net
