// SPDX-License-Identifier: Apache-2.0
// One HTTP connection of the server: requests one after the other, or the upgrade to a WebSocket.
#pragma once

#include <cstdio>
#include <memory>
#include <utility>

#include "beast.hpp"
#include "gate.hpp"
#include "socket_session.hpp"

namespace topgun::net {

/// Why a request is refused whose end, or addressee, another reader of it could see elsewhere; null
/// when it is not.
const char* head_fault(const http::request_header<>& request);
/// Why a request is refused for the page that it comes from; null when it is not.
const char* page_fault(const Gate& gate, const http::request_header<>& request);
/// What the application is given of a request. Fields beyond these are not read.
sync::HttpRequest request_of(http::request<http::string_body>& request);
http::response<http::string_body> response_of(sync::HttpReply reply,
                                              const http::request<http::string_body>& request);

template <typename Stream>
class HttpSession final : public std::enable_shared_from_this<HttpSession<Stream>> {
public:
    HttpSession(Stream stream, Gate& gate, Admission admission)
        : stream_(std::move(stream)), gate_(gate), admission_(std::move(admission)) {}
    ~HttpSession() {
        if (watch_ != 0) gate_.unwatch(watch_);
    }

    void run() {
        watch_ = gate_.watch([weak = this->weak_from_this()] {
            if (const auto session = weak.lock()) session->end_now();
        });
        auto& lowest = beast::get_lowest_layer(stream_);
        lowest.expires_after(std::chrono::milliseconds(gate_.options.header_ms));
        if constexpr (std::is_same_v<Stream, TlsStream>) {
            stream_.async_handshake(asio::ssl::stream_base::server,
                                    [self = this->shared_from_this()](error_code error) {
                                        if (!error) return self->read_head();
                                        ++self->gate_.tls_failures;
                                    });
        } else {
            asio::dispatch(stream_.get_executor(),
                           [self = this->shared_from_this()] { self->read_head(); });
        }
    }

private:
    void end_now() {
        asio::post(stream_.get_executor(), [self = this->shared_from_this()] {
            if (self->admission_) beast::get_lowest_layer(self->stream_).close();
        });
    }

    void read_head() {
        parser_.emplace();
        parser_->body_limit(gate_.options.body_bytes);
        parser_->header_limit(std::uint32_t{16} << 10);
        beast::get_lowest_layer(stream_).expires_after(
            std::chrono::milliseconds(first_ ? gate_.options.header_ms : gate_.options.body_ms));
        first_ = false;
        http::async_read_header(stream_, buffer_, *parser_,
                                [self = this->shared_from_this()](error_code error, std::size_t) {
                                    self->on_head(error);
                                });
    }

    void on_head(error_code error) {
        if (error) return refuse(error);
        if (const char* fault = head_fault(parser_->get())) return reply_error(400, fault);
        if (const char* fault = page_fault(gate_, parser_->get())) return reply_error(403, fault);
        if (websocket::is_upgrade(parser_->get())) return upgrade();
        beast::get_lowest_layer(stream_).expires_after(
            std::chrono::milliseconds(gate_.options.body_ms));
        const bool waits = beast::iequals(parser_->get()[http::field::expect], "100-continue");
        if (!waits) return read_body();
        // Nobody sends what it announced before it is told to go on.
        auto go_on = std::make_shared<http::response<http::empty_body>>(http::status::continue_,
                                                                        parser_->get().version());
        http::async_write(stream_, *go_on,
                          [self = this->shared_from_this(), go_on](error_code failed, std::size_t) {
                              if (!failed) self->read_body();
                          });
    }

    void read_body() {
        http::async_read(stream_, buffer_, *parser_,
                         [self = this->shared_from_this()](error_code error, std::size_t) {
                             if (error) return self->refuse(error);
                             self->serve();
                         });
    }

