// SPDX-License-Identifier: Apache-2.0
#include "session.hpp"

#include <charconv>

#include "topgun/base/time_source.hpp"
#include "topgun/wire/codec.hpp"

namespace topgun::cli {
namespace {

std::optional<std::uint64_t> parse_id(std::string_view text) {
    std::uint64_t out = 0;
    const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc() || at != text.data() + text.size()) return std::nullopt;
    return out;
}

}  // namespace

std::uint64_t steady_ns() noexcept {
    const auto passed = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(passed).count());
}

std::string level_word(std::size_t place) {
    if (place == kAckLevels - 1) return "notSaid";
    return std::string(wire::word(static_cast<wire::WriteConcern>(place)));
}

SessionObserver::~SessionObserver() = default;

Session::Session(net::ChannelLoop& loop, const net::Url& url, std::string token, std::size_t index,
                 SessionObserver& observer, bool reads)
    : token_(std::move(token)), index_(index), observer_(observer), reads_(reads) {
    net::ChannelEvents events;
    events.opened = [this] { greet(); };
    events.received = [this](BytesView frame) { receive(frame); };
    events.closed = [this](const std::string& reason) { on_closed(reason); };
    channel_ = loop.open(url, std::move(events), reads);
}

void Session::greet() {
    if (token_.empty())
        send_frame(wire::encoded(wire::DeviceHello{}));
    else
        send_frame(wire::encoded(wire::Auth{token_, {}, {}, {}}));
    if (!reads_) admit();
}

void Session::admit() {
    if (ready_ || closed_) return;
    ready_ = true;
    observer_.on_ready(*this);
}

void Session::send_frame(Bytes frame) {
    if (closed_) return;
    counts_.bytes_out += frame.size();
    channel_->send(std::move(frame));
}

void Session::send(LoadBatch batch, std::uint64_t due_ns) {
    in_flight_.push_back({batch.last_id, batch.ops, due_ns});
    send_frame(std::move(batch.frame));
}

void Session::ask(const Workload& workload) {
    asked_.push_back({"q" + std::to_string(++queries_), steady_ns()});
    send_frame(workload.query(asked_.back().id));
}

void Session::ping() {
    if (!closed_) send_frame(wire::encoded(wire::Ping{system_time().now_ms()}));
}

void Session::close() {
    if (!closed_) channel_->close();
}

void Session::receive(BytesView frame) {
    counts_.bytes_in += frame.size();
    const auto head = wire::peek(frame);
    if (!head) return;
    // Events may come by the million: those that come alone need not be decoded to be counted.
    if (head->type == "SERVER_EVENT" || head->type == "QUERY_UPDATE") {
        ++counts_.events;
        return;
    }
    auto message = wire::decode(frame);
    if (!message) return;
    if (const auto* ack = std::get_if<wire::OpAck>(&*message)) return take(*ack);
    if (const auto* answer = std::get_if<wire::QueryResp>(&*message)) return take(*answer);
    if (const auto* several = std::get_if<wire::ServerBatchEvent>(&*message)) {
        counts_.events += several->events.size();
        return;
    }
    if (std::holds_alternative<wire::OpRejected>(*message)) ++counts_.rejected;
    if (const auto* error = std::get_if<wire::ErrorMessage>(&*message)) {
        ++counts_.errors;
        last_error_ = error->message;
    }
    if (std::holds_alternative<wire::AuthRequired>(*message) && token_.empty()) {
        return refuse("the endpoint asks for a token");
    }
    if (std::holds_alternative<wire::AuthFail>(*message)) {
        return refuse("the endpoint refused the token");
    }
    if (std::holds_alternative<wire::AuthAck>(*message) ||
        std::holds_alternative<wire::DeviceAck>(*message)) {
        admit();
    }
}

// Acknowledges everything up to its id. An id that was never sent says nothing.
void Session::take(const wire::OpAck& ack) {
    const auto id = parse_id(ack.last_id);
    if (!id || in_flight_.empty() || *id > in_flight_.back().last_id) return;
    while (!in_flight_.empty() && in_flight_.front().last_id <= *id) {
        const auto batch = in_flight_.front();
        in_flight_.pop_front();
        observer_.on_acknowledged(*this, batch, ack.achieved_level);
    }
}

void Session::take(const wire::QueryResp& answer) {
    if (asked_.empty() || asked_.front().id != answer.query_id) return;
    const auto asked = std::move(asked_.front());
    asked_.pop_front();
    send_frame(Workload::end_of_query(asked.id));
    observer_.on_answered(*this, steady_ns() - asked.sent_ns);
}

void Session::refuse(const std::string& why) {
    auto channel = channel_;
    on_closed(why);
    channel->close();
}

void Session::on_closed(const std::string& reason) {
    if (std::exchange(closed_, true)) return;
    observer_.on_closed(*this, reason);
}

}  // namespace topgun::cli
