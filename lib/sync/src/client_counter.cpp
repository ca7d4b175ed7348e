// SPDX-License-Identifier: Apache-2.0
#include "client_counter.hpp"

#include <cmath>
#include <map>
#include <set>

namespace topgun::sync::client {
namespace {

struct Counts {
    double positive = 0, negative = 0;
};

bool is_count(double value) {
    return std::isfinite(value) && value >= 0;
}

}  // namespace

void CounterSync::begin() {
    asked_ms_.reset();
}

void CounterSync::give_up(std::string why) {
    if (done_) return;
    if (asked_ms_) session_.link.gave_up();
    asked_ms_.reset();
    report_.error = std::move(why);
    done_ = true;
}

void CounterSync::pump() {
    if (done_ || session_.failed()) return;
    if (answered_) {
        done_ = report_.done = origin_.unsettled == 0;
        return;
    }
    if (asked_ms_ || !session_.link.may_ask()) return;
    asked_ms_ = session_.link.now_ms();
    ++tries_;
    session_.link.asked();
    session_.link.send(wire::CounterRequest{report_.map.name});
}

void CounterSync::tick() {
    if (!asked_ms_ || session_.link.now_ms() - *asked_ms_ < session_.options.request_ms) return;
    asked_ms_.reset();
    session_.link.gave_up();
    if (tries_ >= 2) give_up("no answer to the request for the counter");
}

void CounterSync::hear(const wire::CounterState& state, bool answer) {
    if (!answer || !asked_ms_) {
        // Somebody else counted; no answer to us, but just as true.
        if (session_.pulls()) compare(state);
        return;
    }
    asked_ms_.reset();
    answered_ = true;
    session_.link.answered(1);
    compare(state);
    report_.equal = report_.differing == 0;
    pump();
}

void CounterSync::compare(const wire::CounterState& state) {
    std::map<std::string, Counts, std::less<>> theirs, ours;
    for (const auto& [node, count] : state.p) theirs[node].positive = count;
    for (const auto& [node, count] : state.n) theirs[node].negative = count;
    {
        auto& shared = session_.local.shared();
        const std::shared_lock lock(shared.mutex);
        if (const auto* map = shared.replica.find(report_.map)) {
            for (const auto& [node, entry] : std::get<PnCounter>(map->crdt).entries()) {
                ours[node] = {entry.positive, entry.negative};
            }
        }
    }
    std::vector<Op> wins;
    std::vector<Bytes> values;
    values.reserve(theirs.size() + ours.size());
    const auto op_of = [&](const std::string& node, const Counts& counts) {
        Op op;
        op.kind = OpKind::counter;
        op.map = report_.map.name;
        op.key = node;
        encode_counter_entry(counts.positive, counts.negative, values.emplace_back());
        op.value = values.back();
        return op;
    };
    const auto row_of = [](const Op& op) {
        Row row;
        row.key = op.key;
        row.key_hash = fnv1a(op.key);
        row.value = op.value;
        return row;
    };
    for (const auto& [node, counts] : theirs) {
        ++report_.received;
        if (!is_count(counts.positive) || !is_count(counts.negative) || node.empty()) {
            ++report_.malformed;
            continue;
        }
        const auto mine = ours.find(node);
        const bool known = mine != ours.end();
        if (known && mine->second.positive >= counts.positive &&
            mine->second.negative >= counts.negative) {
            continue;
        }
        wins.push_back(op_of(node, counts));
        if (session_.compares()) {
            const auto row = row_of(wins.back());
            session_.tell(
                {report_.map, known ? SyncDifference::newer_remote : SyncDifference::only_remote,
                 nullptr, &row},
                report_);
        } else {
            ++report_.differing;
        }
    }
    for (const auto& [node, counts] : ours) {
        const auto other = theirs.find(node);
        const bool known = other != theirs.end();
        if (known && other->second.positive >= counts.positive &&
            other->second.negative >= counts.negative) {
            continue;
        }
        const auto op = op_of(node, counts);
        if (session_.compares()) {
            const auto row = row_of(op);
            session_.tell(
                {report_.map, known ? SyncDifference::newer_local : SyncDifference::only_local,
                 &row, nullptr},
                report_);
            continue;
        }
        ++report_.differing;
        if (session_.job.estimate) ++session_.report.forecast.records_out;
        if (session_.pushes()) sender_.add(op, origin_);
    }
    if (session_.job.estimate) session_.report.forecast.records_in += wins.size();
    if (session_.pulls()) session_.store(wins, report_);
}

}  // namespace topgun::sync::client
