// SPDX-License-Identifier: Apache-2.0
#include "load.hpp"

#include <algorithm>

namespace topgun::cli {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kMillion = 1'000'000;
constexpr std::uint64_t kPingNs = 5'000 * kMillion;  // as TopGun's client does
constexpr milliseconds kTick{20};
// Short against the latencies that matter; a longer turn would send in bursts.
constexpr std::chrono::microseconds kPace{200};

}  // namespace

Load::Load(net::ChannelLoop& loop, net::Url url, std::string token, LoadOptions options,
           Hooks hooks)
    : loop_(loop),
      url_(std::move(url)),
      token_(std::move(token)),
      options_(std::move(options)),
      hooks_(std::move(hooks)) {}

Load::~Load() = default;

Status Load::run() {
    std::size_t index = 0;
    for (std::uint64_t i = 0; i < options_.connections; ++i, ++index) {
        Writer writer;
        writer.session = std::make_unique<Session>(loop_, url_, token_, index, *this);
        writer.workload = std::make_unique<Workload>(options_.workload, index);
        writers_.push_back(std::move(writer));
    }
    for (std::uint64_t i = 0; i < options_.idle; ++i, ++index) {
        idle_.push_back(std::make_unique<Session>(loop_, url_, token_, index, *this));
    }
    for (std::uint64_t i = 0; i < options_.never_read; ++i, ++index) {
        mute_.push_back(std::make_unique<Session>(loop_, url_, token_, index, *this, false));
    }
    tick();
    loop_.run();
    collect();
    const auto admitted = std::any_of(writers_.begin(), writers_.end(), [](const Writer& writer) {
        return writer.session->admitted();
    });
    if (!admitted && result_.lost > 0) {
        return Error(Errc::unreachable, result_.last_error)
            .within(url_.host + ":" + std::to_string(url_.port));
    }
    return {};
}

// The load begins for all at once: a part of the connections alone would be another load.
void Load::on_ready(Session& session) {
    ++result_.connected;
    ++settled_;
    if (session.index() >= options_.connections + options_.idle) subscribe(session);
    if (all_settled()) begin();
}

bool Load::all_settled() const {
    return settled_ == options_.connections + options_.idle + options_.never_read;
}

void Load::subscribe(Session& session) const {
    const auto maps = options_.workload.maps == 0 ? options_.connections : options_.workload.maps;
    for (std::uint64_t i = 0; i < maps; ++i) {
        const auto place = static_cast<std::size_t>(i);
        for (const auto& map : {Workload::map_name(options_.workload, place),
                                Workload::or_map_name(options_.workload, place)}) {
            wire::QuerySub all;
            all.query_id = map;
            all.map_name = map;
            session.send_frame(wire::encoded(all));
        }
    }
}

