// SPDX-License-Identifier: Apache-2.0
// From ops as they came to what is stored: checks, stamps, outcomes, events.
#include <algorithm>
#include <mutex>
#include <set>
#include <shared_mutex>

#include "gate.hpp"
#include "names.hpp"
#include "records.hpp"
#include "services.hpp"
#include "topgun/replica/reserved.hpp"
#include "topgun/sync/hub.hpp"
#include "topgun/wire/codec.hpp"

namespace topgun::sync {
namespace {

// Stamps given to writes from the future that are remembered; each is about 100 bytes.
constexpr std::size_t kArrivals = 65'536;

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

// The op's kind by the reference's order, and what it says; a text for what cannot be stored.
const char* classify(const wire::ClientOp& in, Op& op) {
    const bool removes = in.op_type == "REMOVE" || in.record.is_nil();
    if (!removes && in.or_record) {
        op.kind = OpKind::or_add;
        op.value = in.or_record->value.bytes;
        op.stamp = in.or_record->timestamp.view();
        op.ttl_ms = in.or_record->ttl_ms.value_or(kNoTtl);
        op.tag = in.or_record->tag;
        return op.tag.empty() ? "orRecord without a tag" : nullptr;
    }
    if (!removes && in.or_tag && in.or_record.is_absent()) {
        op.kind = OpKind::or_remove;
        op.tag = *in.or_tag;
        return op.tag.empty() ? "orTag is empty" : nullptr;
    }
    if (!removes && !in.record) return "there is no record to put";
    if (in.record)
        op.stamp = in.record->timestamp.view();
    else if (in.timestamp)
        op.stamp = in.timestamp->view();
    op.kind = removes || in.record->value.is_nil() ? OpKind::remove : OpKind::put;
    if (op.kind == OpKind::put) {
        op.value = in.record->value.bytes;
        op.ttl_ms = in.record->ttl_ms.value_or(kNoTtl);
    }
    return nullptr;
}

bool has_bad_node(const Op& op) {
    return op.kind != OpKind::or_remove &&
           (op.stamp.node.empty() || op.stamp.node.find(':') != std::string_view::npos);
}

}  // namespace

// Ops that are ready to be stored, with what they borrow from.
struct Hub::Plan {
    std::vector<Op> ops;
    std::vector<std::size_t> origin;  // of each op, among those that came
    std::vector<bool> restamped;
    std::deque<Timestamp> stamps;  // a deque keeps views valid

