// SPDX-License-Identifier: Apache-2.0
// The server's life: listening, accepting, the threads, and an orderly end.
#include "topgun/net/server.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "asio.hpp"
#include "hub_thread.hpp"
#include "sessions.hpp"
#include "tls.hpp"

namespace topgun::net {
namespace {

std::size_t thread_count(std::size_t wanted) {
    if (wanted != 0) return wanted;
    return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 4);
}

void serve_sync_only(sync::Hub& hub, const sync::HttpRequest& request,
                     const sync::HttpRespond& respond) {
    if (request.method == "POST" && request.path == "/sync") {
        return sync::answer_http_sync(hub, request.authorization, request.body, respond);
    }
    sync::HttpReply reply;
    reply.status = 404;
    reply.content_type = "application/json";
    reply.body = R"({"code":404,"message":"no such resource"})";
    respond(std::move(reply));
}

// A page has no token but what its user gave it: browsers add none of themselves. Where nobody
// needs one, any page that the operator looks at could do here what he can.
std::optional<PageRule> page_rule(const ServerOptions& options, sync::AuthMode auth) {
    if (auth == sync::AuthMode::token) return std::nullopt;
    error_code no_address;
    const auto address = asio::ip::make_address(options.address, no_address);
    return PageRule(options.page_origins, !no_address && address.is_loopback());
}

GateOptions gate_options(const ServerOptions& options, std::size_t message_bytes,
                         sync::AuthMode auth) {
    GateOptions out;
    out.connections = options.connections;
    out.connections_per_address = options.connections_per_address;
    out.message_bytes = message_bytes;
    out.body_bytes = options.body_bytes;
    out.header_ms = options.header_ms;
    out.body_ms = options.body_ms;
    out.compress = options.compress;
    out.pages = page_rule(options, auth);
    out.page_refused = [log = options.log](const std::string& origin, const std::string& host) {
        if (!log) return;
        log({LogLevel::warning,
             "refused a web page, which CORS origins would allow",
             {{"origin", origin.empty() ? "(none)" : origin}, {"host", host}}});
    };
    return out;
}

class SocketServer final : public Server {
public:
    SocketServer(ServerOptions options, std::unique_ptr<sync::Hub> hub, ServerStorage& storage,
                 std::unique_ptr<asio::ssl::context> tls, std::size_t message_bytes,
                 sync::AuthMode auth)
        : options_(std::move(options)),
          tls_(std::move(tls)),
          hub_(std::move(hub), storage, options_.http),
          gate_(gate_options(options_, message_bytes, auth), hub_),
          acceptor_(asio::make_strand(io_)),
          retry_(acceptor_.get_executor()) {}
    ~SocketServer() override { (void)stop(); }

    Status listen() {
        const auto& options = options_;
        const auto where = options.address + ":" + std::to_string(options.port);
        error_code error;
        const auto address = asio::ip::make_address(options.address, error);
        if (error) return Error(Errc::usage, "'" + options.address + "' is no IP address");
        const tcp::endpoint endpoint(address, options.port);
        const auto failed = [&] {
            return Error(Errc::io, "cannot listen on " + where + ": " + error.message());
        };
        acceptor_.open(endpoint.protocol(), error);
        if (error) return failed();
        acceptor_.set_option(asio::socket_base::reuse_address(true), error);
        acceptor_.bind(endpoint, error);
        if (error) return failed();
        acceptor_.listen(asio::socket_base::max_listen_connections, error);
        if (error) return failed();
        port_ = acceptor_.local_endpoint().port();
        accept();
        for (std::size_t i = 0; i < thread_count(options.threads); ++i) {
            threads_.emplace_back([this] { io_.run(); });
        }
        return {};
    }

    std::uint16_t port() const override { return port_; }
    void post(std::function<void(sync::Hub&)> task) override { hub_.post(std::move(task)); }
    bool draining() const override { return gate_.draining; }

    TransportCounters transport() const override {
        TransportCounters out;
        out.accepted = gate_.accepted;
        out.refused = gate_.refused;
        out.tls_failures = gate_.tls_failures;
        out.http_requests = gate_.http_requests;
        out.text_frames = gate_.text_frames;
        out.open = gate_.open();
        return out;
    }

    Status stop() override {
        if (gate_.draining.exchange(true)) return {};
        asio::post(acceptor_.get_executor(), [this] {
            error_code ignored;
            acceptor_.close(ignored);
            retry_.cancel();
        });
        auto drained = hub_.drain();
        using clock = std::chrono::steady_clock;
        const auto deadline = clock::now() + std::chrono::milliseconds(options_.drain_ms);
        while (gate_.open() > 0 && clock::now() < deadline) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            // Idle connections of HTTP clients do not end by themselves.
            if (clock::now() + std::chrono::milliseconds(options_.drain_ms / 2) > deadline) {
                gate_.cut_all();
            }
        }
        gate_.cut_all();
        hub_.stop();
        io_.stop();
        for (auto& thread : threads_) thread.join();
        threads_.clear();
        return drained;
    }

private:
    void accept() {
        acceptor_.async_accept(asio::make_strand(io_),
                               [this](error_code error, tcp::socket socket) {
                                   if (gate_.draining) return;
                                   if (error) return later(error);
                                   admit(std::move(socket));
                                   accept();
                               });
    }

    // Out of descriptors, mostly: trying again at once would only burn the processor.
    void later(error_code error) {
        if (error == asio::error::operation_aborted) return;
        if (options_.log) {
            options_.log(
                {LogLevel::warning, "cannot accept a connection", {{"reason", error.message()}}});
        }
        retry_.expires_after(std::chrono::milliseconds(100));
        retry_.async_wait([this](error_code cancelled) {
            if (!cancelled) accept();
        });
    }

    void admit(tcp::socket socket) {
        error_code error;
        const auto address = socket.remote_endpoint(error).address().to_string();
        if (error || !gate_.admit(address)) return;
        Admission admission(gate_, address);
        socket.set_option(tcp::no_delay(true), error);
        if (tls_ != nullptr)
            return serve_tls(std::move(socket), *tls_, gate_, std::move(admission));
        serve_plain(std::move(socket), gate_, std::move(admission));
    }

    ServerOptions options_;
    std::unique_ptr<asio::ssl::context> tls_;
    HubThread hub_;
    Gate gate_;
    // After what its handlers use: they are destroyed with it.
    asio::io_context io_;
    tcp::acceptor acceptor_;
    asio::steady_timer retry_;
    std::uint16_t port_ = 0;
    std::vector<std::thread> threads_;
};

}  // namespace

Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, sync::HubOptions hub,
                                              ServerStorage& storage, const TimeSource& time) {
    std::unique_ptr<asio::ssl::context> tls;
    if (options.tls) {
        auto made = server_tls(*options.tls);
        if (!made) return std::move(made).error();
        tls = std::move(*made);
    }
    if (!options.http) options.http = serve_sync_only;
    const auto message_bytes = hub.limits.message_bytes;
    const auto auth = hub.auth;
    auto made = sync::Hub::create(std::move(hub), storage, time);
    if (!made) return std::move(made).error();
    auto server = std::make_unique<SocketServer>(std::move(options), std::move(*made), storage,
                                                 std::move(tls), message_bytes, auth);
    TOPGUN_TRY(server->listen());
    return std::unique_ptr<Server>(std::move(server));
}

}  // namespace topgun::net