void Load::begin() {
    if (phase_ != Phase::connecting) return;
    phase_ = Phase::running;
    start_ns_ = ping_ns_ = steady_ns();
    measure_ns_ = start_ns_ + options_.warmup_ms * kMillion;
    end_ns_ = measure_ns_ + options_.duration_ms * kMillion;
    ops_left_ = options_.ops;
    if (options_.rate != 0) {
        // Each connection sends its share, one after the other within an interval.
        interval_ns_ = std::max<std::uint64_t>(
            options_.batch * options_.connections * 1'000 * kMillion / options_.rate, 1);
        for (std::size_t i = 0; i < writers_.size(); ++i) {
            writers_[i].next_due = start_ns_ + interval_ns_ * i / writers_.size();
        }
        return pace();
    }
    for (auto& writer : writers_) fill(writer);
}

void Load::pace() {
    if (phase_ != Phase::running && phase_ != Phase::draining) return;
    for (auto& writer : writers_) fill(writer);
    loop_.after(kPace, [this] { pace(); });
}

void Load::fill(Writer& writer) {
    while (writer.session->ready() && writer.session->in_flight().size() < options_.in_flight) {
        const auto now = steady_ns();
        if (options_.rate == 0) {
            if (phase_ != Phase::running || now >= end_ns_ || !send_one(writer, now)) return;
            continue;
        }
        // What was due before the end is sent also when its turn comes late.
        const auto due = writer.next_due;
        if (due > now || due >= end_ns_ || !send_one(writer, due)) return;
        writer.next_due += interval_ns_;
    }
}

bool Load::send_one(Writer& writer, std::uint64_t due) {
    auto ops = options_.batch;
    const bool counts = due >= measure_ns_;
    if (counts && options_.ops != 0) {
        ops = std::min(ops, ops_left_);
        if (ops == 0) return false;
        ops_left_ -= ops;
    }
    if (counts && !std::exchange(measuring_, true) && hooks_.measured) hooks_.measured();
    auto batch = writer.workload->next(static_cast<std::size_t>(ops));
    const auto queries = batch.queries;
    writer.session->send(std::move(batch), due);
    for (std::uint32_t i = 0; i < queries; ++i) writer.session->ask(*writer.workload);
    return true;
}

void Load::on_acknowledged(Session& session, const SentBatch& batch,
                           std::optional<wire::WriteConcern> level) {
    const auto now = steady_ns();
    result_.all_ops += batch.ops;
    if (batch.due_ns >= measure_ns_) {
        result_.ops += batch.ops;
        ++result_.batches;
        result_.levels[level_place(level)] += batch.ops;
        result_.acknowledged.add(now - batch.due_ns);
        last_ack_ns_ = now;
    }
    fill(writers_[session.index()]);
}

void Load::on_answered(Session&, std::uint64_t nanoseconds) {
    if (measuring_) result_.answered.add(nanoseconds);
}

void Load::on_closed(Session& session, const std::string& reason) {
    if (phase_ == Phase::over) return;
    const bool mute = session.index() >= options_.connections + options_.idle;
    if (mute)
        ++result_.mute_closed;
    else
        ++result_.lost;
    result_.last_error = reason;
    if (phase_ != Phase::connecting) return;
    if (!session.admitted()) ++settled_;
    const bool any = std::any_of(writers_.begin(), writers_.end(),
                                 [](const Writer& writer) { return !writer.session->closed(); });
    if (!any) return finish();
    if (all_settled()) begin();
}

bool Load::all_quiet() const {
    return std::all_of(writers_.begin(), writers_.end(), [this](const Writer& writer) {
        const bool late =
            options_.rate != 0 && writer.next_due < end_ns_ && (options_.ops == 0 || ops_left_ > 0);
        return writer.session->closed() || (writer.session->in_flight().empty() && !late);
    });
}

void Load::tick() {
    const auto now = steady_ns();
    if (hooks_.progress) hooks_.progress(result_.all_ops);
    const bool stopped = hooks_.stop && hooks_.stop();
    if (phase_ == Phase::connecting && stopped) return finish();
    if (phase_ == Phase::running) {
        const bool spent = options_.ops != 0 && measuring_ && ops_left_ == 0;
        if (now >= end_ns_ || stopped || spent) end_sending();
    }
    if (phase_ == Phase::draining && (all_quiet() || now >= drain_ns_)) return finish();
    if (phase_ != Phase::connecting && now - ping_ns_ >= kPingNs) {
        ping_ns_ = now;
        for (auto& writer : writers_) writer.session->ping();
        for (auto& session : idle_) session->ping();
        for (auto& session : mute_) session->ping();
    }
    loop_.after(kTick, [this] { tick(); });
}

void Load::end_sending() {
    phase_ = Phase::draining;
    const auto now = steady_ns();
    end_ns_ = std::min(end_ns_, now);
    drain_ns_ = now + options_.drain_ms * kMillion;
    if (hooks_.finished) hooks_.finished();
}

void Load::finish() {
    phase_ = Phase::over;
    loop_.stop();
}

void Load::collect() {
    const auto add = [this](const Session& session) {
        const auto& counts = session.counts();
        result_.counts.rejected += counts.rejected;
        result_.counts.errors += counts.errors;
        result_.counts.events += counts.events;
        result_.counts.bytes_in += counts.bytes_in;
        result_.counts.bytes_out += counts.bytes_out;
        if (!session.last_error().empty()) result_.last_error = session.last_error();
        for (const auto& batch : session.in_flight()) result_.unacknowledged += batch.ops;
    };
    for (const auto& writer : writers_) {
        add(*writer.session);
        if (options_.rate == 0 || options_.ops != 0) continue;
        for (auto due = writer.next_due; due < end_ns_; due += interval_ns_) {
            result_.not_sent += options_.batch;
        }
    }
    for (const auto& session : idle_) add(*session);
    for (const auto& session : mute_) add(*session);
    if (last_ack_ns_ > measure_ns_) {
        result_.seconds = static_cast<double>(last_ack_ns_ - measure_ns_) / 1e9;
    }
}

}  // namespace topgun::cli