    void upgrade() {
        auto request = parser_->release();
        const auto path = request.target().substr(0, request.target().find('?'));
        if (path != "/ws" && path != "/") {
            request_ = std::move(request);
            return reply_error(404, "WebSockets are served on /ws and /");
        }
        beast::get_lowest_layer(stream_).expires_never();
        auto session = std::make_shared<SocketSession<Stream>>(std::move(stream_), gate_,
                                                               std::move(*admission_));
        admission_.reset();
        session->run(http::request<http::string_body>(std::move(request)));
    }

    void serve() {
        request_ = parser_->release();
        ++gate_.http_requests;
        // The deadline for reading is over; how long an answer takes is for the handler to limit.
        beast::get_lowest_layer(stream_).expires_never();
        gate_.intake.request(
            request_of(request_), [self = this->shared_from_this()](sync::HttpReply reply) {
                asio::post(
                    self->stream_.get_executor(),
                    [self, reply = std::move(reply)]() mutable { self->send(std::move(reply)); });
            });
    }

    void refuse(error_code error) {
        if (error == http::error::body_limit) return reply_error(413, "body too large");
        if (error == http::error::header_limit) return reply_error(431, "header too large");
        if (error.category() == make_error_code(http::error::bad_method).category() &&
            error != http::error::end_of_stream && error != http::error::partial_message) {
            return reply_error(400, "not an HTTP request: " + error.message());
        }
        beast::get_lowest_layer(stream_).close();
    }

    // For requests that never reach the application; the connection ends after it.
    void reply_error(unsigned status, const std::string& message) {
        sync::HttpReply reply;
        reply.status = status;
        reply.content_type = "application/json";
        reply.body = "{\"code\":" + std::to_string(status) + ",\"message\":\"" + message + "\"}";
        request_.keep_alive(false);
        send(std::move(reply));
    }

    void send(sync::HttpReply reply) {
        beast::get_lowest_layer(stream_).expires_after(
            std::chrono::milliseconds(gate_.options.body_ms));
        if (!reply.file.empty()) return send_file(std::move(reply));
        auto response = std::make_shared<http::response<http::string_body>>(
            response_of(std::move(reply), request_));
        write(response);
    }

    void send_file(sync::HttpReply reply) {
        http::file_body::value_type file;
        error_code error;
        file.open(reply.file.c_str(), beast::file_mode::scan, error);
        // Open, it can be read without a name, and nothing is left behind whatever happens.
        std::remove(reply.file.c_str());
        if (error) return reply_error(500, "the file to be sent cannot be read");
        reply.file.clear();
        auto head = response_of(std::move(reply), request_);
        if (request_.method() == http::verb::head) {
            head.content_length(file.size());
            return write(
                std::make_shared<http::response<http::empty_body>>(std::move(head.base())));
        }
        auto response = std::make_shared<http::response<http::file_body>>(
            std::piecewise_construct, std::make_tuple(std::move(file)));
        static_cast<http::response_header<>&>(*response) = std::move(head.base());
        response->keep_alive(request_.keep_alive());
        response->prepare_payload();
        // As long as something is taken: a large file over a slow line is no fault.
        beast::get_lowest_layer(stream_).expires_never();
        write(response);
    }

    template <typename Body>
    void write(std::shared_ptr<http::response<Body>> response) {
        http::async_write(
            stream_, *response,
            [self = this->shared_from_this(), response](error_code error, std::size_t) {
                if (error) return;
                if (!response->keep_alive() || self->gate_.draining) return self->shut_down();
                self->read_head();
            });
    }

    void shut_down() {
        error_code ignored;
        beast::get_lowest_layer(stream_).socket().shutdown(tcp::socket::shutdown_send, ignored);
    }

    Stream stream_;
    Gate& gate_;
    std::optional<Admission> admission_;
    std::uint64_t watch_ = 0;
    bool first_ = true;
    beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::string_body>> parser_;
    http::request<http::string_body> request_;
};

}  // namespace topgun::net
