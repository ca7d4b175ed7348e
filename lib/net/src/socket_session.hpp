// SPDX-License-Identifier: Apache-2.0
// One WebSocket of the server, from the upgrade to the close.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <utility>

#include "beast.hpp"
#include "gate.hpp"

namespace topgun::net {

/// Reads while the hub wants to be fed, writes what it says, one message at a time each.
/// Everything runs on the stream's strand; deliver() alone is called from outside.
template <typename Stream>
class SocketSession final : public Link,
                            public std::enable_shared_from_this<SocketSession<Stream>> {
public:
    SocketSession(Stream stream, Gate& gate, Admission admission)
        : socket_(std::move(stream)),
          gate_(gate),
          admission_(std::move(admission)),
          end_timer_(socket_.get_executor()) {}
    ~SocketSession() override {
        if (watch_ != 0) gate_.unwatch(watch_);
    }

    void run(http::request<http::string_body> request) {
        request_ = std::move(request);
        websocket::stream_base::timeout limits{};
        limits.handshake_timeout = std::chrono::milliseconds(gate_.options.header_ms);
        // Who is idle is for the protocol to say: it has pings of its own.
        limits.idle_timeout = websocket::stream_base::none();
        limits.keep_alive_pings = false;
        socket_.set_option(limits);
        websocket::permessage_deflate deflate;
        deflate.server_enable = gate_.options.compress;
        // Small windows: a thousand idle peers must not hold half a gigabyte.
        deflate.server_max_window_bits = 12;
        deflate.client_max_window_bits = 12;
        deflate.memLevel = 5;
        socket_.set_option(deflate);
        socket_.read_message_max(gate_.options.message_bytes);
        socket_.binary(true);
        socket_.auto_fragment(false);
        // Who closes is waited for by the stream until its socket has gone, and it need never go.
        socket_.control_callback([this](websocket::frame_type kind, beast::string_view) {
            if (kind == websocket::frame_type::close) limit_the_end();
        });
        auto self = this->shared_from_this();
        watch_ = gate_.watch([weak = this->weak_from_this()] {
            if (const auto session = weak.lock()) session->end_now();
        });
        socket_.async_accept(request_, [self](error_code error) {
            if (error) return;
            self->request_ = {};
            self->link_ = self->gate_.intake.open(self);
            self->read();
        });
    }

    void deliver(Delivery delivery) override {
        asio::post(socket_.get_executor(),
                   [self = this->shared_from_this(), delivery = std::move(delivery)]() mutable {
                       self->take(std::move(delivery));
                   });
    }

private:
    void end_now() {
        asio::post(socket_.get_executor(), [self = this->shared_from_this()] { self->cut(); });
    }

    void read() {
        if (reading_ || over_ || paused_ || unserved_ > Intake::kUnserved) return;
        reading_ = true;
        socket_.async_read(buffer_,
                           [self = this->shared_from_this()](error_code error, std::size_t) {
                               self->reading_ = false;
                               if (error) return self->finish();
                               self->hand_over();
                               self->read();
                           });
    }

    void hand_over() {
        const auto size = buffer_.size();
        if (socket_.got_text()) {
            ++gate_.text_frames;
        } else {
            const auto data = buffer_.cdata();
            sync::Frame frame(Bytes(static_cast<const char*>(data.data()), data.size()));
            unserved_ += frame.memory();
            gate_.intake.receive(link_, std::move(frame));
        }
        buffer_.consume(size);
        // One large message must not keep its room for the rest of a long life.
        if (buffer_.capacity() > (std::size_t{64} << 10)) buffer_.shrink_to_fit();
    }

    void take(Delivery delivery) {
        if (over_) return;
        unserved_ -= std::min(unserved_, delivery.consumed);
        paused_ = !delivery.wants_input;
        for (auto& frame : delivery.frames) frames_.push_back(std::move(frame));
        if (delivery.ending && !closing_) {
            closing_ = std::move(delivery.ending);
            limit_the_end();
        }
        write();
        read();
    }

    void write() {
        if (writing_ || over_) return;
        if (frames_.empty()) {
            if (closing_) close();
            return;
        }
        writing_ = true;
        socket_.async_write(asio::buffer(*frames_.front()),
                            [self = this->shared_from_this()](error_code error, std::size_t) {
                                self->writing_ = false;
                                if (error) return self->finish();
                                self->note_written();
                                self->write();
                            });
    }

    void note_written() {
        written_ += frames_.front()->size();
        frames_.pop_front();
        if (written_ < Intake::kWindow / 2) return;
        gate_.intake.written(link_, std::exchange(written_, 0));
    }

    // A peer that neither reads nor answers the close is cut off.
    void limit_the_end() {
        end_timer_.expires_after(std::chrono::seconds(2));
        end_timer_.async_wait([self = this->shared_from_this()](error_code error) {
            if (!error) self->cut();
        });
    }

    void close() {
        if (std::exchange(close_sent_, true)) return;
        const auto code = static_cast<websocket::close_code>(closing_->code);
        socket_.async_close(websocket::close_reason(code, closing_->reason),
                            [self = this->shared_from_this()](error_code) { self->finish(); });
    }

    void cut() {
        error_code ignored;
        beast::get_lowest_layer(socket_).socket().close(ignored);
        finish();
    }

    void finish() {
        if (std::exchange(over_, true)) return;
        end_timer_.cancel();
        gate_.intake.lost(link_);
        error_code ignored;
        if (!close_sent_) beast::get_lowest_layer(socket_).socket().close(ignored);
    }

    websocket::stream<Stream> socket_;
    Gate& gate_;
    Admission admission_;
    asio::steady_timer end_timer_;
    http::request<http::string_body> request_;
    beast::flat_buffer buffer_;
    std::deque<std::shared_ptr<const Bytes>> frames_;
    std::optional<Ending> closing_;
    std::uint64_t link_ = 0, watch_ = 0;
    std::size_t unserved_ = 0, written_ = 0;
    bool reading_ = false, writing_ = false, paused_ = false, close_sent_ = false, over_ = false;
};

}  // namespace topgun::net
