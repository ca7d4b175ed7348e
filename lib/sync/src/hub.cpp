// SPDX-License-Identifier: Apache-2.0
#include "topgun/sync/hub.hpp"

#include <algorithm>
#include <mutex>
#include <shared_mutex>

#include "gate.hpp"
#include "hex_text.hpp"
#include "names.hpp"
#include "policy_store.hpp"
#include "search_settings.hpp"
#include "send.hpp"
#include "services.hpp"
#include "topgun/base/sha2.hpp"
#include "topgun/sync/device_key.hpp"

namespace topgun::sync {
namespace {

std::string device_key(const HubOptions& options, Entropy& entropy) {
    if (!options.device_key.empty()) return options.device_key;
    if (!options.jwt.secret.empty()) return hmac_sha256(options.jwt.secret, "device key");
    return draw_device_key(entropy);
}

// Events of one map as messages, none much larger than a reply to a walk.
template <typename Event>
std::vector<SharedFrame> event_frames(const std::vector<const Event*>& events, bool in_batches) {
    constexpr std::size_t kMostEvents = 256, kMostBytes = std::size_t{256} << 10;
    std::vector<SharedFrame> out;
    wire::ServerBatchEvent batch;
    std::size_t bytes = 0;
    const auto close = [&] {
        if (batch.events.size() == 1) {
            out.push_back(std::make_shared<const Bytes>(wire::encoded(batch.events.front())));
        } else if (!batch.events.empty()) {
            out.push_back(std::make_shared<const Bytes>(wire::encoded(batch)));
        }
        batch.events.clear();
        bytes = 0;
    };
    for (const auto* event : events) {
        batch.events.push_back(event->event);
        if (event->event.record) bytes += event->event.record->value.bytes.size();
        if (event->event.or_record) bytes += event->event.or_record->value.bytes.size();
        if (!in_batches || batch.events.size() >= kMostEvents || bytes >= kMostBytes) close();
    }
    close();
    return out;
}

}  // namespace

Result<std::unique_ptr<Hub>> Hub::create(HubOptions options, ServerStorage& storage,
                                         const TimeSource& time, Entropy& entropy) {
    const auto& jwt = options.jwt;
    if (options.auth == AuthMode::token && jwt.secret.empty() && !jwt.rs256) {
        return Error(Errc::usage, "tokens cannot be checked without a secret");
    }
    // A public key kept as a secret would also make device credentials that anybody can forge.
    if (is_pem(jwt.secret)) return Error(Errc::usage, "a key in PEM form is no secret");
    if (options.max_drift_ms > Hlc::kMostLeadMs) {
        return Error(Errc::usage, "clocks may be 366 days apart at most");
    }
    auto clock = Hlc::create(options.node_id, time, DriftPolicy::accept, options.max_drift_ms);
    if (!clock) return std::move(clock).error();
    TOPGUN_TRY(check_settings(options.search));
    auto gate = std::make_unique<Gate>(options.guard, options.admin_subjects);
    // The hub's own writes do not come this way: it asks with what is written.
    auto maps = StoredMaps::open(storage, [gate = gate.get()](const MapId& map, MapAccess access,
                                                              const RequestContext& who) {
        if (is_reserved_name(map.name)) {
            return Status(Error(Errc::usage, "map name is reserved"));
        }
        return access == MapAccess::read ? gate->may_read(map, who)
                                         : gate->may_change(PolicyAction::write, map, who, {});
    });
    if (!maps) return std::move(maps).error();
    TOPGUN_TRY(load_policies((*maps)->shared(), gate->policies()));
    // What an earlier process stamped must not be stamped again (TG-SYN-002).
    clock->resume((*maps)->largest_stamp().view());
    options.device_key = device_key(options, entropy);
    return std::unique_ptr<Hub>(new Hub(std::move(options), std::move(gate),
                                        std::move(maps).value(), std::move(clock).value(), time,
                                        entropy));
}

Hub::Hub(HubOptions options, std::unique_ptr<Gate> gate, std::unique_ptr<StoredMaps> maps,
         Hlc clock, const TimeSource& time, Entropy& entropy)
    : options_(std::move(options)),
      gate_(std::move(gate)),
      maps_(std::move(maps)),
      clock_(std::move(clock)),
      time_(time),
      entropy_(entropy),
      start_(clock_.now()) {
    services_ = std::make_unique<Services>(*this);
}

ChangeListener::~ChangeListener() = default;
Hub::~Hub() = default;

std::uint64_t Hub::policy_round() const noexcept {
    return services_->live_queries.policy_round();
}

std::unique_ptr<Connection> Hub::connect() {
    std::unique_ptr<Connection> peer(new Connection(*this, next_id_++));
    peers_.emplace(peer->id(), peer.get());
    ++counters_.connections;
    return peer;
}

void Hub::tick(std::uint64_t now_ms) {
    services_->tick(now_ms);
    settle();
}

Result<query::QueryPage> Hub::query(const MapId& map, const query::Query& query,
                                    const RequestContext& context) {
    return services_->live_queries.run(map, query, context);
}

void Hub::query(const MapId& map, const query::Query& query, const RequestContext& context,
                std::function<void(Result<query::QueryPage>)> done) {
    services_->live_queries.run(map, query, context, std::move(done));
}

void Hub::run_apart(std::function<void()> work, std::function<void()> done) {
    if (apart_) return apart_(std::move(work), std::move(done));
    work();
    done();
}

bool Hub::is_large(const MapId& map) const {
    const auto& shared = maps_->shared();
    const std::shared_lock lock(shared.mutex);
    const auto* found = shared.replica.find(map);
    if (found == nullptr) return false;
    std::size_t records = 0;
    if (const auto* lww = std::get_if<LwwMap>(&found->crdt)) records = lww->size();
    if (const auto* ormap = std::get_if<OrMap>(&found->crdt)) records = ormap->records();
    return records >= options_.limits.apart_records;
}

void Hub::sql(std::string text, const RequestContext& context,
              std::function<void(Result<SqlResult>, std::uint64_t)> done) {
    services_->sql_queries.run(std::move(text), context, 0, [done = std::move(done)](auto answer) {
        if (!answer) return done(std::move(answer).error(), 0);
        done(std::move(answer->result), answer->sequence);
    });
}

std::vector<std::uint64_t> Hub::take_ready() {
    for (const auto id : ready_) {
        const auto found = peers_.find(id);
        if (found != peers_.end()) found->second->ready_ = false;
    }
    return std::exchange(ready_, {});
}

void Hub::disconnect(Connection& peer) {
    if (peers_.erase(peer.id()) == 0) return;
    services_->gone(peer);
    const auto device = devices_.find(peer.identity_);
    if (device != devices_.end() && device->second == peer.id()) devices_.erase(device);
    for (const auto& map : peer.maps_) {
        const auto found = followers_.find(map);
        if (found == followers_.end()) continue;
        found->second.erase(peer.id());
        if (found->second.empty()) followers_.erase(found);
    }
}

Result<wire::HttpSearchResult> Hub::search(const wire::HttpSearch& asked,
                                           const RequestContext& context) {
    return services_->searches.answer(asked, context);
}

void Hub::take_over(Connection& peer) {
    peer.identity_ = peer.device_id_ + '\n';
    if (peer.context_.principal) peer.identity_ += peer.context_.principal->id;
    const auto [at, added] = devices_.try_emplace(peer.identity_, peer.id());
    if (added) return;
    const auto older = peers_.find(std::exchange(at->second, peer.id()));
    if (older == peers_.end() || older->second == &peer) return;
    ++counters_.taken_over;
    older->second->close(CloseCode::normal, "replaced by a newer connection");
}

Result<Principal> Hub::verify(std::string_view token, std::uint64_t* good_until_ms) const {
    return verify_jwt(token, options_.jwt, time_.now_ms(), good_until_ms);
}

std::string Hub::device_credential(std::string_view device, const RequestContext& context) const {
    // Bound to who presents it, so that one principal cannot take over another's device.
    auto text = std::string(device) + '\n';
    if (context.principal) text += context.principal->id;
    return std::string(device) + '.' + hex_text(hmac_sha256(options_.device_key, text));
}

Timestamp Hub::changed_at(const MapId& map) const {
    const auto found = changed_.find(map);
    return found == changed_.end() ? start_ : found->second;
}

void Hub::reply_when_durable(std::uint64_t sequence, std::uint64_t writer,
                             std::vector<Bytes> replies) {
    Release release;
    release.sequence = sequence;
    release.writer = writer;
    release.replies = std::move(replies);
    const auto peer = peers_.find(writer);
    if (peer != peers_.end()) {
        release.counted = true;
        ++peer->second->unsettled_;
    }
    releases_.push_back(std::move(release));
}

// Followers of one map mostly get the same, which is then encoded once for all.
void Hub::tell_followers(const Release& release) {
    std::map<std::string_view, std::vector<const Event*>> by_map;
    for (const auto& event : release.events) by_map[event.event.map_name].push_back(&event);
    for (const auto& [map, events] : by_map) {
        const auto found = followers_.find(std::string(map));
        if (found == followers_.end()) continue;
        const auto tell = [this](Connection& peer, const std::vector<SharedFrame>& frames,
                                 std::size_t count) {
            counters_.events += count;
            for (const auto& frame : frames) peer.send_frame(frame);
        };
        std::vector<SharedFrame> for_all;
        // A copy: a slow consumer leaves the set while it is walked.
        const auto ids = found->second;
        for (const auto id : ids) {
            const auto peer = peers_.find(id);
            if (id == release.writer || peer == peers_.end()) continue;
            if (gate_->closed()) {
                auto seen = events;
                std::erase_if(seen, [&](const Event* event) {
                    return !gate_->shows(map, event->value, peer->second->context_);
                });
                if (seen.size() < events.size()) {
                    tell(*peer->second, event_frames(seen, options_.batch_events), seen.size());
                    continue;
                }
            }
            if (for_all.empty()) for_all = event_frames(events, options_.batch_events);
            tell(*peer->second, for_all, events.size());
        }
    }
}

void Hub::deliver(Release& release) {
    if (!release.events.empty()) tell_followers(release);
    for (auto& directed : release.directed) {
        const auto peer = peers_.find(directed.peer);
        if (peer == peers_.end() || directed.subject.expired()) continue;
        ++counters_.events;
        peer->second->send_frame(std::move(directed.frame));
    }
    if (!release.changes.empty()) {
        // A copy: a listener may leave while it is told.
        for (auto* listener : std::vector(listeners_)) {
            listener->on_changes(release.changes, release.writer);
        }
    }
    const auto writer = peers_.find(release.writer);
    if (writer == peers_.end()) return;
    auto& peer = *writer->second;
    if (release.counted) --peer.unsettled_;
    for (auto& reply : release.replies) peer.send_frame(std::move(reply));
}

void Hub::settle() {
    const auto durable = maps_->storage().durable();
    while (!releases_.empty() && releases_.front().sequence <= durable) {
        auto release = std::move(releases_.front());
        releases_.pop_front();
        deliver(release);
    }
    services_->settled(durable);
}

void Hub::storage_failed(const Error& error) {
    ++counters_.storage_failures;
    settle();
    // Where the storage tries again, what waits goes on waiting.
    if (!maps_->storage().stats().failed) return;
    std::set<std::uint64_t> writers;
    for (const auto& release : releases_) {
        const auto writer = peers_.find(release.writer);
        if (!release.counted || writer == peers_.end()) continue;
        --writer->second->unsettled_;
        writers.insert(release.writer);
    }
    releases_.clear();
    for (const auto id : writers) {
        const auto writer = peers_.find(id);
        if (writer == peers_.end()) continue;
        writer->second->send_error(500, "not stored: " + error.message());
    }
}

}  // namespace topgun::sync
