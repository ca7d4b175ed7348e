// SPDX-License-Identifier: Apache-2.0
#include "wire_socket.hpp"

#include <unistd.h>

#include <boost/asio/ssl/host_name_verification.hpp>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>

namespace topgun::net {
namespace {

template <typename Stream>
class StreamSocket final : public WireSocket,
                           public std::enable_shared_from_this<StreamSocket<Stream>> {
public:
    StreamSocket(asio::io_context& io, Stream stream, Url url, std::uint64_t connect_ms,
                 std::size_t message_bytes, SocketEvents events)
        : resolver_(io),
          socket_(std::move(stream)),
          end_timer_(io),
          url_(std::move(url)),
          connect_ms_(connect_ms),
          events_(std::move(events)) {
        socket_.read_message_max(message_bytes);
        socket_.binary(true);
        socket_.auto_fragment(false);
        websocket::permessage_deflate deflate;
        deflate.client_enable = false;
        socket_.set_option(deflate);
    }

    void run() {
        beast::get_lowest_layer(socket_).expires_after(std::chrono::milliseconds(connect_ms_));
        resolver_.async_resolve(url_.host, std::to_string(url_.port),
                                [self = this->shared_from_this()](
                                    error_code error, const tcp::resolver::results_type& found) {
                                    if (error)
                                        return self->over("cannot find " + self->url_.host, error);
                                    beast::get_lowest_layer(self->socket_)
                                        .async_connect(
                                            found, [self](error_code failed, const tcp::endpoint&) {
                                                if (failed)
                                                    return self->over("cannot connect", failed);
                                                self->secure();
                                            });
                                });
    }

    void send(Bytes frame) override {
        frames_.push_back(std::move(frame));
        if (open_) write();
    }

    void close() override {
        if (closing_ || ended_) return;
        closing_ = true;
        if (!open_) return cut();
        // What was given before goes out first; a server that does not listen is left.
        end_timer_.expires_after(std::chrono::seconds(2));
        end_timer_.async_wait([self = this->shared_from_this()](error_code error) {
            if (!error) self->cut();
        });
        write();
    }

    void pause(bool paused) override {
        paused_ = paused;
        if (!paused_) read();
    }

private:
    void secure() {
        error_code ignored;
        beast::get_lowest_layer(socket_).socket().set_option(tcp::no_delay(true), ignored);
        if constexpr (std::is_same_v<Stream, TlsStream>) {
            auto& stream = socket_.next_layer();
            if (!SSL_set_tlsext_host_name(stream.native_handle(), url_.host.c_str())) {
                return over("cannot name the host to TLS", {});
            }
            stream.set_verify_callback(asio::ssl::host_name_verification(url_.host));
            stream.async_handshake(asio::ssl::stream_base::client,
                                   [self = this->shared_from_this()](error_code error) {
                                       if (error) return self->over("TLS", error);
                                       self->upgrade();
                                   });
        } else {
            upgrade();
        }
    }

    void upgrade() {
        beast::get_lowest_layer(socket_).expires_never();
        websocket::stream_base::timeout limits{};
        limits.handshake_timeout = std::chrono::milliseconds(connect_ms_);
        limits.idle_timeout = websocket::stream_base::none();
        limits.keep_alive_pings = false;
        socket_.set_option(limits);
        const bool v6 = url_.host.find(':') != std::string::npos;
        const auto host =
            (v6 ? '[' + url_.host + ']' : url_.host) + ':' + std::to_string(url_.port);
        socket_.async_handshake(
            response_, host, url_.path,
            [self = this->shared_from_this()](error_code error) { self->on_upgraded(error); });
    }

    void on_upgraded(error_code error) {
        if (ended_) return;
        if (error == websocket::error::upgrade_declined) {
            return over("the server answered " + std::to_string(response_.result_int()) +
                            " instead of a WebSocket on " + url_.path,
                        {});
        }
        if (error) return over("WebSocket", error);
        open_ = true;
        events_.opened();
        read();
        write();
    }

    void read() {
        if (reading_ || paused_ || ended_ || !open_) return;
        reading_ = true;
        socket_.async_read(buffer_, [self = this->shared_from_this()](error_code error,
                                                                      std::size_t) {
            self->reading_ = false;
            // It may have come while the other direction failed: nobody listens any more.
            if (self->ended_) return;
            if (error) return self->on_read_error(error);
            const auto data = self->buffer_.cdata();
            if (!self->socket_.got_text()) {
                self->events_.received(Bytes(static_cast<const char*>(data.data()), data.size()));
            }
            self->buffer_.consume(self->buffer_.size());
            self->read();
        });
    }

    void on_read_error(error_code error) {
        if (error == websocket::error::closed) {
            const auto& reason = socket_.reason();
            std::string text = "the server closed the connection (" + std::to_string(reason.code);
            if (!reason.reason.empty()) {
                text += std::string(", ") + std::string(reason.reason.data(), reason.reason.size());
            }
            return over(text + ")", {});
        }
        over("connection lost", error);
    }

    void write() {
        if (writing_ || ended_ || !open_) return;
        if (frames_.empty()) {
            if (closing_) finish();
            return;
        }
        writing_ = true;
        socket_.async_write(asio::buffer(frames_.front()),
                            [self = this->shared_from_this()](error_code error, std::size_t) {
                                self->writing_ = false;
                                if (self->ended_) return;
                                if (error) return self->over("connection lost", error);
                                const auto size = self->frames_.front().size();
                                self->frames_.pop_front();
                                self->events_.written(size);
                                self->write();
                            });
    }

    void finish() {
        if (std::exchange(finishing_, true)) return;
        socket_.async_close(
            websocket::close_code::normal,
            [self = this->shared_from_this()](error_code) { self->over("closed", {}); });
    }

    void cut() {
        resolver_.cancel();
        beast::get_lowest_layer(socket_).close();
        over("closed", {});
    }

    void over(std::string what, error_code error) {
        if (std::exchange(ended_, true)) return;
        if (error) what += ": " + error.message();
        end_timer_.cancel();
        error_code ignored;
        beast::get_lowest_layer(socket_).socket().close(ignored);
        // The events may hold this; they end with the last of them.
        const auto events = std::exchange(events_, {});
        events.closed(std::move(what));
    }

    tcp::resolver resolver_;
    websocket::stream<Stream> socket_;
    asio::steady_timer end_timer_;
    Url url_;
    std::uint64_t connect_ms_;
    SocketEvents events_;
    websocket::response_type response_;
    beast::flat_buffer buffer_;
    std::deque<Bytes> frames_;
    bool open_ = false, reading_ = false, writing_ = false, paused_ = false;
    bool closing_ = false, finishing_ = false, ended_ = false;
};

}  // namespace

WireSocket::~WireSocket() = default;

std::shared_ptr<WireSocket> open_socket(asio::io_context& io, const Url& url,
                                        asio::ssl::context* tls, std::uint64_t connect_ms,
                                        std::size_t message_bytes, SocketEvents events) {
    if (tls != nullptr) {
        auto socket =
            std::make_shared<StreamSocket<TlsStream>>(io, TlsStream(PlainStream(io), *tls), url,
                                                      connect_ms, message_bytes, std::move(events));
        socket->run();
        return socket;
    }
    auto socket = std::make_shared<StreamSocket<PlainStream>>(io, PlainStream(io), url, connect_ms,
                                                              message_bytes, std::move(events));
    socket->run();
    return socket;
}

Result<std::unique_ptr<asio::ssl::context>> client_tls(const CarryOptions& options) {
    using asio::ssl::context;
    auto tls = std::make_unique<context>(context::tls_client);
    error_code error;
    tls->set_options(context::default_workarounds | context::no_sslv2 | context::no_sslv3 |
                         context::no_tlsv1 | context::no_tlsv1_1,
                     error);
    tls->set_verify_mode(asio::ssl::verify_peer, error);
    for (const auto& file : {options.tls_authorities, options.tls_certificate, options.tls_key}) {
        if (!file.empty() && ::access(file.c_str(), R_OK) != 0) {
            const auto code = errno == ENOENT ? Errc::not_found : Errc::io;
            return Error(code, file + ": cannot open: " + std::strerror(errno));
        }
    }
    // OpenSSL's own words are none that help here.
    const auto failed = [](const std::string& file, const char* what) {
        return Error(Errc::bad_input, what).within(file);
    };
    if (options.tls_authorities.empty()) {
        tls->set_default_verify_paths(error);
    } else {
        tls->load_verify_file(options.tls_authorities, error);
        if (error)
            return failed(options.tls_authorities, "no certificates of authorities in PEM form");
    }
    if (!options.tls_certificate.empty()) {
        tls->use_certificate_chain_file(options.tls_certificate, error);
        if (error) return failed(options.tls_certificate, "no certificate in PEM form");
        tls->use_private_key_file(options.tls_key, context::pem, error);
        if (error) return failed(options.tls_key, "no private key that fits the certificate");
    }
    return tls;
}

}  // namespace topgun::net
