// SPDX-License-Identifier: Apache-2.0
#include "pn_counters.hpp"

#include <cmath>
#include <map>
#include <shared_mutex>
#include <vector>

#include "names.hpp"

namespace topgun::sync {
namespace {

constexpr std::size_t kLongestName = 256;

// Names of counters may contain ':', unlike those of maps: TopGun's own examples do.
const char* counter_fault(std::string_view name) {
    if (name.empty()) return "name is empty";
    if (name.size() > kLongestName) return "name is longer than 256 bytes";
    return is_reserved_name(name) ? "name is reserved" : nullptr;
}

// Entries only grow, so that a count beyond what all peers can hold would spoil the counter for
// good, and one below zero or between whole numbers no client has ever made.
bool is_count(double count) {
    return count >= 0 && count <= static_cast<double>(wire::kMaxWhole) &&
           count == std::trunc(count);
}

void add_entry(wire::CounterState& state, const std::string& node, const PnCounter::Entry& entry) {
    // TopGun's client takes a missing count for 0.
    if (entry.positive != 0) state.p.append(node) = entry.positive;
    if (entry.negative != 0) state.n.append(node) = entry.negative;
}

}  // namespace

bool PnCounters::admit(Connection& peer, const std::string& name, const char* type) {
    const char* fault = counter_fault(name);
    if (fault != nullptr) send_error(peer, 400, std::string(type) + ": " + fault);
    return fault == nullptr;
}

bool PnCounters::subscribe(Connection& peer, const std::string& name, const char* type) {
    if (const auto allowed = may_read_counter(peer, name); !allowed) {
        send_error(peer, 403, allowed.error().message());
        return false;
    }
    auto& mine = names_[peer.id()];
    if (mine.size() >= hub_.options().limits.counters && !mine.contains(name)) {
        send_error(peer, 413, std::string(type) + ": too many counters on one connection");
        return false;
    }
    mine.insert(name);
    subscribers_[name].insert(peer.id());
    return true;
}

wire::CounterState PnCounters::state_of(const std::string& name) const {
    wire::CounterState out;
    const auto& shared = hub_.maps().shared();
    const std::shared_lock lock(shared.mutex);
    const auto* found = shared.replica.find({name, MapKind::counter});
    if (found == nullptr) return out;
    for (const auto& [node, entry] : std::get<PnCounter>(found->crdt).entries()) {
        add_entry(out, node, entry);
    }
    return out;
}

void PnCounters::on(Connection& peer, const wire::CounterRequest& message) {
    if (!admit(peer, message.name, "COUNTER_REQUEST")) return;
    if (!subscribe(peer, message.name, "COUNTER_REQUEST")) return;
    send(peer, wire::CounterResponse{message.name, state_of(message.name)});
}

// What the message says beyond what is known: clients send everything they know each time.
Result<std::vector<OwnedOp>> PnCounters::news_of(const wire::CounterSync& message) const {
    std::map<std::string_view, PnCounter::Entry> said;
    for (const auto& [node, count] : message.state.p) said[node].positive = count;
    for (const auto& [node, count] : message.state.n) said[node].negative = count;
    const auto& shared = hub_.maps().shared();
    const std::shared_lock lock(shared.mutex);
    const auto* found = shared.replica.find({message.name, MapKind::counter});
    const auto* known = found == nullptr ? nullptr : &std::get<PnCounter>(found->crdt).entries();
    std::size_t nodes = known == nullptr ? 0 : known->size();
    std::vector<OwnedOp> out;
    for (const auto& [node, entry] : said) {
        if (node.empty() || node.size() > kLongestName) {
            return Error(Errc::bad_input, "a node id is empty or too long");
        }
        if (!is_count(entry.positive) || !is_count(entry.negative)) {
            return Error(Errc::bad_input, "counts must be whole numbers from 0 to 2^53 - 1");
        }
        PnCounter::Entry mine;
        if (known != nullptr) {
            const auto at = known->find(node);
            if (at != known->end())
                mine = at->second;
            else
                ++nodes;
        } else {
            ++nodes;
        }
        if (entry.positive <= mine.positive && entry.negative <= mine.negative) continue;
        OwnedOp op;
        op.kind = OpKind::counter;
        op.map = message.name;
        op.key = std::string(node);
        encode_counter_entry(entry.positive, entry.negative, op.value);
        out.push_back(std::move(op));
    }
    if (!out.empty() && nodes > hub_.options().limits.counter_nodes) {
        return Error(Errc::limit, "a counter of too many nodes");
    }
    return out;
}

void PnCounters::on(Connection& peer, const wire::CounterSync& message) {
    if (!admit(peer, message.name, "COUNTER_SYNC")) return;
    const auto news = news_of(message);
    if (!news) {
        const std::uint32_t code = news.error().code() == Errc::limit ? 413 : 400;
        return send_error(peer, code, "COUNTER_SYNC: " + news.error().message());
    }
    const bool listens = subscribe(peer, message.name, "COUNTER_SYNC");
    auto sequence = after_all();
    bool merged = false;
    if (!news->empty()) {
        std::vector<Op> ops;
        for (const auto& op : *news) ops.push_back(op.view());
        merging_ = &message.name;
        const auto written = hub_.apply(ops, context_of(peer), peer.id());
        merging_ = nullptr;
        if (!written) {
            return send_error(peer, 500, "COUNTER_SYNC: not stored: " + written.error().message());
        }
        if (!written->rejections.empty()) {
            const auto& first = written->rejections.front();
            return send_error(peer, first.code, "COUNTER_SYNC: " + first.reason);
        }
        sequence = std::max(sequence, written->sequence);
        merged = true;
        ++counters().counter_merges;
    }
    const auto frame = wire::encoded(wire::CounterUpdate{message.name, state_of(message.name)});
    if (listens) send_when_durable(sequence, peer.id(), {frame});
    const auto found = subscribers_.find(message.name);
    if (!merged || found == subscribers_.end()) return;
    for (const auto id : found->second) {
        if (id != peer.id()) tell_when_durable(sequence, id, frame);
    }
}

// Entries that came by another way than COUNTER_SYNC, one by one. Clients take the maximum, so that
// an update need not be the whole state.
void PnCounters::changed(const Change& change, Outbox& outbox) {
    if (change.op.kind != OpKind::counter) return;
    if (merging_ != nullptr && *merging_ == change.map.name) return;
    const auto found = subscribers_.find(change.map.name);
    if (found == subscribers_.end()) return;
    PnCounter::Entry entry;
    if (!decode_counter_entry(change.op.value, entry.positive, entry.negative)) return;
    wire::CounterUpdate update{change.map.name, {}};
    add_entry(update.state, std::string(change.op.key), entry);
    const auto frame = wire::encoded(update);
    for (const auto id : found->second) outbox.add(id, always(), frame);
}

void PnCounters::gone(Connection& peer) {
    const auto mine = names_.find(peer.id());
    if (mine == names_.end()) return;
    for (const auto& name : mine->second) {
        const auto found = subscribers_.find(name);
        if (found == subscribers_.end()) continue;
        found->second.erase(peer.id());
        if (found->second.empty()) subscribers_.erase(found);
    }
    names_.erase(mine);
}

}  // namespace topgun::sync
