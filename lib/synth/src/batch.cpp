// SPDX-License-Identifier: Apache-2.0
// What one client queues while it is offline.
#include <algorithm>

#include "plan.hpp"
#include "topgun/base/hash.hpp"
#include "words.hpp"

namespace topgun::synth {
namespace {

// Of a hundred ops; the rest touches a key of the base at random.
constexpr std::uint64_t kRepeats = 15;  // a key among the last ones touched
constexpr std::uint64_t kNewKeys = 10;
constexpr std::uint64_t kRemovals = 10;
constexpr std::size_t kRecent = 16;

class Client {
public:
    Client(const Plan& plan, const BatchOptions& batch)
        : plan_(plan),
          batch_(batch),
          rng_(blend(plan.options().seed, xxh3_64(batch.client))),
          maker_(plan.options().values, plan.options().value_bytes),
          maps_(plan.maps().size()) {
        const auto& base = plan.options();
        end_ms_ = base.start_ms + base.span_ms;
        begin_ms_ = end_ms_ - std::min(batch.offline_ms, base.span_ms);
    }

    Status run(const std::function<Status(const Op&)>& visit) {
        for (std::uint64_t i = 0; i < batch_.ops; ++i) {
            tick(i);
            id_ = std::to_string(i + 1);
            const auto at = rng_.below(maps_.size());
            value_.clear();
            Op op;
            op.map = plan_.maps()[at].id.name;
            op.stamp = stamp_;
            op.id = id_;
            switch (plan_.maps()[at].id.kind) {
                case MapKind::lww: make_lww(plan_.maps()[at], maps_[at], op); break;
                case MapKind::or_map: make_or(plan_.maps()[at], maps_[at], op); break;
                case MapKind::counter: make_counter(maps_[at], op); break;
            }
            TOPGUN_TRY(visit(op));
        }
        return {};
    }

private:
    struct Touched {
        std::string key;
        std::uint64_t identity = 0;
        bool unicode = false;
        std::vector<std::string> tags;  // own adds, and those of the base that are still there
    };
    struct MapState {
        std::vector<Touched> recent;
        std::size_t next = 0;
        std::uint64_t new_keys = 0;
        std::uint64_t positive = 0, negative = 0;
    };

    // Ops come over the whole time, each somewhere in its share of it; one in eight follows within
    // the same millisecond.
    void tick(std::uint64_t number) {
        const auto span = end_ms_ - begin_ms_;
        const auto before = static_cast<unsigned __int128>(span) * number / batch_.ops;
        const auto jitter = rng_.below(span / batch_.ops + 1);
        const auto due = begin_ms_ + static_cast<std::uint64_t>(before) + jitter + batch_.ahead_ms;
        const bool burst = number > 0 && rng_.below(8) == 0;
        if (burst || due <= stamp_.millis) {
            ++stamp_.counter;
        } else {
            stamp_ = {due, 0, {}};
        }
        stamp_.node = batch_.client;
    }

    Touched& pick(const MapPlan& map, MapState& state) {
        const auto lot = rng_.below(100);
        if (!state.recent.empty() && lot < kRepeats) {
            return state.recent[rng_.below(state.recent.size())];
        }
        Touched touched;
        const auto base = plan_.options().records;
        if (base == 0 || lot < kRepeats + kNewKeys) {
            touched.key = map.stem + "-" + batch_.client + "-" + std::to_string(state.new_keys++);
            touched.identity = rng_();
        } else {
            load(map, rng_.below(base), touched);
        }
        if (state.recent.size() < kRecent) return state.recent.emplace_back(std::move(touched));
        auto& slot = state.recent[state.next++ % kRecent];
        return slot = std::move(touched);
    }

    void load(const MapPlan& map, std::uint64_t index, Touched& touched) {
        plan_.key(map, index, touched.key);
        touched.unicode = plan_.is_unicode(map, index);
        touched.identity = plan_.base_lww(map, index).value.identity;
        if (map.id.kind != MapKind::or_map) return;
        OrKey records;
        plan_.base_or(map, index, records);
        for (const auto& write : records.live) {
            // What was added after the client went offline, it has not seen.
            if (write.slot.millis < begin_ms_) {
                touched.tags.push_back(format_stamp(plan_.stamp(write.slot)));
            }
        }
    }

    void make_value(const Touched& touched, Op& op) {
        ValueSeed seed;
        seed.identity = touched.identity;
        seed.state = rng_();
        seed.epoch_ms = plan_.options().start_ms;
        seed.unicode = touched.unicode;
        maker_.append(seed, value_);
        op.value = value_;
        if (rng_.chance(plan_.options().ttl)) op.ttl_ms = 86'400'000;
    }

    void make_lww(const MapPlan& map, MapState& state, Op& op) {
        const auto& touched = pick(map, state);
        op.key = touched.key;
        if (rng_.below(100) < kRemovals) {
            op.kind = OpKind::remove;
        } else {
            make_value(touched, op);
        }
    }

    void make_or(const MapPlan& map, MapState& state, Op& op) {
        auto& touched = pick(map, state);
        op.key = touched.key;
        constexpr std::uint64_t kOrRemovals = 30;
        if (!touched.tags.empty() && rng_.below(100) < kOrRemovals) {
            op.kind = OpKind::or_remove;
            const auto which = rng_.below(touched.tags.size());
            tag_ = std::move(touched.tags[which]);
            touched.tags.erase(touched.tags.begin() + static_cast<std::ptrdiff_t>(which));
        } else {
            op.kind = OpKind::or_add;
            tag_ = format_stamp(op.stamp);
            touched.tags.push_back(tag_);
            make_value(touched, op);
        }
        op.tag = tag_;
    }

    void make_counter(MapState& state, Op& op) {
        op.kind = OpKind::counter;
        op.key = batch_.client;
        op.stamp = {};
        if (rng_.below(5) == 0)
            ++state.negative;
        else
            state.positive += 1 + rng_.below(5);
        encode_counter_entry(static_cast<double>(state.positive),
                             static_cast<double>(state.negative), value_);
        op.value = value_;
    }

    const Plan& plan_;
    const BatchOptions& batch_;
    Random rng_;
    ValueMaker maker_;
    std::vector<MapState> maps_;
    std::uint64_t begin_ms_ = 0, end_ms_ = 0;
    Stamp stamp_;
    std::string id_, tag_;
    Bytes value_;
};

}  // namespace

Status generate_batch(const GenerateOptions& options, const BatchOptions& batch,
                      const std::function<Status(const Op&)>& visit) {
    auto plan = Plan::make(options);
    if (!plan) return std::move(plan).error();
    const auto stamp = parse_stamp("0:0:" + batch.client);
    if (!stamp) return Error(Errc::usage, "client '" + batch.client + "': is no node id");
    if (batch.ahead_ms > kMaxMillis - options.start_ms - options.span_ms) {
        return Error(Errc::usage, "client: its clock would run past 2^53 ms");
    }
    if (options.maps.empty() && batch.ops > 0) {
        return Error(Errc::usage, "a batch needs a map to write to");
    }
    return Client(**plan, batch).run(visit);
}

}  // namespace topgun::synth
