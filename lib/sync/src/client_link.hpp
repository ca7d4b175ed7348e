// SPDX-License-Identifier: Apache-2.0
// What all parts of a client share of its connection: frames that wait, limits, counts.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "topgun/sync/client.hpp"
#include "topgun/wire/codec.hpp"

namespace topgun::sync::client {

class Link {
public:
    Link(const ClientOptions& options, Traffic& traffic) : options_(options), traffic_(traffic) {}

    /// A new connection, with nothing in flight. @param now_ms  see Client::tick().
    void open(std::uint64_t now_ms);
    void close();
    bool is_open() const noexcept { return open_; }

    template <typename T>
    void send(const T& message) {
        send_frame(wire::encoded(message));
    }
    void send_frame(Bytes frame) { push(waiting_, std::move(frame)); }
    /// Not kept back by the rate: heartbeat and handshake, which have deadlines.
    template <typename T>
    void send_urgent(const T& message) {
        push(urgent_, wire::encoded(message));
    }
    std::optional<Bytes> take();
    void heard(std::size_t bytes);
    void tick(std::uint64_t now_ms);

    /// Budget and rate allow that something is sent.
    bool may_send() const noexcept { return !budget_used() && is_free(); }
    /// The same, and there is room for another request.
    bool may_ask() const noexcept { return !budget_used() && may_ask_beyond_budget(); }
    bool may_ask_beyond_budget() const noexcept {
        return is_free() && in_flight_ < options_.requests_in_flight;
    }
    /// A request was sent, or answered (or given up). Those in flight are bounded.
    void asked() noexcept { ++in_flight_; }
    void answered(std::uint64_t depth) noexcept;
    void gave_up() noexcept { in_flight_ -= in_flight_ > 0 ? 1 : 0; }
    std::size_t in_flight() const noexcept { return in_flight_; }

    /// Bytes in all after which nothing more is asked for; 0 for no bound.
    void set_budget(std::uint64_t bytes) noexcept { budget_ = bytes; }
    bool budget_used() const noexcept { return budget_left() == 0; }
    /// Bytes, without those that wait to be sent; without a budget more than there can ever be.
    std::uint64_t budget_left() const noexcept {
        if (budget_ == 0) return ~std::uint64_t{0};
        const auto spent = traffic_.bytes_in + traffic_.bytes_out + waiting_bytes_;
        return budget_ - std::min(budget_, spent);
    }

    /// Sends a PING. @return the timestamp that its PONG repeats.
    std::uint64_t ping();
    /// The same behind everything that waits: its PONG says that all before was worked off, by a
    /// server that answers in order.
    std::uint64_t fence();

    std::uint64_t now_ms() const noexcept { return now_ms_; }
    std::uint64_t messages_in() const noexcept { return traffic_.messages_in; }
    const ClientOptions& options() const noexcept { return options_; }

    /// The connection is of no more use: the host is to close it.
    void drop(std::string reason) {
        if (drop_reason_.empty()) drop_reason_ = std::move(reason);
    }
    const std::string& drop_reason() const noexcept { return drop_reason_; }

private:
    bool is_free() const noexcept;
    void push(std::deque<Bytes>& queue, Bytes frame);
    std::uint64_t next_ping();

    const ClientOptions& options_;
    Traffic& traffic_;
    bool open_ = false;
    std::string drop_reason_;
    std::deque<Bytes> urgent_;
    std::deque<Bytes> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::size_t in_flight_ = 0;
    std::uint64_t budget_ = 0;
    std::uint64_t now_ms_ = 0;
    std::uint64_t last_ping_ = 0;
    std::int64_t allowance_ = 0;  // bytes that the rate allows now; below zero after a large frame
};

}  // namespace topgun::sync::client
