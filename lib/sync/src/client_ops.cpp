// SPDX-License-Identifier: Apache-2.0
#include "client_ops.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "records.hpp"
#include "topgun/replica/row.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun/wire/op.hpp"

namespace topgun::sync::client {
namespace {

// Beside the fields of its record: names, stamp, id.
constexpr std::size_t kOpOverhead = 160;
constexpr std::uint64_t kFirstPauseMs = 100;
constexpr std::uint64_t kLastPauseMs = 5'000;
// An ERROR names no request: a batch is blamed only when its acknowledgement does not come.
constexpr std::uint64_t kSuspicionMs = 1'000;
// TopGun's server runs frames side by side, so that a push may be read back before it is done.
constexpr std::uint64_t kConfirmAgainMs = 250;
constexpr unsigned kAttempts = 3;
constexpr unsigned kConfirmations = 5;
constexpr unsigned kMostStalls = 3;

// The protocol has no extensions: a frame with one is dropped whole, without a word.
bool has_extension(BytesView value) {
    msgpack::Reader reader(value);
    msgpack::Token token;
    while (!reader.at_end() && reader.next(token)) {
        if (token.kind == msgpack::Kind::extension) return true;
    }
    return false;
}

}  // namespace

void OpSender::add(const Op& op, OpOrigin& origin) {
    Entry entry;
    entry.op = OwnedOp(op);
    entry.own_id = std::exchange(entry.op.id, {});
    // TopGun's server reads no larger number, and drops the whole batch with it.
    if (entry.op.ttl_ms > wire::kMaxWhole) entry.op.ttl_ms = kNoTtl;
    entry.number = ++last_number_;
    entry.origin = &origin;
    entry.bytes = op.map.size() + op.key.size() + op.value.size() + op.tag.size() +
                  op.stamp.node.size() + kOpOverhead;
    queued_bytes_ += entry.bytes;
    ++origin.unsettled;
    queue_.push_back(std::move(entry));
}

OpSender::Route OpSender::route_of(OpKind kind) const {
    if (kind == OpKind::counter) return Route::counter;
    const bool tagged = kind == OpKind::or_add || kind == OpKind::or_remove;
    return tagged && !session_.own_server() ? Route::or_push : Route::op_batch;
}

void OpSender::begin() {
    sent_ = confirming_ = false;
    suspect_ms_.reset();
    send_at_ = 0;
    attempts_ = 0;
}

void OpSender::pump() {
    if (!session_.link.is_open() || session_.failed()) return;
    if (batch_.empty()) {
        if (!session_.link.may_send()) return;
        next_batch();
    }
    if (batch_.empty() || sent_ || session_.link.now_ms() < send_at_) return;
    send_batch();
}

void OpSender::next_batch() {
    attempts_ = 0;
    confirming_ = false;
    if (!later_.empty()) {
        batch_ = std::move(later_.front());
        later_.pop_front();
        return;
    }
    const auto& options = session_.options;
    std::size_t bytes = 0;
    while (!queue_.empty() && batch_.size() < options.batch_ops) {
        auto& next = queue_.front();
        if (!batch_.empty()) {
            const auto& first = batch_.front().op;
            const auto route = route_of(first.kind);
            if (route_of(next.op.kind) != route || bytes + next.bytes > options.batch_bytes) break;
            if (route != Route::op_batch && next.op.map != first.map) break;
        }
        bytes += next.bytes;
        queued_bytes_ -= next.bytes;
        batch_.push_back(std::move(next));
        queue_.pop_front();
        // Sent all the same, they would cost the connection or the batch, again and again.
        if (batch_.back().bytes >= options.message_bytes)
            settle(batch_.back(), false, 413, "too large for one message");
        else if (has_extension(batch_.back().op.value))
            settle(batch_.back(), false, 400, "its value is one that the protocol does not have");
        if (batch_.back().settled) batch_.pop_back();
    }
}

void OpSender::send_batch() {
    sent_ = true;
    sent_ms_ = session_.link.now_ms();
    ++attempts_;
    session_.link.asked();
    switch (route_of(batch_.front().op.kind)) {
        case Route::op_batch: return send_ops();
        case Route::or_push: return send_or_push();
        case Route::counter: return send_counter();
    }
}

void OpSender::send_ops() {
    Bytes frame;
    msgpack::Writer writer(frame);
    writer.map(2);
    writer.string("type");
    writer.string("OP_BATCH");
    writer.string("payload");
    writer.map(1);
    writer.string("ops");
    writer.array(batch_.size());
    for (auto& entry : batch_) {
        const auto id = std::to_string(entry.number);
        auto op = entry.op.view();
        op.id = id;
        wire::encode_op(op, frame);
    }
    session_.link.send_frame(std::move(frame));
}

void OpSender::send_or_push() {
    std::map<std::string_view, wire::OrMapEntry> entries;
    for (const auto& entry : batch_) {
        auto& to = entries[entry.op.key];
        to.key = entry.op.key;
        if (entry.op.kind == OpKind::or_remove)
            to.tombstones.push_back(entry.op.tag);
        else
            to.records.push_back(or_record(entry.op.view()));
    }
    wire::OrMapPushDiff push{batch_.front().op.map, {}};
    for (auto& [key, entry] : entries) push.entries.push_back(std::move(entry));
    session_.link.send(push);
    ask_confirmation();
}

// No reply to a push is defined, so what the server holds afterwards is read back.
void OpSender::ask_confirmation() {
    confirming_ = true;
    sent_ms_ = session_.link.now_ms();
    std::set<std::string> keys;
    for (const auto& entry : batch_) keys.insert(entry.op.key);
    session_.link.send(wire::OrMapDiffRequest{batch_.front().op.map, {keys.begin(), keys.end()}});
}

void OpSender::send_counter() {
    wire::CounterState state;
    for (const auto& entry : batch_) {
        double positive = 0, negative = 0;
        if (!decode_counter_entry(entry.op.value, positive, negative)) continue;
        state.p.append(entry.op.key) = positive;
        state.n.append(entry.op.key) = negative;
    }
    state.p.sort();
    state.n.sort();
    session_.link.send(wire::CounterSync{batch_.front().op.map, std::move(state)});
}

OpSender::Entry* OpSender::find(std::string_view number) {
    for (auto& entry : batch_) {
        if (!entry.settled && std::to_string(entry.number) == number) return &entry;
    }
    return nullptr;
}

void OpSender::settle(Entry& entry, bool taken, std::uint32_t code, const std::string& reason) {
    if (std::exchange(entry.settled, true)) return;
    --entry.origin->unsettled;
    auto& report = session_.report;
    auto* map = entry.origin->map;
    if (taken) {
        ++(map != nullptr ? map->pushed : report.ops_acknowledged);
        return;
    }
    if (map != nullptr) ++map->rejected;
    ++report.ops_rejected;
    if (report.rejections.size() >= ClientReport::kMostRejections) return;
    report.rejections.push_back({entry.own_id.empty() ? std::to_string(entry.number) : entry.own_id,
                                 entry.op.map, entry.op.key, code, reason});
}

void OpSender::settle_rest(bool taken, std::uint32_t code, const std::string& reason) {
    for (auto& entry : batch_) settle(entry, taken, code, reason);
    finish_batch();
}

void OpSender::finish_batch() {
    if (sent_) session_.link.gave_up();
    batch_.clear();
    sent_ = confirming_ = false;
    suspect_ms_.reset();
    pause_ms_ = 0;
    send_at_ = 0;
}

void OpSender::hear(const wire::OpAck& message) {
    if (!sent_ || route_of(batch_.front().op.kind) != Route::op_batch) return;
    if (message.results) {
        for (const auto& result : *message.results) {
            auto* entry = find(result.op_id);
            if (entry == nullptr || result.success) continue;
            settle(*entry, false, 0, result.error.value_or("refused"));
        }
    }
    // TopGun's server also sends acknowledgements with numbers of its own, and some without any.
    std::size_t upto = batch_.size();
    for (std::size_t i = 0; i < batch_.size(); ++i) {
        if (std::to_string(batch_[i].number) == message.last_id) upto = i;
    }
    if (upto == batch_.size()) return;
    stalls_ = 0;
    for (std::size_t i = 0; i <= upto; ++i) settle(batch_[i], true, 0, {});
    if (upto + 1 == batch_.size()) return finish_batch();
    batch_.erase(batch_.begin(), batch_.begin() + static_cast<std::ptrdiff_t>(upto) + 1);
}

void OpSender::hear(const wire::OpRejected& message) {
    if (!sent_) return;
    auto* entry = find(message.op_id);
    // It stays in the batch, which an acknowledgement ends.
    if (entry != nullptr) settle(*entry, false, message.code.value_or(0), message.reason);
}

void OpSender::hear(const wire::ErrorMessage& message) {
    if (!sent_) return;
    if (message.code == 429) {
        // Nothing of the batch was taken: it goes out again, later.
        sent_ = confirming_ = false;
        session_.link.gave_up();
        pause_ms_ = pause_ms_ == 0 ? kFirstPauseMs : std::min(pause_ms_ * 2, kLastPauseMs);
        send_at_ = session_.link.now_ms() + pause_ms_;
        attempts_ = 0;
        return;
    }
    suspect_code_ = message.code;
    suspect_reason_ = message.message;
    const bool ops = route_of(batch_.front().op.kind) == Route::op_batch;
    if (ops && message.code == 500 && batch_.size() > 1) return halve();
    if (!suspect_ms_) suspect_ms_ = session_.link.now_ms();
}

// One op is refused, and nobody says which: both halves go out by themselves, in order.
void OpSender::halve() {
    Entries kept;
    for (auto& entry : batch_) {
        if (!entry.settled) kept.push_back(std::move(entry));
    }
    finish_batch();
    if (kept.empty()) return;
    if (kept.size() == 1) {
        batch_ = std::move(kept);
        return;
    }
    const auto middle = kept.begin() + static_cast<std::ptrdiff_t>(kept.size() / 2);
    Entries second(std::make_move_iterator(middle), std::make_move_iterator(kept.end()));
    kept.erase(middle, kept.end());
    later_.push_front(std::move(second));
    batch_ = std::move(kept);
    attempts_ = 0;
}

void OpSender::hear(const wire::OrMapDiffResponse& message) {
    if (!sent_ || !confirming_ || route_of(batch_.front().op.kind) != Route::or_push) return;
    if (message.map_name != batch_.front().op.map) return;
    std::map<std::string_view, const wire::OrMapEntry*> held;
    for (const auto& entry : message.entries) held[entry.key] = &entry;
    for (auto& entry : batch_) {
        const auto found = held.find(entry.op.key);
        if (found == held.end()) continue;
        const auto& there = *found->second;
        const bool record =
            std::any_of(there.records.begin(), there.records.end(),
                        [&](const wire::OrMapRecord& one) { return one.tag == entry.op.tag; });
        const bool removed = std::find(there.tombstones.begin(), there.tombstones.end(),
                                       entry.op.tag) != there.tombstones.end();
        // An add whose tag was removed meanwhile has arrived, too.
        const bool adds = entry.op.kind == OpKind::or_add;
        if (adds ? record || removed : !record) settle(entry, true, 0, {});
    }
    if (std::all_of(batch_.begin(), batch_.end(), [](const Entry& e) { return e.settled; })) {
        finish_batch();
    }
}

void OpSender::hear(const wire::CounterUpdate& message) {
    if (!sent_ || route_of(batch_.front().op.kind) != Route::counter) return;
    if (message.name != batch_.front().op.map) return;
    const auto count = [](const wire::TextMap<double>& counts, const std::string& node) {
        const auto* found = counts.find(node);
        return found == nullptr ? 0.0 : *found;
    };
    for (const auto& entry : batch_) {
        double positive = 0, negative = 0;
        if (!decode_counter_entry(entry.op.value, positive, negative)) continue;
        // An update that somebody else caused may come first.
        if (count(message.state.p, entry.op.key) < positive) return;
        if (count(message.state.n, entry.op.key) < negative) return;
    }
    settle_rest(true, 0, {});
}

void OpSender::tick() {
    if (!sent_ || !session_.link.is_open()) return;
    const auto now = session_.link.now_ms();
    const auto route = route_of(batch_.front().op.kind);
    if (route == Route::or_push) {
        if (now - sent_ms_ < kConfirmAgainMs) return;
        const auto wait =
            std::min(kConfirmAgainMs << std::min(attempts_, 5u), session_.options.request_ms);
        if (now - sent_ms_ < wait) return;
        if (++attempts_ <= kConfirmations) return ask_confirmation();
        return settle_rest(false, suspect_code_,
                           suspect_ms_ ? suspect_reason_ : "the server did not take it");
    }
    if (suspect_ms_ && now - *suspect_ms_ >= kSuspicionMs) {
        if (batch_.size() > 1 && route == Route::op_batch) return halve();
        return settle_rest(false, suspect_code_, suspect_reason_);
    }
    if (now - sent_ms_ < session_.options.request_ms) return;
    if (attempts_ < kAttempts) {
        session_.link.gave_up();
        return send_batch();
    }
    // One op that the server cannot read costs the whole batch its acknowledgement.
    if (batch_.size() > 1 && route == Route::op_batch) return halve();
    if (++stalls_ >= kMostStalls) {
        return session_.fail(Error(Errc::unreachable, "the server acknowledges no writes"));
    }
    settle_rest(false, 0, "no acknowledgement");
}

}  // namespace topgun::sync::client
