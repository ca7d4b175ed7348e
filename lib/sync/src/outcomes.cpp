// SPDX-License-Identifier: Apache-2.0
// The second half of a write: who may, what the storage made of it, and who hears of it.
#include <algorithm>
#include <mutex>
#include <shared_mutex>

#include "gate.hpp"
#include "records.hpp"
#include "services.hpp"
#include "topgun/replica/reserved.hpp"
#include "topgun/wire/codec.hpp"
#include "write_plan.hpp"

namespace topgun::sync {
namespace {

wire::ServerEvent event_of(const Op& op) {
    wire::ServerEvent out;
    out.map_name = std::string(op.map);
    out.key = std::string(op.key);
    switch (op.kind) {
        case OpKind::or_add:
            out.event_type = wire::EventType::or_add;
            out.or_record = or_record(op);
            out.or_tag = out.or_record->tag;
            break;
        case OpKind::or_remove:
            out.event_type = wire::EventType::or_remove;
            out.or_tag = std::string(op.tag);
            break;
        default:
            // A removal carries its tombstone: TopGun's client passes over one that does not.
            out.event_type =
                op.kind == OpKind::remove ? wire::EventType::remove : wire::EventType::put;
            out.record = lww_record(op);
    }
    return out;
}

}  // namespace

/// Neighbours in a batch that are of one map, and what holds for all of them.
struct Hub::MapRun {
    MapId id;
    bool heard = false;     // somebody other than the writer follows the map
    bool listened = false;  // and so do listeners
    bool changed = false;
    std::uint64_t now_ms = 0;

    bool holds(const Op& op) const { return id.name == op.map && id.kind == map_kind_of(op.kind); }
};

bool Hub::removed_tag(std::string_view map, std::string_view tag) const {
    const auto& shared = maps_->shared();
    const std::shared_lock lock(shared.mutex);
    const auto* found = shared.replica.find({std::string(map), MapKind::or_map});
    return found != nullptr && std::get<OrMap>(found->crdt).is_removed(tag);
}

// With what is written, or for a deletion with what is deleted.
Status Hub::may_change(const Op& op, const RequestContext& context) const {
    const MapId map{std::string(op.map), map_kind_of(op.kind)};
    if (op.kind == OpKind::or_remove) return may_remove_tag(map, op.tag, context);
    if (op.kind != OpKind::remove) {
        return gate_->may_change(PolicyAction::write, map, context, ValueView(op.value));
    }
    Bytes stored = Bytes(1, '\xc0');
    const auto found = find_rows(maps_->shared(), map, op.key, [&](const MapId&, const Row& row) {
        if (!row.value.empty()) stored = Bytes(row.value);
        return Status();
    });
    TOPGUN_ASSERT(found, "looking at a row cannot fail");
    return gate_->may_change(PolicyAction::remove, map, context, ValueView(stored));
}

// A removed tag counts for the whole map: with what every key has under it, whichever key the op
// names.
Status Hub::may_remove_tag(const MapId& map, std::string_view tag,
                           const RequestContext& context) const {
    const auto& shared = maps_->shared();
    const std::shared_lock lock(shared.mutex);
    const auto* found = shared.replica.find(map);
    if (found == nullptr) return gate_->may_remove_unseen(map, context);
    const auto& records = std::get<OrMap>(found->crdt);
    // Clients say again what has long been removed.
    if (records.is_removed(tag)) {
        return gate_->may_change(PolicyAction::remove, map, context, ValueView());
    }
    const auto holders = records.find_tagged(tag);
    if (holders.empty()) return gate_->may_remove_unseen(map, context);
    for (const auto& [key, record] : holders) {
        TOPGUN_TRY(gate_->may_change(PolicyAction::remove, map, context, ValueView(record.value)));
    }
    return {};
}

void Hub::drop_denied(Plan& plan, const RequestContext& context) {
    if (!gate_->closed()) return;
    auto& out = plan.out;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < plan.ops.size(); ++i) {
        if (auto allowed = may_change(plan.ops[i], context); !allowed) {
            ++counters_.denied;
            auto reason = std::move(allowed).error().message();
            if (options_.reject_style == RejectStyle::error && out.denied.empty()) {
                out.denied = reason;
            }
            plan.reject(plan.origin[i], 403, std::move(reason));
            continue;
        }
        plan.ops[kept] = plan.ops[i];
        plan.origin[kept] = plan.origin[i];
        plan.restamped[kept] = plan.restamped[i];
        ++kept;
    }
    if (!out.denied.empty()) kept = 0;
    plan.ops.resize(kept);
    plan.origin.resize(kept);
    plan.restamped.resize(kept);
}

