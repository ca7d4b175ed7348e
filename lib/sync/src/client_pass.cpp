// SPDX-License-Identifier: Apache-2.0
// Passes of a client's job: which maps, how many at a time, and what each message is for.
#include <algorithm>
#include <shared_mutex>

#include "client_impl.hpp"
#include "topgun/replica/reserved.hpp"

namespace topgun::sync {
namespace {

// Maps that are worked on at a time: more would only multiply what is held for them.
constexpr std::size_t kMapsAtOnce = 16;

}  // namespace

MapReport& Client::Impl::report_of(const MapId& id) {
    auto& slot = reports[id];
    if (!slot) {
        slot = std::make_unique<MapReport>();
        slot->map = id;
    }
    return *slot;
}

void Client::Impl::begin_pass() {
    running = true;
    hurry = false;
    next_pass_ms.reset();
    s.covered_epoch.reset();
    tasks.clear();
    order.clear();
    started = 0;
    reconcile.stop();
    plan();
}

// What an endpoint keeps for itself stays in its folder.
std::vector<MapId> Client::Impl::maps_here() const {
    auto maps = read_live(s.local.shared())->maps();
    std::erase_if(maps, [](const MapId& id) { return is_reserved_name(id.name); });
    return maps;
}

// Where there is something to do with a server that lists no maps, one that does not answer a
// greeting of ours is soon taken for such.
void Client::Impl::choose_patience() {
    const bool knows_maps = !has_job || !s.job.maps.empty() || !maps_here().empty();
    foreign_after_ms = knows_maps ? s.options.silence_ms : s.options.handshake_ms;
}

void Client::Impl::plan() {
    if (!s.job.maps.empty()) {
        order = s.job.maps;
    } else {
        order = maps_here();
        if (order.empty() && !s.own_server()) {
            s.fail(Error(Errc::usage, "the server does not list its maps: name them"));
        }
    }
    std::sort(order.begin(), order.end());
    order.erase(std::unique(order.begin(), order.end()), order.end());
    if (s.own_server() && s.job.method == SyncMethod::automatic) {
        reconcile.start(order, s.job.maps.empty());
        started = order.size();
    }
}

bool Client::Impl::syncs(const MapId& id) const {
    // Also maps that are newer than the pass.
    if (s.job.maps.empty() && s.own_server()) return !is_reserved_name(id.name);
    return std::binary_search(order.begin(), order.end(), id) || reconcile.maps().contains(id);
}

void Client::Impl::add_task(const MapId& id) {
    auto& report = report_of(id);
    report.done = report.equal = false;
    report.error.clear();
    switch (id.kind) {
        case MapKind::lww:
            tasks.emplace(id, std::make_unique<client::LwwWalk>(s, sender, report));
            break;
        case MapKind::or_map:
            tasks.emplace(id, std::make_unique<client::OrWalk>(s, sender, report));
            break;
        case MapKind::counter:
            tasks.emplace(id, std::make_unique<client::CounterSync>(s, sender, report));
            break;
    }
}

void Client::Impl::pump() {
    if (phase != Phase::ready || s.failed()) return;
    if (running) {
        // Finished tasks go; others take their place.
        std::erase_if(tasks, [](const auto& entry) {
            return std::visit([](const auto& one) { return one->done(); }, entry.second);
        });
        while (tasks.size() < kMapsAtOnce && started < order.size()) add_task(order[started++]);
        for (auto& [id, task] : tasks) {
            std::visit([](auto& one) { one->pump(); }, task);
        }
    }
    if (running) reconcile.pump();
    sender.pump();
    if (pass_done()) end_pass();
}

bool Client::Impl::pass_done() const {
    if (!running || started < order.size() || !sender.idle() || !reconcile.done()) return false;
    return std::all_of(tasks.begin(), tasks.end(), [](const auto& entry) {
        return std::visit([](const auto& one) { return one->done(); }, entry.second);
    });
}

// Nothing is under way, so that a pause loses nothing.
bool Client::Impl::quiet() const {
    return !sender.in_flight() && !reconcile.waiting() &&
           std::none_of(tasks.begin(), tasks.end(), [](const auto& entry) {
               return std::visit([](const auto& one) { return one->waiting(); }, entry.second);
           });
}

void Client::Impl::end_pass() {
    running = false;
    tasks.clear();
    ++s.report.passes;
    if (s.pulls()) {
        if (auto flushed = s.local.flush(); !flushed) {
            return s.fail(std::move(flushed).error().within("local state"));
        }
        if (s.covered_epoch && *s.covered_epoch > 0) {
            s.link.send(wire::ClientApplyAck{*s.covered_epoch});
        }
    }
    if (s.job.follow) next_pass_ms = s.link.now_ms() + s.job.resync_ms;
}

void Client::Impl::tick_tasks() {
    if (next_pass_ms && (hurry || s.link.now_ms() >= *next_pass_ms)) begin_pass();
    for (auto& [id, task] : tasks) {
        std::visit([](auto& one) { one->tick(); }, task);
    }
    reconcile.tick();
}

// TopGun's server sends changes only of maps on which there is a query.
void Client::Impl::start_follow() {
    if (!has_job || !s.job.follow || s.own_server() || !s.pulls()) return;
    for (const auto& id : order) {
        if (id.kind == MapKind::counter) continue;
        wire::QuerySub query;
        query.query_id = "follow-" + id.name;
        query.map_name = id.name;
        // One row is enough for the events, and all that comes in vain.
        query.query.limit = 1;
        s.link.send(query);
    }
}

template <typename Walk>
Walk* Client::Impl::task_of(std::string_view map, MapKind kind) {
    const auto found = tasks.find(MapId{std::string(map), kind});
    if (found == tasks.end()) return nullptr;
    auto* task = std::get_if<std::unique_ptr<Walk>>(&found->second);
    return task == nullptr ? nullptr : task->get();
}

void Client::Impl::on(const wire::ErrorMessage& message) {
    s.report.last_error = std::to_string(message.code) + " " + message.message;
    sender.hear(message);
}

void Client::Impl::on(const wire::OpAck& message) {
    sender.hear(message);
}

void Client::Impl::on(const wire::OpRejected& message) {
    sender.hear(message);
}

void Client::Impl::on(const wire::SyncRespRoot& message) {
    if (auto* walk = task_of<client::LwwWalk>(message.map_name, MapKind::lww)) {
        walk->hear_root(message.root_hash);
    }
}

void Client::Impl::on(const wire::SyncRespBuckets& message) {
    if (auto* walk = task_of<client::LwwWalk>(message.map_name, MapKind::lww)) {
        walk->hear_buckets(message.path, message.buckets);
    }
}

void Client::Impl::on(const wire::SyncRespLeaf& message) {
    if (auto* walk = task_of<client::LwwWalk>(message.map_name, MapKind::lww)) {
        walk->hear_leaf(message, frame_bytes);
    }
}

void Client::Impl::on(const wire::SyncResetRequired& message) {
    // To drop local records is not for a machine to decide that was only asked to sync.
    for (const auto kind : {MapKind::lww, MapKind::or_map}) {
        const auto why = "the server wants the map to be dropped first: " + message.reason;
        if (auto* lww = task_of<client::LwwWalk>(message.map_name, kind)) lww->give_up(why);
        if (auto* ormap = task_of<client::OrWalk>(message.map_name, kind)) ormap->give_up(why);
    }
}

void Client::Impl::on(const wire::OrMapSyncRespRoot& message) {
    if (auto* walk = task_of<client::OrWalk>(message.map_name, MapKind::or_map)) {
        walk->hear_root_message(message);
    }
}

void Client::Impl::on(const wire::OrMapSyncRespBuckets& message) {
    if (auto* walk = task_of<client::OrWalk>(message.map_name, MapKind::or_map)) {
        walk->hear_buckets(message.path, message.buckets);
    }
}

void Client::Impl::on(const wire::OrMapSyncRespLeaf& message) {
    if (auto* walk = task_of<client::OrWalk>(message.map_name, MapKind::or_map)) {
        walk->hear_leaf(message, frame_bytes);
    }
}

void Client::Impl::on(const wire::OrMapDiffResponse& message) {
    sender.hear(message);
}

void Client::Impl::on(const wire::CounterResponse& message) {
    if (auto* counter = task_of<client::CounterSync>(message.name, MapKind::counter)) {
        counter->hear(message.state, true);
    }
}

void Client::Impl::on(const wire::CounterUpdate& message) {
    sender.hear(message);
    if (auto* counter = task_of<client::CounterSync>(message.name, MapKind::counter)) {
        counter->hear(message.state, false);
    }
}

void Client::Impl::on(const wire::ServerEvent& message) {
    merge_event(message);
}

void Client::Impl::on(const wire::ServerBatchEvent& message) {
    for (const auto& event : message.events) merge_event(event);
}

void Client::Impl::merge_event(const wire::ServerEvent& event) {
    if (phase != Phase::ready || !has_job || !s.pulls()) return;
    Op op;
    op.map = event.map_name;
    op.key = event.key;
    Timestamp stamp;
    switch (event.event_type) {
        case wire::EventType::put:
        case wire::EventType::remove:
            op.kind = OpKind::remove;
            if (event.record) {
                op.stamp = event.record->timestamp.view();
                if (!event.record->value.is_nil()) {
                    op.kind = OpKind::put;
                    op.value = event.record->value.bytes;
                    op.ttl_ms = event.record->ttl_ms.value_or(kNoTtl);
                }
            } else {
                // TopGun's server says that a key went, and not when.
                if (event.event_type != wire::EventType::remove || s.options.clock == nullptr) {
                    return;
                }
                Timestamp there;
                static_cast<void>(find_rows(s.local.shared(), {event.map_name, MapKind::lww},
                                            event.key, [&](const MapId&, const Row& row) {
                                                there = Timestamp(row.stamp);
                                                return Status();
                                            }));
                if (there.node_id.empty()) return;
                stamp = s.stamp_after(there.view());
                op.stamp = stamp.view();
            }
            break;
        case wire::EventType::or_add:
            if (!event.or_record || event.or_record->tag.empty()) return;
            op.kind = OpKind::or_add;
            op.stamp = event.or_record->timestamp.view();
            op.value = event.or_record->value.bytes;
            op.ttl_ms = event.or_record->ttl_ms.value_or(kNoTtl);
            op.tag = event.or_record->tag;
            break;
        case wire::EventType::or_remove:
            if (!event.or_tag || event.or_tag->empty()) return;
            op.kind = OpKind::or_remove;
            op.tag = *event.or_tag;
            break;
    }
    const MapId id{event.map_name, map_kind_of(op.kind)};
    if (!syncs(id)) return;
    auto& report = report_of(id);
    ++report.received;
    if (op.kind != OpKind::or_remove && !client::usable_stamp(op.stamp)) {
        ++report.malformed;
        return;
    }
    s.store({&op, 1}, report);
}

}  // namespace topgun::sync
