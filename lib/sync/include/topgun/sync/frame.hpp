// SPDX-License-Identifier: Apache-2.0
// A message on its way from a socket to its connection.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "topgun/base/bytes.hpp"
#include "topgun/base/export.hpp"
#include "topgun/wire/client_ops.hpp"

namespace topgun::sync {

/// One binary message. The ops of clients are read out of it when it is made, which takes about as
/// long as storing them: hosts make it on the thread that read the socket, so that the hub's has
/// only what nobody else can do. Everything else is left to the connection; so are ops that cannot
/// be read, and large messages, of which a crafted one would take many times its size.
/// Threads: may be made on any; one owner at a time.
class TOPGUN_API Frame {
public:
    /// Larger messages are not read ahead.
    static constexpr std::size_t kReadAhead = std::size_t{256} << 10;

    explicit Frame(Bytes bytes);

    BytesView bytes() const noexcept { return content_->bytes; }
    /// Null when there are none, or they are left to the connection.
    const wire::ClientOps* ops() const noexcept {
        return content_->ops ? &*content_->ops : nullptr;
    }
    /// About what it takes: for who bounds what waits.
    std::size_t memory() const noexcept { return content_->memory; }

private:
    // Does not move, as views of it must not.
    struct Content {
        Bytes bytes;
        std::optional<wire::ClientOps> ops;
        std::size_t memory = 0;
    };
    std::unique_ptr<Content> content_;
};

}  // namespace topgun::sync