// What all writes end with.
// @param came  how many ops, the rejected ones included. @param asking  null when nobody is asked
// for permission.
Result<Hub::Written> Hub::carry_out(Plan& plan, std::size_t came, const RequestContext* asking,
                                    std::uint64_t writer) {
    counters_.ops += came;
    if (asking != nullptr) drop_denied(plan, *asking);
    if (!plan.ops.empty()) TOPGUN_TRY(store(plan, writer));
    auto& rejections = plan.out.rejections;
    std::sort(rejections.begin(), rejections.end(),
              [](const Rejection& a, const Rejection& b) { return a.index < b.index; });
    counters_.ops_rejected += rejections.size();
    return std::move(plan.out);
}

Hub::MapRun Hub::run_of(const Op& op, std::uint64_t writer) const {
    MapRun run;
    run.id = {std::string(op.map), map_kind_of(op.kind)};
    run.now_ms = time_.now_ms();
    run.listened = !listeners_.empty() && !is_reserved_name(run.id.name);
    // Whoever begins to follow later finds the change in the state. With nobody else there, an
    // event would cost more than the merge.
    const auto followers = followers_.find(run.id.name);
    run.heard = run.id.kind != MapKind::counter && followers != followers_.end() &&
                (followers->second.size() > 1 || !followers->second.contains(writer));
    return run;
}

Status Hub::store(Plan& plan, std::uint64_t writer) {
    auto report = maps_->apply_checked(plan.ops);
    if (!report) return std::move(report).error();
    plan.out.sequence = report->sequence;
    Release release;
    release.sequence = report->sequence;
    release.writer = writer;
    const auto now = clock_.now();
    std::optional<MapRun> run;
    for (std::size_t i = 0; i < report->outcomes.size(); ++i) {
        const auto& op = plan.ops[i];
        const auto outcome = report->outcomes[i];
        if (outcome == OpOutcome::equal) ++counters_.ops_repeated;
        if (outcome == OpOutcome::lost) ++counters_.ops_lost;
        if (changed_state(outcome)) {
            if (!run || !run->holds(op)) run = run_of(op, writer);
            // By our own clock: the op's stamp may be older than what HTTP clients have seen.
            if (!std::exchange(run->changed, true)) changed_[run->id] = now;
            note_change(op, *run, release);
        }
        if (outcome != OpOutcome::refused) echo(plan, i, outcome, plan.out);
    }
    for (const auto& refusal : report->refusals) {
        const std::uint32_t code = refusal.error.code() == Errc::usage ? 403 : 400;
        plan.reject(plan.origin[refusal.index], code, refusal.error.message());
    }
    if (!release.events.empty() || !release.directed.empty() || !release.changes.empty()) {
        releases_.push_back(std::move(release));
    }
    return {};
}

void Hub::note_change(const Op& op, const MapRun& run, Release& release) {
    ++counters_.ops_applied;
    if (run.heard) {
        const auto seen = gate_->closed() ? op.value : BytesView();
        release.events.push_back({event_of(op), Bytes(seen)});
    }
    if (run.listened) release.changes.emplace_back(op);
    Outbox outbox(release);
    services_->changed({op, run.id, release.writer, run.now_ms}, outbox);
}

// The writer goes on believing in its own stamp, or in a tag that is gone, unless it is told: no
// walk would show it either.
void Hub::echo(const Plan& plan, std::size_t at, OpOutcome outcome, Written& out) const {
    const auto& op = plan.ops[at];
    if (plan.restamped[at] && outcome != OpOutcome::lost) {
        out.echoes.push_back(wire::encoded(event_of(op)));
    } else if (op.kind == OpKind::or_add && outcome == OpOutcome::lost &&
               removed_tag(op.map, op.tag)) {
        auto removal = op;
        removal.kind = OpKind::or_remove;
        out.echoes.push_back(wire::encoded(event_of(removal)));
    }
}

Result<std::uint64_t> Hub::keep(std::string_view map, std::string_view key, BytesView value) {
    const auto stamp = clock_.now();
    Op op;
    op.kind = value.empty() ? OpKind::remove : OpKind::put;
    op.map = map;
    op.key = key;
    op.value = value;
    op.stamp = stamp.view();
    auto report = maps_->apply_checked({&op, 1});
    if (!report) return std::move(report).error();
    if (!report->refusals.empty()) return std::move(report->refusals.front().error);
    return report->sequence;
}

}  // namespace topgun::sync
