// SPDX-License-Identifier: Apache-2.0
#include "processors.hpp"

#include <algorithm>

#include "entry_processors.hpp"
#include "names.hpp"

namespace topgun::sync {
namespace {

constexpr const char* kNoResolvers =
    "conflict resolvers are not available: this endpoint merges by last-writer-wins";

wire::EntryProcessResult failed(std::string why) {
    wire::EntryProcessResult out;
    out.error = std::move(why);
    return out;
}

std::size_t size_of(const wire::EntryProcessResult& result) {
    std::size_t out = result.error ? result.error->size() : 0;
    if (result.result) out += result.result->bytes.size();
    if (result.new_value) out += result.new_value->bytes.size();
    return out;
}

}  // namespace

Status Processors::check(Connection& peer, const std::string& map,
                         const wire::EntryProcessor& processor) const {
    // Results tell what is stored, so that reading is needed as well; writing is checked with what
    // is written.
    TOPGUN_TRY(may_read_partly(peer, {map, MapKind::lww}));
    if (!is_processor(processor.name)) {
        return Error(Errc::usage,
                     "code is not run here: only processors named builtin:increment and so on");
    }
    return {};
}

void Processors::run(Connection& peer, const std::string& map,
                     const wire::EntryProcessor& processor, Job& job) const {
    std::optional<Bytes> current;
    const auto found = find_rows(
        hub_.maps().shared(), {map, MapKind::lww}, job.key, [&](const MapId&, const Row& row) {
            const bool gone =
                row.is_lww_tombstone() || is_expired(row.stamp.millis, row.ttl_ms, wall_ms());
            if (!gone) current = Bytes(row.value);
            return Status();
        });
    TOPGUN_ASSERT(found, "looking at a row cannot fail");
    if (current && !hub_.shows(map, *current, context_of(peer))) {
        job.outcome = failed("read access denied for map: " + map);
        return;
    }
    std::optional<ValueView> value, args;
    if (current) value = ValueView(*current);
    if (processor.args) args = processor.args->view();
    auto done = run_processor(processor.name, value, args);
    if (!done) {
        job.outcome = failed(done.error().message());
        return;
    }
    if (done->changed && done->value && done->value->size() > hub_.options().limits.message_bytes) {
        job.outcome = failed("the new value is too large");
        return;
    }
    job.writes = done->changed;
    if (done->value) {
        if (done->changed) job.value = *done->value;
        job.outcome.new_value = wire::AnyValue{std::move(*done->value)};
    }
    if (done->result) job.outcome.result = wire::AnyValue{std::move(*done->result)};
    job.outcome.success = true;
}

// @return the sequence that the answer has to wait for.
std::uint64_t Processors::store(Connection& peer, const std::string& map,
                                std::vector<Job>& jobs) const {
    // What was only read may still wait for the disk as well.
    auto sequence = after_all();
    std::vector<Op> ops;
    std::vector<Job*> writers;
    for (auto& job : jobs) {
        if (!job.writes) continue;
        auto stamp = hub_.stamp_over(map, job.key);
        if (!stamp) {
            job.outcome = failed("not stored: " + stamp.error().message());
            continue;
        }
        job.stamp = std::move(*stamp);
        Op op;
        op.kind = job.value.empty() ? OpKind::remove : OpKind::put;
        op.map = map;
        op.key = job.key;
        op.value = job.value;
        op.stamp = job.stamp.view();
        ops.push_back(op);
        writers.push_back(&job);
    }
    if (ops.empty()) return sequence;
    // Nobody's write: the sender does not know the stamp and must hear of it like all others.
    const auto written = hub_.apply(ops, context_of(peer), 0);
    if (!written) {
        for (auto* job : writers) job->outcome = failed("not stored: " + written.error().message());
        return sequence;
    }
    for (const auto& rejection : written->rejections) {
        writers[rejection.index]->outcome = failed(rejection.reason);
    }
    if (!written->denied.empty()) {
        for (auto* job : writers) job->outcome = failed(written->denied);
    }
    counters().entries_processed += writers.size();
    return std::max(sequence, written->sequence);
}

void Processors::on(Connection& peer, const wire::EntryProcess& message) {
    std::vector<Job> jobs(1);
    jobs[0].key = message.key;
    auto sequence = after_all();
    if (const auto allowed = check(peer, message.map_name, message.processor); !allowed) {
        jobs[0].outcome = failed(allowed.error().message());
    } else {
        run(peer, message.map_name, message.processor, jobs[0]);
        sequence = store(peer, message.map_name, jobs);
    }
    auto& outcome = jobs[0].outcome;
    wire::EntryProcessResponse reply;
    reply.request_id = message.request_id;
    reply.success = outcome.success;
    reply.result = std::move(outcome.result);
    reply.new_value = std::move(outcome.new_value);
    reply.error = std::move(outcome.error);
    send_when_durable(sequence, peer.id(), {wire::encoded(reply)});
}

void Processors::on(Connection& peer, const wire::EntryProcessBatch& message) {
    const std::set<std::string> keys(message.keys.begin(), message.keys.end());
    const auto allowed = check(peer, message.map_name, message.processor);
    const auto& limits = hub_.options().limits;
    // Results are for the sender's queue to hold: keys that find no room are not processed.
    std::size_t room = limits.queue_bytes / 2;
    std::vector<Job> jobs;
    for (const auto& key : keys) {
        auto& job = jobs.emplace_back();
        job.key = key;
        if (!allowed)
            job.outcome = failed(allowed.error().message());
        else if (jobs.size() > limits.process_keys || room == 0)
            job.outcome = failed("too much for one batch: not processed");
        else
            run(peer, message.map_name, message.processor, job);
        room -= std::min(room, size_of(job.outcome) + key.size());
    }
    const auto sequence = store(peer, message.map_name, jobs);
    wire::EntryProcessBatchResponse reply;
    reply.request_id = message.request_id;
    for (auto& job : jobs) reply.results.append(job.key) = std::move(job.outcome);
    reply.results.sort();
    send_when_durable(sequence, peer.id(), {wire::encoded(reply)});
}

void Processors::on(Connection& peer, const wire::RegisterResolver& message) {
    wire::RegisterResolverResponse reply;
    reply.request_id = message.request_id;
    reply.error = kNoResolvers;
    send(peer, reply);
}

void Processors::on(Connection& peer, const wire::UnregisterResolver& message) {
    wire::UnregisterResolverResponse reply;
    reply.request_id = message.request_id;
    reply.error = kNoResolvers;
    send(peer, reply);
}

void Processors::on(Connection& peer, const wire::ListResolvers& message) {
    wire::ListResolversResponse reply;
    reply.request_id = message.request_id;
    send(peer, reply);
}

}  // namespace topgun::sync
