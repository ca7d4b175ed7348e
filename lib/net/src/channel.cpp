// SPDX-License-Identifier: Apache-2.0
#include "topgun/net/channel.hpp"

#include "topgun/base/check.hpp"
#include "wire_socket.hpp"

namespace topgun::net {
namespace {

class SocketChannel final : public Channel {
public:
    explicit SocketChannel(std::shared_ptr<WireSocket> socket) : socket_(std::move(socket)) {}
    void send(Bytes message) override { socket_->send(std::move(message)); }
    void close() override { socket_->close(); }

private:
    std::shared_ptr<WireSocket> socket_;
};

class Loop final : public ChannelLoop {
public:
    Loop(const ChannelOptions& options, std::unique_ptr<asio::ssl::context> tls)
        : options_(options), tls_(std::move(tls)) {}

    std::shared_ptr<Channel> open(const Url& url, ChannelEvents events, bool reads) override {
        TOPGUN_ASSERT(!url.tls || tls_, "a loop is made for TLS where a URL asks for it");
        // Known only once the socket is there, which tells nothing before it runs.
        const auto self = std::make_shared<std::weak_ptr<WireSocket>>();
        SocketEvents told;
        told.opened = [opened = std::move(events.opened), self, reads] {
            if (const auto socket = self->lock(); socket && !reads) socket->pause(true);
            if (opened) opened();
        };
        told.received = [received = std::move(events.received)](const Bytes& message) {
            if (received) received(message);
        };
        told.closed = [closed = std::move(events.closed)](std::string reason) {
            if (closed) closed(std::move(reason));
        };
        told.written = [](std::size_t) {};
        auto socket = open_socket(io_, url, url.tls ? tls_.get() : nullptr, options_.connect_ms,
                                  options_.message_bytes, std::move(told));
        *self = socket;
        return std::make_shared<SocketChannel>(std::move(socket));
    }

    void after(std::chrono::nanoseconds delay, std::function<void()> task) override {
        auto timer = std::make_shared<asio::steady_timer>(io_, delay);
        timer->async_wait([timer, task = std::move(task)](error_code error) {
            if (!error) task();
        });
    }

    void run() override {
        io_.restart();
        const auto busy = asio::make_work_guard(io_);
        io_.run();
    }
    void stop() override { io_.stop(); }

private:
    ChannelOptions options_;
    std::unique_ptr<asio::ssl::context> tls_;
    asio::io_context io_{1};
};

}  // namespace

Channel::~Channel() = default;
ChannelLoop::~ChannelLoop() = default;

Result<std::unique_ptr<ChannelLoop>> ChannelLoop::create(const ChannelOptions& options, bool tls) {
    std::unique_ptr<asio::ssl::context> context;
    if (tls) {
        CarryOptions files;
        files.tls_authorities = options.tls_authorities;
        files.tls_certificate = options.tls_certificate;
        files.tls_key = options.tls_key;
        auto made = client_tls(files);
        if (!made) return std::move(made).error();
        context = std::move(*made);
    }
    return std::unique_ptr<ChannelLoop>(std::make_unique<Loop>(options, std::move(context)));
}

}  // namespace topgun::net
