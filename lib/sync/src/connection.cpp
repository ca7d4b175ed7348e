// SPDX-License-Identifier: Apache-2.0
// A connection's life: greeting, authentication, deadlines, the queue, the end.
#include "topgun/sync/connection.hpp"

#include <algorithm>

#include "hex_text.hpp"
#include "send.hpp"
#include "topgun/base/sha2.hpp"

namespace topgun::sync {
namespace {

// Queries of large maps that a peer may have waiting before it is read from no further.
constexpr std::size_t kMostRuns = 256;

std::string new_uuid(Entropy& entropy) {
    const auto drawn = entropy.draw();
    auto text = hex_text(BytesView(reinterpret_cast<const char*>(drawn.data()), drawn.size()));
    // Version 4, variant 1, as RFC 4122 has it.
    text[12] = '4';
    text[16] = "89ab"[drawn[8] & 3];
    for (const std::size_t at : {8u, 13u, 18u, 23u}) text.insert(at, 1, '-');
    return text;
}

// What we answer to a side that offers to reconcile; to others nothing, as TopGun's server does.
std::optional<std::uint32_t> offered(const Hub& hub, std::optional<std::uint32_t> version) {
    if (!hub.options().reconcile || !version) return std::nullopt;
    return wire::kReconcileVersion;
}

}  // namespace

Connection::Connection(Hub& hub, std::uint64_t id)
    : hub_(hub),
      id_(id),
      authenticated_(hub.options().auth == AuthMode::none),
      tokens_(static_cast<std::int64_t>(hub.options().limits.burst_frames)) {
    context_.node_id = hub.options().node_id;
    if (!authenticated_) send(wire::AuthRequired{});
}

Connection::~Connection() {
    hub_.disconnect(*this);
}

void Connection::close(CloseCode code, std::string reason) {
    if (closing_) return;
    closing_ = Closing{code, std::move(reason)};
    announce_ready();
    hub_.disconnect(*this);
}

void Connection::tick(std::uint64_t now_ms) {
    const auto& limits = hub_.options().limits;
    const auto passed = last_tick_ && now_ms > *last_tick_ ? now_ms - *last_tick_ : 0;
    last_tick_ = now_ms;
    // An hour refills any bucket that makes sense, and keeps the product in range.
    const auto refill = std::min<std::uint64_t>(passed, 3'600'000) * limits.frames_per_s / 1000;
    tokens_ = std::min(tokens_ + static_cast<std::int64_t>(refill),
                       static_cast<std::int64_t>(limits.burst_frames));
    // Nor are its pings read while it waits for queries.
    if (!alive_since_ || pinged_ || runs_ >= kMostRuns) alive_since_ = now_ms;
    pinged_ = false;
    if (closing_) return;
    const auto silent = now_ms > *alive_since_ ? now_ms - *alive_since_ : 0;
    if (!authenticated_ && silent >= limits.handshake_ms) {
        ++hub_.counters_.timeouts;
        close(CloseCode::normal, "authentication timeout");
    } else if (authenticated_ && limits.idle_ms != 0 && silent >= limits.idle_ms) {
        ++hub_.counters_.timeouts;
        close(CloseCode::normal, "idle timeout");
    } else if (good_until_ms_ && hub_.time_.now_ms() > *good_until_ms_) {
        ++hub_.counters_.timeouts;
        close(CloseCode::policy, "token expired");
    }
}

bool Connection::has_room() const {
    if (leaving_) return true;
    return queued_bytes_ <= hub_.options().limits.queue_bytes / 2 && runs_ < kMostRuns;
}

bool Connection::wants_input() const {
    return !closing_ && tokens_ >= 0 && unsettled_ < hub_.options().limits.unsettled &&
           kept_.empty() && has_room();
}

// The rest of a batch goes on while its answers leave, so that no peer is closed for what it asked
// for itself as long as it reads.
void Connection::serve_kept() {
    if (kept_.empty() || !has_room()) return;
    while (!kept_.empty() && !closing_ && has_room()) {
        const auto next = std::move(kept_.front());
        kept_.pop_front();
        handle(next.frame, next.in_batch);
    }
    if (closing_) kept_.clear();
    hub_.settle();
}

SharedFrame Connection::take_shared() {
    serve_kept();
    if (queue_.empty()) return nullptr;
    // Its pings are not read while it takes what it asked for.
    if (!wants_input()) pinged_ = true;
    auto frame = std::move(queue_.front());
    queue_.pop_front();
    queued_bytes_ -= frame->size();
    return frame;
}

std::optional<Bytes> Connection::take() {
    const auto frame = take_shared();
    return frame ? std::optional(*frame) : std::nullopt;
}

void Connection::leave() {
    leaving_ = true;
    queue_.clear();
    queued_bytes_ = 0;
    serve_kept();
}

void Connection::send_frame(SharedFrame frame) {
    if (closing_ || leaving_) return;
    // What is there is what counts, so that a single frame may be of any size.
    if (queued_bytes_ > hub_.options().limits.queue_bytes) {
        ++hub_.counters_.slow_consumers;
        // The peer syncs again when it comes back; what waits is of no use to it until then.
        queue_.clear();
        queued_bytes_ = 0;
        close(CloseCode::try_again, "slow consumer");
        return;
    }
    ++hub_.counters_.frames_out;
    hub_.counters_.bytes_out += frame->size();
    queued_bytes_ += frame->size();
    queue_.push_back(std::move(frame));
    announce_ready();
}

void Connection::announce_ready() {
    if (std::exchange(ready_, true)) return;
    hub_.ready_.push_back(id_);
}

void Connection::send_error(std::uint32_t code, std::string text) {
    send(wire::ErrorMessage{code, std::move(text), {}});
}

// The identity that a credential proves, or a new one: a bad credential is never an error.
std::string Connection::bind_device(const std::optional<std::string>& token, bool& minted) {
    if (token) {
        const auto device = std::string_view(*token).substr(0, token->find('.'));
        if (device.size() == 36 && same_secret(*token, hub_.device_credential(device, context_))) {
            minted = false;
            return std::string(device);
        }
    }
    minted = true;
    return new_uuid(hub_.entropy_);
}

void Connection::on(const wire::Auth& message) {
    // TopGun's client sends AUTH on opening and again when AUTH_REQUIRED arrives. A second answer
    // would make it send its whole queue twice.
    if (acknowledged_) return renew(message.token);
    std::uint64_t good_until_ms = 0;
    auto principal = hub_.verify(message.token, &good_until_ms);
    if (!principal && !authenticated_) {
        ++hub_.counters_.auth_failures;
        // The reason is not the peer's business: it would help to forge a better token.
        send(wire::AuthFail{"Authentication failed", {}});
        return close(CloseCode::policy, "authentication failed");
    }
    wire::AuthAck ack;
    if (principal) {
        context_.principal = std::move(*principal);
        if (hub_.options().auth == AuthMode::token) good_until_ms_ = good_until_ms;
        ack.user_id = context_.principal->id;
        ++hub_.counters_.authenticated;
    }
    acknowledged_ = authenticated_ = true;
    alive_since_ = last_tick_;
    if (!device_bound_) {
        bool minted = false;
        device_id_ = bind_device(message.device_token, minted);
        device_bound_ = true;
        hub_.take_over(*this);
        if (minted) ack.device_token = hub_.device_credential(device_id_, context_);
    }
    ack.device_id = device_id_;
    ack.reconcile = offered(hub_, message.reconcile);
    send(ack);
}

// A newer token of the same subject takes the place of the one that the connection began with.
void Connection::renew(const std::string& token) {
    std::uint64_t good_until_ms = 0;
    auto principal = hub_.verify(token, &good_until_ms);
    if (!principal || !good_until_ms_ || principal->id != context_.principal->id) return;
    context_.principal = std::move(*principal);
    good_until_ms_ = good_until_ms;
}

void Connection::on(const wire::DeviceHello& message) {
    if (device_bound_) return;
    bool minted = false;
    device_id_ = bind_device(message.device_token, minted);
    device_bound_ = true;
    hub_.take_over(*this);
    wire::DeviceAck ack;
    ack.device_id = device_id_;
    if (minted) ack.device_token = hub_.device_credential(device_id_, context_);
    ack.reconcile = offered(hub_, message.reconcile);
    send(ack);
}

void Connection::on(const wire::Ping& message) {
    pinged_ = true;
    send(wire::Pong{message.timestamp, hub_.time_.now_ms()});
}

bool Connection::follow(const std::string& map) {
    if (maps_.contains(map)) return false;
    if (maps_.size() >= hub_.options().limits.maps) {
        if (!told_full_)
            send_error(413, "too many maps on one connection: no events for further ones");
        told_full_ = true;
        return false;
    }
    maps_.insert(map);
    hub_.followers_[map].insert(id_);
    return true;
}

}  // namespace topgun::sync
