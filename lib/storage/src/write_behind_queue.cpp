// SPDX-License-Identifier: Apache-2.0
#include "topgun/storage/write_behind_queue.hpp"

#include <algorithm>

#include "topgun/base/check.hpp"
#include "topgun/replica/row.hpp"

namespace topgun {
namespace {

// A tag belongs to one key. Forged under more keys than this, it is queued for each by itself,
// which costs nothing but the chance to leave out what a removal makes pointless.
constexpr std::size_t kKeysPerTag = 8;

std::size_t bytes_of(const Op& op) {
    return op.map.size() + op.key.size() + op.value.size() + op.tag.size() + op.stamp.node.size() +
           op.id.size();
}

// Names the record that an op concerns. A tag is one record, whichever key it stands under, because
// its removal, which may come without a key, concerns all of them.
std::string place_of(const Op& op) {
    const auto kind = map_kind_of(op.kind);
    std::string place(1, static_cast<char>('0' + static_cast<int>(kind)));
    append_le(place, static_cast<std::uint32_t>(op.map.size()));
    place += op.map;
    place += kind == MapKind::or_map ? op.tag : op.key;
    return place;
}

bool beats(const Op& op, const Op& other) {
    Row a, b;
    a.stamp = op.stamp;
    a.value = op.value;
    a.ttl_ms = op.ttl_ms;
    b.stamp = other.stamp;
    b.value = other.value;
    b.ttl_ms = other.ttl_ms;
    return compare_version(a, b) > 0;
}

void join_counts(OwnedOp& mine, const Op& op) {
    double positive = 0, negative = 0, my_positive = 0, my_negative = 0;
    const bool sound = decode_counter_entry(op.value, positive, negative) &&
                       decode_counter_entry(mine.value, my_positive, my_negative);
    TOPGUN_ASSERT(sound, "ops are well-formed when they are queued");
    mine.value.clear();
    encode_counter_entry(std::max(positive, my_positive), std::max(negative, my_negative),
                         mine.value);
}

}  // namespace

bool WriteBehindQueue::has_room(std::span<const Op> ops) const {
    std::size_t bytes = bytes_;
    for (const auto& op : ops) bytes += bytes_of(op);
    if (bytes > limits_.capacity_bytes) return false;
    if (size() + ops.size() <= limits_.capacity) return true;
    auto records = size();
    for (const auto& op : ops) records += index_.contains(place_of(op)) ? 0 : 1;
    return records <= limits_.capacity;
}

bool WriteBehindQueue::too_large(std::span<const Op> ops) const {
    std::size_t bytes = 0;
    for (const auto& op : ops) bytes += bytes_of(op);
    return ops.size() > limits_.capacity || bytes > limits_.capacity_bytes;
}

std::uint64_t WriteBehindQueue::add(std::span<const Op> ops, std::uint64_t now_ms) {
    for (const auto& op : ops) {
        ++sequence_;
        add_one(op, now_ms);
    }
    return sequence_;
}

void WriteBehindQueue::add_one(const Op& op, std::uint64_t now_ms) {
    auto place = place_of(op);
    auto found = index_.find(place);
    if (found != index_.end() && found->second->ops.size() >= kKeysPerTag &&
        op.kind == OpKind::or_add) {
        place += op.key;
        found = index_.find(place);
    }
    if (found != index_.end()) {
        ++coalesced_;
        join(*found->second, op);
        return;
    }
    waiting_.push_back({std::move(place), {}, sequence_, now_ms, 0});
    auto& entry = waiting_.back();
    entry.ops.emplace_back(op);
    index_.emplace(entry.place, std::prev(waiting_.end()));
    recount(entry);
}

void WriteBehindQueue::recount(Entry& entry) {
    bytes_ -= entry.bytes;
    entry.bytes = 0;
    for (const auto& op : entry.ops) entry.bytes += bytes_of(op.view());
    bytes_ += entry.bytes;
}

void WriteBehindQueue::join(Entry& entry, const Op& op) {
    auto& ops = entry.ops;
    switch (map_kind_of(op.kind)) {
        case MapKind::lww:
            if (beats(op, ops.front().view())) ops.front() = OwnedOp(op);
            break;
        case MapKind::counter: join_counts(ops.front(), op); break;
        case MapKind::or_map: {
            if (ops.front().kind == OpKind::or_remove) break;
            if (op.kind == OpKind::or_remove) {
                ops.assign(1, OwnedOp(op));
                break;
            }
            const auto same = std::find_if(
                ops.begin(), ops.end(), [&op](const OwnedOp& mine) { return mine.key == op.key; });
            if (same == ops.end())
                ops.emplace_back(op);
            else if (beats(op, same->view()))
                *same = OwnedOp(op);
            break;
        }
    }
    recount(entry);
}

bool WriteBehindQueue::due(std::uint64_t now_ms, Pace pace) const {
    if (batch_is_out() || waiting_.empty()) return false;
    return due_in(now_ms, pace) == 0;
}

std::optional<std::uint64_t> WriteBehindQueue::due_in(std::uint64_t now_ms, Pace pace) const {
    if (batch_is_out() || waiting_.empty()) return std::nullopt;
    if (pace == Pace::immediate) return 0;
    std::uint64_t wait = 0;
    // A wait longer than was ever asked for means that the clock stepped back.
    if (failures_ > 0 && retry_at_ms_ > now_ms && retry_at_ms_ - now_ms <= limits_.backoff_max_ms) {
        wait = retry_at_ms_ - now_ms;
    }
    if (pace == Pace::draining || waiting_.size() >= limits_.batch_size) return wait;
    const auto since = waiting_.front().since_ms;
    if (since > now_ms) return wait;
    const auto age = now_ms - since;
    return std::max(wait, age >= limits_.flush_interval_ms ? 0 : limits_.flush_interval_ms - age);
}

std::vector<Op> WriteBehindQueue::take() {
    TOPGUN_ASSERT(!batch_is_out(), "one batch is out at a time");
    std::vector<Op> batch;
    const auto batch_size = std::max<std::size_t>(limits_.batch_size, 1);
    while (!waiting_.empty() && out_.size() < batch_size) {
        index_.erase(waiting_.front().place);
        out_.splice(out_.end(), waiting_, waiting_.begin());
        for (const auto& op : out_.back().ops) batch.push_back(op.view());
    }
    return batch;
}

void WriteBehindQueue::complete() {
    for (const auto& entry : out_) bytes_ -= entry.bytes;
    out_.clear();
    failures_ = 0;
}

void WriteBehindQueue::give_back(std::uint64_t now_ms) {
    // From the last to the first, each to the front, so that the order of sequences stays.
    while (!out_.empty()) {
        auto entry = std::prev(out_.end());
        const auto newer = index_.find(entry->place);
        if (newer != index_.end()) {
            for (const auto& op : newer->second->ops) join(*entry, op.view());
            ++coalesced_;
            bytes_ -= newer->second->bytes;
            const auto gone = newer->second;
            index_.erase(newer);
            waiting_.erase(gone);
        }
        waiting_.splice(waiting_.begin(), out_, entry);
        index_.emplace(entry->place, entry);
    }
    const auto doublings = std::min(failures_, 20u);
    const auto backoff = std::min(limits_.backoff_ms << doublings, limits_.backoff_max_ms);
    ++failures_;
    retry_at_ms_ = now_ms + backoff;
}

std::uint64_t WriteBehindQueue::resolved() const {
    if (!out_.empty()) return out_.front().first_sequence - 1;
    return waiting_.empty() ? sequence_ : waiting_.front().first_sequence - 1;
}

std::vector<OwnedOp> WriteBehindQueue::pending() const {
    std::vector<OwnedOp> ops;
    for (const auto* entries : {&out_, &waiting_}) {
        for (const auto& entry : *entries)
            ops.insert(ops.end(), entry.ops.begin(), entry.ops.end());
    }
    return ops;
}

}  // namespace topgun
