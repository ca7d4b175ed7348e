// SPDX-License-Identifier: Apache-2.0
// The client's connection: greeting, heartbeat, back-off, and the public class.
#include "topgun/sync/client.hpp"

#include <algorithm>

#include "client_impl.hpp"
#include "topgun/wire/batch.hpp"

namespace topgun::sync {
namespace {

constexpr std::uint64_t kFirstRetryMs = 1'000;
constexpr std::uint64_t kLastRetryMs = 30'000;
constexpr std::size_t kMostQueuedBytes = std::size_t{64} << 20;

}  // namespace

void Client::Impl::connected(std::uint64_t now_ms) {
    if (over()) return;
    s.link.open(now_ms);
    auth_required = false;
    connected_ms = s.link.now_ms();
    if (s.options.token.empty()) return say_hello();
    phase = Phase::auth;
    greeted_ms = connected_ms;
    wire::Auth auth;
    auth.token = s.options.token;
    if (!s.report.device_token.empty()) auth.device_token = s.report.device_token;
    auth.reconcile = wire::kReconcileVersion;
    s.link.send_urgent(auth);
}

void Client::Impl::say_hello() {
    phase = Phase::device;
    choose_patience();
    greeted_ms = s.link.now_ms();
    wire::DeviceHello hello;
    if (!s.report.device_token.empty()) hello.device_token = s.report.device_token;
    hello.reconcile = wire::kReconcileVersion;
    s.link.send_urgent(hello);
}

void Client::Impl::disconnected() {
    s.link.close();
    phase = Phase::offline;
}

void Client::Impl::admitted(ServerKind kind) {
    phase = Phase::ready;
    const bool other_kind = s.report.server != ServerKind::unknown && s.report.server != kind;
    s.report.server = kind;
    attempts = 0;
    pinged_ms = heard_ms = s.link.now_ms();
    sender.begin();
    if (has_job && !running && !next_pass_ms && s.report.passes == 0) begin_pass();
    // Another server under the same address: what was begun in one way goes on in no other.
    if (running && other_kind) begin_pass();
    for (auto& [id, task] : tasks) {
        std::visit([](auto& one) { one->begin(); }, task);
    }
    if (running) reconcile.begin();
    // Events were missed meanwhile.
    if (next_pass_ms) next_pass_ms = s.link.now_ms();
    start_follow();
    pump();
}

void Client::Impl::greeted(std::optional<std::uint32_t> version,
                           const std::optional<std::string>& token) {
    if (token) s.report.device_token = *token;
    const bool own = version == wire::kReconcileVersion;
    // What was taken for silence may have been a long way.
    const bool late = phase == Phase::ready && own && !s.own_server();
    if (phase != Phase::auth && phase != Phase::device && !late) return;
    admitted(own ? ServerKind::own : ServerKind::foreign);
}

void Client::Impl::on(const wire::AuthRequired&) {
    auth_required = true;
    if (s.options.token.empty()) {
        s.fail(Error(Errc::unreachable, "the server wants a token, and there is none"));
    }
}

void Client::Impl::on(const wire::AuthAck& message) {
    if (message.user_id) s.report.server_user = message.user_id;
    greeted(message.reconcile, message.device_token);
}

void Client::Impl::on(const wire::AuthFail& message) {
    // Final: the same token would be refused again.
    s.fail(Error(Errc::unreachable,
                 "the server refuses the token: " + message.error.value_or("no reason given")));
}

void Client::Impl::on(const wire::DeviceAck& message) {
    greeted(message.reconcile, message.device_token);
}

void Client::Impl::on(const wire::Pong& message) {
    heard_ms = s.link.now_ms();
    for (auto& [id, task] : tasks) {
        if (auto* lww = std::get_if<std::unique_ptr<client::LwwWalk>>(&task)) {
            (*lww)->hear_fence(message.timestamp);
        } else if (auto* ormap = std::get_if<std::unique_ptr<client::OrWalk>>(&task)) {
            (*ormap)->hear_fence(message.timestamp);
        }
    }
}

void Client::Impl::receive(BytesView frame) {
    if (!s.link.is_open() || s.failed()) return;
    s.link.heard(frame.size());
    handle(frame, false);
    pump();
}

void Client::Impl::handle(BytesView frame, bool in_batch) {
    const auto decoded = wire::decode(frame);
    // What cannot be read is no reason to end: each side of TopGun drops such frames.
    if (!decoded) return;
    frame_bytes = frame.size();
    if (const auto* batch = std::get_if<wire::Batch>(&*decoded)) {
        if (in_batch) return;
        const auto frames = wire::unpack_batch(batch->data.bytes, wire::BatchLayout::to_client);
        if (!frames) return;
        for (const auto one : frames->frames) handle(one, true);
        return;
    }
    std::visit(
        [this](const auto& message) {
            if constexpr (requires { this->on(message); }) this->on(message);
        },
        *decoded);
}

void Client::Impl::tick(std::uint64_t now_ms) {
    s.link.tick(now_ms);
    if (!s.link.is_open() || s.failed()) return;
    const auto now = s.link.now_ms();
    const auto& options = s.options;
    switch (phase) {
        case Phase::auth:
            // TopGun's server without authentication passes over AUTH.
            if (!auth_required && now - greeted_ms >= options.silence_ms) return say_hello();
            [[fallthrough]];
        case Phase::device:
            if (phase == Phase::device && !auth_required && now - greeted_ms >= foreign_after_ms) {
                return admitted(ServerKind::foreign);
            }
            if (now - connected_ms >= options.handshake_ms)
                s.link.drop("no answer to the greeting");
            return;
        case Phase::offline: return;
        case Phase::ready: break;
    }
    if (now - pinged_ms >= options.ping_ms) {
        pinged_ms = now;
        s.link.ping();
    }
    if (now - heard_ms >= options.dead_ms) s.link.drop("the server is silent");
    sender.tick();
    tick_tasks();
    pump();
}

ClientState Client::Impl::state() const {
    if (s.failed()) return ClientState::failed;
    const bool job_done = !has_job || (s.report.passes > 0 && !running);
    const bool all_done = job_done && sender.idle();
    if (all_done && !s.job.follow && (has_job || s.report.ops_sent > 0)) {
        return ClientState::finished;
    }
    if (s.link.budget_used() && (phase == Phase::offline || quiet())) return ClientState::paused;
    if (phase == Phase::offline) return ClientState::offline;
    if (phase != Phase::ready) return ClientState::greeting;
    if (all_done) return ClientState::following;
    return ClientState::working;
}

Client::Client(ClientOptions options, LocalReplica& local)
    : impl_(std::make_unique<Impl>(std::move(options), local)) {}

Client::~Client() = default;

void Client::start(SyncJob job) {
    TOPGUN_ASSERT(!impl_->has_job, "a client has one job");
    impl_->has_job = true;
    impl_->s.job = std::move(job);
    impl_->choose_patience();
    impl_->s.link.set_budget(impl_->s.job.budget_bytes);
    if (impl_->phase != Impl::Phase::ready) return;
    impl_->begin_pass();
    impl_->start_follow();
    impl_->pump();
}

Status Client::send(std::span<const Op> ops) {
    if (impl_->s.failed()) return Error(Errc::usage, "the client has failed");
    if (!wants_ops()) return Error(Errc::limit, "too much waits to be sent");
    for (const auto& op : ops) impl_->sender.add(op, impl_->ops_origin);
    impl_->s.report.ops_sent += ops.size();
    if (impl_->phase == Impl::Phase::ready) impl_->pump();
    return {};
}

bool Client::wants_ops() const {
    return !impl_->s.failed() && impl_->sender.queued_bytes() < kMostQueuedBytes;
}

std::size_t Client::queued_bytes() const {
    return impl_->sender.queued_bytes();
}

void Client::pass_again() {
    TOPGUN_ASSERT(impl_->has_job && impl_->s.job.follow, "only who stays has a next pass");
    impl_->hurry = true;
}

void Client::resume(std::uint64_t more_bytes) {
    const auto& traffic = impl_->s.report.traffic;
    const auto so_far = traffic.bytes_in + traffic.bytes_out;
    impl_->s.link.set_budget(more_bytes == 0 ? 0 : so_far + more_bytes);
    if (impl_->phase == Impl::Phase::ready) impl_->pump();
}

void Client::connected(std::uint64_t now_ms) {
    impl_->connected(now_ms);
}

void Client::disconnected(std::uint64_t now_ms) {
    impl_->s.link.tick(now_ms);
    impl_->disconnected();
}

void Client::receive(BytesView frame) {
    impl_->receive(frame);
}

void Client::tick(std::uint64_t now_ms) {
    impl_->tick(now_ms);
}

std::optional<Bytes> Client::take() {
    return impl_->s.link.take();
}

bool Client::wants_close() const {
    return impl_->s.link.is_open() && (impl_->over() || !impl_->s.link.drop_reason().empty());
}

bool Client::wants_connect() const {
    return !impl_->s.link.is_open() && !impl_->over();
}

std::uint64_t Client::retry_in_ms(Random& random) {
    const auto delay = std::min(kFirstRetryMs << std::min(impl_->attempts, 10u), kLastRetryMs);
    ++impl_->attempts;
    return delay / 2 + random.below(delay + 1);
}

ClientState Client::state() const {
    return impl_->state();
}

ClientReport Client::report() const {
    auto out = impl_->s.report;
    out.state = impl_->state();
    for (const auto& [id, map] : impl_->reports) out.maps.push_back(*map);
    return out;
}

PeerMemory Client::memory() const {
    return impl_->s.memory;
}

}  // namespace topgun::sync
