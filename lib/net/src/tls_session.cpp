// SPDX-License-Identifier: Apache-2.0
#include "http_session.hpp"
#include "sessions.hpp"

namespace topgun::net {

void serve_tls(tcp::socket socket, asio::ssl::context& tls, Gate& gate, Admission admission) {
    std::make_shared<HttpSession<TlsStream>>(TlsStream(PlainStream(std::move(socket)), tls), gate,
                                             std::move(admission))
        ->run();
}

}  // namespace topgun::net
