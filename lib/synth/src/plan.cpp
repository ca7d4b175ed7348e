// SPDX-License-Identifier: Apache-2.0
#include "plan.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "permutation.hpp"
#include "topgun/base/hash.hpp"
#include "words.hpp"

namespace topgun::synth {
namespace {

constexpr std::uint32_t kMaxNodes = 1'000'000;
constexpr std::uint32_t kMaxValueBytes = 16 << 20;
constexpr std::uint32_t kMaxOrRecords = 1000;
constexpr std::uint64_t kMaxVariant = 1'000'000;
constexpr double kMaxRemoved = 0.95;
constexpr std::uint64_t kHourMs = 3'600'000;
// Counters of one lap: every stamp of a lap has a counter below this.
constexpr std::uint32_t kLapCounters = 8;
constexpr std::uint64_t kBaseSeries = 0;

// Independent streams of randomness from one seed.
enum Stream : std::uint64_t {
    kKeys = 1,
    kRecords,
    kChanges,
    kChoice,
    kSlots,
    kNodes,
    kCounts,
    kExtra
};

Error out_of_range(const std::string& what) {
    return Error(Errc::usage, what);
}

Status check_share(double share, double most, const char* what) {
    if (share >= 0 && share <= most) return {};
    return out_of_range(std::string(what) + ": expected a share from 0 to " +
                        (most == 1.0 ? "1" : "0.95"));
}

std::uint64_t keyed_permutation(std::uint64_t x, std::uint64_t size, std::uint64_t key) {
    return permute(x, size, 4,
                   [key](unsigned i, std::uint64_t half) { return blend(key + i, half); });
}

std::string stem_of(const std::string& name) {
    return name.size() > 2 && name.back() == 's' ? name.substr(0, name.size() - 1) : name;
}

std::string base36(std::uint64_t number, std::size_t digits) {
    std::string out(digits, '0');
    for (auto at = digits; at > 0; number /= 36) {
        const auto digit = number % 36;
        out[--at] = static_cast<char>(digit < 10 ? '0' + digit : 'a' + digit - 10);
    }
    return out;
}

}  // namespace

Result<std::shared_ptr<const Plan>> Plan::make(GenerateOptions options) {
    auto plan = std::make_shared<Plan>();
    plan->options_ = std::move(options);
    TOPGUN_TRY(plan->check());
    plan->name_nodes();
    TOPGUN_TRY(plan->add_maps());
    return std::shared_ptr<const Plan>(std::move(plan));
}

Status Plan::check() {
    const auto& o = options_;
    if (o.records > kMaxRecords || o.only_in > kMaxRecords - o.records) {
        return out_of_range("more than " + std::to_string(kMaxRecords) + " keys in a map");
    }
    if (o.conflicts > o.records || o.same_stamp > o.records - o.conflicts) {
        return out_of_range("conflicts: " + std::to_string(o.conflicts + o.same_stamp) +
                            " keys cannot be changed of " + std::to_string(o.records));
    }
    if (o.nodes < 1 || o.nodes > kMaxNodes) return out_of_range("nodes: expected 1 to 1000000");
    if (o.value_bytes > kMaxValueBytes) return out_of_range("value size: at most 16 MiB");
    if (o.or_records < 1 || o.or_records > kMaxOrRecords) {
        return out_of_range("records of an OR-Map's key: expected 1 to 1000");
    }
    if (o.variant > kMaxVariant) return out_of_range("variant: expected 0 to 1000000");
    TOPGUN_TRY(check_share(o.tombstones, 1, "tombstones"));
    TOPGUN_TRY(check_share(o.ttl, 1, "time to live"));
    TOPGUN_TRY(check_share(o.unicode, 1, "unicode keys"));
    TOPGUN_TRY(check_share(o.skewed, 1, "skewed nodes"));
    TOPGUN_TRY(check_share(o.removed_tags, kMaxRemoved, "removed tags"));
    // Conflicts may come up to an hour after what they conflict with.
    constexpr auto kLatest = kMaxMillis - kHourMs;
    if (o.span_ms < 1 || o.start_ms > kLatest || o.span_ms > kLatest - o.start_ms ||
        o.skew_ms > kLatest - o.start_ms - o.span_ms) {
        return out_of_range(
            "times: expected a span of at least a millisecond that ends, clock skew "
            "included, an hour before 2^53 ms");
    }
    // A stamp belongs to one write: as many numbers as there are milliseconds and nodes.
    if (o.span_ms > (std::uint64_t{1} << 62) / o.nodes) return out_of_range("times: span too long");
    slots_ = o.span_ms * o.nodes;
    or_live_max_ = 2 * o.or_records - 1;
    const auto ratio = o.removed_tags / (1 - o.removed_tags);
    or_stride_ =
        or_live_max_ + static_cast<std::uint64_t>(static_cast<double>(or_live_max_) * ratio) + 1;
    laps_ = (o.records + o.only_in) * or_stride_ / slots_ + 1;
    if (laps_ * (o.variant + 2) >= kMaxCounter / kLapCounters) {
        return out_of_range("times: too many writes for so short a span");
    }
    return {};
}

void Plan::name_nodes() {
    constexpr std::array<std::string_view, 5> kKinds = {"server", "phone", "tablet", "laptop",
                                                        "kiosk"};
    // A conflict needs a second node even where the base has one.
    const auto count = std::max<std::uint32_t>(options_.nodes, 2);
    std::set<std::string> taken;
    for (std::uint32_t i = 0; i < count; ++i) {
        Random rng(blend(blend(options_.seed, kNodes), i));
        std::string name;
        do {
            name = std::string(kKinds[i % kKinds.size()]) + "-" + base36(rng(), 4);
        } while (!taken.insert(name).second);
        nodes_.push_back(std::move(name));
        const bool ahead = options_.skew_ms > 0 && rng.chance(options_.skewed);
        ahead_ms_.push_back(ahead ? 1 + rng.below(options_.skew_ms) : 0);
    }
}

Status Plan::add_maps() {
    std::sort(options_.maps.begin(), options_.maps.end());
    for (const auto& id : options_.maps) {
        if (id.name.empty()) return out_of_range("a map needs a name");
        if (!maps_.empty() && maps_.back().id == id) {
            return out_of_range("map '" + id.name + "' (" + std::string(map_kind_name(id.kind)) +
                                ") is named twice");
        }
        MapPlan map;
        map.id = id;
        map.stem = stem_of(id.name);
        map.seed = blend(options_.seed, xxh3_64(id.name, static_cast<std::uint64_t>(id.kind)));
        const bool counter = id.kind == MapKind::counter;
        map.keys = counter ? options_.nodes : options_.records + options_.only_in;
        map.conflicts = counter ? std::min<std::uint64_t>(options_.conflicts, options_.nodes)
                                : options_.conflicts;
        map.same_stamp = counter ? 0 : options_.same_stamp;
        maps_.push_back(std::move(map));
    }
    return {};
}

bool Plan::is_unicode(const MapPlan& map, std::uint64_t index) const {
    return static_cast<double>(blend(map.seed + kKeys, index) >> 11) * 0x1.0p-53 < options_.unicode;
}

void Plan::key(const MapPlan& map, std::uint64_t index, std::string& out) const {
    out = map.stem;
    out += '-';
    if (is_extra(index)) {
        out += 'v';
        out += std::to_string(options_.variant);
        out += '-';
        out += std::to_string(index - options_.records);
    } else {
        out += std::to_string(index);
    }
    if (options_.unicode > 0 && is_unicode(map, index)) {
        out += '-';
        append_unicode_word(blend(map.seed, index), out);
    }
}

Plan::Changed Plan::changed(const MapPlan& map, std::uint64_t index) const {
    if (is_extra(index) || map.conflicts + map.same_stamp == 0) return {};
    const auto key = blend(blend(map.seed, kChoice), options_.variant);
    const auto count = map.id.kind == MapKind::counter ? map.keys : options_.records;
    const auto rank = keyed_permutation(index, count, key);
    if (rank < map.conflicts) return {Change::conflict, rank};
    if (rank < map.conflicts + map.same_stamp) return {Change::same_stamp, rank};
    return {};
}

// Write `number` of a series has a stamp of its own: a permutation scatters the numbers over time
// and nodes, and each lap through all of them has counters of its own.
Slot Plan::slot(const MapPlan& map, std::uint64_t number, std::uint64_t series) const {
    const auto place = keyed_permutation(number % slots_, slots_, blend(map.seed, kSlots));
    const auto lap = number / slots_ + series * laps_;
    Slot out;
    out.node = static_cast<std::uint32_t>(place % options_.nodes);
    out.millis = options_.start_ms + place / options_.nodes + ahead_ms_[out.node];
    // Most writes are the only one of their millisecond.
    const auto random = blend(map.seed + kSlots, number);
    const auto within = random % 16 == 0 ? 1 + (random >> 8) % (kLapCounters - 1) : 0;
    out.counter = static_cast<std::uint32_t>(lap * kLapCounters + within);
    return out;
}

ValueSeed Plan::value_seed(const MapPlan& map, std::uint64_t index, Random& rng) const {
    ValueSeed seed;
    seed.identity = blend(map.seed, index);
    // The lowest bit is set: 0 is nobody's state, and means "none" in Write::other_state.
    seed.state = rng() | 1;
    seed.epoch_ms = options_.start_ms;
    seed.unicode = is_unicode(map, index);
    return seed;
}

std::uint64_t Plan::pick_ttl(Random& rng) const {
    constexpr std::array<std::uint64_t, 4> kTtls = {60'000, 3'600'000, 86'400'000,
                                                    30 * 86'400'000ull};
    const auto which = rng.below(kTtls.size());
    return rng.chance(options_.ttl) ? kTtls[which] : kNoTtl;
}

std::uint64_t Plan::record_seed(const MapPlan& map, std::uint64_t index) const {
    if (!is_extra(index)) return blend(map.seed + kRecords, index);
    return blend(blend(map.seed + kExtra, options_.variant), index - options_.records);
}

Write Plan::base_lww(const MapPlan& map, std::uint64_t index) const {
    const bool extra = is_extra(index);
    Random rng(record_seed(map, index));
    Write write;
    write.slot = slot(map, index, extra ? variant_series() : kBaseSeries);
    write.tombstone = rng.chance(options_.tombstones);
    write.value = value_seed(map, index, rng);
    const auto ttl = pick_ttl(rng);
    if (!write.tombstone) write.ttl_ms = ttl;
    return write;
}

std::uint32_t Plan::other_node(std::uint32_t node, Random& rng) const {
    const auto other = static_cast<std::uint32_t>(rng.below(nodes_.size() - 1));
    return other < node ? other : other + 1;
}

// A write by another node at about the time of `base`.
Slot Plan::concurrent(const Slot& base, std::uint64_t rank, Random& rng) const {
    auto out = base;
    out.node = other_node(base.node, rng);
    const auto apart = 1 + rng.below(kHourMs);
    const auto kind = rank % 10;
    if (kind < 4) {
        out.millis += apart;
    } else if (kind < 8) {
        out.millis -= std::min(apart, out.millis);
    } else if (kind == 8) {
        out.counter = base.counter > 0 && rng.chance(0.5) ? base.counter - 1 : base.counter + 1;
    }
    return out;
}

Write Plan::lww(const MapPlan& map, std::uint64_t index) const {
    auto write = base_lww(map, index);
    const auto how = changed(map, index);
    if (how.kind == Change::none) return write;
    Random rng(blend(blend(map.seed + kChanges, options_.variant), index));
    const auto before = write.value.state;
    write.value.state = rng() | 1;
    if (how.kind == Change::same_stamp) {
        // A value in the tombstone's place, where the base has one.
        if (!write.tombstone) write.other_state = before;
        write.tombstone = false;
        return write;
    }
    write.slot = concurrent(write.slot, how.rank, rng);
    constexpr double kRemovals = 0.1;
    write.tombstone = rng.chance(kRemovals);
    const auto ttl = pick_ttl(rng);
    write.ttl_ms = write.tombstone ? kNoTtl : ttl;
    return write;
}

void Plan::base_or(const MapPlan& map, std::uint64_t index, OrKey& out) const {
    out.live.clear();
    out.removed.clear();
    const bool extra = is_extra(index);
    const auto series = extra ? variant_series() : kBaseSeries;
    // Extras number on behind the adds that conflicts may need, one a key.
    auto number =
        extra ? options_.records + (index - options_.records) * or_stride_ : index * or_stride_;
    Random rng(record_seed(map, index));
    const auto live = 1 + rng.below(or_live_max_);
    for (std::uint64_t i = 0; i < live; ++i) {
        Write write;
        write.slot = slot(map, number++, series);
        write.value = value_seed(map, blend(index, i), rng);
        write.value.unicode = is_unicode(map, index);
        write.ttl_ms = pick_ttl(rng);
        out.live.push_back(write);
    }
    // Removed adds are to live ones as the share is to the rest; the fraction by lot.
    const auto mean =
        static_cast<double>(live) * options_.removed_tags / (1 - options_.removed_tags);
    auto removed = static_cast<std::uint64_t>(mean);
    if (rng.chance(mean - static_cast<double>(removed))) ++removed;
    for (std::uint64_t i = 0; i < removed; ++i) out.removed.push_back(slot(map, number++, series));
}

void Plan::or_key(const MapPlan& map, std::uint64_t index, OrKey& out) const {
    base_or(map, index, out);
    const auto how = changed(map, index);
    if (how.kind != Change::none) change_or_key(map, index, how, out);
}

void Plan::change_or_key(const MapPlan& map, std::uint64_t index, const Changed& how,
                         OrKey& out) const {
    Random rng(blend(blend(map.seed + kChanges, options_.variant), index));
    auto& some = out.live[rng.below(out.live.size())];
    if (how.kind == Change::same_stamp) {
        some.other_state = some.value.state;
        some.value.state = rng() | 1;
        return;
    }
    constexpr std::uint64_t kRemovalsOfTen = 4;
    if (how.rank % 10 < kRemovalsOfTen) {
        out.removed.push_back(some.slot);
        out.live.erase(out.live.begin() + (&some - out.live.data()));
        return;
    }
    Write write;
    write.slot = slot(map, how.rank, variant_series());
    write.value = value_seed(map, blend(index, rng()), rng);
    write.ttl_ms = pick_ttl(rng);
    out.live.push_back(write);
}

void Plan::counter(const MapPlan& map, std::uint32_t node, std::uint64_t& positive,
                   std::uint64_t& negative) const {
    Random rng(blend(map.seed + kCounts, node));
    positive = rng.below(10'000);
    negative = rng.below(1'000);
    const auto how = changed(map, node);
    if (how.kind == Change::none) return;
    Random change(blend(blend(map.seed + kChanges, options_.variant), node));
    const auto by = 1 + change.below(100);
    // Half the nodes have counted on here, half had not yet counted so far.
    if (how.rank % 2 == 0 || positive < by)
        positive += by;
    else
        positive -= by;
}

void Plan::append_value(const Write& write, ValueMaker& maker, Bytes& out) const {
    const auto at = out.size();
    maker.append(write.value, out);
    if (write.other_state == 0) return;
    auto seed = write.value;
    seed.state = write.other_state;
    Bytes other;
    maker.append(seed, other);
    // Shapes with few values may draw the same one twice.
    for (seed = write.value; BytesView(out).substr(at) == other;) {
        ++seed.state;
        out.resize(at);
        maker.append(seed, out);
    }
}

}  // namespace topgun::synth
