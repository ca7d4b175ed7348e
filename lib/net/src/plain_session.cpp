// SPDX-License-Identifier: Apache-2.0
#include "http_session.hpp"
#include "sessions.hpp"

namespace topgun::net {

void serve_plain(tcp::socket socket, Gate& gate, Admission admission) {
    std::make_shared<HttpSession<PlainStream>>(PlainStream(std::move(socket)), gate,
                                               std::move(admission))
        ->run();
}

}  // namespace topgun::net