    void add(const Op& op, std::size_t from, bool with_new_stamp) {
        ops.push_back(op);
        origin.push_back(from);
        restamped.push_back(with_new_stamp);
    }
};

const Timestamp& Hub::arrival_stamp(const Op& op) {
    std::string name(op.map);
    name += '\0';
    name.append(op.key);
    name += '\0';
    name += format_stamp(op.stamp);
    const auto [found, added] = arrivals_.try_emplace(std::move(name));
    // One that was too far ahead once, and is no more, must not go on losing to itself.
    const bool passed = op.stamp.millis <= time_.now_ms() && found->second.view() < op.stamp;
    if (!added && !passed) return found->second;
    found->second = clock_.now();
    if (!added) return found->second;
    arrival_order_.push_back(found->first);
    if (arrival_order_.size() > kArrivals) {
        arrivals_.erase(arrival_order_.front());
        arrival_order_.pop_front();
    }
    return found->second;
}

void Hub::note_skew(const Stamp& stamp) {
    auto found = skews_.find(stamp.node);
    if (found == skews_.end()) {
        if (skews_.size() >= kSkewsKept) return;
        found = skews_.emplace(std::string(stamp.node), Skew{}).first;
    }
    const auto now = time_.now_ms();
    found->second.ahead_ms =
        std::max(found->second.ahead_ms, stamp.millis > now ? stamp.millis - now : 0);
    ++found->second.writes;
}

// False for a stamp that is too far ahead: it is noted, and the clock stays.
bool Hub::hear_stamp(const Stamp& stamp) {
    const bool ahead = stamp.millis > time_.now_ms() + options_.max_drift_ms;
    if (!ahead && clock_.update(stamp)) return true;
    ++counters_.drifted;
    note_skew(stamp);
    return false;
}

// Hears the op's stamp, or gives it one. False when it is refused for being too far ahead.
bool Hub::settle_stamp(Op& op, Plan& plan) {
    if (op.kind == OpKind::or_remove) return true;
    const bool heard = hear_stamp(op.stamp);
    if (heard && !options_.restamp) return true;
    if (!heard && options_.on_drift == DriftAction::refuse) return false;
    // Between tags no stamp decides, so an OR-Map's record may keep its own: a new one would make
    // its hash differ from the client's for ever.
    if (op.kind == OpKind::or_add) return true;
    plan.stamps.push_back(arrival_stamp(op));
    op.stamp = plan.stamps.back().view();
    return true;
}

void Hub::plan_op(const IncomingOp& in, std::size_t index, Plan& plan, Written& out) {
    const auto reject = [&](std::uint32_t code, std::string reason) {
        out.rejections.push_back({index, code, std::move(reason)});
    };
    if (!in.fault.empty()) return reject(400, in.fault);
    if (const char* fault = name_fault(in.op.map_name)) return reject(403, fault);
    Op op;
    op.map = in.op.map_name;
    op.key = in.op.key;
    if (in.op.id) op.id = *in.op.id;
    if (const char* fault = classify(in.op, op)) return reject(400, fault);
    const bool unstamped = op.kind == OpKind::remove && !in.op.record && !in.op.timestamp;
    if (unstamped) {
        plan.stamps.push_back(clock_.now());
        op.stamp = plan.stamps.back().view();
    }
    if (has_bad_node(op)) return reject(400, "timestamp without a usable nodeId");
    const auto claimed = op.stamp;
    if (!settle_stamp(op, plan)) return reject(400, "timestamp is too far ahead");
    plan.add(op, index, unstamped || op.stamp != claimed);
}

bool Hub::removed_tag(std::string_view map, std::string_view tag) const {
    const auto& shared = maps_->shared();
    const std::shared_lock lock(shared.mutex);
    const auto* found = shared.replica.find({std::string(map), MapKind::or_map});
    return found != nullptr && std::get<OrMap>(found->crdt).is_removed(tag);
}

void Hub::note_outcome(const Plan& plan, std::size_t at, OpOutcome outcome, Release& release,
                       Written& out) {
    const auto& op = plan.ops[at];
    if (outcome == OpOutcome::refused) return;
    if (outcome == OpOutcome::equal) ++counters_.ops_repeated;
    if (outcome == OpOutcome::lost) ++counters_.ops_lost;
    if (changed_state(outcome)) {
        ++counters_.ops_applied;
        const MapId id{std::string(op.map), map_kind_of(op.kind)};
        // Whoever begins to follow later finds the change in the state. With nobody else there, an
        // event would cost more than the merge.
        const auto followers = followers_.find(id.name);
        const bool heard =
            followers != followers_.end() &&
            (followers->second.size() > 1 || !followers->second.contains(release.writer));
        if (heard && op.kind != OpKind::counter) {
            const auto seen = gate_->closed() ? op.value : BytesView();
            release.events.push_back({event_of(op), Bytes(seen)});
        }
        if (!listeners_.empty() && !is_reserved_name(id.name)) release.changes.emplace_back(op);
        Outbox outbox(release);
        services_->changed({op, id, release.writer, time_.now_ms()}, outbox);
    }
    // The writer goes on believing in its own stamp, or in a tag that is gone, unless it is told:
    // no walk would show it either.
    if (plan.restamped[at] && outcome != OpOutcome::lost) {
        out.echoes.push_back(wire::encoded(event_of(op)));
    } else if (op.kind == OpKind::or_add && outcome == OpOutcome::lost &&
               removed_tag(op.map, op.tag)) {
        auto removal = op;
        removal.kind = OpKind::or_remove;
        out.echoes.push_back(wire::encoded(event_of(removal)));
    }
}

// With what is written, or for a deletion with what is deleted.
Status Hub::may_change(const Op& op, const RequestContext& context) const {
    const MapId map{std::string(op.map), map_kind_of(op.kind)};
    const bool removes = op.kind == OpKind::remove || op.kind == OpKind::or_remove;
    const auto action = removes ? PolicyAction::remove : PolicyAction::write;
    if (!removes) return gate_->may_change(action, map, context, ValueView(op.value));
    Bytes stored = Bytes(1, '\xc0');
    if (op.kind == OpKind::remove || !op.key.empty()) {
        const auto found =
            find_rows(maps_->shared(), map, op.key, [&](const MapId&, const Row& row) {
                if (!row.value.empty() && row.tag == op.tag) stored = Bytes(row.value);
                return Status();
            });
        TOPGUN_ASSERT(found, "looking at a row cannot fail");
    }
    return gate_->may_change(action, map, context, ValueView(stored));
}

void Hub::drop_denied(Plan& plan, const RequestContext& context, Written& out) {
    if (!gate_->closed()) return;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < plan.ops.size(); ++i) {
        if (auto allowed = may_change(plan.ops[i], context); !allowed) {
            ++counters_.denied;
            auto reason = std::move(allowed).error().message();
            if (options_.reject_style == RejectStyle::error && out.denied.empty()) {
                out.denied = reason;
            }
            out.rejections.push_back({plan.origin[i], 403, std::move(reason)});
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

Status Hub::store(Plan& plan, const RequestContext& context, std::uint64_t writer, Written& out) {
    drop_denied(plan, context, out);
    return store_allowed(plan, writer, out);
}

Status Hub::store_allowed(Plan& plan, std::uint64_t writer, Written& out) {
    std::sort(out.rejections.begin(), out.rejections.end(),
              [](const Rejection& a, const Rejection& b) { return a.index < b.index; });
    if (plan.ops.empty()) return {};
    auto report = maps_->apply_checked(plan.ops);
    if (!report) return std::move(report).error();
    out.sequence = report->sequence;
    Release release;
    release.sequence = report->sequence;
    release.writer = writer;
    const auto now = clock_.now();
    const Op* last = nullptr;  // that changed something: mostly all of a batch are of one map
    for (std::size_t i = 0; i < report->outcomes.size(); ++i) {
        note_outcome(plan, i, report->outcomes[i], release, out);
        const auto& op = plan.ops[i];
        const bool known = last != nullptr && last->map == op.map &&
                           map_kind_of(last->kind) == map_kind_of(op.kind);
        if (known || !changed_state(report->outcomes[i])) continue;
        // By our own clock: the op's stamp may be older than what HTTP clients have seen already.
        changed_[{std::string(op.map), map_kind_of(op.kind)}] = now;
        last = &op;
    }
    for (const auto& refusal : report->refusals) {
        const std::uint32_t code = refusal.error.code() == Errc::usage ? 403 : 400;
        out.rejections.push_back({plan.origin[refusal.index], code, refusal.error.message()});
    }
    std::sort(out.rejections.begin(), out.rejections.end(),
              [](const Rejection& a, const Rejection& b) { return a.index < b.index; });
    if (!release.events.empty() || !release.directed.empty() || !release.changes.empty()) {
        releases_.push_back(std::move(release));
    }
    return {};
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

Result<Hub::Written> Hub::apply(std::span<const Op> ops, const RequestContext& context,
                                std::uint64_t writer) {
    Written out;
    Plan plan;
    counters_.ops += ops.size();
    for (std::size_t i = 0; i < ops.size(); ++i) plan.add(ops[i], i, false);
    TOPGUN_TRY(store(plan, context, writer, out));
    counters_.ops_rejected += out.rejections.size();
    return out;
}

Result<Hub::Written> Hub::write(std::span<const IncomingOp> ops, const RequestContext& context,
                                std::uint64_t writer) {
    Written out;
    Plan plan;
    counters_.ops += ops.size();
    for (std::size_t i = 0; i < ops.size(); ++i) plan_op(ops[i], i, plan, out);
    TOPGUN_TRY(store(plan, context, writer, out));
    counters_.ops_rejected += out.rejections.size();
    return out;
}

Result<Hub::Written> Hub::merge(std::span<const Op> ops, const RequestContext& context,
                                std::uint64_t writer) {
    Written out;
    Plan plan;
    counters_.ops += ops.size();
    for (std::size_t i = 0; i < ops.size(); ++i) {
        auto op = ops[i];
        const bool stamped = op.kind != OpKind::counter;
        if (stamped && has_bad_node(op)) {
            out.rejections.push_back({i, 400, "timestamp without a usable nodeId"});
        } else if (stamped && !settle_stamp(op, plan)) {
            out.rejections.push_back({i, 400, "timestamp is too far ahead"});
        } else {
            plan.add(op, i, op.stamp != ops[i].stamp);
        }
    }
    TOPGUN_TRY(store(plan, context, writer, out));
    counters_.ops_rejected += out.rejections.size();
    return out;
}

Result<Hub::Written> Hub::absorb(std::span<const Op> ops, std::uint64_t writer) {
    Written out;
    Plan plan;
    counters_.ops += ops.size();
    for (std::size_t i = 0; i < ops.size(); ++i) {
        const bool stamped = ops[i].kind != OpKind::counter && ops[i].kind != OpKind::or_remove;
        if (stamped && has_bad_node(ops[i])) {
            out.rejections.push_back({i, 400, "timestamp without a usable nodeId"});
            continue;
        }
        if (stamped) hear_stamp(ops[i].stamp);
        plan.add(ops[i], i, false);
    }
    TOPGUN_TRY(store_allowed(plan, writer, out));
    counters_.ops_rejected += out.rejections.size();
    return out;
}

Result<Hub::Written> Hub::push(const wire::OrMapPushDiff& message, const RequestContext& context,
                               std::uint64_t writer) {
    Written out;
    Plan plan;
    Op op;
    op.map = message.map_name;
    // TopGun's client repeats all removed tags of the map with each entry.
    std::set<std::string_view> removed;
    op.kind = OpKind::or_remove;
    for (const auto& entry : message.entries) {
        op.key = entry.key;
        for (const auto& tag : entry.tombstones) {
            op.tag = tag;
            if (!tag.empty() && removed.insert(tag).second) plan.add(op, 0, false);
        }
    }
    op.kind = OpKind::or_add;
    for (const auto& entry : message.entries) {
        op.key = entry.key;
        for (const auto& record : entry.records) {
            op.value = record.value.bytes;
            op.stamp = record.timestamp.view();
            op.ttl_ms = record.ttl_ms.value_or(kNoTtl);
            op.tag = record.tag;
            const bool usable = !op.tag.empty() && !has_bad_node(op) && settle_stamp(op, plan);
            if (usable)
                plan.add(op, 0, false);
            else
                out.rejections.push_back({0, 400, "record without a usable tag or timestamp"});
        }
    }
    counters_.ops += plan.ops.size() + out.rejections.size();
    TOPGUN_TRY(store(plan, context, writer, out));
    counters_.ops_rejected += out.rejections.size();
    return out;
}

}  // namespace topgun::sync
