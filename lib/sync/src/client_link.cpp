// SPDX-License-Identifier: Apache-2.0
#include "client_link.hpp"

#include <algorithm>

namespace topgun::sync::client {
namespace {

// Requests are held back while so much waits to be sent.
constexpr std::size_t kWaitingBytes = std::size_t{4} << 20;

}  // namespace

void Link::open(std::uint64_t now_ms) {
    close();
    now_ms_ = std::max(now_ms_, now_ms);
    open_ = true;
    ++traffic_.connects;
}

void Link::close() {
    open_ = false;
    drop_reason_.clear();
    urgent_.clear();
    waiting_.clear();
    waiting_bytes_ = 0;
    in_flight_ = 0;
}

void Link::push(std::deque<Bytes>& queue, Bytes frame) {
    if (!open_) return;
    if (&queue == &waiting_) waiting_bytes_ += frame.size();
    queue.push_back(std::move(frame));
}

std::optional<Bytes> Link::take() {
    const bool urgent = !urgent_.empty();
    auto& queue = urgent ? urgent_ : waiting_;
    if (queue.empty()) return std::nullopt;
    if (!urgent && options_.rate_bytes != 0 && allowance_ < 0) return std::nullopt;
    auto frame = std::move(queue.front());
    queue.pop_front();
    if (!urgent) waiting_bytes_ -= frame.size();
    ++traffic_.messages_out;
    traffic_.bytes_out += frame.size();
    allowance_ -= static_cast<std::int64_t>(frame.size());
    return frame;
}

void Link::heard(std::size_t bytes) {
    ++traffic_.messages_in;
    traffic_.bytes_in += bytes;
    allowance_ -= static_cast<std::int64_t>(bytes);
}

void Link::tick(std::uint64_t now_ms) {
    const auto passed = now_ms > now_ms_ ? now_ms - now_ms_ : 0;
    now_ms_ = std::max(now_ms_, now_ms);
    if (options_.rate_bytes == 0) return;
    // What was not used is lost after a second: a rate, not an average since the start.
    const auto rate = static_cast<double>(options_.rate_bytes);
    const double grown = static_cast<double>(allowance_) + rate * static_cast<double>(passed) / 1e3;
    allowance_ = static_cast<std::int64_t>(std::clamp(grown, -0x1p62, std::min(rate, 0x1p62)));
}

bool Link::is_free() const noexcept {
    if (!open_ || !drop_reason_.empty()) return false;
    if (options_.rate_bytes != 0 && allowance_ < 0) return false;
    return waiting_bytes_ < kWaitingBytes;
}

void Link::answered(std::uint64_t depth) noexcept {
    gave_up();
    traffic_.round_trips = std::max(traffic_.round_trips, depth);
}

std::uint64_t Link::next_ping() {
    // Numbers that never repeat, and look like the time that TopGun's clients send.
    return last_ping_ = std::max(last_ping_ + 1, now_ms_);
}

std::uint64_t Link::ping() {
    send_urgent(wire::Ping{next_ping()});
    return last_ping_;
}

std::uint64_t Link::fence() {
    send(wire::Ping{next_ping()});
    return last_ping_;
}

}  // namespace topgun::sync::client
