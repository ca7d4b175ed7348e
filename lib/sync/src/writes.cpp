// SPDX-License-Identifier: Apache-2.0
// The first half of a write: from ops as they came to what is to be stored; checks and stamps.
#include <algorithm>
#include <set>

#include "names.hpp"
#include "write_plan.hpp"

namespace topgun::sync {
namespace {

// Stamps given to writes from the future that are remembered; each is about 100 bytes.
constexpr std::size_t kArrivals = 65'536;

constexpr const char* kBadNode = "timestamp without a usable nodeId";
constexpr const char* kTooFarAhead = "timestamp is too far ahead";

// The op's kind by the reference's order, and what it says; a text for what cannot be stored.
const char* classify(const wire::ClientOpView& in, Op& op) {
    const bool removes = in.op_type == "REMOVE" || in.record.is_nil();
    if (!removes && in.or_record) {
        op.kind = OpKind::or_add;
        op.value = in.or_record->value.bytes();
        op.stamp = in.or_record->timestamp;
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
        op.stamp = in.record->timestamp;
    else if (in.timestamp)
        op.stamp = *in.timestamp;
    op.kind = removes || in.record->value.is_nil() ? OpKind::remove : OpKind::put;
    if (op.kind == OpKind::put) {
        op.value = in.record->value.bytes();
        op.ttl_ms = in.record->ttl_ms.value_or(kNoTtl);
    }
    return nullptr;
}

bool has_bad_node(const Op& op) {
    return op.kind != OpKind::or_remove &&
           (op.stamp.node.empty() || op.stamp.node.find(':') != std::string_view::npos);
}

}  // namespace

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

Result<Timestamp> Hub::stamp_over(std::string_view map, std::string_view key,
                                  const Timestamp& earlier) {
    auto stamp = clock_.now();
    auto before = earlier;
    const auto found = find_rows(maps_->shared(), {std::string(map), MapKind::lww}, key,
                                 [&before](const MapId&, const Row& row) {
                                     before = std::max(before, Timestamp(row.stamp));
                                     return Status();
                                 });
    TOPGUN_ASSERT(found, "looking at a row cannot fail");
    if (before < stamp) return stamp;
    // Of a writer whose clock was ahead, and which was kept: ours does not follow.
    stamp.millis = before.millis;
    stamp.counter = before.counter + 1;
    if (before.counter < kMaxCounter) return stamp;
    if (++stamp.millis > kMaxMillis) {
        return Error(Errc::limit, "the record has the last timestamp of all: it cannot be changed");
    }
    return stamp;
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
    const auto now = time_.now_ms();
    const bool ahead = stamp.millis > now && stamp.millis - now > options_.max_drift_ms;
    if (!ahead && clock_.update(stamp)) return true;
    ++counters_.drifted;
    note_skew(stamp);
    return false;
}

// Kept, such a stamp would beat every other for longer than anybody waits.
bool Hub::is_implausible(const Stamp& stamp) const {
    const auto now = time_.now_ms();
    return stamp.millis > now && stamp.millis - now > Hlc::kMostLeadMs;
}

// Hears the op's stamp, or gives it one. False when it is refused for being too far ahead.
bool Hub::settle_stamp(Op& op, Plan& plan) {
    if (op.kind == OpKind::or_remove) return true;
    const bool heard = hear_stamp(op.stamp);
    if (heard && !options_.restamp) return true;
    if (!heard && options_.on_drift == DriftAction::refuse) return false;
    // Between tags no stamp decides, so an OR-Map's record may keep its own: a new one would make
    // its hash differ from the client's for ever.
    if (op.kind == OpKind::or_add) return !is_implausible(op.stamp);
    plan.stamps.push_back(arrival_stamp(op));
    op.stamp = plan.stamps.back().view();
    return true;
}

void Hub::plan_op(const wire::ClientOpView& in, std::size_t index, Plan& plan) {
    const auto reject = [&](std::uint32_t code, const char* reason) {
        plan.reject(index, code, reason);
    };
    if (const char* fault = name_fault(in.map_name)) return reject(403, fault);
    Op op;
    op.map = in.map_name;
    op.key = in.key;
    if (in.id) op.id = *in.id;
    if (const char* fault = classify(in, op)) return reject(400, fault);
    const bool unstamped = op.kind == OpKind::remove && !in.record && !in.timestamp;
    if (unstamped) {
        plan.stamps.push_back(clock_.now());
        op.stamp = plan.stamps.back().view();
    }
    if (has_bad_node(op)) return reject(400, kBadNode);
    const auto claimed = op.stamp;
    if (!settle_stamp(op, plan)) return reject(400, kTooFarAhead);
    plan.add(op, index, unstamped || op.stamp != claimed);
}

Result<Hub::Written> Hub::write(std::span<const wire::ClientOpView> ops,
                                const RequestContext& context, std::uint64_t writer,
                                const OpFaults& faults) {
    Plan plan(ops.size());
    for (std::size_t i = 0; i < ops.size(); ++i) {
        const auto fault = faults.find(i);
        if (fault == faults.end())
            plan_op(ops[i], i, plan);
        else
            plan.reject(i, 400, fault->second);
    }
    return carry_out(plan, ops.size(), &context, writer);
}

Result<Hub::Written> Hub::apply(std::span<const Op> ops, const RequestContext& context,
                                std::uint64_t writer) {
    Plan plan(ops.size());
    for (std::size_t i = 0; i < ops.size(); ++i) plan.add(ops[i], i);
    return carry_out(plan, ops.size(), &context, writer);
}

Result<Hub::Written> Hub::merge(std::span<const Op> ops, const RequestContext& context,
                                std::uint64_t writer) {
    Plan plan(ops.size());
    for (std::size_t i = 0; i < ops.size(); ++i) {
        auto op = ops[i];
        const bool stamped = op.kind != OpKind::counter;
        if (stamped && has_bad_node(op)) {
            plan.reject(i, 400, kBadNode);
        } else if (stamped && !settle_stamp(op, plan)) {
            plan.reject(i, 400, kTooFarAhead);
        } else {
            plan.add(op, i, op.stamp != ops[i].stamp);
        }
    }
    return carry_out(plan, ops.size(), &context, writer);
}

Result<Hub::Written> Hub::absorb(std::span<const Op> ops, std::uint64_t writer) {
    Plan plan(ops.size());
    for (std::size_t i = 0; i < ops.size(); ++i) {
        const bool stamped = ops[i].kind != OpKind::counter && ops[i].kind != OpKind::or_remove;
        if (stamped && has_bad_node(ops[i])) {
            plan.reject(i, 400, kBadNode);
            continue;
        }
        if (stamped && !hear_stamp(ops[i].stamp) && is_implausible(ops[i].stamp)) {
            plan.reject(i, 400, kTooFarAhead);
            continue;
        }
        plan.add(ops[i], i);
    }
    return carry_out(plan, ops.size(), nullptr, writer);
}

Result<Hub::Written> Hub::push(const wire::OrMapPushDiff& message, const RequestContext& context,
                               std::uint64_t writer) {
    Plan plan(message.entries.size());
    Op op;
    op.map = message.map_name;
    // TopGun's client repeats all removed tags of the map with each entry.
    std::set<std::string_view> removed;
    op.kind = OpKind::or_remove;
    for (const auto& entry : message.entries) {
        op.key = entry.key;
        for (const auto& tag : entry.tombstones) {
            op.tag = tag;
            if (!tag.empty() && removed.insert(tag).second) plan.add(op, 0);
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
                plan.add(op, 0);
            else
                plan.reject(0, 400, "record without a usable tag or timestamp");
        }
    }
    return carry_out(plan, plan.ops.size() + plan.out.rejections.size(), &context, writer);
}

}  // namespace topgun::sync
